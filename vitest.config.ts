import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { profilesInMemory } from './tests/browser/profiles';

/** Files that take minutes. One of them begun last would be waited for by the other worker. */
const LONG = [
  /durability\/kill/,
  /store\/firefox/,
  /panel\/axe/,
  /store\/chrome/,
  /ask\/webllm/,
  /capture\/faults/,
  /store\/crash/,
  /history\//,
  /import\/firefox/,
  /pages\//,
];

class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => name.test(moduleId));
      return at < 0 ? LONG.length : at;
    };
    return Promise.resolve(files.toSorted((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId)));
  }
}

/** Of their own process: they stand for a page, or time what V8 does more slowly in a process that has done much else. */
const ALONE = ['tests/unit/{components,privacy}/**/*.test.{ts,tsx}'];
const UNIT = {
  setupFiles: ['tests/unit/property-seed.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  // two cores, which the browser tests use too: each worker holds a database and, in some files, a model
  maxWorkers: 2,
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // a second, unless told: a panel that answers beside a build and two browsers may need more
    expect: { poll: { timeout: 60_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          ...UNIT,
          include: ['tests/unit/**/*.test.{ts,tsx}'],
          exclude: ALONE,
          // compiling Postgres for each file anew took a third of their processor time
          isolate: false,
          // and compiling it better than once takes longer than what is then run of it
          execArgv: ['--liftoff-only'],
        },
      },
      {
        extends: true,
        test: { name: 'unit-alone', ...UNIT, include: ALONE },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['tests/browser/**/*.test.ts'],
          globalSetup: ['tests/browser/profiles.ts'],
          env: profilesInMemory(),
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // three browsers at a time on two cores: each waits more than it works
          maxWorkers: 3,
        },
      },
    ],
  },
});

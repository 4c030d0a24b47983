import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
// with its ending: Node itself may load this file
import { profilesInMemory } from './tests/browser/profiles.ts';

/** Files that take minutes. One of them begun last would be waited for by the other worker. */
const LONG = [
  /durability\/kill/,
  /store\/firefox/,
  /panel\/axe/,
  /durability\/power-loss/,
  // after them: a GPU in software takes all that there is, and kills are asked to be answered within a time
  /ask\/webllm/,
  /store\/chrome/,
  /panel\/panel/,
  /pages\//,
  /history\//,
  /durability\//,
  /backup\/kill/,
  /store\/migrations/,
  /backup\/damage/,
  /space\/compact/,
  /store\//,
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

/** Compiling Postgres better than once takes longer than what a test then runs of it. */
const COMPILED_ONCE = ['--liftoff-only'];

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
          execArgv: COMPILED_ONCE,
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
          // the browsers' drivers and the engine, loaded for each file anew, took a minute of a processor
          isolate: false,
          execArgv: COMPILED_ONCE,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // three browsers at a time on two cores: each waits more than it works
          maxWorkers: 3,
        },
      },
    ],
  },
});

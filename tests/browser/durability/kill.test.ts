import { describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { findFirefox } from '../../harness/firefox';
import { type KillReport, killAgainAndAgain, lastLine } from '../../kill/kill';
import { built, seedOfToday } from './built';

const KILLS = Number(process.env.COMMONPLACE_KILLS ?? 100);
const FIREFOX_KILLS = Math.ceil(KILLS / 20);
const PER_KILL_MS = 20_000;

function expectClean(report: KillReport, seed: number): void {
  console.log(`seed ${seed}: ${lastLine(report)}`);
  expect({ seed, faults: report.faults }).toEqual({ seed, faults: [] });
  expect(report).toMatchObject({ lost: 0, duplicated: 0, could_not_open: 0, returned: 0, disagreements: 0 });
  expect(report.acknowledged).toBeGreaterThan(report.kills);
}

describe('killed at random moments', () => {
  it.skipIf(!findChromium())(
    'Chromium keeps every acknowledged capture, once and whole, and its database opens',
    async () => {
      const seed = seedOfToday();
      expectClean(await killAgainAndAgain({ times: KILLS, seed, browser: 'chrome', extension: built('chrome') }), seed);
    },
    KILLS * PER_KILL_MS + 60_000,
  );

  it.skipIf(!findFirefox())(
    'Firefox does too',
    async () => {
      const seed = seedOfToday();
      expectClean(
        await killAgainAndAgain({ times: FIREFOX_KILLS, seed, browser: 'firefox', extension: built('firefox') }),
        seed,
      );
    },
    FIREFOX_KILLS * PER_KILL_MS * 3 + 60_000,
  );
});

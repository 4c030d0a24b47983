import { describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { findFirefox } from '../../harness/firefox';
import { type KillReport, killAgainAndAgain, lastLine } from '../../kill/kill';
import { built, seedOfToday } from './built';

/** Of both browsers together. */
const KILLS = Number(process.env.COMMONPLACE_KILLS ?? 100);
/** Of Firefox few: each takes three times the processor time of one of Chromium. */
const FIREFOX_KILLS = Math.ceil(KILLS / 34);
const CHROMIUM_KILLS = KILLS - FIREFOX_KILLS;
const PER_KILL_MS = 30_000;
/** Chromiums killed side by side, each with profiles of its own: one alone leaves a processor idle half of the time. */
const LANES = [1, 2];

function expectClean(report: KillReport, kills: number, seed: number): void {
  console.log(`seed ${seed}: ${lastLine(report)}`);
  expect({ seed, faults: report.faults }).toEqual({ seed, faults: [] });
  expect(report).toMatchObject({ kills, lost: 0, duplicated: 0, could_not_open: 0, returned: 0, disagreements: 0 });
  expect(report.acknowledged).toBeGreaterThan(report.kills);
}

describe.concurrent('killed at random moments', () => {
  it.skipIf(!findChromium()).each(LANES)(
    'Chromium keeps every acknowledged capture, once and whole, and its database opens (%i)',
    async (lane) => {
      const seed = seedOfToday() + lane;
      const times = Math.ceil(CHROMIUM_KILLS / LANES.length);
      expectClean(await killAgainAndAgain({ times, seed, browser: 'chrome', extension: built('chrome') }), times, seed);
    },
    KILLS * PER_KILL_MS + 60_000,
  );

  it.skipIf(!findFirefox())(
    'Firefox does too',
    async () => {
      const seed = seedOfToday();
      const times = FIREFOX_KILLS;
      expectClean(
        await killAgainAndAgain({ times, seed, browser: 'firefox', extension: built('firefox') }),
        times,
        seed,
      );
    },
    FIREFOX_KILLS * PER_KILL_MS * 3 + 60_000,
  );
});

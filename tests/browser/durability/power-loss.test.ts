import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { cutThePower } from '../../kill/power-loss';
import { built, seedOfToday } from './built';

const CUTS = Number(process.env.COMMONPLACE_POWER_LOSSES ?? 4);

describe('after a power loss', () => {
  it.skipIf(!findChromium() || !existsSync('/usr/bin/strace')).each([
    ['in a database that has been there for a while', false],
    ['in a new one, whose files Chromium has not named on disk yet', true],
  ])(
    'with every write that was not synced undone, in whole or in part, what was acknowledged is there, %s',
    async (_where, loseNames) => {
      const seed = seedOfToday();
      const report = await cutThePower({ extension: built('chrome'), seed, cuts: CUTS, loseNames });
      // The simulation holds only if it accounts for every byte on the disk.
      expect(report.untraced).toEqual([]);
      expect({ seed, ...report }).toMatchObject({
        seed,
        lost: [],
        duplicated: [],
        could_not_open: [],
        disagreements: [],
      });
      expect(report.acknowledged).toBeGreaterThan(CUTS);
    },
    CUTS * 30_000 + 120_000,
  );
});

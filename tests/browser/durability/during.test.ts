import { describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { killDuring } from '../../kill/during';
import { lastLine } from '../../kill/kill';
import { built, seedOfToday } from './built';

/** A few; hundreds with `npm run test:kill -- --what export,import,backup,restore,compact --times 100`. */
const KILLS = Number(process.env.COMMONPLACE_KILLS_DURING ?? 4);

describe('killed in the midst of an export, an import, a backup, going back and a compaction', () => {
  it.skipIf(!findChromium())(
    'Chromium keeps what was acknowledged, once; what was cut off is whole, goes on, or left no trace, and says so',
    async () => {
      const seed = seedOfToday();
      const what = ['export', 'import', 'backup', 'restore', 'compact'] as const;
      const report = await killDuring({ what: [...what], times: KILLS, seed, extension: built('chrome') });
      console.log(`seed ${seed}: ${lastLine(report)}`);
      expect({ seed, faults: report.faults }).toEqual({ seed, faults: [] });
      expect(report).toMatchObject({ kills: KILLS, lost: 0, duplicated: 0, could_not_open: 0, disagreements: 0 });
    },
    KILLS * 45_000 + 60_000,
  );
});

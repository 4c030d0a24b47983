import './fake-browser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupName, outdated } from '../../../entrypoints/shell/backup-names';
import { type BackupFacts, isDue } from '../../../entrypoints/shell/backup-plan';

const NOW = Date.parse('2026-11-22T10:00:00.000Z');
const HOUR = 3_600_000;
const ago = (hours: number) => new Date(NOW - hours * HOUR).toISOString();
const facts = (over: Partial<BackupFacts>): BackupFacts => ({
  plan: { every: 'day', to: 'downloads', password: null },
  last: null,
  trouble: null,
  wanted: false,
  running: null,
  ...over,
});
const made = (hours: number) => ({ at: ago(hours), documents: 1, bytes: 1, encrypted: false });

describe('a backup', () => {
  it('is due when it was asked for and none is as young as the plan says', () => {
    expect(isDue(facts({ plan: null }), NOW)).toBe(false);
    expect(isDue(facts({}), NOW)).toBe(true);
    expect(isDue(facts({ last: made(23) }), NOW)).toBe(false);
    expect(isDue(facts({ last: made(25) }), NOW)).toBe(true);
    expect(isDue(facts({ last: made(25), plan: { every: 'week', to: 'folder', password: null } }), NOW)).toBe(false);
    // after an update
    expect(isDue(facts({ last: made(1), wanted: true }), NOW)).toBe(true);
  });

  it('is made once at a time, and one that failed is tried again after an hour', () => {
    expect(isDue(facts({ running: ago(0.1) }), NOW)).toBe(false);
    expect(isDue(facts({ running: ago(2) }), NOW)).toBe(true); // its process died
    expect(isDue(facts({ trouble: { at: ago(0.5), code: 'store_full' } }), NOW)).toBe(false);
    expect(isDue(facts({ trouble: { at: ago(1.5), code: 'store_full' } }), NOW)).toBe(true);
  });

  it('makes the oldest of its kind go and nothing else, whatever lies there', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.date({ min: new Date(2020, 0), max: new Date(2040, 0), noInvalidDate: true }), {
          maxLength: 12,
        }),
        fc.array(fc.constantFrom('taxes.zip', 'commonplace-2026-11-22.zip', 'commonplace-backup-notes.zip')),
        fc.boolean(),
        (dates, others, encrypted) => {
          const ours = [...new Set(dates.map((date) => backupName(date, encrypted)))].toSorted();
          const gone = outdated([...others, ...ours.toReversed()]);
          expect(gone).toEqual(ours.slice(0, Math.max(0, ours.length - 5)));
        },
      ),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { exportAll, importExport } from '../../../engine/backup';
import type { Capture } from '../../../engine/capture/types';
import { ingest } from '../../../engine/ingest';
import { openStore } from '../../../engine/store';
import { fixtures, listed, readFixture } from '../capture/fixtures';
import { dataDirectory } from '../store/prebuilt';
import { clear, rows } from './generate';

const SITES = ['chatgpt', 'claude', 'gemini'] as const;

/** What the capture tests read, of every site; a fixture that holds nothing is theirs to judge. */
function captured(): Capture[] {
  return SITES.flatMap((site) =>
    listed(site).flatMap((file) => {
      try {
        return readFixture(file.slice(site.length + 1), site).conversations;
      } catch {
        return []; // it is one that cannot be read
      }
    }),
  );
}

describe.skipIf(fixtures === undefined)('a database grown by the fixtures of the capture tests', () => {
  test('is the same after an export and an import, and exports to the same bytes', async () => {
    const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    const captures = captured();
    expect(captures.length).toBeGreaterThan(30);
    await ingest(store, captures);
    const exported = async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of exportAll(store)) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    const before = await rows(store);
    const file = await exported();
    await clear(store);
    const { damage, messages } = await importExport(store, new Blob([file]), { apply: true });
    expect(damage).toEqual({ first: [], counts: {} });
    expect(messages.added).toBeGreaterThan(100);
    expect(await rows(store)).toEqual(before);
    expect((await exported()).equals(file)).toBe(true);
    await store.close();
  });
});

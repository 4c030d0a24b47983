import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exportAll, importExport } from '../../../engine/backup';
import type { Store } from '../../../engine/store';
import { clear, database, fill, rows } from './generate';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
});

/** Databases tried; more with COMMONPLACE_DATABASES. */
const RUNS = Number(process.env.COMMONPLACE_DATABASES ?? 30);
const LOOK_BACK = new Date('0001-01-01T00:00:00Z');

async function exported(vectors = false): Promise<Blob> {
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(store, { vectors })) pieces.push(piece);
  return new Blob(pieces as BlobPart[]);
}

const bytesOf = async (blob: Blob) => Buffer.from(await blob.arrayBuffer());
const take = (file: Blob) => importExport(store, file, { apply: true, now: LOOK_BACK });

/** Every message that is kept, by the ids its source gave it. */
async function names(): Promise<string[]> {
  const all = await store.query<{ name: string }>(
    `select to_json(array[d.source, d.external_id, m.external_id])::text as name
    from message m join document d on d.id = m.document_id where d.forget_id is null`,
  );
  return all.map(({ name }) => name);
}

describe('an export', () => {
  test('brought into an empty database is the same database, and exports to the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(database, async (data) => {
        await fill(store, data);
        const before = await rows(store);
        const file = await exported();
        expect(await bytesOf(await exported())).toEqual(await bytesOf(file));
        await clear(store);
        const report = await take(file);
        expect(report.damage).toEqual({ first: [], counts: {} });
        expect(await rows(store)).toEqual(before);
        expect(await bytesOf(await exported())).toEqual(await bytesOf(file));
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  test('merged twice is merged once', async () => {
    await fc.assert(
      fc.asyncProperty(database, database, async (theirs, ours) => {
        await fill(store, theirs);
        const file = await exported();
        const there = await names();
        // the same documents here, as they may be after a year
        const shared = {
          ...ours,
          documents: [
            ...theirs.documents.slice(0, 2).map((document, index) => ({
              ...document,
              ...ours.documents[index],
              source: document.source,
              external_id: document.external_id,
              messages: [
                ...document.messages.slice(0, 2),
                ...(ours.documents[index]?.messages ?? []).filter(
                  ({ external_id }) => !document.messages.some((one) => one.external_id === external_id),
                ),
              ],
            })),
          ],
        };
        await fill(store, shared);
        const here = await names();
        const { documents } = await take(file);
        const once = await rows(store);
        // nothing that was here or in the file is lost, save what was deleted here
        const kept = await names();
        expect(kept).toEqual(expect.arrayContaining(documents.forgotten > 0 ? here : [...here, ...there]));
        const bytes = await bytesOf(await exported());
        const report = await take(file);
        expect(await rows(store)).toEqual(once);
        expect(await bytesOf(await exported())).toEqual(bytes);
        expect(report.documents.added + report.documents.changed).toBe(0);
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});

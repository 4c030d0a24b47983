import { describe, expect, test } from 'vitest';
import { exportAll, importExport } from '../../../engine/backup';
import { ingest } from '../../../engine/ingest';
import { openStore, type Store } from '../../../engine/store';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { conversation, message, page } from '../ingest/captures';
import { PowerLossCabinet, seeded } from '../store/power-loss';
import { dataDirectory } from '../store/prebuilt';

/** Kills tried for each; more with COMMONPLACE_KILLS. */
const KILLS = Number(process.env.COMMONPLACE_KILLS ?? 6);

const shelfOf = (cabinet: PowerLossCabinet) => poolShelf(cabinet, () => Promise.resolve(() => undefined));
const said = async (store: Store) =>
  (
    await store.query<{ said: string }>(
      `select concat_ws(' / ', d.external_id, m.external_id, m.markdown) as said
      from document d join message m on m.document_id = d.id order by 1`,
    )
  ).map(({ said: text }) => text);

interface Prepared {
  file: Blob;
  cabinet: PowerLossCabinet;
  ours: string[];
  both: string[];
}
let made: Promise<Prepared> | null = null;
/** The same for both tests: each kill has a copy of the cabinet. */
const prepared = (): Promise<Prepared> => (made ??= prepare());

async function prepare(): Promise<Prepared> {
  const from = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  await ingest(
    from,
    Array.from({ length: 60 }, (_, n) =>
      conversation([message(`q${n}`, `Question ${n}`), message(`a${n}`, `Answer ${n}. `.repeat(200))], {
        id: `conversation-${n}`,
        title: `Number ${n}`,
      }),
    ),
  );
  const pieces: Uint8Array[] = [];
  for await (const piece of exportAll(from)) pieces.push(piece);
  const theirs = await said(from);
  await from.close();
  const cabinet = new PowerLossCabinet();
  const store = await openOn(shelfOf(cabinet), { dataDirectory: await dataDirectory() });
  await ingest(store, [page()]);
  const ours = await said(store);
  await store.close();
  return { file: new Blob(pieces as BlobPart[]), cabinet, ours, both: [...ours, ...theirs].toSorted() };
}

describe('the power goes while a file comes in', () => {
  test('to be added: whole documents are there, and the same file again completes it, nothing twice', async () => {
    const { file, cabinet, ours, both } = await prepared();
    const take = (store: Store) => importExport(store, file, { apply: true });
    const operations = await operationsOf(cabinet, take);
    const random = seeded(7);
    for (let kill = 0; kill < KILLS; kill++) {
      const machine = cabinet.copy();
      const store = await openOn(shelfOf(machine), {});
      machine.offAfter(1 + Math.floor(random() * operations));
      await take(store).catch(() => undefined);
      machine.lose(random);
      const again = await openOn(shelfOf(machine), {});
      const left = await said(again);
      expect(left).toEqual(expect.arrayContaining(ours));
      expect(both).toEqual(expect.arrayContaining(left));
      // a document is there with both of its messages or not at all
      const ids = left.filter((text) => text.startsWith('conversation-')).map((text) => text.split(' / ')[0]);
      expect(ids).toHaveLength(2 * new Set(ids).size);
      const report = await take(again);
      expect(report.damage.counts).toEqual({});
      expect((await said(again)).toSorted()).toEqual(both);
      await again.close();
    }
  }, 300_000);

  test('in place of what is here: what was here is here, or what is in the file', async () => {
    const { file, cabinet, ours, both } = await prepared();
    const theirs = both.filter((text) => !ours.includes(text));
    const replace = (store: Store) => store.replace((fresh) => importExport(fresh, file, { apply: true }));
    const operations = await operationsOf(cabinet, replace);
    const random = seeded(11);
    for (let kill = 0; kill < KILLS; kill++) {
      const machine = cabinet.copy();
      const store = await openOn(shelfOf(machine), { dataDirectory: await dataDirectory() });
      machine.offAfter(1 + Math.floor(random() * operations));
      await replace(store).catch(() => undefined);
      machine.lose(random);
      const again = await openOn(shelfOf(machine), { dataDirectory: await dataDirectory() });
      expect(again.opened.state).toBe('ready');
      const left = (await said(again)).toSorted();
      expect([ours, theirs]).toContainEqual(left);
      await replace(again);
      expect((await said(again)).toSorted()).toEqual(theirs);
      await again.close();
    }
  }, 300_000);
});

/** How many changing operations it takes when nothing happens. */
async function operationsOf(cabinet: PowerLossCabinet, work: (store: Store) => Promise<unknown>): Promise<number> {
  const measured = cabinet.copy();
  const store = await openOn(shelfOf(measured), { dataDirectory: await dataDirectory() });
  const before = measured.power.operations;
  await work(store);
  const { operations } = measured.power;
  await store.close();
  return operations - before;
}

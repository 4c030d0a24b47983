import { describe, expect, it } from 'vitest';
import { memoryKeyValue } from '../../../engine/store/breaker';
import { readCatalogue, writeCatalogue } from '../../../engine/store/catalogue';
import { openOn } from '../../../engine/store/open';
import { poolShelf } from '../../../engine/store/shelf-pool';
import type { Shelf } from '../../../engine/store/shelf';
import { addDocument, texts } from './acceptance';
import { PowerLossCabinet } from './power-loss';
import { dataDirectory } from './prebuilt';

const noLock: Shelf['lock'] = () => Promise.resolve(() => undefined);
const shelfOf = (cabinet: PowerLossCabinet) => poolShelf(cabinet, noLock);

async function populated(): Promise<{ cabinet: PowerLossCabinet; settings: { dataDirectory: Blob } }> {
  const cabinet = new PowerLossCabinet();
  const settings = { dataDirectory: await dataDirectory() };
  const store = await openOn(shelfOf(cabinet), settings);
  await addDocument(store, 'one', ['kept']);
  await store.snapshot();
  await store.close();
  return { cabinet, settings };
}

describe('opening a damaged store', () => {
  it('rebuilds when Postgres itself refuses its files, with what Postgres said', async () => {
    const { cabinet, settings } = await populated();
    const disk = cabinet.at('database-1');
    for (const name of await disk.names()) {
      // pg_control: 8 kB, and nothing but zeros after its first 512 bytes.
      const bytes = disk.contents(name);
      const isControl =
        bytes.length === 8192 && bytes.subarray(512).every((byte) => byte === 0) && bytes.some((byte) => byte !== 0);
      if (isControl) disk.corrupt(name, (old) => old.map((byte, index) => (index < 300 ? byte ^ 0x55 : byte)));
    }
    const store = await openOn(shelfOf(cabinet), settings);
    expect(store.opened).toMatchObject({ state: 'restored', set_aside: 'database-1' });
    expect(JSON.stringify(store.opened)).toMatch(/FATAL|PANIC/);
    expect(await texts(store)).toEqual(['kept']);
    expect(await cabinet.directories()).toContain('database-1');
    await store.close();
  });

  it('takes the newest database again when the catalogue is lost, and never makes a new one over it', async () => {
    const { cabinet, settings } = await populated();
    for (const slot of ['catalogue.0', 'catalogue.1'])
      cabinet.at('files').corrupt(slot, () => new Uint8Array([1, 2, 3]));
    const store = await openOn(shelfOf(cabinet), settings);
    expect(store.opened).toMatchObject({ state: 'restored', set_aside: null });
    expect(await texts(store)).toEqual(['kept']);
    await store.close();
  });

  it('restores into a new database when the files are of another major version of Postgres', async () => {
    const { cabinet, settings } = await populated();
    const catalogue = await readCatalogue(shelfOf(cabinet));
    if (typeof catalogue === 'string' || !catalogue.current) throw new Error('no catalogue');
    await writeCatalogue(shelfOf(cabinet), { ...catalogue, current: { ...catalogue.current, postgres: 17 } });
    const store = await openOn(shelfOf(cabinet), settings);
    expect(store.opened).toMatchObject({ state: 'restored', set_aside: 'database-1' });
    expect(await texts(store)).toEqual(['kept']);
    await store.close();
  });

  it('keeps the two newest broken databases', async () => {
    const { cabinet, settings } = await populated();
    for (let round = 1; round <= 3; round++) {
      for (const slot of ['journal-0', 'journal-1'])
        cabinet.at(`database-${round}`).corrupt(slot, () => new Uint8Array([7]));
      const store = await openOn(shelfOf(cabinet), settings);
      expect(await texts(store)).toEqual(['kept']);
      await store.close();
    }
    expect((await cabinet.directories()).sort()).toEqual(['database-2', 'database-3', 'database-4', 'files']);
  });

  it('sets nothing aside when the disk is full', async () => {
    const { cabinet, settings } = await populated();
    for (const name of ['database-1', 'files']) cabinet.at(name).fillAfter(0);
    await expect(openOn(shelfOf(cabinet), settings)).rejects.toMatchObject({ name: 'EngineError' });
    for (const name of ['database-1', 'files']) cabinet.at(name).fillAfter(Infinity);
    const store = await openOn(shelfOf(cabinet), settings);
    expect(store.opened.state).toBe('ready');
    expect(await texts(store)).toEqual(['kept']);
    await store.close();
  });

  it('stops after three failed opens in a row without touching anything, until asked to try again', async () => {
    const { cabinet, settings } = await populated();
    const counts = memoryKeyValue();
    const broken: Shelf = { ...shelfOf(cabinet), drive: () => Promise.reject(new Error('no')) };
    for (let n = 0; n < 3; n++) await expect(openOn(broken, { ...settings, counts })).rejects.toThrow('no');
    const before = cabinet.power.operations;
    await expect(openOn(shelfOf(cabinet), { ...settings, counts })).rejects.toMatchObject({
      code: 'store_unavailable',
    });
    expect(cabinet.power.operations).toBe(before);
    const store = await openOn(shelfOf(cabinet), { ...settings, counts, retry: true });
    expect(await texts(store)).toEqual(['kept']);
    await store.close();
    expect(await counts.get('failed')).toBe(0);
  });

  it('says that an answer did not come in time', async () => {
    const { cabinet, settings } = await populated();
    await expect(openOn(shelfOf(cabinet), { ...settings, timeout_ms: 1 })).rejects.toMatchObject({ code: 'timeout' });
  });
});

import { describe, expect, it } from 'vitest';
import { startDatabase } from '../../../engine/store/database';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { acceptance } from './acceptance';
import { PowerLossCabinet } from './power-loss';
import { dataDirectory } from './prebuilt';

const noLock = () => Promise.resolve(() => undefined); // the files themselves refuse a second holder

describe('a store on the pool file system', () => {
  acceptance(it, async () => {
    const cabinet = new PowerLossCabinet();
    const settings = { dataDirectory: await dataDirectory() };
    return { shelf: () => Promise.resolve(poolShelf(cabinet, noLock)), settings, lasting: true, exclusive: true };
  });

  it.each([
    ['48MB', 0],
    ['128MB', 200e6],
    ['192MB', 300e6],
  ])('has %s of memory for its pages when it has grown by %i bytes', async (memory, grown) => {
    const drive = await poolShelf(new PowerLossCabinet(), noLock).drive('database');
    await drive.reserve(1_500);
    await drive.seed?.(await dataDirectory());
    const own = drive.dataBytes() ?? 0;
    // what came in the archive, too
    expect(own).toBeGreaterThan(5e6);
    const db = await startDatabase({ ...drive, dataBytes: () => own + grown }, { timeout_ms: 60_000 });
    expect(await db.query('show shared_buffers')).toEqual([{ shared_buffers: memory }]);
    await db.close();
  });
});

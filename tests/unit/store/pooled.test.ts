import { describe, it } from 'vitest';
import { poolShelf } from '../../../engine/store/shelf-pool';
import { acceptance } from './acceptance';
import { PowerLossCabinet } from './power-loss';
import { dataDirectory } from './prebuilt';

describe('a store on the pool file system', () => {
  acceptance(it, async () => {
    const cabinet = new PowerLossCabinet();
    const noLock = () => Promise.resolve(() => undefined); // the files themselves refuse a second holder
    const settings = { dataDirectory: await dataDirectory() };
    return { shelf: () => Promise.resolve(poolShelf(cabinet, noLock)), settings, lasting: true, exclusive: true };
  });
});

import { describe, it } from 'vitest';
import { memoryShelf } from '../../../engine/store/shelf';
import { acceptance } from './acceptance';
import { dataDirectory } from './prebuilt';

describe('a store in memory', () => {
  acceptance(it, async () => {
    const shelf = memoryShelf();
    const settings = { dataDirectory: await dataDirectory() };
    return { shelf: () => Promise.resolve(shelf), settings, lasting: false, exclusive: false };
  });
});

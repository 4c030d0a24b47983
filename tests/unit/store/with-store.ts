import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openStore, type Store } from '../../../engine/store';
import { dataDirectory } from './prebuilt';

/**
 * One store in memory for all the tests of a file.
 * @param opened is given it before the first.
 * @param empty tables that are emptied before each test, as SQL's `truncate` takes them.
 */
export function withStore(opened: (store: Store) => void, empty?: string): void {
  let store: Store;
  beforeAll(async () => {
    store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
    opened(store);
  });
  if (empty !== undefined) {
    beforeEach(async () => {
      await store.exec(`truncate ${empty}`);
    });
  }
  afterAll(async () => {
    await store.close();
  });
}

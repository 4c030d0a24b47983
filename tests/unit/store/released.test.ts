import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { openStore } from '../../../engine/store';
import { dataDirectory } from './prebuilt';

it('holds on to no result of a query once nobody uses it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  const asked = async () => new WeakRef(await store.query("select repeat('x', 100000) as text"));
  const results = [await asked(), await asked(), await asked()];
  await store.query('select 1');
  await new Promise((resolve) => setTimeout(resolve, 0)); // a WeakRef holds until the end of its turn
  collect();
  expect(results.slice(0, 2).map((result) => result.deref())).toEqual([undefined, undefined]);
  await store.close();
});

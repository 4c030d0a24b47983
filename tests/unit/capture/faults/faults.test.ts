import { afterAll, beforeAll, describe } from 'vitest';
import type { Engine } from '../../../../engine/api';
import { createEngine } from '../../../../engine/engine';
import { openStore, type Store } from '../../../../engine/store';
import { dataDirectory } from '../../store/prebuilt';
import { faultSuite, growthSuite } from './acceptance';
import { chatgptPages, chatgptTree } from './chatgpt';
import { claude } from './claude';
import { deepseek } from './deepseek';
import { gemini } from './gemini';

let engine: Engine;
let store: Store;
beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  engine = createEngine({ store: () => Promise.resolve(store), embedder: null });
});
afterAll(async () => {
  await engine.close();
});

describe.each([chatgptTree, chatgptPages, claude, gemini, deepseek])('$name under faults', (site) => {
  faultSuite(site, () => ({ engine, store }));
});

describe('a long conversation', () => {
  growthSuite(chatgptTree, () => ({ engine, store }));
});

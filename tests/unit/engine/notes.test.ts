import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../engine/api';
import { createEngine } from '../../../engine/engine';
import { openStore } from '../../../engine/store';
import { dataDirectory } from '../store/prebuilt';

let engine: Engine;
beforeAll(async () => {
  const store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
  engine = createEngine({ store: () => Promise.resolve(store), embedder: null });
});
afterAll(async () => {
  await engine.close();
});

test('a note is found at once, changed and not doubled, deleted and brought back', async () => {
  const id = await engine.keepNote('# The boiler\n\nTurn it down to 45 degrees before the installer comes.');
  const { hits } = await engine.recall({ text: 'installer', mode: 'words' });
  expect(hits).toMatchObject([{ document_id: id, kind: 'note', source: 'notes', title: 'The boiler' }]);

  expect(await engine.keepNote('The boiler\n\nThe plumber comes on Tuesday.', id)).toBe(id);
  expect((await engine.recall({ text: 'installer', mode: 'words' })).hits).toEqual([]);
  expect((await engine.recall({ text: 'plumber', mode: 'words' })).hits).toHaveLength(1);
  const view = await engine.read(id);
  expect(view).toMatchObject({ kind: 'note', title: 'The boiler' });
  expect(view.messages.map(({ markdown }) => markdown)).toEqual(['The boiler\n\nThe plumber comes on Tuesday.']);
  expect((await engine.stats()).documents).toBe(1);

  const receipt = await engine.forget({ document_ids: [id] });
  await expect(engine.keepNote('The boiler again', id)).rejects.toMatchObject({ code: 'not_found' });
  await engine.undoForget(receipt.id);
  expect((await engine.recall({ text: 'plumber', mode: 'words' })).hits).toHaveLength(1);
});

test('a note without a word is refused, one of many words is called by its beginning', async () => {
  await expect(engine.keepNote('  \n ')).rejects.toMatchObject({ code: 'bad_input' });
  const id = await engine.keepNote('word '.repeat(40));
  expect((await engine.read(id)).title).toMatch(/^word .*word…$/u);
  expect((await engine.read(id)).title?.length).toBeLessThanOrEqual(80);
});

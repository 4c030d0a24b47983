import { expect, it } from 'vitest';
import { createEngine } from '../../../engine/engine';
import type { Store } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
});

it('the engine says what it holds of a list of ids: how new, whether whole, whether the user deleted it', async () => {
  const engine = createEngine({ store: async () => store, embedder: null });
  const at = '2026-05-01T10:00:00.000Z';
  await engine.ingest([
    conversation([message('m1', 'one')], { id: 'whole', updated_at: at }),
    conversation([message('m2', 'two')], { id: 'part', complete: false }),
    conversation([message('m3', 'three')], { id: 'hidden' }),
    conversation([message('m4', 'four')], { id: 'purged' }),
  ]);
  const forget = async (id: string) => {
    const found = await engine.find({ source: 'chatgpt', external_id: id });
    return engine.forget({ document_ids: [found?.id ?? ''] });
  };
  await engine.purgeForgotten([(await forget('purged')).id]);
  await forget('hidden');
  const ids = ['whole', 'part', 'hidden', 'purged', 'unknown'];
  const known = await engine.captured({ source: 'chatgpt', external_ids: ids });
  expect(new Map(known.map((one) => [one.external_id, one]))).toEqual(
    new Map([
      ['whole', { external_id: 'whole', updated_at: at, complete: true, forgotten: false }],
      ['part', { external_id: 'part', updated_at: null, complete: false, forgotten: false }],
      ['hidden', expect.objectContaining({ forgotten: true })],
      ['purged', { external_id: 'purged', updated_at: null, complete: false, forgotten: true }],
    ]),
  );
  expect(await engine.captured({ source: 'claude', external_ids: ids })).toEqual([]);
  expect(await engine.captured({ source: 'chatgpt', external_ids: [] })).toEqual([]);
});

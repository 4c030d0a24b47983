import { expect, test } from 'vitest';
import type { CapturedConversation } from '../../../engine/capture/types';
import { createEngine } from '../../../engine/engine';
import { openStore } from '../../../engine/store';

test('what was ingested is found by its words, listed and read', async () => {
  const engine = createEngine({ store: () => openStore({ storage: 'memory' }), embedder: null });
  const capture: CapturedConversation = {
    kind: 'conversation',
    site: 'chatgpt',
    id: 'c1',
    url: 'https://chatgpt.com/c/c1',
    title: 'Sourdough',
    created_at: '2026-05-01T10:00:00.000Z',
    updated_at: '2026-05-01T10:05:00.000Z',
    captured_at: '2026-05-02T10:00:00.000Z',
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    metadata: {},
    messages: ['How warm should the levain be?', 'Keep it at 26 °C.'].map((markdown, index) => ({
      id: `m${index}`,
      parent_id: index === 0 ? null : `m${index - 1}`,
      role: index === 0 ? 'user' : 'assistant',
      author: null,
      model: null,
      created_at: null,
      markdown,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    })),
  };
  await engine.ingest([capture]);
  const { hits } = await engine.recall({ text: 'levain' });
  expect(hits.map(({ passage }) => passage)).toEqual(['How warm should the levain be?']);
  const [summary] = await engine.timeline({});
  expect(summary?.title).toBe('Sourdough');
  const view = await engine.read(summary?.id ?? '');
  expect(view.messages.map(({ markdown }) => markdown)).toEqual(capture.messages.map(({ markdown }) => markdown));
  const receipt = await engine.forget({ document_ids: [view.id] });
  expect((await engine.recall({ text: 'levain' })).hits).toEqual([]);
  await engine.undoForget(receipt.id);
  expect((await engine.recall({ text: 'levain' })).hits).toHaveLength(1);
  await engine.close();
});

/** What is imported and what was captured live are one document. */
import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../engine/api';
import { createEngine } from '../../../engine/engine';
import type { Store } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { folder, readAll } from './given';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, forgotten, forget_receipt, job cascade');

async function withEngine(work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = createEngine({
    store: async () => ({ ...store, snapshotTakenAt: null, close: async () => {} }),
    embedder: null,
  });
  try {
    await work(engine);
  } finally {
    await engine.close();
  }
}

const texts = async (engine: Engine, id: string | null | undefined) =>
  (await engine.read(id ?? '')).messages.map(({ external_id, markdown }) => [external_id, markdown]);

describe('an import over what was captured live', () => {
  it('is the same conversation by the ids of the site, in the newer of two states', async () => {
    await withEngine(async (engine) => {
      const { items } = await readAll(await folder('chatgpt'));
      const id = '00000000-0000-4000-8000-0000000000a1';
      // Live, a day after what the export shows: the last answer was written anew.
      const live = conversation(
        [
          message('m1', 'How warm should the levain be?'),
          message('m2', 'About **26 °C**, by my reading.', { role: 'assistant' }),
          message('m9', 'A question of the day after'),
        ],
        { id, updated_at: '2026-05-02T10:00:00.000Z', captured_at: '2026-05-02T10:00:01.000Z' },
      );
      const kept = await engine.ingest([live]);
      const { document_ids } = await engine.ingest(items);
      expect(document_ids[0]).toBe(kept.document_ids[0]);
      expect(await texts(engine, document_ids[0])).toEqual([
        ['m1', 'How warm should the levain be?'],
        ['m2', 'About **26 °C**, by my reading.'],
        ['m9', 'A question of the day after'],
      ]);
      expect((await engine.stats()).documents).toBe(2);
    });
  });

  it('brings what live was not there for', async () => {
    await withEngine(async (engine) => {
      const { items } = await readAll(await folder('chatgpt'));
      const id = '00000000-0000-4000-8000-0000000000a1';
      await engine.ingest([
        conversation([message('m1', 'How warm should the levain be?')], {
          id,
          updated_at: '2026-05-01T10:00:00.500Z',
          captured_at: '2026-05-01T10:00:01.000Z',
        }),
      ]);
      const { document_ids } = await engine.ingest(items);
      expect((await engine.read(document_ids[0] ?? '')).messages).toHaveLength(4);
    });
  });

  it('twice is once', async () => {
    for (const name of ['chatgpt', 'claude', 'gemini', 'gemini-html', 'messenger', 'grok', 'mistral', 'perplexity'])
      await withEngine(async (engine) => {
        const { items } = await readAll(await folder(name));
        await engine.ingest(items);
        const before = await engine.stats();
        const again = await engine.ingest(items);
        expect(again, name).toMatchObject({ messages_added: 0, messages_updated: 0 });
        const after = await engine.stats();
        expect([after.documents, after.messages, after.chunks]).toEqual([
          before.documents,
          before.messages,
          before.chunks,
        ]);
      });
  });

  it("finds Gemini's turns again by their words, in a conversation that has a name and in one that has none", async () => {
    await withEngine(async (engine) => {
      const turns = (id: string, pairs: Array<[string, string]>, created_at: string | null) =>
        conversation(
          pairs.flatMap(([question, answer], index) => [
            message(`rc_${id}_${index}:user`, question, { created_at }),
            message(`rc_${id}_${index}`, answer, { role: 'assistant', created_at }),
          ]),
          { site: 'gemini', id, url: `https://gemini.google.com/app/${id}`, captured_at: '2026-05-03T00:00:00.000Z' },
        );
      await engine.ingest([
        turns(
          '00000000000000e1',
          [['Which flour for pizza?', 'Tipo 00, see [a](https://example.com/a).']],
          '2026-05-02T10:00:03.000Z',
        ),
        turns('00000000000000e2', [['How far is it from Brno?', 'About 80 km.']], null),
        // The same question, long before.
        turns('00000000000000e3', [['Where is Olomouc?', 'In Moravia.']], '2025-01-01T00:00:00.000Z'),
      ]);
      const { items } = await readAll(await folder('gemini'));
      const { document_ids } = await engine.ingest(items.filter(({ kind }) => kind === 'conversation'));
      const stats = await engine.stats();
      expect(stats.documents).toBe(4);
      const first = await engine.find({ source: 'gemini', external_id: '00000000000000e1' });
      expect(document_ids[0]).toBe(first?.id);
      expect((await texts(engine, first?.id)).map(([, text]) => text)).toEqual([
        'Which flour for pizza?',
        'Tipo 00, see [a](https://example.com/a).',
        'And what of rye?',
        'Rye is **sticky**.',
      ]);
      const second = await engine.find({ source: 'gemini', external_id: '00000000000000e2' });
      expect((await texts(engine, second?.id)).map(([, text]) => text)).toEqual([
        'How far is it from Brno?',
        'About 80 km.',
        'Where is Olomouc?',
        'In Moravia.',
      ]);
      const again = await engine.ingest(items);
      expect(again.messages_added).toBe(1); // the Gem, which was not among the first
    });
  });

  it('keeps the parts of a long thread in order', async () => {
    await withEngine(async (engine) => {
      const { items } = await readAll(await folder('messenger'));
      await engine.ingest(items);
      const thread = await engine.find({ source: 'messenger', external_id: 'radek_17' });
      expect((await texts(engine, thread?.id)).map(([, text]) => text)).toEqual([
        '[Image: 17.jpg]',
        'Are you coming?',
        'Vstupenky\n\n<https://example.com/tickets>',
        'Přijdu v 8 🌹',
      ]);
    });
  });

  it('does not bring back what was deleted', async () => {
    await withEngine(async (engine) => {
      const { items } = await readAll(await folder('claude'));
      const { document_ids } = await engine.ingest(items);
      const ids = document_ids.filter((id) => id !== null);
      const receipt = await engine.forget({ document_ids: ids });
      await engine.purgeForgotten([receipt.id]);
      const again = await engine.ingest(items);
      expect(again).toMatchObject({ documents: 0, forgotten: items.length });
    });
  });
});

/**
 * How often recall finds the turns that answer a question, through the engine's own statement: turn fraction@10 and
 * hit@1 on LoCoMo (categories 1-4) and BEAM, each conversation a store of its own, at several passage sizes.
 *
 * Usage: node scripts/run.mjs tests/bench/recall-quality.ts [SIZE …]; needs COMMONPLACE_DATA.
 */
import { resolve } from 'node:path';
import type { Embedder } from '../../engine/embed';
import { startNodeEmbedder } from '../../engine/embed/node';
import { recall } from '../../engine/recall';
import { openStore } from '../../engine/store';
import { cut, embedKept, readConversations, type Conversation } from './recall-corpus';
import { fillConversation } from './recall-fill';

interface Figures {
  questions: number;
  fraction10: number;
  hit1: number;
}

const NONE: Figures = { questions: 0, fraction10: 0, hit1: 0 };

async function score(embedder: Embedder, conversation: Conversation, size: number, named: boolean) {
  const store = await openStore({ storage: 'memory' });
  const passages = conversation.turns.flatMap((turn, i) =>
    cut(turn.text, size).map((text) => ({ turn: i, text, context: named ? `${turn.speaker} ${turn.date}` : '' })),
  );
  const texts = passages.map((p) => (named ? `${conversation.turns[p.turn]?.speaker ?? ''}: ${p.text}` : p.text));
  const vectors = await embedKept(embedder, texts, 'passage');
  const ids = await fillConversation(
    store,
    conversation,
    passages.map((p, i) => ({ ...p, vector: vectors[i] as Float32Array })),
    embedder.modelId,
  );
  const place = new Map(conversation.turns.map((turn, i) => [turn.id, ids[i] as string]));
  const found = { words: { ...NONE }, full: { ...NONE } };
  for (const question of conversation.questions) {
    const gold = new Set(question.gold.map((id) => place.get(id)));
    for (const mode of ['words', 'full'] as const) {
      const { hits } = await recall(store, embedder, { text: question.q, mode, limit: 10 });
      found[mode].questions++;
      found[mode].fraction10 += hits.filter((hit) => gold.has(hit.message_id as string)).length / gold.size;
      found[mode].hit1 += gold.has(hits[0]?.message_id as string) ? 1 : 0;
    }
  }
  await store.close();
  return found;
}

export async function main(args: string[]): Promise<number> {
  const data = process.env.COMMONPLACE_DATA;
  if (!data) throw new Error('COMMONPLACE_DATA is not set');
  const sizes = (args.length > 0 ? args : ['1100']).map(Number);
  const embedder = startNodeEmbedder(resolve('models'), { threads: 1 });
  for (const [file, named] of [
    ['locomo.json', true],
    ['beam-100k-1-10.json', false],
  ] as const) {
    for (const size of named ? sizes.slice(0, 1) : sizes) {
      const sum = { words: { ...NONE }, full: { ...NONE } };
      for (const conversation of readConversations(data, file)) {
        const found = await score(embedder, conversation, size, named);
        for (const mode of ['words', 'full'] as const) {
          for (const figure of ['questions', 'fraction10', 'hit1'] as const) sum[mode][figure] += found[mode][figure];
        }
      }
      for (const mode of ['words', 'full'] as const) {
        const { questions, fraction10, hit1 } = sum[mode];
        const percent = (x: number) => Math.round((1000 * x) / questions) / 10;
        console.log(
          JSON.stringify({
            file,
            size,
            mode,
            questions,
            'turn fraction@10': percent(fraction10),
            'hit@1': percent(hit1),
          }),
        );
      }
    }
  }
  await embedder.close();
  return 0;
}

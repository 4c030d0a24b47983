/**
 * How long a recall takes in the engine at 1,000, 10,000 and 100,000 passages, with and without the embedding of the
 * question. Texts are those of the question sets with a fifth of their words exchanged for words of another passage;
 * their vectors are the real ones, moved a little, so that both lists look like a large collection and not like copies.
 *
 * Usage: node scripts/run.mjs tests/bench/recall-speed.ts [SIZE …]; needs COMMONPLACE_DATA.
 */
import { resolve } from 'node:path';
import type { Embedder } from '../../engine/embed';
import { startNodeEmbedder } from '../../engine/embed/node';
import { recall } from '../../engine/recall';
import { openStore, type Store } from '../../engine/store';
import { cut, embedKept, readConversations, type Conversation } from './recall-corpus';
import { fillConversation, type Passage } from './recall-fill';

/** Deterministic noise, so that two runs measure the same collection (mulberry32). */
function randomFrom(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Source {
  text: string;
  vector: Float32Array;
}

export interface Timing {
  chunks: number;
  words: [number, number];
  engine: [number, number];
  with_embedding: [number, number];
  /** Processor time of `engine`, which says more than the clock on a machine that is busy. */
  engine_cpu: [number, number];
}

const PER_DOCUMENT = 50;

/** Adds passages until the store holds `size`. */
export async function grow(
  store: Store,
  from: number,
  size: number,
  sources: Source[],
  modelId: string,
): Promise<void> {
  const random = randomFrom(from + 1);
  const pick = () => sources[Math.floor(random() * sources.length)] as Source;
  for (let at = from; at < size; at += PER_DOCUMENT) {
    const count = Math.min(PER_DOCUMENT, size - at);
    const turns = Array.from({ length: count }, (_, i) => ({
      id: String(i),
      speaker: i % 2 ? 'assistant' : 'user',
      role: i % 2 ? ('assistant' as const) : ('user' as const),
      text: '',
      date: '',
      created_at: new Date(Date.UTC(2024, 0, 1) + (at + i) * 600_000).toISOString(),
    }));
    const passages: Passage[] = turns.map((_, turn) => {
      const source = pick();
      const other = pick().text.split(' ');
      const text = source.text
        .split(' ')
        .map((word) => (random() < 0.2 ? (other[Math.floor(random() * other.length)] as string) : word))
        .join(' ');
      const vector = source.vector.map((x) => x + (random() + random() + random() - 1.5) * 0.03);
      const length = Math.hypot(...vector);
      return { turn, text, context: 'A conversation about it', vector: vector.map((x) => x / length) };
    });
    const conversation: Conversation = { id: `d${at}`, turns, questions: [] };
    await fillConversation(store, conversation, passages, modelId);
  }
  await store.exec('analyze');
}

function percentiles(times: number[]): [number, number] {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (p: number) => Math.round((sorted[Math.floor(p * (sorted.length - 1))] as number) * 10) / 10;
  return [at(0.5), at(0.95)];
}

/** p50 and p95 in milliseconds of these questions; every question is asked once to warm up. */
export async function measure(store: Store, embedder: Embedder, questions: string[]): Promise<Omit<Timing, 'chunks'>> {
  const words: number[] = [];
  const engine: number[] = [];
  const cpu: number[] = [];
  const all: number[] = [];
  for (const text of questions.slice(0, 10)) await recall(store, embedder, { text: `${text} then` });
  for (const text of questions) {
    words.push((await recall(store, embedder, { text, mode: 'words' })).took_ms);
    all.push((await recall(store, embedder, { text })).took_ms);
    // once more: its vector is remembered, what remains is the engine's own work
    const before = process.cpuUsage();
    engine.push((await recall(store, embedder, { text })).took_ms);
    const { user, system } = process.cpuUsage(before);
    cpu.push((user + system) / 1000);
  }
  return {
    words: percentiles(words),
    engine: percentiles(engine),
    with_embedding: percentiles(all),
    engine_cpu: percentiles(cpu),
  };
}

/** The passages that the collections are grown from, and the questions asked of them. */
export async function readSources(embedder: Embedder, data: string) {
  const sources: Source[] = [];
  const questions: string[] = [];
  for (const conversation of readConversations(data, 'locomo.json')) {
    const vectors = await embedKept(
      embedder,
      conversation.turns.map((t) => `${t.speaker}: ${t.text}`),
      'passage',
    );
    conversation.turns.forEach((t, i) =>
      sources.push({ text: `${t.speaker}: ${t.text}`, vector: vectors[i] as Float32Array }),
    );
    questions.push(...conversation.questions.slice(0, 6).map((q) => q.q));
  }
  for (const conversation of readConversations(data, 'beam-100k-1-10.json')) {
    const texts = conversation.turns.flatMap((t) => cut(t.text, 1100));
    const vectors = await embedKept(embedder, texts, 'passage');
    texts.forEach((text, i) => sources.push({ text, vector: vectors[i] as Float32Array }));
    questions.push(...conversation.questions.slice(0, 4).map((q) => q.q));
  }
  return { sources, questions };
}

export async function main(args: string[]): Promise<number> {
  const data = process.env.COMMONPLACE_DATA;
  if (!data) throw new Error('COMMONPLACE_DATA is not set');
  const sizes = (args.length > 0 ? args : ['1000', '10000', '100000']).map(Number);
  const embedder = startNodeEmbedder(resolve('models'), { threads: 2 });
  const { sources, questions } = await readSources(embedder, data);
  const store = await openStore({ storage: 'memory' });
  let have = 0;
  for (const size of sizes) {
    const started = performance.now();
    await grow(store, have, size, sources, embedder.modelId);
    have = size;
    const built = Math.round((performance.now() - started) / 1000);
    console.log(JSON.stringify({ chunks: size, built_s: built, ...(await measure(store, embedder, questions)) }));
  }
  await store.close();
  await embedder.close();
  return 0;
}

/**
 * The question sets of the recall benchmarks (LoCoMo, BEAM), cut into passages and embedded, with the vectors kept on
 * disk between runs because embedding is most of the time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder, EmbedKind } from '../../engine/embed';

export interface Turn {
  id: string;
  speaker: string;
  role: 'user' | 'assistant';
  text: string;
  date: string;
  /** ISO, one minute apart within a session, so that the order is that of the conversation. */
  created_at: string;
}

export interface Question {
  id: string;
  q: string;
  category: string;
  gold: string[];
}

export interface Conversation {
  id: string;
  turns: Turn[];
  questions: Question[];
}

interface RawTurn {
  id: string | number;
  speaker: string;
  role?: string;
  text: string;
  caption?: string;
}

interface RawConversation {
  id: string;
  sessions: Array<{ id: string; date: string; turns: RawTurn[] }>;
  questions: Array<{ id: string; q: string; category: string | number; gold?: Array<string | number> }>;
}

/** Reads `locomo.json` or `beam-100k-1-10.json` from the data directory. Questions without evidence are left out. */
export function readConversations(directory: string, file: string, take = Infinity): Conversation[] {
  const raw = JSON.parse(readFileSync(join(directory, file), 'utf8')) as RawConversation[];
  return raw.slice(0, take).map((conversation, c) => {
    const turns: Turn[] = [];
    let minute = Date.UTC(2024, 0, 1 + c);
    for (const session of conversation.sessions) {
      for (const turn of session.turns) {
        turns.push({
          id: String(turn.id),
          speaker: turn.speaker,
          role: turn.role === 'assistant' ? 'assistant' : 'user',
          text: turn.caption ? `${turn.text} [${turn.caption}]` : turn.text,
          date: session.date,
          created_at: new Date((minute += 60_000)).toISOString(),
        });
      }
    }
    const known = new Set(turns.map((turn) => turn.id));
    const questions = conversation.questions
      .map((q) => ({
        id: q.id,
        q: q.q,
        category: String(q.category),
        gold: (q.gold ?? []).map(String).filter((id) => known.has(id)),
      }))
      .filter((q) => q.gold.length > 0 && q.category !== '5');
    return { id: conversation.id, turns, questions };
  });
}

/** Passages of at most about `size` characters, cut at the ends of sentences or lines. */
export function cut(text: string, size: number): string[] {
  const pieces = text.split(/(?<=[.!?]\s|\n)/);
  const passages: string[] = [];
  let passage = '';
  for (let piece of pieces) {
    if (passage && passage.length + piece.length > size) {
      passages.push(passage);
      passage = '';
    }
    for (; piece.length > size; piece = piece.slice(size)) passages.push(piece.slice(0, size));
    passage += piece;
  }
  if (passage.trim()) passages.push(passage);
  return passages.map((p) => p.trim()).filter(Boolean);
}

/** `embedder.embed`, through a file per list of texts. */
export async function embedKept(embedder: Embedder, texts: string[], kind: EmbedKind): Promise<Float32Array[]> {
  const directory = process.env.COMMONPLACE_VECTORS ?? join(tmpdir(), 'commonplace-vectors');
  mkdirSync(directory, { recursive: true });
  await embedder.embed(['ready?'], 'query');
  const hash = createHash('sha256')
    .update(JSON.stringify([embedder.modelId, kind, texts]))
    .digest('hex')
    .slice(0, 24);
  const file = join(directory, `${hash}.f32`);
  const dimensions = embedder.dimensions;
  if (!existsSync(file)) {
    const all = new Float32Array(texts.length * dimensions);
    for (let i = 0; i < texts.length; i += 64) {
      const vectors = await embedder.embed(texts.slice(i, i + 64), kind);
      vectors.forEach((vector, j) => all.set(vector, (i + j) * dimensions));
    }
    writeFileSync(file, new Uint8Array(all.buffer));
  }
  const bytes = readFileSync(file);
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return texts.map((_, i) => all.slice(i * dimensions, (i + 1) * dimensions));
}

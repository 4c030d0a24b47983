/** Near-duplicates among hits: which of them are one. */
import { SAME_WORDS } from './constants';
import type { Row } from './sql';

/**
 * Of passages that say the same in the same words, said by the same side, one: the newest, in the place of the best. So a
 * text captured twice, a question asked again or a page kept at two addresses takes one place. A number that
 * differs makes it another text: it may be what changed.
 */
export function withoutDuplicates(rows: readonly Row[]): Row[] {
  const kept: Array<{ row: Row; sketch: Sketch; content: Content | null }> = [];
  for (const row of rows) {
    const sketch = sketchOf(row.text);
    let content: Content | null = null;
    const same = kept.find((other) => {
      if (!mayBeSame(row, other.row) || !mayHaveSameWords(sketch, other.sketch)) return false;
      if (row.text === other.row.text) return true;
      content ??= contentOf(row.text);
      other.content ??= contentOf(other.row.text);
      return isSame(content, other.content);
    });
    if (!same) kept.push({ row, sketch, content });
    else if (row.created_at > same.row.created_at) {
      Object.assign(same, { row: { ...row, score: same.row.score }, sketch, content });
    }
  }
  return kept.map(({ row }) => row);
}

/** Cheaply, for almost all pairs: who says it, and how long it is. */
function mayBeSame(a: Row, b: Row): boolean {
  if (a.role !== b.role || (a.role === 'user' && a.author !== b.author)) return false;
  const [short, long] = a.text.length < b.text.length ? [a.text, b.text] : [b.text, a.text];
  return short.length >= SAME_WORDS * SAME_WORDS * long.length;
}

/** The words of a text as bits of a hash, made in a tenth of the time of a set of them. */
interface Sketch {
  bits: Uint32Array;
  /** How often a word begins. */
  words: number;
}

const SKETCH_BITS = 1024;

function sketchOf(text: string): Sketch {
  const bits = new Uint32Array(SKETCH_BITS / 32);
  let words = 0;
  let hash = 0;
  const small = text.toLowerCase();
  for (let i = 0; i <= small.length; i++) {
    // at the end NaN, which is no letter
    const code = small.charCodeAt(i);
    if ((code >= 97 && code <= 122) || (code >= 48 && code <= 57) || (code > 0xbf && !isSign(code))) {
      if (hash === 0) words++;
      hash = (Math.imul(hash, 31) + code) | 0;
    } else if (hash !== 0) {
      const mixed = Math.imul(hash, 0x9e3779b1) >>> 22;
      bits[mixed >> 5] = (bits[mixed >> 5] as number) | (1 << (mixed & 31));
      hash = 0;
    }
  }
  return { bits, words };
}

/** Punctuation of all scripts, and halves of emoji. */
function isSign(code: number): boolean {
  return (code >= 0x2000 && code <= 0x206f) || (code >= 0x3000 && code <= 0x303f) || (code >= 0xd800 && code <= 0xdfff);
}

/** Two texts differ in at least as many words as bits: the others need not be compared word by word. */
function mayHaveSameWords(a: Sketch, b: Sketch): boolean {
  let spare = spareWords(a.words + b.words);
  for (let i = 0; i < a.bits.length; i++) {
    spare -= ones((a.bits[i] as number) ^ (b.bits[i] as number));
    if (spare < 0) return false;
  }
  return true;
}

/** How many bits of 32 are set (Hacker's Delight, 5-1). */
function ones(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Of the words of two texts together, so many may be in one of them alone. */
function spareWords(together: number): number {
  return ((1 - SAME_WORDS) * together) / (1 + SAME_WORDS);
}

interface Content {
  words: Set<string>;
  numbers: string;
}

function contentOf(text: string): Content {
  const words = text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return { words: new Set(words), numbers: words.filter((word) => /\p{N}/u.test(word)).join(' ') };
}

function isSame(a: Content, b: Content): boolean {
  if (a.numbers !== b.numbers || a.words.size === 0) return false;
  const spare = spareWords(a.words.size + b.words.size);
  let alone = b.words.size - a.words.size;
  for (const word of a.words) {
    if (b.words.has(word)) continue;
    alone += 2;
    if (alone > spare) return false;
  }
  return alone <= spare;
}

/** The text of files in whatever encoding they are. */
import { EngineError } from '../errors';
import { guessed } from './encoding';
import type { Peek, SourceFile } from './port';

/** What is held of one file at once; larger ones are read record by record or not at all. */
export const MOST_BYTES = 64 * 1024 * 1024;
const MOST_PEEK_BYTES = 64 * 1024;
const LEAST_PEEK_BYTES = 2 * 1024;
/** The beginnings of all files together: an export of Messenger has tens of thousands. */
const ALL_PEEK_BYTES = 96 * 1024 * 1024;

/**
 * By its mark (BOM), by the zero bytes of text in UTF-16, else UTF-8; what is no UTF-8 is what a page says that it is in, else
 * what its letters show, else windows-1252, which gives every byte a meaning and is what such files mostly are.
 * @param whole false for the beginning of a file, which may end inside of a character.
 */
export function encodingOf(bytes: Uint8Array, whole = true): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const sample = bytes.subarray(0, 4_096);
  let even = 0;
  let odd = 0;
  sample.forEach((byte, index) => {
    if (byte === 0 && index % 2 === 0) even++;
    else if (byte === 0) odd++;
  });
  const half = sample.length / 2;
  if (half >= 2 && odd > half * 0.4 && even < half * 0.1) return 'utf-16le';
  if (half >= 2 && even > half * 0.4 && odd < half * 0.1) return 'utf-16be';
  const said = saidIn(bytes);
  if (said === 'iso-2022-jp') return said; // its bytes are those of UTF-8
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
    return 'utf-8';
  } catch (error) {
    if (error instanceof TypeError) return isNearlyUtf8(bytes) ? 'utf-8' : (said ?? guessed(bytes) ?? 'windows-1252');
    throw error;
  }
}

/** A byte that was broken on the way makes no other text of the rest. */
function isNearlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  const broken = text.match(/\ufffd/g)?.length ?? 0;
  return broken * 4 < (text.match(/[\u0080-\ufffc]/g)?.length ?? 0);
}

/** What a page or XML says of its encoding in its beginning; null where it does not, or what cannot be. */
function saidIn(bytes: Uint8Array): string | null {
  const head = String.fromCharCode(...bytes.subarray(0, 2_048));
  const label =
    /<meta\b[^>]*\bcharset\s*=\s*["']?\s*([\w-]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml\b[^>]*\bencoding\s*=\s*["']([\w-]+)/i.exec(head)?.[1];
  if (label === undefined || /^utf-?(?:8|16)/i.test(label)) return null;
  try {
    return new TextDecoder(label).encoding;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** @see encodingOf */
export function decode(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  return mended(new TextDecoder(encoding).decode(bytes), encoding);
}

/** The letters of windows-1252 from 0x80 on; where it has none, the control that Latin-1 has there. */
const LETTERS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Node takes windows-1252 for Latin-1 at times (nodejs/node#56542). */
function mended(text: string, encoding: string): string {
  if (encoding !== 'windows-1252') return text;
  return text.replace(/[\u0080-\u009f]/g, (letter) => LETTERS[letter.charCodeAt(0) - 0x80] ?? letter);
}

/** @throws `bad_input` where the file is larger than `most`, or damaged. */
export async function bytesOf(file: SourceFile, most = MOST_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of file.stream()) {
    length += chunk.length;
    if (length > most)
      throw new EngineError('bad_input', `${file.path} is larger than the ${Math.round(most / 1e6)} MB that are read.`);
    chunks.push(chunk);
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The whole text, without a byte order mark. @throws as {@link bytesOf} */
export async function textOf(file: SourceFile, most = MOST_BYTES): Promise<string> {
  return decode(await bytesOf(file, most));
}

/** Characters of one piece, at least: what reads pieces joins them, and few large ones cost less than many small. */
const PIECE = 1 << 20;

/** The text in pieces, for what is too large to be held. Its encoding is told by the first bytes. */
export async function* textPieces(file: SourceFile): AsyncGenerator<string> {
  let decoder: TextDecoder | null = null;
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of file.stream()) {
    decoder ??= new TextDecoder(encodingOf(chunk, false));
    const text = mended(decoder.decode(chunk, { stream: true }), decoder.encoding);
    parts.push(text);
    length += text.length;
    if (length < PIECE) continue;
    yield parts.join('');
    parts = [];
    length = 0;
  }
  parts.push(decoder?.decode() ?? '');
  if (parts.some((part) => part !== '')) yield parts.join('');
}

/**
 * A {@link Peek} that reads each file's beginning once; a file that cannot be read has an empty one.
 * @param count of how many files: of very many, less is read of each.
 */
export function peeker(count: number): Peek {
  const most = Math.min(MOST_PEEK_BYTES, Math.max(LEAST_PEEK_BYTES, Math.floor(ALL_PEEK_BYTES / Math.max(1, count))));
  const seen = new WeakMap<SourceFile, Promise<string>>();
  return (file) => {
    const known = seen.get(file) ?? beginning(file, most);
    seen.set(file, known);
    return known;
  };
}

async function beginning(file: SourceFile, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = file.stream().getReader();
  try {
    while (length < most) {
      const { done, value } = await reader.read();
      if (done) break;
      chunks.push(value.subarray(0, most - length));
      length += value.length;
    }
  } catch (error) {
    // what is wrong with it is said when it is read; until then its beginning tells what it is
    if (!(error instanceof EngineError)) throw error;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  const bytes = new Uint8Array(Math.min(length, most));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const encoding = encodingOf(bytes, false);
  return mended(new TextDecoder(encoding).decode(bytes), encoding);
}

/**
 * The data that a page carries in its scripts: a share page's React-Router payload (turbo-stream), or JSON in a
 * `<script type="application/json">`.
 *
 * turbo-stream's encoding (jacob-ebey/turbo-stream, MIT, `src/unflatten.ts`): one line holds a flat array of values;
 * objects are `{"_<index of key>": <index of value>}`, arrays hold indices, negative indices are constants, and an
 * array that begins with a string is a special value. Later lines (`P12:[…]`) resolve promises.
 */
import { isObject, tryParse } from '../../json';
import type { ReadResult } from '../../types';
import type { ReadContext } from '../_adapter';
import { readBodies } from './bodies';

const ENQUEUE = /streamController\.enqueue\(\s*("(?:[^"\\]+|\\[\s\S])*"|'(?:[^'\\]+|\\[\s\S])*')\s*,?\s*\)/g;
const JSON_SCRIPT = /<script\b[^>]*\btype\s*=\s*["']?application\/json["']?[^>]*>([\s\S]*?)<\/script/gi;
/** The export's own `chat.html`: the same list as its `conversations.json`, on one line. */
const EXPORTED = /<script\b[^>]*>\s*(?:var|let|const) jsonData = (\[.*\])[ \t;]*\r?$/m;

/** @see Adapter.readEmbedded */
export function readEmbedded(html: string, context: ReadContext = {}): ReadResult {
  const chunks: string[] = [];
  for (const [, literal] of html.matchAll(ENQUEUE)) {
    const parsed = tryParse(literal?.startsWith("'") === true ? doubleQuoted(literal) : (literal ?? ''));
    if ('value' in parsed && typeof parsed.value === 'string') chunks.push(parsed.value);
  }
  const result: ReadResult = { conversations: [], warnings: [] };
  if (chunks.length > 0) {
    const decoded = decodeTurboStream(chunks.join(''));
    if ('error' in decoded)
      result.warnings.push({
        code: 'unreadable_payload',
        message: `The page's data cannot be decoded: ${decoded.error}`,
        where: 'streamController.enqueue',
      });
    else merge(result, readBodies(decoded.value, context));
  }
  if (result.conversations.length > 0) return result;
  const exported = EXPORTED.exec(html);
  if (exported !== null) {
    const parsed = tryParse(unescaped(exported[1] ?? ''));
    if ('value' in parsed) return readBodies(parsed.value, { ...context, settled: true });
    result.warnings.push({
      code: 'unreadable_payload',
      message: `The page's data cannot be decoded: ${parsed.error}`,
      where: 'jsonData',
    });
  }
  for (const [, text] of html.matchAll(JSON_SCRIPT)) {
    if (text === undefined || !/"mapping"|"linear_conversation"|"messages"/.test(text)) continue;
    const parsed = tryParse(text.trim());
    if ('value' in parsed) merge(result, readBodies(parsed.value, { ...context, settled: true }));
  }
  return result;
}

/** The export writes its texts so that they can be put into the page as they are. */
function unescaped(json: string): string {
  if (json.includes('<') || !/&(?:quot|lt|gt|amp|#\d+|#x[0-9a-f]+);/i.test(json)) return json;
  const marks: Record<string, string> = { quot: '\\"', lt: '<', gt: '>', amp: '&', '#39': "'", '#x27': "'" };
  return json.replace(/&(quot|lt|gt|amp|#39|#x27);/gi, (all, name: string) => marks[name.toLowerCase()] ?? all);
}

/** A string as a tool that formats pages writes it. */
function doubleQuoted(literal: string): string {
  const inside = literal
    .slice(1, -1)
    .replace(/\\[\s\S]|"/g, (each) => (each === "\\'" ? "'" : each === '"' ? '\\"' : each));
  return `"${inside}"`;
}

function merge(into: ReadResult, from: ReadResult): void {
  into.conversations.push(...from.conversations);
  into.warnings.push(...from.warnings);
}

/** Decodes a whole turbo-stream. Shared values come out as the same object. */
export function decodeTurboStream(stream: string): { value: unknown } | { error: string } {
  const lines = stream.split('\n').filter((line) => line !== '');
  const first = tryParse(lines[0] ?? '');
  if ('error' in first) return first;
  if (typeof first.value === 'number') return { value: constant(first.value) };
  if (!Array.isArray(first.value)) return { error: 'the first line is not an array' };
  const values: unknown[] = first.value;
  const decoder = new Decoder(values);
  for (const line of lines.slice(1)) {
    const [, kind, id, rest] = /^([PE])(\d+):([\s\S]*)$/.exec(line) ?? [];
    if (kind !== 'P' || id === undefined) continue;
    const more = tryParse(rest ?? '');
    if ('error' in more) continue;
    if (typeof more.value === 'number') decoder.promises.set(Number(id), more.value);
    else if (Array.isArray(more.value)) {
      decoder.promises.set(Number(id), values.length);
      for (const each of more.value as unknown[]) values.push(each);
    }
  }
  return { value: decoder.read(0) };
}

function constant(index: number): unknown {
  switch (index) {
    case -2:
      return NaN;
    case -3:
      return -Infinity;
    case -4:
      return -0;
    case -5:
      return null;
    case -6:
      return Infinity;
    default:
      return undefined;
  }
}

class Decoder {
  readonly promises = new Map<number, number>();
  private readonly made = new Map<number, unknown>();
  private readonly values: unknown[];

  constructor(values: unknown[]) {
    this.values = values;
  }

  /** Depth is that of the data itself; a share page's is under fifty. */
  read(index: number): unknown {
    if (index < 0) return constant(index);
    if (this.made.has(index)) return this.made.get(index);
    const value = this.values[index];
    if (Array.isArray(value)) return this.readArray(index, value);
    if (!isObject(value)) {
      this.made.set(index, value);
      return value;
    }
    const object: Record<string, unknown> = {};
    this.made.set(index, object);
    for (const [key, at] of Object.entries(value)) {
      const name = this.read(Number(key.slice(1)));
      if (typeof name === 'string' && typeof at === 'number') set(object, name, this.read(at));
    }
    return object;
  }

  private readArray(index: number, value: unknown[]): unknown {
    const [tag, ...rest] = value;
    if (typeof tag !== 'string') {
      const array: unknown[] = [];
      this.made.set(index, array);
      for (const at of value) if (typeof at === 'number') array.push(this.read(at));
      return array;
    }
    let special: unknown = null;
    if (tag === 'D') special = typeof rest[0] === 'number' ? new Date(rest[0]).toISOString() : null;
    else if (tag === 'U' || tag === 'B' || tag === 'Y') special = rest[0];
    else if (tag === 'P') {
      const at = this.promises.get(Number(rest[0]));
      special = at === undefined ? null : this.read(at);
    } else if (tag === 'S') special = rest.map((at) => (typeof at === 'number' ? this.read(at) : null));
    else if (tag === 'M' || tag === 'N') {
      const object: Record<string, unknown> = {};
      this.made.set(index, object);
      const pairs: Array<[unknown, unknown]> =
        tag === 'N' && isObject(rest[0])
          ? Object.entries(rest[0]).map(([key, at]) => [this.read(Number(key.slice(1))), at])
          : Array.from({ length: Math.floor(rest.length / 2) }, (_, n) => [
              this.read(Number(rest[2 * n])),
              rest[2 * n + 1],
            ]);
      for (const [name, at] of pairs)
        if (typeof name === 'string' && typeof at === 'number') set(object, name, this.read(at));
      return object;
    }
    this.made.set(index, special);
    return special;
  }
}

/** Assigns as data, also where the name is `__proto__`. */
function set(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/**
 * The records of a JSON file too large to be held, one after another: the items of its outermost array, the items of
 * arrays in its outermost object, the lines of JSON Lines. A broken record costs itself: what begins like the ones before
 * it is looked for after it.
 */
import { tryParse } from '../capture/files';

export interface JsonItem {
  value: unknown;
  /** From 1, counted through the file. */
  record: number;
  /** The line it begins in, from 1. */
  line: number;
  /** The field of the outermost object in whose array it stands; null elsewhere. */
  field: string | null;
}

export interface BrokenItem {
  record: number;
  line: number;
  /** What is wrong with it. */
  problem: string;
}

export interface JsonItemsOptions {
  /** The fields of an outermost object whose arrays are taken apart; without it such an object is one record. */
  fields?: RegExp;
  /** What follows the outermost array is something else (a page around it). */
  alone?: boolean;
  /** Characters of one record that are held; a longer one is broken. */
  most?: number;
}

const MOST_CHARACTERS = 96 * 1024 * 1024;
/** Looking for the next record after broken ones may read the text this many times over, and no more. */
const MOST_TIMES_OVER = 8;

const [QUOTE, BACKSLASH, NEWLINE, COMMA] = [34, 92, 10, 44];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125];

export async function* jsonItems(
  pieces: AsyncIterable<string> | Iterable<string>,
  options: JsonItemsOptions = {},
): AsyncGenerator<JsonItem | BrokenItem> {
  const splitter = new Splitter(options);
  for await (const piece of pieces) yield* splitter.push(piece);
  yield* splitter.end();
}

class Splitter {
  private text = '';
  /** Where scanning goes on. */
  private at = 0;
  /** Where the record under way begins; -1 between records. */
  private start = -1;
  private startLine = 1;
  private line = 1;
  private depth = 0;
  private inString = false;
  /** What was passed last of a string is a backslash. */
  private escaped = false;
  /** The depth that records stand at: 1 in an outermost array, 2 in an object's arrays, 0 line by line. */
  private level = -1;
  private begun = false;
  private record = 0;
  private field: string | null = null;
  /** Where a key of the outermost object begins, and the last one. */
  private keyStart = -1;
  private key = '';
  /** How records begin here. */
  private sign: RegExp | null = null;
  private read = 0;
  private searched = 0;
  private readonly most: number;

  constructor(private readonly options: JsonItemsOptions) {
    this.most = options.most ?? MOST_CHARACTERS;
  }

  *push(piece: string): Generator<JsonItem | BrokenItem> {
    if (this.options.alone === true && this.begun && this.depth === 0) return;
    this.text += piece;
    this.read += piece.length;
    yield* this.scan();
    if (this.start >= 0 && this.text.length - this.start > this.most) {
      yield this.recover(`It is longer than ${this.most} characters.`, this.text.length);
      yield* this.scan();
    }
    this.cut();
  }

  *end(): Generator<JsonItem | BrokenItem> {
    const cutInside = this.start >= 0;
    while (this.start >= 0) {
      const text = this.text.slice(this.start);
      const whole = this.level === 0 && !this.inString ? tryParse(text) : { error: 'It is cut off.' };
      if ('value' in whole) {
        this.start = -1;
        yield { value: whole.value, record: ++this.record, line: this.startLine, field: null };
        return;
      }
      yield this.recover('It is cut off.', this.text.length);
      yield* this.scan();
    }
    if (!this.begun) {
      if (this.read > 0) yield { record: 1, line: 1, problem: 'It holds no JSON.' };
    } else if (!cutInside && this.level !== 0 && this.depth > 0)
      yield { record: this.record + 1, line: this.line, problem: 'The file is cut off here.' };
  }

  private *scan(): Generator<JsonItem | BrokenItem> {
    while (this.at < this.text.length) {
      if (this.inString) {
        this.skipString();
        continue;
      }
      if (this.options.alone === true && this.begun && this.depth === 0) return;
      const unit = this.text.charCodeAt(this.at);
      if (unit === NEWLINE) {
        if (this.level === 0 && this.start >= 0 && this.depth === 0) yield this.take(this.at);
        this.line++;
      } else if (unit === QUOTE) {
        if (this.start < 0 && this.depth === this.level) this.begin();
        else if (this.start < 0 && this.level < 0 && this.depth === 1) this.keyStart = this.at;
        this.inString = true;
      } else if (unit === OPEN_ARRAY || unit === OPEN_OBJECT) this.open(unit);
      else if (unit === CLOSE_ARRAY || unit === CLOSE_OBJECT) {
        if (this.start >= 0 && this.depth === this.level) yield this.take(this.at); // a bare value, last of its array
        // one too many of what a record ends with is no end of the array
        if (this.depth > this.level || this.level <= 0 || unit === CLOSE_ARRAY)
          this.depth = Math.max(0, this.depth - 1);
        if (this.start >= 0 && this.depth === this.level) {
          yield this.take(this.at + 1);
          continue;
        }
        if (this.level === 2 && this.depth < 2) this.level = -1;
      } else if (unit === COMMA) {
        if (this.start >= 0 && this.depth === this.level) yield this.take(this.at);
        else if (this.level === 1 && this.depth === 0) this.depth = 1; // it goes on after a stray end
      } else if (unit > 32 && this.start < 0 && this.depth === this.level) this.begin();
      this.at++;
    }
  }

  private open(unit: number): void {
    if (!this.begun) {
      this.begun = true;
      this.level = unit === OPEN_ARRAY ? 1 : this.options.fields === undefined ? 0 : -1;
      if (this.level === 1) {
        this.depth = 1;
        return;
      }
    } else if (this.level < 0 && this.depth === 1 && unit === OPEN_ARRAY && this.options.fields?.test(this.key)) {
      this.level = 2;
      this.field = this.key;
      this.depth = 2;
      return;
    }
    if (this.start < 0 && this.depth === this.level) this.begin();
    this.depth++;
  }

  private begin(): void {
    this.start = this.at;
    this.startLine = this.line;
  }

  /** On to the end of the string, or of what is here. */
  private skipString(): void {
    const { text } = this;
    let from = this.at;
    if (this.escaped) from++;
    this.escaped = false;
    for (let at = from; ;) {
      const quote = text.indexOf('"', at);
      const end = quote < 0 ? text.length : quote;
      let slashes = 0;
      while (end - slashes > from && text.charCodeAt(end - slashes - 1) === BACKSLASH) slashes++;
      if (quote < 0) {
        this.escaped = slashes % 2 === 1;
        this.at = Math.max(from, end);
        return;
      }
      at = quote + 1;
      if (slashes % 2 === 1) continue;
      this.inString = false;
      if (this.keyStart >= 0) this.key = text.slice(this.keyStart + 1, quote);
      this.keyStart = -1;
      this.at = at;
      return;
    }
  }

  /** The record under way ends before `end`. */
  private take(end: number): JsonItem | BrokenItem {
    const text = this.text.slice(this.start, end);
    const parsed = tryParse(text);
    if (!('value' in parsed)) return this.recover(parsed.error, end);
    this.sign ??= signOf(text, this.level);
    this.start = -1;
    this.at = end;
    return { value: parsed.value, record: ++this.record, line: this.startLine, field: this.field };
  }

  /** The record under way is broken. Goes on where the next seems to begin, else at `end`. */
  private recover(problem: string, end: number): BrokenItem {
    const broken = { record: ++this.record, line: this.startLine, problem };
    this.sign ??= signOf(this.text.slice(this.start, this.start + 400), this.level);
    const rest = this.text.slice(this.start + 1, end);
    this.searched += rest.length;
    const found = this.searched > this.read * MOST_TIMES_OVER + 1_000_000 ? null : this.sign?.exec(rest);
    const to = found ? this.start + 1 + found.index + found[0].indexOf('{') : end;
    this.line = this.startLine;
    for (let at = this.start; at < to; at++) if (this.text.charCodeAt(at) === NEWLINE) this.line++;
    this.start = -1;
    this.at = to;
    this.depth = Math.max(0, this.level);
    this.inString = false;
    this.escaped = false;
    return broken;
  }

  /** Drops what is done with. */
  private cut(): void {
    const to = this.start >= 0 ? this.start : this.keyStart >= 0 ? this.keyStart : this.at;
    this.text = this.text.slice(to);
    this.at -= to;
    if (this.start >= 0) this.start = 0;
    if (this.keyStart >= 0) this.keyStart = 0;
  }
}

/** Matches where a record that begins like this one stands after the end of another. */
function signOf(text: string, level: number): RegExp | null {
  const key = /^\{\s*"([^"\\]{1,60})"\s*:/.exec(text)?.[1];
  if (key === undefined) return null;
  const before = level === 0 ? '\n' : ',';
  return new RegExp(`${before}\\s*\\{\\s*"${key.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')}"\\s*:`);
}

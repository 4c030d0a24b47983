/**
 * How Google's pages write answers (`batchexecute`, `StreamGenerate`): a guard line `)]}'`, then chunks, each a length
 * in a line of its own and a JSON array of frames. A frame is `["wrb.fr", procedure, "<payload as JSON>", …]`, with
 * null for the procedure in a stream.
 *
 * The lengths are not needed: a chunk ends where its brackets close, whichever unit the length counts, and whether or
 * not there are line breaks in it.
 */
import { asText, tryParse } from '../../json';

/** Finds the whole top-level arrays in a text that arrives in pieces, cut anywhere. */
export interface ChunkScanner {
  /** The chunks that this piece completed. */
  push(text: string): string[];
  /** The chunk that was begun and not ended. */
  rest(): string;
}

/** Each character is looked at once, however small the pieces. */
export function scanChunks(): ChunkScanner {
  let held = '';
  let at = 0;
  let start = -1;
  let depth = 0;
  let inString = false;
  const marks = /["[\]\\]/g;

  return {
    push(text) {
      held += text;
      const chunks: string[] = [];
      for (;;) {
        marks.lastIndex = at;
        const mark = marks.exec(held);
        if (mark === null) {
          // An escape that the piece ends in takes the first character of the next.
          at = Math.max(at, held.length);
          break;
        }
        at = mark.index + 1;
        switch (mark[0]) {
          case '\\':
            if (inString) at++;
            break;
          case '"':
            if (depth > 0) inString = !inString;
            break;
          case '[':
            if (inString) break;
            if (depth === 0) start = mark.index;
            depth++;
            break;
          default:
            // A bracket outside of any chunk is the guard's.
            if (inString || depth === 0) break;
            depth--;
            if (depth === 0) {
              chunks.push(held.slice(start, at));
              start = -1;
            }
        }
      }
      const done = start < 0 ? held.length : start;
      held = held.slice(done);
      at -= done;
      if (start >= 0) start = 0;
      return chunks;
    },
    rest: () => (depth > 0 ? held : ''),
  };
}

/** `["wrb.fr", procedure, payload as JSON, …]`; `cut` as the last word where only the beginning arrived. */
export type Frame = unknown[];

/**
 * @returns the frames of all whole chunks, in their order, and what is whole of one that was cut short.
 * @throws SyntaxError where there is no frame.
 */
export function parseBody(text: string): Frame[] {
  const scanner = scanChunks();
  const frames = scanner.push(text).flatMap(framesOf);
  const cut = salvage(scanner.rest());
  if (cut !== null) frames.push(cut);
  if (frames.length === 0) throw new SyntaxError('This is not a batchexecute answer: it holds no frame.');
  return frames;
}

/** The frames of one chunk; none where it is not one. */
export function framesOf(chunk: string): Frame[] {
  const parsed = tryParse(chunk);
  if (!('value' in parsed) || !Array.isArray(parsed.value)) return [];
  const value = parsed.value as unknown[];
  if (typeof value[0] === 'string') return [value];
  return value.filter((each): each is Frame => Array.isArray(each) && typeof each[0] === 'string');
}

/** True for what {@link parseBody} gives, however it came. */
export function isFrames(value: unknown): value is Frame[] {
  return (
    Array.isArray(value) &&
    value.some((each) => Array.isArray(each) && each[0] === 'wrb.fr') &&
    value.every((each) => Array.isArray(each) && typeof each[0] === 'string')
  );
}

/** What a frame carries: the procedure (null in a stream) and its payload; null where it carries none. */
export function payloadOf(frame: Frame): { rpc: string | null; payload: unknown; cut: boolean } | null {
  if (frame[0] !== 'wrb.fr') return null;
  const text = asText(frame[2]);
  const parsed = text === null ? { value: frame[2] } : tryParse(text);
  if (!('value' in parsed) || typeof parsed.value !== 'object' || parsed.value === null) return null;
  return { rpc: asText(frame[1]), payload: parsed.value, cut: frame.at(-1) === 'cut' };
}

/** The error that a frame reports in place of a payload: a gRPC status such as 5 (not found), or null. */
export function statusOf(frame: Frame): number | null {
  if (frame[0] === 'er') return typeof frame[5] === 'number' ? frame[5] : 2;
  const status: unknown = Array.isArray(frame[5]) ? frame[5][0] : null;
  return frame[0] === 'wrb.fr' && frame[2] === null && typeof status === 'number' ? status : null;
}

/**
 * A frame whose payload was cut: the whole elements of the first list in it. Turns come newest first, so they are the
 * end of the conversation.
 */
function salvage(rest: string): Frame | null {
  const head = /^\[\[\s*"wrb\.fr"\s*,\s*(null|"[A-Za-z0-9]+")\s*,\s*"/.exec(rest);
  if (head === null) return null;
  // Up to an escape that is itself cut.
  const written = rest.slice(head[0].length).replace(/\\(?:u[0-9a-fA-F]{0,3})?$/, '');
  const unescaped = tryParse(`"${written}"`);
  if (!('value' in unescaped) || typeof unescaped.value !== 'string') return null;
  const list = /^\[\s*\[/.exec(unescaped.value);
  if (list === null) return null;
  const whole = scanChunks()
    .push(unescaped.value.slice(list[0].length))
    .map(tryParse)
    .flatMap((each) => ('value' in each ? [each.value] : []));
  if (whole.length === 0) return null;
  return ['wrb.fr', head[1] === 'null' ? null : (head[1] ?? '').slice(1, -1), JSON.stringify([whole]), 'cut'];
}

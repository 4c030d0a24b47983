/** Messages that come as a list of typed parts. */
import { asArray, asObject, asText, type JsonObject } from '../json';
import type { Attachment, ReadWarning } from '../types';
import { linkMarks, type Source, sourceIn } from './_sources';

/** Longest part of an unknown type that is kept as it came, in characters of JSON. */
const UNKNOWN_LIMIT = 100_000;

/** A thought as its heading in bold and its text, as far as it has them; empty where it has neither. */
export function thoughtWords(heading: unknown, text: unknown): string {
  const bold = asText(heading) === null ? null : `**${asText(heading)}**`;
  return [bold, asText(text)].filter((each) => each !== null).join('\n\n');
}

/** What one part is to a message; nothing for one that says nothing to a reader. */
export interface Part {
  text?: unknown;
  thinking?: unknown;
  /** Search results and the like, in the site's order; `cite_index` or the place from 1 is the number that marks name. */
  sources?: unknown;
  attachments?: Attachment[];
}

export interface ReadPartsOptions {
  /** How each type is read. */
  kinds: Record<string, (part: JsonObject) => Part>;
  /** Marks in the text that stand for a source; global, its number as the first group. */
  mark: RegExp;
  /** The message's id, for warnings. */
  where: string;
}

/**
 * The message's words, its thoughts apart (`metadata.thinking`), what it cites as links and in `metadata.citations`.
 * A part of an unknown type is kept as it came in `metadata.unknown_parts` and shown by its words or its type.
 */
export function readParts(
  parts: unknown,
  { kinds, mark, where }: ReadPartsOptions,
  warnings: ReadWarning[],
): { markdown: string; attachments: Attachment[]; metadata: JsonObject } {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const sources = new Map<string, Source>();
  const attachments: Attachment[] = [];
  const unknown: unknown[] = [];
  for (const given of asArray(parts)) {
    const part = asObject(given);
    const type = asText(part['type']) ?? 'unknown';
    const read = Object.hasOwn(kinds, type) ? kinds[type]?.(part) : undefined;
    if (read === undefined) {
      const json = jsonOf(given);
      unknown.push(
        /^[[{"]/.test(json) && json.length <= UNKNOWN_LIMIT ? given : { type, cut: json.slice(0, UNKNOWN_LIMIT) },
      );
      warnings.push({
        code: 'unknown_content_type',
        message: `A part of type "${type.slice(0, 80)}" is not known; it is kept in the metadata as it came.`,
        where,
      });
    }
    const {
      text,
      thinking,
      sources: found,
      attachments: files,
    } = read ?? { text: asText(part['content']) ?? `[${type.slice(0, 80)}]` };
    if (asText(text) !== null) texts.push(asText(text) ?? '');
    if (asText(thinking) !== null) thoughts.push(asText(thinking) ?? '');
    attachments.push(...(files ?? []));
    asArray(found).forEach((each, index) => {
      const source = sourceIn(asObject(each));
      const number = asObject(each)['cite_index'] ?? index + 1;
      if (source !== null && (typeof number === 'number' || typeof number === 'string'))
        sources.set(String(number), source);
    });
  }
  const words = texts.join('\n\n');
  const cited = new Set([...words.matchAll(mark)].map(([, number]) => sources.get(number ?? '')));
  const citations = [...sources.values()].filter((each) => cited.has(each));
  return {
    markdown: linkMarks(words, mark, sources).trim(),
    attachments,
    metadata: {
      ...(thoughts.length > 0 && { thinking: thoughts.join('\n\n') }),
      ...(citations.length > 0 && { citations }),
      ...(unknown.length > 0 && { unknown_parts: unknown }),
    },
  };
}

/** As JSON; only its kind where it is nested so deep that no stack holds it. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (error) {
    if (error instanceof RangeError) return typeof value;
    throw error;
  }
}

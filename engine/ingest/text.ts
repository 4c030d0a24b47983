/** What Postgres refuses in a text (NUL, half of a surrogate pair) is dropped or replaced, the rest kept as it is. */
import { sha256 } from '../sha256';
export function clean(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.replaceAll('\0', '').toWellFormed() : text;
}

/** JSON of any plain value, its strings and keys cleaned. */
export function cleanJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, part: unknown) => {
    if (typeof part === 'string') return clean(part);
    if (part === null || typeof part !== 'object' || Array.isArray(part)) return part;
    const keys = Object.keys(part);
    if (keys.every((key) => clean(key) === key)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [clean(key), inner]));
  });
}

/** 128 bits of the text's SHA-256 as hex. */
export async function textHash(text: string): Promise<string> {
  return (await sha256(text)).slice(0, 32);
}

const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/gu;

/**
 * About how many tokens a model sees: one for four characters, one for each character of a script without spaces.
 * An estimate for budgets, within about a third of what WordPiece counts for English prose; code has more.
 */
export function estimateTokens(text: string): number {
  const wide = text.match(WIDE)?.length ?? 0;
  return Math.ceil((text.length - wide) / 4) + wide;
}

/**
 * Careful readers of foreign JSON: every field may be missing, null or of another type, and none of these throws.
 */

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string with something in it, else null. */
export function asText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

/** An id given as a string or a number, else null. */
export function asId(value: unknown): string | null {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : asText(value);
}

/**
 * A time as ISO 8601 UTC: epoch seconds or milliseconds (told apart by size), a numeric string or a date string.
 * Null where it is none, or no year between 1990 and 2200, which no site means.
 */
export function asTime(value: unknown): string | null {
  let ms: number;
  if (typeof value === 'number') ms = value;
  else if (typeof value === 'string' && value.trim() !== '') {
    ms = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : NaN;
    if (Number.isNaN(ms)) return inRange(Date.parse(value));
  } else return null;
  return inRange(ms < 1e11 ? ms * 1000 : ms);
}

function inRange(ms: number): string | null {
  if (!Number.isFinite(ms) || ms < Date.UTC(1990) || ms > Date.UTC(2200)) return null;
  return new Date(Math.round(ms)).toISOString();
}

/** Parses without throwing. */
export function tryParse(text: string): { value: unknown } | { error: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

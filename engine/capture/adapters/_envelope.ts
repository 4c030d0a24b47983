/** Finding a site's records in whatever they are wrapped in. */
import { isObject, type JsonObject, tryParse } from '../json';

/** How deep an envelope is opened. */
export const MAX_DEPTH = 12;

/**
 * Offers every object in a body, in an array or envelope around one, or in an HTTP archive, until `take` says that it was
 * one of the site's; what is inside of that is not looked at again. Text that is JSON is opened where `sign` is in it.
 *
 * @param url where the body came from; objects that say their own (`url`, `request.url`) are offered with that.
 */
export function eachRecord(
  body: unknown,
  url: string | null,
  sign: string,
  take: (record: JsonObject, url: string | null) => boolean,
): void {
  const seen = new Set<object>();
  const open: Array<{ value: unknown; url: string | null; depth: number }> = [{ value: body, url, depth: 0 }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    let { value } = at;
    if (typeof value === 'string' && /^\s*[[{]/.test(value) && value.includes(sign)) {
      const parsed = tryParse(value);
      value = 'value' in parsed ? parsed.value : null;
    }
    if (typeof value !== 'object' || value === null || seen.has(value) || at.depth > MAX_DEPTH) continue;
    seen.add(value);
    let from = at.url;
    if (isObject(value)) {
      if (take(value, from)) continue;
      const request = isObject(value['request']) ? value['request']['url'] : undefined;
      for (const said of [request, value['url']]) if (typeof said === 'string' && /^https?:/.test(said)) from = said;
    }
    // The last comes off first, so that records are found in the order they stand in.
    for (const inner of Object.values(value).reverse()) open.push({ value: inner, url: from, depth: at.depth + 1 });
  }
}

/** What an answer cites, as links where it is cited. */
import { asArray, asObject, asText, isObject, type JsonObject } from '../../json';
import { distinctUrls } from '../_dom';
import { fencedRanges } from './artifacts';

export interface Citation {
  title: string | null;
  url: string;
}

/** Links put at one place at most; the rest are in the message's citations. */
const LINKS_AT_A_PLACE = 4;

/**
 * The text with a link after each cited span, and what was cited. `end_index` counts characters of the Markdown as the
 * server does, whole code points; the link goes to the end of the word or line that it falls into, never into code.
 * What has no place is listed under the text.
 */
export function citeText(text: string, given: unknown[]): { text: string; citations: Citation[] } {
  const citations: Citation[] = [];
  const places = new Map<number, Citation[]>();
  const homeless: Citation[] = [];
  const offset = given.length > 0 ? offsetsIn(text) : null;
  let fences: Array<[number, number]> | null = null;
  for (const each of given) {
    if (!isObject(each)) continue;
    const sources = sourcesOf(each);
    if (sources.length === 0) continue;
    for (const source of sources) if (!citations.some((known) => known.url === source.url)) citations.push(source);
    const end = each['end_index'];
    fences ??= fencedRanges(text);
    const at = typeof end === 'number' && offset !== null ? placeFor(text, offset(end), fences) : null;
    if (at === null) homeless.push(...sources);
    else places.set(at, [...(places.get(at) ?? []), ...sources]);
  }
  if (citations.length === 0) return { text, citations };

  const placed = new Set<string>();
  let result = '';
  let from = 0;
  for (const [at, sources] of [...places].sort(([a], [b]) => a - b)) {
    const links = distinctUrls(sources).slice(0, LINKS_AT_A_PLACE);
    for (const link of links) placed.add(link.url);
    result += `${text.slice(from, at)} (${links.map(linkOf).join(', ')})`;
    from = at;
  }
  result += text.slice(from);
  const left = distinctUrls(homeless).filter((source) => !placed.has(source.url));
  if (left.length > 0)
    result = `${result.trimEnd()}\n\nSources:\n\n${left.map((source) => `- ${linkOf(source)}`).join('\n')}`;
  return { text: result, citations };
}

/** The sources that a citation or a search result names, by their web addresses. */
export function sourcesOf(item: JsonObject): Citation[] {
  const details = asObject(item['details']);
  const found: Citation[] = [];
  for (const each of [
    ...asArray(item['sources']),
    item,
    { ...item, url: details['url'] },
    ...asArray(details['sources']),
  ]) {
    const source = asObject(each);
    const url = asText(source['url']) ?? asText(source['uri']);
    if (url === null || !/^https?:\/\//i.test(url)) continue;
    if (!found.some((known) => known.url === url)) found.push({ title: labelOf(source), url });
  }
  return found;
}

/** The page shows the site's name; the title where there is none. */
function labelOf(source: JsonObject): string | null {
  const metadata = asObject(source['metadata']);
  return (
    asText(metadata['site_name']) ??
    asText(source['source']) ??
    asText(source['title']) ??
    asText(metadata['site_domain'])
  );
}

export function linkOf(source: Citation): string {
  const label = (source.title ?? /^https?:\/\/(?:www\.)?([^/?#]+)/i.exec(source.url)?.[1] ?? source.url)
    .replace(/\s+/g, ' ')
    .replace(/\[/g, '(')
    .replace(/\]/g, ')')
    .replace(/[\\`*_]/g, ' ')
    .trim()
    .slice(0, 200);
  const url = source.url.replace(
    /[\s<>()]/g,
    (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `[${label}](${url})`;
}

/** From code points to offsets in the string, which differ only where there are characters outside the basic plane. */
function offsetsIn(text: string): (index: number) => number {
  if (!/[\ud800-\udbff]/.test(text)) return (index) => index;
  const offsets: number[] = [];
  for (let at = 0; at < text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) offsets.push(at);
  offsets.push(text.length);
  return (index) => offsets[index] ?? Number.NaN;
}

/** Where after `end` a link can stand; null where there is no such place. */
function placeFor(text: string, end: number, fences: Array<[number, number]>): number | null {
  if (!Number.isInteger(end) || end <= 0 || end > text.length) return null;
  if (fences.some(([from, to]) => from < end && end <= to)) return null;
  let at = end;
  const isWord = (index: number): boolean => /[\p{L}\p{N}]/u.test(text.slice(index, index + 1));
  if (isWord(at - 1)) for (let steps = 0; steps < 30 && at < text.length && isWord(at); steps++) at++;
  while (at < text.length && /[*_`"'”’)\]]/.test(text[at] ?? '')) at++;
  // A span that ends in the words of a link: after the link.
  if (text[at] === '(' && text[at - 1] === ']') {
    const close = text.indexOf(')', at);
    if (close > 0 && !/\s/.test(text.slice(at, close))) at = close + 1;
  }
  while (at > 0 && /\s/.test(text[at - 1] ?? '')) at--;
  // The bar that ends a row of a table stays at the end.
  while (at > 0 && text[at - 1] === '|') {
    at--;
    while (at > 0 && /[ \t]/.test(text[at - 1] ?? '')) at--;
  }
  return at === 0 ? null : at;
}

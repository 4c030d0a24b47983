/**
 * Turns the site's citation markers into Markdown links.
 *
 * The text of an answer holds private-use markers (U+E200 … U+E201, e.g. `\uE200cite\uE202turn0search3\uE201`); the
 * message's `content_references` say what each stands for (`matched_text` and items). Older answers use `【11†source】`
 * with `citations`. What is left over is stripped, as the site's own copy button does (observed in public exporters:
 * pionxzh/chatgpt-exporter `citations.ts`).
 */
import { asArray, asId, asObject, asText, isObject, tryParse, type JsonObject } from '../../json';

export interface Citation {
  title: string | null;
  url: string;
}

/** The text with its references resolved, and the distinct sources in the order they appear. */
export function resolveReferences(text: string, metadata: JsonObject): { text: string; citations: Citation[] } {
  const citations: Citation[] = [];
  const cite = (link: Citation): void => {
    if (!citations.some((known) => known.url === link.url)) citations.push(link);
  };

  let resolved = text;
  let from = 0;
  const references = asArray(metadata['content_references']).filter(isObject).sort(byStart);
  for (const reference of withMarkers(references, text)) {
    const matched = typeof reference['matched_text'] === 'string' ? reference['matched_text'] : '';
    const replacement = render(reference, cite);
    if (matched.trim() === '') continue;
    let at = resolved.indexOf(matched, from);
    if (at < 0) at = resolved.indexOf(matched);
    if (at < 0) continue;
    // Only markers are replaced: a reference may also match a plain word of the answer, which says it better itself.
    // A marker may say itself what it shows, where its reference does not.
    const saysIt = replacement === '' && !UNSEEN.has(asText(reference['type']) ?? '') && stripMarkers(matched) !== '';
    if (!/[\uE200-\uE206]|【/.test(matched) || saysIt) {
      from = at + matched.length;
      continue;
    }
    const put = /\s$/.test(resolved.slice(0, at)) ? replacement.trimStart() : replacement;
    resolved = resolved.slice(0, at) + put + resolved.slice(at + matched.length);
    from = at + put.length;
  }
  resolved = resolveBrackets(resolved, metadata, cite);
  return { text: stripMarkers(resolved), citations };
}

/** References that stand for nothing a person sees in the text. */
const UNSEEN = new Set(['sources_footnote', 'hidden', 'attribution']);

/** Types of references by the word that their markers begin with; others are called the same. */
const MARKED: Record<string, RegExp> = { cite: /webpage/, filecite: /^file/, navlist: /^nav_?list$/ };

/**
 * Exports since 2026-06 leave `matched_text` and positions out of the references: they are in the order of their
 * markers, which is trusted where there are as many of a kind as markers of it.
 */
function withMarkers(references: JsonObject[], text: string): JsonObject[] {
  if (references.some((reference) => typeof reference['matched_text'] === 'string')) return references;
  const markers = [...text.matchAll(/\uE200([a-z_]+)[^\uE200\uE201]*\uE201/g)];
  const matched = new Map<JsonObject, string>();
  for (const kind of new Set(markers.map(([, word]) => word ?? ''))) {
    const own = markers.filter(([, word]) => word === kind);
    const meant = references.filter((reference) => {
      const type = asText(reference['type']) ?? '';
      return MARKED[kind]?.test(type) ?? type === kind;
    });
    if (own.length === meant.length) meant.forEach((reference, index) => matched.set(reference, own[index]?.[0] ?? ''));
  }
  return references.map((reference) => ({ ...reference, matched_text: matched.get(reference) ?? '' }));
}

/** Removes what markers remain; those that carry words of their own (an entity, a link, a formula) leave them. */
export function stripMarkers(text: string): string {
  if (!/[\uE200-\uE206]/.test(text)) return text;
  return text
    .replace(/\s*\uE200genui\uE202([^\uE200\uE201]*)\uE201\s*/g, (all, widget: string) => {
      const tex = formulaIn(widget);
      return tex === null ? all : `\n\n$$\n${tex}\n$$\n\n`;
    })
    .replace(/([ \t]*)\uE200([^\uE200\uE201]*)(?:\uE201|$)/g, (_all, space: string, body: string) => {
      const words = wordsOf(body);
      return words === '' ? '' : space + words;
    })
    .replace(/[\uE200-\uE206]/g, '');
}

/** The formula of a learning block: `{"math_block_widget_…": {"content": "E = mc^2"}}`. */
function formulaIn(widget: string): string | null {
  const parsed = tryParse(widget);
  const [block] = Object.entries(asObject('value' in parsed ? parsed.value : null));
  return block === undefined || !/math/.test(block[0]) ? null : asText(asObject(block[1])['content']);
}

/** What a marker shows when nothing says what it stands for. */
function wordsOf(body: string): string {
  const [kind, first = '', second = ''] = body.split('\uE202');
  if (kind === 'url') return /^https?:/.test(second) ? link({ title: first, url: second }) : first;
  if (kind === 'navlist' || kind === 'video') return first;
  if (!/^(?:(?:product_)?entity|products?)$/.test(kind ?? '')) return '';
  const parsed = tryParse(first);
  if (!('value' in parsed)) return '';
  const named = kind === 'products' ? asArray(asObject(parsed.value)['selections']) : [parsed.value];
  return named
    .map((each) => asText(asArray(each)[1]))
    .filter((name) => name !== null)
    .join(', ');
}

function byStart(a: JsonObject, b: JsonObject): number {
  const start = (value: JsonObject): number =>
    typeof value['start_idx'] === 'number' ? value['start_idx'] : Number.MAX_SAFE_INTEGER;
  return start(a) - start(b);
}

function render(reference: JsonObject, cite: (link: Citation) => void): string {
  const type = asText(reference['type']) ?? '';
  const links = linksOf(reference);
  links.forEach(cite);
  if (UNSEEN.has(type)) return '';
  if (/^image|^video/.test(type)) {
    return asArray(reference['images'])
      .map((image) => asText(asObject(image)['title']) ?? asText(asObject(asObject(image)['image_result'])['title']))
      .filter((title) => title !== null)
      .map((title) => `[Image: ${oneLine(title)}]`)
      .join(' ');
  }
  const name = asText(reference['name']) ?? asText(reference['title']);
  if (type === 'file' || type === 'file_navlist') return name === null ? '' : ` (${oneLine(name)})`;
  if (/entity|product|place|person|stock/.test(type)) {
    const said = asText(reference['alt']) ?? name ?? asText(asObject(reference['product'])['title']);
    if (said !== null) return shown(said);
  }
  if (type === 'nav_list' || type === 'navlist' || type === 'link_title' || type === 'url')
    return links.map((each) => link(each)).join(', ');
  if (links.length > 0) return `(${links.map((each) => link(each)).join(', ')})`;
  const alt = asText(reference['alt']) ?? asText(reference['prompt_text']);
  return alt === null ? '' : shown(alt);
}

/** What a reference says it shows: without pictures, which would be fetched, and without links to nowhere. */
function shown(alt: string): string {
  return stripMarkers(alt)
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
    .replace(/\[([^\]]*)\]\(\)/g, '$1')
    .trim();
}

/** Every source a reference names, in order, once. A pill on the page shows the first and hides the rest. */
function linksOf(reference: JsonObject): Citation[] {
  const found: Citation[] = [];
  const add = (value: unknown): void => {
    const item = asObject(value);
    const url = asText(item['url']);
    if (url !== null && /^https?:/.test(url) && !found.some((known) => known.url === url)) {
      found.push({ title: asText(item['title']) ?? asText(item['attribution']), url });
    }
    asArray(item['supporting_websites']).forEach(add);
  };
  for (const key of ['items', 'sources', 'fallback_items', 'refs_items']) asArray(reference[key]).forEach(add);
  add(reference['item']);
  if (found.length === 0) {
    add(reference);
    for (const url of asArray(reference['safe_urls'])) if (found.length === 0) add({ url });
  }
  return found;
}

/** `【11†source】` of 2023 to 2025: `citations` name the source by position or by `cited_message_idx`. */
function resolveBrackets(text: string, metadata: JsonObject, cite: (link: Citation) => void): string {
  if (!text.includes('【')) return text;
  const known = [
    ...asArray(metadata['citations']),
    ...asArray(asObject(metadata['_cite_metadata'])['metadata_list']),
  ].filter(isObject);
  const markers = /【(\d+)(?::\d+)?†[^】]*】/g;
  const inOrder = known.length === [...text.matchAll(markers)].length;
  let index = -1;
  return text.replace(markers, (marker, number: string) => {
    index++;
    const named = known.find((each) => {
      const detail = asObject(each['metadata'] ?? each);
      const extra = asObject(detail['extra']);
      return asId(extra['cited_message_idx']) === number || asText(extra['evidence_text']) === marker;
    });
    // The first ones named no number: as many as there are marks, in their order.
    const match = named ?? (inOrder ? known[index] : undefined);
    if (match === undefined) return '';
    const detail = asObject(match['metadata'] ?? match);
    const url = asText(detail['url']);
    const title = asText(detail['title']) ?? asText(detail['name']);
    if (url === null || !/^https?:/.test(url)) return title === null ? '' : ` (${oneLine(title)})`;
    cite({ title, url });
    return ` (${link({ title, url })})`;
  });
}

function link({ title, url }: Citation): string {
  const words = oneLine(title ?? hostOf(url)).replace(/[[\]\\]/g, '\\$&');
  return `[${words}](${url
    .replace(/[()\s]/g, encodeURIComponent)
    .replace(/\(/g, '%28')
    .replace(/\)/g, '%29')})`;
}

function hostOf(url: string): string {
  return /^https?:\/\/(?:www\.)?([^/?#]+)/.exec(url)?.[1] ?? url;
}

function oneLine(text: string): string {
  return stripMarkers(text).replace(/\s+/g, ' ').trim();
}

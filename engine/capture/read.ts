/**
 * Reads a file a person has: a site's body, an export, an HTTP archive, a page saved from the browser. Which it is, is
 * told from what it holds, not from its name.
 */
import { EngineError } from '../errors';
import type { Adapter, ReadContext } from './adapters/_adapter';
import { isEvents } from './adapters/_events';
import { asArray, asObject, asText, tryParse } from './json';
import { readSingleFile } from './mhtml';
import type { ReadResult, ReadWarning, Site } from './types';

export interface ReadOptions {
  /** The sites to try; the first that finds conversations wins. */
  adapters: Adapter[];
  /** Parses HTML into a document that no window shows: `DOMParser` in a page, linkedom in Node. */
  parseHtml: (html: string) => Document;
  /** Only this site. */
  site?: Site;
  /** Named in errors. */
  name?: string;
  capturedAt?: string;
}

/**
 * @throws `bad_input` when nothing in the text can be read as a conversation: what was wrong, and where. What could be
 * read only in part is returned, with a warning for each thing that could not.
 */
export function readText(text: string, options: ReadOptions): ReadResult {
  const name = options.name ?? 'The input';
  const adapters = options.adapters.filter((adapter) => options.site === undefined || adapter.site === options.site);
  if (adapters.length === 0) {
    throw new EngineError(
      'bad_input',
      `${options.site ?? 'No site'} is not a site that can be read; known: ${options.adapters.map((adapter) => adapter.site).join(', ')}.`,
    );
  }
  const guarded = text.replace(/^\uFEFF/, '');
  const content = withoutHeaders(guarded).replace(/^\)\]\}'[^\n]*\n/, '');
  const context: ReadContext = {
    saved: true,
    ...(options.capturedAt === undefined ? {} : { capturedAt: options.capturedAt }),
  };
  if (content.trim() === '') throw new EngineError('bad_input', `${name} is empty.`);
  if (content.startsWith('PK\u0003\u0004')) {
    throw new EngineError('bad_input', `${name} is a ZIP archive.`, {
      remedy: 'Unpack it and give the conversations.json (or conversations-000.json …) inside.',
    });
  }
  const single = readSingleFile(content);
  if (single !== null) return readHtmlText(single.html, adapters, context, name, options.parseHtml, single.url);
  if (/^\s*\d+\s*\n/.test(content)) {
    const read = readOwnForm(guarded, adapters, context, name);
    if (read !== null) return read;
  }
  if (isEvents(content)) {
    return first(content, adapters, (adapter) => adapter.readJson(content, context), [], name, 'stream');
  }
  if (/^\s*[[{]/.test(content)) return readJsonText(content, adapters, context, name, options.parseHtml);
  if (
    /<(?:!doctype|html|head|body|main|article|section|div|span|p|pre|script|table|ul)\b/i.test(
      content.slice(0, 200_000),
    ) ||
    /^\s*<(?:!--|[a-z])/i.test(content)
  ) {
    return readHtmlText(content, adapters, context, name, options.parseHtml);
  }
  throw new EngineError(
    'bad_input',
    `${name} is neither JSON nor HTML: it begins with "${content.trim().slice(0, 40).replace(/\s+/g, ' ')}".`,
    {
      remedy: "Give a saved page, a body of the site's own JSON, or an export's conversations.json.",
    },
  );
}

/** A body that is not plain JSON but a form of the site's own (chunks, each after its length). Null where it is none. */
function readOwnForm(text: string, adapters: Adapter[], context: ReadContext, name: string): ReadResult | null {
  const bodies = adapters.flatMap((adapter) => {
    try {
      return [{ adapter, body: adapter.parseBody(text) }];
    } catch (error) {
      if (error instanceof SyntaxError) return [];
      throw error;
    }
  });
  if (bodies.length === 0) return null;
  const read = (adapter: Adapter): ReadResult =>
    adapter.readJson(bodies.find((each) => each.adapter === adapter)?.body, context);
  return first(
    text,
    bodies.map(({ adapter }) => adapter),
    read,
    [],
    name,
    'body',
  );
}

function readJsonText(
  text: string,
  adapters: Adapter[],
  context: ReadContext,
  name: string,
  parseHtml: (html: string) => Document,
): ReadResult {
  const parsed = tryParse(text);
  const warnings: ReadWarning[] = [];
  let body: unknown;
  if ('value' in parsed) body = parsed.value;
  else {
    const lines = parseLines(text);
    const problem = `${name} is not valid JSON${whereIn(text, parsed.error)}: ${parsed.error}`;
    const whole = lines === null && /^\s*\{/.test(text) ? untilCut(text) : null;
    if (whole !== null) {
      const before: ReadWarning = {
        code: 'broken_json',
        message: `${problem} What is whole before that was read; what follows is missing.`,
        where: name,
      };
      const read = firstOrNull(() =>
        first(text, adapters, (adapter) => adapter.readJson(whole, context), [before], name, 'JSON'),
      );
      if (read !== null) return read;
    }
    const records = lines ?? parseRecords(text);
    if (records.values.length === 0)
      throw new EngineError('bad_input', `${problem}`, { remedy: 'If it was cut off, download it again.' });
    body = records.values;
    warnings.push(...records.warnings);
    if (lines === null)
      warnings.unshift({
        code: 'broken_json',
        message: `${problem} The ${records.values.length} whole records before it were read.`,
        where: name,
      });
  }
  const read = (): ReadResult =>
    first(text, adapters, (adapter) => adapter.readJson(body, context), warnings, name, 'JSON');
  const pages = pagesIn(body);
  if (pages.length === 0) return read();
  const data = firstOrNull(read);
  if (data !== null) return data;
  for (const { html, url } of pages) {
    const page = firstOrNull(() => readHtmlText(html, adapters, context, name, parseHtml, url));
    if (page !== null) return page;
  }
  return read();
}

/** The pages in an HTTP archive: a shared copy is in its page, not in a body of its own. */
function pagesIn(body: unknown): Array<{ html: string; url: string | null }> {
  return asArray(asObject(asObject(body)['log'])['entries']).flatMap((entry) => {
    const { request, response } = asObject(entry);
    const content = asObject(asObject(response)['content']);
    const html = asText(content['text']);
    return html !== null && content['encoding'] !== 'base64' && /^\s*<!doctype html|^\s*<html/i.test(html)
      ? [{ html, url: asText(asObject(request)['url']) }]
      : [];
  });
}

/** A body as tools print it, without the header lines before it. */
function withoutHeaders(text: string): string {
  const head = /^(?:HTTP\/[\d.]+ \d{3}[^\n]*\n(?:[\w-]+:[^\n]*\n)*\r?\n)+/.exec(text);
  return head === null ? text : text.slice(head[0].length);
}

function readHtmlText(
  html: string,
  adapters: Adapter[],
  context: ReadContext,
  name: string,
  parseHtml: (html: string) => Document,
  address: string | null = null,
): ReadResult {
  // As a browser does before it parses: lines end in one way.
  const source = fromArchive(fromViewSource(html, parseHtml) ?? html).replace(/\r\n?/g, '\n');
  const url = address === null ? savedFrom(source) : fromArchive(address);
  const inPage = { ...context, ...(url === null ? {} : { url }) };
  let document: Document | null = null;
  return first(
    source,
    adapters,
    (adapter) => {
      // The page's own data first: it is whole where the page shows only a part.
      const embedded = adapter.readEmbedded(source, inPage);
      if (embedded.conversations.length > 0) return embedded;
      document ??= parseHtml(withBody(source));
      const shown = bodyText(document);
      if (/^\s*[[{]/.test(shown)) {
        const parsed = tryParse(shown);
        if ('value' in parsed) return adapter.readJson(parsed.value, inPage);
      }
      const { conversations, warnings } = adapter.readDom(document, url ?? '', inPage);
      return { conversations, warnings: [...embedded.warnings, ...warnings] };
    },
    [],
    name,
    'page',
  );
}

function first(
  text: string,
  adapters: Adapter[],
  read: (adapter: Adapter) => ReadResult,
  before: ReadWarning[],
  name: string,
  what: string,
): ReadResult {
  let best: ReadResult | null = null;
  let bestRank: number[] = [];
  for (const adapter of adapters) {
    const result = read(adapter);
    const rank = rankOf(result, adapter, text);
    if (best !== null && !isHigher(rank, bestRank)) continue;
    best = result;
    bestRank = rank;
  }
  const warnings = [...before, ...(best?.warnings ?? [])];
  // A conversation in which nothing was said is a finding; a file in which none was found is a mistake.
  if ((best?.conversations.length ?? 0) === 0 && !warnings.some((warning) => warning.code === 'empty_conversation')) {
    const reasons = warnings
      .slice(0, 3)
      .map((warning) => `${warning.message}${warning.where === null ? '' : ` (${warning.where})`}`);
    throw new EngineError(
      'bad_input',
      `${name}: the ${what} holds no conversation that can be read.${reasons.length > 0 ? ` ${reasons.join(' ')}` : ''}`,
    );
  }
  return { conversations: best?.conversations ?? [], warnings };
}

/** Readings that would fit any site's file: taken only where no site finds something of its own. */
const GUESSED = new Set(['plain_messages', 'no_turns']);
/** Of a large file the beginning tells enough. */
const SIGNS_IN = 2_000_000;

/** How well a reading fits, most telling first: it is of the site's own, the site's signs are there, it holds much. */
function rankOf({ conversations, warnings }: ReadResult, adapter: Adapter, text: string): number[] {
  return [
    conversations.length > 0 && !warnings.some((warning) => GUESSED.has(warning.code)) ? 1 : 0,
    text.slice(0, SIGNS_IN).match(adapter.signs)?.length ?? 0,
    conversations.length,
    conversations.reduce((sum, conversation) => sum + conversation.messages.length, 0),
  ];
}

function isHigher(rank: number[], other: number[]): boolean {
  const at = rank.findIndex((value, index) => value !== other[index]);
  return at >= 0 && (rank[at] ?? 0) > (other[at] ?? 0);
}

/** What a reading yields, or null where it finds nothing. */
function firstOrNull(read: () => ReadResult): ReadResult | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof EngineError && error.code === 'bad_input') return null;
    throw error;
  }
}

/** One object that was cut off, up to the last object or list in it that is whole; null where there is none. */
function untilCut(text: string): unknown {
  const open: string[] = [];
  let inString = false;
  let end = 0;
  let closers = '';
  for (let i = 0; i < text.length; i++) {
    const unit = text[i];
    if (inString) {
      if (unit === '\\') i++;
      else if (unit === '"') inString = false;
    } else if (unit === '"') inString = true;
    else if (unit === '{' || unit === '[') open.push(unit === '{' ? '}' : ']');
    else if (unit === '}' || unit === ']') {
      if (open.pop() !== unit) return null;
      if (open.length === 0) return null;
      end = i + 1;
      // Only the last one counts, and it is found near the end.
      if (text.length - i < 5_000_000) closers = [...open].reverse().join('');
    }
  }
  if (end === 0 || closers === '') return null;
  const parsed = tryParse(text.slice(0, end) + closers);
  return 'value' in parsed ? parsed.value : null;
}

/** Line and column of a JSON error; engines give a position, line and column, or nothing that helps. */
function whereIn(text: string, error: string): string {
  if (/line \d+ column \d+/.test(error)) return '';
  const position = /position (\d+)/.exec(error)?.[1];
  const at = position === undefined ? brokenAt(text) : Number(position);
  const before = text.slice(0, at).split('\n');
  return ` at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

const TOKEN = /\s*(?:("(?:[^"\\\n\r]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)|([{}[\],:]))/y;

/** The offset of the first token that cannot stand where it stands; the end where the text is cut off. */
function brokenAt(text: string): number {
  const inside: string[] = [];
  let wants: 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma' = 'value';
  TOKEN.lastIndex = 0;
  for (;;) {
    const from = TOKEN.lastIndex;
    const token = TOKEN.exec(text);
    if (token === null) return from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
    const at = token.index + token[0].length - token[0].trimStart().length;
    const mark = token[3];
    const opens = mark === '{' || mark === '[';
    if (mark === undefined || opens) {
      const asKey: boolean = token[1] !== undefined && wants.startsWith('key');
      if (!asKey && !wants.startsWith('value')) return at;
      if (opens) {
        inside.push(mark);
        wants = mark === '{' ? 'key or end' : 'value or end';
      } else wants = asKey ? 'colon' : 'comma';
    } else if (mark === ':') {
      if (wants !== 'colon') return at;
      wants = 'value';
    } else if (mark === ',') {
      if (wants !== 'comma' || inside.length === 0) return at;
      wants = inside.at(-1) === '{' ? 'key' : 'value';
    } else {
      if (inside.pop() !== (mark === '}' ? '{' : '[') || !(wants === 'comma' || wants.endsWith('end'))) return at;
      wants = 'comma';
    }
  }
}

interface Records {
  values: unknown[];
  warnings: ReadWarning[];
}

/** JSON Lines: one value a line. Null when the text is not that. */
function parseLines(text: string): Records | null {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const full = lines.filter(({ line }) => line !== '');
  const records: Records = { values: [], warnings: [] };
  for (const { line, number } of full) {
    const parsed = tryParse(line);
    if ('value' in parsed) records.values.push(parsed.value);
    else
      records.warnings.push({
        code: 'unreadable_record',
        message: `Line ${number} is not valid JSON: ${parsed.error}`,
        where: `line ${number}`,
      });
  }
  return full.length > 1 &&
    records.values.length * 2 > full.length &&
    records.values.every((value) => typeof value === 'object')
    ? records
    : null;
}

/** The whole objects of a top-level array that is cut off or broken somewhere. */
function parseRecords(text: string): Records {
  const records: Records = { values: [], warnings: [] };
  if (!/^\s*\[/.test(text)) return records;
  let depth = 0;
  let start = -1;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text[i];
    if (inString) {
      if (unit === '\\') i++;
      else if (unit === '"') inString = false;
      continue;
    }
    if (unit === '"') inString = true;
    else if (unit === '{' || unit === '[') {
      if (unit === '{' && depth === 1) start = i;
      depth++;
    } else if (unit === '}' || unit === ']') {
      depth--;
      if (unit === '}' && depth === 1 && start >= 0) {
        const parsed = tryParse(text.slice(start, i + 1));
        const line = text.slice(0, start).split('\n').length;
        if ('value' in parsed) records.values.push(parsed.value);
        else
          records.warnings.push({
            code: 'unreadable_record',
            message: `The record that begins at line ${line} is not valid JSON: ${parsed.error}`,
            where: `line ${line}`,
          });
        start = -1;
      }
    }
  }
  if (start >= 0) {
    const line = text.slice(0, start).split('\n').length;
    records.warnings.push({
      code: 'unreadable_record',
      message: `The record that begins at line ${line} is cut off.`,
      where: `line ${line}`,
    });
  }
  return records;
}

/** Where tools note the address of a page that they save. */
const NOTED = [
  // SingleFile, a browser's "Save as", test pages.
  /<!--[\s\S]{0,400}?(?:\burl:\s*|saved from url=\(\d+\)|"url"\s*:\s*")(https?:\/\/[^\s"'<>]+)/i,
  // monolith.
  /<!--\s*Saved from (https?:\/\/\S+)/i,
  // Save Page WE.
  /<meta name="savepage-(?:url|from)" content="(https?:\/\/[^"]+)/i,
];

/** The address that a saved page notes. */
function savedFrom(html: string): string | null {
  const top = html.slice(0, 20_000);
  for (const noted of NOTED) {
    const url = noted.exec(top)?.[1];
    if (url !== undefined) return url;
  }
  const mirrored = /<!--\s*Mirrored from (\S+) by HTTrack/i.exec(top)?.[1];
  return mirrored === undefined ? null : `https://${mirrored.replace(/\.html$/, '')}`;
}

/** A copy in the Wayback Machine, as the page was: without the archive's own bar and its addresses before each other. */
function fromArchive(html: string): string {
  if (!html.includes('web.archive.org/web/')) return html;
  return html
    .replace(/<!-- BEGIN WAYBACK TOOLBAR INSERT -->[\s\S]*?<!-- END WAYBACK TOOLBAR INSERT -->/g, '')
    .replace(
      /(?:https?:)?(?:\/\/|\\\/\\\/)?(?:web\.archive\.org)?(?:\/|\\\/)web(?:\/|\\\/)\d{4,14}(?:[a-z]{2}_)?(?:\/|\\\/)(?=https?:|mailto:)/g,
      '',
    );
}

/** A page saved from "view source" holds its source as text, a line a row. */
function fromViewSource(html: string, parseHtml: (html: string) => Document): string | null {
  if (!/class="?(?:line-content|line-gutter-backdrop)/.test(html)) return null;
  const lines = [...parseHtml(withBody(html)).querySelectorAll('td.line-content')].map(
    (cell) => cell.textContent ?? '',
  );
  return lines.length > 0 && lines.some((line) => line.includes('<')) ? lines.join('\n') : null;
}

/** JSON that a browser shows, and so saves, inside one `pre`. */
function bodyText(document: Document): string {
  const pre = document.querySelector('body > pre');
  return pre === null || pre.querySelector('*') !== null ? '' : (pre.textContent ?? '');
}

/** Pieces of a page get a document around them, which some parsers need. */
function withBody(html: string): string {
  return /<html[\s>]/i.test(html) ? html : `<!DOCTYPE html><html><head></head><body>${html}</body></html>`;
}

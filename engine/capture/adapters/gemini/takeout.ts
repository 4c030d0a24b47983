/**
 * Gemini in Google Takeout: `My Activity/Gemini Apps/MyActivity.json` or `.html`, a row for each thing done, newest
 * first. A row that is a turn holds the question in its title, after a verb in the user's language, and the answer as
 * HTML. Which conversation it belongs to is in the addresses it names; rows of some months name none.
 */
import { stableHash } from '../../hash';
import { asArray, asText, asTime, isObject, type JsonObject } from '../../json';
import type { Attachment, CapturedConversation, CapturedMessage, ReadResult, ReadWarning } from '../../types';
import type { ReadContext } from '../_adapter';
import { classifyPage, conversationUrl } from './addresses';
import { decode, htmlToMarkdown } from './html';

interface Row {
  title: string;
  time: string | null;
  timeAsWritten: string | null;
  /** HTML; empty where there was no answer. */
  answer: string;
  addresses: string[];
  files: Attachment[];
  where: string;
}

/** True for a row of the activity of any Google product. */
export function isActivity(value: unknown): value is JsonObject {
  return (
    isObject(value) &&
    typeof value['title'] === 'string' &&
    (typeof value['header'] === 'string' || Array.isArray(value['products'])) &&
    ('time' in value || 'products' in value)
  );
}

/** The product's name is not translated; other products have files of the same name. */
const isGemini = (name: unknown): boolean => typeof name === 'string' && /\b(?:gemini|bard)\b/i.test(name);

export function readActivity(rows: unknown[], context: ReadContext): ReadResult {
  const warnings: ReadWarning[] = [];
  const found: Row[] = [];
  rows.forEach((row, index) => {
    if (!isActivity(row) || !(isGemini(row['header']) || asArray(row['products']).some(isGemini))) return;
    const html = asArray(row['safeHtmlItem'])
      .map((item) => asText(isObject(item) ? item['html'] : item) ?? '')
      .join('\n');
    // Some exports put the answer's text there; in most it is a survey's.
    const beside =
      html.trim() === ''
        ? asArray(row['subtitles']).flatMap((item) => asText(isObject(item) ? item['name'] : null) ?? [])
        : [];
    found.push({
      title: String(row['title']),
      time: asTime(row['time']),
      timeAsWritten: null,
      answer:
        html.trim() === ''
          ? beside.map((text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')).join('<br>')
          : html,
      addresses: [
        ...asArray(row['details']).flatMap((item) => (isObject(item) ? [item['url'], item['name']] : [])),
        row['titleUrl'],
      ].filter((url): url is string => typeof url === 'string'),
      files: distinct([
        ...asArray(row['attachedFiles']).map((file) => fileOf(isObject(file) ? (file['name'] ?? file['url']) : file)),
        ...[row['imageFile']].flat().map((file) => fileOf(isObject(file) ? file['name'] : file, 'image')),
      ]),
      where: `$[${index}]`,
    });
  });
  return group(found, context, warnings);
}

/** The page form: an `.outer-cell` for each row. */
export function readActivityPage(html: string, context: ReadContext): ReadResult {
  if (!/class="[^"]*\bouter-cell\b/.test(html)) return { conversations: [], warnings: [] };
  const rows: Row[] = [];
  html
    .split(/<div class="[^"]*\bouter-cell\b[^"]*">/)
    .slice(1)
    .forEach((cell, index) => {
      const product = /\bheader-cell\b[^>]*>\s*<p[^>]*>([\s\S]*?)<\/p>/.exec(cell)?.[1] ?? '';
      if (!isGemini(decode(product.replace(/<[^>]+>/g, '')))) return;
      const at = /<div class="[^"]*\bcontent-cell\b[^"]*\bmdl-typography--body-1\b[^"]*">/.exec(cell);
      if (at === null) return;
      const inside = insideOf(cell, at.index + at[0].length);
      const parts = inside.split(/<br\s*\/?>/i);
      const date = dateLine(parts);
      const before = date < 0 ? parts.slice(0, 1) : parts.slice(0, date);
      const links = [...before.join('<br>').matchAll(/<a\s[^>]*href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)];
      const local = links.filter(([, href]) => !/^(?:https?:|mailto:)/.test(href ?? ''));
      // Files are listed between the question and the date, under a line that counts them.
      const listed = before.findIndex((part) => local.some(([link]) => part.includes(link)));
      const said = listed < 0 ? before : before.slice(0, Math.max(1, listed - 1));
      const written = date < 0 ? null : plain(parts[date] ?? '');
      rows.push({
        title: said.map(plain).join('\n'),
        time: written === null ? null : timeOf(written),
        timeAsWritten: written,
        answer: date < 0 ? parts.slice(1).join('<br>') : parts.slice(date + 1).join('<br>'),
        addresses: [...cell.matchAll(/https:\/\/(?:gemini|bard)\.google\.com\/[^\s"'<>]+/g)].map(([url]) => url),
        files: distinct(local.map(([, href, words]) => fileOf(plain(words ?? '') || href))),
        where: `row ${index + 1}`,
      });
    });
  return group(rows, context, []);
}

const plain = (html: string): string =>
  decode(html.replace(/<[^>]+>/g, ''))
    .replace(/[\u00a0\u202f]/g, ' ')
    .trim();

/** What is inside the `div` that begins before `from`. */
function insideOf(html: string, from: number): string {
  const divs = /<(\/?)div\b[^>]*>/g;
  divs.lastIndex = from;
  for (let depth = 1; ;) {
    const next = divs.exec(html);
    if (next === null) return html.slice(from);
    depth += next[1] === '/' ? -1 : 1;
    if (depth === 0) return html.slice(from, next.index);
  }
}

/**
 * Which line is the row's date. A question can have lines with dates (a log that was pasted) and begins on the first;
 * the row's own is the last before the answer, which is made of blocks. -1 where there is none.
 */
function dateLine(parts: string[]): number {
  const answer = parts.findIndex((part) => /<(?:p|h[1-6]|ul|ol|pre|table|blockquote|div|hr)\b/i.test(part));
  return parts.findLastIndex((part, index) => index > 0 && (answer < 0 || index < answer) && isDate(plain(part)));
}

const isDate = (text: string): boolean =>
  text.length < 80 && /\b(?:19|20)\d\d\b|\d{4}[年년]/.test(text) && /\d{1,2}[:.時시]\s?\d{2}/.test(text);

/** Null for a zone or a language that the engine does not know: hours off would be worse than nothing. */
function timeOf(text: string): string | null {
  return /(?:UTC|GMT|Z|[ECMP][SD]T|[+-]\d\d:?\d\d)\s*$/.test(text) ? asTime(text.replace(/ at /, ' ')) : null;
}

function fileOf(name: unknown, kind?: Attachment['kind']): Attachment | null {
  if (typeof name !== 'string' || name.trim() === '') return null;
  const short = name.replace(/^.*[\\/]/, '').trim();
  const isPicture = kind === 'image' || /\.(?:png|jpe?g|webp|gif|bmp|heic|svg|avif)$/i.test(short);
  const isSound = /\.(?:mp3|wav|m4a|ogg|flac|aac)$/i.test(short);
  return { kind: isPicture ? 'image' : isSound ? 'audio' : 'file', name: short, reference: name };
}

function distinct(files: Array<Attachment | null>): Attachment[] {
  const found = new Map<string, Attachment>();
  for (const file of files) if (file !== null && !found.has(file.name)) found.set(file.name, file);
  return [...found.values()];
}

/** What begins a row that is a turn, and one that is not, where the account is in English. */
const SAID = /^(?:Prompted|Asked|Branched|Answered|Said|Sent)(?:[\s:]|$)/;
const DONE = /^(?:Created|Used|Gave|Added|Selected|Cleared|Deleted|Viewed|Visited|Turned|Edited|Shared|Listened)\b/;

function group(rows: Row[], context: ReadContext, warnings: ReadWarning[]): ReadResult {
  const verb = verbOf(rows);
  const groups = new Map<string, { known: boolean; turns: Array<{ row: Row; question: string }> }>();
  let others = 0;
  // Newest first, and times collide: the file's order, turned round, is kept where they do.
  for (const row of [...rows].reverse()) {
    const isTurn =
      SAID.test(row.title) || (row.answer.trim() !== '' && !DONE.test(row.title)) || startsWith(row.title, verb);
    if (!isTurn) {
      others++;
      continue;
    }
    const ids = row.addresses
      .map((url) => classifyPage(url))
      .flatMap((address) => (address === null || address.share ? [] : (address.conversationId ?? [])));
    const id = ids[0] ?? `takeout-${stableHash(`${row.time ?? row.timeAsWritten} ${row.title}`)}`;
    const held = groups.get(id) ?? { known: ids.length > 0, turns: [] };
    held.turns.push({ row, question: withoutVerb(row.title, verb) });
    groups.set(id, held);
  }
  if (others > 0)
    warnings.push({
      code: 'other_activity',
      message: `${others} ${others === 1 ? 'row tells' : 'rows tell'} of something else than a question (settings, feedback, canvases); left out.`,
      where: null,
    });
  const loose = [...groups.values()].filter((held) => !held.known).length;
  if (loose > 0)
    warnings.push({
      code: 'no_conversation_id',
      message: `${loose} ${loose === 1 ? 'row names' : 'rows name'} no conversation; each is a conversation of its own.`,
      where: null,
    });
  const conversations = [...groups].flatMap(([id, held]) => {
    held.turns.sort((a, b) => (a.row.time ?? '').localeCompare(b.row.time ?? ''));
    const made = conversationFrom(id, held.known, held.turns, context);
    return made.messages.length === 0 ? [] : [made];
  });
  return { conversations: conversations.reverse(), warnings };
}

/** The words that most rows with an answer begin with: the verb, whatever the language. */
function verbOf(rows: Row[]): string | null {
  const titles = rows.filter((row) => row.answer.trim() !== '').map((row) => row.title.replace(/\u00a0/g, ' '));
  const verb = mostBegin(titles, 0.5);
  if (verb === null) return null;
  // Some languages say it in several words ("Eingegebener Prompt:"); all rows share them, and have more to say.
  let all = verb;
  for (;;) {
    const rest = titles.filter((title) => title.startsWith(`${all} `)).map((title) => title.slice(all.length + 1));
    const next = mostBegin(rest, 0.98);
    if (next === null || rest.some((title) => title.trim() === next)) return all;
    all += ` ${next}`;
  }
}

/** The first word of more than this share of the titles, of three at least. */
function mostBegin(titles: string[], share: number): string | null {
  const counts = new Map<string, number>();
  for (const title of titles) {
    const word = /^\S+/.exec(title)?.[0];
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  return best !== undefined && best[1] >= 3 && best[1] > titles.length * share ? best[0] : null;
}

function startsWith(title: string, verb: string | null): boolean {
  return verb !== null && title.replace(/\u00a0/g, ' ').startsWith(`${verb} `);
}

function withoutVerb(title: string, verb: string | null): string {
  const text = title.replace(/\u00a0/g, ' ');
  if (SAID.test(text)) return text.replace(/^\S+\s?/, '').trim();
  return (startsWith(text, verb) ? text.slice((verb ?? '').length) : text).trim();
}

function conversationFrom(
  id: string,
  known: boolean,
  turns: Array<{ row: Row; question: string }>,
  context: ReadContext,
): CapturedConversation {
  const messages: CapturedMessage[] = [];
  const used = new Set<string>();
  for (const { row, question } of turns) {
    let key = `takeout-${stableHash(`${row.time ?? row.timeAsWritten} ${row.title}`)}`;
    while (used.has(key)) key += '-again';
    used.add(key);
    const pictures = row.files
      .filter((file) => file.kind === 'image')
      .map((file) => `[Image: ${file.name.replace(/[[\]]/g, '')}]`);
    const add = (role: 'user' | 'assistant', markdown: string, attachments: Attachment[]): void => {
      if (markdown === '' && attachments.length === 0) return;
      messages.push({
        id: role === 'user' ? `${key}:user` : key,
        parent_id: messages.at(-1)?.id ?? null,
        role,
        author: null,
        model: null,
        created_at: row.time,
        markdown,
        finished: true,
        on_active_branch: true,
        attachments,
        metadata: row.time === null && row.timeAsWritten !== null ? { time_as_written: row.timeAsWritten } : {},
      });
    };
    add('user', [question, ...pictures].filter((part) => part !== '').join('\n\n'), row.files);
    add('assistant', htmlToMarkdown(row.answer), []);
  }
  return {
    kind: 'conversation',
    site: 'gemini',
    id,
    url: known ? conversationUrl(id, false) : null,
    // The activity has no titles.
    title: null,
    created_at: null,
    updated_at: turns.findLast(({ row }) => row.time !== null)?.row.time ?? null,
    captured_at: context.capturedAt ?? new Date().toISOString(),
    strategy: 'json-pages',
    // Rows can have been deleted one by one.
    coverage: 'some',
    complete: false,
    messages,
    metadata: { export: 'takeout' },
  };
}

import { en } from 'chrono-node';
import type { DocumentKind, RecallFilters, RecallQuery } from '../api';
import type { Role } from '../capture/types';
import { aboutOf } from './about';
import { QUERY_CHARACTERS } from './constants';

/** A time named in the question ("last spring"): a wish, never a filter. Times in ms since the epoch. */
export interface NamedTime {
  text: string;
  from: number;
  /** Exclusive. */
  to: number;
}

/** What the question asks, on plain data. */
export interface ParsedQuery {
  /** The text without operators, exclusions and quotation marks. */
  text: string;
  /** What is searched by word and by meaning: of `text` what is not merely asking, see {@link aboutOf}. */
  about: string;
  /** The query's own filters narrowed by the operators in the text. */
  filters: RecallFilters;
  /** Hosts of `site:`; a subdomain of one of them matches. */
  hosts: string[];
  /** "Quoted phrases": each must be there, in any case. */
  phrases: string[];
  /** -words and -"phrases": none may be there. */
  excluded: string[];
  times: NamedTime[];
  /** Whose words it asks for: the assistant's ("what did you suggest"), the person's own ("when did I"), or either's. */
  asksFor: 'assistant' | 'user' | null;
}

const KINDS: Record<string, DocumentKind> = {
  conversation: 'conversation',
  conversations: 'conversation',
  chat: 'conversation',
  chats: 'conversation',
  page: 'page',
  pages: 'page',
  note: 'note',
  notes: 'note',
};

const ROLES: Record<string, Role> = {
  user: 'user',
  me: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  system: 'system',
  tool: 'tool',
};

const DAY = 86_400_000;

// An operator's value is a word or is quoted; a phrase or an exclusion may be, too.
const TOKEN = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|([^\s"]+))/giu;

/**
 * Reads `from:chatgpt site:example.org kind:page role:me before:2026-05-01 after:march on:yesterday -word "a phrase"`
 * out of the text. What does not read as an operator (an unknown name, a value that makes no sense) stays text.
 *
 * Dates are days of this machine's time zone; `after:` is inclusive, `before:` exclusive, `on:` the whole day, month or
 * year that is named.
 */
export function parseQuery(query: RecallQuery, now: Date): ParsedQuery {
  const parsed: ParsedQuery = {
    text: '',
    about: '',
    filters: { ...query.filters },
    hosts: [],
    phrases: [],
    excluded: [],
    times: [],
    asksFor: null,
  };
  // Control characters mean nothing in a question, and Postgres refuses U+0000.
  const text = query.text
    .slice(0, QUERY_CHARACTERS)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
  const words: string[] = [];
  for (const [whole, minus, name, quoted, bare] of text.matchAll(TOKEN)) {
    const value = (quoted ?? bare ?? '').trim();
    if (name !== undefined && minus === '' && value !== '' && applyOperator(parsed, name.toLowerCase(), value, now))
      continue;
    if (name === undefined && minus === '-' && /[\p{L}\p{N}]/u.test(value)) {
      parsed.excluded.push(value);
    } else if (name === undefined && quoted !== undefined) {
      if (value === '') continue;
      parsed.phrases.push(value);
      words.push(value);
    } else {
      words.push(whole);
    }
  }
  parsed.text = words.join(' ').trim();
  if (parsed.text !== '' && !/[\p{L}\p{N}]/u.test(parsed.text)) {
    // Only emoji or signs: no word and no meaning, but it can be looked for as it stands.
    parsed.phrases = [parsed.text];
    parsed.text = '';
  }
  parsed.times = namedTimes(parsed.text, now);
  parsed.about = aboutOf(parsed.text);
  parsed.asksFor = asksFor(parsed.text);
  return parsed;
}

const ASSISTANT = '(?:you|chatgpt|claude|gemini|deepseek|the (?:assistant|ai|bot|model))';
/** A request to the assistant of now ("can you suggest") is no question about what it said. */
const ASKS_ASSISTANT = new RegExp(
  [
    `\\b(?:did|had|have|has)\\s+${ASSISTANT}\\b`,
    `(?<!\\b(?:can|could|would|will|should|do|if)\\s)\\b${ASSISTANT}\\s+(?:just |previously |also |once |first )?` +
      '(?:suggest|recommend|said|told|gave|propos|advis|explain|wrote|mention|answer|showed|provid|list|describ|came up)',
    '\\byour (?:earlier |previous |last |first )?(?:suggest|recommend|advice|answer|reply|response|explanation|proposal|list|idea)',
  ].join('|'),
  'iu',
);

function asksFor(text: string): ParsedQuery['asksFor'] {
  if (ASKS_ASSISTANT.test(text)) return 'assistant';
  return /\b(?:i|my|me|mine|we|our)\b/iu.test(text) ? 'user' : null;
}

function applyOperator(parsed: ParsedQuery, name: string, value: string, now: Date): boolean {
  const { filters } = parsed;
  switch (name) {
    case 'from':
      filters.sources = both(filters.sources, value.toLowerCase());
      return true;
    case 'site':
      parsed.hosts.push(
        value
          .toLowerCase()
          .replace(/^https?:\/\//, '')
          .replace(/^www\./, '')
          .replace(/\/.*$/, ''),
      );
      return true;
    case 'kind': {
      const kind = KINDS[value.toLowerCase()];
      if (kind) filters.kinds = both(filters.kinds, kind);
      return kind !== undefined;
    }
    case 'role': {
      const role = ROLES[value.toLowerCase()];
      if (role) filters.roles = both(filters.roles, role);
      return role !== undefined;
    }
    case 'before':
    case 'after':
    case 'on': {
      const span = daySpan(value, now);
      if (!span) return false;
      if (name !== 'before') filters.after = latest(filters.after, new Date(span.from).toISOString());
      if (name === 'before') filters.before = earliest(filters.before, new Date(span.from).toISOString());
      if (name === 'on') filters.before = earliest(filters.before, new Date(span.to).toISOString());
      return true;
    }
    default:
      return false;
  }
}

/** Operators of one kind add up: `from:chatgpt from:web` is either. Those of the panel narrow. */
function both<Value>(have: Value[] | undefined, value: Value): Value[] {
  return have === undefined ? [value] : have.includes(value) ? have : [...have, value];
}

function latest(a: string | undefined, b: string): string {
  return a !== undefined && Date.parse(a) > Date.parse(b) ? a : b;
}

function earliest(a: string | undefined, b: string): string {
  return a !== undefined && Date.parse(a) < Date.parse(b) ? a : b;
}

/** The year, month or day that `value` names, in local time; null when it names none. */
function daySpan(value: string, now: Date): { from: number; to: number } | null {
  const exact = /^(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?$/.exec(value);
  if (exact) {
    const year = Number(exact[1]);
    const month = exact[2] === undefined ? 0 : Number(exact[2]) - 1;
    const day = exact[3] === undefined ? 1 : Number(exact[3]);
    if (month < 0 || month > 11 || day < 1 || day > 31) return null;
    const from = new Date(year, month, day);
    const to =
      exact[2] === undefined
        ? new Date(year + 1, 0, 1)
        : exact[3] === undefined
          ? new Date(year, month + 1, 1)
          : new Date(year, month, day + 1);
    return { from: from.getTime(), to: to.getTime() };
  }
  const [time] = namedTimes(value.replaceAll('-', ' '), now);
  return time ?? null;
}

/** Words chrono takes for a date that people mostly mean otherwise ("may", "sun", "now"), unless led in as one ("in may"). */
const NOT_TIMES = /^(may|mar|march|sun|sat|mon|wed|dec|jan|now|just now|this|sec|second|min|a minute|a second)$/;
const LEADS_IN = /\b(in|on|of|since|during|until|last|this|by)\s+$/i;
/** A year standing alone, which chrono leaves out. */
const YEAR = /\b(?:in|of|from|during|since)\s+((?:19|20)\d\d)\b/gi;

/** Times named in a text, each as wide as it was said: a day, a week, a month, a year. */
export function namedTimes(text: string, now: Date): NamedTime[] {
  if (text === '') return [];
  const times: NamedTime[] = [];
  // People look back: "in march" asked in January is last year's.
  for (const result of en.casual.parse(text, now, { forwardDate: false })) {
    if (NOT_TIMES.test(result.text.trim()) && !LEADS_IN.test(text.slice(0, result.index))) continue;
    const start = result.start;
    if (result.end) {
      times.push({ text: result.text, from: startOfDay(start.date()), to: startOfDay(result.end.date()) + DAY });
      continue;
    }
    const date = start.date();
    if (/\bweek/i.test(result.text)) {
      const middle = startOfDay(date);
      times.push({ text: result.text, from: middle - 3 * DAY, to: middle + 4 * DAY });
    } else if (start.isCertain('day') || start.isCertain('weekday') || start.isCertain('hour')) {
      const from = startOfDay(date);
      times.push({ text: result.text, from, to: from + DAY });
    } else if (start.isCertain('month') || /\bmonth/i.test(result.text)) {
      const past = date > now && !start.isCertain('year') ? -1 : 0;
      const year = date.getFullYear() + past;
      times.push({
        text: result.text,
        from: new Date(year, date.getMonth(), 1).getTime(),
        to: new Date(year, date.getMonth() + 1, 1).getTime(),
      });
    } else if (start.isCertain('year') || /\byear/i.test(result.text)) {
      times.push({
        text: result.text,
        from: new Date(date.getFullYear(), 0, 1).getTime(),
        to: new Date(date.getFullYear() + 1, 0, 1).getTime(),
      });
    }
  }
  for (const match of times.length > 0 ? [] : text.matchAll(YEAR)) {
    const year = Number(match[1]);
    times.push({
      text: match[0],
      from: new Date(year, 0, 1).getTime(),
      to: new Date(year + 1, 0, 1).getTime(),
    });
  }
  return times;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

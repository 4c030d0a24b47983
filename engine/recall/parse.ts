import type { DocumentKind, RecallFilters, RecallQuery } from '../api';
import type { Role } from '../capture/types';
import { aboutOf } from './about';
import { isFunctionWord, languageOf, wordsOf } from '../words';
import { QUERY_CHARACTERS } from './constants';
import { namedTimes, type NamedTime } from './times';
import { whoseWords } from './whose';

export { namedTimes, type NamedTime } from './times';

/** What the question asks, on plain data. */
export interface ParsedQuery {
  /** The text without operators, exclusions and quotation marks. */
  text: string;
  /** What is searched by word and by meaning: of `text` what is not merely asking, see {@link aboutOf}. */
  about: string;
  /** The same with the words that only say when: for when nothing stored is from then. */
  aboutAnyTime: string;
  /** The query's own filters narrowed by the operators in the text. */
  filters: RecallFilters;
  /** Hosts of `site:`; a subdomain of one of them matches. */
  hosts: string[];
  /** "Quoted phrases": each must be there, in any case. */
  phrases: string[];
  /** Phrases that a whole sentence quotes, as the title of a book: marked where they are, and no condition. */
  quoted: string[];
  /** -words and -"phrases": none may be there. */
  excluded: string[];
  /** What `-from:`, `-kind:`, `-role:` and `-site:` leave out. */
  without: { sources: string[]; kinds: DocumentKind[]; roles: Role[]; hosts: string[] };
  times: NamedTime[];
  /** ISO 639-1 code of the language it is plainly in, else null. */
  language: string | null;
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

/** What an operator may be called besides. */
const NAMES: Record<string, string> = {
  source: 'from',
  domain: 'site',
  type: 'kind',
  since: 'after',
  until: 'before',
};

// An operator's value is a word or is quoted; a phrase or an exclusion may be, too.
const TOKEN = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|([^\s"]+))/giu;
/** So many words beside the quoted ones, or a question mark, make a sentence of what is asked and not a list of conditions. */
const SENTENCE_WORDS = 4;
/** More was pasted, not typed: what in it looks like an operator or an exclusion is not meant as one. */
const TYPED_CHARACTERS = 300;

/**
 * Reads questions that nobody asked: regular expressions and the names of days in many languages are compiled at their first
 * and second use, which the first real question need not wait for. The last is in no plain language: its times may be in any.
 */
export function warmUp(): void {
  for (const text of ['what did I say last week', 'the day before', 'commonplace']) parseQuery({ text }, new Date());
}

/**
 * Reads `from:chatgpt site:example.org kind:page role:me before:2026-05-01 after:march on:yesterday -word "a phrase"`
 * out of the text. What does not read as an operator (an unknown name, a value that makes no sense) stays text, and so
 * does everything in a text too long to have been typed.
 *
 * A minus before an operator leaves out what it would let through. Dates are days of this machine's time zone; `after:` is
 * inclusive, `before:` exclusive, `on:` the whole day, month or year that is named.
 */
export function parseQuery(query: RecallQuery, now: Date): ParsedQuery {
  const parsed: ParsedQuery = {
    text: '',
    about: '',
    aboutAnyTime: '',
    filters: { ...query.filters },
    hosts: [],
    phrases: [],
    quoted: [],
    excluded: [],
    without: { sources: [], kinds: [], roles: [], hosts: [] },
    times: [],
    language: null,
    asksFor: null,
  };
  // Control characters mean nothing in a question, and Postgres refuses U+0000.
  const text = query.text
    .slice(0, QUERY_CHARACTERS)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
  parsed.text = (query.text.length > TYPED_CHARACTERS ? text : readOperators(parsed, text, now)).trim();
  if (parsed.text !== '' && !/[\p{L}\p{N}]/u.test(parsed.text)) {
    // Only emoji or signs: no word and no meaning, but it can be looked for as it stands.
    parsed.phrases = [parsed.text];
    parsed.text = '';
  }
  parsed.language = languageOf(parsed.text);
  parsed.times = namedTimes(parsed.text, now, parsed.language);
  parsed.aboutAnyTime = aboutOf(parsed.text);
  parsed.about = aboutOf(withoutTimes(parsed.text, parsed.times));
  parsed.asksFor = whoseWords(parsed.text, parsed.language);
  return parsed;
}

/** Takes the operators out and gives what is left. */
function readOperators(parsed: ParsedQuery, text: string, now: Date): string {
  const words: string[] = [];
  let unquoted = 0;
  for (const [whole, minus, name, quoted, bare] of text.replace(/[“”„«»]/gu, '"').matchAll(TOKEN)) {
    const value = (quoted ?? bare ?? '').trim();
    const known = name === undefined ? undefined : (NAMES[name.toLowerCase()] ?? name.toLowerCase());
    if (known !== undefined && value !== '' && applyOperator(parsed, known, value, minus === '-', now)) continue;
    if (name === undefined && minus === '-' && /[\p{L}\p{N}]/u.test(value)) {
      parsed.excluded.push(value);
    } else if (name === undefined && quoted !== undefined) {
      if (value === '') continue;
      parsed.phrases.push(value);
      words.push(value);
    } else {
      words.push(whole);
      if (/[\p{L}\p{N}]/u.test(whole)) unquoted++;
    }
  }
  if (unquoted >= SENTENCE_WORDS || (unquoted > 0 && /[?？؟]\s*$/u.test(text)))
    parsed.quoted = parsed.phrases.splice(0);
  return words.join(' ');
}

/** A time that was understood is no word to search for, unless nothing else is said. */
function withoutTimes(text: string, times: NamedTime[]): string {
  let rest = text;
  for (const { words } of times.toReversed()) if (words) rest = `${rest.slice(0, words[0])} ${rest.slice(words[1])}`;
  rest = rest.replace(/\s+/gu, ' ').trim();
  return [...wordsOf(rest)].some(({ text: word }) => !isFunctionWord(word, languageOf(rest))) ? rest : text;
}

function applyOperator(parsed: ParsedQuery, name: string, value: string, negated: boolean, now: Date): boolean {
  const { filters, without } = parsed;
  switch (name) {
    case 'from': {
      const role = value.toLowerCase() === 'me' ? ROLES.me : undefined;
      if (role) return applyOperator(parsed, 'role', 'me', negated, now);
      if (negated) without.sources.push(value.toLowerCase());
      else filters.sources = both(filters.sources, value.toLowerCase());
      return true;
    }
    case 'site': {
      const host = value
        .toLowerCase()
        .replace(/^https?:\/\//, '')
        .replace(/^www\./, '')
        .replace(/\/.*$/, '');
      if (host === '') return false;
      (negated ? without.hosts : parsed.hosts).push(host);
      return true;
    }
    case 'kind': {
      const kind = KINDS[value.toLowerCase()];
      if (kind === undefined) return false;
      if (negated) without.kinds.push(kind);
      else filters.kinds = both(filters.kinds, kind);
      return true;
    }
    case 'role': {
      const role = ROLES[value.toLowerCase()];
      if (role === undefined) return false;
      if (negated) without.roles.push(role);
      else filters.roles = both(filters.roles, role);
      return true;
    }
    case 'before':
    case 'after':
    case 'on': {
      const span = daySpan(value, now);
      if (!span || (negated && name === 'on')) return false;
      const [from, to] = [new Date(span.from).toISOString(), new Date(span.to).toISOString()];
      if (name === 'on') {
        filters.after = latest(filters.after, from);
        filters.before = earliest(filters.before, to);
      } else if ((name === 'after') !== negated) filters.after = latest(filters.after, from);
      else filters.before = earliest(filters.before, from);
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
  const words = value.replaceAll(/[-_]/g, ' ');
  // "may" alone is no month
  const [time] = [...namedTimes(words, now), ...namedTimes(`in ${words}`, now)];
  return time ?? null;
}

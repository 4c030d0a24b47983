/**
 * How well a page of a site is read. Counts and codes only: no title, no text, no name and no id ever stands here, so
 * that a person can hand it to somebody. Pure.
 */
import type { CapturedMessage, Site } from './types';

/**
 * - `idle`: the page shows no conversation, nothing is expected;
 * - `waiting`: it is too early to say;
 * - `ok`: read, and what was read in more than one way agrees;
 * - `partial`: read, but one way fails: what only that way sees is missing;
 * - `disagree`: the site's own data and the page say different things;
 * - `broken`: a conversation is open and nothing could be read.
 */
export type HealthState = 'idle' | 'waiting' | 'ok' | 'partial' | 'disagree' | 'broken';

/** Why a page is not `ok`. */
export type HealthReason =
  /** Neither way gave a turn. */
  | 'nothing_read'
  /** Bodies came that should hold the conversation and none could be read. */
  | 'data_unreadable'
  /** The page shows turns of which some could not be read. */
  | 'turns_unreadable'
  /** The site's data has turns, the page seems to show none. */
  | 'page_unreadable'
  /** The page shows turns that the data lacks, or the other way round. */
  | 'turns_missing'
  /** The same turn has different words. */
  | 'texts_differ';

/** What each way of reading has given for the open conversation. */
export interface Strategies {
  /** The site's own JSON, as the page fetched it or as it was read again. */
  json: {
    /** Bodies that should hold this conversation. */
    bodies: number;
    /** Of those, how many could not be read. */
    unreadable: number;
    /** Turns of the shown branch. */
    turns: number;
    last_error_code: string | null;
  };
  /** The page as it is drawn; as `PageHealth` counts. */
  dom: {
    turns_seen: number;
    turns_read: number;
    turns_unmounted: number;
    /** As `PageHealth` says; `unread` while the page was not looked at. */
    state: 'ok' | 'partial' | 'empty' | 'drift' | 'unread';
  };
  /** Answers being written: only their beginning and end are read. */
  stream: { begun: number; ended: number };
}

/** Where two readings of one conversation differ, in counts. */
export interface Disagreement {
  json_turns: number;
  dom_turns: number;
  /** Turns that the page shows and the data lacks. */
  missing_in_json: number;
  /** Turns that the data has between the first and the last that the page shows, and the page lacks. */
  missing_in_dom: number;
  /** Turns that both have, with another speaker or other words. */
  differing: number;
}

/** What is handed to somebody who is to mend it. */
export interface PageDiagnostics {
  site: Site;
  state: HealthState;
  reasons: HealthReason[];
  /** The address without anything of the user's: `/c/<id>`. */
  address_kind: string;
  /** ISO 8601 UTC. */
  at: string;
  strategies: Strategies;
  disagreement: Disagreement | null;
  /** When something of this site was last read well; null where that was never. ISO 8601 UTC. */
  last_success: string | null;
  /** Of the extension. */
  version: string;
  /** Name and major version. */
  browser: string;
}

export interface Looked {
  /** The address names a conversation, so that turns are expected. */
  expected: boolean;
  /** The page has had the time it needs, and no answer is being written. */
  settled: boolean;
  strategies: Strategies;
  disagreement: Disagreement | null;
}

/** Decides from counts how well a page is read. Reasons come in the order of their weight. */
export function diagnose({ expected, settled, strategies, disagreement }: Looked): {
  state: HealthState;
  reasons: HealthReason[];
} {
  const { json, dom } = strategies;
  if (!expected) return { state: 'idle', reasons: [] };
  if (!settled) return { state: json.turns > 0 || dom.turns_read > 0 ? 'ok' : 'waiting', reasons: [] };
  if (json.turns === 0 && dom.turns_read === 0) {
    return { state: 'broken', reasons: json.unreadable > 0 ? ['nothing_read', 'data_unreadable'] : ['nothing_read'] };
  }
  const reasons: HealthReason[] = [];
  const disagrees = disagreement !== null && disagreement.dom_turns > 0 && disagreement.json_turns > 0;
  if (disagrees && disagreement.missing_in_json + disagreement.missing_in_dom > 0) reasons.push('turns_missing');
  if (disagrees && disagreement.differing > 0) reasons.push('texts_differ');
  const state = reasons.length > 0 ? 'disagree' : 'partial';
  if (json.unreadable > 0 && json.turns === 0) reasons.push('data_unreadable');
  if (dom.turns_read < dom.turns_seen - dom.turns_unmounted) reasons.push('turns_unreadable');
  if (json.turns > 0 && dom.state !== 'unread' && dom.turns_seen === 0) reasons.push('page_unreadable');
  return reasons.length > 0 ? { state, reasons } : { state: 'ok', reasons };
}

type Turn = Pick<CapturedMessage, 'id' | 'role' | 'markdown' | 'on_active_branch' | 'metadata'>;

/**
 * Compares what the data says of a conversation with what the page shows of it. The page may show only a part, so
 * only what lies between its first and last turn counts as missing there. Turns are matched by their ids (and those of
 * the parts they were put together from); null where the two share none, as on sites whose pages name no ids, unless
 * their numbers say enough.
 */
export function compareReadings(json: readonly Turn[], dom: readonly Turn[]): Disagreement | null {
  const said = json.filter(isSaid);
  const shown = dom.filter(isSaid);
  if (said.length === 0 || shown.length === 0) return null;
  const places = new Map<string, number>();
  said.forEach((turn, place) => {
    for (const id of idsOf(turn)) places.set(id, place);
  });
  const matched = shown.map((turn) =>
    idsOf(turn)
      .map((id) => places.get(id))
      .find((place) => place !== undefined),
  );
  const found = matched.filter((place) => place !== undefined);
  const counts = { json_turns: said.length, dom_turns: shown.length };
  if (found.length === 0) {
    const missing = Math.max(0, shown.length - said.length);
    return missing === 0 ? null : { ...counts, missing_in_json: missing, missing_in_dom: 0, differing: 0 };
  }
  const between = Math.max(...found) - Math.min(...found) + 1;
  const differing = shown.filter((turn, index) => {
    const place = matched[index];
    const other = place === undefined ? undefined : said[place];
    return other !== undefined && (other.role !== turn.role || !alike(other.markdown, turn.markdown));
  });
  const result = {
    ...counts,
    missing_in_json: shown.length - found.length,
    missing_in_dom: between - new Set(found).size,
    differing: differing.length,
  };
  return result.missing_in_json + result.missing_in_dom + result.differing === 0 ? null : result;
}

function isSaid(turn: Turn): boolean {
  return turn.on_active_branch && (turn.role === 'user' || turn.role === 'assistant');
}

function idsOf(turn: Turn): string[] {
  const merged = turn.metadata['merged_ids'];
  return [turn.id, ...(Array.isArray(merged) ? merged.filter((id) => typeof id === 'string') : [])];
}

/** Fewer words than this say nothing: a picture's caption, a single emoji. */
const WORDS_TO_JUDGE = 6;
const WORDS_LOOKED_AT = 400;

/** Whether two Markdown texts are the same words for all their difference in form: half of the shorter one's in both. */
function alike(one: string, other: string): boolean {
  const [a, b] = [wordsOf(one), wordsOf(other)];
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  if (few.size < WORDS_TO_JUDGE) return true;
  let shared = 0;
  for (const word of few) if (many.has(word)) shared++;
  return shared >= few.size / 2;
}

function wordsOf(text: string): Set<string> {
  const words = text.slice(0, WORDS_LOOKED_AT * 20).match(/[\p{L}\p{N}]+/gu) ?? [];
  return new Set(words.slice(0, WORDS_LOOKED_AT).map((word) => word.toLowerCase()));
}

/** The parts of the sites' addresses that are the same for everybody; whatever else stands in one is the user's. */
const PLAIN = new Set(
  'app artifacts c chat chats code codex discover g gem gems gpt gpts images library new p project projects recents search share tasks u'.split(
    ' ',
  ),
);

/** `https://chatgpt.com/g/g-abc-my-diary/c/123?x=1` as `/g/<id>/c/<id>`: what kind of page it is, and nothing else. */
export function addressKind(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed) return '<none>';
  const parts = parsed.pathname.split('/').filter((part) => part !== '');
  return `/${parts.map((part) => (PLAIN.has(part) ? part : '<id>')).join('/')}`;
}

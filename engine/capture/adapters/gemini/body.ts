/** What one answer of gemini.google.com says of one conversation, whichever procedure gave it. */
import { asArray, asText, isObject } from '../../json';
import type { CapturedConversation, Coverage, ReadWarning, Strategy } from '../../types';
import type { ReadContext } from '../_adapter';
import { bare, gemIn, RPC } from './addresses';
import { isTurn, messagesOf, readTurn, stamp, type Turn, turnsIn } from './content';
import { type Frame, isFrames, payloadOf } from './envelope';
import { isStreamed, type StreamedTurn, streamedTurn } from './stream';

export interface GeminiBody {
  /** Null where nothing in the body names the conversation. */
  id: string | null;
  /** Oldest first, each once. */
  turns: Turn[];
  /** The token for older turns; null where there are none, undefined where that was not said. */
  next: string | null | undefined;
  title: string | null;
  share: boolean;
  /** Set for an answer's stream. */
  streamed: { first: boolean | null } | null;
  cut: boolean;
}

/** @returns null where the value holds no turns. */
export function readBody(value: unknown, warnings: ReadWarning[]): GeminiBody | null {
  if (isStreamed(value)) return readStreamed(value, warnings);
  if (isFrames(value)) return readFrames(value, warnings);
  return Array.isArray(value) ? readPayload(value, null, false, warnings) : null;
}

function readFrames(frames: Frame[], warnings: ReadWarning[]): GeminiBody | null {
  const titles = new Map<string, string>();
  let body: GeminiBody | null = null;
  for (const frame of frames) {
    const carried = payloadOf(frame);
    if (carried === null) continue;
    for (const each of listIn(carried.payload)) if (each.title !== null) titles.set(each.id, each.title);
    const read = carried.rpc === null ? null : readPayload(carried.payload, carried.rpc, carried.cut, warnings);
    if (read !== null && read.turns.length > (body?.turns.length ?? 0)) body = read;
  }
  if (body === null) {
    const streamed = streamedTurn(frames);
    body = streamed === null ? null : readStreamed(streamed, warnings);
  }
  if (body === null) return null;
  return { ...body, title: body.title ?? titles.get(body.id ?? '') ?? null };
}

function readStreamed(value: StreamedTurn, warnings: ReadWarning[]): GeminiBody | null {
  const turn = readTurn(value.turn, warnings);
  if (turn === null) return null;
  // A stream that ended without saying that the answer is finished was cut.
  const answers = turn.answers.map((answer) => ({ ...answer, finished: answer.finished ?? false }));
  return {
    id: turn.conversationId,
    turns: [{ ...turn, answers }],
    next: value.first === true ? null : undefined,
    title: value.title,
    share: false,
    streamed: { first: value.first },
    cut: false,
  };
}

function readPayload(payload: unknown, rpc: string | null, cut: boolean, warnings: ReadWarning[]): GeminiBody | null {
  const lists = turnsIn(payload);
  const list = lists.reduce<unknown[]>((best, each) => (each.length > best.length ? each : best), []);
  const read = new Map<string, Turn>();
  for (const each of list) {
    const turn = readTurn(each, warnings);
    if (turn !== null && !read.has(turn.id)) read.set(turn.id, turn);
  }
  const turns = [...read.values()];
  if (turns.length === 0) return null;
  const share = rpc === RPC.share;
  return {
    id: turns.find((turn) => turn.conversationId !== null)?.conversationId ?? null,
    turns: isNewestFirst(turns, !share) ? turns.reverse() : turns,
    next: cut ? undefined : share ? null : tokenIn(payload),
    title: titleBeside(payload),
    share,
    streamed: null,
    cut,
  };
}

function isNewestFirst(turns: Turn[], unknown: boolean): boolean {
  for (const [index, turn] of turns.entries()) {
    const next = turns[index + 1];
    if (next === undefined) break;
    if (turn.time !== null && next.time !== null && turn.time !== next.time) return turn.time > next.time;
    if (turn.parent === next.id) return true;
    if (next.parent === turn.id) return false;
  }
  return unknown;
}

/** A token is the only long text without spaces at the top of a payload. */
export function tokenIn(payload: unknown): string | null {
  const isToken = (each: unknown): each is string =>
    typeof each === 'string' && /^[\w+/=~.-]{4,}$/.test(each) && !/^(?:c|r|rc)_/.test(each);
  const top = asArray(payload);
  return isToken(top[1]) ? top[1] : (top.slice(1).find(isToken) ?? null);
}

/** A shared copy says its title in the array that follows the turns. */
function titleBeside(payload: unknown): string | null {
  for (const group of asArray(payload)) {
    const parts = asArray(group);
    const at = parts.findIndex((part) => asArray(part).some(isTurn));
    if (at < 0) continue;
    for (const part of parts.slice(at + 1)) {
      const title = asArray(part).find(
        (each) =>
          typeof each === 'string' && each.trim() !== '' && each.length < 300 && !/^(?:https?:|(?:c|r|rc)_)/.test(each),
      );
      if (typeof title === 'string') return title.trim();
    }
  }
  return null;
}

export interface ListedHere {
  id: string;
  title: string | null;
  updated: string | null;
  pinned: boolean;
}

/** The conversations that a list names: `["c_…", title, pinned, …, [s, ns], …]`. */
export function listIn(payload: unknown): ListedHere[] {
  const isEntry = (each: unknown): each is unknown[] =>
    Array.isArray(each) && typeof each[0] === 'string' && /^c_[A-Za-z0-9_-]+$/.test(each[0]) && !isTurn(each);
  let level: unknown[] = [payload];
  for (let depth = 0; depth < 4; depth++) {
    const entries = level
      .flatMap((node) => asArray(node).filter(isEntry))
      .filter((entry) => entry.length > 2 || typeof entry[1] === 'string');
    if (entries.some((entry) => typeof entry[1] === 'string' && !/^rc?_/.test(entry[1]))) {
      return entries.map((entry) => ({
        id: bare(String(entry[0])),
        title: asText(entry[1]),
        updated: [entry[5], ...entry].map(stamp).find((time) => time !== null) ?? null,
        pinned: entry[2] === true || entry[2] === 1,
      }));
    }
    level = level.flatMap((node) => (isObject(node) ? Object.values(node) : asArray(node)));
  }
  return [];
}

export interface Joined {
  id: string;
  title: string | null;
  /** Oldest first. */
  turns: Turn[];
  coverage: Coverage;
  strategy: Strategy;
  url: string | null;
  /** Ids of turns that were left by an edit. */
  replaced?: ReadonlySet<string>;
}

const DAY = 24 * 3_600_000;

export function conversationOf(joined: Joined, context: ReadContext): CapturedConversation {
  const capturedAt = context.capturedAt ?? new Date().toISOString();
  const last = joined.turns.findLast((turn) => turn.time !== null)?.time ?? null;
  const settled =
    context.settled === true ||
    joined.strategy === 'share' ||
    // Only of a file: in a live page a clock that is wrong by days would make a half answer final.
    (context.saved === true && last !== null && Date.parse(capturedAt) - Date.parse(last) > DAY);
  const { messages, headFinished } = messagesOf(joined.turns, {
    settled,
    ...(joined.replaced === undefined ? {} : { replaced: joined.replaced }),
  });
  const gem = context.url === undefined || context.url === null ? null : gemIn(context.url);
  return {
    kind: 'conversation',
    site: 'gemini',
    id: joined.id,
    url: joined.url,
    title: joined.title,
    created_at: joined.coverage === 'all' ? (joined.turns.find((turn) => turn.time !== null)?.time ?? null) : null,
    updated_at: last,
    captured_at: capturedAt,
    strategy: joined.strategy,
    coverage: joined.coverage,
    complete: joined.coverage === 'all' && headFinished,
    messages,
    metadata: gem === null ? {} : { assistant: { id: gem, name: null } },
  };
}

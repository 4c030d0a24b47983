/**
 * Reads an answer as it is written (`StreamGenerate`, an XMLHttpRequest whose response grows). Every frame repeats all
 * that was said so far, so only the last ones are kept as text, and parsed once, when the answer is over. The response
 * does not repeat the question; what the page sent does, and says which turn it follows and whether the chat is
 * temporary.
 */
import { asArray, asText, isObject, tryParse } from '../../json';
import type { StreamNews, StreamReader } from '../_stream';
import { bare } from './addresses';
import { type Frame, framesOf, payloadOf, scanChunks } from './envelope';

/** What an answer's stream says at its end; `readJson` takes it. */
export interface StreamedTurn {
  kind: 'gemini-stream';
  /** In the shape of the conversation's own JSON; its question is null where it is not known. */
  turn: unknown[];
  title: string | null;
  /** True where the chat began with this turn; null where that is not known. */
  first: boolean | null;
}

/** Frames that are kept: the last may carry less than the one before. */
const KEPT = 3;
/** The place of the mark in the request that makes a chat temporary. */
const TEMPORARY = 45;

/** @param sent the form that the page sent, where it was seen. */
export function readStream(sent?: string | null): StreamReader {
  const scanner = scanChunks();
  const asked = readRequest(sent ?? null);
  const news: StreamNews = { conversationId: null, ended: false, temporary: asked.temporary };
  let kept: string[] = [];
  let title: string | null = null;

  const take = (chunk: string): void => {
    if (news.conversationId === null) {
      const id = /\bc_[A-Za-z0-9_-]{6,}/.exec(chunk)?.[0];
      if (id !== undefined) news.conversationId = bare(id);
    }
    if (chunk.includes('rc_')) kept = [...kept.slice(1 - KEPT), chunk];
    else if (chunk.length < 10_000) title ??= titleIn(framesOf(chunk));
    if (/^\[\s*\["e"/.test(chunk)) end();
  };

  const end = (): void => {
    if (news.ended) return;
    news.ended = true;
    const body = streamedTurn(kept.flatMap(framesOf), asked, title);
    if (body !== null) news.body = body;
    kept = [];
  };

  return {
    push(text) {
      for (const chunk of scanner.push(text)) if (!news.ended) take(chunk);
      return { ...news };
    },
    close() {
      if (!news.ended) news.cut = true;
      end();
      return { ...news };
    },
  };
}

interface Asked {
  prompt: unknown;
  /** The ids of the turn it follows, null at the beginning; undefined where the request was not seen. */
  follows: unknown[] | null | undefined;
  temporary: boolean;
}

const NOT_SEEN: Asked = { prompt: null, follows: undefined, temporary: false };

/** `f.req=[null, "[[question, …files], [language], [c_, r_, rc_, …], …]"]` */
function readRequest(sent: string | null): Asked {
  if (sent === null) return NOT_SEEN;
  const outer = tryParse(new URLSearchParams(sent).get('f.req') ?? '');
  const text = 'value' in outer ? asArray(outer.value).find((each) => typeof each === 'string') : undefined;
  const inner = typeof text === 'string' ? tryParse(text) : { error: '' };
  if (!('value' in inner) || !Array.isArray(inner.value)) return NOT_SEEN;
  const said = inner.value as unknown[];
  const prompt = Array.isArray(said[0]) && typeof said[0][0] === 'string' ? said[0] : null;
  const before = asArray(said[2]).filter((each) => typeof each === 'string' && /^(?:c|r|rc)_/.test(each));
  return {
    prompt,
    follows: before.some((each) => String(each).startsWith('r_')) ? before : null,
    temporary: said[TEMPORARY] === 1 || said[TEMPORARY] === true,
  };
}

function titleIn(frames: Frame[]): string | null {
  for (const frame of frames)
    for (const part of asArray(payloadOf(frame)?.payload)) {
      const title = isObject(part) ? asText(asArray(part['11'])[0]) : null;
      if (title !== null) return title;
    }
  return null;
}

/** The turn that the last of a stream's frames tell of; null where they tell of none. */
export function streamedTurn(
  frames: Frame[],
  asked: Asked = NOT_SEEN,
  title: string | null = titleIn(frames),
): StreamedTurn | null {
  const payloads = frames.flatMap((frame) => {
    const payload = payloadOf(frame)?.payload;
    return Array.isArray(payload) ? [payload as unknown[]] : [];
  });
  const isCandidate = (each: unknown): boolean =>
    Array.isArray(each) && typeof each[0] === 'string' && each[0].startsWith('rc_');
  const listIn = (payload: unknown[]): unknown[] => asArray(payload.find((part) => asArray(part).some(isCandidate)));
  const idsIn = (payload: unknown[]): unknown[] =>
    asArray(payload.find((part) => asArray(part).some((id) => typeof id === 'string' && id.startsWith('r_'))));
  const hasText = (payload: unknown[]): boolean =>
    listIn(payload).some((each) => asText(asArray(asArray(each)[1])[0]) !== null);
  const last = payloads.findLast(hasText) ?? payloads.findLast((payload) => listIn(payload).length > 0);
  if (last === undefined) return null;
  const ids = payloads.map(idsIn).findLast((found) => found.length > 0);
  if (ids === undefined) return null;
  const candidates = listIn(last);
  const chosen: unknown = asArray(candidates.find(isCandidate))[0];
  const labels = payloads.flat().filter((part) => typeof part === 'string' && part.length < 60);
  // The only time that is the turn's own; others in the frame are of limits and the like.
  const time: unknown = asArray(asArray(asArray(last[27])[0])[0])[3] ?? null;
  return {
    kind: 'gemini-stream',
    turn: [
      ids,
      asked.follows ?? null,
      asked.prompt === null ? null : [asked.prompt],
      [candidates, null, null, chosen, ...labels],
      time,
    ],
    title,
    first: asked.follows === undefined ? null : asked.follows === null,
  };
}

/** @see StreamedTurn */
export function isStreamed(value: unknown): value is StreamedTurn {
  return isObject(value) && value['kind'] === 'gemini-stream' && Array.isArray(value['turn']);
}

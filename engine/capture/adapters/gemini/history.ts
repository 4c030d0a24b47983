/**
 * All conversations of a Gemini account, read as the site's own page reads them: the tokens that the page carries, the
 * list's two streams (pinned and the rest), and each conversation in pages of turns.
 */
import { EngineError } from '../../../errors';
import type { AskSite, HistoryPage, SiteHistory } from '../_history';
import { accountIn, callUrl, RPC } from './addresses';
import { listIn, readBody, tokenIn } from './body';
import { parseBody, payloadOf, statusOf } from './envelope';
import { GeminiHolding } from './holding';

const LIST_LIMIT = 50;
const TURNS = 20;
/** Pages of one conversation: at 20 turns each more than anybody's. */
const MAX_PAGES = 2_000;
/** The list comes in two: their mark, in the order in which they are read. */
const FLAGS = [1, 0];

interface Cursor {
  flag: number;
  token: string | null;
}

/** @see Adapter.openHistory */
export function openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
  const account = accountIn(page.url);
  let tokens: Tokens | null = null;
  let asked = 0;

  async function call(rpc: string, args: unknown[], path: string): Promise<unknown[]> {
    tokens ??= tokensIn(page.inlineScripts());
    const { at, bl, sid } = tokens;
    const answer = await ask({
      url: callUrl(account, {
        rpcids: rpc,
        'source-path': account + path,
        ...(bl === null ? {} : { bl }),
        ...(sid === null ? {} : { 'f.sid': sid }),
        hl: 'en',
        _reqid: String(100_000 * ++asked + 1_234),
        rt: 'c',
      }),
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', 'x-same-domain': '1' },
      body: new URLSearchParams({
        'f.req': JSON.stringify([[[rpc, JSON.stringify(args), null, 'generic']]]),
        at,
      }).toString(),
    });
    let frames: unknown[][];
    try {
      frames = parseBody(answer);
    } catch (error) {
      throw new EngineError('bad_input', `Gemini's answer to ${rpc} cannot be read.`, { cause: error });
    }
    for (const frame of frames) {
      const status = statusOf(frame);
      if (status === null) continue;
      // gRPC: 5 not found, 7 permission denied, 16 unauthenticated
      if (status === 5) throw new EngineError('not_found', 'Gemini no longer has this conversation.');
      if (status === 7 || status === 16) {
        tokens = null;
        throw new EngineError('not_signed_in', 'Gemini knows no signed-in user in this tab.');
      }
      throw new EngineError('bad_input', `Gemini refused ${rpc} with status ${status}.`);
    }
    return frames;
  }

  return {
    async list(cursor) {
      const at: Cursor = cursor === null ? { flag: 0, token: null } : (JSON.parse(cursor) as Cursor);
      const frames = await call(RPC.list, [LIST_LIMIT, at.token, [FLAGS[at.flag], null, 1]], '/app');
      const payload = frames
        .map((frame) => payloadOf(frame as unknown[]))
        .find((carried) => carried !== null && carried.rpc !== null)?.payload;
      if (!Array.isArray(payload)) throw new EngineError('bad_input', "Gemini's list of conversations cannot be read.");
      const listed = listIn(payload);
      const token = tokenIn(payload);
      const more = token !== null && token !== at.token && listed.length > 0;
      const following: Cursor | null = at.flag + 1 < FLAGS.length ? { flag: at.flag + 1, token: null } : null;
      const next: Cursor | null = more ? { flag: at.flag, token } : following;
      return {
        conversations: listed.map((each) => ({
          id: each.id,
          title: each.title,
          updated_at: each.updated,
          archived: false,
          starred: each.pinned,
          project: null,
        })),
        next: next === null ? null : JSON.stringify(next),
        next_list: following === null ? null : JSON.stringify(following),
      };
    },

    async read(id) {
      const holding = new GeminiHolding(id);
      const seen = new Set<string>();
      let token: string | null = null;
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const frames = await call(RPC.read, [`c_${id}`, TURNS, token, 1, [1], [4], null, 1], `/app/${id}`);
        const body = readBody(frames, []);
        if (body === null) break;
        const taken = holding.take(body, { conversationId: id, before: token });
        token = body.next ?? null;
        // A token that repeats, or a page that brings nothing, ends the chain: the result is then a tail.
        if (taken === 'ignored' || token === null || seen.has(token)) break;
        seen.add(token);
      }
      const conversation = holding.read(new Date().toISOString());
      if (conversation === null)
        throw new EngineError('bad_input', `Gemini's answer for the conversation ${id} could not be read.`);
      return conversation;
    },
  };
}

interface Tokens {
  /** Proves that the request comes from the page. */
  at: string;
  /** The build of the site. */
  bl: string | null;
  sid: string | null;
}

function tokensIn(scripts: string[]): Tokens {
  const find = (name: string): string | null => {
    for (const script of scripts) {
      const found = new RegExp(`["']?${name}["']?\\s*:\\s*("(?:[^"\\\\]|\\\\.)*")`).exec(script)?.[1];
      if (found !== undefined) return unquote(found);
    }
    return null;
  };
  const at = find('SNlM0e');
  if (at === null) throw new EngineError('not_signed_in', 'Gemini knows no signed-in user in this tab.');
  return { at, bl: find('cfb2h'), sid: find('FdrFJe') };
}

/** A script's string: JSON, but for `\x3d` and the like. */
function unquote(text: string): string {
  return JSON.parse(text.replace(/\\x([0-9a-fA-F]{2})/g, '\\u00$1').replace(/\\'/g, "'")) as string;
}

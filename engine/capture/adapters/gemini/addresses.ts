/**
 * The addresses of gemini.google.com: pages a person opens, and requests the page makes. Conversation ids are written
 * as in the page's address: without the `c_` that the site's JSON puts before them.
 */
import { asArray, tryParse } from '../../json';
import type { PageAddress } from '../_adapter';
import type { ObservedRequest } from '../_stream';

const ORIGIN = 'https://gemini.google.com';
const HOSTS = new Set(['gemini.google.com', 'bard.google.com']);

/** The account's place among those signed in, `/u/1`; nothing for the first. */
const ACCOUNT = '(?:/u/\\d+)?';
/** Ids are 16 hex digits today. One digit at least keeps words (`/app/download`) apart. */
const ID = '(?:c_)?((?=[^/]*\\d)[A-Za-z0-9_-]{6,})';
const CONVERSATION_PATH = new RegExp(`^${ACCOUNT}/(?:app|chat)/${ID}/?$`);
const GEM_PATH = new RegExp(`^${ACCOUNT}/gem/([^/]+)(?:/${ID})?/?$`);
const SHARE_PATH = new RegExp(`^${ACCOUNT}/share/(?:continue/)?([A-Za-z0-9_-]+)/?$`);
const START_PATH = new RegExp(`^${ACCOUNT}/(?:app|chat)?/?$`);
const DATA_PATH = new RegExp(`^${ACCOUNT}/_/BardChatUi/data/(batchexecute|[^/]*/?StreamGenerate)$`);

/** The remote procedures that carry conversations. */
export const RPC = { read: 'hNvQHb', list: 'MaZiqc', share: 'ujx1Bf' } as const;

function parse(url: string): URL | null {
  try {
    return new URL(url, ORIGIN);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** @see Adapter.classifyPage */
export function classifyPage(url: string): PageAddress | null {
  const address = parse(url);
  if (address === null) return null;
  const short = shortShare(address);
  if (!HOSTS.has(address.hostname) && short === null) return null;
  const path = address.pathname;
  const share = short ?? SHARE_PATH.exec(path)?.[1] ?? null;
  const conversation = CONVERSATION_PATH.exec(path)?.[1] ?? GEM_PATH.exec(path)?.[2] ?? null;
  return {
    site: 'gemini',
    conversationId: share ?? conversation,
    // The site keeps such a chat out of its address too; the page and the stream say it, see there.
    temporary: /^(?:true|1)$/.test(
      address.searchParams.get('temporary') ?? address.searchParams.get('temporary-chat') ?? '',
    ),
    share: share !== null,
    supported: share !== null || conversation !== null || GEM_PATH.test(path) || START_PATH.test(path),
  };
}

/** `g.co/gemini/share/<id>` and `share.gemini.google/<id>` lead to `/share/<id>`. */
function shortShare(address: URL): string | null {
  if (address.hostname === 'g.co') return /^\/gemini\/share\/([A-Za-z0-9_-]+)\/?$/.exec(address.pathname)?.[1] ?? null;
  if (address.hostname === 'share.gemini.google') return /^\/([A-Za-z0-9_-]+)\/?$/.exec(address.pathname)?.[1] ?? null;
  return null;
}

/** The Gem whose address the page has, or null. */
export function gemIn(url: string): string | null {
  const address = parse(url);
  return address !== null && HOSTS.has(address.hostname) ? (GEM_PATH.exec(address.pathname)?.[1] ?? null) : null;
}

/** What stands before every path of the account that the page is signed in with: `/u/1`, or nothing. */
export function accountIn(url: string): string {
  return /^\/u\/\d+(?=\/|$)/.exec(parse(url)?.pathname ?? '')?.[0] ?? '';
}

/**
 * @see Adapter.classifyRequest
 * Everything is one address; which procedure is called is in `rpcids`. The page that the request comes from
 * (`source-path`) may still be the conversation before, so only the body says which conversation it is; a shared copy
 * is named by nothing but that path. The token that an older page is asked for with is only in the form that is sent;
 * where that was not seen, any page may be the newest.
 */
export function classifyRequest(url: string, method: string, sent: string | null = null): ObservedRequest | null {
  const address = parse(url);
  if (address === null || !HOSTS.has(address.hostname) || method.toUpperCase() !== 'POST') return null;
  const path = DATA_PATH.exec(address.pathname)?.[1];
  if (path === undefined) return null;
  const seen = (kind: ObservedRequest['kind'], conversationId: string | null): ObservedRequest => ({
    site: 'gemini',
    kind,
    conversationId,
    before: null,
  });
  if (path !== 'batchexecute') return seen('stream', null);
  const called = (address.searchParams.get('rpcids') ?? '').split(',');
  if (called.includes(RPC.share)) {
    const source = classifyPage(address.searchParams.get('source-path') ?? '');
    return seen('conversation', source?.share === true ? source.conversationId : null);
  }
  if (!called.includes(RPC.read)) return null;
  const before = tokenSent(sent);
  return before === null ? seen('conversation', null) : { ...seen('page', null), before };
}

/** `f.req=[[["hNvQHb", "[\"c_…\", 20, token, …]", …]]]`; null where the newest turns are asked for, or it was not seen. */
function tokenSent(sent: string | null): string | null {
  if (sent === null) return null;
  const outer = tryParse(new URLSearchParams(sent).get('f.req') ?? '');
  const calls = 'value' in outer ? asArray(asArray(outer.value)[0]) : [];
  const text: unknown = calls.map(asArray).find((call) => call[0] === RPC.read)?.[1];
  const args = typeof text === 'string' ? tryParse(text) : { error: '' };
  const token = 'value' in args ? asArray(args.value)[2] : null;
  return typeof token === 'string' && token !== '' ? token : null;
}

/** @see Adapter.conversationUrl */
export function conversationUrl(id: string, share: boolean): string {
  return `${ORIGIN}/${share ? 'share' : 'app'}/${encodeURIComponent(id)}`;
}

/** Where a procedure is called. `account` is as {@link accountIn} gives it. */
export function callUrl(account: string, query: Record<string, string>): string {
  return `${ORIGIN}${account}/_/BardChatUi/data/batchexecute?${new URLSearchParams(query).toString()}`;
}

/** The id without the prefix that the JSON writes before ids of its kind. */
export function bare(id: string): string {
  return id.replace(/^(?:c|r)_/, '');
}

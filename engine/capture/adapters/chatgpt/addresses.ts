/** The addresses of chatgpt.com: pages a person opens, and requests the page makes. */
import type { PageAddress } from '../_adapter';
import type { ObservedRequest } from '../_stream';

const HOSTS = new Set(['chatgpt.com', 'www.chatgpt.com', 'chat.openai.com']);

/** Ids are UUIDs today; `WEB:` ids are drafts the page shows before the server gave a real one. */
const ID = '([A-Za-z0-9][A-Za-z0-9_.-]*)';
const CONVERSATION_PATH = new RegExp(`^(?:/g/[^/]+)?(?:/project)?/c/${ID}/?$`);
const SHARE_PATH = new RegExp(`^/(?:share|s)/(?:e/)?${ID}(?:/continue)?/?$`);
const DETAIL_PATH = new RegExp(`^/backend-(?:api|anon)/conversations?/${ID}/?$`);
const OLDER_PATH = new RegExp(`^/backend-(?:api|anon)/conversations?/${ID}/messages/?$`);
const SHARE_API_PATH = new RegExp(`^/backend-(?:api|anon)/share/${ID}/?$`);
const STREAM_PATH = /^\/backend-(?:api|anon)\/(?:f\/)?conversation(?:\/resume)?\/?$/;

/** First path parts after `/backend-api/conversation/` that are actions, not ids. */
const NOT_AN_ID = new Set([
  'init',
  'prepare',
  'resume',
  'gen_title',
  'message_feedback',
  'implicit_message_feedback',
  'voice',
  'search',
  'shared',
  'batch',
]);

function parse(url: string): URL | null {
  try {
    return new URL(url, 'https://chatgpt.com');
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** @see Adapter.classifyPage */
export function classifyPage(url: string): PageAddress | null {
  const address = parse(url);
  if (address === null || !HOSTS.has(address.hostname)) return null;
  const temporary = address.searchParams.get('temporary-chat') === 'true';
  const share = SHARE_PATH.exec(address.pathname)?.[1] ?? null;
  const conversation = CONVERSATION_PATH.exec(address.pathname)?.[1] ?? null;
  const startsChat = /^\/(?:g\/[^/]+(?:\/project)?\/?)?$/.test(address.pathname);
  return {
    site: 'chatgpt',
    conversationId: share ?? conversation,
    temporary,
    share: share !== null,
    supported: share !== null || conversation !== null || startsChat,
  };
}

/**
 * @see Adapter.classifyRequest
 * `/backend-api/conversation/{id}` (tree), `/backend-api/conversations/{id}` (pages), `…/messages?before=` (older
 * pages) and the POST that writes an answer. Query strings other than `before` do not matter.
 */
export function classifyRequest(url: string, method: string): ObservedRequest | null {
  const address = parse(url);
  if (address === null || !HOSTS.has(address.hostname)) return null;
  const verb = method.toUpperCase();
  const path = address.pathname;
  const seen = (
    kind: ObservedRequest['kind'],
    conversationId: string | null,
    before: string | null = null,
  ): ObservedRequest => ({
    site: 'chatgpt',
    kind,
    conversationId,
    before,
  });

  if (verb === 'POST' && STREAM_PATH.test(path)) return seen('stream', null);
  const older = OLDER_PATH.exec(path)?.[1];
  if (older !== undefined && verb === 'GET') {
    const before = address.searchParams.get('before');
    return seen(before === null ? 'conversation' : 'page', older, before);
  }
  const detail = DETAIL_PATH.exec(path)?.[1] ?? SHARE_API_PATH.exec(path)?.[1];
  if (detail === undefined || NOT_AN_ID.has(detail)) return null;
  if (verb === 'GET') return seen('conversation', detail);
  if (verb === 'PATCH' || verb === 'POST' || verb === 'PUT') return seen('mutation', detail);
  return null;
}

/** @see Adapter.conversationUrl */
export function conversationUrl(id: string, share: boolean): string {
  return `https://chatgpt.com/${share ? 'share' : 'c'}/${encodeURIComponent(id)}`;
}

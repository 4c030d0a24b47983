/** The addresses of claude.ai: pages a person opens, requests the page makes, and reads that the page's session allows. */
import type { PageAddress } from '../_adapter';
import type { ObservedRequest } from '../_stream';

const ORIGIN = 'https://claude.ai';
const HOSTS = new Set(['claude.ai', 'www.claude.ai']);

/** Ids are UUIDs today. */
const ID = '([A-Za-z0-9][A-Za-z0-9_-]*)';
const CHAT_PATH = new RegExp(`^(?:/project/[^/]+)?/chat/${ID}/?$`);
const SHARE_PATH = new RegExp(`^/share/${ID}/?$`);
const STARTS_CHAT = /^\/(?:new\/?|project\/[^/]+\/?|incognito\/?)?$/;
const CONVERSATION_API = new RegExp(`^/api/organizations/[^/]+/chat_conversations/${ID}(?:/([a-z_/]+?))?/?$`);
const SNAPSHOT_API = new RegExp(`^/api/(?:organizations/[^/]+/)?chat_snapshots/${ID}/?$`);
const ORGANISATION = /^\/api\/(?:organizations\/)?([0-9a-fA-F]{8}-[0-9a-fA-F-]{27})\//;

/** Path parts after `chat_conversations/` that are actions on many, not ids. */
const NOT_AN_ID = new Set(['search', 'count', 'count_all', 'delete_many', 'move_many', 'list', 'title', 'export']);
/** What is asked of one conversation that makes what we hold of it stale. */
const CHANGES = new Set(['current_leaf_message_uuid', 'rename', 'title', 'star', 'move', 'model', 'settings']);
/** The answer to one of these is an answer being written. */
const STREAMS = new Set(['completion', 'retry_completion', 'completion/resume']);

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
  if (address === null || !HOSTS.has(address.hostname)) return null;
  const share = SHARE_PATH.exec(address.pathname)?.[1] ?? null;
  const chat = CHAT_PATH.exec(address.pathname)?.[1] ?? null;
  return {
    site: 'claude',
    conversationId: share ?? chat,
    temporary:
      address.pathname.startsWith('/incognito') ||
      ['incognito', 'temporary'].some((name) => {
        const value = address.searchParams.get(name);
        return value !== null && value !== 'false' && value !== '0';
      }),
    share: share !== null,
    supported: share !== null || chat !== null || STARTS_CHAT.test(address.pathname),
  };
}

/**
 * @see Adapter.classifyRequest
 * `/api/organizations/{org}/chat_conversations/{id}` (the tree), `/api/chat_snapshots/{id}` (a shared copy), the POST
 * that writes an answer, and what renames a conversation or shows another branch of it. Query strings do not matter.
 */
export function classifyRequest(url: string, method: string): ObservedRequest | null {
  const address = parse(url);
  if (address === null || !HOSTS.has(address.hostname)) return null;
  const verb = method.toUpperCase();
  const seen = (kind: ObservedRequest['kind'], conversationId: string): ObservedRequest => ({
    site: 'claude',
    kind,
    conversationId,
    before: null,
  });

  const snapshot = SNAPSHOT_API.exec(address.pathname)?.[1];
  if (snapshot !== undefined) return verb === 'GET' ? seen('conversation', snapshot) : null;
  const [, id, action] = CONVERSATION_API.exec(address.pathname) ?? [];
  if (id === undefined || NOT_AN_ID.has(id)) return null;
  if (action === undefined) {
    if (verb === 'GET') return seen('conversation', id);
    return verb === 'PUT' || verb === 'PATCH' || verb === 'POST' ? seen('mutation', id) : null;
  }
  if (STREAMS.has(action)) return verb === 'POST' || action === 'completion/resume' ? seen('stream', id) : null;
  return CHANGES.has(action) && verb !== 'GET' && verb !== 'HEAD' ? seen('mutation', id) : null;
}

/** The organisation that a request of the page names, which every read needs; null where it names none. */
export function organisationIn(url: string): string | null {
  const address = parse(url);
  return address === null ? null : (ORGANISATION.exec(address.pathname)?.[1] ?? null);
}

/** Where the page's own session reads all of a conversation, every branch of it. */
export function detailUrl(organisation: string, id: string): string {
  return `${ORIGIN}/api/organizations/${encodeURIComponent(organisation)}/chat_conversations/${encodeURIComponent(id)}?tree=True&rendering_mode=messages&render_all_tools=true`;
}

/** A part of the list of conversations; `v2` answers `{data, has_more}`, the older one an array. */
export function listUrl(
  organisation: string,
  part: { version: 1 | 2; limit: number; offset: number; archived: boolean },
): string {
  const path = part.version === 2 ? 'chat_conversations_v2' : 'chat_conversations';
  return `${ORIGIN}/api/organizations/${encodeURIComponent(organisation)}/${path}?limit=${part.limit}&offset=${part.offset}${part.archived ? '&archived=true' : ''}`;
}

export const ORGANISATIONS_URL = `${ORIGIN}/api/organizations`;

/** Where the names of projects are. */
export function projectsUrl(organisation: string): string {
  return `${ORIGIN}/api/organizations/${encodeURIComponent(organisation)}/projects`;
}

/** @see Adapter.conversationUrl */
export function conversationUrl(id: string, share: boolean): string {
  return `${ORIGIN}/${share ? 'share' : 'chat'}/${encodeURIComponent(id)}`;
}

/**
 * What is known of the conversations of one tab, from what the page fetched and what it shows.
 *
 * Feed it events in the order they are seen; it says which captures changed and what, if anything, is worth reading
 * again. The site's JSON is preferred; what only the page shows yet (a question just asked, an answer being written)
 * is added to it until the JSON has caught up. A virtualised list, a late response, a response for another
 * conversation or the same event twice never makes a capture shorter, older or mixed.
 */
import type { Adapter, DomReadResult, PageHealth } from './adapters/_adapter';
import { detailUrl, olderUrl } from './adapters/chatgpt/addresses';
import { bodyId, isPaged, isTemporary } from './adapters/chatgpt/bodies';
import type { StreamNews } from './adapters/chatgpt/stream';
import { stableHash } from './hash';
import { asArray, asId, asObject, asTime, isObject, type JsonObject } from './json';
import type { CapturedConversation, CapturedMessage } from './types';

export type LiveEvent =
  /** The tab shows this address now (also the first one). */
  | { type: 'navigated'; url: string }
  /** A response of the page, or of our own read of it, parsed. */
  | { type: 'body'; url: string; method: string; body: unknown }
  /** The page as it was read just now. */
  | { type: 'dom'; url: string; result: DomReadResult }
  /** An answer is being written. `streamId` is the caller's own name for the stream. */
  | { type: 'stream'; streamId: string; news: StreamNews }
  /** The stream's connection closed, however it ended. */
  | { type: 'stream-closed'; streamId: string }
  /** A read that was wanted failed. `retryAfterMs` is what the site asked for (429), null where it did not. */
  | { type: 'failed'; url: string; status: number | null; retryAfterMs: number | null };

/** A read-only GET that would make the capture of the open conversation better. */
export interface Wanted {
  url: string;
  reason: 'stream-ended' | 'changed' | 'never-seen' | 'older-page';
  /** Not before this time (ms since the epoch): the page itself may fetch it, or the site asked to wait. */
  notBefore: number;
}

export interface LiveView {
  /** Captures that differ from what was given before: the open conversation, or one that was open. */
  changed: CapturedConversation[];
  /** The open conversation as far as it is known. */
  current: CapturedConversation | null;
  /** Why nothing is captured here, although the page shows a conversation. */
  blocked: 'temporary' | null;
  wanted: Wanted | null;
  /** Of the last look at the page. */
  health: PageHealth | null;
}

export interface LiveConversation {
  observe(event: LiveEvent): LiveView;
  /** The view without an event, e.g. to ask for `wanted` again. */
  view(): LiveView;
}

export interface LiveOptions {
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Conversations that are remembered for a tab. */
const MAX_CONVERSATIONS = 12;
/** The page is given this long to fetch a conversation itself. */
const GRACE_MS = 4_000;
/** After a stream the detail is a moment behind. */
const SETTLE_MS = 1_000;
const MAX_FAILURES = 4;
const RETRY_MS = 30_000;

interface Known {
  id: string;
  /** It was open in this tab: only then is it captured. */
  visited: boolean;
  temporary: boolean;
  shape: 'json-tree' | 'json-pages' | null;
  tree: JsonObject | null;
  /** Records of the paginated shape, oldest first, and the newest page's other fields. */
  records: unknown[];
  head: JsonObject | null;
  closed: boolean;
  /** Where older records are; null when there are none, or they cannot be reached. */
  cursor: string | null;
  cursorsUsed: Set<string>;
  /** Older pages that came before the page they continue. */
  orphans: Map<string, JsonObject>;
  json: CapturedConversation | null;
  dom: CapturedConversation | null;
  domStreaming: boolean;
  /** Something was said since the JSON was read. */
  dirty: boolean;
  wantReason: 'stream-ended' | 'changed' | 'never-seen' | null;
  notBefore: number;
  failures: number;
  given: string;
}

/** @param adapter The site's; bodies and addresses are read with it. */
export function liveConversation(adapter: Adapter, options: LiveOptions = {}): LiveConversation {
  const now = options.now ?? Date.now;
  const known = new Map<string, Known>();
  const streams = new Map<string, { conversationId: string | null; ended: boolean; temporary: boolean }>();
  let currentId: string | null = null;
  let pageTemporary = false;
  let health: PageHealth | null = null;

  const get = (id: string): Known => {
    let each = known.get(id);
    if (each === undefined) {
      each = {
        id,
        visited: false,
        temporary: false,
        shape: null,
        tree: null,
        records: [],
        head: null,
        closed: false,
        cursor: null,
        cursorsUsed: new Set(),
        orphans: new Map(),
        json: null,
        dom: null,
        domStreaming: false,
        dirty: false,
        wantReason: null,
        notBefore: 0,
        failures: 0,
        given: '',
      };
      known.set(id, each);
      for (const [other] of known) {
        if (known.size <= MAX_CONVERSATIONS) break;
        if (other !== currentId && other !== id) known.delete(other);
      }
    }
    return each;
  };

  const capturedAt = (): string => new Date(now()).toISOString();

  const navigated = (url: string): void => {
    const address = adapter.classifyPage(url);
    const id = address?.conversationId ?? null;
    pageTemporary = address?.temporary ?? false;
    if (id === currentId && id !== null && !pageTemporary) return;
    health = null;
    currentId = id;
    if (id === null) return;
    const each = get(id);
    if (pageTemporary) each.temporary = true;
    each.visited = true;
    if (each.json === null && address?.share !== true) {
      each.wantReason ??= 'never-seen';
      each.notBefore = Math.max(each.notBefore, now() + GRACE_MS);
    }
  };

  const body = (url: string, method: string, value: unknown): void => {
    const request = adapter.classifyRequest(url, method);
    if (request === null || request.conversationId === null || request.kind === 'stream') return;
    const each = get(request.conversationId);
    if (request.kind === 'mutation') {
      want(each, 'changed');
      return;
    }
    if (!isObject(value)) return;
    const said = bodyId(value);
    // A payload that names another conversation than its address is not to be trusted for either.
    if (said !== null && said !== each.id && asId(value['conversation_id']) !== null) return;
    if (isTemporary(value)) each.temporary = true;
    if (each.temporary) return;
    if (request.kind === 'page') {
      if (isPaged(value)) addOlder(each, request.before ?? '', value);
    } else if (isObject(value['mapping'])) {
      if (!accept(each, idsOfTree(value), value)) return;
      each.tree = value;
      each.shape = 'json-tree';
      settle(each);
    } else if (isPaged(value)) {
      if (!accept(each, idsOfRecords(value['messages']), value)) return;
      addNewest(each, value);
      settle(each);
    } else return;
    each.json = readJson(each);
  };

  /** False for a body that is older than what is held. */
  const accept = (each: Known, ids: Set<string>, value: JsonObject): boolean => {
    const held = each.shape === 'json-tree' ? each.tree : each.head;
    if (held === null) return true;
    const heldTime = asTime(held['update_time']);
    const time = asTime(value['update_time']);
    if (heldTime !== null && time !== null && heldTime !== time) return time > heldTime;
    const heldHead = asId(held['current_node']);
    const head = asId(value['current_node']);
    if (heldHead === null || head === null || heldHead === head) return true;
    const heldIds =
      each.shape === 'json-tree' && each.tree !== null ? idsOfTree(each.tree) : idsOfRecords(each.records);
    return !(heldIds.has(head) && !ids.has(heldHead));
  };

  const settle = (each: Known): void => {
    each.failures = 0;
    const streaming = [...streams.values()].some((stream) => stream.conversationId === each.id && !stream.ended);
    if (!streaming) {
      each.dirty = false;
      each.wantReason = null;
    }
  };

  const addNewest = (each: Known, value: JsonObject): void => {
    const page = asArray(value['messages']);
    const info = asObject(value['page_info']);
    const ids = idsOfRecords(page);
    const from = each.records.findIndex((record) => ids.has(asId(asObject(record)['id']) ?? ''));
    each.head = { ...value, messages: undefined };
    each.shape = 'json-pages';
    if (info['has_previous_page'] !== true) {
      each.records = page;
      each.closed = true;
      each.cursor = null;
    } else if (from >= 0) {
      // What was before the page stays; what followed is as the page says now (an edit, a new answer).
      each.records = [...each.records.slice(0, from), ...page];
    } else {
      each.records = page;
      each.closed = false;
      each.cursor = asId(info['start_cursor']);
      each.cursorsUsed.clear();
    }
    adoptOrphans(each);
  };

  const addOlder = (each: Known, before: string, value: JsonObject): void => {
    if (each.head === null || (before !== each.cursor && !each.cursorsUsed.has(before))) {
      each.orphans.set(before, value);
      if (each.head !== null) adoptOrphans(each);
      return;
    }
    if (each.cursorsUsed.has(before)) return;
    join(each, before, value);
    adoptOrphans(each);
  };

  const join = (each: Known, before: string, value: JsonObject): void => {
    each.cursorsUsed.add(before);
    const held = idsOfRecords(each.records);
    const fresh = asArray(value['messages']).filter((record) => !held.has(asId(asObject(record)['id']) ?? ''));
    each.records = [...fresh, ...each.records];
    const info = asObject(value['page_info']);
    const next = asId(info['start_cursor']);
    each.closed = info['has_previous_page'] === false;
    each.cursor = each.closed || fresh.length === 0 || next === null || each.cursorsUsed.has(next) ? null : next;
  };

  const adoptOrphans = (each: Known): void => {
    for (let cursor = each.cursor; cursor !== null; cursor = each.cursor) {
      const page = each.orphans.get(cursor);
      if (page === undefined) return;
      each.orphans.delete(cursor);
      join(each, cursor, page);
    }
  };

  const readJson = (each: Known): CapturedConversation | null => {
    const source =
      each.shape === 'json-tree'
        ? each.tree
        : each.head === null
          ? null
          : {
              ...each.head,
              conversation_id: each.id,
              messages: each.records,
              page_info: { has_previous_page: !each.closed, start_cursor: each.cursor },
            };
    if (source === null) return each.json;
    const { conversations } = adapter.readJson(source, { capturedAt: capturedAt() });
    const read = conversations.find((conversation) => conversation.id === each.id) ?? conversations[0];
    return read === undefined
      ? each.json
      : { ...read, id: each.id, url: adapter.conversationUrl(each.id, read.strategy === 'share') };
  };

  const dom = (url: string, result: DomReadResult): void => {
    const id = adapter.classifyPage(url)?.conversationId ?? null;
    if (id === currentId) health = result.health;
    const read = result.conversations[0];
    if (id === null || read === undefined || read.id !== id) return;
    const each = get(id);
    if (each.temporary || read.metadata['temporary'] === true) return;
    // Just after a change of address the page still shows the conversation before.
    const seen = new Set(read.messages.map((message) => message.id));
    for (const other of known.values()) {
      if (
        other.id !== id &&
        [other.json, other.dom].some((capture) =>
          capture?.messages.some((message) => seen.has(message.id) && !/^(?:dom-|conversation-turn-)/.test(message.id)),
        )
      )
        return;
    }
    each.domStreaming = result.health.streaming;
    if (result.health.streaming) each.dirty = true;
    each.dom = each.dom === null ? read : mergeDom(each.dom, read);
  };

  const stream = (streamId: string, news: StreamNews): void => {
    const each = streams.get(streamId) ?? { conversationId: null, ended: false, temporary: pageTemporary };
    each.conversationId ??= news.conversationId ?? null;
    each.temporary ||= news.temporary;
    const ends = news.ended && !each.ended;
    each.ended ||= news.ended;
    streams.set(streamId, each);
    if (each.conversationId === null) return;
    const conversation = get(each.conversationId);
    if (each.temporary) {
      conversation.temporary = true;
      return;
    }
    if (!each.ended) conversation.dirty = true;
    if (ends) {
      conversation.dirty = true;
      conversation.failures = 0;
      want(conversation, 'stream-ended');
    }
    if (each.ended && streams.size > 50) streams.delete(streamId);
  };

  const want = (each: Known, reason: 'stream-ended' | 'changed'): void => {
    each.wantReason = reason;
    each.notBefore = Math.max(each.notBefore, now() + SETTLE_MS);
  };

  const failed = (url: string, status: number | null, retryAfterMs: number | null): void => {
    const id = adapter.classifyRequest(url, 'GET')?.conversationId ?? null;
    if (id === null) return;
    const each = get(id);
    each.failures++;
    each.notBefore = now() + (retryAfterMs ?? RETRY_MS * 2 ** (each.failures - 1));
    // The two shapes are two addresses: where one is not there, the other is tried next.
    if (status === 404 || status === 405 || status === 422) {
      each.shape =
        each.shape === 'json-pages' || each.shape === null
          ? each.tree === null && each.shape === null
            ? 'json-pages'
            : 'json-tree'
          : 'json-pages';
      each.notBefore = now() + SETTLE_MS;
    }
  };

  const wanted = (): Wanted | null => {
    if (currentId === null || pageTemporary) return null;
    const each = known.get(currentId);
    if (each === undefined || each.temporary || each.failures >= MAX_FAILURES) return null;
    if (each.wantReason !== null && !(each.wantReason === 'never-seen' && each.json !== null)) {
      const busy = [...streams.values()].some((one) => one.conversationId === each.id && !one.ended);
      if (!busy)
        return {
          url: detailUrl(each.id, each.shape ?? 'json-tree'),
          reason: each.wantReason,
          notBefore: each.notBefore,
        };
    }
    if (each.shape === 'json-pages' && !each.closed && each.cursor !== null) {
      return { url: olderUrl(each.id, each.cursor), reason: 'older-page', notBefore: each.notBefore };
    }
    return null;
  };

  const best = (each: Known): CapturedConversation | null => {
    if (each.temporary) return null;
    if (each.json === null) return each.dom;
    return each.dirty && each.dom !== null ? withTail(each.json, each.dom, each.domStreaming) : each.json;
  };

  const view = (): LiveView => {
    const changed: CapturedConversation[] = [];
    for (const each of known.values()) {
      if (!each.visited) continue;
      const capture = best(each);
      if (capture === null) continue;
      const given = stableHash(JSON.stringify({ ...capture, captured_at: '' }));
      if (given === each.given) continue;
      each.given = given;
      changed.push(capture);
    }
    const open = currentId === null ? undefined : known.get(currentId);
    return {
      changed,
      current: open === undefined ? null : best(open),
      blocked: pageTemporary || open?.temporary === true ? 'temporary' : null,
      wanted: wanted(),
      health,
    };
  };

  return {
    observe(event) {
      switch (event.type) {
        case 'navigated':
          navigated(event.url);
          break;
        case 'body':
          body(event.url, event.method, event.body);
          break;
        case 'dom':
          dom(event.url, event.result);
          break;
        case 'stream':
          stream(event.streamId, event.news);
          break;
        case 'stream-closed': {
          const open = streams.get(event.streamId);
          if (open !== undefined && !open.ended)
            stream(event.streamId, { conversationId: open.conversationId, ended: true, temporary: open.temporary });
          break;
        }
        case 'failed':
          failed(event.url, event.status, event.retryAfterMs);
          break;
      }
      return view();
    },
    view,
  };
}

function idsOfTree(body: JsonObject): Set<string> {
  const ids = new Set<string>();
  for (const [key, node] of Object.entries(asObject(body['mapping']))) {
    ids.add(key);
    const id = asId(asObject(asObject(node)['message'])['id']);
    if (id !== null) ids.add(id);
  }
  return ids;
}

function idsOfRecords(records: unknown): Set<string> {
  return new Set(
    asArray(records)
      .map((record) => asId(asObject(record)['id']))
      .filter((id) => id !== null),
  );
}

/** What two looks at a virtualised page show together, in order. */
function mergeDom(held: CapturedConversation, seen: CapturedConversation): CapturedConversation {
  if (seen.coverage === 'all') return seen;
  const messages = [...held.messages];
  const at = (id: string): number => messages.findIndex((message) => message.id === id);
  seen.messages.forEach((message, index) => {
    const before = seen.messages[index - 1];
    const place = at(message.id);
    const previous = before === undefined ? -1 : at(before.id);
    if (place >= 0) {
      messages[place] = message;
      // Two turns that follow one another now have nothing between them: what was there was replaced.
      if (before !== undefined && message.parent_id === before.id && previous >= 0 && place > previous + 1)
        messages.splice(previous + 1, place - previous - 1);
      return;
    }
    if (previous >= 0) {
      const old = messages[previous + 1];
      const answered = old !== undefined && message.parent_id === before?.id && old.parent_id === before.id;
      messages.splice(previous + 1, answered ? 1 : 0, message);
      return;
    }
    const next = seen.messages.slice(index + 1).find((each) => at(each.id) >= 0);
    if (next === undefined) messages.push(message);
    else messages.splice(at(next.id), 0, message);
  });
  return { ...seen, coverage: 'some', complete: false, messages };
}

/** The JSON's conversation with what the page shows beyond it. */
function withTail(json: CapturedConversation, dom: CapturedConversation, streaming: boolean): CapturedConversation {
  const active = json.messages.filter((message) => message.on_active_branch);
  const left = json.messages.filter((message) => !message.on_active_branch);
  const names = new Map<string, number>();
  active.forEach((message, index) => {
    names.set(message.id, index);
    for (const id of asArray(message.metadata['merged_ids'])) if (typeof id === 'string') names.set(id, index);
  });
  const indexOf = (message: CapturedMessage): number | undefined =>
    names.get(message.id) ??
    asArray(message.metadata['merged_ids'])
      .map((id) => (typeof id === 'string' ? names.get(id) : undefined))
      .find((index) => index !== undefined);
  const lastCommon = dom.messages.findLastIndex((message) => indexOf(message) !== undefined);
  if (lastCommon < 0) return { ...json, complete: false };
  const tail = dom.messages.slice(lastCommon + 1);
  const common = dom.messages[lastCommon];
  const joint = common === undefined ? active.length - 1 : (indexOf(common) ?? active.length - 1);
  const growing = common !== undefined && tail.length === 0 && streaming && joint === active.length - 1;
  if (growing) {
    // The answer that the JSON ends with is still being written.
    const messages = active.map((message, index) =>
      index === joint && message.role === 'assistant'
        ? { ...message, markdown: longer(message.markdown, common.markdown), finished: false }
        : message,
    );
    return { ...json, complete: false, messages: [...messages, ...left] };
  }
  if (tail.length === 0) return { ...json, complete: false };
  // A turn without a message id (a picture, a frame) is known to the JSON under another name.
  const unnamed = tail.every((message) => /^(?:request-|conversation-turn-|dom-)/.test(message.id));
  if (unnamed && !streaming && joint < active.length - 1) return { ...json, complete: false };
  const kept = active.slice(0, joint + 1);
  const replaced = active.slice(joint + 1).map((message) => ({ ...message, on_active_branch: false }));
  let parent = kept.at(-1)?.id ?? null;
  const added = tail.map((message) => {
    const linked = { ...message, parent_id: parent };
    parent = message.id;
    return linked;
  });
  return { ...json, complete: false, messages: [...kept, ...added, ...replaced, ...left] };
}

function longer(a: string, b: string): string {
  return b.length > a.length ? b : a;
}

/**
 * Finds conversations in any JSON of the site: the tree body, the paginated body and its older pages, a share page's
 * data, the official export, a file of `{request: body}`, an HTTP archive, or an envelope around one of them.
 */
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { CapturedConversation, ReadResult, ReadWarning, Strategy } from '../../types';
import { madeUpId, type ReadContext } from '../_adapter';
import { classifyPage, classifyRequest, conversationUrl } from './addresses';
import { isEvents } from '../_events';
import { roleOf } from './content';
import { readEvents } from './events';
import { readList, readTree, type Transcript } from './transcript';

/** A page of the paginated shape as it was asked for and answered. */
export interface ConversationPage {
  /** The cursor it was asked with; null for the newest page. */
  before: string | null;
  body: unknown;
}

/** How deep an envelope is opened. */
const MAX_DEPTH = 12;

/** Envelope fields whose content is the site's own and so wins over what else the envelope says. */
const NATIVE_FIELDS = [
  'raw_provider_payload',
  'raw_payload',
  'payload',
  'raw',
  'conversation',
  'conversations',
  'data',
  'serverResponse',
];

const KEPT_FIELDS = [
  'default_model_slug',
  'gizmo_id',
  'gizmo_type',
  'conversation_template_id',
  'conversation_origin',
  'backing_conversation_id',
  'is_archived',
  'is_starred',
  'is_study_mode',
  'memory_scope',
  'async_status',
  'voice',
];

/** @see Adapter.readJson */
export function readBodies(body: unknown, context: ReadContext = {}): ReadResult {
  const reader = new BodyReader(context);
  reader.find(body, '$', 0, context, true);
  reader.addStreams();
  if (reader.conversations.length === 0) reader.findPlain(body, '$', 0);
  return { conversations: reader.conversations, warnings: reader.warnings };
}

/**
 * Joins the pages of one conversation, oldest message first, following the cursors from the newest page.
 * A cursor that repeats, or a page that brings nothing new, ends the chain with a warning; the result is then a tail.
 * `wanted` is the cursor of the next older page, null when there is none or it cannot be trusted.
 */
export function joinPages(pages: ConversationPage[]): {
  body: JsonObject;
  closed: boolean;
  wanted: string | null;
  warnings: ReadWarning[];
} {
  const warnings: ReadWarning[] = [];
  const byCursor = new Map<string | null, JsonObject>();
  // The last answer to the same question is the newest.
  for (const page of pages) byCursor.set(page.before, asObject(page.body));
  const newest = byCursor.get(null);
  const head: JsonObject = newest ?? {};
  let messages: unknown[] = [];
  let closed = false;
  let wanted: string | null = null;
  const ids = new Set<string>();
  const asked = new Set<string | null>();
  let cursor: string | null = null;
  if (newest === undefined) {
    // Only older pages are here: nothing says how they join, so they are put in the order of their first message.
    const parts = [...byCursor.values()].sort((a, b) => firstTime(a) - firstTime(b));
    for (const part of parts) messages.push(...newOnes(asArray(part['messages']), ids));
    return { body: { messages }, closed: false, wanted: null, warnings };
  }
  for (;;) {
    const page: JsonObject | undefined = byCursor.get(cursor);
    if (page === undefined) {
      wanted = cursor;
      break;
    }
    asked.add(cursor);
    const fresh = newOnes(asArray(page['messages']), ids);
    const info: JsonObject = asObject(page['page_info']);
    messages = [...fresh, ...messages];
    if (info['has_previous_page'] !== true) {
      closed = info['has_previous_page'] === false || Object.keys(info).length === 0;
      break;
    }
    const next: string | null = asId(info['start_cursor']);
    if (fresh.length === 0 && cursor !== null) {
      warnings.push({
        code: 'empty_page',
        message: 'An older page brought no new message; older ones cannot be reached.',
        where: cursor,
      });
      break;
    }
    if (next === null || asked.has(next)) {
      warnings.push({
        code: 'repeated_cursor',
        message: next === null ? 'An older page has no cursor.' : 'A cursor repeats; older messages cannot be reached.',
        where: next ?? cursor,
      });
      break;
    }
    cursor = next;
  }
  return {
    body: { ...head, messages, page_info: { has_previous_page: !closed, start_cursor: wanted } },
    closed,
    wanted,
    warnings,
  };
}

function newOnes(messages: unknown[], ids: Set<string>): unknown[] {
  const fresh: unknown[] = [];
  for (const message of messages) {
    const id = asId(asObject(message)['id']);
    if (id !== null && ids.has(id)) continue;
    fresh.push(message);
  }
  for (const message of fresh) {
    const id = asId(asObject(message)['id']);
    if (id !== null) ids.add(id);
  }
  return fresh;
}

function firstTime(page: JsonObject): number {
  const time = asTime(asObject(asArray(page['messages'])[0])['create_time']);
  return time === null ? 0 : Date.parse(time);
}

/** True where a body is of the paginated shape. */
export function isPaged(body: unknown): body is JsonObject {
  return isObject(body) && Array.isArray(body['messages']) && !isObject(body['mapping']);
}

/** The id that a body itself gives its conversation. */
export function bodyId(body: unknown): string | null {
  const object = asObject(body);
  return asId(object['conversation_id']) ?? asId(object['conversationId']) ?? asId(object['id']);
}

/** True where the site says that it will not keep the chat. */
export function isTemporary(body: unknown): boolean {
  const object = asObject(body);
  return object['is_temporary_chat'] === true || object['is_temporary'] === true;
}

class BodyReader {
  readonly conversations: CapturedConversation[] = [];
  readonly warnings: ReadWarning[] = [];
  /** Turbo-stream data and envelopes may hold the same object twice, or hold themselves. */
  private readonly seen = new Set<object>();
  private readonly streams: Array<{ id: string | null; body: JsonObject; where: string; context: ReadContext }> = [];
  private readonly context: ReadContext;

  constructor(context: ReadContext) {
    this.context = context;
  }

  /** Native shapes. */
  find(value: unknown, where: string, depth: number, context: ReadContext, top = false): boolean {
    if (depth > MAX_DEPTH) return false;
    if (typeof value === 'string') return this.findInText(value, where, depth, context);
    if (typeof value !== 'object' || value === null || this.seen.has(value)) return false;
    this.seen.add(value);
    if (Array.isArray(value)) return this.findInArray(value, where, depth, context, top);
    const object = value as JsonObject;

    if (isObject(object['mapping']) || isRecordList(object['mapping'])) {
      this.add(object, where, context);
      return true;
    }
    if (isRecordList(object['linear_conversation'])) {
      this.add(object, where, context);
      return true;
    }
    if (Array.isArray(object['messages']) && (isObject(object['page_info']) || isRecordList(object['messages']))) {
      this.addPages(
        asId(object['conversation_id']) ?? asId(object['id']),
        [{ before: null, body: object }],
        where,
        context,
      );
      return true;
    }
    if (isObject(object['log']) && Array.isArray(object['log']['entries']))
      return this.findInArchive(object['log']['entries'], where, depth, context);
    const requests = Object.entries(object).filter(([key]) => /^(?:[A-Z]+ )?(?:https?:\/\/[^/]+)?\/backend-/.test(key));
    if (requests.length > 0) return this.findInRequests(requests, where);

    // What the envelope says about its content, for a content that does not say it itself.
    const url =
      asText(object['url']) ??
      asText(object['source_url']) ??
      asText(asObject(object['provenance'])['source_url']) ??
      context.url ??
      null;
    const inner = { ...context, url };
    let found = false;
    for (const field of NATIVE_FIELDS)
      if (field in object && this.find(object[field], `${where}.${field}`, depth + 1, inner)) found = true;
    if (found) return true;
    for (const [field, each] of Object.entries(object)) {
      if (typeof each === 'string' && !/^\s*[[{]/.test(each)) continue;
      if (this.find(each, `${where}.${field}`, depth + 1, inner)) found = true;
    }
    return found;
  }

  /** Lists of `{role, content}` that some tool wrote: read only where nothing native is there. */
  findPlain(value: unknown, where: string, depth: number): boolean {
    if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return false;
    if (Array.isArray(value)) {
      const roles = value.filter((each) => isObject(each) && roleOf(each) !== null);
      if (roles.length > 0 && roles.length * 2 >= value.length) {
        this.addPlain({}, value, where);
        return true;
      }
      let found = false;
      value.forEach((each, index) => {
        if (this.findPlain(each, `${where}[${index}]`, depth + 1)) found = true;
      });
      return found;
    }
    let found = false;
    for (const [field, each] of Object.entries(value)) {
      if (Array.isArray(each) && each.some((item) => isObject(item) && roleOf(item) !== null)) {
        this.addPlain(value as JsonObject, each, `${where}.${field}`);
        found = true;
      } else if (this.findPlain(each, `${where}.${field}`, depth + 1)) found = true;
    }
    return found;
  }

  private findInText(text: string, where: string, depth: number, context: ReadContext): boolean {
    if (isEvents(text)) return this.takeStream(text, where, context, null);
    if (!/^\s*[[{]/.test(text) || !/"mapping"|"messages"|"linear_conversation"/.test(text)) return false;
    const parsed = tryParse(text);
    return 'value' in parsed && this.find(parsed.value, where, depth + 1, context);
  }

  private findInArray(items: unknown[], where: string, depth: number, context: ReadContext, top: boolean): boolean {
    if (items.length > 0 && items.every((item) => isObject(item) && isObject(item['author']) && 'content' in item)) {
      this.addPages(null, [{ before: null, body: { messages: items } }], where, context);
      return true;
    }
    // An array of conversations is an export: nothing in it is being written any more.
    const inner = { ...context, settled: true };
    const missed: number[] = [];
    let found = false;
    items.forEach((item, index) => {
      if (this.find(item, `${where}[${index}]`, depth + 1, inner)) found = true;
      else missed.push(index);
    });
    if (found && top) {
      for (const index of missed) {
        const item = items[index];
        const title = asText(asObject(item)['title']);
        this.warnings.push({
          code: 'unreadable_record',
          message: `Record ${index + 1} of ${items.length}${title === null ? '' : ` ("${title}")`} holds no messages (${item === null ? 'null' : isObject(item) ? 'no mapping' : typeof item}); it is left out.`,
          where: `${where}[${index}]`,
        });
      }
    }
    return found;
  }

  /** An HTTP archive saved from the developer tools. */
  private findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): boolean {
    const requests: Array<[string, unknown]> = [];
    entries.forEach((entry, index) => {
      const request = asObject(asObject(entry)['request']);
      const url = asText(request['url']);
      const method = asText(request['method']) ?? 'GET';
      const content = asObject(asObject(asObject(entry)['response'])['content']);
      let text = asText(content['text']);
      if (url === null || text === null) return;
      if (content['encoding'] === 'base64') text = fromBase64(text);
      if (classifyRequest(url, method) === null && !/"mapping"/.test(text)) return;
      const at = `${where}.log.entries[${index}]`;
      if (isEvents(text) && this.takeStream(text, at, { ...context, url: null }, sentWith(request))) return;
      const parsed = tryParse(text);
      if ('value' in parsed) requests.push([`${method} ${url}`, parsed.value]);
      else if (classifyRequest(url, method)?.kind === 'conversation') {
        this.warnings.push({
          code: 'unreadable_record',
          message: `The body is not JSON: ${parsed.error}`,
          where: at,
        });
      }
    });
    const found = requests.length > 0 && this.findInRequests(requests, where, depth, context);
    return found || this.streams.length > 0;
  }

  /** Streams wait until everything else was read: they are used where nothing better is there. */
  private takeStream(text: string, where: string, context: ReadContext, sent: JsonObject | null): boolean {
    const read = readEvents(text);
    if (read === null) return false;
    const questions = asArray(sent?.['messages']).filter(isObject);
    const id = asId(read.body['conversation_id']) ?? asId(sent?.['conversation_id']);
    this.streams.push({
      id,
      body: { ...read.body, messages: [...questions, ...asArray(read.body['messages'])] },
      where,
      context,
    });
    return true;
  }

  addStreams(): void {
    const known = new Set(this.conversations.map((conversation) => conversation.id));
    const byId = new Map<string, typeof this.streams>();
    for (const stream of this.streams) {
      if (stream.id !== null && known.has(stream.id)) continue;
      const key = stream.id ?? stream.where;
      byId.set(key, [...(byId.get(key) ?? []), stream]);
    }
    for (const streams of byId.values()) {
      const messages = streams.flatMap((stream) => asArray(stream.body['messages']));
      const last = streams.at(-1);
      if (last === undefined) continue;
      const body = Object.assign({}, ...streams.map((stream) => stream.body), { messages }) as JsonObject;
      const transcript = readList(messages, null, this.warnings, last.where, last.context.settled ?? false);
      transcript.coverage = 'tail';
      this.warnings.push({
        code: 'stream_only',
        message: 'This is an answer as it was sent, put together from its pieces; what was said before is not in it.',
        where: last.where,
      });
      this.push(body, transcript, 'stream', last.where, last.context);
    }
  }

  /** Bodies by the request that fetched them: pages of one conversation are joined. */
  private findInRequests(
    requests: Array<[string, unknown]>,
    where: string,
    depth = 0,
    context: ReadContext = this.context,
  ): boolean {
    const pages = new Map<string, ConversationPage[]>();
    let found = false;
    for (const [key, body] of requests) {
      const [, method, url] = /^(?:([A-Z]+) )?(.*)$/s.exec(key) ?? [];
      const request = classifyRequest(url ?? key, method ?? 'GET');
      if (request !== null && request.conversationId !== null && isPaged(body)) {
        const list = pages.get(request.conversationId) ?? [];
        list.push({ before: request.before, body });
        pages.set(request.conversationId, list);
      } else if (this.find(body, `${where}["${key}"]`, depth + 1, { ...context, url: url ?? null })) found = true;
    }
    for (const [id, list] of pages) {
      this.addPages(id, list, where, context);
      found = true;
    }
    return found;
  }

  private addPages(id: string | null, pages: ConversationPage[], where: string, context: ReadContext): void {
    const joined = joinPages(pages);
    this.warnings.push(...joined.warnings);
    if (joined.wanted !== null) {
      this.warnings.push({
        code: 'older_pages_missing',
        message: 'The conversation goes on further back than what is here.',
        where: joined.wanted,
      });
    }
    const settled = context.settled ?? false;
    const onlyOlder = pages.every((page) => page.before !== null);
    const transcript = readList(
      asArray(joined.body['messages']),
      joined.body['current_node'],
      this.warnings,
      `${where}.messages`,
      isSettled(joined.body, context, settled),
    );
    transcript.coverage = onlyOlder ? 'some' : joined.closed ? 'all' : 'tail';
    this.push(
      id === null ? joined.body : { ...joined.body, conversation_id: id },
      transcript,
      'json-pages',
      where,
      context,
    );
  }

  private add(object: JsonObject, where: string, context: ReadContext): void {
    const shared = isShare(object);
    const settled = isSettled(object, context, (context.settled ?? false) || shared);
    const transcript =
      isObject(object['mapping']) || Array.isArray(object['mapping'])
        ? readTree(object['mapping'], object['current_node'], this.warnings, `${where}.mapping`, settled)
        : readList(
            asArray(object['linear_conversation']),
            object['current_node'],
            this.warnings,
            `${where}.linear_conversation`,
            settled,
          );
    this.push(object, transcript, shared ? 'share' : 'json-tree', where, context);
  }

  private addPlain(owner: JsonObject, records: unknown[], where: string): void {
    const transcript = readList(records, null, this.warnings, where, true);
    this.warnings.push({
      code: 'plain_messages',
      message: 'This is a plain list of messages, not a shape of the site; roles and texts are taken as they stand.',
      where,
    });
    this.push(owner, transcript, 'json-pages', where, this.context);
  }

  private push(
    object: JsonObject,
    transcript: Transcript,
    strategy: Strategy,
    where: string,
    context: ReadContext,
  ): void {
    const address = context.url === undefined || context.url === null ? null : classifyPage(context.url);
    const request = context.url === undefined || context.url === null ? null : classifyRequest(context.url, 'GET');
    if (transcript.messages.length === 0) {
      const title = asText(object['title']);
      this.warnings.push({
        code: 'empty_conversation',
        message: `The conversation${title === null ? '' : ` "${title}"`} holds nothing that a person sees; it is left out.`,
        where,
      });
      return;
    }
    let id =
      asId(object['conversation_id']) ??
      asId(object['id']) ??
      asId(object['conversationId']) ??
      address?.conversationId ??
      request?.conversationId ??
      null;
    if (id === null) {
      id = madeUpId(transcript.messages[0]?.markdown ?? '');
      this.warnings.push({
        code: 'no_conversation_id',
        message: 'Nothing names the conversation; the id is made from its first message.',
        where,
      });
    }
    const known = !id.startsWith('unidentified-');
    const metadata: JsonObject = {};
    for (const field of KEPT_FIELDS)
      if (object[field] !== null && object[field] !== undefined && object[field] !== '')
        metadata[field] = object[field];
    if (isTemporary(object) || address?.temporary === true) metadata['temporary'] = true;
    // "Do not remember" keeps a chat out of the site's own memory; it is still in the user's history.
    if (object['is_do_not_remember'] === true) metadata['do_not_remember'] = true;
    this.conversations.push({
      kind: 'conversation',
      site: 'chatgpt',
      id,
      url: known ? conversationUrl(id, strategy === 'share') : (context.url ?? null),
      title: asText(object['title']),
      created_at: asTime(object['create_time']) ?? asTime(object['created_at']),
      updated_at: asTime(object['update_time']) ?? asTime(object['updated_at']),
      captured_at: this.context.capturedAt ?? new Date().toISOString(),
      strategy,
      coverage: transcript.coverage,
      complete: transcript.coverage === 'all' && transcript.headFinished,
      messages: transcript.messages,
      metadata,
    });
  }
}

function isRecordList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.some((each) => isObject(each) && (isObject(each['author']) || isObject(asObject(each['message'])['author'])))
  );
}

function isShare(object: JsonObject): boolean {
  return (
    'linear_conversation' in object ||
    'continue_conversation_url' in object ||
    'backing_conversation_id' in object ||
    asText(object['shared_conversation_id']) !== null
  );
}

/** Nothing is being written where the context says so, or where nothing was written for a day. */
function isSettled(object: JsonObject, context: ReadContext, settled: boolean): boolean {
  if (settled) return true;
  const updated = asTime(object['update_time']);
  const now = context.capturedAt === undefined ? Date.now() : Date.parse(context.capturedAt);
  return updated !== null && now - Date.parse(updated) > 24 * 3_600_000;
}

/** What a request of an HTTP archive sent, where it is JSON. */
function sentWith(request: JsonObject): JsonObject | null {
  const parsed = tryParse(asText(asObject(request['postData'])['text']) ?? '');
  return 'value' in parsed && isObject(parsed.value) ? parsed.value : null;
}

function fromBase64(text: string): string {
  const bytes = Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

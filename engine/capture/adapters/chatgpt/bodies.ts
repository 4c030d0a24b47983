/**
 * Finds conversations in any JSON of the site: the tree body, the paginated body and its older pages, a share page's
 * data, the official export, a file of `{request: body}`, an HTTP archive, or an envelope around one of them.
 */
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { ReadResult, ReadWarning, Strategy } from '../../types';
import type { ReadContext } from '../_adapter';
import { archivedRequests } from '../_archive';
import { BodyReader, type SentAnswer, type Transcript } from '../_bodies';
import { classifyPage, classifyRequest, conversationUrl } from './addresses';
import { isEvents } from '../_events';
import { roleOf } from './content';
import { readEvents } from './events';
import { readList, readTree } from './transcript';

/** A page of the paginated shape as it was asked for and answered. */
export interface ConversationPage {
  /** The cursor it was asked with; null for the newest page. */
  before: string | null;
  body: unknown;
}

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
  return new ChatGptBodyReader(context).read(body);
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

class ChatGptBodyReader extends BodyReader {
  protected readonly site = 'chatgpt';
  protected readonly sign = /"mapping"|"messages"|"linear_conversation"/;
  protected readonly request = /^(?:[A-Z]+ )?(?:https?:\/\/[^/]+)?\/backend-/;
  protected readonly nativeFields = NATIVE_FIELDS;

  protected take(object: JsonObject, where: string, context: ReadContext): boolean {
    if (isObject(object['mapping']) || isRecordList(object['mapping']) || isRecordList(object['linear_conversation'])) {
      this.add(object, where, context);
      return true;
    }
    if (Array.isArray(object['messages']) && (isObject(object['page_info']) || isRecordList(object['messages']))) {
      const id = asId(object['conversation_id']) ?? asId(object['id']);
      this.addPages(id, [{ before: null, body: object }], where, context);
      return true;
    }
    return false;
  }

  protected takeMessages(items: unknown[], where: string, context: ReadContext): boolean {
    if (items.length === 0) return false;
    if (!items.every((item) => isObject(item) && isObject(item['author']) && 'content' in item)) return false;
    this.addPages(null, [{ before: null, body: { messages: items } }], where, context);
    return true;
  }

  protected override lacking(record: unknown): string {
    return `holds no messages (${record === null ? 'null' : isObject(record) ? 'no mapping' : typeof record})`;
  }

  protected findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): boolean {
    const requests: Array<[string, unknown]> = [];
    let found = false;
    for (const { url, method, sent, text, where: at } of archivedRequests(entries, where, this.warnings, 'GET')) {
      const request = classifyRequest(url, method);
      if (request === null && !text.includes('"mapping"')) continue;
      if (isEvents(text) && this.takeAnswer(text, at, { ...context, url: null }, sent)) {
        found = true;
        continue;
      }
      const parsed = tryParse(text);
      if ('value' in parsed) requests.push([`${method} ${url}`, parsed.value]);
      else if (request?.kind === 'conversation') this.warnNoJson(parsed.error, at);
    }
    if (requests.length > 0 && this.findInRequests(requests, where, depth, context)) found = true;
    return found;
  }

  protected readAnswer(text: string, _context: ReadContext, sent: string | null) {
    const read = readEvents(text);
    if (read === null) return null;
    const parsed = tryParse(sent ?? '');
    const asked = asObject('value' in parsed ? parsed.value : null);
    return {
      id: asId(read.body['conversation_id']) ?? asId(asked['conversation_id']),
      body: read.body,
      messages: [...asArray(asked['messages']).filter(isObject), ...asArray(read.body['messages'])],
    };
  }

  protected addAnswer(messages: unknown[], { where, context }: SentAnswer, said: JsonObject): void {
    const transcript = readList(messages, null, this.warnings, where, context.settled ?? false);
    this.push(said, { ...transcript, coverage: 'tail' }, 'stream', where, context);
  }

  /** Pages of one conversation are joined. */
  protected override findInRequests(
    requests: Array<[string, unknown]>,
    where: string,
    depth: number,
    context: ReadContext,
  ): boolean {
    const pages = new Map<string, ConversationPage[]>();
    const others: typeof requests = [];
    for (const [key, body] of requests) {
      const [, method = 'GET', url = key] = /^(?:([A-Z]+) )?(.*)$/s.exec(key) ?? [];
      const request = classifyRequest(url, method);
      if (request !== null && request.conversationId !== null && isPaged(body)) {
        const list = pages.get(request.conversationId) ?? [];
        list.push({ before: request.before, body });
        pages.set(request.conversationId, list);
      } else others.push([key, body]);
    }
    const found = super.findInRequests(others, where, depth, context);
    for (const [id, list] of pages) this.addPages(id, list, where, context);
    return found || pages.size > 0;
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

  protected isPlain(object: JsonObject): boolean {
    return roleOf(object) !== null;
  }

  protected addPlain(owner: JsonObject, records: unknown[], where: string, context: ReadContext): void {
    this.push(owner, readList(records, null, this.warnings, where, true), 'json-pages', where, context);
  }

  private push(
    object: JsonObject,
    transcript: Transcript,
    strategy: Strategy,
    where: string,
    context: ReadContext,
  ): void {
    const url = context.url ?? null;
    const address = url === null ? null : classifyPage(url);
    const metadata: JsonObject = {};
    for (const field of KEPT_FIELDS)
      if (object[field] !== null && object[field] !== undefined && object[field] !== '')
        metadata[field] = object[field];
    if (isTemporary(object) || address?.temporary === true) metadata['temporary'] = true;
    // "Do not remember" keeps a chat out of the site's own memory; it is still in the user's history.
    if (object['is_do_not_remember'] === true) metadata['do_not_remember'] = true;
    this.keep(
      transcript,
      {
        id:
          asId(object['conversation_id']) ??
          asId(object['id']) ??
          asId(object['conversationId']) ??
          address?.conversationId ??
          (url === null ? null : (classifyRequest(url, 'GET')?.conversationId ?? null)),
        address: (id) => conversationUrl(id, strategy === 'share'),
        title: asText(object['title']),
        createdAt: asTime(object['create_time']) ?? asTime(object['created_at']),
        updatedAt: asTime(object['update_time']) ?? asTime(object['updated_at']),
        strategy,
        metadata,
      },
      where,
      context,
    );
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

/**
 * Finds conversations in any JSON of the site: the detail body, a shared copy, the official export (an array or a part
 * of it), a file of `{request: body}`, an HTTP archive, or an envelope around one of them.
 */
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { CapturedConversation, ReadResult, ReadWarning, Strategy } from '../../types';
import { madeUpId, type ReadContext } from '../_adapter';
import { classifyPage, classifyRequest, conversationUrl } from './addresses';
import { isEvents } from '../_events';
import { roleOf } from './content';
import { readEvents, readSent } from './events';
import { readMessages } from './transcript';

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
  'snapshot',
  'data',
];

/** Kept as the site says them. */
const KEPT_FIELDS = [
  'summary',
  'platform',
  'conversation_uuid',
  'snapshot_name',
  'up_to_date',
  'effective_thinking_mode',
];

/** The current model is taken for that of the head when its answer is no older than this. */
const MODEL_IS_FRESH_MS = 15 * 60_000;
/** An answer that was not written on for so long is not being written. */
const SETTLED_AFTER_MS = 24 * 3_600_000;

/** @see Adapter.readJson */
export function readBodies(body: unknown, context: ReadContext = {}): ReadResult {
  const reader = new BodyReader(context);
  reader.find(body, '$', 0, context, true);
  reader.addStreams();
  if (reader.conversations.length === 0) reader.findPlain(body, '$', 0);
  return { conversations: reader.conversations, warnings: reader.warnings };
}

class BodyReader {
  readonly conversations: CapturedConversation[] = [];
  readonly warnings: ReadWarning[] = [];
  /** An envelope may hold the same object twice, or itself. */
  private readonly seen = new Set<object>();
  private readonly streams: Array<{
    id: string | null;
    messages: JsonObject[];
    where: string;
    context: ReadContext;
  }> = [];

  constructor(private readonly context: ReadContext) {}

  /** Native shapes. */
  find(value: unknown, where: string, depth: number, context: ReadContext, top = false): boolean {
    if (depth > MAX_DEPTH) return false;
    if (typeof value === 'string') {
      if (isEvents(value)) return this.takeStream(value, where, context, null);
      if (!/^\s*[[{]/.test(value) || !value.includes('"chat_messages"')) return false;
      const parsed = tryParse(value);
      return 'value' in parsed && this.find(parsed.value, where, depth + 1, context);
    }
    if (typeof value !== 'object' || value === null || this.seen.has(value)) return false;
    this.seen.add(value);
    if (Array.isArray(value)) return this.findInArray(value, where, depth, context, top);
    const object = value as JsonObject;

    if (Array.isArray(object['chat_messages'])) {
      this.add(object, object['chat_messages'], where, context);
      return true;
    }
    if (isObject(object['log']) && Array.isArray(object['log']['entries']))
      return this.findInArchive(object['log']['entries'], where, depth, context);
    const requests = Object.entries(object).filter(([key]) => /^(?:[A-Z]+ )?(?:https?:\/\/[^/]+)?\/api\//.test(key));
    if (requests.length > 0) {
      let found = false;
      for (const [key, body] of requests) {
        const url = key.replace(/^[A-Z]+ /, '');
        if (this.find(body, `${where}["${key}"]`, depth + 1, { ...context, url })) found = true;
      }
      return found;
    }

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
      if (
        field in object &&
        this.find(object[field], `${where}.${field}`, depth + 1, inner, top && field === 'conversations')
      )
        found = true;
    if (found) return true;
    for (const [field, each] of Object.entries(object)) {
      if (typeof each === 'string' && !/^\s*[[{]/.test(each)) continue;
      if (this.find(each, `${where}.${field}`, depth + 1, inner)) found = true;
    }
    return found;
  }

  /** Lists of `{sender, text}` or `{role, content}` that some tool wrote: read only where nothing native is there. */
  findPlain(value: unknown, where: string, depth: number): boolean {
    if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return false;
    const isPlain = (list: unknown[]): boolean => {
      const roles = list.filter((each) => isObject(each) && roleOf(each) !== null).length;
      return roles > 0 && roles * 2 >= list.length;
    };
    if (Array.isArray(value) && isPlain(value)) {
      this.addPlain({}, value, where);
      return true;
    }
    let found = false;
    for (const [field, each] of Object.entries(value)) {
      if (Array.isArray(each) && !Array.isArray(value) && isPlain(each)) {
        this.addPlain(value as JsonObject, each, `${where}.${field}`);
        found = true;
      } else if (this.findPlain(each, `${where}.${field}`, depth + 1)) found = true;
    }
    return found;
  }

  private findInArray(items: unknown[], where: string, depth: number, context: ReadContext, top: boolean): boolean {
    if (isMessageList(items)) {
      this.add({}, items, where, context);
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
        const title = asText(asObject(item)['name']) ?? asText(asObject(item)['title']);
        this.warnings.push({
          code: 'unreadable_record',
          message: `Record ${index + 1} of ${items.length}${title === null ? '' : ` ("${title}")`} holds no messages; it is left out.`,
          where: `${where}[${index}]`,
        });
      }
    }
    return found;
  }

  /** An HTTP archive saved from the developer tools. */
  private findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): boolean {
    let found = false;
    entries.forEach((entry, index) => {
      const url = asText(asObject(asObject(entry)['request'])['url']);
      const content = asObject(asObject(asObject(entry)['response'])['content']);
      let text = asText(content['text']);
      if (url === null || text === null) return;
      if (content['encoding'] === 'base64') text = fromBase64(text);
      const at = `${where}.log.entries[${index}]`;
      const sent = asText(asObject(asObject(asObject(entry)['request'])['postData'])['text']);
      if (isEvents(text) && this.takeStream(text, at, { ...context, url }, sent)) found = true;
      if (!text.includes('"chat_messages"')) return;
      const parsed = tryParse(text);
      if ('error' in parsed)
        this.warnings.push({ code: 'unreadable_record', message: `The body is not JSON: ${parsed.error}`, where: at });
      else if (this.find(parsed.value, at, depth + 1, { ...context, url })) found = true;
    });
    return found;
  }

  /** Streams wait until everything else was read: they are used where nothing better is there. */
  private takeStream(text: string, where: string, context: ReadContext, sent: string | null): boolean {
    const read = readEvents(text);
    if (read === null) return false;
    const url = context.url ?? null;
    const asked = url === null ? null : (classifyRequest(url, 'POST')?.conversationId ?? null);
    const question = sent === null ? null : readSent(sent, read.answer);
    this.streams.push({
      id: read.conversationId ?? asked,
      messages: question === null ? [read.answer] : [question, read.answer],
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
      const [first] = streams;
      if (first === undefined) continue;
      this.warnings.push({
        code: 'stream_only',
        message: 'This is an answer as it was sent, put together from its pieces; what was said before is not in it.',
        where: first.where,
      });
      const messages = streams.flatMap((stream) => stream.messages);
      this.add(first.id === null ? {} : { uuid: first.id }, messages, first.where, first.context, 'stream');
    }
  }

  private addPlain(owner: JsonObject, records: unknown[], where: string): void {
    this.warnings.push({
      code: 'plain_messages',
      message: 'This is a plain list of messages, not a shape of the site; roles and texts are taken as they stand.',
      where,
    });
    this.add(owner, records, where, { ...this.context, settled: true });
  }

  private add(
    object: JsonObject,
    records: unknown[],
    where: string,
    context: ReadContext,
    strategy: Strategy | null = null,
  ): void {
    const url = context.url ?? null;
    const address = url === null ? null : classifyPage(url);
    const request = url === null ? null : classifyRequest(url, 'GET');
    const shared =
      'snapshot_name' in object ||
      'up_to_date' in object ||
      (asText(object['conversation_uuid']) !== null && object['conversation_uuid'] !== object['uuid']) ||
      address?.share === true ||
      (url !== null && url.includes('/chat_snapshots/'));
    const now = this.context.capturedAt === undefined ? Date.now() : Date.parse(this.context.capturedAt);
    const updated = asTime(object['updated_at']);
    const settled =
      (context.settled ?? false) ||
      shared ||
      (updated !== null && now - Math.max(Date.parse(updated), madeAt(records)) > SETTLED_AFTER_MS) ||
      // A file that says nowhere why an answer stopped is an export, or as good as one.
      (strategy === null &&
        context.saved === true &&
        !records.some((record) => asText(asObject(record)['stop_reason']) !== null));
    const model = asText(object['model']);
    const currentLeaf = asId(object['current_leaf_message_uuid']);
    const transcript = readMessages(
      records,
      {
        currentLeaf,
        settled,
        linear: shared && !records.some((record) => asId(asObject(record)['uuid']) === currentLeaf),
        liveModel:
          model === null || settled || context.saved === true ? null : { model, since: now - MODEL_IS_FRESH_MS },
      },
      this.warnings,
      `${where}.chat_messages`,
    );
    const title = asText(object['name']) ?? asText(object['title']) ?? asText(object['snapshot_name']);
    if (transcript.messages.length === 0) {
      this.warnings.push({
        code: 'empty_conversation',
        message: `The conversation${title === null ? '' : ` "${title}"`} holds nothing that a person sees; it is left out.`,
        where,
      });
      return;
    }
    let id =
      asId(object['uuid']) ??
      asId(object['id']) ??
      asId(object['conversation_id']) ??
      address?.conversationId ??
      request?.conversationId ??
      null;
    const known = id !== null;
    if (id === null) {
      id = madeUpId(transcript.messages[0]?.markdown ?? '');
      this.warnings.push({
        code: 'no_conversation_id',
        message: 'Nothing names the conversation; the id is made from its first message.',
        where,
      });
    }
    this.conversations.push({
      kind: 'conversation',
      site: 'claude',
      id,
      url: known ? conversationUrl(id, shared) : url,
      title,
      created_at: asTime(object['created_at']),
      updated_at: updated,
      captured_at: this.context.capturedAt ?? new Date().toISOString(),
      strategy: strategy ?? (shared ? 'share' : 'json-tree'),
      coverage: strategy === 'stream' ? 'tail' : transcript.coverage,
      complete: strategy !== 'stream' && transcript.coverage === 'all' && transcript.headFinished,
      messages: transcript.messages,
      metadata: metadataOf(object, model, address?.temporary === true),
    });
  }
}

function metadataOf(object: JsonObject, model: string | null, temporary: boolean): JsonObject {
  const metadata: JsonObject = {};
  // The model that the site would use next; which one wrote an earlier answer is not known.
  if (model !== null) metadata['model'] = model;
  const project = asObject(object['project']);
  const projectId = asId(object['project_uuid']) ?? asId(project['uuid']);
  if (projectId !== null) metadata['project'] = { id: projectId, name: asText(project['name']) };
  if (object['is_starred'] === true) metadata['starred'] = true;
  if (object['is_archived'] === true || object['archived'] === true || asText(object['archived_at']) !== null)
    metadata['archived'] = true;
  if (object['is_temporary'] === true || temporary) metadata['temporary'] = true;
  for (const field of KEPT_FIELDS) {
    const value = object[field];
    if (value === true || value === false || asText(value) !== null) metadata[field] = value;
  }
  return metadata;
}

/**
 * When the newest message was made by the clock of the browser it was asked in, ms since the epoch: the page makes the
 * ids of messages, UUIDs of version 7, which hold it. A clock that is wrong by days is wrong here too, so an answer
 * that is being written does not look old. 0 where no id says it.
 */
function madeAt(records: unknown[]): number {
  let newest = 0;
  for (const record of records) {
    const id = asText(asObject(record)['uuid']) ?? '';
    if (/^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id))
      newest = Math.max(newest, Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  }
  return newest;
}

/** A bare `chat_messages` list. */
function isMessageList(items: unknown[]): boolean {
  const messages = items.filter(isObject);
  return (
    messages.length > 0 &&
    messages.every((item) => asText(item['sender']) !== null && ('text' in item || 'content' in item))
  );
}

function fromBase64(text: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)));
  } catch (error) {
    if (error instanceof DOMException) return '';
    throw error;
  }
}

/** Data of the conversation in the page's own scripts: JSON, or JSON in the pieces that a Next.js page pushes. */
export function readEmbedded(html: string, context: ReadContext = {}): ReadResult {
  if (!html.includes('chat_messages')) return { conversations: [], warnings: [] };
  const found: unknown[] = [];
  let pushed = '';
  for (const [, script = ''] of html.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/gi)) {
    const text = script.trim();
    if (/^[[{]/.test(text)) {
      const parsed = tryParse(text);
      if ('value' in parsed) found.push(parsed.value);
      continue;
    }
    for (const [, piece = ''] of text.matchAll(/__next_f\.push\((\[[\s\S]*\])\)/g)) {
      const parsed = tryParse(piece);
      if ('value' in parsed)
        pushed += asArray(parsed.value)
          .filter((each) => typeof each === 'string')
          .join('');
    }
  }
  for (const line of pushed.split('\n')) {
    const json = /^[0-9a-f]+:([[{].*)$/s.exec(line)?.[1];
    if (json === undefined || !json.includes('chat_messages')) continue;
    const parsed = tryParse(json);
    if ('value' in parsed) found.push(parsed.value);
  }
  const results = found
    .map((value) => readBodies(value, context))
    .filter((result) => result.conversations.some((each) => each.messages.length > 0));
  const native = results.filter((result) => !result.warnings.some((warning) => warning.code === 'plain_messages'));
  return {
    conversations: native.flatMap((result) => result.conversations),
    warnings: native.flatMap((result) => result.warnings),
  };
}

/**
 * Finds conversations in any JSON of the site: the detail body, a shared copy, the official export (an array or a part
 * of it), a file of `{request: body}`, an HTTP archive, or an envelope around one of them.
 */
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { ReadResult, Strategy } from '../../types';
import type { ReadContext } from '../_adapter';
import { archivedRequests } from '../_archive';
import { BodyReader, type SentAnswer } from '../_bodies';
import { classifyPage, classifyRequest, conversationUrl } from './addresses';
import { isEvents } from '../_events';
import { roleOf } from './content';
import { designMessages } from './design';
import { readEvents, readSent } from './events';
import { readMessages } from './transcript';

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
  return new ClaudeBodyReader(context).read(body);
}

class ClaudeBodyReader extends BodyReader {
  protected readonly site = 'claude';
  protected readonly sign = /"chat_messages"/;
  protected readonly request = /^(?:[A-Z]+ )?(?:https?:\/\/[^/]+)?\/api\//;
  protected readonly nativeFields = NATIVE_FIELDS;

  protected take(object: JsonObject, where: string, context: ReadContext): boolean {
    if (Array.isArray(object['chat_messages'])) {
      this.add(object, object['chat_messages'], where, context);
      return true;
    }
    const designed = designMessages(object);
    if (designed === null) return false;
    // All are titled "Chat"; what they are of has a name.
    const title = object['title'] === 'Chat' ? asText(asObject(object['project'])['name']) : null;
    this.add({ ...object, is_design: true, ...(title !== null && { title }) }, designed, where, context);
    return true;
  }

  protected takeMessages(items: unknown[], where: string, context: ReadContext): boolean {
    if (!isMessageList(items)) return false;
    this.add({}, items, where, context);
    return true;
  }

  protected findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): boolean {
    let found = false;
    for (const { url, sent, text, where: at } of archivedRequests(entries, where, this.warnings, 'GET')) {
      if (isEvents(text) && this.takeAnswer(text, at, { ...context, url }, sent)) found = true;
      if (!this.sign.test(text)) continue;
      const parsed = tryParse(text);
      if ('error' in parsed) this.warnNoJson(parsed.error, at);
      else if (this.find(parsed.value, at, depth + 1, { ...context, url })) found = true;
    }
    return found;
  }

  protected readAnswer(text: string, { url }: ReadContext, sent: string | null) {
    const read = readEvents(text);
    if (read === null) return null;
    const asked = url === undefined || url === null ? null : classifyRequest(url, 'POST');
    const id = read.conversationId ?? asked?.conversationId ?? null;
    const question = sent === null ? null : readSent(sent, read.answer);
    return {
      id,
      body: id === null ? {} : { uuid: id },
      messages: question === null ? [read.answer] : [question, read.answer],
    };
  }

  protected addAnswer(messages: unknown[], { where, context }: SentAnswer, said: JsonObject): void {
    this.add(said, messages, where, context, 'stream');
  }

  protected isPlain(object: JsonObject): boolean {
    return roleOf(object) !== null;
  }

  protected addPlain(owner: JsonObject, records: unknown[], where: string, context: ReadContext): void {
    this.add(owner, records, where, { ...context, settled: true });
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
    this.keep(
      strategy === 'stream' ? { ...transcript, coverage: 'tail' } : transcript,
      {
        id:
          asId(object['uuid']) ??
          asId(object['id']) ??
          asId(object['conversation_id']) ??
          address?.conversationId ??
          request?.conversationId ??
          null,
        // Where a conversation of Claude Design is to be opened is not known.
        address: (id) => (object['is_design'] === true ? null : conversationUrl(id, shared)),
        title: asText(object['name']) ?? asText(object['title']) ?? asText(object['snapshot_name']),
        createdAt: asTime(object['created_at']),
        updatedAt: updated,
        strategy: strategy ?? (shared ? 'share' : 'json-tree'),
        metadata: metadataOf(object, model, address?.temporary === true),
      },
      where,
      context,
    );
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
  if (object['is_design'] === true) metadata['design'] = true;
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

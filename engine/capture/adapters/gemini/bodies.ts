/**
 * Finds conversations in any JSON of gemini.google.com: answers of its procedures, an HTTP archive, a Takeout export,
 * the lists of `{role, text}` that tools write, or an envelope around one of them.
 */
import { asArray, asId, asObject, asText, asTime, isObject, type JsonObject, tryParse } from '../../json';
import type { CapturedConversation, CapturedMessage, ReadResult, ReadWarning } from '../../types';
import { madeUpId, type ReadContext } from '../_adapter';
import { archivedRequests } from '../_archive';
import { bare, classifyPage, classifyRequest, conversationUrl } from './addresses';
import { conversationOf, type GeminiBody, type Joined, listIn, readBody } from './body';
import { isTurn } from './content';
import { isFrames, parseBody } from './envelope';
import { GeminiHolding } from './holding';
import { isStreamed } from './stream';
import { isActivity, readActivity } from './takeout';
import { isWorkspaceChat, readWorkspaceChat } from './workspace';

const MAX_DEPTH = 10;

/** @see Adapter.readJson */
export function readBodies(value: unknown, context: ReadContext = {}): ReadResult {
  const reader = new BodyReader(context);
  reader.find(value, '$', 0, context);
  reader.join();
  if (reader.conversations.length === 0) reader.findPlain(value, '$', 0);
  return { conversations: reader.conversations, warnings: reader.warnings };
}

class BodyReader {
  readonly conversations: CapturedConversation[] = [];
  readonly warnings: ReadWarning[] = [];
  private readonly pages = new Map<string, Array<{ body: GeminiBody; context: ReadContext }>>();
  private readonly seen = new Set<object>();

  constructor(private readonly context: ReadContext) {}

  find(value: unknown, where: string, depth: number, context: ReadContext): void {
    if (depth > MAX_DEPTH) return;
    if (typeof value === 'string') {
      this.findInText(value, where, depth, context);
      return;
    }
    if (typeof value !== 'object' || value === null || this.seen.has(value)) return;
    this.seen.add(value);
    if (isFrames(value) || isStreamed(value) || holdsTurns(value)) {
      this.take(value, where, context);
      return;
    }
    if (Array.isArray(value)) {
      if (value.some(isActivity)) {
        const read = readActivity(value, this.context);
        this.conversations.push(...read.conversations);
        this.warnings.push(...read.warnings);
        return;
      }
      value.forEach((each, index) => this.find(each, `${where}[${index}]`, depth + 1, context));
      return;
    }
    const object = value as JsonObject;
    if (isWorkspaceChat(object)) {
      const { conversation, warnings } = readWorkspaceChat(object, this.context);
      this.warnings.push(...warnings);
      this.add(conversation, where);
      return;
    }
    const log = asObject(object['log'])['entries'];
    if (Array.isArray(log)) {
      this.findInArchive(log, `${where}.log.entries`, depth, context);
      return;
    }
    const url = asText(object['url']) ?? context.url ?? null;
    for (const [field, each] of Object.entries(object))
      this.find(each, `${where}.${field}`, depth + 1, {
        ...context,
        url: /^https?:\/\/|^\/_\//.test(field) ? field : url,
      });
  }

  /** Pages of one conversation belong together, in whatever order they are here. */
  join(): void {
    for (const [id, pages] of this.pages) {
      const share = pages.find((page) => page.body.share);
      const holding = new GeminiHolding(id);
      for (const { body } of pages) holding.take({ ...body, id }, { conversationId: id, before: null });
      const joined = holding.joined() ?? alone(id, pages[0]?.body);
      if (joined === null) continue;
      const context = pages.find((page) => page.context.url !== undefined && page.context.url !== null)?.context;
      const made = id.startsWith('unidentified-');
      if (joined.coverage !== 'all' && pages.every((page) => page.body.streamed === null))
        this.warnings.push({
          code: pages.some((page) => page.body.cut) ? 'cut_body' : 'older_pages_missing',
          message: 'The conversation goes on further back than what is here.',
          where: id,
        });
      this.add(
        conversationOf(
          { ...joined, url: made || (share !== undefined && !isShareId(id, context)) ? null : joined.url },
          { ...this.context, ...(context ?? {}) },
        ),
        id,
      );
    }
  }

  private add(conversation: CapturedConversation, where: string): void {
    if (conversation.messages.length > 0) {
      this.conversations.push(conversation);
      return;
    }
    this.warnings.push({
      code: 'empty_conversation',
      message: 'The conversation holds nothing that a person sees; it is left out.',
      where,
    });
  }

  private take(value: unknown, where: string, context: ReadContext): void {
    const body = readBody(value, this.warnings);
    if (body === null) {
      if (isFrames(value) && value.some((frame) => listIn(tryJson(frame[2])).length > 0))
        this.warnings.push({
          code: 'list_only',
          message: 'This is the list of conversations, without their messages.',
          where,
        });
      return;
    }
    const address = context.url === undefined || context.url === null ? null : classifyPage(context.url);
    const request = context.url === undefined || context.url === null ? null : classifyRequest(context.url, 'POST');
    const shareId = body.share
      ? address?.share === true
        ? address.conversationId
        : (request?.conversationId ?? null)
      : null;
    let id = shareId ?? body.id ?? address?.conversationId ?? null;
    if (id === null) {
      id = madeUpId(body.turns[0]?.question?.markdown ?? '');
      this.warnings.push({
        code: 'no_conversation_id',
        message: 'Nothing names the conversation; the id is made from its first message.',
        where,
      });
    }
    const held = this.pages.get(id) ?? [];
    held.push({ body, context });
    this.pages.set(id, held);
  }

  private findInText(text: string, where: string, depth: number, context: ReadContext): void {
    if (text.includes('"wrb.fr"') && /^\s*(?:\)\]\}'|\d+\s*\n|\[)/.test(text)) {
      try {
        this.find(parseBody(text), where, depth + 1, context);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        this.warnings.push({ code: 'unreadable_record', message: error.message, where });
      }
    } else if (/^\s*[[{]/.test(text) && /(?:"|\\")rc_|Gemini Apps|"role"/.test(text)) {
      const parsed = tryParse(text);
      if ('value' in parsed) this.find(parsed.value, where, depth + 1, context);
    }
  }

  /** An HTTP archive saved from the developer tools. */
  private findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): void {
    for (const { url, method, text, where: at } of archivedRequests(entries, where, this.warnings, 'POST')) {
      if (classifyRequest(url, method) !== null) this.findInText(text, at, depth + 1, { ...context, url });
    }
  }

  /** `{conversations: [{id, title, create_time, entries|messages: [{role|author, text|content}]}]}` and the like. */
  findPlain(value: unknown, where: string, depth: number): void {
    if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      if (isTranscript(value)) this.addPlain({}, value, where);
      else value.forEach((each, index) => this.findPlain(each, `${where}[${index}]`, depth + 1));
      return;
    }
    const object = value as JsonObject;
    const records = Object.values(object).find(isTranscript);
    if (records !== undefined) this.addPlain(object, records, where);
    else for (const [field, each] of Object.entries(object)) this.findPlain(each, `${where}.${field}`, depth + 1);
  }

  private addPlain(owner: JsonObject, records: unknown[], where: string): void {
    const messages: CapturedMessage[] = [];
    for (const record of records) {
      const role = roleOf(record);
      const object = asObject(record);
      const markdown = plainText(object).trim();
      if (role === null || markdown === '') continue;
      messages.push({
        id: asId(object['id']) ?? `${messages.length + 1}`,
        parent_id: messages.at(-1)?.id ?? null,
        role,
        author: null,
        model: asText(object['model']),
        created_at: asTime(object['created_at'] ?? object['create_time'] ?? object['timestamp'] ?? object['time']),
        markdown,
        finished: true,
        on_active_branch: true,
        attachments: [],
        metadata: {},
      });
    }
    const named = asId(owner['id']) ?? asId(owner['conversation_id']) ?? asId(owner['conversationId']);
    const id = named === null ? madeUpId(messages[0]?.markdown ?? '') : bare(named);
    if (named === null)
      this.warnings.push({
        code: 'no_conversation_id',
        message: 'Nothing names the conversation; the id is made from its first message.',
        where,
      });
    this.add(
      {
        kind: 'conversation',
        site: 'gemini',
        id,
        url: named === null ? null : conversationUrl(id, false),
        title: asText(owner['title']) ?? asText(owner['name']),
        created_at: asTime(owner['create_time'] ?? owner['created_at']),
        updated_at: asTime(owner['update_time'] ?? owner['updated_at']),
        captured_at: this.context.capturedAt ?? new Date().toISOString(),
        strategy: 'json-pages',
        coverage: 'all',
        complete: messages.at(-1)?.role === 'assistant',
        messages,
        metadata: {},
      },
      where,
    );
  }
}

/** A stream that was saved without its question is the end of a conversation all the same. */
function alone(id: string, body: GeminiBody | undefined): Joined | null {
  if (body === undefined) return null;
  const { title, turns } = body;
  return { id, title, turns, coverage: 'tail', strategy: 'stream', url: conversationUrl(id, false) };
}

/** A payload that was taken out of its frame, or a list of turns. */
function holdsTurns(value: object): boolean {
  return (
    Array.isArray(value) &&
    (value.some(isTurn) ||
      value.some((each) => Array.isArray(each) && (each.some(isTurn) || asArray(each[1]).some(isTurn))))
  );
}

function isShareId(id: string, context: ReadContext | undefined): boolean {
  const url = context?.url ?? null;
  if (url === null) return false;
  const address = classifyPage(url);
  return (
    (address?.share === true && address.conversationId === id) || classifyRequest(url, 'POST')?.conversationId === id
  );
}

/** Only what calls its answers the model's is known to be of this site. */
function isTranscript(value: unknown): value is unknown[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.some((each) => roleOf(each) !== null) &&
    value.some((each) => /^(?:model|gemini|bard)$/i.test(speakerOf(each))) &&
    value.every((each) => isObject(each))
  );
}

function speakerOf(record: unknown): string {
  const object = asObject(record);
  for (const field of ['role', 'author', 'sender', 'from', 'speaker']) {
    const said = object[field];
    const text = asText(said) ?? asText(asObject(said)['role']) ?? asText(asObject(said)['name']);
    if (text !== null) return text;
  }
  return '';
}

function roleOf(record: unknown): 'user' | 'assistant' | null {
  const speaker = speakerOf(record);
  if (/^(?:user|human|you|me)$/i.test(speaker)) return 'user';
  return /^(?:model|gemini|bard|assistant)$/i.test(speaker) ? 'assistant' : null;
}

function plainText(record: JsonObject): string {
  for (const field of ['text', 'content', 'parts', 'message', 'markdown']) {
    const said = record[field];
    if (typeof said === 'string') return said;
    if (Array.isArray(said))
      return said
        .map((part) => (typeof part === 'string' ? part : (asText(asObject(part)['text']) ?? '')))
        .filter((part) => part !== '')
        .join('\n\n');
    if (isObject(said)) return plainText(said);
  }
  return '';
}

function tryJson(value: unknown): unknown {
  const parsed = typeof value === 'string' ? tryParse(value) : { error: '' };
  return 'value' in parsed ? parsed.value : null;
}

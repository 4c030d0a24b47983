/** Finds a site's conversations in any JSON around them: what the sites that answer in objects have in common. */
import { asObject, asText, isObject, tryParse, type JsonObject } from '../json';
import type { CapturedConversation, CapturedMessage, Coverage, ReadResult, ReadWarning, Strategy } from '../types';
import type { Site } from '../sites';
import { madeUpId, type ReadContext } from './_adapter';
import { MAX_DEPTH } from './_envelope';
import { isEvents } from './_events';

/** The messages of one body, as a person sees them. */
export interface Transcript {
  messages: CapturedMessage[];
  coverage: Coverage;
  /** The head of the shown branch is a finished answer. */
  headFinished: boolean;
}

/** What a body says of the conversation that its messages are. */
export interface Said {
  /** Null where nothing names it. */
  id: string | null;
  /** The address to open it at, if it has an id; null where that is not known. */
  address: (id: string) => string | null;
  title: string | null;
  createdAt: string | null;
  updatedAt: string | null;
  strategy: Strategy;
  metadata: JsonObject;
}

/** An answer as it was sent, piece by piece. */
export interface SentAnswer {
  /** Of the conversation, where it says so. */
  id: string | null;
  /** What the stream says of the conversation. */
  body: JsonObject;
  messages: unknown[];
  where: string;
  context: ReadContext;
}

/**
 * Goes through a body once and collects what it finds. `where` is a place in the body as JSONPath has it; `context` what
 * the envelopes so far say.
 */
export abstract class BodyReader {
  protected readonly conversations: CapturedConversation[] = [];
  protected readonly warnings: ReadWarning[] = [];
  private readonly answers: SentAnswer[] = [];
  /** An envelope, or data of a turbo-stream, may hold the same object twice, or itself. */
  private readonly seen = new Set<object>();

  protected abstract readonly site: Site;
  /** Stands in every text that is worth being parsed. */
  protected abstract readonly sign: RegExp;
  /** Keys of a file of `{request: body}`. */
  protected abstract readonly request: RegExp;
  /** Envelope fields whose content is the site's own and so wins over what else the envelope says. */
  protected abstract readonly nativeFields: readonly string[];

  constructor(protected readonly context: ReadContext) {}

  /** @see Adapter.readJson */
  read(body: unknown): ReadResult {
    this.find(body, '$', 0, this.context, true);
    this.addAnswers();
    if (this.conversations.length === 0) this.findPlain(body, '$', 0);
    return { conversations: this.conversations, warnings: this.warnings };
  }

  /** Takes an object that is one of the site's own shapes, and says whether it is. */
  protected abstract take(object: JsonObject, where: string, context: ReadContext): boolean;
  /** The same of an array that is the messages of one conversation and nothing around them. */
  protected abstract takeMessages(items: unknown[], where: string, context: ReadContext): boolean;
  protected abstract findInArchive(entries: unknown[], where: string, depth: number, context: ReadContext): boolean;
  /** An answer put together from its pieces, and what it was sent for; null for a stream of something else. */
  protected abstract readAnswer(
    text: string,
    context: ReadContext,
    sent: string | null,
  ): Omit<SentAnswer, 'where' | 'context'> | null;
  /** Adds what the answers to one conversation hold between them, oldest first. */
  protected abstract addAnswer(messages: unknown[], last: SentAnswer, said: JsonObject): void;
  /** Whether an object is a message that some tool wrote. */
  protected abstract isPlain(object: JsonObject): boolean;
  /** Adds a list of such messages; `owner` is what they stand in. */
  protected abstract addPlain(owner: JsonObject, records: unknown[], where: string, context: ReadContext): void;
  /** What is missing in a record of an export that is no conversation. */
  protected lacking(_record: unknown): string {
    return 'holds no messages';
  }

  /** Native shapes. `top` is said of the outermost, whose records are counted. */
  protected find(value: unknown, where: string, depth: number, context: ReadContext, top = false): boolean {
    if (depth > MAX_DEPTH) return false;
    if (typeof value === 'string') return this.findInText(value, where, depth, context);
    if (typeof value !== 'object' || value === null || this.seen.has(value)) return false;
    this.seen.add(value);
    if (Array.isArray(value))
      return this.takeMessages(value, where, context) || this.findInArray(value, where, depth, context, top);
    const object = value as JsonObject;

    if (this.take(object, where, context)) return true;
    const entries = asObject(object['log'])['entries'];
    if (Array.isArray(entries)) return this.findInArchive(entries, `${where}.log.entries`, depth, context);
    const requests = Object.entries(object).filter(([key]) => this.request.test(key));
    if (requests.length > 0) return this.findInRequests(requests, where, depth, context);

    // What the envelope says about its content, for a content that does not say it itself.
    const url =
      asText(object['url']) ??
      asText(object['source_url']) ??
      asText(asObject(object['provenance'])['source_url']) ??
      context.url ??
      null;
    const inner = { ...context, url };
    let found = false;
    for (const field of this.nativeFields) {
      const counted = top && field === 'conversations';
      if (field in object && this.find(object[field], `${where}.${field}`, depth + 1, inner, counted)) found = true;
    }
    if (found) return true;
    for (const [field, each] of Object.entries(object)) {
      if (typeof each === 'string' && !/^\s*[[{]/.test(each)) continue;
      if (this.find(each, `${where}.${field}`, depth + 1, inner)) found = true;
    }
    return found;
  }

  /** Bodies by the request that fetched them, `METHOD address` or the address alone. */
  protected findInRequests(
    requests: Array<[string, unknown]>,
    where: string,
    depth: number,
    context: ReadContext,
  ): boolean {
    let found = false;
    for (const [key, body] of requests) {
      const url = key.replace(/^[A-Z]+ /, '');
      if (this.find(body, `${where}["${key}"]`, depth + 1, { ...context, url })) found = true;
    }
    return found;
  }

  private findInText(text: string, where: string, depth: number, context: ReadContext): boolean {
    if (isEvents(text)) return this.takeAnswer(text, where, context, null);
    if (!/^\s*[[{]/.test(text) || !this.sign.test(text)) return false;
    const parsed = tryParse(text);
    return 'value' in parsed && this.find(parsed.value, where, depth + 1, context);
  }

  private findInArray(items: unknown[], where: string, depth: number, context: ReadContext, top: boolean): boolean {
    // An array of conversations is an export: nothing in it is being written any more.
    const inner = { ...context, settled: true };
    const missed: number[] = [];
    let found = false;
    items.forEach((item, index) => {
      if (this.find(item, `${where}[${index}]`, depth + 1, inner)) found = true;
      else missed.push(index);
    });
    if (!found || !top) return found;
    for (const index of missed) {
      const item = items[index];
      const title = asText(asObject(item)['name']) ?? asText(asObject(item)['title']);
      this.warnings.push({
        code: 'unreadable_record',
        message: `Record ${index + 1} of ${items.length}${title === null ? '' : ` ("${title}")`} ${this.lacking(item)}; it is left out.`,
        where: `${where}[${index}]`,
      });
    }
    return true;
  }

  /** Lists of messages that some tool wrote: read only where nothing native is there. */
  private findPlain(value: unknown, where: string, depth: number): boolean {
    if (depth > MAX_DEPTH || typeof value !== 'object' || value === null) return false;
    const plain = (list: unknown[]) => list.filter((each) => isObject(each) && this.isPlain(each)).length;
    let found = false;
    if (Array.isArray(value)) {
      const list = value.map(fromExporter);
      const many = plain(list);
      if (many > 0 && many * 2 >= value.length) {
        this.addPlainly({}, list, where);
        return true;
      }
      for (const [index, each] of value.entries())
        if (this.findPlain(each, `${where}[${index}]`, depth + 1)) found = true;
      return found;
    }
    for (const [field, each] of Object.entries(value)) {
      const list = Array.isArray(each) ? each.map(fromExporter) : [];
      if (plain(list) > 0) {
        this.addPlainly(value as JsonObject, list, `${where}.${field}`);
        found = true;
      } else if (this.findPlain(each, `${where}.${field}`, depth + 1)) found = true;
    }
    return found;
  }

  private addPlainly(owner: JsonObject, records: unknown[], where: string): void {
    this.warnings.push({
      code: 'plain_messages',
      message: 'This is a plain list of messages, not a shape of the site; roles and texts are taken as they stand.',
      where,
    });
    const about = asObject(owner['metadata']);
    const url = asText(owner['url']) ?? asText(about['link']) ?? this.context.url ?? null;
    this.addPlain({ title: about['title'], ...owner }, records, where, { ...this.context, url });
  }

  /** Answers wait until everything else was read: they are used where nothing better is there. */
  protected takeAnswer(text: string, where: string, context: ReadContext, sent: string | null): boolean {
    const read = this.readAnswer(text, context, sent);
    if (read === null) return false;
    this.answers.push({ ...read, where, context });
    return true;
  }

  private addAnswers(): void {
    const known = new Set(this.conversations.map(({ id }) => id));
    const groups = new Map<string, SentAnswer[]>();
    for (const answer of this.answers) {
      if (answer.id !== null && known.has(answer.id)) continue;
      const key = answer.id ?? answer.where;
      groups.set(key, [...(groups.get(key) ?? []), answer]);
    }
    for (const answers of groups.values()) {
      const last = answers.at(-1) as SentAnswer;
      this.warnings.push({
        code: 'stream_only',
        message: 'This is an answer as it was sent, put together from its pieces; what was said before is not in it.',
        where: last.where,
      });
      this.addAnswer(
        answers.flatMap(({ messages }) => messages),
        last,
        Object.assign({}, ...answers.map(({ body }) => body)) as JsonObject,
      );
    }
  }

  protected warnNoJson(problem: string, where: string): void {
    this.warnings.push({ code: 'unreadable_record', message: `The body is not JSON: ${problem}`, where });
  }

  /** Adds a conversation, or says why there is nothing to add. */
  protected keep(transcript: Transcript, said: Said, where: string, context: ReadContext): void {
    const { messages, coverage, headFinished } = transcript;
    if (messages.length === 0) {
      this.warnings.push({
        code: 'empty_conversation',
        message: `The conversation${said.title === null ? '' : ` "${said.title}"`} holds nothing that a person sees; it is left out.`,
        where,
      });
      return;
    }
    if (said.id === null) {
      this.warnings.push({
        code: 'no_conversation_id',
        message: 'Nothing names the conversation; the id is made from its first message.',
        where,
      });
    }
    this.conversations.push({
      kind: 'conversation',
      site: this.site,
      id: said.id ?? madeUpId(messages[0]?.markdown ?? ''),
      url: said.id === null ? (context.url ?? null) : said.address(said.id),
      title: said.title,
      created_at: said.createdAt,
      updated_at: said.updatedAt,
      captured_at: this.context.capturedAt ?? new Date().toISOString(),
      strategy: said.strategy,
      coverage,
      complete: coverage === 'all' && headFinished,
      messages,
      metadata: said.metadata,
    });
  }
}

/** What the extensions "ChatGPT Exporter" and "Claude Exporter" call who speaks. */
const EXPORTER_ROLES = new Map<unknown, string>([
  ['Prompt', 'user'],
  ['Response', 'assistant'],
]);

/** A message as they write it, `{role, say}`, named as other tools name it; anything else as it is. */
function fromExporter(record: unknown): unknown {
  if (!isObject(record) || typeof record['say'] !== 'string') return record;
  const role = EXPORTER_ROLES.get(record['role']);
  return role === undefined ? record : { role, content: record['say'] };
}

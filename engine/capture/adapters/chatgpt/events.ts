/**
 * Puts a saved stream of an answer together (`POST /backend-api/f/conversation`). Until 2024 each event was the whole
 * message so far; since then events are patches (`delta_encoding: v1`): `{c, p, o, v}` is an operation at a pointer in
 * the document of a channel, and what an event leaves out is as in the one before. Patches can miss spans of a text, so
 * this is for files that hold nothing better: a tab's conversation is read again instead (see `stream.ts`).
 */
import { asArray, asId, asObject, asText, isObject, type JsonObject } from '../../json';
import { valuesOf } from '../_events';

export interface StreamedAnswer {
  /** As the paginated body names it: `conversation_id`, `title`, `messages` in the order they began. */
  body: JsonObject;
  /** The stream said that it is over. */
  ended: boolean;
}

type Container = JsonObject | unknown[];

/** The messages in a stream, or null where it is another site's. */
export function readEvents(text: string): StreamedAnswer | null {
  const stream = new Stream();
  for (const value of valuesOf(text)) stream.take(value);
  if (stream.messages.size === 0) return null;
  return { body: { ...stream.said, messages: [...stream.messages.values()] }, ended: stream.ended };
}

class Stream {
  readonly messages = new Map<string, JsonObject>();
  readonly said: JsonObject = {};
  ended = false;
  private readonly channels = new Map<unknown, Container>();
  private channel: unknown = 0;
  private pointer = '';
  private operation = 'add';
  /** Where a batch last added to a text: a bare text goes on there. */
  private written = '';

  take(value: unknown): void {
    if (value === '[DONE]') this.ended = true;
    if (!isObject(value)) return;
    const encoded = asText(asObject(asObject(value['payload'])['payload'])['encoded_item']);
    if (encoded !== null) {
      for (const each of valuesOf(encoded)) this.take(each);
      return;
    }
    this.note(value);
    if (isObject(value['message'])) this.keep(value['message']);
    else if (isObject(value['input_message'])) this.keep(value['input_message']);
    else if (typeof value['type'] !== 'string' && 'v' in value) this.patch(value);
  }

  private note(value: JsonObject): void {
    const id = asId(value['conversation_id']);
    if (id !== null) this.said['conversation_id'] = id;
    const title = value['type'] === 'title_generation' ? asText(value['title']) : null;
    if (title !== null) this.said['title'] = title;
    if (value['is_temporary_chat'] === true) this.said['is_temporary_chat'] = true;
    if (value['type'] === 'message_stream_complete') this.ended = true;
  }

  private keep(message: JsonObject): void {
    const id = asId(message['id']);
    if (id !== null) this.messages.set(id, message);
  }

  private patch(event: JsonObject): void {
    const value = event['v'];
    if ('c' in event) this.channel = event['c'];
    if ('p' in event) this.pointer = asText(event['p']) ?? '';
    if ('o' in event) {
      this.operation = asText(event['o']) ?? '';
      if (this.operation === 'patch' && !('p' in event)) this.pointer = '';
    }
    if (isObject(value) && isObject(value['message']) && !('o' in event)) {
      this.pointer = '';
      this.operation = 'add';
    }
    if (this.operation === 'patch' && typeof value === 'string') {
      this.apply(this.written, 'append', value);
    } else if (this.operation === 'patch' || isBatch(value)) {
      this.operation = 'patch';
      for (const each of asArray(value)) {
        const { p, o, v } = asObject(each);
        const at = this.pointer + (asText(p) ?? '');
        if (o === 'append' && typeof v === 'string') this.written = at;
        this.apply(at, asText(o) ?? '', v);
      }
    } else this.apply(this.pointer, this.operation, value);
    const root = asObject(this.channels.get(this.channel));
    this.note(root);
    if (isObject(root['message'])) this.keep(root['message']);
  }

  private apply(pointer: string, operation: string, value: unknown): void {
    const document: JsonObject = { root: this.channels.get(this.channel) };
    const keys = `/root${pointer}`
      .split('/')
      .slice(1)
      .map((key) => key.replace(/~1/g, '/').replace(/~0/g, '~'));
    if (keys.includes('__proto__')) return;
    const last = keys.pop() ?? '';
    let at: Container = document;
    for (const key of keys) {
      let inner = child(at, key);
      if (typeof inner !== 'object' || inner === null) {
        inner = {};
        put(at, key, inner);
      }
      at = inner as Container;
    }
    if (operation === 'remove') {
      if (Array.isArray(at)) at.splice(Number(last), 1);
      else Reflect.deleteProperty(at, last);
    } else if (operation === 'truncate') {
      const now = child(at, last);
      if (typeof now === 'string' && typeof value === 'number') put(at, last, now.slice(0, value));
    } else put(at, last, operation === 'append' ? joined(child(at, last), value) : value);
    const root = document['root'];
    if (typeof root === 'object' && root !== null) this.channels.set(this.channel, root as Container);
  }
}

function isBatch(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => isObject(each) && 'o' in each && 'v' in each)
  );
}

function child(container: Container, key: string): unknown {
  return Array.isArray(container) ? container[Number(key)] : container[key];
}

function put(container: Container, key: string, value: unknown): void {
  if (!Array.isArray(container)) container[key] = value;
  else if (key === '-') container.push(value);
  // An index far beyond the end is no place in a list that a site sends.
  else if (Number.isInteger(Number(key)) && Number(key) <= container.length) container[Number(key)] = value;
}

function joined(now: unknown, value: unknown): unknown {
  if (typeof now === 'string' && typeof value === 'string') return now + value;
  if (Array.isArray(now)) return [...(now as unknown[]), ...(Array.isArray(value) ? (value as unknown[]) : [value])];
  if (isObject(now) && isObject(value)) return { ...now, ...value };
  return value;
}

/**
 * Puts a saved stream of an answer together (`POST …/completion`): blocks that grow by deltas, or until 2025 pieces of
 * one text. The question is not in it, only in what was sent. For files that hold nothing better: a tab's conversation
 * is read again instead (see `stream.ts`).
 */
import { asArray, asId, asObject, asText, isObject, tryParse, type JsonObject } from '../../json';
import { valuesOf } from '../_events';

/** A stream as `chat_messages` names it. */
export interface StreamedAnswer {
  answer: JsonObject;
  conversationId: string | null;
}

/** The answer in a stream, or null where it is another site's. */
export function readEvents(text: string): StreamedAnswer | null {
  const answer: JsonObject = { sender: 'assistant', text: '', content: [] };
  const blocks = new Map<number, JsonObject>();
  const pieces = new Map<JsonObject, string>();
  let conversationId: string | null = null;
  let model: string | null = null;
  let begun = false;

  for (const value of valuesOf(text)) {
    const event = asObject(value);
    const type = asText(event['type']);
    conversationId ??= asText(event['conversation_uuid']) ?? asText(asObject(event['conversation'])['uuid']);
    const index = Number(event['index'] ?? 0);
    if (type === 'message_start') {
      const message = asObject(event['message']);
      begun = true;
      model = asText(message['model']) ?? model;
      answer['uuid'] = asId(message['uuid']) ?? asId(message['id']);
      answer['parent_message_uuid'] = asId(message['parent_uuid']);
      if (asArray(message['content']).length > 0) answer['content'] = message['content'];
    } else if (type === 'content_block_start') {
      begun = true;
      blocks.set(index, { ...asObject(event['content_block']) });
      answer['created_at'] ??= asObject(event['content_block'])['start_timestamp'];
    } else if (type === 'content_block_delta') {
      const block = blocks.get(index) ?? { type: 'text', text: '' };
      blocks.set(index, block);
      begun = true;
      grow(block, asObject(event['delta']), pieces);
    } else if (type === 'content_block_stop') {
      const block = blocks.get(index);
      if (block !== undefined && asText(event['stop_timestamp']) !== null)
        block['stop_timestamp'] = event['stop_timestamp'];
    } else if (type === 'tool_use_block_update' || type === 'content_block_update') {
      const block = blocks.get(index);
      if (block !== undefined) Object.assign(block, asObject(event['update'] ?? event['content_block']));
    } else if (type === 'message_delta') {
      answer['stop_reason'] = asText(asObject(event['delta'])['stop_reason']) ?? answer['stop_reason'];
    } else if (type === 'message_stop') {
      answer['stop_reason'] ??= 'end_turn';
    } else if (typeof event['completion'] === 'string') {
      begun = true;
      const block = blocks.get(0) ?? { type: 'text', text: '' };
      blocks.set(0, { ...block, text: textIn(block, 'text') + event['completion'] });
      model = asText(event['model']) ?? model;
      answer['uuid'] ??= asId(event['uuid']);
      answer['stop_reason'] = asText(event['stop_reason']) ?? answer['stop_reason'];
    }
  }
  if (!begun || (blocks.size === 0 && asArray(answer['content']).length === 0)) return null;
  for (const [block, json] of pieces) {
    const parsed = tryParse(json);
    // Input that is cut is kept as it came: what it was going to be is anybody's guess.
    const field = block['type'] === 'tool_result' ? 'content' : 'input';
    if ('value' in parsed) block[field] = parsed.value;
    else block[field] = { partial_json: json };
  }
  // A span that was cut goes as far as its text.
  for (const block of blocks.values())
    for (const cited of asArray(block['citations']).map(asObject))
      if ('start_index' in cited) cited['end_index'] ??= lengthOf(block);
  if (blocks.size > 0) answer['content'] = [...blocks.entries()].sort(([a], [b]) => a - b).map(([, block]) => block);
  answer['uuid'] ??= 'streamed-answer';
  if (answer['stop_reason'] === undefined) answer['truncated'] = true;
  if (model !== null) answer['model'] = model;
  return { answer, conversationId };
}

function grow(block: JsonObject, delta: JsonObject, pieces: Map<JsonObject, string>): void {
  const add = (field: string, piece: unknown): void => {
    if (typeof piece === 'string') block[field] = textIn(block, field) + piece;
  };
  const type = asText(delta['type']) ?? '';
  if (type === 'input_json_delta') {
    const piece = delta['partial_json'];
    if (typeof piece === 'string') pieces.set(block, (pieces.get(block) ?? '') + piece);
  } else if (type === 'thinking_summary_delta') {
    block['summaries'] = [...asArray(block['summaries']), delta['summary']];
  } else if (type === 'citation_start_delta' && isObject(delta['citation'])) {
    block['citations'] = [...asArray(block['citations']), { ...delta['citation'], start_index: lengthOf(block) }];
  } else if (type === 'citation_end_delta') {
    const open = asArray(block['citations'])
      .map(asObject)
      .findLast((each) => each['uuid'] === delta['citation_uuid']);
    if (open !== undefined) open['end_index'] = lengthOf(block);
  } else if (type === 'tool_use_block_update_delta') {
    const { type: _type, ...update } = delta;
    Object.assign(block, update);
  } else {
    add('text', delta['text']);
    add('thinking', delta['thinking']);
  }
}

function textIn(block: JsonObject, field: string): string {
  const text = block[field];
  return typeof text === 'string' ? text : '';
}

/** As the site counts places in a text: whole code points. */
function lengthOf(block: JsonObject): number {
  return [...textIn(block, 'text')].length;
}

/** The question that was sent for a stream, as `chat_messages` names it; null where it cannot be told. */
export function readSent(sent: string, answer: JsonObject): JsonObject | null {
  const parsed = tryParse(sent);
  const body = asObject('value' in parsed ? parsed.value : null);
  const prompt = asText(body['prompt']);
  if (prompt === null) return null;
  const ids = asObject(body['turn_message_uuids']);
  const own = asId(ids['human_message_uuid']) ?? asId(answer['parent_message_uuid']);
  const question: JsonObject = {
    uuid: own ?? 'streamed-question',
    sender: 'human',
    text: '',
    content: [{ type: 'text', text: prompt }],
    attachments: body['attachments'],
    files: asArray(body['files']).filter(isObject),
    parent_message_uuid: body['parent_message_uuid'],
  };
  answer['parent_message_uuid'] ??= question['uuid'];
  return question;
}

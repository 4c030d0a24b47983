/**
 * Grok's export: `ttl/30d/export_data/<user>/prod-grok-backend.json` with `{conversations: [{conversation, responses:
 * [{response}]}], projects}`, as described by public readers of it (2026); accounts and bills beside it are not kept.
 * Senders are `human` or whatever an answer's model was called; times of messages are MongoDB's.
 */
import { asArray, asId, asObject, asText, asTime, isObject, type JsonObject, treeConversation } from '../capture/files';
import type { Attachment, CapturedMessage } from '../capture/types';
import { type Citation, withCards } from './grok-cards';
import { type Connector, type SourceFile, warning } from './port';
import { recordsOf, stateTime } from './records';

const BACKEND = /"conversations"\s*:\s*\[\s*\{\s*"(?:conversation|responses)"\s*:/;
const OWN = /(?:^|\/)prod-(?:mc-|grok-)[^/]*(?:\.json$|\/)/;

export const grok: Connector = {
  id: 'grok',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) if (/\.json$/i.test(file.path) && BACKEND.test(await peek(file))) taken.push(file);
    if (taken.length === 0) return [];
    return [...taken, ...files.filter((file) => OWN.test(file.path) && !taken.includes(file))];
  },

  async *read(files, options) {
    for (const file of files) {
      if (!BACKEND.test(await options.peek(file))) continue;
      for await (const item of recordsOf(file, undefined, { fields: /^conversations$/ })) {
        options.signal?.throwIfAborted();
        if ('broken' in item) {
          yield item.broken;
          continue;
        }
        const { conversation, responses } = asObject(item.value);
        const said = asObject(conversation);
        const id = asId(said['id']) ?? asId(said['conversation_id']);
        const messages = asArray(responses).map((each, index) => message(asObject(each), index));
        if (id === null || messages.every(isEmpty)) {
          const problem = id === null ? 'The record names no conversation' : 'Nothing was said in it';
          yield warning(
            file,
            id === null ? 'unreadable_record' : 'empty_conversation',
            `${problem}; it is left out.`,
            item.where,
          );
          continue;
        }
        const facts = { updated_at: said['modify_time'], created_at: said['create_time'] };
        yield {
          file: file.path,
          item: treeConversation(
            {
              site: 'grok',
              id,
              url: `https://grok.com/c/${encodeURIComponent(id)}`,
              title: asText(said['title']),
              created_at: time(said['create_time']),
              updated_at: time(said['modify_time']),
              strategy: 'json-tree',
              messages: linked(messages),
              head: asId(said['leaf_response_id']),
              metadata: said['starred'] === true ? { starred: true } : {},
            },
            { capturedAt: stateTime(facts, file, options.now) },
          ),
        };
      }
    }
  },
};

const isEmpty = ({ markdown, attachments, metadata }: CapturedMessage): boolean =>
  markdown === '' && attachments.length === 0 && Object.keys(metadata).length === 0;

/** Messages that say nothing are kept for the answers that name them. */
function message(wrapped: JsonObject, index: number): CapturedMessage {
  const said = isObject(wrapped['response']) ? wrapped['response'] : wrapped;
  const user = /^(?:human|user)$/i.test(asText(said['sender']) ?? '');
  const images = asArray(said['generated_image_urls']).flatMap((url): Attachment[] => {
    const name = asText(url);
    return name === null ? [] : [{ kind: 'image', name: name.replace(/^.*\//, '') || 'image', reference: name }];
  });
  const files = asArray(said['file_attachments']).flatMap((each): Attachment[] => {
    const id = asId(each) ?? asId(asObject(each)['id']);
    return id === null ? [] : [{ kind: 'file', name: asText(asObject(each)['name']) ?? id, reference: id }];
  });
  const cited = asArray(said['cited_web_search_results'])
    .map(asObject)
    .flatMap(({ url, title }): Citation[] =>
      asText(url) === null ? [] : [{ url: String(url), title: asText(title) }],
    );
  const text = asText(said['message']) ?? '';
  const drawn = user ? { markdown: text, attachments: [], citations: [] } : withCards(text, said);
  const citations = [...cited, ...drawn.citations.filter(({ url }) => !cited.some((each) => each.url === url))];
  const thinking = asText(said['thinking_trace']);
  const error = asText(said['error']);
  const words = [drawn.markdown, ...images.map(({ name }) => `[Image: ${name}]`)].join('\n\n').trim();
  // What failed says so where the answer would be; the question after it hangs on it.
  const markdown = words === '' && files.length === 0 && thinking === null ? (error ?? '') : words;
  return {
    id: asId(said['_id']) ?? asId(said['id']) ?? `message-${index}`,
    parent_id: asId(said['parent_response_id']),
    role: user ? 'user' : 'assistant',
    author: null,
    model: user ? null : asText(said['model']),
    created_at: time(said['create_time']),
    markdown,
    finished: true,
    on_active_branch: true,
    attachments: [...images, ...drawn.attachments, ...files],
    metadata: {
      ...(thinking !== null && { thinking }),
      ...(citations.length > 0 && { citations }),
      ...(error !== null && { error }),
    },
  };
}

/** Where no message says what it answers, each answers the one before. */
function linked(messages: CapturedMessage[]): CapturedMessage[] {
  if (messages.some(({ parent_id }) => parent_id !== null)) return messages;
  return messages.map((each, index) => ({ ...each, parent_id: messages[index - 1]?.id ?? null }));
}

/** ISO 8601, or `{$date: {$numberLong}}`. */
function time(value: unknown): string | null {
  const date = isObject(value) ? (value['$date'] ?? value) : value;
  return asTime(isObject(date) ? (date['$numberLong'] ?? date['$date']) : date);
}

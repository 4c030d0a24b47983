/**
 * Perplexity: the download of one's data, `{conversations: [{context_title, entries: [{query, answer}]}]}`; a file for each
 * thread, `{entries: [{query_str, blocks}], thread_metadata}` as its own pages have it; or `{metadata, conversations:
 * [{query, answer}]}` as exporters write it. All are described by public readers of them (2026).
 */
import { asArray, asId, asObject, asText, type JsonObject, stableHash, treeConversation } from '../capture/files';
import type { CapturedConversation, CapturedMessage } from '../capture/types';
import { fromEntry, fromTurn, utc, withSources } from './perplexity-turns';
import { type Connector, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const ENTRIES = /"entries"\s*:\s*\[[\s\S]*"query_str"\s*:/;
const TURNS =
  /"metadata"\s*:\s*\{[\s\S]*"thread_(?:id|title|url)"\s*:[\s\S]*"conversations"\s*:\s*\[|"thread_id"[\s\S]*"query"\s*:/;
const DOWNLOAD = /"conversations"\s*:\s*\[\s*\{(?=[\s\S]*"query"\s*:)[\s\S]*"(?:context_title|collection_uuid)"\s*:/;

export const perplexity: Connector = {
  id: 'perplexity',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      if (!/\.json$/i.test(file.path)) continue;
      const text = await peek(file);
      if (ENTRIES.test(text) || TURNS.test(text) || DOWNLOAD.test(text)) taken.push(file);
    }
    return taken;
  },

  async *read(files, options) {
    for (const file of files) {
      options.signal?.throwIfAborted();
      const whole = DOWNLOAD.test(await options.peek(file)) ? { fields: /^conversations$/ } : {};
      for await (const item of recordsOf(file, undefined, whole)) {
        if ('broken' in item) {
          yield item.broken;
          continue;
        }
        const thread = conversationOf(asObject(item.value), file, options.now);
        if (thread === null)
          yield warning(file, 'unreadable_record', 'The record holds no questions; it is left out.', item.where);
        else yield { item: thread, file: file.path };
      }
    }
  },
};

function conversationOf(thread: JsonObject, file: SourceFile, now: string): CapturedConversation | null {
  const entries = asArray(thread['entries'] ?? thread['messages']).map(asObject);
  const facts = asObject(thread['thread_metadata'] ?? thread['metadata']);
  const turns = (
    entries.length > 0 ? entries.map(fromEntry) : asArray(thread['conversations']).map(asObject).map(fromTurn)
  ).filter(({ question, answer }) => question !== null || answer !== null);
  if (turns.length === 0) return null;
  if (turns.every(({ time }) => time !== null)) turns.sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''));
  const first = entries[0] ?? {};
  const slug = asText(first['thread_url_slug']) ?? asText(facts['thread_url'])?.replace(/^.*\/search\//, '') ?? null;
  const known = asId(first['context_uuid']) ?? asId(facts['thread_id']) ?? slug ?? (turns[0]?.id || null);
  // The download names neither threads nor what was asked.
  const id = known ?? `download-${stableHash(`${asText(thread['created_at'])} ${turns[0]?.question}`)}`;
  const messages: CapturedMessage[] = turns.flatMap(
    ({ id: given, question, answer, model, time, citations }, index) => {
      const id = given === '' ? `turn-${index}` : given;
      const make = (role: 'user' | 'assistant', markdown: string | null): CapturedMessage[] =>
        markdown === null
          ? []
          : [
              {
                id: role === 'user' ? `${id}:question` : id,
                parent_id: null,
                role,
                author: null,
                model: role === 'assistant' ? model : null,
                created_at: time,
                markdown: role === 'user' ? markdown : withSources(markdown, citations),
                finished: true,
                on_active_branch: true,
                attachments: [],
                metadata: role === 'assistant' && citations.length > 0 ? { citations } : {},
              },
            ];
      return [...make('user', question), ...make('assistant', answer)];
    },
  );
  const updated = utc(facts['updated_at'] ?? facts['thread_updated_at']) ?? turns.at(-1)?.time ?? null;
  return treeConversation(
    {
      site: 'perplexity',
      id,
      url: known === null ? null : `https://www.perplexity.ai/search/${encodeURIComponent(slug ?? known)}`,
      title:
        asText(facts['title']) ??
        asText(facts['thread_title']) ??
        asText(first['thread_title']) ??
        asText(thread['context_title']) ??
        asText(thread['title']),
      created_at:
        utc(facts['created_at'] ?? facts['thread_created_at'] ?? thread['created_at']) ?? turns[0]?.time ?? null,
      updated_at: updated,
      strategy: 'json-tree',
      messages: messages.map((each, index) => ({ ...each, parent_id: messages[index - 1]?.id ?? null })),
      head: messages.at(-1)?.id ?? null,
      metadata: {},
    },
    { capturedAt: updated ?? file.modified ?? now },
  );
}

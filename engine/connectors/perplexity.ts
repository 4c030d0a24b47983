/**
 * Perplexity: a file for each thread, `{entries: [{query_str, blocks}], thread_metadata}` as its data requests and its own
 * pages have it, or `{metadata, conversations: [{query, answer}]}` as exporters write it. Both are described by public
 * readers of them (2026); the official download was not seen.
 */
import { asArray, asId, asObject, asText, asTime, type JsonObject, treeConversation } from '../capture/files';
import type { CapturedConversation, CapturedMessage } from '../capture/types';
import { type Connector, plainName, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const ENTRIES = /"entries"\s*:\s*\[[\s\S]*"query_str"\s*:/;
const TURNS =
  /"metadata"\s*:\s*\{[\s\S]*"thread_(?:id|title|url)"\s*:[\s\S]*"conversations"\s*:\s*\[|"thread_id"[\s\S]*"query"\s*:/;

export const perplexity: Connector = {
  id: 'perplexity',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      if (!/\.json$/i.test(file.path)) continue;
      const text = await peek(file);
      if (ENTRIES.test(text) || TURNS.test(text)) taken.push(file);
    }
    return taken;
  },

  async *read(files, options) {
    for (const file of files) {
      options.signal?.throwIfAborted();
      for await (const item of recordsOf(file)) {
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

interface Turn {
  id: string;
  question: string | null;
  answer: string | null;
  model: string | null;
  time: string | null;
  citations: Array<{ url: string; title: string | null }>;
}

function conversationOf(thread: JsonObject, file: SourceFile, now: string): CapturedConversation | null {
  const entries = asArray(thread['entries']).map(asObject);
  const facts = asObject(thread['thread_metadata'] ?? thread['metadata']);
  const turns = (
    entries.length > 0 ? entries.map(fromEntry) : asArray(thread['conversations']).map(asObject).map(fromTurn)
  )
    .filter(({ question, answer }) => question !== null || answer !== null)
    .map((turn, index) => ({ ...turn, id: turn.id === '' ? `turn-${index}` : turn.id }));
  if (turns.length === 0) return null;
  if (turns.every(({ time }) => time !== null)) turns.sort((a, b) => (a.time ?? '').localeCompare(b.time ?? ''));
  const first = entries[0] ?? {};
  const slug = asText(first['thread_url_slug']) ?? asText(facts['thread_url'])?.replace(/^.*\/search\//, '') ?? null;
  const id = asId(first['context_uuid']) ?? asId(facts['thread_id']) ?? slug ?? turns[0]?.id ?? plainName(file.path);
  const messages: CapturedMessage[] = turns.flatMap(({ id, question, answer, model, time, citations }) => {
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
  });
  const updated = utc(facts['updated_at'] ?? facts['thread_updated_at']) ?? turns.at(-1)?.time ?? null;
  return treeConversation(
    {
      site: 'perplexity',
      id,
      url: `https://www.perplexity.ai/search/${encodeURIComponent(slug ?? id)}`,
      title: asText(facts['title']) ?? asText(facts['thread_title']) ?? asText(first['thread_title']),
      created_at: utc(facts['created_at'] ?? facts['thread_created_at']) ?? turns[0]?.time ?? null,
      updated_at: updated,
      strategy: 'json-tree',
      messages: messages.map((each, index) => ({ ...each, parent_id: messages[index - 1]?.id ?? null })),
      head: messages.at(-1)?.id ?? null,
      metadata: {},
    },
    { capturedAt: updated ?? file.modified ?? now },
  );
}

/** Times without a zone are UTC. */
function utc(value: unknown): string | null {
  return asTime(typeof value === 'string' && /T\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(value) ? `${value}Z` : value);
}

function fromEntry(entry: JsonObject): Turn {
  const blocks = asArray(entry['blocks']).map((block) => asObject(asObject(block)['markdown_block']));
  const answer = blocks.map(
    ({ answer, chunks }) =>
      asText(answer) ??
      asText(
        asArray(chunks)
          .filter((each) => typeof each === 'string')
          .join(''),
      ),
  );
  const found = asArray(entry['blocks']).flatMap((block) =>
    asArray(asObject(asObject(block)['web_result_block'])['web_results']),
  );
  return {
    id: asId(entry['uuid']) ?? asId(entry['backend_uuid']) ?? '',
    question: asText(entry['query_str']),
    answer: answer.find((text) => text !== null) ?? null,
    model: asText(entry['display_model']) ?? asText(entry['user_selected_model']),
    time:
      [entry['entry_created_datetime'], entry['entry_updated_datetime'], entry['updated_datetime']]
        .map(utc)
        .find((time) => time !== null) ?? null,
    citations: sources(found),
  };
}

function fromTurn(turn: JsonObject): Turn {
  return {
    id: asId(turn['uuid']) ?? '',
    question: asText(turn['query']),
    answer: asText(turn['answer']),
    model: asText(turn['model']),
    time: utc(turn['timestamp']),
    citations: sources(asArray(turn['sources'])),
  };
}

function sources(found: unknown[]): Turn['citations'] {
  return found.map(asObject).flatMap(({ url, title, name }) => {
    const address = asText(url);
    return address === null ? [] : [{ url: address, title: asText(title) ?? asText(name) }];
  });
}

/** `[3]` as a link to the third source. */
function withSources(markdown: string, citations: Turn['citations']): string {
  return markdown.replace(/\[(\d{1,3})\](?!\()/g, (mark, number: string) => {
    const source = citations[Number(number) - 1];
    return source === undefined ? mark : `[${number}](${source.url.replace(/[()\s]/g, encodeURIComponent)})`;
  });
}

/** Perplexity's questions and answers, in the shapes that they come in. */
import { asArray, asId, asObject, asText, asTime, type JsonObject } from '../capture/files';

export interface Turn {
  id: string;
  question: string | null;
  answer: string | null;
  model: string | null;
  time: string | null;
  citations: Array<{ url: string; title: string | null }>;
}

/** Times without a zone are UTC. */
export function utc(value: unknown): string | null {
  return asTime(typeof value === 'string' && /T\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/.test(value) ? `${value}Z` : value);
}

export function fromEntry(entry: JsonObject): Turn {
  if (!('query_str' in entry)) return fromTurn(entry);
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

export function fromTurn(turn: JsonObject): Turn {
  return {
    id: asId(turn['uuid']) ?? '',
    question: asText(turn['query']),
    answer: asText(turn['answer']),
    model: asText(turn['model']),
    time: utc(turn['timestamp'] ?? turn['created_at']),
    citations: sources(asArray(turn['sources'] ?? turn['citations'])),
  };
}

function sources(found: unknown[]): Turn['citations'] {
  return found.map(asObject).flatMap(({ url, title, name }) => {
    const address = asText(url);
    return address === null ? [] : [{ url: address, title: asText(title) ?? asText(name) }];
  });
}

/** `[3]` as a link to the third source. */
export function withSources(markdown: string, citations: Turn['citations']): string {
  return markdown.replace(/\[(\d{1,3})\](?!\()/g, (mark, number: string) => {
    const source = citations[Number(number) - 1];
    return source === undefined ? mark : `[${number}](${source.url.replace(/[()\s]/g, encodeURIComponent)})`;
  });
}

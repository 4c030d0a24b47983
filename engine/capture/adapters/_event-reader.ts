/** Answers that come as server-sent events, read while they come. In the page's own world, so it must be small. */
import type { StreamNews, StreamReader } from './_stream';
import { asObject, type JsonObject, tryParse } from '../json';

/** A line longer than this is not kept: what is looked for comes in short events. */
const MAX_LINE = 256 * 1024;

/**
 * Reads the events that may say something; the stream is over at `[DONE]`, or when `onEvent` says so in the news.
 *
 * @param worthReading what is in the JSON of such an event; pieces of the text, which are most of a stream, need no parsing.
 */
export function readEventStream(
  worthReading: RegExp,
  onEvent: (event: JsonObject, news: StreamNews) => void,
): StreamReader {
  let rest = '';
  let skipping = false;
  const news: StreamNews = { conversationId: null, ended: false, temporary: false };

  const read = (line: string): void => {
    if (!line.startsWith('data:') || line.length > MAX_LINE) return;
    const data = line.slice('data:'.length).trim();
    if (data === '[DONE]') news.ended = true;
    if (!worthReading.test(data)) return;
    const parsed = tryParse(data);
    if ('value' in parsed) onEvent(asObject(parsed.value), news);
  };

  return {
    push(text) {
      rest += text;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (!skipping) read(line);
        skipping = false;
      }
      if (rest.length > MAX_LINE) {
        rest = '';
        skipping = true;
      }
      return { ...news };
    },
    close() {
      if (rest !== '' && !skipping) read(rest.replace(/\r$/, ''));
      rest = '';
      if (!news.ended) news.cut = true;
      news.ended = true;
      return { ...news };
    },
  };
}

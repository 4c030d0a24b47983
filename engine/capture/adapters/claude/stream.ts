/**
 * Reads just enough of an answer's server-sent events (`POST …/completion`, `…/retry_completion`) to know that it
 * ended. Which conversation it belongs to is in the request's path; the events seldom say it. The text is not put
 * together: the ids of both messages are made by the page and are in the request's body, so the detail is read again
 * when the stream is over.
 */
import type { StreamNews, StreamReader } from '../_stream';
import { asObject, asText, tryParse } from '../../json';

/** A line longer than this is not kept: what is looked for comes in short events. */
const MAX_LINE = 256 * 1024;

export function readStream(): StreamReader {
  let rest = '';
  let skipping = false;
  const news: StreamNews = { conversationId: null, ended: false, temporary: false };

  const line = (text: string): void => {
    if (!text.startsWith('data:')) return;
    const data = text.slice('data:'.length).trim();
    if (data === '[DONE]') {
      news.ended = true;
      return;
    }
    // Deltas are most of a stream and say nothing of this.
    if (!/message_stop|conversation|is_temporary|"completion"/.test(data)) return;
    const parsed = tryParse(data);
    if ('error' in parsed) return;
    const event = asObject(parsed.value);
    const type = asText(event['type']);
    if (type === 'content_block_delta' || type === 'content_block_start') return;
    const inner = asObject(event['conversation']);
    news.conversationId ??=
      asText(event['conversation_uuid']) ??
      asText(event['conversation_id']) ??
      asText(inner['uuid']) ??
      asText(asObject(event['message'])['conversation_uuid']);
    if (type === 'message_stop') news.ended = true;
    // Until 2025 each event was a piece of the text, and the last one said why it stopped.
    if (type === 'completion' && asText(event['stop_reason']) !== null) news.ended = true;
    if (event['is_temporary'] === true || inner['is_temporary'] === true) news.temporary = true;
  };

  return {
    push(text) {
      rest += text;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const each of lines) {
        if (!skipping && each.length <= MAX_LINE) line(each);
        skipping = false;
      }
      if (rest.length > MAX_LINE) {
        rest = '';
        skipping = true;
      }
      return { ...news };
    },
    close() {
      if (rest !== '' && !skipping) line(rest.replace(/\r$/, ''));
      rest = '';
      if (!news.ended) news.cut = true;
      news.ended = true;
      return { ...news };
    },
  };
}

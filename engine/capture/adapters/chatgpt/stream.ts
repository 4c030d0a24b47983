/**
 * Reads just enough of an answer's server-sent events (`POST /backend-api/f/conversation`) to know which conversation
 * it belongs to and that it ended. The text is not put together from the patches, which drop spans of it; the detail
 * is read again when the stream is over.
 */
import type { StreamNews, StreamReader } from '../_stream';
import { asObject, asText, tryParse } from '../../json';

/** A line longer than this is not kept: ids come in short events. */
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
    if (data.length > MAX_LINE || !/conversation_id|message_stream_complete|temporary/.test(data)) return;
    const parsed = tryParse(data);
    if ('error' in parsed) return;
    const event = asObject(parsed.value);
    const inner = asObject(event['v']);
    const id = asText(event['conversation_id']) ?? asText(inner['conversation_id']);
    if (id !== null && news.conversationId === null) news.conversationId = id;
    if (event['type'] === 'message_stream_complete') news.ended = true;
    if (event['is_temporary_chat'] === true || inner['is_temporary_chat'] === true) news.temporary = true;
  };

  return {
    push(text) {
      rest += text;
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      for (const each of lines) {
        if (!skipping) line(each);
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

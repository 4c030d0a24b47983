/**
 * Reads just enough of an answer's server-sent events (`POST …/completion`, `…/retry_completion`) to know that it
 * ended. Which conversation it belongs to is in the request's path; the events seldom say it. The text is not put
 * together: the ids of both messages are made by the page and are in the request's body, so the detail is read again
 * when the stream is over.
 */
import { readEventStream } from '../_event-reader';
import type { StreamReader } from '../_stream';
import { asObject, asText } from '../../json';

export function readStream(): StreamReader {
  return readEventStream(/message_stop|conversation|is_temporary|"completion"/, (event, news) => {
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
  });
}

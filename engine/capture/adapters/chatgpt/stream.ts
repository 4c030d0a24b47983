/**
 * Reads just enough of an answer's server-sent events (`POST /backend-api/f/conversation`) to know which conversation
 * it belongs to and that it ended. The text is not put together from the patches, which drop spans of it; the detail
 * is read again when the stream is over.
 */
import { readEventStream } from '../_event-reader';
import type { StreamReader } from '../_stream';
import { asObject, asText } from '../../json';

export function readStream(): StreamReader {
  return readEventStream(/conversation_id|message_stream_complete|temporary/, (event, news) => {
    const inner = asObject(event['v']);
    news.conversationId ??= asText(event['conversation_id']) ?? asText(inner['conversation_id']);
    if (event['type'] === 'message_stream_complete') news.ended = true;
    if (event['is_temporary_chat'] === true || inner['is_temporary_chat'] === true) news.temporary = true;
  });
}

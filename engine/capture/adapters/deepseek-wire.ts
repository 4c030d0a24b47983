import { asObject, asText, tryParse } from '../json';
import type { SiteWire, StreamNews } from './_stream';

const ORIGIN = 'https://chat.deepseek.com';
const STREAMS = /^\/api\/v0\/chat\/(?:completion|regenerate|edit_message|continue|resume_stream)$/;

/** chat.deepseek.com in the page's own world. Which conversation an answer is of is said in the question alone. */
export const deepseekWire: SiteWire = {
  classifyRequest(url, method) {
    const { origin, pathname, searchParams } = new URL(URL.canParse(url, ORIGIN) ? url : 'about:blank', ORIGIN);
    if (origin !== ORIGIN) return null;
    const [site, before, verb] = ['deepseek' as const, null, method.toUpperCase()];
    if (verb === 'POST' && STREAMS.test(pathname)) return { site, kind: 'stream', conversationId: null, before };
    const conversationId = asText(searchParams.get('chat_session_id'));
    if (verb !== 'GET' || pathname !== '/api/v0/chat/history_messages' || conversationId === null) return null;
    return { site, kind: 'conversation', conversationId, before };
  },
  readStream(sent) {
    const conversationId = asText(asObject({ value: null, ...tryParse(sent ?? '') }.value)['chat_session_id']);
    const news: StreamNews = { conversationId, ended: false, temporary: false };
    let end = '';
    // The answer is read again when the connection is over; the patches it comes in are not put together.
    return {
      push: (text) => ((end = (end + text).slice(-1000)), news),
      close: () => ({ ...news, ended: true, cut: !/^event: ?(?:finish|close)\s*$/m.test(end) }),
    };
  },
};

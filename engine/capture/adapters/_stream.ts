import type { Site } from '../types';

/**
 * A request of the page that is worth looking at:
 * - `conversation`: the whole conversation, or the newest page of it;
 * - `page`: an older page, asked for with `before`;
 * - `stream`: an answer being written (server-sent events, or a growing response);
 * - `mutation`: something that makes what we hold stale (rename, edit, another branch), so that it is read again.
 */
export interface ObservedRequest {
  site: Site;
  kind: 'conversation' | 'page' | 'stream' | 'mutation';
  /** Null where only the body says it (a stream). */
  conversationId: string | null;
  /** The cursor of an older page. */
  before: string | null;
}

/**
 * An answer as it is being written. A site's reader reads just enough of its stream to know which conversation it
 * belongs to and that it ended; where the stream carries the answer whole and in order, it hands that over too.
 */
export interface StreamNews {
  /** Set by the event that first names the conversation. */
  conversationId: string | null;
  /** The stream said that it is over. */
  ended: boolean;
  /** The connection closed before the stream said that it is over: the page may show a half and look as if it were done. */
  cut?: boolean;
  /** The site marks the chat as temporary. */
  temporary: boolean;
  /** At the end, what the adapter's `readJson` can read of it; absent where the conversation is better read again. */
  body?: unknown;
}

export interface StreamReader {
  /** Takes a piece of the stream, cut anywhere, and says what is known so far. */
  push(text: string): StreamNews;
  /** The connection closed: what was left is read, and the stream counts as ended. */
  close(): StreamNews;
}

/**
 * The half of an adapter that runs in the page's own world, so it must be small: it imports nothing but addresses and the
 * stream's reader ({@link file://./_event-reader.ts}).
 */
export interface SiteWire {
  /** @param sent what was sent with the request, where it is text and was seen: some sites say only there what is asked for. */
  classifyRequest(url: string, method: string, sent?: string | null): ObservedRequest | null;
  /**
   * @param sent as above: some sites do not repeat the question in the answer, or say only there that a chat is temporary.
   */
  readStream(sent?: string | null): StreamReader;
}

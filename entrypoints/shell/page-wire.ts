/**
 * Between the page's own world, where its traffic can be seen, and ours, where it is read. The page's half knows
 * nothing of the extension: it hands over copies of responses and keeps each until it is acknowledged.
 */

/** Sent once to the page's window with a port; the observer stops it before the page could hear it. */
export const OFFER = 'commonplace:observe';

export type FromPage =
  /** A response that the page fetched, whole. */
  | { type: 'body'; id: number; url: string; at: string; bytes: ArrayBuffer }
  /** It was larger than {@link MAX_BODY_BYTES}; the DOM has to do. */
  | { type: 'too_large'; id: number; url: string; at: string; size: number }
  /** The page began to receive an answer. */
  | { type: 'stream_started'; id: number; url: string; at: string }
  /** The answer's stream closed; the id is what the stream itself said. */
  | { type: 'stream_ended'; id: number; url: string; at: string; conversation_id: string | null };

export interface FromReader {
  type: 'ack';
  id: number;
}

/** One response larger than this is not copied: the copy would cost the page more than it is worth. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** What the observer keeps while nobody acknowledges. */
export const MAX_KEPT_BYTES = 64 * 1024 * 1024;

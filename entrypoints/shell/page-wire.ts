/**
 * Between the page's own world, where its traffic can be seen, and ours, where it is read. The page's half knows
 * nothing of the extension: it hands over copies of responses and keeps each until it is acknowledged.
 */

import type { StreamNews } from '../../engine/capture';

/** Sent once to the page's window with a port; the observer stops it before the page could hear it. */
export const OFFER = 'commonplace:observe';

export type FromPage =
  /**
   * A response that the page fetched, whole. `before`: the cursor it was asked with, where there was one. `askedAt`: when
   * it was asked for, in ms since the epoch.
   */
  | {
      type: 'body';
      id: number;
      url: string;
      method: string;
      before: string | null;
      askedAt: number;
      at: string;
      bytes: ArrayBuffer;
    }
  /** It was larger than {@link MAX_BODY_BYTES}; the DOM has to do. */
  | { type: 'too_large'; id: number; url: string; at: string; size: number }
  /** What a stream that carries an answer has said so far: its conversation, and whether it is over. */
  | { type: 'stream'; id: number; stream: string; url: string; at: string; news: StreamNews }
  /** The page changed something at the site (a title, another branch), and was answered that it is done. */
  | { type: 'mutation'; id: number; url: string; method: string; at: string };

export interface FromReader {
  type: 'ack';
  id: number;
}

/** One response larger than this is not copied: the copy would cost the page more than it is worth. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** What the observer keeps while nobody acknowledges. */
export const MAX_KEPT_BYTES = 64 * 1024 * 1024;

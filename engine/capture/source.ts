import type { Capture } from './types';

/** The `source` that the document of a capture gets: the site of a conversation, `web` for every kept page. */
export function sourceOf(capture: Capture): string {
  return capture.kind === 'conversation' ? capture.site : 'web';
}

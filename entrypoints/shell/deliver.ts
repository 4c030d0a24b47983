/** Sends captures to the background until each is acknowledged: the background may be starting, the outbox full. */
import { browser } from 'wxt/browser';
import type { Capture } from '../../engine/capture/types';
import { EngineError } from '../../engine/errors';
import { ask, type NotNow } from './messages';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

export type Delivered = { seq: number } | { refused: NotNow };

/**
 * Resolves once the capture is on disk, or was refused because the user said so. Keeps trying otherwise.
 * @throws `aborted` by the signal; `engine_restarting` when the extension was updated or removed under this page.
 */
export async function deliver(capture: Capture, signal: AbortSignal): Promise<Delivered> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    // after an update the old content script lives on in its page, without an extension behind it
    if (!browser.runtime?.id) throw new EngineError('engine_restarting', 'This page belongs to an earlier version.');
    try {
      return await ask('capture', capture);
    } catch (error) {
      console.debug('commonplace: not acknowledged yet', error);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

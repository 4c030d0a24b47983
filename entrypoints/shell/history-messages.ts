/** What tabs of AI sites and the background say to each other about past conversations. */
import type { HistoryPageOfList, Site } from '../../engine/capture';
import type { Failure, Task } from '../../engine/history';

export interface HistoryMessages {
  /** From a tab of the site, under a name that no other life of a content script has. */
  historyTask: { input: { site: Site; instance: string }; output: Task };
  historyRenew: { input: { site: Site; lease: string }; output: boolean };
  historyListed: {
    input: { site: Site; lease: string; cursor: string | null; page: HistoryPageOfList };
    output: null;
  };
  historyRead: { input: { site: Site; lease: string; id: string; outcome: 'kept' | 'refused' }; output: null };
  historyFailed: { input: { site: Site; lease: string; id: string | null; failure: Failure }; output: null };
  historyRelease: { input: { site: Site; lease: string }; output: null };
  /** Before each request that the extension sends to a site, whatever for: one at a time among all tabs of the site. */
  siteTurn: {
    input: { site: Site; holder: string; urgent: boolean };
    output: { granted: true } | { wait_ms: number } | { refused: string };
  };
  siteTurnOver: { input: { site: Site; holder: string; not_before: number | null }; output: null };
  /** Answers after so many ms, at most 25 s: a hidden tab's own timers are woken once a minute. */
  waitFor: { input: { ms: number }; output: null };
  /** From the panel. */
  historyControl: {
    input: { site: Site; wish: 'start' | 'pause' | 'resume' | 'stop' } | { site: Site; every_hours: number | null };
    output: null;
  };
  /** From the panel: the user forgets everything. */
  historyForget: { input: null; output: null };
}

/** To the tabs of a site: there may be something to do. */
export const HISTORY_GO = 'commonplace:history-go';

/** A port of this name gets a {@link HistoryState} for every site, at once and on every change. */
export const HISTORY_PORT = 'commonplace:history';

export const LONGEST_WAIT_MS = 25_000;

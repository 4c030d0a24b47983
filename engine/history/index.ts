/** Past conversations: asking a site politely, and a run that survives whatever happens to tab, background and browser. */
export {
  ASK_LIMITS,
  type AskLimits,
  type AskOptions,
  createAsk,
  type EndTurn,
  RateLimitedError,
  retryAfter,
  type SiteAsk,
} from './ask';
export { HISTORY_SITES, type Ledger, openLedger } from './ledger';
export { createHistory, type History, type HistoryOptions, LEASE_MS } from './run';
export type { Failure, HistoryView, Known, PauseReason, RunState, Task, Worker } from './types';
export { workOff, type WorkPort } from './work';

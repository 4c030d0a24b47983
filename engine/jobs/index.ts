/** Work that is not waited for: one durable queue, and what runs it behind searches and captures. */
export { Gate } from './gate';
export { ATTEMPTS, backoff, enqueue, type Job, type JobKind, PRIORITY } from './queue';
export { type Handler, type JobContext, type Outcome, type Scheduler, startScheduler } from './scheduler';
export { embedHandler } from './embed';
export { purge, purgeHandler } from './purge';
export { reembedHandler, type Succession } from './reembed';
export { retainHandler } from './retain';
export { resplitHandler } from './resplit';
export { boundLog, maintainHandler, snapshotHandler } from './upkeep';

/** Captures between their acknowledgement and the database. */
export { openCounts } from './counts';
export { openOutbox, OUTBOX_BOUNDS, type WritableOutbox } from './indexed-db';
export { createMemoryOutbox, type MemoryOutbox, sourceOf } from './memory';
export type { Outbox, OutboxEntry } from './types';

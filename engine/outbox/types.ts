import type { Capture } from '../capture/types';

/** One acknowledged capture, in the order it was acknowledged. `seq` grows and is never used twice. */
export interface OutboxEntry {
  seq: number;
  capture: Capture;
}

/**
 * Where captures lie between the acknowledgement and the database. The engine takes entries from the front, stores
 * them, then marks them stored; an entry may be given twice (a kill between the two), so storing must be idempotent.
 *
 * Stored entries are kept until a snapshot holds what they brought ({@link Outbox.pruneStored}), so that a database that
 * had to go back to its last snapshot can take them again ({@link Outbox.replay}).
 */
export interface Outbox {
  /** The first entries that wait, oldest first, at most `limit`. */
  peek(limit: number): Promise<OutboxEntry[]>;
  /** Says that these entries are durably in the database. Unknown numbers are ignored. */
  markStored(seqs: number[]): Promise<void>;
  /** Removes every entry, waiting or stored, of one document: the user deleted it. */
  purge(source: string, externalId: string): Promise<void>;
  /** Removes these entries, waiting or stored. Unknown numbers are ignored. */
  remove(seqs: number[]): Promise<void>;
  /** Entries that wait, and whether new ones are refused. */
  size(): Promise<{ waiting: number; full: boolean }>;
  /** Removes stored entries that were stored before this moment: a snapshot holds them. */
  pruneStored(before: Date): Promise<void>;
  /** Makes all stored entries that are still kept wait again, after a restore. Resolves with how many. */
  replay(): Promise<number>;
}

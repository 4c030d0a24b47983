import type { StoreState } from '../api';

/** What a part may do with the database. Only `engine/store` knows that it is PGlite. */
export interface Queryable {
  /**
   * Runs one statement with `$1…` parameters.
   * @throws EngineError `query_failed` with the statement and Postgres' own error as cause; `store_full` when no space
   *   or no file is left (the statement is rolled back, the database goes on); `engine_restarting` when the database
   *   died under it and the store must be opened again.
   */
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** Runs several statements without parameters. */
  exec(sql: string): Promise<void>;
}

export type Storage = 'opfs' | 'idb' | 'memory' | 'node';

export interface SnapshotReport {
  name: string;
  /** Everything committed before this moment is in it. ISO 8601 UTC. */
  taken_at: string;
  bytes: number;
  /** Rows by table. */
  rows: Record<string, number>;
}

/** What going back to a snapshot would do, in documents. */
export interface SnapshotDifference {
  /** In the snapshot and not here. */
  back: number;
  /** Here and not in the snapshot. */
  away: number;
  /** In both, and captured differently. */
  changed: number;
  same: number;
}

export interface SetAside {
  /** Where it lies, beside the current database. */
  directory: string;
  at: string;
  /** What was wrong with it; {@link REPLACED} for one that is whole and was replaced. */
  reason: string;
  /** Major version of Postgres that wrote its files, where that was noted. */
  postgres?: number;
}

export const REPLACED = 'replaced';

/** `checkpoint` bounds the WAL; `vacuum` frees and counts; `analyze` only counts; `due` does what is worth doing now. */
export type Maintenance = 'checkpoint' | 'vacuum' | 'analyze' | 'due';

export interface Store extends Queryable {
  readonly storage: Storage;
  /** How opening went: `ready`, or `restored` with what was done, and again at every start until that is confirmed. */
  readonly opened: StoreState;
  /** Says that everything newer than the snapshot it was restored from waits outside of it again, or is in it. */
  confirmRestored(): Promise<void>;
  readonly schemaVersion: number;
  /**
   * The session with Postgres: another object once another database took this one's place. What is remembered of a database
   * (prepared statements, which indexes there are) is remembered by it.
   */
  readonly session: object;
  /**
   * Commits when `work` resolves, rolls back when it rejects. Keep it short: every other query waits.
   * When it has resolved, the commit survives a power loss (where the storage can promise that).
   */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;

  /** Runs upkeep. Call it on idle; every other query waits for it. */
  maintain(kind: Maintenance): Promise<void>;
  /** Bytes of write-ahead log that wait for a checkpoint. */
  walBytes(): Promise<number>;
  /**
   * Writes a table and its indexes anew without what was deleted from them, and gives the room back to the system. Every
   * other query waits meanwhile. It needs room for the table once more and for a log of it.
   * @throws `store_full`, and then the table is as it was
   */
  rewrite(table: string): Promise<void>;
  /** Removes what a kill left of tables that were being written anew, where the storage can. */
  removeStrays(): Promise<void>;

  /**
   * Writes a logical snapshot of the source tables, reads it back and checks it, and only then drops older ones: two are
   * kept, and one each from about an hour, a day and a week ago. Resolves with null when nothing changed since the last
   * one. Call it on idle.
   */
  snapshot(signal?: AbortSignal): Promise<SnapshotReport | null>;
  /** The moment of the newest verified snapshot: outbox entries stored before it may go. ISO 8601 UTC, or null. */
  readonly snapshotTakenAt: string | null;
  /** Snapshots there are, newest first. */
  snapshots(): Promise<SnapshotReport[]>;
  /** What going back to one would do. @throws `not_found`; `store_corrupt` when it cannot be read */
  lookAtSnapshot(name: string, signal?: AbortSignal): Promise<SnapshotDifference>;
  /**
   * Puts a new database made of a snapshot in place of this one, which is set aside whole; passages are to be made again.
   * `finish` gets it before it takes the place, and belongs to it: after a kill both are there or none.
   * @throws as `lookAtSnapshot`, and then this one goes on
   */
  goBack(name: string, finish?: (fresh: Store) => Promise<void>): Promise<void>;
  /**
   * Says that documents are about to be deleted for good: no snapshot that may hold them is left by the next
   * `snapshot`, and a restore meanwhile leaves them out. Durable when resolved; call it before the deletion commits.
   */
  markPurged(documentIds: string[]): Promise<void>;

  /**
   * Puts a new database in place of this one: `fill` gets it empty, with the schema of today. Until `fill` has resolved this
   * one is the database, whatever happens; then it is set aside whole, as `replaced`. Every other query waits meanwhile.
   * When `fill` rejects, the new one is thrown away and this one goes on.
   */
  replace<Result>(fill: (fresh: Store) => Promise<Result>): Promise<Result>;
  /**
   * Makes one that was set aside whole (`replaced`) the database again, and sets this one aside. `finish` gets it before it
   * takes the place. @throws `not_found`
   */
  takeBack(directory: string, finish?: (taken: Queryable) => Promise<void>): Promise<void>;

  /** Databases kept beside this one, oldest first: broken ones, and those that were `replaced`. */
  setAside(): Promise<SetAside[]>;
  /** What they take, in bytes; null where the storage does not tell. */
  setAsideBytes(): Promise<number | null>;
  /** Deletes them: for the user who wants every trace gone. */
  discardSetAside(): Promise<void>;

  /** Checkpoints and closes; idempotent. */
  close(): Promise<void>;
}

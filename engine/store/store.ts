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

export interface SetAside {
  /** Where it lies, beside the current database. */
  directory: string;
  at: string;
  reason: string;
}

/** `checkpoint` bounds the WAL; `vacuum` frees and counts; `analyze` only counts; `due` does what is worth doing now. */
export type Maintenance = 'checkpoint' | 'vacuum' | 'analyze' | 'due';

export interface Store extends Queryable {
  readonly storage: Storage;
  /** How opening went: `ready`, or `restored` with what was done. */
  readonly opened: StoreState;
  readonly schemaVersion: number;
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
   * Writes a logical snapshot of the source tables, reads it back and checks it, and only then drops older ones (two
   * are kept). Resolves with null when nothing changed since the last one. Call it on idle.
   */
  snapshot(signal?: AbortSignal): Promise<SnapshotReport | null>;
  /** The moment of the newest verified snapshot: outbox entries stored before it may go. ISO 8601 UTC, or null. */
  readonly snapshotTakenAt: string | null;
  /**
   * Says that documents are about to be deleted for good: no snapshot that may hold them is left by the next
   * `snapshot`, and a restore meanwhile leaves them out. Durable when resolved; call it before the deletion commits.
   */
  markPurged(documentIds: string[]): Promise<void>;

  /** Broken databases kept beside this one, oldest first. */
  setAside(): Promise<SetAside[]>;
  /** Deletes them: for the user who wants every trace gone. */
  discardSetAside(): Promise<void>;

  /** Checkpoints and closes; idempotent. */
  close(): Promise<void>;
}

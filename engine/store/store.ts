/** What a part may do with the database. Only `engine/store` knows that it is PGlite. */
export interface Queryable {
  /**
   * Runs one statement with `$1…` parameters.
   * @throws EngineError `query_failed` with the statement and Postgres' own error as cause.
   */
  query<Row>(sql: string, params?: unknown[]): Promise<Row[]>;
  /** Runs several statements without parameters. */
  exec(sql: string): Promise<void>;
}

export interface Store extends Queryable {
  readonly storage: 'opfs' | 'idb' | 'memory' | 'node';
  /** Commits when `work` resolves, rolls back when it rejects. Keep it short: every other query waits. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  /** Checkpoints and closes; idempotent. */
  close(): Promise<void>;
}

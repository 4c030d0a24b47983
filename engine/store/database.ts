import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { pg_textsearch } from '@electric-sql/pglite-pg_textsearch';
import { vector } from '@electric-sql/pglite-pgvector';
import { EngineError } from '../errors';
import type { Drive } from './shelf';
import type { Queryable } from './store';

/** What the database files are made by; a change of the major version of Postgres makes them unreadable. */
export const PGLITE_VERSION = '0.5.14';
export const POSTGRES_MAJOR = 18;

const EXTENSIONS = { vector, pg_textsearch };

/** Also run over the prebuilt data directory, so that one of an older build still gets what is new. */
export const CREATE_EXTENSIONS = Object.keys(EXTENSIONS)
  .map((name) => `create extension if not exists ${name};`)
  .join('\n');

/**
 * PGlite never checkpoints by itself and Postgres' single-user mode ignores `max_wal_size`; these let our own
 * CHECKPOINT give the space back.
 */
const SETTINGS = ['max_wal_size=64MB', 'min_wal_size=32MB', 'wal_recycle=off', 'wal_init_zero=off'];

/**
 * The buffer is memory from the first moment on, and reading from OPFS costs some 25 microseconds a page: a small one is enough until the
 * graph of the vectors does not fit. Pages that a recall reads anew among 100,000 passages (400 MB): 1,400 with 48 MB, 425 with
 * 96, 290 with 128, 187 with 192. There 192 take a tenth off the time of a recall in Chromium (p95 36.9 to 31.8 ms), 256 no more.
 */
const buffer = (databaseBytes: number) =>
  `shared_buffers=${databaseBytes > 256e6 ? 192 : databaseBytes > 128e6 ? 128 : 48}MB`;

/** Compiled or fetched beforehand, where that is worth it. */
export type EngineFiles = Pick<PGliteOptions, 'pgliteWasmModule' | 'initdbWasmModule' | 'fsBundle'>;

/** A running Postgres. Everything PGlite's own errors leave out is in the EngineErrors this throws. */
export interface Database extends Queryable {
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;
  /** Checkpoints and closes. */
  close(): Promise<void>;
  /** For a database that died: frees what can be freed. */
  abandon(): void;
  /** Resolves with Postgres' last words when it died. */
  readonly died: Promise<string>;
}

/**
 * Starts Postgres on a drive.
 *
 * @param files awaited, after `meanwhile` was called: while they are fetched and compiled this thread is idle
 * @param dataDirectory a tar of a data directory, for a drive that holds none
 * @throws EngineError `store_corrupt` when Postgres said that its files are damaged, `timeout` when it said nothing
 */
export async function startDatabase(
  drive: Drive,
  options: {
    dataDirectory?: Blob | undefined;
    files?: EngineFiles | Promise<EngineFiles> | undefined;
    meanwhile?: (() => void) | undefined;
    timeout_ms: number;
  },
): Promise<Database> {
  const log = serverLog();
  options.meanwhile?.();
  const files = await options.files;
  const pg = new PGlite({
    ...drive.options,
    ...files,
    ...(options.dataDirectory ? { loadDataDir: options.dataDirectory } : {}),
    extensions: EXTENSIONS,
    startParams: [
      ...PGlite.defaultStartParams,
      ...[...SETTINGS, buffer(drive.dataBytes() ?? 0)].flatMap((setting) => ['-c', setting]),
    ],
    onStderr: log.line,
    onStdout: log.line,
  });
  const died = new Promise<string>((resolve) => {
    log.onPanic = (error) => {
      stopCalling(pg, error);
      resolve(error.message);
    };
  });
  try {
    await withTimeout(pg.waitReady, options.timeout_ms);
  } catch (error) {
    drive.abandon();
    throw startingError(error, log);
  }
  return database(pg, drive, log, died);
}

/**
 * Lets no call into a Postgres that died. PGlite 0.5.14 goes on calling it, for the rest of the message and then for a
 * ROLLBACK; it waits there without end for a lock that the dead one holds, and the worker with it.
 */
function stopCalling(pg: PGlite, error: Error): void {
  const stop = (): never => {
    throw error;
  };
  pg.execProtocolRawSync = stop;
  // The call under way swallows every error but one thrown here, where it tidies up after each.
  (pg.Module as unknown as { stackRestore: () => never }).stackRestore = stop;
}

function database(pg: PGlite, drive: Drive, log: ServerLog, died: Promise<string>): Database {
  /** Rejects as soon as Postgres dies, because the call that killed it may never come back. */
  async function alive<Result>(statement: string, call: () => Promise<Result>): Promise<Result> {
    if (log.panic) throw diedError(log);
    try {
      const result = await log.unlessDead(call());
      if (log.panic) throw diedError(log);
      return result;
    } catch (error) {
      throw log.panic ? diedError(log, error) : queryError(error, statement);
    }
  }

  const over = (target: Pick<PGlite, 'query' | 'exec'>): Queryable => ({
    query: <Row>(sql: string, params?: unknown[]) =>
      alive(sql, async () => (await target.query<Row>(sql, params)).rows),
    exec: (sql) => alive(sql, async () => void (await target.exec(sql))),
  });

  return {
    ...over(pg),
    async transaction(work) {
      let failure: { error: unknown } | undefined;
      const result = await alive('transaction', () =>
        pg.transaction((tx) =>
          work(over(tx as never)).catch((error: unknown) => {
            failure = { error };
            throw error;
          }),
        ),
      ).catch((error: unknown) => {
        throw failure && !log.panic ? failure.error : error;
      });
      // PGlite 0.5.14 still counts COMMIT itself as inside the transaction and does not sync after it.
      await alive('sync', () => pg.runExclusive(async () => pg.fs?.syncToFs(false)));
      return result;
    },
    async close() {
      if (log.panic) return drive.abandon();
      await pg.exec('checkpoint');
      await pg.close();
    },
    abandon: () => drive.abandon(),
    died,
  };
}

/** The last words of Postgres: PGlite itself only says `Aborted()`. */
interface ServerLog {
  line: (text: string) => boolean;
  lines: string[];
  /** The PANIC line, once there is one; nothing works after it. */
  panic: string | undefined;
  /** What `work` gives, or a rejection as soon as Postgres dies. */
  unlessDead: <Result>(work: Promise<Result>) => Promise<Result>;
  /** Called at once, inside the call into Postgres that died. */
  onPanic: (error: Error) => void;
}

const LINES_KEPT = 40;

function serverLog(): ServerLog {
  // Not a race with one promise of the death: that would hold on to every result for as long as Postgres lives.
  const waiting = new Set<(error: Error) => void>();
  const log: ServerLog = {
    lines: [],
    panic: undefined,
    unlessDead: (work) =>
      new Promise((resolve, reject) => {
        waiting.add(reject);
        void work.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    onPanic: () => undefined,
    line(text) {
      log.lines.push(text);
      if (log.lines.length > LINES_KEPT) log.lines.shift();
      if (/PANIC:/.test(text) && log.panic === undefined) {
        log.panic = text;
        const error = new Error(text);
        log.onPanic(error);
        for (const reject of waiting) reject(error);
      }
      return false;
    },
  };
  return log;
}

function diedError(log: ServerLog, cause?: unknown): EngineError {
  return new EngineError('engine_restarting', `Postgres stopped: ${log.panic ?? 'no reason given'}`, { cause });
}

/** SQLSTATE classes that say the files are not what they should be: data and index corruption, internal I/O. */
const DAMAGE_STATES = new Set(['XX001', 'XX002', '58P01', '58030']);

/** True when trying again will not help and the files should be set aside. */
export function isDamage(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof EngineError && at.code === 'store_corrupt') return true;
    if (DAMAGE_STATES.has(sqlState(at) ?? '')) return true;
  }
  return false;
}

function startingError(error: unknown, log: ServerLog): EngineError {
  if (error instanceof EngineError) return error;
  const said = log.lines.filter((line) => /PANIC|FATAL|could not/.test(line)).slice(-5);
  // A database that does not start and says why is damaged; one that says nothing may be the browser's fault.
  const damaged = said.length > 0 || DAMAGE_STATES.has(sqlState(error) ?? '');
  const words = error instanceof Error ? error.message : String(error);
  return new EngineError(
    damaged ? 'store_corrupt' : 'store_unavailable',
    `Postgres did not start: ${[words, ...said].join('; ')}`,
    {
      cause: error,
    },
  );
}

function queryError(error: unknown, statement: string): EngineError {
  if (error instanceof EngineError) return error;
  const words = error instanceof Error ? error.message : String(error);
  const shown = statement.length > 500 ? `${statement.slice(0, 500)}…` : statement;
  if (sqlState(error) === '53100' || (error as { code?: unknown } | null)?.code === 51) {
    return new EngineError('store_full', `${words}, in: ${shown}`, { cause: error, remedy: 'Free some disk space.' });
  }
  return new EngineError('query_failed', `${words}, in: ${shown}`, { cause: error });
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

async function withTimeout<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new EngineError('timeout', `Postgres did not start within ${milliseconds} ms.`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The part of the Engine that gives files and takes them. */
import type { Engine, ExportRequest, ImportReport } from '../api';
import { EngineError } from '../errors';
import { type Queryable, REPLACED, type Store } from '../store';
import { enciphered } from './cipher';
import { exportAll, streamOf } from './export';
import { importExport } from './import';
import { exportSelection } from './selection';
import type { End, UnderWay } from './under-way';
import { joined } from './zip';

export interface ExchangeParts {
  /** Runs work on the open store, with the engine's errors. */
  withStore: <Result>(work: (store: Store) => Promise<Result>, signal?: AbortSignal) => Promise<Result>;
  /** Awaited between steps: where a waiting search goes first. */
  pause: () => Promise<void>;
  /** Keeps captures out. */
  exclusive: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Fires when the engine closes. */
  closing: AbortSignal;
  modelId: () => string | null;
  clock: () => Date;
  announce: (doing: 'looking' | 'importing', done: number, total: number) => void;
  /** Told of documents that came in or changed; null for all of them. */
  onStored: (documentIds: string[] | null) => Promise<void>;
  /** Asked before another database takes the place of this one: what is written into that one before it does. */
  carried: () => Promise<(next: Queryable) => Promise<void>>;
  /** Told when another database is in the place of the one before, while nothing else goes on. */
  onReplaced: () => Promise<void>;
  /** Bounds the write-ahead log while much is written. */
  boundLog: (store: Store) => Promise<void>;
  underWay: UnderWay;
}

export type Exchange = Pick<
  Engine,
  | 'beginExport'
  | 'readExport'
  | 'endExport'
  | 'lookAtImport'
  | 'importFile'
  | 'setAside'
  | 'discardSetAside'
  | 'takeBack'
  | 'copies'
  | 'lookAtCopy'
  | 'goBack'
>;

interface Running {
  reader: ReadableStreamDefaultReader<Uint8Array>;
  stop: AbortController;
  done: number;
  total: number;
  reading: boolean;
  /** Where it is said when it is cut off. */
  end: End | null;
}

/** Bytes handed over at once. */
const PIECE_BYTES = 1024 * 1024;
/** News of an import are told at most this often, in milliseconds. */
const NEWS_MS = 200;

export function exchange(parts: ExchangeParts): Exchange {
  const { withStore, pause, exclusive, closing, announce, onStored, underWay } = parts;
  const running = new Map<string, Running>();
  /** Read to the end, and not yet said to be where they belong. */
  const read = new Map<string, End>();

  /** The call's own signal and the engine's end in one. */
  const either = (signal: AbortSignal | undefined) => (signal ? AbortSignal.any([signal, closing]) : closing);

  function teller(doing: 'looking' | 'importing') {
    let toldAt = Number.NEGATIVE_INFINITY;
    return (done: number, total: number) => {
      if (performance.now() - toldAt < NEWS_MS) return;
      toldAt = performance.now();
      announce(doing, done, total);
    };
  }

  function merge(
    store: Store,
    file: Blob,
    options: { password: string | null; bringBack: boolean },
    signal?: AbortSignal,
  ) {
    const told = teller('importing');
    let batches = 0;
    return importExport(store, file, {
      apply: true,
      ...options,
      modelId: parts.modelId(),
      now: parts.clock(),
      signal: either(signal),
      pause,
      exclusive,
      progress: told,
      async onStored(ids) {
        await onStored(ids);
        if (++batches % 8 === 0) await parts.boundLog(store);
      },
    });
  }

  /** A new database is filled where nobody else is: searches wait, captures stay in the outbox. */
  function replace(store: Store, file: Blob, password: string | null, signal?: AbortSignal): Promise<ImportReport> {
    const told = teller('importing');
    return exclusive(async () => {
      await endExports();
      const carry = await parts.carried();
      const report = await store.replace(async (fresh) => {
        let batches = 0;
        const filled = await importExport(fresh, file, {
          apply: true,
          password,
          modelId: parts.modelId(),
          // what the file holds is wanted, however long this database kept such things
          now: parts.clock(),
          signal: either(signal),
          progress: told,
          async onStored() {
            if (++batches % 8 === 0) await parts.boundLog(fresh);
          },
        });
        await carry(fresh);
        return filled;
      });
      await parts.onReplaced();
      // The last good copies are of the database that was replaced.
      await store.snapshot();
      return report;
    });
  }

  async function endExport(id: string): Promise<void> {
    const run = running.get(id);
    if (!run) {
      const end = read.get(id);
      read.delete(id);
      await end?.('whole');
      return;
    }
    running.delete(id);
    run.stop.abort();
    await run.reader.cancel().catch((error: unknown) => {
      console.debug('commonplace: an export was stopped', error);
    });
    await run.end?.('stopped');
  }

  /** No file is half of one database and half of another. */
  const endExports = () => Promise.all([...running.keys()].map(endExport));

  return {
    beginExport: (request, signal) =>
      withStore(async (store) => {
        const stop = new AbortController();
        const run: Omit<Running, 'reader' | 'end'> = { stop, done: 0, total: 0, reading: false };
        const plain = streamOf(
          bytesOf(store, request, {
            signal: AbortSignal.any([stop.signal, closing]),
            pause,
            progress(done, total) {
              run.done = done;
              run.total = total;
            },
          }),
        );
        const { password = null } = request;
        const stream = password === null || password === '' ? plain : await enciphered(plain, password);
        const id = crypto.randomUUID();
        const end = request.say_when_cut_off ? await underWay.begin(store, 'export') : null;
        running.set(id, Object.assign(run, { reader: stream.getReader(), end }));
        const locked = password !== null && password !== '';
        const { name, type } = nameOf(request);
        return { id, name: locked ? `${name}.age` : name, type: locked ? 'application/octet-stream' : type };
      }, signal),

    async readExport(id, signal) {
      const run = running.get(id);
      if (!run) throw new EngineError('not_found', `No export has the id ${id}.`);
      if (run.reading) throw new EngineError('bad_input', 'The piece before is still being made.');
      run.reading = true;
      try {
        signal?.throwIfAborted();
        const pieces: Uint8Array[] = [];
        for (let bytes = 0; bytes < PIECE_BYTES;) {
          const { done, value } = await run.reader.read();
          if (done) break;
          pieces.push(value);
          bytes += value.length;
        }
        const { done, total } = run;
        if (pieces.length === 0) {
          running.delete(id);
          if (run.end) read.set(id, run.end);
        }
        return { bytes: pieces.length === 0 ? null : joined(pieces), done, total };
      } catch (error) {
        running.delete(id);
        await run.end?.('stopped');
        throw EngineError.from(error);
      } finally {
        run.reading = false;
      }
    },

    endExport,

    lookAtImport: (file, { password = null }, signal) =>
      withStore(
        (store) =>
          importExport(store, file, {
            apply: false,
            password,
            now: parts.clock(),
            signal: either(signal),
            pause,
            progress: teller('looking'),
          }),
        signal,
      ),

    importFile: (file, { mode, password = null, bring_back = false }, signal) =>
      withStore(async (store) => {
        const report = await underWay.during(store, mode, async () => {
          // A copy from just before, for the case that the file is not what it seems.
          if (mode === 'merge') await store.snapshot(either(signal));
          return mode === 'replace'
            ? replace(store, file, password, signal)
            : merge(store, file, { password, bringBack: bring_back }, signal);
        });
        await onStored(null);
        return report;
      }, signal),

    copies: () =>
      withStore(async (store) =>
        (await store.snapshots()).map(({ name, taken_at, bytes, rows }) => ({
          name,
          at: taken_at,
          bytes,
          documents: rows.document ?? 0,
        })),
      ),
    lookAtCopy: (name, signal) => withStore((store) => store.lookAtSnapshot(name, either(signal)), signal),
    goBack: (name) =>
      withStore(async (store) => {
        await underWay.during(store, 'go_back', () =>
          exclusive(async () => {
            await endExports();
            const carry = await parts.carried();
            await store.goBack(name, async (fresh) => {
              // What the copy says was cut into passages was not in it, and a kill after this finds nobody who knows.
              await fresh.exec('update message set chunked_as = null where chunked_as is not null');
              await carry(fresh);
            });
            await parts.onReplaced();
            await store.snapshot();
          }),
        );
        await onStored(null);
      }),

    setAside: () =>
      withStore(async (store) =>
        (await store.setAside()).map(({ at, reason }) => ({ at, reason, whole: reason === REPLACED })),
      ),
    discardSetAside: () => withStore((store) => store.discardSetAside()),
    takeBack: (at) =>
      withStore(async (store) => {
        const wanted = (await store.setAside()).find((one) => one.at === at);
        if (!wanted) throw new EngineError('not_found', `No database was set aside at ${at}.`);
        await exclusive(async () => {
          await endExports();
          await store.takeBack(wanted.directory, await parts.carried());
          await underWay.putAway(store); // it may have been set aside with such a note in it
          await parts.onReplaced();
          await store.snapshot();
        });
        await onStored(null);
      }),
  };
}

interface Making {
  signal: AbortSignal;
  pause: () => Promise<void>;
  progress: (done: number, total: number) => void;
}

function bytesOf(store: Store, { what, settings }: ExportRequest, making: Making): AsyncGenerator<Uint8Array> {
  if ('everything' in what)
    return exportAll(store, { ...making, vectors: what.vectors ?? false, ...(settings ? { settings } : {}) });
  return exportSelection(store, what.documents, what.as, making);
}

const FORMS = {
  markdown: { name: 'commonplace.md', type: 'text/markdown' },
  json: { name: 'commonplace.json', type: 'application/json' },
  html: { name: 'commonplace.html', type: 'text/html' },
};

function nameOf({ what }: ExportRequest): { name: string; type: string } {
  return 'everything' in what ? { name: 'commonplace.zip', type: 'application/zip' } : FORMS[what.as];
}

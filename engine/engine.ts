/** Puts the parts together. Nothing is decided here but who goes before whom. */
import { type AnsweringOptions, openAnswering } from './answering';
import type { CompactReport, EmbedderState, Engine, EngineEvent, EngineStatus, IngestReport, StoreState } from './api';
import { exchange, openUnderWay } from './backup';
import type { Capture } from './capture/types';
import type { Importer, ImportShelf } from './connectors';
import { reconcile } from './connectors/reconcile'; // the rest is loaded when something is imported
import {
  allowAgain,
  capturedOf,
  countBySource,
  countDocuments,
  countExpired,
  countForget,
  type DuePurge,
  duePurges,
  findDocument,
  forget,
  hasten,
  hideLate,
  noteCapture,
  NOTES,
  readDocument,
  readRetention,
  timeline,
  undoForget,
  UNDO_AFTER_START_MS,
  wasForgotten,
  writeRetention,
} from './documents';
import type { Embedder } from './embed';
import { type Embedders, type EmbeddersOptions, openEmbedders } from './embedders';
import { EngineError, type ErrorCode } from './errors';
import { ingest } from './ingest';
import {
  boundLog,
  embedHandler,
  enqueue,
  Gate,
  type Handler,
  maintainHandler,
  purge,
  purgeHandler,
  reembedHandler,
  resplitHandler,
  retainHandler,
  type Scheduler,
  snapshotHandler,
  startScheduler,
} from './jobs';
import { createLane } from './lane';
import type { Outbox, OutboxEntry } from './outbox';
import { memoryShelf, type PrivacyShelf } from './privacy';
import { recall } from './recall';
import { compact, type Disk, measure, watchRoom } from './space';
import type { Store } from './store';
import { modelsWithVectors } from './vectors';

export interface EngineOptions extends AnsweringOptions {
  /** Opens the database; called once, at once. The engine answers `status` meanwhile, other calls wait for it. */
  store: () => Promise<Store>;
  /** Null for an engine of words alone. A function may take its time or fail: words are there from the start. */
  embedder: Embedder | null | (() => Embedder | null | Promise<Embedder | null>);
  /** Embedders that a person can choose among, in place of `embedder`. They start when the store is open. */
  embedders?: Pick<EmbeddersOptions, 'files' | 'start'>;
  outbox?: Outbox;
  /** Where providers, their keys and the list of what was sent are kept; gone with the process unless given. */
  privacy?: PrivacyShelf;
  /** Keeps the files of imports over restarts; without one they are asked for again. */
  shelf?: ImportShelf;
  /** What is known of the disk; without it nobody is warned before it is full. */
  disk?: Disk;
  clock?: () => Date;
}

/** Captures taken from the outbox at once. */
const DRAIN_BATCH = 16;
/** Status is told at most this often, in milliseconds, and less often while counting is slow. */
const STATUS_MS = 200;
const STATUS_SHARE = 20;
/** How long after a change upkeep and a snapshot are due, in milliseconds. */
const MAINTAIN_AFTER_MS = 20_000;
const SNAPSHOT_AFTER_MS = 30 * 60_000;
/** Old chunks are looked for once a start, when the first searches are through. */
const RESPLIT_AFTER_MS = 10_000;
/** What is too old is looked for once a start, and once a day. */
const RETAIN_AFTER_MS = 60_000;

/** Faults of the machine, not of a capture: the outbox keeps what waits and is drained later. */
const STORE_FAULTS = new Set<ErrorCode>([
  'aborted',
  'engine_restarting',
  'store_corrupt',
  'store_full',
  'store_locked',
  'store_unavailable',
]);

interface Counts {
  documents: number;
  messages: number;
  chunks: number;
  chunks_waiting: number;
  /** Of those that have no vector of the model that is to answer next; 0 where none is. */
  chunks_to_reembed: number;
}

/** Everything that needs an open database. */
interface Opened {
  store: Store;
  scheduler: Scheduler;
}

/**
 * A database with nothing in it may be one that was lost whole: Chromium never syncs the table of OPFS names, so a power
 * loss in a new profile's first half minute can leave no file at all, while the outbox beside it is on disk.
 */
async function isEmpty(store: Store): Promise<boolean> {
  const [row] = await store.query<{ empty: boolean }>(
    'select not exists (select from document) and not exists (select from forgotten) as empty',
  );
  return row?.empty ?? false;
}

/**
 * An engine on one store. It comes up at once: `status` and `subscribe` answer while the store opens, other calls wait.
 *
 * @remarks Calls of one engine are ordered where it matters: captures are stored one batch after another, a purge
 *   never runs beside them, and a search goes before both.
 */
export function createEngine(options: EngineOptions): Engine {
  const { clock = () => new Date(), outbox } = options;
  const gate = new Gate();
  const listeners = new Set<(event: EngineEvent) => void>();
  const exclusive = createLane();
  /** What is read of a chat must still hold when it is written. */
  const chatting = createLane();
  const shelf = options.privacy ?? memoryShelf();
  const closing = new AbortController();
  const disk = options.disk ?? null;
  const room = watchRoom(disk, {
    onChange: () => {
      changed();
    },
    onRoom: () => {
      inBackground(drainOutbox());
    },
  });
  const underWay = openUnderWay(() => {
    changed();
  });
  let compacting: Promise<CompactReport> | null = null;
  /** Entries that could not be stored; they stay in the outbox and are tried again at the next start. */
  const refused = new Set<number>();

  let storeState: StoreState = { state: 'opening' };
  let embedder: Embedder | null = null;
  let embedders: Embedders | null = null;
  let embedderState: EmbedderState = { state: 'unavailable', model_id: '', error: 'No embedder was given.' };
  let counts: Counts = { documents: 0, messages: 0, chunks: 0, chunks_waiting: 0, chunks_to_reembed: 0 };
  let countsStale = true;
  let countedInMs = 0;
  let announceTimer: ReturnType<typeof setTimeout> | null = null;
  let announcedAt = Number.NEGATIVE_INFINITY;
  let draining: Promise<number> | null = null;
  let importing: Promise<Importer> | null = null;

  const opened = open();
  opened.catch(() => undefined); // `status` tells it, and so does every call that needs the store
  const embedderReady = openEmbedder();
  const answering = openAnswering({
    ...options,
    withStore: (work, signal) => withStore(({ store }) => work(store), signal),
    first: (work, signal) => first(({ store }) => work(store), signal),
    takeOwn,
    shelf,
    clock,
    announce,
    closing: closing.signal,
    embedder: () => embedder,
    async embedders() {
      await embedderReady;
      return embedders;
    },
    offersEmbedders: options.embedders !== undefined,
    onChosen: askForVectors, // also drops what the one that is given up has made
  });

  async function openEmbedder(): Promise<void> {
    const given = options.embedder;
    try {
      if (options.embedders) {
        embedderState = { state: 'loading', model_id: '' };
        // The model comes second: on two cores it would take the time from the database, and words can be searched at once.
        const ready = await opened.catch(() => null);
        await gate.free('job');
        embedders = await openEmbedders({
          ...options.embedders,
          shelf,
          onChange() {
            changed({ counts: true });
          },
        });
        if (ready) await embedders.found(await modelsWithVectors(ready.store, ''));
        embedder = embedders.answering;
      } else if (typeof given === 'function') {
        embedderState = { state: 'loading', model_id: '' };
        embedder = await given();
        if (embedder === null) embedderState = { state: 'unavailable', model_id: '', error: 'No embedder was given.' };
      } else {
        embedder = given;
      }
    } catch (error) {
      embedderState = { state: 'unavailable', model_id: '', error: EngineError.from(error).message };
    }
    if (!embedder) return;
    embedderState = embedder.state();
    embedder.onState((state) => {
      const wasReady = embedderState.state === 'ready';
      embedderState = state;
      changed({ counts: true });
      // Vectors of another model, or the first ones: either way there may be work.
      if (state.state === 'ready' && !wasReady) inBackground(askForVectors());
    });
  }

  async function open(): Promise<Opened> {
    let store: Store;
    try {
      store = await options.store();
    } catch (cause) {
      const error = EngineError.from(cause, 'store_unavailable');
      storeState = { state: 'failed', code: error.code, message: error.message };
      changed();
      throw error;
    }
    storeState = store.opened;
    const restored = storeState.state === 'restored';
    if (restored || (await isEmpty(store))) await takeUpRestored(store);
    await underWay.read(store);
    if (underWay.cutOff().some(({ doing }) => doing === 'compact')) inBackground(store.removeStrays());
    const scheduler = startScheduler({
      store,
      gate,
      clock,
      handlers: {
        purge: purgeHandler({ outbox, refused, settle: drainFor, exclusive, onPurged: () => purged(store) }),
        retain: retainHandler({
          exclusive,
          onHidden(receiptId) {
            announce({ type: 'forgotten', receipt_id: receiptId });
            changed({ counts: true });
          },
        }),
        maintain: maintainHandler(gate),
        snapshot: whileRoom(snapshotHandler(gate, outbox)),
        resplit: whileRoom(
          resplitHandler({
            exclusive,
            async onResplit(documentIds) {
              announce({ type: 'changed', document_ids: documentIds });
              changed({ counts: true });
              await enqueueVectors(store);
            },
          }),
        ),
        import: async (job, context) => (await importer()).work(job, context),
        embed: whileRoom(async (job, context) => {
          await embedderReady;
          if (!embedder) return 'done';
          return embedHandler(
            embedder,
            (count) => {
              counts.chunks_waiting = Math.max(0, counts.chunks_waiting - count);
              changed();
            },
            (modelId) => embedders?.isAwaited(modelId) ?? false,
          )(job, context);
        }),
        reembed: whileRoom(async (job, context) => {
          await embedderReady;
          return reembed()?.(job, context) ?? 'done';
        }),
      },
      beside: ['import'],
      onError(job, error) {
        console.warn(`commonplace: job ${job.kind}, attempt ${job.attempts}: ${error.code}: ${error.message}`);
        changed();
      },
    });
    changed({ counts: true });
    inBackground(askForVectors());
    inBackground(
      // the search that opened the panel goes first
      gate.free('job').then(async () => {
        await planUpkeep(store, restored);
        scheduler.wake();
        await takeUpImports(store);
      }),
    );
    inBackground(answering.wake());
    return { store, scheduler };
  }

  /** One for the life of the engine: it remembers how far it came. */
  let reembedding: Handler | null = null;
  function reembed(): Handler | null {
    if (embedders === null) return null;
    reembedding ??= reembedHandler(embedders, (count) => {
      counts.chunks_to_reembed = Math.max(0, counts.chunks_to_reembed - count);
      changed();
    });
    return reembedding;
  }

  /** In one commit: each waits for the disk. Nothing is found by them, so without room for them it goes on. */
  async function planUpkeep(store: Store, restored: boolean): Promise<void> {
    try {
      await store.transaction(async (tx) => {
        await enqueue(tx, 'resplit', after(restored ? 0 : RESPLIT_AFTER_MS));
        // Whoever could still undo may be gone: a killed browser says nothing.
        if ((await hasten(tx, null, after(UNDO_AFTER_START_MS))) > 0)
          await enqueue(tx, 'purge', after(UNDO_AFTER_START_MS));
        await enqueue(tx, 'retain', after(RETAIN_AFTER_MS));
      });
    } catch (error) {
      if (EngineError.from(error).code !== 'store_full') throw error;
      console.warn('commonplace: there is no room on the disk to plan the upkeep of this start');
    }
  }

  /** Work that only takes room, and can wait until there is some. */
  function whileRoom(handler: Handler): Handler {
    return async (job, context) => {
      await room.need();
      const pause = async () => {
        await context.pause();
        await room.need();
      };
      return handler(job, { ...context, pause }).catch((error: unknown) => {
        room.failed(error);
        throw error;
      });
    };
  }

  /** A snapshot has no chunks, and lacks what came after it: the outbox kept that. */
  async function takeUpRestored(store: Store): Promise<void> {
    await store.query(
      'update message m set chunked_as = null where chunked_as is not null and not exists (select from chunk where message_id = m.id)',
    );
    await outbox?.replay();
    await store.confirmRestored();
  }

  function after(milliseconds: number): Date {
    return new Date(clock().getTime() + milliseconds);
  }

  /** For work that nobody waits for: what goes wrong is logged, unless the engine is closing. */
  function inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!closing.signal.aborted) console.warn(`commonplace: ${EngineError.from(error).message}`);
    });
  }

  async function withStore<Result>(work: (opened: Opened) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      if (closing.signal.aborted) throw new EngineError('engine_restarting', 'The engine was closed.');
      signal?.throwIfAborted();
      const ready = await opened;
      signal?.throwIfAborted();
      return await work(ready);
    } catch (error) {
      if (closing.signal.aborted)
        throw new EngineError('engine_restarting', 'The engine was closed.', { cause: error });
      throw EngineError.from(error);
    }
  }

  /** A call that a person waits for: what is in the background waits meanwhile. */
  async function first<Result>(work: (opened: Opened) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const leave = gate.enter('search');
    try {
      return await withStore(work, signal);
    } finally {
      leave();
    }
  }

  function announce(event: EngineEvent): void {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        console.error('commonplace: a listener failed', error);
      }
    }
  }

  /** Tells the status soon; several changes at once are told once. */
  function changed(what: { counts: boolean } = { counts: false }): void {
    if (what.counts) countsStale = true;
    if (announceTimer !== null || listeners.size === 0 || closing.signal.aborted) return;
    const gap = Math.max(STATUS_MS, countedInMs * STATUS_SHARE);
    announceTimer = setTimeout(
      () => {
        announceTimer = null;
        announcedAt = performance.now();
        inBackground(status().then((now) => announce({ type: 'status', status: now })));
      },
      Math.max(0, announcedAt + gap - performance.now()),
    );
  }

  async function status(): Promise<EngineStatus> {
    const waiting = (await outbox?.size()) ?? { waiting: 0, full: false };
    void room.look();
    if (countsStale && (storeState.state === 'ready' || storeState.state === 'restored') && !closing.signal.aborted) {
      const { store } = await opened;
      countsStale = false;
      const started = performance.now();
      const next = embedders?.going();
      counts = {
        ...(await countDocuments(store, embedder?.modelId ?? null)),
        chunks_to_reembed: next ? (await countDocuments(store, next.modelId)).chunks_waiting : 0,
      };
      countedInMs = performance.now() - started;
    }
    const { chunks_to_reembed, ...told } = counts;
    const going = embedders?.going();
    return {
      store: storeState,
      embedder: embedderState,
      ...told,
      reembedding: going
        ? {
            id: going.model.id,
            name: going.model.name,
            done: counts.chunks - chunks_to_reembed,
            total: counts.chunks,
            error: going.error,
          }
        : null,
      outbox_waiting: waiting.waiting,
      outbox_refused: refused.size,
      outbox_full: waiting.full,
      room: room.now(),
      cut_off: underWay.cutOff(),
    };
  }

  async function enqueueVectors(store: Store): Promise<void> {
    if (embedder) await enqueue(store, 'embed', clock());
    if (embedders?.going()) await enqueue(store, 'reembed', clock());
  }

  async function askForVectors(): Promise<void> {
    await embedderReady;
    const { store, scheduler } = await opened;
    await enqueueVectors(store);
    scheduler.wake();
  }

  /** The connectors are a third of the engine's code: loaded when something is imported, or was. */
  function importer(): Promise<Importer> {
    importing ??= withStore(async ({ store, scheduler }) => {
      const { Importer: Made } = await import('./connectors');
      const made = new Made({
        store,
        shelf: options.shelf ?? null,
        take: (captures, signal) => take(captures, signal, false, true),
        clock,
        wake: () => {
          scheduler.wake();
        },
        onChange(run) {
          announce({ type: 'import_run', run });
        },
      });
      await made.recover();
      return made;
    });
    return importing;
  }

  async function takeUpImports(store: Store): Promise<void> {
    const [row] = await store.query<{ any: boolean }>(`select exists (select from job where kind = 'import') as any`);
    if (row?.any) await importer();
  }

  /** Stores captures, one batch after the other. `chosen`: the user asks for them now, whatever was deleted before. */
  function take(captures: Capture[], signal?: AbortSignal, waited = false, chosen = false): Promise<IngestReport> {
    return withStore(
      ({ store, scheduler }) =>
        exclusive(async () => {
          signal?.throwIfAborted();
          await room.need();
          const leave = gate.enter('ingest');
          try {
            const report = await ingest(store, await reconcile(store, captures), {
              pause: () => gate.free('ingest'),
              signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
              now: clock(),
              waited,
            });
            const taken = report.document_ids.filter((id) => id !== null);
            if (!chosen) await hideLate(store, taken);
            if (report.messages_added + report.messages_updated > 0) {
              await boundLog(store);
              await enqueueVectors(store);
              await enqueue(store, 'maintain', after(MAINTAIN_AFTER_MS));
              await enqueue(store, 'snapshot', after(SNAPSHOT_AFTER_MS));
              scheduler.wake();
            }
            const ids = new Set(taken);
            if (ids.size > 0) announce({ type: 'changed', document_ids: [...ids] });
            return report;
          } catch (error) {
            room.failed(error);
            throw error;
          } finally {
            leave();
            changed({ counts: true });
          }
        }),
      signal,
    );
  }

  function compactNow(signal?: AbortSignal): Promise<CompactReport> {
    return withStore(
      ({ store, scheduler }) =>
        exclusive(async () => {
          const leave = gate.enter('ingest');
          try {
            const { unindexed, ...report } = await underWay.during(store, 'compact', () =>
              compact(store, disk, {
                now: clock(),
                pause: () => gate.free('ingest'),
                progress: (done, total) => {
                  announce({ type: 'compact', done, total });
                },
                signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
              }),
            );
            if (unindexed) await enqueueVectors(store);
            scheduler.wake();
            return report;
          } finally {
            leave();
            changed();
          }
        }),
      signal,
    );
  }

  /** The id of the document that a capture of our own became: a chat, a note. */
  async function takeOwn(make: (store: Store) => Promise<Capture>): Promise<string> {
    return chatting(async () => {
      const capture = await withStore(({ store }) => make(store));
      const { document_ids } = await take([capture]);
      const [id] = document_ids;
      if (!id) throw new EngineError('not_found', 'It was deleted.');
      return id;
    });
  }

  async function drain(signal?: AbortSignal): Promise<number> {
    if (!outbox) return 0;
    await withStore(async () => undefined, signal);
    let stored = 0;
    for (;;) {
      signal?.throwIfAborted();
      const entries = (await outbox.peek(DRAIN_BATCH + refused.size)).filter(({ seq }) => !refused.has(seq));
      if (entries.length === 0) return stored;
      const taken = await takeEntries(entries, signal);
      if (taken.length > 0) await outbox.markStored(taken);
      stored += taken.length;
      changed();
    }
  }

  /** The numbers of the entries that are stored now. One that cannot be stored does not hold up the others. */
  async function takeEntries(entries: OutboxEntry[], signal?: AbortSignal): Promise<number[]> {
    try {
      await take(
        entries.map(({ capture }) => capture),
        signal,
        true,
      );
      return entries.map(({ seq }) => seq);
    } catch (error) {
      const { code, message } = EngineError.from(error);
      if (STORE_FAULTS.has(code)) throw error;
      const [only] = entries;
      if (entries.length > 1 || !only) {
        const taken: number[] = [];
        for (const entry of entries) taken.push(...(await takeEntries([entry], signal)));
        return taken;
      }
      console.error(
        `commonplace: entry ${only.seq} of the outbox (${only.capture.id}) cannot be stored: ${code}: ${message}`,
      );
      refused.add(only.seq);
      return [];
    }
  }

  /** A deletion of more than single documents is also about captures that still wait. */
  async function drainFor(due: DuePurge[]): Promise<void> {
    if (due.some(({ scope }) => scope !== null)) await drainOutbox();
  }

  /** One at a time; who asks while one runs gets a turn after it, for what came behind its last look. */
  async function drainOutbox(signal?: AbortSignal): Promise<number> {
    while (draining) await draining.catch(() => 0); // its caller is told
    draining = drain(signal);
    try {
      return await draining;
    } catch (error) {
      throw EngineError.from(error);
    } finally {
      draining = null;
    }
  }

  async function purged(store: Store): Promise<void> {
    await enqueue(store, 'snapshot', clock());
    await enqueueVectors(store); // an index of which much is gone is made anew
    changed({ counts: true });
  }

  /** Documents came in that nobody captured; null: there may be other ones altogether. */
  async function broughtIn(documentIds: string[] | null): Promise<void> {
    if (documentIds === null) {
      const { store, scheduler } = await opened;
      await embedders?.found(await modelsWithVectors(store, ''));
      await enqueueVectors(store);
      await enqueue(store, 'resplit', clock()); // a copy has no passages
      await enqueue(store, 'retain', after(RETAIN_AFTER_MS));
      await enqueue(store, 'maintain', after(MAINTAIN_AFTER_MS));
      await enqueue(store, 'snapshot', after(SNAPSHOT_AFTER_MS));
      scheduler.wake();
    }
    announce({ type: 'changed', document_ids: documentIds ?? [] });
    changed({ counts: true });
  }

  return {
    async status() {
      try {
        return await status();
      } catch (error) {
        throw EngineError.from(error);
      }
    },

    stats: () =>
      withStore(async ({ store }) => {
        const [size] = await store.query<{ bytes: number }>(
          'select pg_database_size(current_database())::float8 as bytes',
        );
        return {
          ...(await status()),
          by_source: await countBySource(store),
          database_bytes: size?.bytes ?? 0,
          schema_version: store.schemaVersion,
        };
      }),

    async subscribe(listener) {
      listeners.add(listener);
      const now = await status().catch((error: unknown) => {
        listeners.delete(listener);
        throw EngineError.from(error);
      });
      listener({ type: 'status', status: now });
      return () => {
        listeners.delete(listener);
      };
    },

    ingest: (captures, signal) => take(captures, signal),

    drainOutbox,

    recall: (query, signal) => first(({ store }) => recall(store, embedder, query, signal, clock()), signal),
    timeline: (where, signal) => first(({ store }) => timeline(store, where), signal),
    read: (id, signal) => first(({ store }) => readDocument(store, id), signal),
    find: (where) => first(({ store }) => findDocument(store, where)),
    captured: (where) => withStore(({ store }) => capturedOf(store, where)),

    forget: (scope) =>
      withStore(({ store, scheduler }) =>
        exclusive(async () => {
          const receipt = await store.transaction(async (tx) => {
            const written = await forget(tx, scope, clock());
            await enqueue(tx, 'purge', new Date(written.purge_at));
            return written;
          });
          // what has not come in yet would come in after it
          if ('everything' in scope && importing !== null) await (await importer()).endAll();
          scheduler.wake();
          announce({ type: 'forgotten', receipt_id: receipt.id });
          changed({ counts: true });
          return receipt;
        }),
      ),
    countForget: (scope) => withStore(({ store }) => countForget(store, scope)),
    undoForget: (receiptId) =>
      withStore(async ({ store, scheduler }) => {
        const ids = await undoForget(store, receiptId);
        await enqueueVectors(store);
        scheduler.wake();
        announce({ type: 'changed', document_ids: ids });
        changed({ counts: true });
      }),
    endUndo: (receiptIds) =>
      withStore(async ({ store, scheduler }) => {
        await hasten(store, receiptIds, clock());
        await enqueue(store, 'purge', clock());
        scheduler.wake();
      }),
    purgeForgotten: (receiptIds) =>
      withStore(async ({ store, scheduler }) => {
        await drainFor(await duePurges(store, null, receiptIds));
        return exclusive(async () => {
          const pause = () => gate.free('ingest');
          const due = await duePurges(store, null, receiptIds);
          const count = await purge(store, { outbox, refused, now: clock(), due, pause });
          if (count > 0) await purged(store);
          scheduler.wake();
          return count;
        });
      }),
    keepNote: (text, documentId) =>
      takeOwn(async (store) => {
        if (documentId === undefined) return noteCapture(text, clock());
        const [note] = await store.query<{ external_id: string }>(
          `select external_id from document where id::text = $1 and source = '${NOTES}' and forget_id is null`,
          [documentId],
        );
        if (!note) throw new EngineError('not_found', `There is no note ${documentId}.`);
        return noteCapture(text, clock(), note.external_id);
      }),
    wasForgotten: (where) => withStore(({ store }) => wasForgotten(store, where)),
    allowAgain: (where) =>
      withStore(async ({ store }) => {
        const shown = await allowAgain(store, where);
        if (shown === null) return;
        announce({ type: 'changed', document_ids: [shown] });
        changed({ counts: true });
      }),

    retention: () => withStore(({ store }) => readRetention(store)),
    setRetention: (retention) =>
      withStore(async ({ store, scheduler }) => {
        await store.transaction(async (tx) => {
          await writeRetention(tx, retention);
          await enqueue(tx, 'retain', clock());
        });
        scheduler.wake();
      }),
    countRetention: (retention) => withStore(({ store }) => countExpired(store, retention, clock())),
    ...exchange({
      withStore: (work, signal) => withStore(({ store }) => work(store), signal),
      pause: () => gate.free('ingest'),
      exclusive: (work) =>
        exclusive(async () => {
          const leave = gate.enter('ingest');
          try {
            return await work();
          } finally {
            leave();
          }
        }),
      closing: closing.signal,
      modelId: () => embedder?.modelId ?? null,
      clock,
      announce: (doing, done, total) => {
        announce({ type: 'import', doing, done, total });
      },
      boundLog,
      underWay,
      onStored: broughtIn,
      async carried() {
        const known = importing === null ? null : await importer();
        // where there is no importer, imports of the database that is taken back have ended
        return (next) => known?.carryInto(next) ?? next.exec(`delete from job where kind = 'import'`);
      },
      async onReplaced() {
        if (importing !== null) await (await importer()).replaced();
        await underWay.read((await opened).store);
      },
    }),
    putAwayCutOff: () => withStore(({ store }) => underWay.putAway(store)),
    space: () =>
      withStore(async ({ store }) => {
        await embedderReady;
        const added = (await answering.bytes()) + (embedders?.bytes() ?? 0);
        const { waiting } = (await outbox?.size()) ?? { waiting: 0 };
        return { ...(await measure(store, disk, added)), waiting, room: await room.look() };
      }),
    compact(signal) {
      compacting ??= compactNow(signal).finally(() => {
        compacting = null;
      });
      return compacting;
    },
    lookInside: (files, signal) => withStore(async () => (await importer()).look(files, signal), signal),
    startImport: (id, choice) => withStore(async () => (await importer()).start(id, choice)),
    pauseImport: (id) => withStore(async () => (await importer()).pause(id)),
    resumeImport: (id, files) => withStore(async () => (await importer()).resume(id, files)),
    cancelImport: (id) => withStore(async () => (await importer()).cancel(id)),
    imports: () =>
      withStore(async ({ store }) => {
        await takeUpImports(store);
        return importing === null ? [] : (await importer()).runs();
      }),

    ...answering.calls,

    idle: (signal) =>
      withStore(async ({ scheduler }) => {
        await exclusive(async () => undefined); // what is being stored now is through
        await askForVectors();
        await scheduler.idle(signal);
      }, signal),

    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      if (announceTimer !== null) clearTimeout(announceTimer);
      room.close();
      listeners.clear();
      try {
        await answering.endFetching();
        const { store, scheduler } = await opened;
        await exclusive(async () => undefined);
        await scheduler.close();
        await store.close();
      } catch (error) {
        // A store that never opened has nothing to close.
        if (storeState.state !== 'failed') throw EngineError.from(error);
      } finally {
        await answering.close();
        await embedderReady; // one that is only starting has to be closed, too
        await (embedders ?? embedder)?.close();
      }
    },
  };
}

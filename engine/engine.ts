/** Puts the parts together. Nothing is decided here but their order. */
import type {
  EmbedderState,
  Engine,
  EngineEvent,
  EngineStatus,
  Hit,
  IngestReport,
  RecallQuery,
  RecallResult,
  StoreState,
} from './api';
import type { Capture } from './capture/types';
import {
  allowAgain,
  countBySource,
  countDocuments,
  countForget,
  duePurges,
  findDocument,
  forget,
  purgeReceipt,
  readDocument,
  timeline,
  undoForget,
} from './documents';
import { EngineError } from './errors';
import { ingest } from './ingest';
import type { Outbox } from './outbox/types';
import type { Store } from './store';

/** What makes vectors. `state` is read whenever it is needed. */
export interface EmbedderPort {
  readonly modelId: string;
  readonly dims: number;
  readonly state: EmbedderState;
  embed(texts: string[], kind: 'query' | 'passage', signal?: AbortSignal): Promise<Float32Array[]>;
}

export interface EngineOptions {
  /** Opens the database; called once. The engine answers `status` meanwhile, other calls wait for it. */
  store: () => Promise<Store>;
  /** Null for an engine of words alone. */
  embedder: EmbedderPort | null | (() => Promise<EmbedderPort | null>);
  outbox?: Outbox;
  clock?: () => Date;
}

const DRAIN_BATCH = 16;

export function createEngine(options: EngineOptions): Engine {
  const { clock = () => new Date(), outbox } = options;
  const listeners = new Set<(event: EngineEvent) => void>();
  let storeState: StoreState = { state: 'opening' };
  let closed = false;

  const opened = options.store().then(
    (store) => {
      storeState = { state: 'ready', storage: store.storage };
      announceStatus();
      return store;
    },
    (cause: unknown) => {
      const error = EngineError.from(cause, 'store_unavailable');
      storeState = { state: 'failed', code: error.code, message: error.message };
      announceStatus();
      throw error;
    },
  );
  opened.catch(() => {}); // told by `status` and by every call that needs the store

  async function withStore<Result>(work: (store: Store) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      if (closed) throw new EngineError('engine_restarting', 'The engine was closed.');
      signal?.throwIfAborted();
      return await work(await opened);
    } catch (error) {
      throw EngineError.from(error);
    }
  }

  function announce(event: EngineEvent): void {
    for (const listener of listeners) listener(event);
  }

  function announceStatus(): void {
    if (listeners.size === 0) return;
    void status().then(
      (now) => {
        announce({ type: 'status', status: now });
      },
      () => {}, // a status that cannot be read now is asked for again at the next change
    );
  }

  async function status(): Promise<EngineStatus> {
    const waiting = (await outbox?.size()) ?? { waiting: 0, full: false };
    const counts =
      storeState.state === 'ready' || storeState.state === 'restored'
        ? await countDocuments(await opened, null)
        : { documents: 0, messages: 0, chunks: 0, chunks_waiting: 0 };
    return {
      store: storeState,
      embedder: { state: 'unavailable', model_id: 'none', error: 'not wired yet' },
      ...counts,
      outbox_waiting: waiting.waiting,
      outbox_full: waiting.full,
    };
  }

  async function take(store: Store, captures: Capture[]): Promise<IngestReport> {
    const report = await ingest(store, captures);
    const ids = report.document_ids.filter((id) => id !== null);
    if (ids.length > 0) announce({ type: 'changed', document_ids: [...new Set(ids)] });
    announceStatus();
    return report;
  }

  return {
    status,
    stats: () =>
      withStore(async (store) => {
        const [size] = await store.query<{ bytes: number }>(
          'select pg_database_size(current_database())::float8 as bytes',
        );
        return {
          ...(await status()),
          by_source: await countBySource(store),
          database_bytes: size?.bytes ?? 0,
          schema_version: 1,
        };
      }),
    async subscribe(listener) {
      listeners.add(listener);
      listener({ type: 'status', status: await status() });
      return () => listeners.delete(listener);
    },
    ingest: (captures, signal) => withStore((store) => take(store, captures), signal),
    drainOutbox: (signal) =>
      withStore(async (store) => {
        let stored = 0;
        for (;;) {
          const entries = (await outbox?.peek(DRAIN_BATCH)) ?? [];
          if (entries.length === 0) return stored;
          signal?.throwIfAborted();
          await take(
            store,
            entries.map(({ capture }) => capture),
          );
          await outbox?.markStored(entries.map(({ seq }) => seq));
          stored += entries.length;
        }
      }, signal),
    recall: (query, signal) => withStore((store) => recallWords(store, query), signal),
    timeline: (where, signal) => withStore((store) => timeline(store, where), signal),
    read: (id, signal) => withStore((store) => readDocument(store, id), signal),
    find: (where) => withStore((store) => findDocument(store, where)),
    forget: (scope) =>
      withStore(async (store) => {
        const receipt = await forget(store, scope, clock());
        announce({ type: 'forgotten', receipt_id: receipt.id });
        announceStatus();
        return receipt;
      }),
    countForget: (scope) => withStore((store) => countForget(store, scope)),
    undoForget: (id) =>
      withStore(async (store) => {
        announce({ type: 'changed', document_ids: await undoForget(store, id) });
        announceStatus();
      }),
    purgeForgotten: () =>
      withStore(async (store) => {
        let count = 0;
        for (const { id } of await duePurges(store, null)) {
          count += await purgeReceipt(store, id, clock(), {
            onSlice: async () => {},
            onDocument: async ({ source, external_id }) => outbox?.purge(source, external_id),
          });
        }
        return count;
      }),
    allowAgain: (where) => withStore((store) => allowAgain(store, where)),
    idle: async () => {},
    async close() {
      closed = true;
      await (await opened).close();
    },
  };
}

/** Stands in until engine/recall is there. */
async function recallWords(store: Store, query: RecallQuery): Promise<RecallResult> {
  const started = performance.now();
  const rows = await store.query<
    Omit<Hit, 'highlights' | 'reasons' | 'original_url' | 'created_at'> & { created_at: Date }
  >(
    `select c.id as chunk_id, d.id as document_id, m.id as message_id, m.external_id as message_external_id, d.kind, d.source,
      d.title, d.url, m.role, m.author, m.model, coalesce(m.created_at, d.happened_at) as created_at,
      left(c.text, 400) as passage, -(c.enriched_text <@> to_bm25query($1, 'chunk_words')) as score
    from chunk c join document d on d.id = c.document_id left join message m on m.id = c.message_id
    where c.level = 1 and d.forget_id is null
    order by c.enriched_text <@> to_bm25query($1, 'chunk_words') limit $2`,
    [query.text, query.limit ?? 20],
  );
  return {
    hits: rows
      .filter((row) => row.score > 0)
      .map((row) => ({
        ...row,
        original_url: row.url,
        created_at: row.created_at.toISOString(),
        highlights: [],
        reasons: [{ kind: 'words', terms: query.text.split(/\s+/u) }],
      })),
    understood: { text: query.text, filters: query.filters ?? {} },
    used_meaning: false,
    took_ms: performance.now() - started,
    embed_ms: 0,
  };
}

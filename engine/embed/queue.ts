import { EngineError } from '../errors';
import type { EmbedKind } from './port';

/** Rows of one batch, at most. Beyond it padding costs more than batching saves. */
export const BATCH_ROWS = 16;
/**
 * Padded tokens of one batch, at most, which is what a query may have to wait for: two passages of 128 tokens take
 * about 0.18 s on one quiet WASM thread. A longer passage is a batch of its own.
 */
export const BATCH_TOKENS = 256;
/** Passages wait this long after a query, because a person who types asks again at once. */
export const QUIET_AFTER_QUERY_MS = 300;

type Run = (rows: number[][]) => Promise<Float32Array[]>;

interface Row {
  ids: number[];
  slot: number;
}

interface Call {
  batches: Row[][];
  vectors: Float32Array[];
  missing: number;
  resolve: (vectors: Float32Array[]) => void;
  reject: (error: EngineError) => void;
}

/** Batches of rows of similar length, longest first, within {@link BATCH_ROWS} and {@link BATCH_TOKENS}. */
export function batchByLength(rows: number[][]): Row[][] {
  const sorted = rows.map((ids, slot) => ({ ids, slot })).sort((a, b) => b.ids.length - a.ids.length);
  const batches: Row[][] = [];
  let batch: Row[] = [];
  for (const row of sorted) {
    const width = batch[0]?.ids.length ?? 0;
    if (batch.length > 0 && (batch.length === BATCH_ROWS || width * (batch.length + 1) > BATCH_TOKENS)) {
      batches.push(batch);
      batch = [];
    }
    batch.push(row);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * Two queues over one network that runs one batch at a time: between any two batches the queries go first, and
 * passages rest for a moment after each query.
 */
export class EmbedQueue {
  readonly #run: Run;
  readonly #waiting: Record<EmbedKind, Call[]> = { query: [], passage: [] };
  #working = false;
  #closed: EngineError | null = null;
  #lastQuery = -Infinity;
  #wake: (() => void) | null = null;

  constructor(run: Run) {
    this.#run = run;
  }

  get busy(): boolean {
    return this.#working;
  }

  add(rows: number[][], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(aborted());
    if (rows.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[kind];
      const onAbort = () => {
        const at = queue.indexOf(call);
        if (at >= 0) queue.splice(at, 1);
        reject(aborted());
      };
      const call: Call = {
        batches: batchByLength(rows),
        vectors: new Array<Float32Array>(rows.length),
        missing: rows.length,
        resolve: (vectors) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(vectors);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(call);
      if (kind === 'query') this.#wake?.();
      if (!this.#working) void this.#work();
    });
  }

  /** Rejects everything that waits, and every later call, with `error`. */
  close(error: EngineError): void {
    this.#closed = error;
    for (const kind of ['query', 'passage'] as const) {
      for (const call of this.#waiting[kind].splice(0)) call.reject(error);
    }
    this.#wake?.();
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#waiting.query.length + this.#waiting.passage.length > 0) {
      const kind: EmbedKind = this.#waiting.query.length > 0 ? 'query' : 'passage';
      if (kind === 'passage') {
        const rest = this.#lastQuery + QUIET_AFTER_QUERY_MS - performance.now();
        if (rest > 0) {
          await this.#sleep(rest);
          continue;
        }
      }
      const queue = this.#waiting[kind];
      const call = queue[0] as Call;
      const batch = call.batches.shift() as Row[];
      if (call.batches.length === 0) queue.shift();
      try {
        const vectors = await this.#run(batch.map((row) => row.ids));
        batch.forEach((row, i) => (call.vectors[row.slot] = vectors[i] as Float32Array));
        call.missing -= batch.length;
        if (call.missing === 0) call.resolve(call.vectors);
      } catch (error) {
        const at = queue.indexOf(call);
        if (at >= 0) queue.splice(at, 1);
        call.reject(EngineError.from(error, 'embedder_unavailable'));
      }
      if (kind === 'query') this.#lastQuery = performance.now();
      // A macrotask, so that messages with new queries or aborts are seen before the next batch.
      await this.#sleep(0);
    }
    this.#working = false;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const wake = done.bind(null);
      function done() {
        clearTimeout(timer);
        resolve();
      }
      this.#wake = ms > 0 ? wake : null;
    });
  }
}

function aborted(): EngineError {
  return new EngineError('aborted', 'The call was aborted.');
}

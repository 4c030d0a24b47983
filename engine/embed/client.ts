import type { EmbedderState } from '../api';
import { EngineError } from '../errors';
import { E5_SMALL_V2, type EmbedderModel, embedderModelId } from '../../models';
import { rememberQueries } from './cache';
import type { Embedder, EmbedKind } from './port';
import type { FromEmbedder, ToEmbedder } from './protocol';

export interface ConnectOptions {
  /**
   * Starts a new embedder worker, ends the one before, and gives the engine's end of a channel to it. Called first
   * when the embedder is first needed, then whenever the worker hangs or loses its GPU.
   */
  spawn: () => Promise<MessagePort>;
  /** Ends the worker when the embedder is closed, which gives its memory back. */
  end?: () => void;
  /** e5-small-v2 unless told. */
  model?: EmbedderModel;
  /** The model's files by their paths; null, as unless told, for a model of the package. */
  files?: ReadonlyMap<string, Blob> | null;
  deadlines?: Partial<Deadlines>;
}

/** In ms; past them the worker counts as hung and is replaced. */
export interface Deadlines {
  /** From its start to ready or unavailable. Loading took 1.5 s on two quiet cores; a cold, busy disk takes longer. */
  load: number;
  /** For an answer to a ping while calls wait. One batch takes about 0.4 s on one WASM thread. */
  silence: number;
  query: number;
  passage: number;
}

const DEADLINES: Deadlines = { load: 120_000, silence: 30_000, query: 10_000, passage: 300_000 };
/** Lost devices after which the GPU is left alone until the engine starts anew. */
const LOSSES_ALLOWED = 2;
/** Workers that may hang or fail to load in a row before the embedder is `unavailable`. */
const FAILURES_ALLOWED = 3;

interface Call {
  texts: string[];
  kind: EmbedKind;
  resolve: (vectors: Float32Array[]) => void;
  reject: (error: EngineError) => void;
}

/**
 * The embedder as the engine worker has it: over a port to the worker that runs the model. Every call ends, by its
 * answer, its deadline or its signal; a hung worker or a lost GPU device gets a new worker, and calls that were under
 * way reject with `engine_restarting`.
 */
export function connectEmbedder(options: ConnectOptions): Embedder {
  return rememberQueries(new EmbedderClient(options));
}

class EmbedderClient implements Embedder {
  readonly dimensions: number;
  readonly #spawn: () => Promise<MessagePort>;
  readonly #end: () => void;
  readonly #model: EmbedderModel;
  readonly #files: ReadonlyMap<string, Blob> | null;
  readonly #deadlines: Deadlines;
  readonly #listeners = new Set<(state: EmbedderState) => void>();
  readonly #calls = new Map<number, Call>();
  #state: EmbedderState;
  #port: MessagePort | null = null;
  #generation = 0;
  #nextId = 1;
  #losses = 0;
  #failures = 0;
  #closed = false;
  #watch: ReturnType<typeof setInterval> | null = null;
  #heard = 0;
  #startedAt = 0;

  constructor({ spawn, end = () => {}, model = E5_SMALL_V2, files = null, deadlines }: ConnectOptions) {
    this.#spawn = spawn;
    this.#end = end;
    this.#model = model;
    this.#files = files;
    this.#deadlines = { ...DEADLINES, ...deadlines };
    this.dimensions = model.dimensions;
    this.#state = { state: 'loading', model_id: embedderModelId(model, 'q8') };
    void this.#start();
  }

  get modelId(): string {
    return this.#state.model_id;
  }

  state(): EmbedderState {
    return this.#state;
  }

  onState(listener: (state: EmbedderState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  embed(texts: string[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#closed) return Promise.reject(new EngineError('engine_restarting', 'The embedder was closed.'));
    if (signal?.aborted) return Promise.reject(new EngineError('aborted', 'The call was aborted.'));
    if (this.#state.state === 'unavailable') {
      return Promise.reject(new EngineError('embedder_unavailable', this.#state.error));
    }
    if (texts.length === 0) return Promise.resolve([]);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#calls.delete(id);
      };
      const giveUp = (error: EngineError) => {
        end();
        this.#send({ type: 'abort', id });
        reject(error);
      };
      const onAbort = () => {
        giveUp(new EngineError('aborted', 'The call was aborted.'));
      };
      const timer = setTimeout(() => {
        giveUp(new EngineError('timeout', `No vectors within ${this.#deadlines[kind]} ms.`));
      }, this.#deadlines[kind]);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#calls.set(id, {
        texts,
        kind,
        resolve: (vectors) => {
          end();
          resolve(vectors);
        },
        reject: (error) => {
          end();
          reject(error);
        },
      });
      // a call made before the port is there is sent by #start
      this.#send({ type: 'embed', id, texts, kind });
    });
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#generation++;
    this.#drop(new EngineError('engine_restarting', 'The embedder was closed.'));
    this.#end();
    return Promise.resolve();
  }

  async #start(): Promise<void> {
    const generation = ++this.#generation;
    this.#set({ state: 'loading', model_id: this.#state.model_id });
    this.#startedAt = this.#heard = performance.now();
    this.#watch ??= setInterval(
      () => {
        this.#lookAfter();
      },
      Math.min(this.#deadlines.silence, this.#deadlines.load) / 3,
    );
    let port: MessagePort;
    try {
      port = await this.#spawn();
    } catch (error) {
      if (generation === this.#generation) this.#failed(`no worker could be started: ${String(error)}`);
      return;
    }
    if (generation !== this.#generation) {
      port.close();
      return;
    }
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<FromEmbedder>) => {
      if (generation === this.#generation) this.#receive(data);
    };
    this.#send({
      type: 'start',
      webgpu: this.#losses < LOSSES_ALLOWED,
      model: this.#model.id,
      files: this.#files,
    });
    for (const [id, { texts, kind }] of this.#calls) this.#send({ type: 'embed', id, texts, kind });
  }

  #receive(message: FromEmbedder): void {
    this.#heard = performance.now();
    switch (message.type) {
      case 'state':
        if (message.state.state === 'ready') this.#failures = 0;
        // another backend, in place of one that answered wrongly
        if (message.state.state === 'loading' && this.#state.state === 'ready') this.#startedAt = performance.now();
        this.#set(message.state);
        return;
      case 'vectors':
        this.#calls.get(message.id)?.resolve(message.vectors);
        return;
      case 'failed':
        this.#calls.get(message.id)?.reject(EngineError.revive(message.error));
        return;
      case 'lost':
        this.#losses++;
        this.#restart(`the GPU device was lost: ${message.message}`);
        return;
      case 'pong':
    }
  }

  /** Pings while something is owed; replaces a worker that is silent for too long or never becomes ready. */
  #lookAfter(): void {
    if (this.#state.state === 'unavailable') return;
    const now = performance.now();
    if (this.#state.state === 'loading') {
      if (now - this.#startedAt > this.#deadlines.load) this.#failed('it did not load in time');
    } else if (this.#calls.size === 0) {
      this.#heard = now;
    } else if (now - this.#heard > this.#deadlines.silence) {
      // A GPU that hangs once hangs again.
      if (this.#state.state === 'ready' && this.#state.device === 'webgpu') this.#losses++;
      this.#failed('it hangs');
    } else {
      this.#send({ type: 'ping' });
    }
  }

  #failed(why: string): void {
    this.#failures++;
    if (this.#failures < FAILURES_ALLOWED) {
      this.#restart(why);
      return;
    }
    this.#generation++;
    this.#set({ state: 'unavailable', model_id: this.#state.model_id, error: `The embedder's worker failed: ${why}.` });
    this.#drop(new EngineError('embedder_unavailable', `The embedder's worker failed: ${why}.`));
  }

  #restart(why: string): void {
    this.#drop(new EngineError('engine_restarting', `The embedder is started again: ${why}.`));
    if (!this.#closed) void this.#start();
  }

  #drop(error: EngineError): void {
    this.#port?.close();
    this.#port = null;
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#watch = null;
    for (const call of [...this.#calls.values()]) call.reject(error);
  }

  #send(message: ToEmbedder): void {
    this.#port?.postMessage(message);
  }

  #set(state: EmbedderState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}

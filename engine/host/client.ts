import * as Comlink from 'comlink';
import type { Answer, EmbedderRefusal, EmbedderView, Engine, EngineEvent, LocalModel } from '../api';
import { EngineError } from '../errors';
import { type Hello, installWire } from './wire';

export interface ConnectionOptions {
  /** Hands `port` to the engine's host, waking it if need be. Rejects when the host cannot be reached. */
  deliver(port: MessagePort, clientLock: string): Promise<void>;
  /** How long a call may take before it rejects with `timeout`; calls that may rightly be long have no deadline. */
  deadlineMs?: number;
  /** How long to wait for the engine's hello before the port is thought lost. */
  helloMs?: number;
  locks?: LockManager;
}

/** `connecting` also covers reconnecting after the engine, its worker or its host died. */
export type ConnectionState = 'connecting' | 'connected';

export interface EngineConnection extends Engine {
  /** Calls the listener at once and on every change. */
  watchConnection(listener: (state: ConnectionState) => void): () => void;
  disconnect(): void;
}

/** What becomes of a call. */
interface Call {
  /** Whether it may be sent again to the next engine when one dies under it: twice is as good as once. */
  again: boolean;
  /** Whether it may rightly take minutes: its end is the engine's death or the caller's signal, not a clock. */
  long: boolean;
}
const AGAIN: Call = { again: true, long: false };
const AGAIN_LONG: Call = { again: true, long: true };
/** Whether it did what it does is asked, not guessed. */
const ONCE: Call = { again: false, long: false };
const ONCE_LONG: Call = { again: false, long: true };

/** Every call of the engine; one that is missing here is an error of the compiler. */
const CALLS: Record<Exclude<keyof Engine, 'subscribe'>, Call> = {
  status: AGAIN,
  stats: AGAIN,
  recall: AGAIN,
  timeline: AGAIN,
  read: AGAIN,
  find: AGAIN,
  captured: AGAIN,
  countForget: AGAIN,
  wasForgotten: AGAIN,
  endUndo: AGAIN,
  retention: AGAIN,
  setRetention: AGAIN,
  countRetention: AGAIN,
  setAside: AGAIN,
  askContext: AGAIN,
  chats: AGAIN,
  chat: AGAIN,
  renameChat: AGAIN,
  exportChat: AGAIN,
  providers: AGAIN,
  removeProvider: AGAIN,
  vault: AGAIN,
  setVaultPassphrase: AGAIN,
  unlockVault: AGAIN,
  lockVault: AGAIN,
  emptyVault: AGAIN,
  withdrawConsent: AGAIN,
  localModels: AGAIN,
  gpuModels: AGAIN,
  removeLocalModel: AGAIN,
  tryOnGpu: AGAIN,
  gpuReport: AGAIN,
  builtInModel: AGAIN,
  defaultGenerator: AGAIN,
  setDefaultGenerator: AGAIN,
  models: AGAIN,
  fetchModel: AGAIN,
  pauseModel: AGAIN,
  deleteModel: AGAIN,
  embedders: AGAIN,
  removeEmbedder: AGAIN,
  chooseEmbedder: AGAIN,
  findLocalServers: AGAIN,
  sent: AGAIN,
  discardSetAside: AGAIN_LONG,
  endExport: AGAIN,
  putAwayCutOff: AGAIN,
  lookAtImport: AGAIN_LONG,
  importFile: AGAIN_LONG,
  copies: AGAIN,
  lookAtCopy: AGAIN_LONG,
  space: AGAIN_LONG,
  compact: AGAIN_LONG,
  imports: AGAIN,
  ingest: AGAIN_LONG,
  drainOutbox: AGAIN_LONG,
  idle: AGAIN_LONG,
  forget: ONCE,
  keepNote: ONCE,
  undoForget: ONCE,
  purgeForgotten: ONCE,
  allowAgain: ONCE,
  branchChat: ONCE,
  addProvider: ONCE,
  takeBack: ONCE_LONG,
  goBack: ONCE_LONG,
  beginExport: ONCE_LONG,
  readExport: ONCE_LONG,
  lookInside: ONCE_LONG,
  startImport: ONCE_LONG,
  pauseImport: ONCE,
  resumeImport: ONCE_LONG,
  cancelImport: ONCE,
  ask: ONCE_LONG,
  addLocalModel: ONCE_LONG,
  addModelFolder: ONCE_LONG,
  addEmbedder: ONCE_LONG,
  close: ONCE,
};

interface Link {
  engine: Comlink.Remote<Engine>;
  /** Rejects with `engine_restarting` when this engine is gone. */
  dead: Promise<never>;
  /** The one subscription that feeds all listeners here; made when somebody listens. */
  subscribed: Promise<unknown> | null;
  close(): void;
}

/**
 * An Engine that reconnects by itself.
 *
 * A call made while there is no engine waits for the next one; a call that was under way when the engine died is
 * sent again if it is repeatable, else rejects with `engine_restarting`. Subscriptions are made again on every
 * new engine. No call hangs: each ends with an answer, its signal, its deadline or the engine's death.
 */
export function connectEngine(options: ConnectionOptions): EngineConnection {
  installWire();
  const { deadlineMs = 30_000, helloMs = 10_000, locks = navigator.locks } = options;
  const clientLock = `commonplace:client:${crypto.randomUUID()}`;
  const closed = new AbortController();
  const lockHeld = new Promise<void>((resolve) => {
    void locks.request(clientLock, () => {
      resolve();
      return new Promise<void>((release) => {
        closed.signal.addEventListener('abort', () => {
          release();
        });
      });
    });
  });

  const stateListeners = new Set<(state: ConnectionState) => void>();
  const eventListeners = new Set<(event: EngineEvent) => void>();
  let state: ConnectionState = 'connecting';
  const setState = (next: ConnectionState) => {
    if (state === next) return;
    state = next;
    for (const listener of stateListeners) listener(next);
  };

  let current: Promise<Link> | null = null;

  /** @param onGone called once when the engine behind this link is gone. */
  async function open(onGone: () => void): Promise<Link> {
    await lockHeld;
    const { port1, port2 } = new MessageChannel();
    const hello = new Promise<Hello>((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new EngineError('engine_restarting', `The engine did not answer within ${helloMs} ms.`));
      }, helloMs);
      port1.addEventListener('message', ({ data }: MessageEvent<Hello>) => {
        if (data.type !== 'hello') return;
        clearTimeout(late);
        resolve(data);
      });
    });
    port1.start();
    await options.deliver(port2, clientLock);
    const { lock } = await hello;
    const gone = new AbortController();
    const dead = new Promise<never>((_, reject) => {
      locks
        .request(lock, { mode: 'shared', signal: gone.signal }, () => {
          reject(new EngineError('engine_restarting', 'The engine went away; it is being started again.'));
        })
        .catch((error: unknown) => {
          reject(EngineError.from(error, 'engine_restarting'));
        });
    });
    const link: Link = {
      engine: Comlink.wrap<Engine>(port1),
      dead,
      subscribed: null,
      close() {
        gone.abort();
        port1.close();
      },
    };
    dead.catch(() => {
      onGone();
      port1.close();
      if (closed.signal.aborted) return;
      setState('connecting');
      void reconnect();
    });
    if (eventListeners.size > 0) await subscribeOnce(link);
    setState('connected');
    return link;
  }

  function subscribeOnce(link: Link): Promise<unknown> {
    link.subscribed ??= link.engine.subscribe(Comlink.proxy(publish));
    return link.subscribed;
  }

  function link(): Promise<Link> {
    if (closed.signal.aborted)
      return Promise.reject(new EngineError('engine_restarting', 'This connection was closed.'));
    if (!current) {
      const forget = () => {
        if (current === attempt) current = null;
      };
      const attempt = open(forget);
      current = attempt;
      attempt.catch(forget);
    }
    return current;
  }

  /** Keeps trying for as long as somebody listens, so that a panel comes back without being touched. */
  async function reconnect(): Promise<void> {
    for (
      let wait = 200;
      !closed.signal.aborted && eventListeners.size + stateListeners.size > 0;
      wait = Math.min(wait * 2, 5_000)
    ) {
      try {
        await link();
        return;
      } catch (error) {
        console.warn('commonplace: the engine cannot be reached yet', error);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  function publish(event: EngineEvent): void {
    for (const listener of eventListeners) listener(event);
  }

  async function call(method: keyof typeof CALLS, args: unknown[], attempt = 0): Promise<unknown> {
    const signal = args.find((value) => value instanceof AbortSignal);
    signal?.throwIfAborted();
    let live: Link;
    try {
      live = await withEnd(link(), signal, deadlineMs, method);
    } catch (error) {
      const failure = EngineError.from(error, 'engine_restarting');
      if (failure.code !== 'engine_restarting' || attempt >= 3 || closed.signal.aborted) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 300 * (attempt + 1)));
      return call(method, args, attempt + 1);
    }
    // Its words so far are its answer to a stop: the engine has to say them.
    const ends = method === 'ask' ? undefined : signal;
    const remote = live.engine[method] as unknown as (...values: unknown[]) => Promise<unknown>;
    try {
      const answer = Promise.race([remote(...args), live.dead]);
      return await withEnd(answer, ends, CALLS[method].long ? null : deadlineMs, method);
    } catch (error) {
      const failure = EngineError.from(error);
      if (failure.code === 'engine_restarting' && CALLS[method].again && attempt < 3)
        return call(method, args, attempt + 1);
      throw failure;
    }
  }

  const remoteMethods = Object.fromEntries(
    Object.keys(CALLS).map((method) => [
      method,
      (...args: unknown[]) => call(method as keyof typeof CALLS, trimUndefined(args)),
    ]),
  ) as unknown as Pick<Engine, keyof typeof CALLS>;

  return {
    ...remoteMethods,
    ask: (request, onEvent, signal) =>
      call('ask', [request, Comlink.proxy(onEvent), ...(signal ? [signal] : [])]) as Promise<Answer>,
    addLocalModel: (file, name, onProgress, signal) =>
      call('addLocalModel', [
        file,
        name,
        Comlink.proxy(onProgress),
        ...(signal ? [signal] : []),
      ]) as Promise<LocalModel>,
    addModelFolder: (files, onProgress, signal) =>
      call('addModelFolder', [files, Comlink.proxy(onProgress), ...(signal ? [signal] : [])]) as Promise<LocalModel>,
    addEmbedder: (files, onProgress, signal) =>
      call('addEmbedder', [files, Comlink.proxy(onProgress), ...(signal ? [signal] : [])]) as Promise<
        EmbedderView | EmbedderRefusal
      >,
    async subscribe(listener) {
      const first = eventListeners.size === 0;
      eventListeners.add(listener);
      if (first) {
        const live = await link().catch(() => null);
        if (live) await subscribeOnce(live);
        else void reconnect();
      } else {
        listener({ type: 'status', status: await remoteMethods.status() });
      }
      return () => {
        eventListeners.delete(listener);
      };
    },
    watchConnection(listener) {
      stateListeners.add(listener);
      listener(state);
      if (stateListeners.size === 1) void reconnect();
      return () => stateListeners.delete(listener);
    },
    disconnect() {
      closed.abort();
      void current?.then((live) => {
        live.close();
      });
    },
  };
}

/** Settles with `work`, the signal or the deadline, whichever is first. */
async function withEnd<Value>(
  work: Promise<Value>,
  signal: AbortSignal | undefined,
  deadlineMs: number | null,
  what: string,
): Promise<Value> {
  const ends: Array<() => void> = [];
  const end = new Promise<never>((_, reject) => {
    if (deadlineMs !== null) {
      const timer = setTimeout(() => {
        reject(new EngineError('timeout', `The engine did not answer ${what} within ${deadlineMs} ms.`));
      }, deadlineMs);
      ends.push(() => {
        clearTimeout(timer);
      });
    }
    if (signal) {
      const onAbort = () => {
        reject(new EngineError('aborted', `The call of ${what} was aborted.`));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      ends.push(() => {
        signal.removeEventListener('abort', onAbort);
      });
    }
  });
  try {
    return await Promise.race([work, end]);
  } finally {
    for (const stop of ends) stop();
  }
}

function trimUndefined(args: unknown[]): unknown[] {
  let length = args.length;
  while (length > 0 && args[length - 1] === undefined) length--;
  return args.slice(0, length);
}

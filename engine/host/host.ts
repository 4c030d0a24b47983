/**
 * Owns the engine's workers: in Chrome from the offscreen document, in Firefox from the event page. It starts them,
 * starts them again when they die, and hands clients' ports on; it never looks at what they say.
 */
import { builtInModel, findLanguageModel } from '../prompt-api';
import { serveBuiltIn } from './built-in';
import type { Connect } from './serve';
import type { FromWorker, ToWorker } from './worker-messages';

export interface HostOptions {
  /** Where the extension's own files lie, with a trailing slash. */
  baseUrl: string;
  /** Told whenever there starts or stops being a reason to stay alive: work that waits, or a client. */
  onActivity?(active: boolean): void;
}

export interface Host {
  connect(port: MessagePort, clientLock: string): void;
  /** Ends all workers at once; what was acknowledged is safe in the outbox and the database. */
  stop(): void;
}

const spawnEngine = () => new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'engine' });
const spawnEmbedder = () =>
  new Worker(new URL('../embed/worker.ts', import.meta.url), { type: 'module', name: 'embedder' });

export function startHost({ baseUrl, onActivity }: HostOptions): Host {
  let engine: Worker | null = null;
  const embedders = new Map<string, Worker>();
  let stopped = false;
  let deaths = 0;
  const send = (message: ToWorker, transfer: Transferable[] = []) => engine?.postMessage(message, transfer);

  function start(): void {
    if (stopped) return;
    for (const slot of [...embedders.keys()]) endEmbedder(slot); // those of an engine that is gone
    const worker = spawnEngine();
    engine = worker;
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === 'alive') restartWhenDead(worker, data.lock);
      else if (data.type === 'activity') onActivity?.(data.active);
      else if (data.type === 'spawn_embedder') giveEmbedder(data.slot);
      else endEmbedder(data.slot);
    };
    worker.onerror = (event) => {
      console.error('commonplace: the engine worker failed', event.message);
    };
    const found = findLanguageModel();
    if (!found) {
      send({ type: 'boot', baseUrl });
      return;
    }
    const { port1, port2 } = new MessageChannel();
    serveBuiltIn(builtInModel(found), port1);
    send({ type: 'boot', baseUrl, builtIn: port2 }, [port2]);
  }

  /** The engine holds a Web Lock while it lives; being granted it means that its worker is gone. */
  function restartWhenDead(worker: Worker, lock: string): void {
    const startedAt = performance.now();
    void navigator.locks.request(lock, { mode: 'shared' }, () => {
      if (stopped || engine !== worker) return;
      console.error('commonplace: the engine worker died and is started again');
      worker.terminate();
      deaths = performance.now() - startedAt > 60_000 ? 1 : deaths + 1;
      setTimeout(start, Math.min(100 * 2 ** deaths, 30_000));
    });
  }

  /** A new embedder worker, in place of the old one: the only cure for a hung or lost GPU session. */
  function giveEmbedder(slot: string): void {
    endEmbedder(slot);
    const embedder = spawnEmbedder();
    embedders.set(slot, embedder);
    const { port1, port2 } = new MessageChannel();
    embedder.postMessage({ type: 'boot', port: port1, baseUrl }, [port1]);
    send({ type: 'embedder', slot, port: port2 }, [port2]);
  }

  function endEmbedder(slot: string): void {
    embedders.get(slot)?.terminate();
    embedders.delete(slot);
  }

  start();
  return {
    connect(port, clientLock) {
      send({ type: 'connect', port, clientLock } satisfies Connect, [port]);
    },
    stop() {
      stopped = true;
      engine?.terminate();
      for (const slot of [...embedders.keys()]) endEmbedder(slot);
      engine = null;
    },
  };
}

/** The engine in its worker: takes what the outbox holds, serves whoever is connected. Loaded while the database opens. */
import type { EngineStatus } from './api';
import { opfsShelf } from './connectors/shelf-opfs';
import { createEngine } from './engine';
import { opfsModelFiles, packagedLlama, packagedWebLlm } from './chat';
import { connectEmbedder } from './embed';
import { opfsModelStorage } from './models';
import { type FromWorker, OUTBOX_BELL, reachBuiltIn, serveEngine } from './host';
import { openOutbox } from './outbox';
import { memoryShelf, openPrivacyShelf } from './privacy';
import { browserDisk } from './space';
import type { Store } from './store';

export { warmUp } from './recall';

export interface WorkerEngine {
  /** The directory that the package's files are in, with a slash. */
  baseUrl: string;
  /** To the browser's own model, where it has one. */
  builtIn: MessagePort | undefined;
  opening: Promise<Store>;
  /** A new embedder worker, by its port; the one of this slot, if any, is ended. */
  spawnEmbedder: (slot: string) => Promise<MessagePort>;
  say: (message: FromWorker) => void;
}

export async function serveFromWorker(parts: WorkerEngine): Promise<ReturnType<typeof serveEngine>> {
  const { baseUrl, builtIn, opening, spawnEmbedder, say } = parts;
  const outbox = await openOutbox();
  const engine = createEngine({
    store: () => opening,
    embedder: null,
    embedders: {
      files: opfsModelFiles(),
      start: (model, files) =>
        connectEmbedder({
          model,
          files,
          spawn: () => spawnEmbedder(model.id),
          end: () => {
            say({ type: 'end_embedder', slot: model.id });
          },
        }),
    },
    disk: browserDisk(navigator.storage),
    outbox,
    // On one thread in Firefox, which isolates no extension page.
    llama: { files: opfsModelFiles(), open: packagedLlama },
    ...(crossOriginIsolated ? { webllm: packagedWebLlm(baseUrl) } : {}),
    ...(builtIn ? { builtIn: reachBuiltIn(builtIn) } : {}),
    privacy: await openPrivacyShelf().catch((error: unknown) => {
      // Answers without a model need none of it.
      console.error('commonplace: providers and their keys cannot be kept', error);
      return memoryShelf();
    }),
    shelf: opfsShelf(navigator.storage),
    downloads: { storage: opfsModelStorage(navigator.storage) },
  });

  let clients = 0;
  let working = true;
  const reportActivity = () => {
    say({ type: 'activity', active: working || clients > 0 });
  };
  const server = serveEngine(engine, {
    onClients(count) {
      clients = count;
      reportActivity();
    },
  });
  say({ type: 'alive', lock: await server.alive });
  let status: EngineStatus | null = null;
  const importing = new Set<string>();
  const fetching = new Set<string>();
  await engine.subscribe((event) => {
    if (event.type === 'status') ({ status } = event);
    else if (event.type === 'import_run') {
      if (event.run.state === 'looking' || event.run.state === 'running') importing.add(event.run.id);
      else importing.delete(event.run.id);
    } else if (event.type === 'model') {
      if (event.model.state === 'running' || event.model.state === 'waiting') fetching.add(event.model.id);
      else fetching.delete(event.model.id);
    } else return;
    working = status === null || hasWork(status) || importing.size + fetching.size > 0;
    reportActivity();
  });

  const drain = () => {
    engine.drainOutbox().catch((error: unknown) => {
      console.error('commonplace: the outbox could not be drained', error);
    });
  };
  new BroadcastChannel(OUTBOX_BELL).onmessage = drain;
  drain();
  return server;
}

/** What can be done now: not what waits for a model that is not there, or could not be stored. */
function hasWork({ store, embedder, ...counts }: EngineStatus): boolean {
  if (store.state === 'opening') return true;
  if (store.state === 'failed') return false;
  if (counts.outbox_waiting > counts.outbox_refused) return true;
  if (counts.reembedding !== null && counts.reembedding.error === null) return true;
  return counts.chunks_waiting > 0 && embedder.state !== 'unavailable';
}

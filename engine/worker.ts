/** The engine worker: boots the engine on OPFS, takes what the outbox holds, serves whoever is connected. */
import type { EngineStatus } from './api';
import { opfsShelf } from './connectors/shelf-opfs';
import { createEngine } from './engine';
import { opfsModelFiles, packagedLlama, packagedWebLlm } from './chat';
import { connectEmbedder } from './embed';
import { opfsModelStorage } from './models';
import { type FromWorker, OUTBOX_BELL, reachBuiltIn, serveEngine, type ToWorker } from './host';
import { openCounts, openOutbox } from './outbox';
import { memoryShelf, openPrivacyShelf } from './privacy';
import { warmUp } from './recall';
import { browserDisk } from './space';
import { fetchEngineFiles, openStore } from './store';

const say = (message: FromWorker) => {
  self.postMessage(message);
};

/** Whoever waits for a call is told first, in milliseconds. */
const DEATH_MS = 200;

/** By slot, of those that were asked for. */
const giveEmbedder = new Map<string, (port: MessagePort) => void>();

/** Asks the host for a new embedder worker; the one of this slot, if any, is ended. */
function spawnEmbedder(slot: string): Promise<MessagePort> {
  return new Promise((resolve) => {
    giveEmbedder.set(slot, resolve);
    say({ type: 'spawn_embedder', slot });
  });
}

async function boot(baseUrl: string, builtIn?: MessagePort): Promise<ReturnType<typeof serveEngine>> {
  const outbox = await openOutbox();
  const opening = openStore({
    storage: 'browser',
    dataDirectory: `${baseUrl}data-dir.tar.gz`,
    counts: openCounts(),
    files: fetchEngineFiles(),
    meanwhile: warmUp,
    onDeath(words) {
      console.error(`commonplace: Postgres died, and the engine is started anew: ${words}`);
      setTimeout(() => {
        self.close(); // the host notices and starts another
      }, DEATH_MS);
    },
  });
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

let server: Promise<ReturnType<typeof serveEngine>> | null = null;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'boot') server = boot(data.baseUrl, data.builtIn);
  else if (data.type === 'embedder') giveEmbedder.get(data.slot)?.(data.port);
  else
    void server?.then((ready) => {
      ready.accept(data);
    });
};

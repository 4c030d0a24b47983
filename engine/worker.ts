/** The engine worker: opens the database on OPFS, and loads meanwhile the engine that is served on it. */
import type { FromWorker, ToWorker } from './host';
import { openCounts } from './outbox';
import { fetchEngineFiles, openStore } from './store';
import type { serveFromWorker } from './worker-engine';

/** More code than the database's; the database's files are opened on another thread meanwhile. */
const rest = import('./worker-engine');

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

type Server = Awaited<ReturnType<typeof serveFromWorker>>;

async function boot(baseUrl: string, builtIn?: MessagePort): Promise<Server> {
  const opening = openStore({
    storage: 'browser',
    dataDirectory: `${baseUrl}data-dir.tar.gz`,
    counts: openCounts(),
    files: fetchEngineFiles(),
    meanwhile: () => void rest.then(({ warmUp }) => warmUp()),
    onDeath(words) {
      console.error(`commonplace: Postgres died, and the engine is started anew: ${words}`);
      setTimeout(() => {
        self.close(); // the host notices and starts another
      }, DEATH_MS);
    },
  });
  opening.catch(() => undefined); // the engine tells it
  return (await rest).serveFromWorker({ baseUrl, builtIn, opening, spawnEmbedder, say });
}

let server: Promise<Server> | null = null;

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'boot') server = boot(data.baseUrl, data.builtIn);
  else if (data.type === 'embedder') giveEmbedder.get(data.slot)?.(data.port);
  else
    void server?.then((ready) => {
      ready.accept(data);
    });
};

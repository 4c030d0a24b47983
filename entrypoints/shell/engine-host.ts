/** Where the engine host lives in this browser, and how a client's port gets there. */
import { browser } from 'wxt/browser';
import { type Host, startHost } from '../../engine/host';
import { type BackupMessage, type BackupOrder, runBackup } from './backup-run';
import { connectEngine, type EnginePortMessage } from './engine-connection';

export interface EngineHost {
  /** Makes sure that the engine runs. */
  ensure(): Promise<void>;
  /** Ends the engine; what it had acknowledged is safe. The next {@link ensure} or client starts another. */
  stop(): Promise<void>;
  /** A connection for the background itself. */
  connect: typeof connectEngine;
  /**
   * Makes a backup where a page's interfaces are.
   * @param report.download and `ended` are used where that is the background itself; elsewhere a message tells
   */
  backUp(order: BackupOrder, report: BackupReport): Promise<void>;
}

interface BackupReport {
  download: Parameters<typeof runBackup>[2];
  ended: (outcome: Awaited<ReturnType<typeof runBackup>>) => Promise<unknown>;
}

/** What is used of a service worker's global; TypeScript's DOM library knows only a page's. */
interface ServiceWorkerScope {
  clients: {
    matchAll(options: {
      includeUncontrolled: boolean;
      type: 'all';
    }): Promise<Array<{ url: string; postMessage(message: unknown, transfer: Transferable[]): void }>>;
  };
  addEventListener(
    type: 'message',
    listener: (event: MessageEvent & { waitUntil(work: Promise<unknown>): void }) => void,
  ): void;
}
const worker = globalThis as unknown as ServiceWorkerScope;

/** Chrome allows one offscreen document; two requests at once make the second fail, which then means success. */
function offscreenHost(): EngineHost {
  let creating: Promise<void> | null = null;

  async function ensure(): Promise<void> {
    const open = await browser.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
    if (open.length > 0) return;
    creating ??= browser.offscreen
      .createDocument({
        url: '/offscreen.html',
        reasons: ['WORKERS'],
        justification: 'Runs the database and the embedding model in workers.',
      })
      .catch((error: unknown) => {
        if (!String(error).includes('single offscreen')) throw error;
      })
      .finally(() => {
        creating = null;
      });
    await creating;
  }

  async function post(message: EnginePortMessage | BackupMessage, transfer: Transferable[]): Promise<void> {
    await ensure();
    const clients = await worker.clients.matchAll({ includeUncontrolled: true, type: 'all' });
    const offscreen = clients.find((client) => new URL(client.url).pathname === '/offscreen.html');
    offscreen?.postMessage(message, transfer);
  }

  const deliver = (port: MessagePort, clientLock: string) =>
    post({ type: 'commonplace:engine-port', clientLock }, [port]);

  worker.addEventListener('message', (event) => {
    const data = event.data as EnginePortMessage;
    const [port] = event.ports;
    if (data.type === 'commonplace:engine-port' && port) event.waitUntil(deliver(port, data.clientLock));
  });
  async function stop(): Promise<void> {
    const open = await browser.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
    if (open.length > 0) await browser.offscreen.closeDocument();
  }
  return {
    ensure,
    stop,
    connect: () => connectEngine(deliver),
    backUp: (order) => post({ type: 'commonplace:backup', order }, []),
  };
}

/**
 * Firefox's event page owns the workers itself. It is suspended after 30 s without events, whatever its workers do;
 * a call into the parent process is an event, so one is made every 15 s while there is work or an open panel.
 */
function eventPageHost(): EngineHost {
  let host: Host | null = null;
  let keepAlive: ReturnType<typeof setInterval> | null = null;

  function onActivity(active: boolean): void {
    if (active && keepAlive === null) keepAlive = setInterval(() => void browser.runtime.getPlatformInfo(), 15_000);
    if (!active && keepAlive !== null) {
      clearInterval(keepAlive);
      keepAlive = null;
    }
  }
  function start(): Host {
    host ??= startHost({ baseUrl: browser.runtime.getURL('/'), onActivity });
    return host;
  }
  const connect = () =>
    connectEngine(async (port, clientLock) => {
      start().connect(port, clientLock);
    });
  addEventListener('message', ({ data, ports }: MessageEvent<EnginePortMessage>) => {
    const [port] = ports;
    if (data.type === 'commonplace:engine-port' && port) start().connect(port, data.clientLock);
  });
  return {
    ensure: async () => void start(),
    async stop() {
      host?.stop();
      host = null;
      onActivity(false);
    },
    connect,
    async backUp(order, { download, ended }) {
      const engine = connect(); // while it is connected the page is kept alive
      void runBackup(engine, order, download)
        .then(ended)
        .catch((error: unknown) => {
          console.error('commonplace: how a backup ended could not be noted', error);
        })
        .finally(() => {
          engine.disconnect();
        });
    },
  };
}

/** Called synchronously at the start of the background: listeners registered later miss the event that woke it. */
export function createEngineHost(): EngineHost {
  return import.meta.env.FIREFOX ? eventPageHost() : offscreenHost();
}

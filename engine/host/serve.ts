import * as Comlink from 'comlink';
import type { Engine, EngineEvent } from '../api';
import { EngineError } from '../errors';
import { type Hello, installWire } from './wire';

/** What a client sends with its port. */
export interface Connect {
  type: 'connect';
  port: MessagePort;
  /** A Web Lock the client holds while it lives; when it falls, its subscriptions end. */
  clientLock: string;
}

export interface EngineServer {
  /** Resolves with the name of the lock that is held as long as this engine lives. */
  alive: Promise<string>;
  accept(connect: Connect): void;
}

/**
 * Serves one engine to any number of clients.
 *
 * @remarks A closed MessagePort tells nobody. Both sides therefore hold a Web Lock under a name the other knows, and
 * wait for the other's: being granted it means that the other is gone.
 */
export function serveEngine(
  engine: Engine,
  { locks = navigator.locks, onClients }: { locks?: LockManager; onClients?: (count: number) => void } = {},
): EngineServer {
  installWire();
  let clients = 0;
  const lock = `commonplace:engine:${crypto.randomUUID()}`;
  const held = new Promise<void>((resolve) => {
    void locks.request(lock, () => {
      resolve();
      return new Promise<never>(() => {}); // held until this worker dies
    });
  });

  return {
    alive: held.then(() => lock),
    accept({ port, clientLock }) {
      const gone = new AbortController();
      onClients?.(++clients);
      void locks.request(clientLock, { mode: 'shared' }, () => {
        gone.abort();
        port.close();
        onClients?.(--clients);
      });
      Comlink.expose(forClient(engine, gone.signal), port);
      void held.then(() => {
        port.postMessage({ type: 'hello', lock } satisfies Hello);
      });
    },
  };
}

/** The engine as one client sees it: its subscriptions end with it, and only the interface can be called. */
function forClient(engine: Engine, gone: AbortSignal): Engine {
  /** What this client deleted and can still undo: nobody can when it is gone. */
  const undoable = new Set<string>();
  const endUndo = () => {
    if (undoable.size === 0) return;
    engine.endUndo([...undoable]).catch((error: unknown) => {
      // an engine that closes; what is left is purged after its next start
      console.debug('commonplace: a deletion was not made final yet', error);
    });
  };
  gone.addEventListener('abort', endUndo, { once: true });
  /** A client that is gone is told nothing more. */
  const whileHere =
    <Told extends unknown[]>(tell: (...what: Told) => void) =>
    (...what: Told) => {
      if (!gone.aborted) tell(...what);
    };
  const untilGone = (signal?: AbortSignal) => (signal ? AbortSignal.any([signal, gone]) : gone);
  return {
    status: () => engine.status(),
    stats: () => engine.stats(),
    async subscribe(listener: (event: EngineEvent) => void) {
      const unsubscribe = await engine.subscribe(whileHere(listener));
      gone.addEventListener('abort', unsubscribe, { once: true });
      return Comlink.proxy(unsubscribe);
    },
    ingest: (captures, signal) => engine.ingest(captures, signal),
    drainOutbox: (signal) => engine.drainOutbox(signal),
    recall: (query, signal) => engine.recall(query, signal),
    timeline: (options, signal) => engine.timeline(options, signal),
    read: (id, signal) => engine.read(id, signal),
    find: (where) => engine.find(where),
    captured: (where) => engine.captured(where),
    async forget(scope) {
      const receipt = await engine.forget(scope);
      undoable.add(receipt.id);
      if (gone.aborted) endUndo();
      return receipt;
    },
    countForget: (scope) => engine.countForget(scope),
    undoForget: (id) => engine.undoForget(id),
    endUndo: (ids) => engine.endUndo(ids),
    purgeForgotten: (ids) => engine.purgeForgotten(ids),
    keepNote: (text, id) => engine.keepNote(text, id),
    wasForgotten: (where) => engine.wasForgotten(where),
    allowAgain: (where) => engine.allowAgain(where),
    retention: () => engine.retention(),
    setRetention: (retention) => engine.setRetention(retention),
    countRetention: (retention) => engine.countRetention(retention),
    setAside: () => engine.setAside(),
    ask: (request, onEvent, signal) => engine.ask(request, whileHere(onEvent), untilGone(signal)),
    askContext: (request, signal) => engine.askContext(request, signal),
    chats: () => engine.chats(),
    chat: (id, messageId) => engine.chat(id, messageId),
    renameChat: (id, title) => engine.renameChat(id, title),
    branchChat: (id, messageId) => engine.branchChat(id, messageId),
    exportChat: (id) => engine.exportChat(id),
    providers: () => engine.providers(),
    addProvider: (provider) => engine.addProvider(provider),
    removeProvider: (id) => engine.removeProvider(id),
    vault: () => engine.vault(),
    setVaultPassphrase: (passphrase, current) => engine.setVaultPassphrase(passphrase, current),
    unlockVault: (passphrase) => engine.unlockVault(passphrase),
    lockVault: () => engine.lockVault(),
    emptyVault: () => engine.emptyVault(),
    withdrawConsent: (id) => engine.withdrawConsent(id),
    findLocalServers: (signal) => engine.findLocalServers(signal),
    localModels: () => engine.localModels(),
    addLocalModel: (file, name, onProgress, signal) =>
      engine.addLocalModel(file, name, whileHere(onProgress), untilGone(signal)),
    gpuModels: () => engine.gpuModels(),
    addModelFolder: (files, onProgress, signal) =>
      engine.addModelFolder(files, whileHere(onProgress), untilGone(signal)),
    removeLocalModel: (id) => engine.removeLocalModel(id),
    tryOnGpu: (id, on) => engine.tryOnGpu(id, on),
    gpuReport: (id) => engine.gpuReport(id),
    builtInModel: () => engine.builtInModel(),
    defaultGenerator: () => engine.defaultGenerator(),
    setDefaultGenerator: (id) => engine.setDefaultGenerator(id),
    models: (purpose) => engine.models(purpose),
    fetchModel: (id) => engine.fetchModel(id),
    pauseModel: (id) => engine.pauseModel(id),
    deleteModel: (id) => engine.deleteModel(id),
    embedders: () => engine.embedders(),
    addEmbedder: (files, onProgress, signal) => engine.addEmbedder(files, whileHere(onProgress), untilGone(signal)),
    removeEmbedder: (id) => engine.removeEmbedder(id),
    chooseEmbedder: (id) => engine.chooseEmbedder(id),
    sent: (limit) => engine.sent(limit),
    discardSetAside: () => engine.discardSetAside(),
    takeBack: (at) => engine.takeBack(at),
    space: () => engine.space(),
    compact: (signal) => engine.compact(signal),
    copies: () => engine.copies(),
    lookAtCopy: (name, signal) => engine.lookAtCopy(name, signal),
    goBack: (name) => engine.goBack(name),
    async beginExport(request, signal) {
      const begun = await engine.beginExport(request, signal);
      const end = () => void engine.endExport(begun.id);
      if (gone.aborted) end();
      else gone.addEventListener('abort', end, { once: true });
      return begun;
    },
    async readExport(id, signal) {
      const piece = await engine.readExport(id, signal);
      return piece.bytes === null ? piece : Comlink.transfer(piece, [piece.bytes.buffer]);
    },
    endExport: (id) => engine.endExport(id),
    putAwayCutOff: () => engine.putAwayCutOff(),
    lookAtImport: (file, options, signal) => engine.lookAtImport(file, options, signal),
    importFile: (file, request, signal) => engine.importFile(file, request, signal),
    lookInside: (files, signal) => engine.lookInside(files, signal),
    startImport: (id, choice) => engine.startImport(id, choice),
    pauseImport: (id) => engine.pauseImport(id),
    resumeImport: (id, files) => engine.resumeImport(id, files),
    cancelImport: (id) => engine.cancelImport(id),
    imports: () => engine.imports(),
    idle: (signal) => engine.idle(signal),
    close: () => Promise.reject(new EngineError('bad_input', 'A client cannot close the engine.')),
  };
}

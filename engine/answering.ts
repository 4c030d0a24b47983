/** The part of the Engine that answers: chats, the models that write them, their providers and keys, the models that embed. */
import type { ModelEntry } from '../models/downloads';
import type { Answer, AskContext, AskEvent, AskRequest, BuiltInModel, Engine, EngineEvent, VaultView } from './api';
import type { Capture } from './capture/types';
import {
  answerQuestion,
  asSent,
  branchCapture,
  BUILT_IN,
  buildContext,
  builtInGenerator,
  exchangeCapture,
  exportChat,
  extractiveGenerator,
  type Generator,
  historyOf,
  inFull,
  isLocal,
  listChats,
  type ModelFiles,
  type OpenLlama,
  openLocalModels,
  openProviders,
  readChat,
  renameCapture,
  type WebLlm,
} from './chat';
import type { Embedder } from './embed';
import type { Embedders } from './embedders';
import { EngineError } from './errors';
import { type Downloads, type ModelStorage, openDownloads } from './models';
import { IDLE_LOCK_MS, openVault, type PrivacyShelf } from './privacy';
import type { BuiltIn } from './prompt-api';
import type { Store } from './store';

/** What can write answers, and where models come from. */
export interface AnsweringOptions {
  /** What runs models here; without it there are none. */
  llama?: { files: ModelFiles; open: OpenLlama };
  /** What runs models on the GPU, beside `llama`. */
  webllm?: WebLlm;
  /** The browser's own model. */
  builtIn?: BuiltIn;
  /** Where models are put that are fetched; without it none can be. */
  downloads?: { storage: ModelStorage; fetch?: typeof fetch; hub?: string; entries?: readonly ModelEntry[] };
}

export interface AnsweringParts extends AnsweringOptions {
  /** Runs work on the open store, with the engine's errors. */
  withStore: <Result>(work: (store: Store) => Promise<Result>, signal?: AbortSignal) => Promise<Result>;
  /** The same for what a person waits for: it goes before what is in the background. */
  first: <Result>(work: (store: Store) => Promise<Result>, signal?: AbortSignal) => Promise<Result>;
  /** Stores a capture of our own, made of what is stored; the document's id. */
  takeOwn: (make: (store: Store) => Promise<Capture>) => Promise<string>;
  /** Keeps providers, keys, models, and what was sent. */
  shelf: PrivacyShelf;
  clock: () => Date;
  announce: (event: EngineEvent) => void;
  /** Fires when the engine closes. */
  closing: AbortSignal;
  /** What embeds questions now. */
  embedder: () => Embedder | null;
  /** The embedders among which a person can choose, once they are there; null where there is no choice. */
  embedders: () => Promise<Embedders | null>;
  /** Whether there is such a choice, asked before they are there. */
  offersEmbedders: boolean;
  /** Told when an embedder was chosen. */
  onChosen: () => Promise<void>;
}

export type Answering = Pick<
  Engine,
  | 'ask'
  | 'askContext'
  | 'chats'
  | 'chat'
  | 'renameChat'
  | 'branchChat'
  | 'exportChat'
  | 'providers'
  | 'addProvider'
  | 'removeProvider'
  | 'withdrawConsent'
  | 'vault'
  | 'setVaultPassphrase'
  | 'unlockVault'
  | 'lockVault'
  | 'emptyVault'
  | 'findLocalServers'
  | 'localModels'
  | 'addLocalModel'
  | 'gpuModels'
  | 'addModelFolder'
  | 'removeLocalModel'
  | 'tryOnGpu'
  | 'gpuReport'
  | 'builtInModel'
  | 'defaultGenerator'
  | 'setDefaultGenerator'
  | 'models'
  | 'fetchModel'
  | 'pauseModel'
  | 'deleteModel'
  | 'embedders'
  | 'addEmbedder'
  | 'removeEmbedder'
  | 'chooseEmbedder'
  | 'sent'
>;

/** On the shelf: who answers unless told. */
const DEFAULT_GENERATOR = 'default-generator';

/** The calls, and what the engine does with their parts. */
export interface OpenAnswering {
  calls: Answering;
  /** Goes on with models that were being fetched when the engine ended. */
  wake(): Promise<void>;
  /** Bytes of the models that write answers. */
  bytes(): Promise<number>;
  /** Ends what is being fetched, which needs the store no more after it. */
  endFetching(): Promise<void>;
  close(): Promise<void>;
}

export function openAnswering(parts: AnsweringParts): OpenAnswering {
  const { withStore, first, takeOwn, shelf, clock, announce, closing, embedder, embedders, offersEmbedders, onChosen } =
    parts;
  const { llama, webllm } = parts;
  const vault = openVault(shelf);
  const providers = openProviders(shelf, vault, { clock });
  const downloads: Downloads | null = parts.downloads ? openModels(parts.downloads) : null;
  const localModels = llama
    ? openLocalModels({
        shelf,
        clock,
        llama,
        ...(webllm ? { webllm } : {}),
        ...(downloads ? { fetched: downloads.files } : {}),
      })
    : null;
  const builtIn = parts.builtIn ? builtInGenerator(parts.builtIn) : null;

  async function ask(request: AskRequest, onEvent: (event: AskEvent) => void, signal?: AbortSignal): Promise<Answer> {
    const ending = signal ? AbortSignal.any([signal, closing]) : closing;
    const now = clock();
    const { turns, afterId } = await withStore((store) => historyOf(store, request), ending);
    let given: string[] = [];
    const { generator, leavesTo } = await generatorOf(request, () => given);
    const context = async () => {
      const put = await inFull(request.question.trim(), turns, generator, ending);
      const built = await first(
        (store) =>
          buildContext(request, turns, {
            store,
            embedder: embedder(),
            now,
            generator,
            leavesTo,
            inFull: put,
            signal: ending,
          }),
        ending,
      );
      return asSent(built, { question: request.question.trim(), history: turns }, shelf);
    };
    const beforeSending = async ({ passages }: AskContext) => {
      given = leavesTo?.sends === 'question' ? [] : passages.map(({ chunk_id }) => chunk_id);
      if (generator.id !== 'none' && !isLocal(generator.id)) await providers.ready(generator.id);
      if (leavesTo) await providers.allow(generator.id, request.chat_id ?? null, request.consent, leavesTo.sends);
    };
    const answer = await answerQuestion({ context, embedder: embedder(), generator, beforeSending }, onEvent, ending);
    if (request.temporary || (answer.markdown === '' && !answer.abstained)) return answer;
    let messageId = '';
    const chatId = request.chat_id ?? null;
    const id = await takeOwn(async (store) => {
      const written = await exchangeCapture(store, { chatId, afterId, question: request.question.trim(), answer, now });
      messageId = written.messageId;
      return written.capture;
    });
    if (leavesTo && request.consent === 'chat') providers.allowChat(generator.id, id, leavesTo.sends);
    return { ...answer, chat_id: id, message_id: messageId };
  }

  /** Models on their way from a hub; what writes answers is held against what can run it, and handed to it. */
  function openModels(where: NonNullable<AnsweringOptions['downloads']>): Downloads {
    return openDownloads({
      ...where,
      shelf,
      clock,
      onChange(model) {
        announce({ type: 'model', model });
      },
      async onFetch({ host, model, bytes }) {
        const at = clock().toISOString();
        await shelf.append({ at, provider: model, host, local: false, bytes: 0, passages: [], fetches: bytes });
      },
      hooks: {
        async check(entry, files, path) {
          if (entry.purpose === 'answer') await here().checkFetched(entry, files, path);
        },
        async take(entry, files, { files: pinned }, signal) {
          if (entry.purpose === 'embed') {
            const beside = [...files].map(([path, file]) => ({ path, file }));
            const added = await (await someEmbedders()).add(beside, () => {}, signal);
            if ('refused' in added) throw new EngineError('model_invalid', `What was fetched is not ${entry.name}.`);
            return true;
          }
          const sums = new Map(pinned.map(({ path, sha256 }) => [path, sha256 ?? '']));
          return here().takeFetched(entry, files, sums, signal);
        },
        remove: async ({ id }) => localModels?.removeFetched(id),
      },
    });
  }

  function fetched(): Downloads {
    if (!downloads) throw new EngineError('not_found', 'No model can be fetched here.');
    return downloads;
  }

  async function vaultView(): Promise<VaultView> {
    const idle_minutes = IDLE_LOCK_MS / 60_000;
    return { state: await vault.state(), passphrase: await vault.hasPassphrase(), idle_minutes };
  }

  function here(): NonNullable<typeof localModels> {
    if (!localModels) throw new EngineError('model_missing', 'No model can run here.');
    return localModels;
  }

  async function builtInState(): Promise<BuiltInModel | null> {
    const state = (await parts.builtIn?.availability()) ?? 'unavailable';
    return state === 'unavailable' ? null : { id: BUILT_IN, state };
  }

  async function someEmbedders(): Promise<Embedders> {
    const found = await embedders();
    if (!found) throw new EngineError('not_found', 'There is no embedder to choose.');
    return found;
  }

  async function generatorOf(
    { generator: id = 'none', sends }: AskRequest,
    given: () => string[] = () => [],
  ): Promise<{ generator: Generator; leavesTo: AskContext['leaves_to'] }> {
    if (id === 'none') return { generator: extractiveGenerator(), leavesTo: null };
    if (id === BUILT_IN && builtIn) return { generator: builtIn, leavesTo: null };
    if (isLocal(id)) return { generator: await here().generator(id), leavesTo: null };
    const generator = await providers.generator(id, given);
    const provider = (await providers.list()).find((one) => one.id === id);
    const leavesTo =
      provider && !provider.local
        ? { name: provider.name, host: new URL(provider.base_url).host, sends: sends ?? provider.sends }
        : null;
    return { generator, leavesTo };
  }

  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw EngineError.from(error);
    }
  }

  const made: Answering = {
    ask,
    askContext: (request, signal) =>
      first(async (store) => {
        const { turns } = await historyOf(store, request);
        const { generator, leavesTo } = await generatorOf(request);
        const built = await buildContext(request, turns, {
          store,
          embedder: embedder(),
          now: clock(),
          generator,
          leavesTo,
          signal: signal ?? closing,
        });
        return asSent(built, { question: request.question.trim(), history: turns }, shelf);
      }, signal),
    chats: () => first((store) => listChats(store)),
    chat: (id, messageId) => first((store) => readChat(store, id, messageId)),
    async renameChat(id, title) {
      await takeOwn((store) => renameCapture(store, id, title, clock()));
    },
    branchChat: (id, messageId) => takeOwn((store) => branchCapture(store, id, messageId, clock())),
    exportChat: (id) => first((store) => exportChat(store, id)),
    providers: () => guarded(() => providers.list()),
    addProvider: (provider) => guarded(() => providers.add(provider)),
    removeProvider: (id) => guarded(() => providers.remove(id)),
    withdrawConsent: (id) => guarded(() => providers.withdraw(id)),
    vault: () => guarded(vaultView),
    setVaultPassphrase: (passphrase, current) =>
      guarded(async () => {
        await vault.setPassphrase(passphrase, current);
        return vaultView();
      }),
    unlockVault: (passphrase) =>
      guarded(async () => {
        await vault.unlock(passphrase);
        return vaultView();
      }),
    lockVault: () =>
      guarded(async () => {
        vault.lock();
        return vaultView();
      }),
    emptyVault: () =>
      guarded(async () => {
        await vault.empty();
        return vaultView();
      }),
    findLocalServers: (signal) => guarded(() => providers.findLocal(signal)),
    localModels: () => guarded(async () => (await localModels?.list()) ?? null),
    addLocalModel: (file, name, onProgress, signal) => guarded(() => here().add(file, name, onProgress, signal)),
    gpuModels: () => guarded(async () => (await localModels?.gpu()) ?? null),
    addModelFolder: (files, onProgress, signal) => guarded(() => here().addFolder(files, onProgress, signal)),
    removeLocalModel: (id) =>
      guarded(async () => {
        const model = (await here().list()).find((one) => one.id === id);
        if (model?.entry !== undefined && downloads) await downloads.remove(model.entry);
        else await here().remove(id);
      }),
    tryOnGpu: (id, on) => guarded(() => here().tryOnGpu(id, on)),
    gpuReport: (id) => guarded(() => here().report(id)),
    builtInModel: () => guarded(builtInState),
    defaultGenerator: () =>
      guarded(async () => {
        const id = (await shelf.get(DEFAULT_GENERATOR)) ?? 'none';
        if (id === BUILT_IN) return (await builtInState())?.state === 'available' ? id : 'none';
        const all = [...((await localModels?.list()) ?? []), ...(await providers.list())];
        return all.find((one) => one.id === id)?.id ?? 'none';
      }),
    setDefaultGenerator: (id) => guarded(() => shelf.put(DEFAULT_GENERATOR, id)),
    models: (purpose) =>
      guarded(async () => {
        const offered = (await downloads?.list(purpose)) ?? [];
        const runs = await Promise.all(
          offered.map(async (model) => model.purpose !== 'answer' || ((await localModels?.offers(model)) ?? false)),
        );
        return offered.filter(({ purpose: what }, place) => runs[place] && (what === 'answer' || offersEmbedders));
      }),
    fetchModel: (id) => guarded(() => fetched().start(id)),
    pauseModel: (id) => guarded(() => fetched().pause(id)),
    deleteModel: (id) => guarded(() => fetched().remove(id)),
    embedders: () => guarded(async () => (await embedders())?.list() ?? null),
    addEmbedder: (files, onProgress, signal) =>
      guarded(async () => (await someEmbedders()).add(files, onProgress, signal)),
    removeEmbedder: (id) =>
      guarded(async () => {
        await (await someEmbedders()).remove(id);
        const offered = (await downloads?.list('embed')) ?? [];
        if (offered.some((one) => one.id === id)) await downloads?.remove(id); // it can be fetched again
      }),
    chooseEmbedder: (id) =>
      withStore(async () => {
        await (await someEmbedders()).choose(id);
        await onChosen();
      }),
    sent: (limit = 100) => guarded(() => providers.sent(limit)),
  };

  return {
    calls: made,
    wake: async () => downloads?.wake(),
    bytes: async () => ((await localModels?.bytes()) ?? 0) + ((await downloads?.bytes()) ?? 0),
    endFetching: async () => downloads?.close(),
    async close() {
      vault.lock();
      await localModels?.close();
      await builtIn?.close();
    },
  };
}

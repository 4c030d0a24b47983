/** Models that run in this browser: files and folders that the person added, where they lie, and the one that is loaded. */
import { createSHA256 } from 'hash-wasm';
import { v7 as uuidv7 } from 'uuid';
import { EngineError } from '../errors';
import type { ModelEntry } from '../../models/downloads';
import { knownGguf } from '../../models/generators';
import { WEBLLM_LIBRARIES } from '../../models/webllm';
import type { PrivacyShelf } from '../privacy';
import { BUILT_IN } from './built-in';
import { type ModelRuntime, runtimeGenerator } from './model-runtime';
import type { Generator } from './port';
import type { FolderFile, GpuFacts, GpuModel, GpuReport, LocalModel } from './types';
import {
  gpuFacts,
  gpuReport,
  happen,
  type Happened,
  hasLists,
  libraryOf,
  loadTaken,
  nothingHappened,
  readLists,
  type TakenFolder,
  takeFolder,
  type WebLlm,
} from './webllm';

/** Where the files of models lie. */
export interface ModelFiles {
  /** Writes all of `pieces`; what it wrote of them is gone when it rejects. @throws EngineError `store_full`. */
  write(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  open(name: string): Promise<Blob>;
  remove(name: string): Promise<void>;
}

/** @param gpu whether the model goes onto the graphics card. */
export type OpenLlama = (file: Blob, contextTokens: number, gpu: boolean) => Promise<ModelRuntime>;

export interface LocalModelsOptions {
  shelf: PrivacyShelf;
  clock: () => Date;
  /** What runs GGUF files: on the processor, unless one is tried on the GPU. */
  llama: { files: ModelFiles; open: OpenLlama };
  /** What runs folders of weights on the GPU; without it nothing runs there. */
  webllm?: WebLlm;
  /** The files of a model that was fetched, where they stayed. */
  fetched?: (entry: string) => Promise<Map<string, Blob>>;
}

export interface LocalModels {
  list(): Promise<LocalModel[]>;
  /** What this machine's GPU is, and the models there is a library for; null where none runs on it. */
  gpu(): Promise<{ gpu: GpuFacts; models: GpuModel[] } | null>;
  /** @throws EngineError `bad_input` for what is no folder of weights that a library here reads; `store_full`, `aborted`. */
  addFolder(
    files: FolderFile[],
    onProgress: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<LocalModel>;
  /** @throws EngineError `bad_input` for a file that is no GGUF, `store_full`, `aborted`. */
  add(file: Blob, name: string, onProgress: (bytes: number) => void, signal?: AbortSignal): Promise<LocalModel>;
  remove(id: string): Promise<void>;
  /** Has a model of the processor tried on the GPU, or no more. @throws EngineError `model_missing` for any other. */
  tryOnGpu(id: string, on: boolean): Promise<void>;
  /** What can be told of a model on the GPU. @throws EngineError `model_missing` for any other. */
  report(id: string): Promise<GpuReport>;
  /** Bytes of models, without those that stayed where they were fetched to. */
  bytes(): Promise<number>;
  /** Whether a model that writes answers can run on this machine. */
  offers(entry: Pick<ModelEntry, 'runs_on'>): Promise<boolean>;
  /** Looks at what came of a model so far, each time `path` joins it. @throws EngineError `bad_input` when no library runs it. */
  checkFetched(entry: ModelEntry, files: Map<string, Blob>, path: string): Promise<void>;
  /**
   * Takes a model that was fetched whole. True: it lies elsewhere now, and what was fetched is not needed any more.
   * @throws EngineError `model_invalid`, `bad_input`, `store_full`, `aborted`.
   */
  takeFetched(
    entry: ModelEntry,
    files: Map<string, Blob>,
    sums: Map<string, string>,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Forgets what was taken of an entry. */
  removeFetched(entry: string): Promise<void>;
  /** @throws EngineError `model_missing`. */
  generator(id: string): Promise<Generator>;
  close(): Promise<void>;
}

const PREFIX = { processor: 'llama:', gpu: 'webllm:' } as const;

/** Whether an id is that of a model in this browser. */
export function isLocal(id: string): boolean {
  return id === BUILT_IN || Object.values(PREFIX).some((prefix) => id.startsWith(prefix));
}

/**
 * Tokens of prompt and answer. Not what the model could have: one thread reads some 30 tokens a second of the smallest
 * model, and the prompt is read before the first word.
 */
export const LOCAL_CONTEXT_TOKENS = 2_048;
/** Tokens of an answer: 15 a second were written on one thread; a small model that goes on says nothing more. */
const LOCAL_ANSWER_TOKENS = 256;
/**
 * Tokens of passages that a model on the processor is given unless told: a larger part of a minute of reading on one slow
 * thread, where all that its context has room for took more than a minute.
 */
const LOCAL_PASSAGE_TOKENS = 600;
/** The weights leave memory after this long without a question. */
const IDLE_MS = 5 * 60_000;

/**
 * Of its weights: a smaller model puts a question that leans on the chat in other words, not in full, and answers whatever it is
 * asked.
 */
const SMALL_BYTES = 300_000_000;

const KEY = 'local-models';
/**
 * `file` is where it lies: a file's name, or the one that a folder's files are kept under. `stayed`: it is the path of a
 * file that was fetched and lies where that put it.
 */
type Kept = LocalModel & { file: string; folder?: TakenFolder; stayed?: true };

/** A generator as a model of this browser is asked: by how large it is, and by where it runs. */
export function asLocal(generator: Generator, { bytes, runs_on }: Pick<LocalModel, 'bytes' | 'runs_on'>): Generator {
  const small = bytes < SMALL_BYTES;
  const sized = { ...generator, small, rewrites: !small };
  if (runs_on === 'gpu') return sized;
  return {
    ...sized,
    passageTokens: LOCAL_PASSAGE_TOKENS,
    generate: (input, signal) =>
      generator.generate({ ...input, max_tokens: Math.min(input.max_tokens, LOCAL_ANSWER_TOKENS) }, signal),
  };
}

export function openLocalModels({ shelf, clock, llama, webllm, fetched }: LocalModelsOptions): LocalModels {
  const { files } = llama;
  let held: { id: string; generator: Generator } | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;
  const happened = new Map<string, Happened>();

  const kept = async (): Promise<Kept[]> =>
    // those kept by an older version run on the processor
    (((await shelf.get(KEY)) as Kept[] | undefined) ?? []).map((model) => ({
      ...model,
      runs_on: model.runs_on ?? 'processor',
    }));
  const told = ({ file: _file, folder: _folder, stayed: _stayed, ...model }: Kept): LocalModel => model;
  const put = async (model: Kept): Promise<LocalModel> => {
    const models = await kept();
    const same = models.find(({ sha256 }) => sha256 === model.sha256);
    if (same) {
      if (same.id !== model.id) await erase(model);
      // it is deleted with what was fetched
      if (model.entry !== undefined) same.entry = model.entry;
      await shelf.put(KEY, models);
      return told(same);
    }
    await shelf.put(KEY, [...models, model]);
    return told(model);
  };
  const erase = async ({ file, folder, stayed }: Kept) => {
    if (folder) await webllm?.weights.remove(file);
    else if (!stayed) await files.remove(file);
  };
  const load = async ({ name, bytes, file, folder, stayed, entry, tries_gpu }: Kept): Promise<ModelRuntime> => {
    if (folder) return loadTaken(onGpu(), file, folder);
    const blob = stayed && entry !== undefined ? (await fetched?.(entry))?.get(file) : await files.open(file);
    if (blob?.size !== bytes) {
      throw new EngineError('model_invalid', `${name} has ${blob?.size ?? 0} bytes and had ${bytes}.`, {
        remedy: 'Remove it and add it again.',
      });
    }
    return llama.open(blob, LOCAL_CONTEXT_TOKENS, tries_gpu === true);
  };
  const onGpu = (): WebLlm => {
    if (!webllm) throw new EngineError('model_missing', 'No model runs on the graphics card here.');
    return webllm;
  };
  const release = async () => {
    clearTimeout(idle);
    const old = held;
    held = null;
    await old?.generator.close();
  };
  const remove = async (id: string) => {
    if (held?.id === id) await release();
    const models = await kept();
    const model = models.find((one) => one.id === id);
    await shelf.put(
      KEY,
      models.filter((one) => one.id !== id),
    );
    if (model) await erase(model);
  };

  return {
    list: async () => (await kept()).map(told),
    async gpu() {
      if (!webllm) return null;
      return {
        gpu: await gpuFacts(webllm),
        models: WEBLLM_LIBRARIES.map(({ id, name, weights_bytes, memory_bytes, licence, published }) => ({
          id,
          name,
          bytes: weights_bytes,
          memory_bytes,
          licence,
          published,
        })),
      };
    },
    async addFolder(given, onProgress, signal) {
      const file = uuidv7();
      const folder = await takeFolder(onGpu(), file, given, onProgress, signal);
      const { name, licence } = libraryOf(folder.library);
      const { sha256, bytes, known } = folder;
      const added_at = clock().toISOString();
      return put({
        id: `${PREFIX.gpu}${file}`,
        name,
        bytes,
        sha256,
        licence,
        known,
        added_at,
        runs_on: 'gpu',
        file,
        folder,
      });
    },
    async add(given, name, onProgress, signal) {
      const magic = new Uint8Array(await given.slice(0, 4).arrayBuffer());
      if (new TextDecoder().decode(magic) !== 'GGUF') {
        throw new EngineError('bad_input', `${name} is no GGUF file.`, {
          remedy: 'Models in this form end in .gguf; a file that was not downloaded whole may lack its beginning.',
        });
      }
      const hash = await createSHA256();
      hash.init();
      const file = uuidv7();
      let done = 0;
      await files.write(
        file,
        (async function* () {
          for await (const piece of given.stream() as unknown as AsyncIterable<Uint8Array>) {
            signal?.throwIfAborted();
            hash.update(piece);
            yield piece;
            done += piece.length;
            onProgress(done);
          }
        })(),
      );
      const sha256 = hash.digest('hex');
      const known = knownGguf(sha256);
      return put({
        id: `${PREFIX.processor}${file}`,
        name: known?.name ?? name.replace(/\.gguf$/iu, ''),
        bytes: given.size,
        sha256,
        licence: known?.licence ?? null,
        known: known !== null,
        added_at: clock().toISOString(),
        runs_on: 'processor',
        file,
      });
    },
    remove,
    async tryOnGpu(id, on) {
      const models = await kept();
      const model = models.find((one) => one.id === id && one.runs_on === 'processor');
      if (!model) throw new EngineError('model_missing', `There is no model ${id} on the processor.`);
      if (held?.id === id) await release();
      // what it did elsewhere says nothing of this
      happened.delete(id);
      if (on) model.tries_gpu = true;
      else delete model.tries_gpu;
      await shelf.put(KEY, models);
    },
    async report(id) {
      const model = (await kept()).find((one) => one.id === id);
      if (!model?.folder && !model?.tries_gpu)
        throw new EngineError('model_missing', `There is no model ${id} on the graphics card.`);
      const { sha256, known, folder } = model;
      const library = folder ? libraryOf(folder.library) : null;
      const runs = { id: library?.id ?? 'llama.cpp', sha256: library?.library.sha256 ?? null };
      return gpuReport(runs, { sha256, known }, await onGpu().adapter(), happened.get(id) ?? nothingHappened());
    },
    bytes: async () => (await kept()).reduce((sum, { bytes, stayed }) => sum + (stayed ? 0 : bytes), 0),
    async offers({ runs_on }) {
      if (runs_on === 'processor') return true;
      if (!webllm) return false;
      const { state } = await gpuFacts(webllm);
      return state === 'fits' || state === 'software';
    },
    async checkFetched({ runs_on, library }, given, path) {
      if (runs_on !== 'gpu' || !path.endsWith('.json') || !hasLists(given)) return;
      const found = await readLists(onGpu(), given);
      if (found.library.id !== library) {
        throw new EngineError('bad_input', `What was fetched is ${found.library.name} and not what was asked for.`, {
          remedy: 'Choose another model.',
        });
      }
    },
    async takeFetched({ id: entry, name, licence, runs_on, library }, given, sums, signal) {
      const id = `${PREFIX[runs_on]}${entry}`;
      const now = { entry, name, licence, added_at: clock().toISOString(), runs_on };
      if (runs_on === 'gpu') {
        const beside = [...given].map(([path, file]) => ({ path, file }));
        const folder = await takeFolder(onGpu(), entry, beside, () => {}, signal);
        const { sha256, bytes, known } = folder;
        const { name: run } = libraryOf(library ?? folder.library);
        await put({ ...now, id, name: run, bytes, sha256, known, file: entry, folder });
        return true;
      }
      const [first] = given;
      const magic = new Uint8Array((await first?.[1].slice(0, 4).arrayBuffer()) ?? []);
      if (!first || new TextDecoder().decode(magic) !== 'GGUF') {
        throw new EngineError('model_invalid', `${first?.[0] ?? name} is no GGUF file.`, {
          remedy: 'Choose another model.',
        });
      }
      const [path, file] = first;
      const sha256 = sums.get(path) ?? '';
      const known = knownGguf(sha256) !== null;
      const taken = await put({ ...now, id, bytes: file.size, sha256, known, file: path, stayed: true });
      // the same file may have been added by hand before
      return taken.id !== id;
    },
    async removeFetched(entry) {
      for (const model of await kept()) if (model.entry === entry) await remove(model.id);
    },
    async generator(id) {
      const model = (await kept()).find((one) => one.id === id);
      if (!model) {
        throw new EngineError('model_missing', `There is no model ${id} in this browser.`, {
          remedy: 'Add its file again, or choose another.',
        });
      }
      if (held?.id !== id) {
        await release();
        const contextTokens = model.folder ? libraryOf(model.folder.library).context_tokens : LOCAL_CONTEXT_TOKENS;
        const generator = runtimeGenerator({ id, contextTokens, load: () => load(model) });
        held = { id, generator };
      }
      clearTimeout(idle);
      const generator = asLocal(held.generator, model);
      return {
        ...generator,
        async *generate(input, signal) {
          clearTimeout(idle);
          const began = performance.now();
          const since = () => Math.round(performance.now() - began);
          const answer: NonNullable<Happened['last']> = { first_ms: null, all_ms: 0, pieces: 0 };
          let failure: EngineError | null = null;
          try {
            for await (const piece of generator.generate(input, signal)) {
              answer.first_ms ??= since();
              answer.pieces++;
              yield piece;
            }
          } catch (error) {
            failure = EngineError.from(error);
            throw error;
          } finally {
            answer.all_ms = since();
            const before = happened.get(id) ?? nothingHappened();
            happened.set(id, happen(before, answer, failure?.serialise() ?? null));
            clearTimeout(idle);
            idle = setTimeout(() => {
              release().catch((error: unknown) => {
                console.error('commonplace: a model could not be let go of', error);
              });
            }, IDLE_MS);
            // a timer must not keep a script alive
            if (typeof idle === 'object') (idle as { unref?: () => void }).unref?.();
          }
        },
      };
    },
    close: release,
  };
}

/** In the origin private file system. */
export function opfsModelFiles(): ModelFiles {
  const directory = async () =>
    (await navigator.storage.getDirectory()).getDirectoryHandle('commonplace-models', { create: true });
  const remove = async (name: string) => {
    await (await directory()).removeEntry(name);
  };
  return {
    async write(name, pieces) {
      const file = await (await directory()).getFileHandle(name, { create: true });
      const out = await file.createWritable();
      try {
        for await (const piece of pieces) await out.write(piece as BufferSource);
        await out.close();
      } catch (cause) {
        await out.abort().catch((error: unknown) => {
          console.debug('commonplace: a model that was not added whole left its beginning', error);
        });
        await remove(name);
        if ((cause as { name?: string }).name === 'QuotaExceededError') {
          throw new EngineError('store_full', 'There is no room for this model.', {
            cause,
            remedy: 'Free space on this computer, or remove another model.',
          });
        }
        throw cause;
      }
    },
    open: async (name) => (await (await directory()).getFileHandle(name)).getFile(),
    remove,
  };
}

/** llama.cpp as the package has it; only in a browser's worker. */
export const packagedLlama: OpenLlama = async (file, contextTokens, gpu) =>
  (await import('./wllama')).openWllama(file, contextTokens, gpu);

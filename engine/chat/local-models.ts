/** Models that run in this browser: GGUF files that the person added, where they lie, and the one that is loaded. */
import { createSHA256 } from 'hash-wasm';
import { v7 as uuidv7 } from 'uuid';
import { EngineError } from '../errors';
import { knownGguf } from '../../models/generators';
import type { PrivacyShelf } from '../privacy';
import { type LlamaRuntime, llamaGenerator } from './llama';
import type { Generator } from './port';
import type { LocalModel } from './types';

/** Where the files of models lie. */
export interface ModelFiles {
  /** Writes all of `pieces`; what it wrote of them is gone when it rejects. @throws EngineError `store_full`. */
  write(name: string, pieces: AsyncIterable<Uint8Array>): Promise<void>;
  open(name: string): Promise<Blob>;
  remove(name: string): Promise<void>;
}

export type OpenLlama = (file: Blob, contextTokens: number) => Promise<LlamaRuntime>;

export interface LocalModels {
  list(): Promise<LocalModel[]>;
  /** @throws EngineError `bad_input` for a file that is no GGUF, `store_full`, `aborted`. */
  add(file: Blob, name: string, onProgress: (bytes: number) => void, signal?: AbortSignal): Promise<LocalModel>;
  remove(id: string): Promise<void>;
  /** @throws EngineError `model_missing`. */
  generator(id: string): Promise<Generator>;
  close(): Promise<void>;
}

/** Ids begin with it. */
export const LOCAL = 'llama:';

/**
 * Tokens of prompt and answer. Not what the model could have: one thread reads some 30 tokens a second of the smallest
 * model, and the prompt is read before the first word.
 */
export const LOCAL_CONTEXT_TOKENS = 2_048;
/** Tokens of an answer: 15 a second were written on one thread; a small model that goes on says nothing more. */
const LOCAL_ANSWER_TOKENS = 256;
/** The weights leave memory after this long without a question. */
const IDLE_MS = 5 * 60_000;

const KEY = 'local-models';
type Kept = LocalModel & { file: string };

export function openLocalModels(
  shelf: PrivacyShelf,
  files: ModelFiles,
  openLlama: OpenLlama,
  clock: () => Date,
): LocalModels {
  let held: { id: string; generator: Generator } | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const kept = async () => ((await shelf.get(KEY)) as Kept[] | undefined) ?? [];
  const release = async () => {
    clearTimeout(idle);
    const old = held;
    held = null;
    await old?.generator.close();
  };

  return {
    list: async () => (await kept()).map(({ file: _file, ...model }) => model),
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
      const models = await kept();
      const same = models.find((model) => model.sha256 === sha256);
      if (same) {
        await files.remove(file);
        const { file: _file, ...model } = same;
        return model;
      }
      const known = knownGguf(sha256);
      const model: LocalModel = {
        id: `${LOCAL}${file}`,
        name: known?.name ?? name.replace(/\.gguf$/iu, ''),
        bytes: given.size,
        sha256,
        licence: known?.licence ?? null,
        known: known !== null,
        added_at: clock().toISOString(),
      };
      await shelf.put(KEY, [...models, { ...model, file }]);
      return model;
    },
    async remove(id) {
      if (held?.id === id) await release();
      const models = await kept();
      const model = models.find((one) => one.id === id);
      await shelf.put(
        KEY,
        models.filter((one) => one.id !== id),
      );
      if (model) await files.remove(model.file);
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
        const generator = llamaGenerator({
          id,
          contextTokens: LOCAL_CONTEXT_TOKENS,
          async load() {
            const file = await files.open(model.file);
            if (file.size !== model.bytes) {
              throw new EngineError('model_invalid', `${model.name} has ${file.size} bytes and had ${model.bytes}.`, {
                remedy: 'Remove it and add its file again.',
              });
            }
            return openLlama(file, LOCAL_CONTEXT_TOKENS);
          },
        });
        held = { id, generator };
      }
      clearTimeout(idle);
      const { generator } = held;
      return {
        ...generator,
        async *generate(input, signal) {
          clearTimeout(idle);
          try {
            yield* generator.generate(
              { ...input, max_tokens: Math.min(input.max_tokens, LOCAL_ANSWER_TOKENS) },
              signal,
            );
          } finally {
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
export const packagedLlama: OpenLlama = async (file, contextTokens) =>
  (await import('./wllama')).openWllama(file, contextTokens);

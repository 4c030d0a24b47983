/** Models for the GPU: a folder of weights taken in, file by file, and loaded for an answer. */
import { createMD5, createSHA256, sha256 } from 'hash-wasm';
import { WEBLLM_LIBRARIES, type WebLlmLibrary } from '../../../models/webllm';
import { EngineError } from '../../errors';
import type { ModelRuntime } from '../model-runtime';
import type { FolderFile, GpuFacts } from '../types';
import { type GpuAdapter, judgeAdapter } from './adapter';
import { type WeightCache, weightsUrl } from './cache';
import {
  CONFIG,
  libraryFor,
  libraryParameters,
  MANIFEST,
  OLD_MANIFEST,
  TOKENIZER,
  type WeightFile,
  weightFiles,
} from './folder';
import type { LoadWebLlm } from './messages';

/** What models on the GPU need of their surroundings. */
export interface WebLlm {
  weights: WeightCache;
  /** Where a file of the package's `models/` lies, and its bytes. */
  url(path: string): string;
  read(path: string): Promise<Uint8Array>;
  open(load: LoadWebLlm): Promise<ModelRuntime>;
  adapter(): Promise<GpuAdapter | null>;
}

/** A model whose weights are in the cache. */
export interface TakenFolder {
  library: string;
  /** Of the files' names and sums. */
  sha256: string;
  bytes: number;
  /** Whether every sum is one that we know. */
  known: boolean;
  files: string[];
}

/** Files of a folder are read whole when they are of this kind; none is as large. */
const LARGEST_TEXT = 64 * 2 ** 20;

export function libraryOf(id: string): WebLlmLibrary {
  const library = WEBLLM_LIBRARIES.find((one) => one.id === id);
  if (!library) throw new EngineError('model_missing', `This version has no library for ${id}.`);
  return library;
}

export async function gpuFacts(webllm: WebLlm): Promise<GpuFacts> {
  return judgeAdapter(await webllm.adapter());
}

/**
 * Takes a model in under `name`; nothing of it stays when it rejects.
 * @throws EngineError `bad_input` for what is no such folder, is not whole or fits no library; `store_full`, `aborted`.
 */
export async function takeFolder(
  webllm: WebLlm,
  name: string,
  given: FolderFile[],
  onProgress: (done: number, all: number) => void,
  signal?: AbortSignal,
): Promise<TakenFolder> {
  const { weights } = webllm;
  const files = sameFolder(given);
  const { library, shards } = await readLists(webllm, files);
  const wanted: WeightFile[] = [
    ...[CONFIG, MANIFEST].map((path) => ({ path, bytes: -1, md5: null, sha256: null })),
    {
      path: TOKENIZER,
      bytes: -1,
      md5: null,
      sha256: library.files.find(({ path }) => path === TOKENIZER)?.sha256 ?? null,
    },
    ...shards,
  ];
  const sources = wanted.map(({ path, bytes }) => {
    const file = path === MANIFEST ? (files.get(MANIFEST) ?? files.get(OLD_MANIFEST)) : files.get(path);
    if (!file) throw incomplete(`${path} is not in the folder.`);
    if (bytes >= 0 && file.size !== bytes) throw incomplete(`${path} has ${file.size} bytes and not ${bytes}.`);
    return file;
  });

  const all = sources.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const sums: string[] = [];
  let known = true;
  try {
    for (const [at, file] of wanted.entries()) {
      const source = sources[at];
      if (!source) continue;
      const sum = await write(weights, name, file, source, signal, (bytes) => {
        done += bytes;
        onProgress(done, all);
      });
      sums.push(`${file.path} ${sum}`);
      // Other weights of the same shape have other sums, and run as well: what is known is only told.
      if (file.path !== CONFIG && file.path !== MANIFEST) known &&= sum === file.sha256;
    }
  } catch (error) {
    await weights.remove(name);
    throw error;
  }
  return {
    library: library.id,
    sha256: await sha256(sums.toSorted().join('\n')),
    bytes: all,
    known,
    files: wanted.map(({ path }) => path),
  };
}

/** Which library runs a folder, and its weights, by its two lists. @throws EngineError `bad_input` when they do not fit. */
export async function readLists(
  { read }: WebLlm,
  files: Map<string, Blob>,
): Promise<{ library: WebLlmLibrary; shards: WeightFile[] }> {
  const library = libraryFor(await text(files, CONFIG));
  const manifest = await text(files, files.has(MANIFEST) ? MANIFEST : OLD_MANIFEST);
  return { library, shards: weightFiles(library, libraryParameters(await read(library.library.path)), manifest) };
}

/** Whether a folder's two lists are there. */
export function hasLists(files: Map<string, Blob>): boolean {
  return files.has(CONFIG) && (files.has(MANIFEST) || files.has(OLD_MANIFEST));
}

/** Writes one file while it is summed. @returns its sha256. */
async function write(
  weights: WeightCache,
  model: string,
  { path, md5 }: WeightFile,
  source: Blob,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const sum = (await createSHA256()).init();
  const own = md5 === null ? null : (await createMD5()).init();
  await weights.write(
    model,
    path,
    (async function* () {
      for await (const piece of source.stream() as unknown as AsyncIterable<Uint8Array>) {
        signal?.throwIfAborted();
        sum.update(piece);
        own?.update(piece);
        yield piece;
        onBytes(piece.length);
      }
    })(),
  );
  if (own && own.digest('hex') !== md5) throw incomplete(`${path} is not the file that the model's own list names.`);
  return sum.digest('hex');
}

/** Loads a model that was taken in. @throws EngineError `model_invalid`, `model_failed`. */
export async function loadTaken(
  webllm: WebLlm,
  name: string,
  { library: id, files }: TakenFolder,
): Promise<ModelRuntime> {
  const library = libraryOf(id);
  const gpu = await gpuFacts(webllm);
  if (gpu.state === 'none' || gpu.state === 'too_small') {
    throw new EngineError(
      'model_failed',
      `The graphics card cannot run it: ${gpu.short_of.join('; ') || 'there is none'}.`,
      {
        remedy: 'Choose a model that runs on the processor.',
      },
    );
  }
  const there = new Set(await webllm.weights.list(name));
  const missing = files.find((path) => !there.has(path));
  if (missing !== undefined) {
    throw new EngineError('model_invalid', `${missing} of ${library.name} is not in the browser any more.`, {
      remedy: 'Remove the model and add it again.',
    });
  }
  return webllm.open({
    libraryUrl: webllm.url(library.library.path),
    weightsUrl: weightsUrl(name),
    contextTokens: library.context_tokens,
    thinks: library.shape.model_type === 'qwen3',
  });
}

/** The files beside {@link CONFIG}, by their names. */
function sameFolder(given: FolderFile[]): Map<string, Blob> {
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
  const config = given.find(({ path }) => path === folderOf(path) + CONFIG);
  if (!config) {
    throw new EngineError('bad_input', `There is no ${CONFIG} in this folder.`, {
      remedy: 'Choose the folder of a model in MLC’s format; those for llama.cpp are single files that end in .gguf.',
    });
  }
  const folder = folderOf(config.path);
  return new Map(
    given.filter(({ path }) => folderOf(path) === folder).map(({ path, file }) => [path.slice(folder.length), file]),
  );
}

async function text(files: Map<string, Blob>, path: string): Promise<string> {
  const file = files.get(path);
  if (!file) throw incomplete(`${path} is not in the folder.`);
  if (file.size > LARGEST_TEXT) throw incomplete(`${path} is too large.`);
  return file.text();
}

function incomplete(what: string): EngineError {
  return new EngineError('bad_input', `The model is not whole: ${what}`, { remedy: 'Download the folder again.' });
}

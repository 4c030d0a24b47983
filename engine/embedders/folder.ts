/** Files of a model that a person picked: which model they are, whether they are the published ones, and a copy of them. */
import { createSHA256 } from 'hash-wasm';
import { type EmbedderModel, EMBEDDERS, filesOf } from '../../models';
import type { FolderFile, ModelFiles } from '../chat';
import { isPinned } from '../embed';
import type { EmbedderRefusal } from './types';

const CONFIG = 'config.json';

/** The file of this path, in the folder that was picked or one below it. */
function fileAt(given: readonly FolderFile[], path: string): Blob | undefined {
  const found = given.filter((one) => one.path === path || one.path.endsWith(`/${path}`));
  return found.sort((a, b) => a.path.length - b.path.length)[0]?.file;
}

/** Where a file of a model lies among the added ones. The same at every adding, so that one that was cut off leaves nothing for good. */
export function storedName({ id }: EmbedderModel, path: string): string {
  return `embedder~${id}~${path.replaceAll('/', '~')}`;
}

/** Which model a folder holds, by the length of its weights; it is checked whole by {@link copyFolder}. */
export async function recogniseFolder(given: readonly FolderFile[]): Promise<EmbedderModel | EmbedderRefusal> {
  const dimensions = await dimensionsOf(fileAt(given, CONFIG));
  const known = EMBEDDERS.filter(({ packaged }) => !packaged);
  const model = known.find(({ weights: { q8 } }) => fileAt(given, q8.path)?.size === q8.bytes);
  if (model) return model;
  if (dimensions !== null && known.every((one) => one.dimensions !== dimensions))
    return { refused: 'dimensions', dimensions };
  // A folder that is named like a model was meant to be it, e.g. with weights that were not downloaded whole.
  const named = known.find(({ id, name }) => given.some(({ path }) => hasFolder(path, [id, name])));
  if (!named) return { refused: 'unknown' };
  const { path } = named.weights.q8;
  return { refused: fileAt(given, path) ? 'changed' : 'missing', file: path, name: named.name };
}

function hasFolder(path: string, names: string[]): boolean {
  const folders = path.toLowerCase().split('/').slice(0, -1);
  return names.some((name) => folders.includes(name.toLowerCase()));
}

/** As the model's configuration says it; null where it does not. */
async function dimensionsOf(config: Blob | undefined): Promise<number | null> {
  if (!config || config.size > 100_000) return null;
  try {
    const { hidden_size } = JSON.parse(await config.text()) as { hidden_size?: unknown };
    return typeof hidden_size === 'number' ? hidden_size : null;
  } catch (error) {
    console.debug('commonplace: a config.json that is no JSON', error);
    return null;
  }
}

/**
 * Copies the files of `model`, each held against its sum on the way. Resolves with null when all are here, else with why not;
 * nothing of it stays then.
 * @throws EngineError `aborted`, `store_full`
 */
export async function copyFolder(
  model: EmbedderModel,
  given: readonly FolderFile[],
  files: ModelFiles,
  onProgress: (done: number, all: number) => void,
  signal?: AbortSignal,
): Promise<EmbedderRefusal | null> {
  const { name } = model;
  const wanted = filesOf(model, 'q8').map((file) => ({ ...file, blob: fileAt(given, file.path) }));
  const missing = wanted.find(({ blob }) => !blob);
  if (missing) return { refused: 'missing', file: missing.path, name };
  const all = wanted.reduce((sum, { blob }) => sum + (blob?.size ?? 0), 0);
  const written: string[] = [];
  let done = 0;
  let whole = false;
  try {
    for (const { blob, ...file } of wanted) {
      const hash = await createSHA256();
      hash.init();
      const stored = storedName(model, file.path);
      await files.write(
        stored,
        (async function* () {
          for await (const piece of (blob as Blob).stream() as unknown as AsyncIterable<Uint8Array>) {
            signal?.throwIfAborted();
            hash.update(piece);
            yield piece;
            done += piece.length;
            onProgress(done, all);
          }
        })(),
      );
      written.push(stored);
      if (!isPinned(file, hash.digest('hex'))) return { refused: 'changed', file: file.path, name };
    }
    whole = true;
    return null;
  } finally {
    if (!whole) for (const stored of written) await files.remove(stored);
  }
}

/** The files of a model that were added, by their paths. @throws whatever the storage says when one is gone */
export async function openFiles(model: EmbedderModel, files: ModelFiles): Promise<ReadonlyMap<string, Blob>> {
  const opened = new Map<string, Blob>();
  for (const { path } of filesOf(model, 'q8')) opened.set(path, await files.open(storedName(model, path)));
  return opened;
}

export async function removeFiles(model: EmbedderModel, files: ModelFiles): Promise<void> {
  for (const { path } of filesOf(model, 'q8')) await files.remove(storedName(model, path));
}

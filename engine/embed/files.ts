import { EngineError } from '../errors';
import { sha256 } from '../sha256';
import type { ModelFile } from '../../models';

/** Reads one file of a model by its path under the model's directory. */
export type ReadModelFile = (path: string) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * The file's bytes, checked against the pinned sha256.
 * @throws EngineError `model_invalid` when it is missing or is not the pinned file.
 */
export async function readPinned(read: ReadModelFile, file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await read(file.path);
  } catch (cause) {
    throw new EngineError('model_invalid', `The model file ${file.path} cannot be read.`, { cause });
  }
  const hex = await sha256(bytes);
  if (!isPinned(file, hex)) {
    throw new EngineError('model_invalid', `The model file ${file.path} has sha256 ${hex}, not ${file.sha256}.`, {
      remedy: 'Add the model again; if it came with the extension, install that again.',
    });
  }
  return bytes;
}

/** Whether a file with this sum, in hexadecimal, is the one that is meant. */
export function isPinned({ sha256: pinned, also = [] }: ModelFile, hex: string): boolean {
  return hex === pinned || also.includes(hex);
}

/** Reads files that the person added. */
export function readBlobs(files: ReadonlyMap<string, Blob>): ReadModelFile {
  return async (path) => {
    const file = files.get(path);
    if (!file) throw new Error(`${path} was not added`);
    return new Uint8Array(await file.arrayBuffer());
  };
}

/** Reads from the extension's own package; `base` ends with the model's directory, without a slash. */
export function fetchModelFile(base: string): ReadModelFile {
  return async (path) => {
    const response = await fetch(`${base}/${path}`);
    if (!response.ok) throw new Error(`HTTP ${response.status} for ${path}`);
    return new Uint8Array(await response.arrayBuffer());
  };
}

import { AutoModel, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { EngineError } from '../errors';
import { type EmbedderDtype, type EmbedderModel, filesOf } from '../../models';
import type { EmbedKind } from './port';
import { readPinned, type ReadModelFile } from './files';
import { normalise } from './normalise';

/** What runs the network. */
export type Device = 'webgpu' | 'wasm' | 'cpu';

export interface EncoderOptions {
  model: EmbedderModel;
  device: Device;
  dtype: EmbedderDtype;
  read: ReadModelFile;
  /** Node: the directory that holds the models' directories, from which onnxruntime maps the file by itself. */
  directory?: string;
  /** Browser: where onnxruntime's glue and binary lie; nothing is ever fetched from elsewhere. */
  wasmPaths?: { mjs: string; wasm: string };
  threads: number;
}

/** One loaded network: token ids in, normalised vectors out. No queue, no fallback. */
export interface Encoder {
  readonly device: Device;
  readonly dtype: EmbedderDtype;
  /** Token ids of the prefixed text with `[CLS]` and `[SEP]`, cut to the model's length. */
  tokenise(text: string, kind: EmbedKind): number[];
  /** One vector per row; rows are padded to the longest, so give rows of similar length. */
  encode(rows: number[][]): Promise<Float32Array[]>;
  dispose(): Promise<void>;
}

/**
 * Loads tokenizer and network, every file checked against its pinned sha256.
 * @throws EngineError `model_invalid`, or the runtime's own error when the device cannot run it.
 */
export async function loadEncoder(options: EncoderOptions): Promise<Encoder> {
  const { model, device, dtype } = options;
  const bytes = new Map<string, Uint8Array<ArrayBuffer>>();

  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.useBrowserCache = false;
  env.useFSCache = false;
  // With the cache on, the glue is turned into a blob: module, which an extension's CSP forbids.
  env.useWasmCache = false;
  if (options.directory === undefined) {
    env.localModelPath = '/models/';
    // The library asks for files by path; it gets the checked bytes and cannot reach anything else.
    env.fetch = (input) => {
      const path = String(input).replace(/^.*\/models\/[^/]+\//, '');
      const body = bytes.get(path);
      return Promise.resolve(body ? new Response(body) : new Response(null, { status: 404 }));
    };
    const wasm = env.backends.onnx.wasm;
    if (wasm && options.wasmPaths) {
      wasm.wasmPaths = options.wasmPaths;
      wasm.numThreads = options.threads;
    }
  } else {
    env.localModelPath = options.directory;
  }

  // it compiles while the files are read
  const runtime = device === 'wasm' && options.wasmPaths ? startRuntime() : null;
  for (const file of filesOf(model, dtype)) bytes.set(file.path, await readPinned(options.read, file));
  const tokenizer = await AutoTokenizer.from_pretrained(model.id, { local_files_only: true });
  await runtime;
  const network = await AutoModel.from_pretrained(model.id, {
    local_files_only: true,
    device,
    dtype,
    ...(device === 'cpu' ? { session_options: { intraOpNumThreads: options.threads } } : {}),
  });
  bytes.clear();

  return {
    device,
    dtype,
    tokenise(text, kind) {
      const ids: number[] = tokenizer.encode(model.prefix[kind] + text);
      if (ids.length <= model.max_tokens) return ids;
      // The library's own truncation drops the closing [SEP], which moves the vector (cosine 0.988 instead of 0.998).
      return [...ids.slice(0, model.max_tokens - 1), ids.at(-1) as number];
    },
    async encode(rows) {
      const width = Math.max(...rows.map((row) => row.length));
      const size = rows.length * width;
      const ids = new BigInt64Array(size);
      const mask = new BigInt64Array(size);
      rows.forEach((row, r) => {
        row.forEach((id, i) => {
          ids[r * width + i] = BigInt(id);
          mask[r * width + i] = 1n;
        });
      });
      const shape = [rows.length, width];
      const inputs = {
        input_ids: new Tensor('int64', ids, shape),
        attention_mask: new Tensor('int64', mask, shape),
        token_type_ids: new Tensor('int64', new BigInt64Array(size), shape),
      };
      const output = (await network(inputs)) as { last_hidden_state: Tensor };
      const hidden = output.last_hidden_state;
      try {
        const length = hidden.dims.at(-1);
        if (length !== model.dimensions) {
          throw new EngineError(
            'model_invalid',
            `${model.id} makes vectors of ${length} numbers, not ${model.dimensions}.`,
          );
        }
        const data = hidden.data as Float32Array;
        return rows.map((row, r) => meanPool(data, r * width, row.length, model.dimensions));
      } finally {
        hidden.dispose();
      }
    },
    async dispose() {
      await network.dispose();
    },
  };
}

/** An ONNX network that gives back its one number. */
const IDENTITY = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=';

/** Loads and compiles onnxruntime, which it does for a network only. What goes wrong is told by the network that is meant. */
async function startRuntime(): Promise<void> {
  try {
    const { InferenceSession } = await import('onnxruntime-web');
    const bytes = Uint8Array.from(atob(IDENTITY), (letter) => letter.charCodeAt(0));
    await (await InferenceSession.create(bytes, { executionProviders: ['wasm'] })).release();
  } catch (error) {
    console.warn('commonplace: the runtime of models did not start by itself', error);
  }
}

/** Mean of `count` rows of `dimensions` numbers from row `first` on, scaled to length 1. */
function meanPool(data: Float32Array, first: number, count: number, dimensions: number): Float32Array {
  const sum = new Float32Array(dimensions);
  for (let row = first; row < first + count; row++) {
    const base = row * dimensions;
    for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] as number) + (data[base + i] as number);
  }
  return normalise(sum);
}

/** Cosine of two vectors of any length. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

/**
 * A folder of weights in MLC's format, held against the library that is to run it: names, shapes and bytes, so that a
 * mismatch is an error in words and not an answer of noise. Pure.
 */
import { WEBLLM_LIBRARIES, type WebLlmLibrary } from '../../../models/webllm';
import { EngineError } from '../../errors';

export const CONFIG = 'mlc-chat-config.json';
export const TOKENIZER = 'tokenizer.json';
export const MANIFEST = 'tensor-cache.json';
/** What {@link MANIFEST} was called before. */
export const OLD_MANIFEST = 'ndarray-cache.json';

interface Tensor {
  name: string;
  /** `vocab_size` stands for the model's own. */
  shape: Array<number | 'vocab_size'>;
  dtype: string;
}

interface ManifestRecord extends Tensor {
  shape: number[];
  /** `f32-to-bf16` keeps the upper half of a float32; everything else lies as it is. */
  format: string;
  nbytes: number;
  byteOffset: number;
}

interface Shard {
  dataPath: string;
  nbytes: number;
  md5sum?: string;
  records: ManifestRecord[];
}

export interface WeightFile {
  path: string;
  bytes: number;
  /** As the model's own manifest has it. */
  md5: string | null;
  /** Where we know it. */
  sha256: string | null;
}

const BYTES: Readonly<Record<string, number>> = { uint32: 4, int32: 4, float32: 4, float16: 2, uint8: 1, int8: 1 };

/** The library for a model, by its configuration. @throws EngineError `bad_input` when the package has none. */
export function libraryFor(config: string): WebLlmLibrary {
  const { model_type, quantization, vocab_size, model_config, tokenizer_files } = parse(config, CONFIG) as {
    model_type?: unknown;
    quantization?: unknown;
    vocab_size?: unknown;
    model_config?: { hidden_size?: unknown; num_hidden_layers?: unknown };
    tokenizer_files?: unknown;
  };
  const library = WEBLLM_LIBRARIES.find(
    ({ shape }) =>
      shape.model_type === model_type &&
      shape.quantization === quantization &&
      shape.vocabulary === vocab_size &&
      shape.hidden_size === model_config?.hidden_size &&
      shape.layers === model_config.num_hidden_layers,
  );
  if (!library) {
    throw new EngineError(
      'bad_input',
      `No library here runs this model (${String(model_type)}, ${String(quantization)}).`,
      {
        remedy: `Those that run: ${WEBLLM_LIBRARIES.map(({ id }) => id).join(', ')}.`,
      },
    );
  }
  if (!Array.isArray(tokenizer_files) || !tokenizer_files.includes(TOKENIZER)) {
    throw new EngineError('bad_input', `The model does not name ${TOKENIZER} as its tokenizer.`);
  }
  return library;
}

/** What a compiled library says of itself: the parameters that it reads. @throws EngineError `model_invalid`. */
export function libraryParameters(library: Uint8Array): Tensor[] {
  const text = new TextDecoder('latin1').decode(library);
  const start = text.indexOf('{"model_type"');
  // its length stands before it, in eight bytes
  const length =
    start < 8 ? 0 : Number(new DataView(library.buffer, library.byteOffset + start - 8).getBigUint64(0, true));
  if (length <= 0 || start + length > text.length) {
    throw new EngineError('model_invalid', 'A library of this package does not say what it reads.');
  }
  return (parse(text.slice(start, start + length), 'the library') as { params: Tensor[] }).params;
}

/**
 * The weights that a manifest names.
 * @throws EngineError `bad_input` when they are not those that the library reads.
 */
export function weightFiles(library: WebLlmLibrary, parameters: Tensor[], manifest: string): WeightFile[] {
  const { records: shards } = parse(manifest, MANIFEST) as { records?: Shard[] };
  if (!Array.isArray(shards) || shards.length === 0) throw mismatch(library, 'it names no weights');
  const tensors = new Map<string, ManifestRecord>();
  for (const { dataPath, nbytes, records } of shards) {
    if (!/^[\w.-]+$/u.test(dataPath) || dataPath.startsWith('.'))
      throw mismatch(library, `it names the file ${dataPath}`);
    for (const record of records) {
      tensors.set(record.name, record);
      if (record.byteOffset < 0 || record.byteOffset + record.nbytes > nbytes) {
        throw mismatch(library, `${record.name} lies outside of ${dataPath}`);
      }
    }
  }
  for (const { name, shape, dtype } of parameters) {
    const found = tensors.get(name);
    if (!found) throw mismatch(library, `${name} is missing`);
    const wanted = shape.map((side) => (side === 'vocab_size' ? library.shape.vocabulary : side));
    if (found.dtype !== dtype || found.shape.join() !== wanted.join()) {
      throw mismatch(library, `${name} is ${found.dtype} [${found.shape.join()}] and not ${dtype} [${wanted.join()}]`);
    }
    const each = found.format === 'f32-to-bf16' && dtype === 'float32' ? 2 : BYTES[dtype];
    const bytes = wanted.reduce((product, side) => product * side, each ?? 0);
    if (found.nbytes !== bytes) throw mismatch(library, `${name} has ${found.nbytes} bytes and not ${bytes}`);
  }
  if (tensors.size !== parameters.length) {
    throw mismatch(library, `it has ${tensors.size} parameters, and the library reads ${parameters.length}`);
  }
  return shards.map(({ dataPath, nbytes, md5sum }) => ({
    path: dataPath,
    bytes: nbytes,
    md5: md5sum ?? null,
    sha256: library.files.find(({ path }) => path === dataPath)?.sha256 ?? null,
  }));
}

function mismatch(library: WebLlmLibrary, what: string): EngineError {
  return new EngineError('bad_input', `These weights are not those of ${library.name}: ${what}.`, {
    remedy: library.published === null ? 'Choose another model.' : `They are published as ${library.published}.`,
  });
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new EngineError('bad_input', `${name} is not whole.`, { cause, remedy: 'Download it again.' });
  }
}

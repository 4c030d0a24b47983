/**
 * Vectors kept on disk between runs, because embedding is most of the time of a run: one file per model, and in it by
 * the hash of the text. A wrapper around any embedder, so that the engine's own code asks it.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Embedder, EmbedKind } from '../../../engine/embed';

/** Of the hash of a text: enough that a million texts do not meet. */
const KEY_BYTES = 16;

/** A record is a key and the vector's numbers as 32-bit floats, in the machine's byte order. */
interface Kept {
  file: string;
  vectors: Map<string, Float32Array>;
}

function open(directory: string, modelId: string, dimensions: number): Kept {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${modelId.replaceAll('/', '-')}.vectors`);
  const vectors = new Map<string, Float32Array>();
  const record = KEY_BYTES + 4 * dimensions;
  const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  // A run that was stopped may leave half a record at the end; what is written after it would be read wrongly.
  if (bytes.length % record !== 0) throw new Error(`${file} is damaged: delete it.`);
  for (let at = 0; at < bytes.length; at += record) {
    const numbers = new Float32Array(dimensions);
    new Uint8Array(numbers.buffer).set(bytes.subarray(at + KEY_BYTES, at + record));
    vectors.set(bytes.toString('hex', at, at + KEY_BYTES), numbers);
  }
  return { file, vectors };
}

function keyOf(kind: EmbedKind, text: string): string {
  return createHash('sha256')
    .update(`${kind}\n${text}`)
    .digest('hex')
    .slice(0, 2 * KEY_BYTES);
}

/**
 * `embedder`, asked only for texts it was not asked for before, in this run or an earlier one.
 *
 * @param directory of the files; made when it is not there. Two processes may share it: each appends whole records.
 */
export function keepEmbeddings(embedder: Embedder, directory: string): Embedder {
  const opened = new Map<string, Kept>();
  return {
    get modelId() {
      return embedder.modelId;
    },
    dimensions: embedder.dimensions,
    state: () => embedder.state(),
    onState: (listener) => embedder.onState(listener),
    async embed(texts, kind, signal) {
      const { modelId } = embedder;
      let kept = opened.get(modelId);
      if (!kept) opened.set(modelId, (kept = open(directory, modelId, embedder.dimensions)));
      const keys = texts.map((text) => keyOf(kind, text));
      const { vectors } = kept;
      const missing = new Map(keys.flatMap((key, i) => (vectors.has(key) ? [] : [[key, texts[i] as string]])));
      if (missing.size > 0) {
        const made = await embedder.embed([...missing.values()], kind, signal);
        const records = [...missing.keys()].map((key, i) => {
          const vector = made[i] as Float32Array;
          vectors.set(key, vector);
          return Buffer.concat([
            Buffer.from(key, 'hex'),
            Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength),
          ]);
        });
        appendFileSync(kept.file, Buffer.concat(records));
      }
      return keys.map((key) => vectors.get(key) as Float32Array);
    },
    close: () => embedder.close(),
  };
}

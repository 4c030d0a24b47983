import { EngineError } from '../errors';
import type { EmbedderModel } from '../../models';
import { cosine, type Encoder } from './encoder';
import { readPinned, type ReadModelFile } from './files';
import type { EmbedKind } from './port';

interface Golden {
  vectors: Array<{ kind: EmbedKind; text: string; vector: number[] }>;
}

/**
 * Runs the model's golden texts through the encoder and compares with the stored 32-bit vectors. WebGPU and WASM
 * backends have been seen to return finite but wrong numbers, so no backend is used before it has passed.
 *
 * @returns the lowest cosine seen.
 * @throws EngineError `embedder_unavailable` when it is under the bound for the encoder's format.
 */
export async function checkGolden(encoder: Encoder, model: EmbedderModel, read: ReadModelFile): Promise<number> {
  const golden = JSON.parse(new TextDecoder().decode(await readPinned(read, model.golden))) as Golden;
  const bound = model.golden_cosine[encoder.dtype];
  let lowest = 1;
  for (const { kind, text, vector } of golden.vectors) {
    const [found] = await encoder.encode([encoder.tokenise(text, kind)]);
    const similarity = cosine(found as Float32Array, vector);
    if (!(similarity >= bound)) {
      throw new EngineError(
        'embedder_unavailable',
        `${model.id} ${encoder.dtype} on ${encoder.device} gives wrong vectors: cosine ${similarity.toFixed(4)} to the golden one, bound ${bound}.`,
      );
    }
    lowest = Math.min(lowest, similarity);
  }
  return lowest;
}

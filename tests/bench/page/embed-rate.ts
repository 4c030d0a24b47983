/** How many passages a second the model's worker makes vectors of, on a number of WASM threads of the caller's choice. */
import wasmGlue from '#ort/glue?url';
import wasmBinary from '#ort/binary?url';
import { fetchModelFile } from '../../../engine/embed/files';
import { startTransformersEmbedder } from '../../../engine/embed/transformers';
import { E5_SMALL_V2 } from '../../../models';
import { randomFrom } from './corpus';

/** Each is one token of the model; with its prefix and the two marks a passage of 124 of them has 128 tokens. */
const WORDS =
  'time year people way day man thing woman life child world school state family student group country problem hand part place case week company system program question work government number night point home water room mother area money story fact month lot right study book eye job word business issue side kind head house service friend father power hour game line end member law car city community name'.split(
    ' ',
  );
const PASSAGES = 32;

self.onmessage = ({ data }: MessageEvent<{ threads: number; baseUrl: string }>) => {
  measure(data.threads, data.baseUrl).then(
    (rate) => {
      self.postMessage({ rate });
    },
    (error: unknown) => {
      self.postMessage({ error: String(error) });
    },
  );
};

async function measure(threads: number, baseUrl: string): Promise<number> {
  const embedder = startTransformersEmbedder({
    model: E5_SMALL_V2,
    ladder: [{ device: 'wasm', dtype: 'q8' }],
    threads,
    read: fetchModelFile(`${baseUrl}models/${E5_SMALL_V2.id}`),
    wasmPaths: { mjs: new URL(wasmGlue, baseUrl).href, wasm: new URL(wasmBinary, baseUrl).href },
  });
  const random = randomFrom(3);
  const passage = () => Array.from({ length: 124 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ');
  await embedder.embed(Array.from({ length: 4 }, passage), 'passage');
  const texts = Array.from({ length: PASSAGES }, passage);
  const started = performance.now();
  await embedder.embed(texts, 'passage');
  const rate = PASSAGES / ((performance.now() - started) / 1000);
  await embedder.close();
  return rate;
}

import { EngineError } from '../errors';
import type { EmbedderModel } from '../../models';
import { cosine, type Encoder } from './encoder';
import { readPinned, type ReadModelFile } from './files';
import type { EmbedKind } from './port';

interface Golden {
  vectors: Array<{ kind: EmbedKind; text: string; vector: number[] }>;
}

/** The first is a question, and short: asked before any other. The rest is asked before anything is embedded to be kept. */
export type GoldenPart = 'first' | 'rest';

/**
 * Whether the encoder's numbers are right. WebGPU and WASM backends have been seen to return finite but wrong numbers, so
 * no backend is used before it has passed. A model with golden vectors is held against them, another against itself
 * ({@link checkSense}), which is all of it `first`.
 *
 * The longest golden text fills the model: in code that V8 has only just compiled it takes seconds, for which no question waits.
 *
 * @param encode where others use the encoder at the same time: what lets one go after the other.
 * @returns the lowest cosine seen.
 * @throws EngineError `embedder_unavailable` when they are not.
 */
export async function checkGolden(
  encoder: Encoder,
  model: EmbedderModel,
  read: ReadModelFile,
  part: GoldenPart,
  encode: Encoder['encode'] = (rows) => encoder.encode(rows),
): Promise<number> {
  if (model.golden === null) return part === 'first' ? checkSense(encoder, model) : 1;
  const { vectors } = JSON.parse(new TextDecoder().decode(await readPinned(read, model.golden.file))) as Golden;
  const bound = model.golden.cosine[encoder.dtype];
  let lowest = 1;
  for (const { kind, text, vector } of part === 'first' ? vectors.slice(0, 1) : vectors.slice(1)) {
    const [found] = await encode([encoder.tokenise(text, kind)]);
    const similarity = cosine(found as Float32Array, vector);
    if (!(similarity >= bound)) {
      throw wrong(encoder, model, `cosine ${similarity.toFixed(4)} to the golden one, bound ${bound}`);
    }
    lowest = Math.min(lowest, similarity);
  }
  return lowest;
}

/** A question and what answers it, each about something else. */
const ENGLISH: ReadonlyArray<readonly [string, string]> = [
  ['Where do we go on holiday?', 'We rented a cabin by the lake for two weeks in August.'],
  ['How long does the bread have to bake?', 'Leave the loaf in the oven for forty minutes, until the crust is dark.'],
  ['Why does the program crash?', 'The pointer was already freed, so the server stops with a segmentation fault.'],
  ['What did the doctor say about my knee?', 'The ligament is torn, and you should not run for six weeks.'],
  ['How much is the rent?', 'The landlord wants 900 euros a month for the flat, heating included.'],
];
/** The same answers, to questions in other languages. */
const MANY: ReadonlyArray<readonly [string, string]> = [
  ['Wohin fahren wir in den Urlaub?', ENGLISH[0]?.[1] ?? ''],
  ['Combien de temps le pain doit-il cuire ?', ENGLISH[1]?.[1] ?? ''],
  ['プログラムはなぜクラッシュするのですか？', ENGLISH[2]?.[1] ?? ''],
  ['¿Qué dijo el médico de mi rodilla?', ENGLISH[3]?.[1] ?? ''],
  ['Сколько стоит аренда квартиры?', ENGLISH[4]?.[1] ?? ''],
];
/** A text alone and beside a longer one: 8-bit activations differ by the batch, by no more than this. */
const SAME_IN_BATCH = 0.97;

/**
 * The check of a model for which nobody kept right numbers; its files are the published ones, so what can be wrong is what
 * runs them. Each question has to be nearer to what answers it than to every other text, and a text's vector has to be the same
 * whatever is in the batch with it.
 */
async function checkSense(encoder: Encoder, model: EmbedderModel): Promise<number> {
  const pairs = model.languages === 'many' ? MANY : ENGLISH;
  const encode = async (text: string, kind: EmbedKind) =>
    (await encoder.encode([encoder.tokenise(text, kind)]))[0] as Float32Array;
  const answers: Float32Array[] = [];
  for (const [, text] of pairs) answers.push(await encode(text, 'passage'));
  for (const [at, [text]] of pairs.entries()) {
    const question = await encode(text, 'query');
    const cosines = answers.map((answer) => cosine(question, answer));
    const nearest = cosines.indexOf(Math.max(...cosines));
    if (nearest !== at) throw wrong(encoder, model, `"${text}" is nearest to "${pairs[nearest]?.[1] ?? ''}"`);
  }
  const batch = await encoder.encode(pairs.map(([, text], n) => encoder.tokenise(text.repeat(n + 1), 'passage')));
  const lowest = cosine(batch[0] as Float32Array, answers[0] as Float32Array);
  if (!(lowest >= SAME_IN_BATCH)) {
    throw wrong(encoder, model, `cosine ${lowest.toFixed(4)} of a text alone and in a batch, bound ${SAME_IN_BATCH}`);
  }
  return lowest;
}

function wrong({ dtype, device }: Encoder, { id }: EmbedderModel, why: string): EngineError {
  return new EngineError('embedder_unavailable', `${id} ${dtype} on ${device} gives wrong vectors: ${why}.`);
}

import { describe, expect, test } from 'vitest';
import type { Encoder } from '../../../engine/embed/encoder';
import { checkGolden } from '../../../engine/embed/golden';
import { ALL_MINILM_L6_V2 as MINILM, MULTILINGUAL_E5_SMALL as MANY } from '../../../models';

/** What the check's texts are about, in the languages it asks in. */
const TOPICS = [
  /holiday|cabin|Urlaub/u,
  /bread|loaf|pain/u,
  /program|pointer|プログラム/u,
  /knee|ligament|rodilla/u,
  /rent|landlord|аренда/u,
];

/** A backend whose vectors say what a text is about. */
function encoder(change: (vector: Float32Array, rows: number) => Float32Array = (vector) => vector): Encoder {
  const texts: string[] = [];
  return {
    device: 'wasm',
    dtype: 'q8',
    tokenise(text) {
      texts.push(text);
      return [texts.length - 1];
    },
    encode: async (rows) =>
      rows.map(([place]) => {
        const text = texts[place ?? 0] ?? '';
        const vector = new Float32Array(8).fill(0.1);
        TOPICS.forEach((topic, n) => {
          if (topic.test(text)) vector[n] = 1;
        });
        return change(vector, rows.length);
      }),
    dispose: async () => {},
  };
}

const read = () => Promise.reject(new Error('nothing is read'));

describe('a model without golden vectors', () => {
  test('is used where its vectors make sense', async () => {
    for (const model of [MINILM, MANY]) expect(await checkGolden(encoder(), model, read, 'first')).toBeCloseTo(1);
  });

  test('is not used where they are finite and say nothing, or differ by what else is in the batch', async () => {
    const same = encoder((vector) => vector.fill(1));
    await expect(checkGolden(same, MINILM, read, 'first')).rejects.toMatchObject({ code: 'embedder_unavailable' });
    const padded = encoder((vector, rows) => (rows > 1 ? vector.map((x, n) => (n % 2 ? -x : x)) : vector));
    await expect(checkGolden(padded, MINILM, read, 'first')).rejects.toThrow(/in a batch/u);
  });
});

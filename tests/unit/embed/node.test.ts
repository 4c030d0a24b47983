import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { startTransformersEmbedder } from '../../../engine/embed/transformers';
import { sha256 } from '../../../engine/sha256';
import { E5_SMALL_V2 } from '../../../models';

const embedder = startNodeEmbedder(resolve('models'));
afterAll(() => embedder.close());

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

describe('the embedder in Node', () => {
  it('loads the bundled model, passes its golden vectors and says so', async () => {
    await embedder.embed(['warm up'], 'query');
    expect(embedder.state()).toEqual({ state: 'ready', model_id: 'e5-small-v2/q8/1', device: 'cpu', dtype: 'q8' });
  });

  it('keeps the order of the texts although batches are sorted by length', async () => {
    const texts = ['a cat', `${'many words about trains and stations '.repeat(30)}`, 'the dog sleeps on the sofa', 'x'];
    const together = await embedder.embed(texts, 'passage');
    for (const [i, text] of texts.entries()) {
      const [alone] = await embedder.embed([text], 'passage');
      expect(dot(together[i] as Float32Array, alone as Float32Array)).toBeGreaterThan(0.99);
    }
  });

  it('puts the passage that answers nearer to the question than one that does not', async () => {
    const [question] = await embedder.embed(['where do we go on holiday?'], 'query');
    const [yes, no] = await embedder.embed(
      ['We rented a cabin by the lake for August.', 'The build fails on Node 18.'],
      'passage',
    );
    expect(dot(question as Float32Array, yes as Float32Array)).toBeGreaterThan(
      dot(question as Float32Array, no as Float32Array),
    );
  });

  it('rejects with `aborted` when the signal fires', async () => {
    const abort = new AbortController();
    const call = embedder.embed(
      Array.from({ length: 64 }, (_, i) => `text ${i} `.repeat(40)),
      'passage',
      abort.signal,
    );
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('a backend that answers a question rightly and a long text wrongly', () => {
  it('answers questions, embeds nothing that is kept, and is given up for the next', async () => {
    const directory = resolve('models');
    const right = readFileSync(join(directory, E5_SMALL_V2.id, 'golden.json'), 'utf8');
    const golden = JSON.parse(right) as { vectors: Array<{ vector: number[] }> };
    const last = golden.vectors.at(-1);
    if (last) last.vector = last.vector.map((x) => -x);
    const wrong = JSON.stringify(golden);
    // what is expected is wrong for the first backend, not what it gives: to the check that is the same
    let held = 0;
    const model = {
      ...E5_SMALL_V2,
      golden: {
        file: { path: 'golden.json', bytes: right.length, sha256: await sha256(right), also: [await sha256(wrong)] },
        cosine: { q8: 0.99, q4: 0.95 },
      },
    };
    const told: string[] = [];
    const embedder = startTransformersEmbedder({
      model,
      ladder: [
        { device: 'cpu', dtype: 'q8' },
        { device: 'cpu', dtype: 'q8' },
      ],
      directory,
      threads: 1,
      read: (path) => {
        const text = path === 'golden.json' ? (held++ < 2 ? wrong : right) : null;
        const bytes = text === null ? readFileSync(join(directory, E5_SMALL_V2.id, path)) : Buffer.from(text);
        return Promise.resolve(new Uint8Array(bytes));
      },
      onRefused: (_, { message }) => void told.push(message),
    });
    const states: string[] = [];
    embedder.onState(({ state }) => void states.push(state));
    const [question] = await embedder.embed(['where do we go on holiday?'], 'query');
    expect(states).toEqual(['ready']);
    const [passage] = await embedder.embed(['We rented a cabin by the lake for August.'], 'passage');
    expect(states).toEqual(['ready', 'loading', 'ready']);
    expect(told).toEqual([expect.stringMatching(/cosine -0\.99\d* to the golden one/u)]);
    expect(held).toBe(4);
    expect(dot(question as Float32Array, passage as Float32Array)).toBeGreaterThan(0.7);
    await embedder.close();
  });
});

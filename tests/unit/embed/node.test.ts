import { resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startNodeEmbedder } from '../../../engine/embed/node';

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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_ROWS, BATCH_TOKENS, batchByLength, EmbedQueue } from '../../../engine/embed/queue';

const rowsOf = (lengths: number[]) => lengths.map((length) => new Array<number>(length).fill(1));
const vectorsOf = (rows: number[][]) => rows.map((row) => new Float32Array([row.length]));

describe('batches', () => {
  it('hold every row once, within the bounds, padded no more than their longest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 512 }), { maxLength: 80 }), (lengths) => {
        const batches = batchByLength(rowsOf(lengths));
        expect(
          batches
            .flat()
            .map((row) => row.slot)
            .sort((a, b) => a - b),
        ).toEqual(lengths.map((_, i) => i));
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(BATCH_ROWS);
          const longest = Math.max(...batch.map((row) => row.ids.length));
          expect(batch.length === 1 || longest * batch.length <= BATCH_TOKENS).toBe(true);
        }
      }),
    );
  });
});

describe('the queue', () => {
  it('lets a query overtake the passages that wait', async () => {
    const order: number[] = [];
    const queue = new EmbedQueue((rows) => {
      order.push(rows[0]?.length ?? 0);
      return Promise.resolve(vectorsOf(rows));
    });
    const passages = queue.add(rowsOf([200, 201, 202]), 'passage');
    const query = queue.add(rowsOf([7]), 'query');
    await Promise.all([passages, query]);
    expect(order.indexOf(7)).toBeLessThanOrEqual(1);
    expect((await passages).map((vector) => vector[0])).toEqual([200, 201, 202]);
  });

  it('rejects only the call whose batch failed', async () => {
    const queue = new EmbedQueue((rows) =>
      rows[0]?.length === 13 ? Promise.reject(new Error('bad luck')) : Promise.resolve(vectorsOf(rows)),
    );
    const [bad, good] = await Promise.allSettled([
      queue.add(rowsOf([13]), 'passage'),
      queue.add(rowsOf([5]), 'passage'),
    ]);
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
  });
});

/** What is embedded of a passage: its text, and what stands beside it. */
import { describe, expect, test } from 'vitest';
import type { CapturedMessage } from '../../../engine/capture/types';
import { ingest } from '../../../engine/ingest';
import type { Store } from '../../../engine/store';
import { embedAll } from '../../harness/jobs';
import { conversation, message } from '../ingest/captures';
import { fakeEmbedder } from './fake-embedder';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, job cascade');

/** The texts that were given to the model, in the order of the alphabet. */
async function embedWaiting(): Promise<string[]> {
  const embedder = fakeEmbedder();
  await embedAll(store, embedder);
  return embedder.calls.flatMap(({ texts }) => texts).sort();
}

const keep = (messages: CapturedMessage[], at = 0) =>
  ingest(store, [conversation(messages, { captured_at: new Date(Date.UTC(2026, 4, 2, 10, at)).toISOString() })]);

describe('where people talk', () => {
  const long = `The kite ${'went up and '.repeat(40)}came down.`;

  test('a short passage stands behind the end of what was said before it', async () => {
    await keep([
      message('m0', long, { author: 'Per' }),
      message('m1', 'In Tuscany.', { author: 'Ada' }),
      message('m2', 'When?', { author: 'Per' }),
    ]);
    const [third, first, second] = await embedWaiting();
    expect(first).toBe(`Per: ${long}`);
    expect(second).toMatch(/^(?:and|went|up) .{380,400} came down\.\nAda: In Tuscany\.$/);
    expect(third).toBe('Ada: In Tuscany.\nPer: When?');
  });

  test('a long one stands alone', async () => {
    await keep([message('m0', 'Well?', { author: 'Per' }), message('m1', long, { author: 'Ada' })]);
    expect(await embedWaiting()).toEqual([`Ada: ${long}`, 'Per: Well?']);
  });
});

describe('a question to an assistant', () => {
  const question = message('m0', 'Which flour for rye?');
  const answer = message('m1', `Type 1150. ${'It has more bran. '.repeat(60)}`.trim(), { role: 'assistant' });

  test('is embedded as it is and before the beginning of its answer, and has the mean of both', async () => {
    const tool = message('t', 'searched', { role: 'tool' });
    await keep([question, tool, answer, message('m2', 'Thanks.')]);
    const texts = await embedWaiting();
    const [alone, answered] = texts.filter((text) => text.startsWith('Which')) as [string, string];
    expect(alone).toBe('Which flour for rye?');
    expect(answered).toMatch(/^Which flour for rye\?\nType 1150\. (?:It has more bran\. )+It has/);
    expect(answered.length).toBeGreaterThan(780);
    expect(answered.length).toBeLessThan(alone.length + 810);
    expect(texts.filter((text) => text.includes('Thanks'))).toEqual(['Thanks.']);

    const [{ vector }] = (await store.query<{ vector: string }>(
      `select vector::text from embedding e join chunk c on c.id = e.chunk_id where c.text = $1`,
      [question.markdown],
    )) as [{ vector: string }];
    const numbers = JSON.parse(vector) as number[];
    const half = expect.closeTo(Math.SQRT1_2, 3) as number;
    expect([numbers[alone.length % 384], numbers[answered.length % 384]]).toEqual([half, half]);
  });

  test('is embedded with as much of an answer that is written without blanks', async () => {
    const written = message('m1', `答案是如下所示： ${'黑麦面粉含有更多麸皮🌾'.repeat(90)}`, { role: 'assistant' });
    await keep([question, written]);
    const answered = (await embedWaiting()).find((text) => text.startsWith(`${question.markdown}\n`)) ?? '';
    expect(answered.length - question.markdown.length).toBeGreaterThan(780);
    expect(answered).not.toMatch(/\p{Surrogate}/u);
  });

  test('is embedded alone where it is of several passages, as pasted text is', async () => {
    const pasted = message('m0', `${'Which of these flours? '.repeat(60)}\n\n${'A long list. '.repeat(90)}`);
    await keep([pasted]);
    const passages = await embedWaiting();
    expect(passages.length).toBeGreaterThan(1);
    await keep([pasted, answer], 1);
    expect(await embedWaiting()).toEqual([answer.markdown]);
  });

  test('is embedded once more when its answer comes, and not for anything else', async () => {
    await keep([question]);
    expect(await embedWaiting()).toEqual([question.markdown]);
    await keep([question, { ...answer, finished: false }], 1);
    expect(await embedWaiting()).toEqual([]);
    await keep([question, answer], 2);
    const then = await embedWaiting();
    expect(then.filter((text) => text.startsWith('Which'))).toHaveLength(2);
    expect(then.some((text) => text.startsWith('Type'))).toBe(true);
    await keep([question, answer, message('m2', 'Thanks.')], 3);
    expect(await embedWaiting()).toEqual(['Thanks.']);
  });
});

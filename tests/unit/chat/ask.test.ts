import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AskEvent, Engine } from '../../../engine/api';
import { answerQuestion, type AskContext, buildContext, type Generator } from '../../../engine/chat';
import { createEngine } from '../../../engine/engine';
import { EngineError } from '../../../engine/errors';
import { openStore, type Store } from '../../../engine/store';
import { conversation, message } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';
import { passage } from './passages';

let store: Store;
let engine: Engine;
beforeAll(async () => {
  store = await openStore({ storage: 'memory', dataDirectory: await dataDirectory() });
});
afterAll(async () => {
  await store.close();
});
let now = new Date('2026-06-01T12:00:00Z');
beforeEach(async () => {
  await store.exec('truncate document, forgotten, forget_receipt, job cascade');
  now = new Date('2026-06-01T12:00:00Z');
  engine = createEngine({
    store: async () => ({ ...store, close: async () => {} }),
    embedder: null,
    clock: () => new Date(now.getTime()),
  });
  await engine.ingest([
    conversation(
      [
        message('m1', 'Which hotel did we book in Lisbon?'),
        message('m2', 'You booked Hotel Lumen in Lisbon. It costs 240 euros.', { role: 'assistant', model: 'gpt-5' }),
        message('m3', 'And I told Carla about the tram tickets.'),
      ],
      { title: 'Lisbon' },
    ),
  ]);
  return () => engine.close();
});

async function ask(request: Parameters<Engine['ask']>[0]) {
  const events: AskEvent[] = [];
  const answer = await engine.ask(request, (event) => events.push(event));
  const context = events.flatMap((event) => (event.type === 'context' ? [event.context] : []));
  return { answer, context: context[0] as AskContext, events };
}

describe('asking', () => {
  test('tells the context, then the words, then the answer with where each sentence stands', async () => {
    const { answer, context, events } = await ask({ question: 'Which hotel is booked in Lisbon?' });
    expect(events.map(({ type }) => type)).toEqual(['context', 'text']);
    expect(context.passages.map(({ text }) => text)).toContain('You booked Hotel Lumen in Lisbon. It costs 240 euros.');
    expect(context.prompt.at(-1)?.content).toContain('Hotel Lumen');
    expect(context.tokens).toBeGreaterThan(100);
    expect(answer).toMatchObject({ abstained: false, ended: 'done', failure: null, generator: 'none' });
    const cited = answer.citations.find(({ text }) => text?.includes('Lumen'));
    expect(cited).toMatchObject({ title: 'Lisbon', speaker: 'ChatGPT', role: 'assistant' });
    expect(answer.markdown).toContain(`[${cited?.n}]`);
    expect(answer.sentences.every(({ state }) => state === 'supported')).toBe(true);
  });
  test('says that it found nothing where nothing is about it', async () => {
    const { answer } = await ask({ question: 'Which visa does a nurse need for Norway?' });
    expect(answer).toMatchObject({ abstained: true, markdown: '', citations: [], ended: 'done' });
  });
  test('takes what is pinned, leaves what is dropped, and keeps to filters', async () => {
    const first = await ask({ question: 'Which hotel is booked in Lisbon?', temporary: true });
    const hotel = first.context.passages.find(({ text }) => text.includes('240'))?.chunk_id ?? '';
    const tram = first.context.passages.find(({ text }) => text.includes('tram'))?.chunk_id ?? '';
    const second = await ask({
      question: 'Which hotel is booked in Lisbon?',
      temporary: true,
      pinned: [tram],
      dropped: [hotel],
    });
    expect(second.context.passages[0]).toMatchObject({ chunk_id: tram, pinned: true });
    expect(second.context.passages.map(({ chunk_id }) => chunk_id)).not.toContain(hotel);
    expect(second.context.left_out.map(({ chunk_id }) => chunk_id)).toContain(hotel);
    const third = await ask({ question: 'Which hotel?', temporary: true, filters: { sources: ['claude'] } });
    expect(third.answer.abstained).toBe(true);
  });
  test('refuses an empty question and a chat that is not there', async () => {
    await expect(engine.ask({ question: ' ' }, () => {})).rejects.toMatchObject({ code: 'bad_input' });
    const chat_id = '00000000-0000-7000-8000-000000000000';
    await expect(engine.ask({ question: 'Who?', chat_id }, () => {})).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a chat', () => {
  const hotel = 'Which hotel is booked in Lisbon?';

  test('is kept, read with its citations, and goes on where it was', async () => {
    const first = (await ask({ question: hotel })).answer;
    now = new Date('2026-06-01T12:05:00Z');
    const { answer, context } = await ask({ question: 'How much is it?', chat_id: first.chat_id });
    expect(context).toMatchObject({ rewritten: true });
    expect(context.searched).toContain('Lisbon');
    expect(answer.chat_id).toBe(first.chat_id);
    const view = await engine.chat(answer.chat_id ?? '');
    expect(view).toMatchObject({ title: hotel, questions: 2 });
    expect(view.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(view.messages[1]?.answer?.citations.map(({ text }) => text)).toContain(
      'You booked Hotel Lumen in Lisbon. It costs 240 euros.',
    );
    expect((await engine.chats()).map(({ id, questions }) => [id, questions])).toEqual([[answer.chat_id, 2]]);
  });
  test('is found by a search and never taken for evidence', async () => {
    await ask({ question: 'Did Zebulon book Hotel Lumen in Lisbon?' });
    const { hits } = await engine.recall({ text: 'Zebulon' });
    expect([...new Set(hits.map(({ source }) => source))]).toEqual(['commonplace']);
    const { context } = await ask({ question: 'Zebulon hotel Lisbon?' });
    expect([...context.passages, ...context.left_out].map(({ source }) => source)).not.toContain('commonplace');
    expect(context.passages.length).toBeGreaterThan(0);
  });
  test('holds no copy of what it cites: what is forgotten is gone from its sources', async () => {
    const { answer } = await ask({ question: hotel });
    const [cited] = answer.citations;
    await engine.forget({ document_ids: [cited?.document_id ?? ''] });
    const view = await engine.chat(answer.chat_id ?? '');
    expect(view.messages[1]?.answer?.citations).toEqual([]);
    const [row] = await store.query<{ metadata: string }>(
      `select m.metadata::text from message m join document d on d.id = m.document_id
      where d.source = 'commonplace' and m.role = 'assistant'`,
    );
    expect(row?.metadata).not.toContain('Lumen');
  });
  test('branches where it is asked again, and shows either branch', async () => {
    const first = (await ask({ question: hotel })).answer;
    const chat_id = first.chat_id ?? '';
    now = new Date('2026-06-01T12:05:00Z');
    await ask({ question: 'What does Hotel Lumen cost?', chat_id });
    now = new Date('2026-06-01T12:06:00Z');
    await ask({ question: 'Who was told about the tram tickets?', chat_id, after_id: first.message_id });
    const view = await engine.chat(chat_id);
    expect(view.messages.map(({ markdown }) => markdown)[2]).toBe('Who was told about the tram tickets?');
    expect(view.messages[2]?.siblings).toHaveLength(2);
    const [other] = view.messages[2]?.siblings.filter((id) => id !== view.messages[2]?.id) ?? [];
    expect((await engine.chat(chat_id, other)).messages[2]?.markdown).toBe('What does Hotel Lumen cost?');
    // The same question in the same place is asked once and answered twice.
    now = new Date('2026-06-01T12:07:00Z');
    await ask({ question: 'Who was told about the tram tickets?', chat_id, after_id: first.message_id });
    const again = await engine.chat(chat_id);
    expect(again.messages[2]?.siblings).toHaveLength(2);
    expect(again.messages[3]?.siblings).toHaveLength(2);
  });
  test('is asked anew in place of its first question', async () => {
    const first = (await ask({ question: hotel })).answer;
    now = new Date('2026-06-01T12:05:00Z');
    await ask({ question: 'What does Hotel Lumen cost?', chat_id: first.chat_id, after_id: null });
    const view = await engine.chat(first.chat_id ?? '');
    expect(view.messages.map(({ markdown }) => markdown)[0]).toBe('What does Hotel Lumen cost?');
    expect(view.messages).toHaveLength(2);
    expect(view.messages[0]?.siblings).toHaveLength(2);
  });
  test('is renamed, copied up to a message, exported and deleted with undo', async () => {
    const { answer } = await ask({ question: hotel });
    const id = answer.chat_id ?? '';
    now = new Date('2026-06-01T12:05:00Z');
    await engine.renameChat(id, '  Our  trip ');
    await expect(engine.renameChat(id, ' ')).rejects.toMatchObject({ code: 'bad_input' });
    const copy = await engine.branchChat(id, answer.message_id ?? '');
    expect((await engine.chats()).map(({ title }) => title)).toEqual(['Our trip', 'Our trip']);
    expect((await engine.chat(copy)).messages.map(({ markdown }) => markdown)).toEqual(
      (await engine.chat(id)).messages.map(({ markdown }) => markdown),
    );
    const markdown = await engine.exportChat(id);
    expect(markdown).toContain(`# Our trip\n\n1 June 2026\n\n## ${hotel}`);
    expect(markdown).toMatch(/- \[\d\] Lisbon, ChatGPT, 1 May 2026/u);
    const { id: receipt } = await engine.forget({ document_ids: [id] });
    expect((await engine.chats()).map((chat) => chat.id)).toEqual([copy]);
    await expect(engine.chat(id)).rejects.toMatchObject({ code: 'not_found' });
    await engine.undoForget(receipt);
    expect(await engine.chats()).toHaveLength(2);
  });
  test('that is temporary is never written, and its history is what is given', async () => {
    const { answer } = await ask({ question: hotel, temporary: true });
    expect(answer).toMatchObject({ chat_id: null, message_id: null });
    const { context } = await ask({
      question: 'How much is it?',
      temporary: true,
      history: [{ role: 'user', markdown: hotel }],
    });
    expect(context.searched).toContain('Lisbon');
    expect(await engine.chats()).toEqual([]);
    const rows = await store.query(`select from document where source = 'commonplace'`);
    expect(rows).toEqual([]);
  });
});

test('a model that reads slowly is given few passages unless told', async () => {
  const given = async (generator: Pick<Generator, 'contextTokens' | 'passageTokens'>, budget?: number) => {
    const request = { question: 'Which hotel in Lisbon?', ...(budget === undefined ? {} : { budget }) };
    return (await buildContext(request, [], { store, embedder: null, now, generator })).passages.length;
  };
  expect(await given({ contextTokens: 2_048 })).toBe(3);
  expect(await given({ contextTokens: 2_048, passageTokens: 30 })).toBe(1);
  expect(await given({ contextTokens: 2_048, passageTokens: 30 }, 1_000)).toBe(3);
});

describe('an answer that does not come to its end', () => {
  const context = async (): Promise<AskContext> => ({
    searched: 'Which hotel?',
    rewritten: false,
    filters: {},
    passages: [passage(1, 'We booked Hotel Lumen.')],
    left_out: [],
    evidence: 'found',
    tokens: 10,
    prompt: [{ role: 'user', content: 'Which hotel?' }],
    leaves_to: null,
    replaced: [],
  });
  const from = (generate: Generator['generate']): Generator => ({
    id: 'test',
    contextTokens: null,
    generate,
    close: async () => {},
  });
  const run = (
    generate: Generator['generate'],
    signal = new AbortController().signal,
    onText = (_text: string) => {},
  ) =>
    answerQuestion(
      { context, embedder: null, generator: from(generate) },
      (event) => {
        if (event.type === 'text') onText(event.text);
      },
      signal,
    );

  test('keeps the words that came before a fault, and says what to do', async () => {
    const answer = await run(async function* () {
      yield 'We booked Hotel Lumen [1]. And ';
      throw new EngineError('rate_limited', 'Too many.', { remedy: 'Wait a minute.' });
    });
    expect(answer).toMatchObject({ ended: 'failed', failure: { code: 'rate_limited', remedy: 'Wait a minute.' } });
    expect(answer.markdown).toContain('We booked Hotel Lumen [1].');
    expect(answer.sentences[0]?.state).toBe('supported');
    expect(answer.abstained).toBe(false);
  });
  test('is none where a model is too small to see that the passages do not answer: it is not asked', async () => {
    const model = from(async function* () {
      yield 'We booked Hotel Lumen [1].';
    });
    const answered = async (small: boolean, evidence: AskContext['evidence']) => {
      const asked = { ...(await context()), evidence };
      const generator = { ...model, small };
      return answerQuestion(
        { context: async () => asked, embedder: null, generator },
        () => {},
        new AbortController().signal,
      );
    };
    expect(await answered(true, 'other_person')).toMatchObject({ abstained: true, markdown: '', ended: 'done' });
    expect(await answered(true, 'found')).toMatchObject({ abstained: false });
    expect(await answered(false, 'other_person')).toMatchObject({ abstained: false });
  });
  test('is stopped by its signal though the generator hangs and heeds nothing', async () => {
    const stop = new AbortController();
    const answer = await run(
      async function* () {
        yield 'We booked Hotel ';
        await new Promise(() => {});
      },
      stop.signal,
      () => {
        stop.abort();
      },
    );
    expect(answer).toMatchObject({ ended: 'stopped', failure: null, markdown: 'We booked Hotel', abstained: false });
  });
  test('says nothing found once, as no words at all, in whatever pieces the word comes', async () => {
    const texts: string[] = [];
    const answer = await run(
      async function* () {
        yield* ['NO', 'THING', ' FOU', 'ND', '.'];
      },
      undefined,
      (text) => texts.push(text),
    );
    expect(answer).toMatchObject({ abstained: true, markdown: '' });
    expect(texts).toEqual([]);
    const shown: string[] = [];
    await run(
      async function* () {
        yield* ['N', 'OT', 'H', 'ing is booked.'];
      },
      undefined,
      (text) => shown.push(text),
    );
    expect(shown.join('')).toBe('NOTHing is booked.');
  });
});

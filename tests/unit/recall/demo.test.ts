import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { CapturedConversation, CapturedPage } from '../../../engine/capture/types';
import type { Engine } from '../../../engine/api';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { createEngine } from '../../../engine/engine';
import { openStore } from '../../../engine/store';
import { CONVERSATIONS, LIVE, PAGE, QUESTIONS, wrongWith } from '../../../scripts/demo/conversations';
import { conversation, message, page } from '../ingest/captures';
import { dataDirectory } from '../store/prebuilt';

/** What `npm start -- --demo` keeps in a browser, kept here by the engine alone. */
const KEPT: Array<CapturedConversation | CapturedPage> = [
  ...CONVERSATIONS.map(({ id, title, messages }) =>
    conversation(
      messages.map(({ id: messageId, role, text, time }) =>
        message(messageId, text, { role, created_at: new Date(time * 1000).toISOString() }),
      ),
      { id, title, url: `https://chatgpt.com/c/${id}` },
    ),
  ),
  conversation(
    [
      message('live-1', LIVE.question),
      message('live-2', LIVE.answer.join(''), { role: 'assistant', model: 'gpt-5-5' }),
    ],
    { id: 'live', title: LIVE.question },
  ),
  page({
    id: PAGE.path,
    url: `https://${PAGE.host}${PAGE.path}`,
    title: PAGE.title,
    author: PAGE.author,
    markdown: PAGE.paragraphs.join('\n\n'),
  }),
];

let engine: Engine;

beforeAll(async () => {
  engine = createEngine({
    store: async () => openStore({ storage: 'memory', dataDirectory: await dataDirectory() }),
    embedder: () => startNodeEmbedder(resolve('models'), { threads: 1 }),
  });
  await engine.ingest(KEPT);
  await vi.waitFor(async () => expect((await engine.status()).chunks_waiting).toBe(0), {
    timeout: 60_000,
    interval: 200,
  });
}, 90_000);

afterAll(() => engine.close());

test.each(QUESTIONS.map((question) => [question.text, question] as const))(
  'the demo answers: %s',
  async (_, question) => {
    expect(wrongWith(question, await engine.recall({ text: question.text, limit: 10 }))).toBeNull();
  },
);

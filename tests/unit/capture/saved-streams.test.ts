/** Answers that somebody saved as the site sent them: server-sent events alone, or in an HTTP archive. */
import { describe, expect, it } from 'vitest';
import { readText } from '../../../engine/capture/index';
import { allAdapters } from '../../../engine/capture/adapters/all';
import { parseHtml } from '../../../scripts/cli-read';

const read = (text: string) => readText(text, { adapters: allAdapters(), parseHtml, name: 'stream' });
const data = (...events: unknown[]) =>
  events.map((event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`).join('');
const named = (...events: Array<{ type: string }>) =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const message = (id: string, role: string, text: string, more: object = {}) => ({
  id,
  author: { role },
  create_time: 1_760_000_000,
  content: { content_type: 'text', parts: [text] },
  status: 'in_progress',
  recipient: 'all',
  metadata: { model_slug: 'gpt-5-5' },
  ...more,
});

const patches = [
  'event: delta_encoding\ndata: "v1"\n\n',
  data(
    { type: 'resume_conversation_token', token: 'x' },
    { type: 'input_message', input_message: message('q', 'user', 'When are peas sown?'), conversation_id: 'peas-1' },
  ),
  'event: delta\n',
  data({ p: '', o: 'add', v: { message: message('a', 'assistant', ''), conversation_id: 'peas-1' }, c: 1 }),
  'event: delta\n',
  data({ p: '/message/content/parts/0', o: 'append', v: 'In ' }),
  'event: delta\n',
  data({ v: '**May' }),
  'event: delta\n',
  data({ v: '**.' }),
  'event: delta\n',
  data({
    p: '',
    o: 'patch',
    v: [
      { p: '/message/content/parts/0', o: 'append', v: '\n\n```py\nsow(' },
      { p: '/message/metadata', o: 'append', v: { finish: true } },
    ],
  }),
  'event: delta\n',
  data({ v: [{ p: '/message/content/parts/0', o: 'append', v: ')\n```' }] }),
  'event: delta\n',
  data({
    v: [
      { p: '/message/status', o: 'replace', v: 'finished_successfully' },
      { p: '/message/end_turn', o: 'replace', v: true },
    ],
  }),
  data(
    { type: 'title_generation', title: 'Peas', conversation_id: 'peas-1' },
    { type: 'message_stream_complete', conversation_id: 'peas-1' },
    '[DONE]',
  ),
].join('');

describe('a stream of chatgpt.com', () => {
  it('of patches is the question and the answer', () => {
    const { conversations, warnings } = read(patches);
    expect(warnings.map((warning) => warning.code)).toEqual(['stream_only']);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      site: 'chatgpt',
      id: 'peas-1',
      title: 'Peas',
      url: 'https://chatgpt.com/c/peas-1',
      strategy: 'stream',
      coverage: 'tail',
      complete: false,
      messages: [
        { id: 'q', role: 'user', markdown: 'When are peas sown?' },
        {
          id: 'a',
          role: 'assistant',
          model: 'gpt-5-5',
          finished: true,
          markdown: 'In **May**.\n\n```py\nsow()\n```',
        },
      ],
    });
  });

  it('that was cut holds an answer that is not finished', () => {
    const { conversations } = read(patches.slice(0, patches.indexOf('{"p":"","o":"patch"')));
    expect(conversations[0]?.messages[1]).toMatchObject({ markdown: 'In **May**.', finished: false });
  });

  it('of the older kind is its last event', () => {
    const { conversations } = read(
      data(
        { message: message('a', 'assistant', 'In'), conversation_id: 'peas-1', error: null },
        {
          message: message('a', 'assistant', 'In May.', { status: 'finished_successfully', end_turn: true }),
          conversation_id: 'peas-1',
          error: null,
        },
        '[DONE]',
      ),
    );
    expect(conversations[0]?.messages).toMatchObject([{ id: 'a', markdown: 'In May.', finished: true }]);
  });

  it('changes nothing but its own message, whatever its pointers say', () => {
    read(
      data(
        { p: '', o: 'add', v: { message: message('a', 'assistant', 'In May.'), conversation_id: 'c' }, c: 0 },
        { p: '/__proto__/sown', o: 'add', v: true },
        { p: '/message/__proto__/sown', o: 'add', v: true },
        { p: '/message/content/parts/9000000', o: 'add', v: 'x' },
      ),
    );
    expect(({} as Record<string, unknown>)['sown']).toBeUndefined();
  });
});

const block = (index: number, content: object, ...deltas: object[]) => [
  { type: 'content_block_start', index, content_block: { start_timestamp: '2026-05-01T10:00:00Z', ...content } },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index, stop_timestamp: '2026-05-01T10:00:09Z' },
];

const blocks = named(
  {
    type: 'message_start',
    message: { id: 'chatcompl_1', role: 'assistant', model: '', uuid: 'a', parent_uuid: 'q' },
  } as {
    type: string;
  },
  ...block(
    0,
    { type: 'thinking', thinking: '', summaries: [] },
    { type: 'thinking_delta', thinking: 'Peas ' },
    { type: 'thinking_delta', thinking: 'are hardy.' },
    { type: 'thinking_summary_delta', summary: { summary: 'Thinking of peas' } },
  ),
  ...block(
    1,
    { type: 'tool_use', id: 't', name: 'web_search', input: {} },
    { type: 'input_json_delta', partial_json: '{"query":' },
    { type: 'input_json_delta', partial_json: '"peas"}' },
  ),
  ...block(
    2,
    { type: 'tool_result', tool_use_id: 't', name: 'web_search', content: [] },
    {
      type: 'input_json_delta',
      partial_json: '[{"type":"text","text":"May"}]',
    },
  ),
  ...block(
    3,
    { type: 'text', text: '', citations: [] },
    { type: 'text_delta', text: '🌱 ' },
    { type: 'citation_start_delta', citation: { uuid: 'k', title: 'Peas', url: 'https://peas.example/sow' } },
    { type: 'text_delta', text: 'In May' },
    { type: 'citation_end_delta', citation_uuid: 'k' },
    { type: 'text_delta', text: ', outdoors.' },
  ),
  { type: 'message_delta', delta: { stop_reason: 'end_turn' } } as { type: string },
  { type: 'message_stop' },
);

describe('a stream of claude.ai', () => {
  it('is the answer with its citations, its thinking apart', () => {
    const { conversations, warnings } = read(blocks);
    expect(warnings.map((warning) => warning.code)).toContain('stream_only');
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      site: 'claude',
      strategy: 'stream',
      coverage: 'tail',
      complete: false,
      messages: [
        {
          id: 'a',
          role: 'assistant',
          finished: true,
          created_at: '2026-05-01T10:00:00.000Z',
          markdown: '🌱 In May ([Peas](https://peas.example/sow)), outdoors.',
          metadata: { thinking: 'Peas are hardy.' },
        },
      ],
    });
  });

  it('is read where a tool left out the empty lines, and where it was cut', () => {
    const lines = blocks.replace(/\n\n/g, '\n');
    const { conversations } = read(lines.slice(0, lines.indexOf('{"type":"citation_end_delta"')));
    expect(conversations[0]?.messages[0]).toMatchObject({ markdown: expect.stringContaining('🌱 In May') as string });
    expect(conversations[0]?.messages[0]?.finished).toBe(false);
  });

  it('of the older kind is its pieces', () => {
    const { conversations } = read(
      named(
        { type: 'completion', completion: ' In', stop_reason: null, model: 'claude-2.1' } as { type: string },
        { type: 'completion', completion: ' May.', stop_reason: null, model: 'claude-2.1' } as { type: string },
        { type: 'completion', completion: '', stop_reason: 'stop_sequence', model: 'claude-2.1' } as { type: string },
      ),
    );
    expect(conversations[0]?.messages).toMatchObject([{ markdown: 'In May.', model: 'claude-2.1', finished: true }]);
  });
});

describe('an HTTP archive with streams', () => {
  const entry = (method: string, url: string, text: string, sent?: object) => ({
    request: { method, url, ...(sent === undefined ? {} : { postData: { text: JSON.stringify(sent) } }) },
    response: { content: { text } },
  });
  const archive = (...entries: object[]) => JSON.stringify({ log: { version: '1.2', entries } });

  it('has the question from what was sent', () => {
    const asked = archive(
      entry('POST', 'https://claude.ai/api/organizations/o/chat_conversations/peas-2/completion', blocks, {
        prompt: 'When are peas sown?',
        parent_message_uuid: '00000000-0000-4000-8000-000000000000',
        turn_message_uuids: { human_message_uuid: 'q', assistant_message_uuid: 'a' },
      }),
    );
    expect(read(asked).conversations[0]).toMatchObject({
      site: 'claude',
      id: 'peas-2',
      url: 'https://claude.ai/chat/peas-2',
      messages: [
        { id: 'q', role: 'user', markdown: 'When are peas sown?' },
        { id: 'a', role: 'assistant' },
      ],
    });
    const sent = archive(
      entry(
        'POST',
        'https://chatgpt.com/backend-api/f/conversation',
        patches.replace(/data: \{"type":"input.*\n\n/, ''),
        {
          action: 'next',
          messages: [message('q', 'user', 'When?')],
        },
      ),
    );
    expect(read(sent).conversations[0]).toMatchObject({
      id: 'peas-1',
      messages: [
        { id: 'q', markdown: 'When?' },
        { id: 'a', role: 'assistant' },
      ],
    });
  });

  it.each([
    ['claude', 'POST', 'https://claude.ai/api/organizations/o/chat_conversations/peas-2/completion', blocks],
    ['chatgpt', 'POST', 'https://chatgpt.com/backend-api/f/conversation', patches],
  ])('of %s is read around an answer whose base64 is broken', (site, method, url, text) => {
    const broken = entry(method, url, 'not*base64');
    Object.assign(broken.response.content, { encoding: 'base64' });
    const { conversations, warnings } = read(archive(broken, entry(method, url, text)));
    expect(conversations).toMatchObject([{ site }]);
    expect(conversations[0]?.messages.at(-1)).toMatchObject({
      role: 'assistant',
      markdown: expect.stringContaining('May') as string,
    });
    expect(warnings).toContainEqual(
      expect.objectContaining({ code: 'unreadable_record', where: '$.log.entries[0]' }) as object,
    );
  });

  it('takes the conversation itself where that is there too', () => {
    const { conversations } = read(
      archive(
        entry('POST', 'https://chatgpt.com/backend-api/f/conversation', patches),
        entry(
          'GET',
          'https://chatgpt.com/backend-api/conversations/peas-1?num_turns=10',
          JSON.stringify({
            conversation_id: 'peas-1',
            messages: [message('q', 'user', 'When?'), message('a', 'assistant', 'In May.', { end_turn: true })],
            page_info: { has_previous_page: false },
          }),
        ),
      ),
    );
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      strategy: 'json-pages',
      messages: [{ id: 'q' }, { markdown: 'In May.' }],
    });
  });
});

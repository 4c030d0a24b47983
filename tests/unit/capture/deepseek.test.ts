import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allAdapters } from '../../../engine/capture/adapters/all';
import { DeepSeekAdapter } from '../../../engine/capture/adapters/deepseek';
import {
  type CapturedConversation,
  liveConversation,
  type LiveConversation,
  type ReadResult,
  readText,
} from '../../../engine/capture/index';
import { EngineError } from '../../../engine/errors';
import { parseHtml } from '../../../scripts/cli-read';

const adapter = new DeepSeekAdapter();
const ID = '7e1d0c52-0000-4000-8000-00000000c0de';
const PAGE = `https://chat.deepseek.com/a/chat/s/${ID}`;
const BODY = `https://chat.deepseek.com/api/v0/chat/history_messages?chat_session_id=${ID}`;
const NOW = '2026-11-02T09:05:00.000Z';
const file = (name: string) => readFileSync(new URL(`../../fixtures/capture/${name}`, import.meta.url), 'utf8');
const history = () =>
  JSON.parse(file('deepseek-history.json')) as {
    data: { biz_data: Record<string, unknown> & { chat_messages: Array<Record<string, unknown>> } };
  };
const expected = (name: string) =>
  file(name)
    .split(/^<!-- (?:user|assistant) -->\n/m)
    .slice(1)
    .map((each) => each.trim());

function only({ conversations }: ReadResult): CapturedConversation {
  const [conversation, second] = conversations;
  if (conversation === undefined || second !== undefined) throw new Error(`${conversations.length} were read`);
  return conversation;
}
const shown = (conversation: CapturedConversation) => conversation.messages.filter((each) => each.on_active_branch);

it('is a new site in under 150 lines, the half in the page’s world with it', () => {
  const lines = ['deepseek.ts', 'deepseek-wire.ts'].map(
    (name) =>
      readFileSync(new URL(`../../../engine/capture/adapters/${name}`, import.meta.url), 'utf8')
        .trimEnd()
        .split('\n').length,
  );
  expect(lines.reduce((sum, each) => sum + each, 0)).toBeLessThan(150);
});

describe('an address', () => {
  it.each([
    [PAGE, { conversationId: ID, share: false, supported: true }],
    ['https://chat.deepseek.com/a/chat/s/abc/?x=1#y', { conversationId: 'abc', supported: true }],
    ['https://chat.deepseek.com/share/u5m-1', { conversationId: 'u5m-1', share: true, supported: true }],
    ['https://chat.deepseek.com/', { conversationId: null, supported: true }],
    ['https://chat.deepseek.com/a/chat', { conversationId: null, supported: true }],
    ['https://chat.deepseek.com/sign_in', { conversationId: null, supported: false }],
  ])('%s', (url, address) => {
    expect(adapter.classifyPage(url)).toEqual({ site: 'deepseek', temporary: false, share: false, ...address });
  });

  it('is none of the site’s on another host', () => {
    for (const url of [
      'https://www.deepseek.com/',
      'https://chat.deepseek.com.example/a/chat/s/a',
      'nonsense',
      'http://',
    ])
      expect(adapter.classifyPage(url)).toBeNull();
  });

  it.each([
    ['GET', BODY, { kind: 'conversation', conversationId: ID }],
    [
      'get',
      `/api/v0/chat/history_messages?chat_session_id=${ID}&cache_version=4`,
      { kind: 'conversation', conversationId: ID },
    ],
    ['POST', '/api/v0/chat/completion', { kind: 'stream', conversationId: null }],
    ['POST', 'https://chat.deepseek.com/api/v0/chat/edit_message', { kind: 'stream', conversationId: null }],
  ])('%s %s is worth looking at', (method, url, request) => {
    expect(adapter.classifyRequest(url, method)).toEqual({ site: 'deepseek', before: null, ...request });
  });

  it.each([
    ['POST', '/api/v0/chat/create_pow_challenge'],
    ['GET', '/api/v0/chat/completion'],
    ['GET', '/api/v0/chat/history_messages'],
    ['GET', `https://elsewhere.example/api/v0/chat/history_messages?chat_session_id=${ID}`],
    ['GET', 'http://'],
  ])('%s %s is not', (method, url) => {
    expect(adapter.classifyRequest(url, method)).toBeNull();
  });
});

describe('the site’s own JSON', () => {
  it('is read with the shown branch first, as it is expected', () => {
    const { warnings } = adapter.readJson(history());
    const conversation = only(adapter.readJson(history(), { capturedAt: NOW }));
    expect(shown(conversation).map((each) => each.markdown)).toEqual(expected('deepseek-history.md'));
    expect(conversation).toMatchObject({
      site: 'deepseek',
      id: ID,
      url: PAGE,
      title: 'Mending a stone wall',
      created_at: '2026-10-21T09:00:00.250Z',
      updated_at: '2026-10-21T09:05:00.500Z',
      captured_at: NOW,
      strategy: 'json-tree',
      coverage: 'all',
      complete: true,
      metadata: { starred: true },
    });
    expect(warnings.map(({ code, where }) => [code, where])).toEqual([['unknown_content_type', '6']]);
  });

  it('keeps what was left, thoughts apart, files, models, times, what is cited and what it does not know', () => {
    const { messages } = only(adapter.readJson(history()));
    expect(messages.map((each) => [each.id, each.parent_id, each.on_active_branch, each.model])).toEqual([
      ['1', null, true, null],
      ['3', '1', true, 'deepseek-reasoner'],
      ['4', '3', true, null],
      ['6', '4', true, 'deepseek-chat'],
      ['2', '1', false, 'deepseek-reasoner'],
      ['5', '4', false, null],
    ]);
    expect(messages[0]).toMatchObject({
      created_at: '2026-10-21T09:00:01.000Z',
      attachments: [{ kind: 'file', name: 'wall.jpg', reference: 'file-0001' }],
    });
    expect(messages[1]?.metadata).toEqual({ thinking: 'A second try, with the angle.' });
    expect(messages[3]?.metadata).toMatchObject({
      citations: [{ title: 'Batter [frames]', url: 'https://walls.example/batter' }],
      unknown_parts: [{ type: 'HOLOGRAM' }],
    });
    // Stopped by the user is over too.
    expect(messages.every((each) => each.finished)).toBe(true);
  });

  it('is read in its older form, where the parts of a message are fields', () => {
    const body = history();
    body.data.biz_data.chat_messages = [
      { message_id: 1, parent_id: null, role: 'USER', content: 'Where?', inserted_at: 1792573201, files: [] },
      {
        message_id: 2,
        parent_id: 1,
        role: 'ASSISTANT',
        content: 'There [citation:7].',
        thinking_content: 'Hm.',
        search_results: [{ url: 'https://a.example/', title: 'A', cite_index: 7 }],
        inserted_at: 1792573202,
        status: 'FINISHED',
      },
    ];
    const { messages } = only(adapter.readJson(body));
    expect(messages.map((each) => each.markdown)).toEqual(['Where?', 'There ([A](https://a.example/)).']);
    expect(messages[1]?.metadata).toMatchObject({ thinking: 'Hm.' });
  });

  it('is never final while it is being written, and is not taken where it holds only what the page lacked', () => {
    const body = history();
    const [, , , , , head] = body.data.biz_data.chat_messages;
    Object.assign(head ?? {}, { status: 'WIP' });
    const half = only(adapter.readJson(body));
    expect(half.complete).toBe(false);
    expect(shown(half).at(-1)).toMatchObject({ id: '6', finished: false });
    for (const kept of [{ cache_valid: true }, { cache_control: 'MERGE' }]) {
      const partial = history();
      Object.assign(partial.data.biz_data, kept);
      expect(adapter.readJson(partial)).toMatchObject({ conversations: [], warnings: [{ code: 'partial_body' }] });
    }
  });

  it('leaves out an answer that has no words yet, and says that the branch is not complete', () => {
    const body = history();
    body.data.biz_data.chat_messages.push({
      message_id: 7,
      parent_id: 6,
      role: 'ASSISTANT',
      status: 'WIP',
      inserted_at: 1792573450,
      fragments: [],
    });
    body.data.biz_data.chat_messages.push({
      message_id: 8,
      parent_id: 7,
      role: 'USER',
      inserted_at: 1792573460,
      fragments: [{ type: 'REQUEST', content: 'Still there?' }],
    });
    Object.assign(body.data.biz_data['chat_session'] ?? {}, { current_message_id: 8 });
    const conversation = only(adapter.readJson(body));
    expect(conversation.complete).toBe(false);
    expect(shown(conversation).at(-1)).toMatchObject({ id: '8', parent_id: '6' });
  });

  it('is read from an export, which names no branch: the newest is taken', () => {
    const node = (
      id: string,
      parent: string | null,
      children: string[],
      type: string,
      content: string,
      minute: number,
    ) => ({
      id,
      parent,
      children,
      message: {
        files: [],
        model: 'deepseek-chat',
        inserted_at: `2026-10-21T17:0${minute}:00.000+08:00`,
        fragments: [{ type, content }],
      },
    });
    const exported = [
      {
        id: ID,
        title: 'Export',
        inserted_at: '2026-10-21T17:00:00.000000+08:00',
        updated_at: '2026-10-21T17:05:00.000000+08:00',
        mapping: {
          root: { id: 'root', parent: null, children: ['1'], message: null },
          1: node('1', 'root', ['2', '3'], 'REQUEST', 'One?', 1),
          2: node('2', '1', [], 'RESPONSE', 'First.', 2),
          3: node('3', '1', [], 'RESPONSE', 'Second.', 3),
        },
      },
    ];
    const conversation = only(
      readText(JSON.stringify(exported), { adapters: allAdapters(), parseHtml, name: 'conversations.json' }),
    );
    expect(conversation).toMatchObject({
      site: 'deepseek',
      id: ID,
      created_at: '2026-10-21T09:00:00.000Z',
      complete: true,
    });
    expect(conversation.messages.map((each) => [each.markdown, each.parent_id, each.on_active_branch])).toEqual([
      ['One?', null, true],
      ['Second.', '1', true],
      ['First.', '1', false],
    ]);
  });

  it('is read from a shared copy and from an HTTP archive, where the address names it', () => {
    const copy = {
      code: 0,
      data: {
        biz_data: {
          title: 'Shared',
          messages: [
            { message_id: 1, role: 'USER', inserted_at: 1792573201, fragments: [{ type: 'REQUEST', content: 'Q' }] },
            {
              message_id: 2,
              role: 'ASSISTANT',
              inserted_at: 1792573202,
              fragments: [{ type: 'RESPONSE', content: 'A' }],
            },
          ],
        },
      },
    };
    const shared = only(adapter.readJson(copy, { url: 'https://chat.deepseek.com/share/u5m-1' }));
    expect(shared).toMatchObject({
      id: 'u5m-1',
      url: 'https://chat.deepseek.com/share/u5m-1',
      strategy: 'share',
      complete: true,
    });
    expect(shared.messages.map((each) => [each.markdown, each.parent_id])).toEqual([
      ['Q', null],
      ['A', '1'],
    ]);
    const archive = {
      log: { entries: [{ request: { url: BODY }, response: { content: { text: JSON.stringify(history()) } } }] },
    };
    expect(only(adapter.readJson(archive)).id).toBe(ID);
  });

  it('ends with the answer, whose time can be before its question’s, and without the site’s own tip', () => {
    const said = (message_id: number, role: string, inserted_at: number, fragments: object[]) => ({
      message_id,
      parent_id: message_id - 1 || null,
      role,
      inserted_at,
      fragments,
    });
    const messages = [
      said(1, 'USER', 1792573201.282, [{ type: 'REQUEST', content: 'Q' }]),
      said(2, 'ASSISTANT', 1792573201.28, [
        { type: 'RESPONSE', content: 'A' },
        { type: 'TIP', content: 'This response is AI-generated, for reference only.', style: 'WARNING' },
      ]),
    ];
    const result = adapter.readJson({ data: { biz_data: { title: 'Shared', messages } } });
    expect(only(result)).toMatchObject({ complete: true, messages: { length: 2 } });
    expect(shown(only(result)).map(({ markdown }) => markdown)).toEqual(['Q', 'A']);
    expect(result.warnings).toEqual([]);
  });

  it('reads what is whole of a body that was cut, and never throws, whatever its values are', () => {
    const text = file('deepseek-history.json');
    expect(() => adapter.parseBody(text.slice(0, -40))).toThrow(SyntaxError);
    const values = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(undefined));
    fc.assert(
      fc.property(fc.nat(), fc.string(), values, (at, key, value) => {
        const body = history();
        const spots: Array<Record<string, unknown>> = [];
        const walk = (each: unknown): void => {
          if (typeof each !== 'object' || each === null) return;
          spots.push(each as Record<string, unknown>);
          Object.values(each).forEach(walk);
        };
        walk(body);
        const spot = spots[at % spots.length] ?? {};
        const keys = Object.keys(spot);
        // as JSON has it: arrays have places alone, and a key named `__proto__` is a key like any other
        const name = keys[at % Math.max(1, keys.length)] ?? (Array.isArray(spot) ? '0' : key);
        Object.defineProperty(spot, name, { value, enumerable: true, configurable: true, writable: true });
        for (const { messages } of adapter.readJson(body).conversations)
          expect(new Set(messages.map((each) => each.id)).size).toBe(messages.length);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void adapter.readJson(value)));
  });

  it('reads a conversation of 5,000 messages in one branch, and cuts a circle', () => {
    const body = history();
    body.data.biz_data.chat_messages = Array.from({ length: 5_000 }, (_, index) => ({
      message_id: index + 1,
      parent_id: index || null,
      role: index % 2 === 0 ? 'USER' : 'ASSISTANT',
      inserted_at: 1792573201 + index,
      fragments: [{ type: index % 2 === 0 ? 'REQUEST' : 'RESPONSE', content: `Turn ${index}` }],
    }));
    Object.assign(body.data.biz_data['chat_session'] ?? {}, { current_message_id: 5_000 });
    expect(only(adapter.readJson(body))).toMatchObject({ complete: true, messages: { length: 5_000 } });
    Object.assign(body.data.biz_data.chat_messages[0] ?? {}, { parent_id: 3 });
    expect(only(adapter.readJson(body))).toMatchObject({ coverage: 'tail', complete: false });
  });
});

describe('the page alone', () => {
  it('is read as a person sees it, and is left as it was', () => {
    const document = parseHtml(file('deepseek-page.html'));
    const before = document.documentElement.outerHTML;
    const result = adapter.readDom(document, PAGE);
    const conversation = only(result);
    expect(conversation.messages.map((each) => each.markdown)).toEqual(expected('deepseek-page.md'));
    expect(conversation).toMatchObject({
      id: ID,
      title: 'Mending a stone wall',
      strategy: 'dom',
      coverage: 'some',
      complete: false,
    });
    expect(conversation.messages.map((each) => [each.id, each.role, each.parent_id])).toEqual([
      ['1', 'user', null],
      ['2', 'assistant', '1'],
      ['3', 'user', '2'],
      ['4', 'assistant', '3'],
    ]);
    expect(conversation.messages[1]?.metadata).toEqual({ thinking: 'No mortar, then.' });
    expect(result.health).toMatchObject({ turnsSeen: 4, turnsRead: 4, state: 'ok' });
    expect(document.documentElement.outerHTML).toBe(before);
  });

  it('is read where rows have neither keys nor names, and is drift where there are none', () => {
    const rows = parseHtml(
      '<body><div class="ds-virtual-list-visible-items"><div class="_1">Why?</div><div class="_2"><div class="ds-markdown"><p>So.</p></div></div></div></body>',
    );
    expect(only(adapter.readDom(rows, PAGE)).messages.map((each) => [each.role, each.markdown])).toEqual([
      ['user', 'Why?'],
      ['assistant', 'So.'],
    ]);
    expect(adapter.readDom(parseHtml('<body><div class="_3">Why?</div></body>'), PAGE).health.state).toBe('drift');
  });

  it('is read from a shared copy without its notice, its outline and the site’s own title', () => {
    const cite = (number: number, address: string) =>
      `<a href="${address}"><span class="ds-markdown-cite"><span>-</span><span>${number}</span></span></a>`;
    const page = parseHtml(
      `<html><head><title>DeepSeek - Into the Unknown</title></head><body><div class="ds-virtual-list"><div class="ds-virtual-list-items"><div class="ds-virtual-list-visible-items">
      <div data-virtual-list-item-key="-999"><span>This shared conversation is generated by AI, for reference only.</span></div>
      <div data-virtual-list-item-key="1"><div class="ds-message"><div>Why walls?</div></div></div>
      <div data-virtual-list-item-key="2"><div class="ds-message"><div><span>Read 2 web pages</span></div><div class="ds-markdown"><p>Sheep${cite(1, 'https://walls.example/a')}${cite(12, 'https://sheep.example/')}.</p></div><div>This response is AI-generated, for reference only.</div></div></div></div></div></div>
      <div class="ds-virtual-list"><div class="ds-virtual-list-items"><div class="ds-virtual-list-visible-items"><div><div>Why walls?</div></div></div></div></div></body></html>`,
    );
    const conversation = only(adapter.readDom(page, 'https://chat.deepseek.com/share/u5m-1'));
    expect(conversation.title).toBeNull();
    expect(conversation.messages.map((each) => [each.id, each.role, each.markdown])).toEqual([
      ['1', 'user', 'Why walls?'],
      ['2', 'assistant', 'Sheep[1](https://walls.example/a)[12](https://sheep.example/).'],
    ]);
  });

  it('is found to be this site’s by itself, as a saved page and as a body', () => {
    for (const name of ['deepseek-page.html', 'deepseek-history.json']) {
      const read = readText(file(name), { adapters: allAdapters(), parseHtml, name });
      expect(only(read)).toMatchObject({ site: 'deepseek', title: 'Mending a stone wall' });
    }
    for (const name of ['chatgpt-page.html', 'claude-page.html', 'claude-detail.json'])
      expect(only(readText(file(name), { adapters: allAdapters(), parseHtml, name })).site).toBe(name.split('-')[0]);
  });
});

describe('an open conversation', () => {
  const rows = (...texts: string[]) =>
    parseHtml(
      `<body><div class="ds-virtual-list-visible-items">${texts
        .map(
          (text, index) =>
            `<div data-virtual-list-item-key="${index + 1}">${index % 2 === 0 ? text : `<div class="ds-markdown"><p>${text}</p></div>`}</div>`,
        )
        .join('')}</div></body>`,
    );
  const look = (live: LiveConversation, url: string, document: Document) =>
    live.observe({ type: 'dom', url, result: adapter.readDom(document, url) });
  const said = (conversation: CapturedConversation | null) =>
    conversation?.messages.map((each) => [each.markdown, each.finished]);

  it('has no half answer as final while its stream is open, which only the question names', () => {
    const live = liveConversation(adapter);
    live.observe({ type: 'navigated', url: PAGE });
    const stream = adapter.wire.readStream(JSON.stringify({ chat_session_id: ID, prompt: 'Why?' }));
    live.observe({
      type: 'stream',
      streamId: '1',
      news: stream.push('event: ready\ndata: {"request_message_id":1,"res'),
    });
    expect(said(look(live, PAGE, rows('Why?', 'Bec')).current)).toEqual([
      ['Why?', true],
      ['Bec', false],
    ]);
    expect(stream.close().cut).toBe(true);
    stream.push('ponse_message_id":2}\n\nevent: clo');
    stream.push('se\ndata: {}\n\n');
    expect(stream.close()).toMatchObject({ ended: true, cut: false });
    live.observe({ type: 'stream', streamId: '1', news: stream.close() });
    const over = look(live, PAGE, rows('Why?', 'Because.'));
    expect(said(over.current)).toEqual([
      ['Why?', true],
      ['Because.', true],
    ]);
    expect(over.wanted).toMatchObject({ conversationId: ID, reason: 'stream-ended' });
    expect(adapter.wire.readStream('no JSON').push('').conversationId).toBeNull();
    expect(adapter.wire.readStream().push('').conversationId).toBeNull();
  });

  it('is not mixed with the one before, although both count their messages from 1', () => {
    const live = liveConversation(adapter);
    const other = 'https://chat.deepseek.com/a/chat/s/other';
    live.observe({ type: 'navigated', url: PAGE });
    look(live, PAGE, rows('Why?', 'Because.'));
    live.observe({ type: 'navigated', url: other });
    expect(look(live, other, rows('Why?', 'Because.')).current).toBeNull();
    expect(said(look(live, other, rows('Why?', 'For another reason.')).current)).toEqual([
      ['Why?', true],
      ['For another reason.', true],
    ]);
  });
});

describe('the past', () => {
  const page = (token: string | null) => ({
    url: PAGE,
    cookie: () => null,
    inlineScripts: () => [],
    stored: (key: string) => (key === 'userToken' ? token : null),
  });
  const open = (answers: unknown[], token: string | null = '{"value":"t0ken","__version":"0"}') => {
    const asked: Array<{ url: string; headers: Record<string, string> | undefined }> = [];
    const past = adapter.openHistory(page(token), async ({ url, headers }) => {
      asked.push({ url, headers });
      return Promise.resolve(JSON.stringify(answers[asked.length - 1] ?? answers.at(-1)));
    });
    return { past, asked };
  };
  const list = (sessions: unknown[], has_more: boolean) => ({
    code: 0,
    data: { biz_code: 0, biz_data: { chat_sessions: sessions, has_more } },
  });

  it('is listed in parts, with the user’s token, until the site has no more', async () => {
    const { past, asked } = open([
      list(
        [
          { id: 'a', title: 'A', updated_at: 1792573500.5, pinned: true },
          { id: 'b', updated_at: 1792573400.25, pinned: false },
        ],
        true,
      ),
      list(
        [
          { id: 'b', updated_at: 1792573400.25, pinned: false },
          { id: 'c', title: 'C', updated_at: 1792573300, pinned: false },
        ],
        false,
      ),
    ]);
    const first = await past.list(null);
    expect(first.conversations).toEqual([
      { id: 'a', title: 'A', updated_at: '2026-10-21T09:05:00.500Z', archived: false, starred: true, project: null },
      { id: 'b', title: null, updated_at: '2026-10-21T09:03:20.250Z', archived: false, starred: false, project: null },
    ]);
    const second = await past.list(first.next);
    expect(second).toMatchObject({ conversations: [{ id: 'b' }, { id: 'c' }], next: null, next_list: null });
    expect(asked[0]?.headers).toEqual({ authorization: 'Bearer t0ken' });
    expect(asked[1]?.url).toContain('lte_cursor.pinned=false&lte_cursor.updated_at=1792573400.25');
  });

  it('ends where the site takes no notice of where the list goes on', async () => {
    const { past } = open([list([{ id: 'a', updated_at: 5e8, pinned: false }], true)]);
    const { next } = await past.list(null);
    expect(next).not.toBeNull();
    expect((await past.list(next)).next).toBeNull();
  });

  it('is read whole, and says so where nobody is signed in or the answer is another', async () => {
    expect(await open([history()]).past.read(ID)).toMatchObject({ id: ID, coverage: 'all', messages: { length: 6 } });
    const code = (failure: unknown) => EngineError.from(failure).code;
    await expect(open([history()]).past.read('other').catch(code)).resolves.toBe('bad_input');
    await expect(
      open([{ code: 40003, msg: 'invalid token', data: null }])
        .past.read(ID)
        .catch(code),
    ).resolves.toBe('not_signed_in');
    for (const token of [null, 'no JSON', '{}'])
      await expect(open([history()], token).past.list(null).catch(code)).resolves.toBe('not_signed_in');
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ClaudeAdapter } from '../../../engine/capture/adapters/claude/index';
import type { AskSite, HistoryPage, ListedConversation } from '../../../engine/capture/index';
import { EngineError } from '../../../engine/errors';
import {
  CLAUDE_ORGANISATION,
  type ClaudeConversation,
  type ClaudeSite,
  createClaudeSite,
} from '../../harness/claude-site';

const adapter = new ClaudeAdapter();
const API = `https://claude.ai/api/organizations/${CLAUDE_ORGANISATION}`;
const ID = 'beed6f85-b730-4c9d-946e-4cc615baa636';

describe('an address of claude.ai', () => {
  it.each([
    ['https://claude.ai/chat/abc-1', { conversationId: 'abc-1', share: false, temporary: false, supported: true }],
    ['https://claude.ai/chat/abc-1/?q=x#y', { conversationId: 'abc-1', supported: true }],
    ['https://claude.ai/project/p-1/chat/abc-1', { conversationId: 'abc-1', supported: true }],
    ['https://claude.ai/share/s-1', { conversationId: 's-1', share: true, supported: true }],
    ['https://claude.ai/', { conversationId: null, supported: true }],
    ['https://claude.ai/new', { conversationId: null, temporary: false, supported: true }],
    ['https://claude.ai/new?incognito', { conversationId: null, temporary: true, supported: true }],
    ['https://claude.ai/new?incognito=true', { temporary: true }],
    ['https://claude.ai/chat/abc-1?incognito', { conversationId: 'abc-1', temporary: true }],
    ['https://claude.ai/project/p-1', { conversationId: null, supported: true }],
    ['https://claude.ai/settings/profile', { conversationId: null, supported: false }],
    ['https://claude.ai/recents', { conversationId: null, supported: false }],
  ])('%s', (url, expected) => {
    expect(adapter.classifyPage(url)).toMatchObject({ site: 'claude', ...expected });
  });

  it('is none where the host is another', () => {
    for (const url of ['https://claude.ai.example/chat/a', 'https://chatgpt.com/c/a', 'nonsense:', 'http://'])
      expect(adapter.classifyPage(url)).toBeNull();
  });
});

describe('a request of the page', () => {
  it.each([
    ['GET', `${API}/chat_conversations/${ID}?tree=True&rendering_mode=messages`, 'conversation', ID],
    ['GET', `/api/organizations/o/chat_conversations/${ID}`, 'conversation', ID],
    ['GET', 'https://claude.ai/api/chat_snapshots/s-1?rendering_mode=messages', 'conversation', 's-1'],
    ['GET', `${API}/chat_snapshots/s-1`, 'conversation', 's-1'],
    ['POST', `${API}/chat_conversations/${ID}/completion`, 'stream', ID],
    ['post', `${API}/chat_conversations/${ID}/retry_completion`, 'stream', ID],
    ['PUT', `${API}/chat_conversations/${ID}/current_leaf_message_uuid`, 'mutation', ID],
    ['PUT', `${API}/chat_conversations/${ID}`, 'mutation', ID],
    ['POST', `${API}/chat_conversations/${ID}/rename`, 'mutation', ID],
    ['POST', `${API}/chat_conversations/${ID}/title`, 'mutation', ID],
  ])('%s %s', (method, url, kind, conversationId) => {
    expect(adapter.classifyRequest(url, method)).toEqual({ site: 'claude', kind, conversationId, before: null });
  });

  it.each([
    ['GET', `${API}/chat_conversations?limit=30`],
    ['GET', `${API}/chat_conversations_v2?limit=30&offset=0`],
    ['POST', `${API}/chat_conversations`],
    ['POST', `${API}/chat_conversations/delete_many`],
    ['GET', `${API}/chat_conversations/${ID}/completion_status?poll=false`],
    ['GET', `${API}/chat_conversations/${ID}/title`],
    ['DELETE', `${API}/chat_conversations/${ID}`],
    ['GET', 'https://evil.example/api/organizations/o/chat_conversations/x'],
    ['GET', 'https://claude.ai/chat/abc'],
  ])('%s %s is not looked at', (method, url) => {
    expect(adapter.classifyRequest(url, method)).toBeNull();
  });
});

describe('an answer’s stream', () => {
  const events = [
    'event: conversation_ready\r\ndata: {"type":"conversation_ready","conversation_uuid":"c-1"}\r\n\r\n',
    'event: message_start\r\ndata: {"type":"message_start","message":{"uuid":"m","model":""}}\r\n\r\n',
    'event: content_block_delta\r\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"message_stop \\"conversation_uuid\\":\\"fake\\""}}\r\n\r\n',
    'event: message_delta\r\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\r\n\r\n',
    'event: message_stop\r\ndata: {"type":"message_stop"}\r\n\r\n',
  ].join('');

  it('is read the same wherever it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(events.length), { maxLength: 20 }), (cuts) => {
        const reader = adapter.wire.readStream();
        let from = 0;
        let news = reader.push('');
        for (const at of [...cuts].sort((a, b) => a - b)) {
          news = reader.push(events.slice(from, at));
          from = at;
          if (at <= events.lastIndexOf('data:')) expect(news.ended).toBe(false);
        }
        news = reader.push(events.slice(from));
        expect(news).toEqual({ conversationId: 'c-1', ended: true, temporary: false });
      }),
    );
  });

  it('has ended when the connection closes, and is not ended by what an answer says', () => {
    const reader = adapter.wire.readStream();
    const cutOff = events.slice(0, events.indexOf('event: message_delta'));
    expect(reader.push(cutOff)).toEqual({ conversationId: 'c-1', ended: false, temporary: false });
    expect(reader.close().ended).toBe(true);
  });

  it('says that a chat is temporary, ends as it did before 2025, and survives a line without end', () => {
    expect(
      adapter.wire.readStream().push('data: {"type":"conversation_ready","is_temporary":true}\n\n').temporary,
    ).toBe(true);
    expect(
      adapter.wire.readStream().push('data: {"type":"completion","completion":"a","stop_reason":null}\n').ended,
    ).toBe(false);
    expect(
      adapter.wire.readStream().push('data: {"type":"completion","completion":"","stop_reason":"stop_sequence"}\n')
        .ended,
    ).toBe(true);
    const reader = adapter.wire.readStream();
    for (let n = 0; n < 8; n++) reader.push('x'.repeat(100_000));
    expect(reader.push('\ndata: {"type":"message_stop"}\n').ended).toBe(true);
  });
});

function conversation(n: number, more: Partial<ClaudeConversation> = {}): ClaudeConversation {
  const time = 1_790_000_000 + n * 1000;
  return {
    id: `c-${n}`,
    title: `Talk ${n}`,
    messages: [
      { id: `q-${n}`, parent: null, role: 'user', text: `Question ${n}`, time },
      { id: `a-${n}`, parent: `q-${n}`, role: 'assistant', text: `Answer ${n}`, time: time + 5 },
    ],
    ...more,
  };
}

let server: Server | null = null;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

/** Asks the fake site over the wire, and turns its refusals into errors as the one who sends does. */
async function signedIn(site: ClaudeSite): Promise<AskSite> {
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      void Promise.resolve(site.site(request, response, body));
    });
  });
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  const { port } = made.address() as AddressInfo;
  return async ({ url, method }) => {
    const answer = await fetch(`http://127.0.0.1:${port}${url.replace('https://claude.ai', '')}`, { method });
    if (answer.ok) return answer.text();
    const code =
      answer.status === 404
        ? 'not_found'
        : answer.status === 403
          ? 'not_signed_in'
          : answer.status === 429
            ? 'rate_limited'
            : 'bad_input';
    throw new EngineError(code, `${answer.status} ${url}`);
  };
}

const tab = (cookie: string | null = CLAUDE_ORGANISATION): HistoryPage => ({
  url: 'https://claude.ai/recents',
  cookie: (name) => (name === 'lastActiveOrg' ? cookie : null),
  inlineScripts: () => [],
  stored: () => null,
});

/** The whole list; each part by a history of its own, as after a restart of the browser. */
async function listAll(ask: AskSite, page = tab()): Promise<ListedConversation[]> {
  const all: ListedConversation[] = [];
  let cursor: string | null = null;
  do {
    const part = await adapter.openHistory(page, ask).list(cursor);
    all.push(...part.conversations);
    cursor = part.next;
  } while (cursor !== null);
  return all;
}

describe('the past of an account', () => {
  it('is listed in parts, newest first, then the archive, projects by name', async () => {
    const site = createClaudeSite([
      ...Array.from({ length: 120 }, (_, n) => conversation(n)),
      conversation(500, { archived: true, starred: true }),
      conversation(600, { project: 'p-1' }),
      conversation(700, { temporary: true }),
    ]);
    site.projects.push({ uuid: 'p-1', name: 'Garden' });
    const all = await listAll(await signedIn(site));
    expect(all.map((each) => each.id)).toEqual([
      'c-600',
      ...Array.from({ length: 120 }, (_, n) => `c-${119 - n}`),
      'c-500',
    ]);
    expect(all[0]).toEqual({
      id: 'c-600',
      title: 'Talk 600',
      updated_at: new Date((1_790_600_000 + 5) * 1000).toISOString(),
      archived: false,
      starred: false,
      project: 'Garden',
    });
    expect(all.at(-1)).toMatchObject({ archived: true, starred: true, project: null });
    expect(site.asked.every((each) => each.startsWith('GET '))).toBe(true);
  });

  it('is listed by a site that knows only the older list, or that takes no notice of the archive', async () => {
    const older = createClaudeSite(Array.from({ length: 70 }, (_, n) => conversation(n)));
    older.newList = false;
    expect(await listAll(await signedIn(older))).toHaveLength(70);
    server?.close();
    const site = createClaudeSite(Array.from({ length: 60 }, (_, n) => conversation(n)));
    const ask = await signedIn(site);
    const listed = await listAll((request) => ask({ ...request, url: request.url.replace('&archived=true', '') }));
    expect(listed).toHaveLength(60);
    expect(listed.every((each) => !each.archived)).toBe(true);
  });

  it('finds the organisation that can chat where the cookie names none, or one that cannot', async () => {
    const site = createClaudeSite([conversation(1)]);
    const ask = await signedIn(site);
    expect(await listAll(ask, tab(null))).toHaveLength(1);
    expect(await listAll(ask, tab('11111111-2222-4333-8444-555555555555'))).toHaveLength(1);
    site.organisations = [{ uuid: '11111111-2222-4333-8444-555555555555', name: 'Console', capabilities: ['api'] }];
    await expect(listAll(ask, tab(null))).rejects.toMatchObject({ code: 'not_signed_in' });
  });

  it('is read whole, every branch', async () => {
    const site = createClaudeSite([conversation(1)]);
    site.conversations
      .get('c-1')
      ?.messages.push({ id: 'a-1-again', parent: 'q-1', role: 'assistant', text: 'Again', time: 1_790_002_000 });
    const read = await adapter.openHistory(tab(), await signedIn(site)).read('c-1');
    expect(read).toMatchObject({
      id: 'c-1',
      title: 'Talk 1',
      complete: true,
      coverage: 'all',
      strategy: 'json-tree',
      url: 'https://claude.ai/chat/c-1',
    });
    expect(read.messages.map((m) => [m.id, m.on_active_branch])).toEqual([
      ['q-1', true],
      ['a-1-again', true],
      ['a-1', false],
    ]);
    expect(site.asked).toEqual([
      `GET /api/organizations/${CLAUDE_ORGANISATION}/chat_conversations/c-1?tree=True&rendering_mode=messages&render_all_tools=true`,
    ]);
  });

  it('says what is wrong when one cannot be read, and can go on', async () => {
    const site = createClaudeSite([
      conversation(1),
      conversation(2, { shape: 'none' }),
      conversation(3, { messages: [] }),
    ]);
    const history = adapter.openHistory(tab(), await signedIn(site));
    await expect(history.read('gone')).rejects.toMatchObject({ code: 'not_found' });
    await expect(history.read('c-2')).rejects.toMatchObject({ code: 'bad_input' });
    expect(await history.read('c-3')).toMatchObject({ id: 'c-3', messages: [] });
    site.refuse = { times: 1, retryAfter: 2 };
    await expect(history.read('c-1')).rejects.toMatchObject({ code: 'rate_limited' });
    expect((await history.read('c-1')).messages).toHaveLength(2);
  });
});

describe('the fake site', () => {
  it('writes an answer as the real one does, and has it whole after the stream', async () => {
    const site = createClaudeSite([conversation(1)]);
    site.nextAnswer = { parts: ['In ', 'October.'], pauseMs: 1 };
    await signedIn(site);
    if (!server) throw new Error('nothing listens');
    const { port } = server.address() as AddressInfo;
    const path = `/api/organizations/${CLAUDE_ORGANISATION}/chat_conversations/c-1`;
    const answer = await fetch(`http://127.0.0.1:${port}${path}/completion`, {
      method: 'POST',
      body: JSON.stringify({
        prompt: 'When?',
        turn_message_uuids: { human_message_uuid: 'q-new', assistant_message_uuid: 'a-new' },
      }),
    });
    const reader = adapter.wire.readStream();
    expect(reader.push(await answer.text()).ended).toBe(true);
    const detail: unknown = await fetch(`http://127.0.0.1:${port}${path}?tree=True`).then((read) => read.json());
    const [read] = adapter.readJson(detail).conversations;
    expect(read).toMatchObject({ complete: true });
    expect(read?.messages.slice(-2).map((m) => [m.id, m.markdown])).toEqual([
      ['q-new', 'When?'],
      ['a-new', 'In October.'],
    ]);
    expect(read?.messages.at(-1)?.model).toBe('claude-sonnet-5');
  });
});

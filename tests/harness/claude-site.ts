/**
 * A local site that speaks claude.ai's protocol, for tests: the detail of a conversation with all its branches, the
 * list in parts, organisations and projects, an answer as server-sent events, and a page that draws turns as the real
 * one does (a virtual list of rows with positions, the attribute that says an answer is being written), from what it
 * fetches. A fake at the network's edge; what it says is invented.
 */
import type { ServerResponse } from 'node:http';
import type { Site } from './internet';

export interface ClaudeMessage {
  id: string;
  parent: string | null;
  role: 'user' | 'assistant';
  /** What it says; `content` instead where a test needs more than one text block. */
  text: string;
  content?: unknown[];
  /** Epoch seconds. */
  time: number;
  /** Null while it is being written. */
  stopReason?: string | null;
}

export interface ClaudeConversation {
  id: string;
  title: string;
  /** Every branch, in the order they were made. */
  messages: ClaudeMessage[];
  /** The message the page shows last; the newest where it is not given. */
  leaf?: string;
  model?: string;
  starred?: boolean;
  archived?: boolean;
  temporary?: boolean;
  /** Uuid of one of the site's projects. */
  project?: string;
  /** `none` makes the JSON unreadable, so that only the page is left. */
  shape?: 'tree' | 'none';
}

export interface ClaudeSite {
  site: Site;
  conversations: Map<string, ClaudeConversation>;
  organisations: Array<{ uuid: string; name: string; capabilities: string[] }>;
  projects: Array<{ uuid: string; name: string }>;
  /** The answer that the next question gets, in parts; each part is sent after `pauseMs`. */
  nextAnswer: { parts: string[]; pauseMs: number };
  /** How many of the next reads are refused with 429, and after how many seconds to come back. */
  refuse: { times: number; retryAfter: number };
  /** False makes the site one that knows only the older list, which answers an array. */
  newList: boolean;
  /** Paths of the API that were asked for, in order. */
  asked: string[];
}

export const CLAUDE_ORGANISATION = '0f0e0d0c-0b0a-4908-8706-050403020100';
const ROOT = '00000000-0000-4000-8000-000000000000';

export function createClaudeSite(conversations: ClaudeConversation[]): ClaudeSite {
  const state: ClaudeSite = {
    conversations: new Map(conversations.map((conversation) => [conversation.id, conversation])),
    organisations: [
      { uuid: '11111111-2222-4333-8444-555555555555', name: 'Console', capabilities: ['api'] },
      { uuid: CLAUDE_ORGANISATION, name: 'Personal', capabilities: ['chat'] },
    ],
    projects: [],
    nextAnswer: { parts: ['An ', 'answer.'], pauseMs: 20 },
    refuse: { times: 0, retryAfter: 1 },
    newList: true,
    asked: [],
    site: (request, response, body) => answer(state, request.method ?? 'GET', request.url ?? '/', body, response),
  };
  return state;
}

function answer(
  state: ClaudeSite,
  method: string,
  path: string,
  body: string,
  response: ServerResponse,
): void | Promise<void> {
  const url = new URL(path, 'https://claude.ai');
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (!url.pathname.startsWith('/api/')) {
    response
      .writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'set-cookie': `lastActiveOrg=${CLAUDE_ORGANISATION}; Path=/`,
      })
      .end(page(url, state));
    return;
  }
  state.asked.push(`${method} ${url.pathname}${url.search}`);
  if (method === 'GET' && state.refuse.times > 0) {
    state.refuse.times--;
    response
      .writeHead(429, { 'content-type': 'application/json', 'retry-after': String(state.refuse.retryAfter) })
      .end('{"type":"error","error":{"type":"rate_limit_error"}}');
    return;
  }
  if (url.pathname === '/api/organizations') {
    json(state.organisations);
    return;
  }
  const [, organisation, rest = ''] = /^\/api\/organizations\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
  if (organisation !== CLAUDE_ORGANISATION) {
    json({ type: 'error', error: { type: 'permission_error' } }, 403);
    return;
  }
  if (rest === 'projects') {
    json(state.projects);
    return;
  }
  if (rest === 'chat_conversations_v2' && state.newList) {
    const part = listed(state, url, url.searchParams.get('archived') === 'true');
    json({ data: part.records, has_more: part.more });
    return;
  }
  if (rest === 'chat_conversations') {
    if (method === 'POST') {
      const made = JSON.parse(body) as { uuid: string; is_temporary?: boolean };
      state.conversations.set(made.uuid, {
        id: made.uuid,
        title: '',
        messages: [],
        temporary: made.is_temporary === true,
      });
      json({ uuid: made.uuid, name: '' }, 201);
    } else json(listed(state, url, false).records);
    return;
  }
  const [, id = '', action] = /^chat_conversations\/([^/]+)(?:\/(\w+))?$/.exec(rest) ?? [];
  const conversation = state.conversations.get(id);
  if (conversation === undefined) {
    json({ type: 'error', error: { type: 'not_found_error' } }, 404);
    return;
  }
  if (action === undefined) {
    if (method === 'GET') json(conversation.shape === 'none' ? { nothing: 'here' } : detail(state, conversation));
    else {
      conversation.title = (JSON.parse(body) as { name?: string }).name ?? conversation.title;
      json({ uuid: id, name: conversation.title }, 202);
    }
    return;
  }
  if (action === 'current_leaf_message_uuid') {
    conversation.leaf = (JSON.parse(body) as { current_leaf_message_uuid: string }).current_leaf_message_uuid;
    json({}, 202);
    return;
  }
  if (method === 'POST' && (action === 'completion' || action === 'retry_completion'))
    return stream(state, conversation, body, response);
  json({ type: 'error', error: { type: 'not_found_error' } }, 404);
}

const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace('Z', '000Z');

function summary(state: ClaudeSite, conversation: ClaudeConversation) {
  const project = state.projects.find((each) => each.uuid === conversation.project);
  return {
    uuid: conversation.id,
    name: conversation.title,
    summary: '',
    model: conversation.model ?? 'claude-sonnet-5',
    created_at: time(conversation.messages[0]?.time ?? 0),
    updated_at: time(conversation.messages.at(-1)?.time ?? 0),
    settings: {},
    is_starred: conversation.starred ?? false,
    is_temporary: conversation.temporary ?? false,
    project_uuid: project?.uuid ?? null,
    platform: 'CLAUDE_AI',
    current_leaf_message_uuid: conversation.leaf ?? conversation.messages.at(-1)?.id ?? ROOT,
  };
}

function detail(state: ClaudeSite, conversation: ClaudeConversation) {
  return {
    ...summary(state, conversation),
    chat_messages: conversation.messages.map((message, index) => ({
      uuid: message.id,
      text: '',
      content: message.content ?? [{ type: 'text', text: message.text, citations: [] }],
      sender: message.role === 'user' ? 'human' : 'assistant',
      index,
      created_at: time(message.time),
      updated_at: time(message.time),
      truncated: false,
      ...(message.role === 'assistant'
        ? { stop_reason: message.stopReason === undefined ? 'end_turn' : message.stopReason }
        : {}),
      attachments: [],
      files: [],
      files_v2: [],
      sync_sources: [],
      parent_message_uuid: message.parent ?? ROOT,
    })),
  };
}

function listed(state: ClaudeSite, url: URL, archived: boolean) {
  const limit = Number(url.searchParams.get('limit') ?? 30);
  const offset = Number(url.searchParams.get('offset') ?? 0);
  const all = [...state.conversations.values()]
    .filter((each) => (each.archived ?? false) === archived && each.temporary !== true)
    .sort((a, b) => (b.messages.at(-1)?.time ?? 0) - (a.messages.at(-1)?.time ?? 0));
  return {
    records: all.slice(offset, offset + limit).map((each) => summary(state, each)),
    more: offset + limit < all.length,
  };
}

async function stream(
  state: ClaudeSite,
  conversation: ClaudeConversation,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const asked = JSON.parse(body) as {
    prompt: string;
    parent_message_uuid?: string;
    turn_message_uuids: { human_message_uuid?: string; assistant_message_uuid: string };
  };
  const now = Date.now() / 1000;
  let parent = asked.parent_message_uuid ?? conversation.leaf ?? conversation.messages.at(-1)?.id ?? null;
  const human = asked.turn_message_uuids.human_message_uuid;
  if (human !== undefined) {
    conversation.messages.push({ id: human, parent, role: 'user', text: asked.prompt, time: now });
    parent = human;
  }
  const id = asked.turn_message_uuids.assistant_message_uuid;
  const written: ClaudeMessage = { id, parent, role: 'assistant', text: '', time: now + 1, stopReason: null };
  conversation.messages.push(written);
  conversation.leaf = id;
  const event = (value: { type: string }) =>
    response.write(`event: ${value.type}\r\ndata: ${JSON.stringify(value)}\r\n\r\n`);

  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const message = {
    id: `chatcompl_${id}`,
    type: 'message',
    role: 'assistant',
    model: '',
    parent_uuid: parent,
    uuid: id,
  };
  event({ type: 'message_start', message: { ...message, content: [], stop_reason: null } } as { type: string });
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as { type: string });
  for (const part of state.nextAnswer.parts) {
    await new Promise((resolve) => setTimeout(resolve, state.nextAnswer.pauseMs));
    written.text += part;
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: part } } as { type: string });
  }
  event({ type: 'content_block_stop', index: 0 } as { type: string });
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null } } as { type: string });
  event({ type: 'message_limit', message_limit: { type: 'within_limit' } } as { type: string });
  written.stopReason = 'end_turn';
  if (conversation.title === '') conversation.title = asked.prompt.slice(0, 40);
  event({ type: 'message_stop' });
  response.end();
}

/** The page: fetches its conversation as the real one does, draws the rows in view, and lets one ask. */
function page(url: URL, state: ClaudeSite): string {
  const id = /^\/chat\/([^/?]+)/.exec(url.pathname)?.[1] ?? null;
  const known = id === null ? undefined : state.conversations.get(id);
  const settings = JSON.stringify({
    id,
    organisation: CLAUDE_ORGANISATION,
    temporary: url.searchParams.has('incognito'),
    // Only for a conversation whose JSON cannot be read: what the page would show of it.
    rows: known?.shape === 'none' ? known.messages.map(({ role, text }) => ({ role, text, streaming: false })) : null,
  }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><title>${known === undefined ? 'Claude' : `${known.title} - Claude`}</title>
<style>#scroll { height: 600px; overflow-y: auto } #rows { position: relative } #rows > div { position: absolute; left: 0; right: 0; height: 100px; overflow: hidden }</style></head>
<body><header data-testid="chat-header"><div data-testid="chat-title-split"><button type="button">${known?.title ?? ''}</button></div></header>
<div id="scroll" data-autoscroll-container="true"><div role="feed" aria-busy="false"><div id="rows"></div></div></div>
<div data-chat-input-container="true"><form id="composer"><textarea data-testid="chat-input" id="input"></textarea>
<button type="button" data-testid="model-selector-dropdown">Sonnet 5</button><button type="submit" id="send">Send</button></form></div>
<script type="module">
const settings = ${settings};
const HEIGHT = 100;
const api = '/api/organizations/' + settings.organisation + '/chat_conversations';
const box = document.getElementById('scroll'), rows = document.getElementById('rows');
let conversation = settings.id, turns = settings.rows ?? [], leaf = null;
const mounted = new Map();
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const inline = (text) => escape(text).replace(/\`([^\`]+)\`/g, '<code>$1</code>').replace(/\\*\\*([^*]+)\\*\\*/g, '<strong>$1</strong>');
const paragraph = (html) => '<p class="font-claude-response-body break-words whitespace-normal" dir="auto">' + html + '</p>';
const render = (text) => text.split(/\\n\\n+/).map((block) => {
  const fence = /^\`\`\`(\\w*)\\n([\\s\\S]*?)\\n?\`\`\`$/.exec(block);
  if (fence) return '<div class="relative group/copy rounded-lg"><div class="sticky"><button aria-label="Copy"></button></div><div class="text-text-500 font-small">' + fence[1] + '</div><div><pre class="code-block__code"><code class="language-' + fence[1] + '">' + escape(fence[2]) + '</code></pre></div></div>';
  if (/^- /.test(block)) return '<ul>' + block.split('\\n').map((l) => '<li>' + inline(l.slice(2)) + '</li>').join('') + '</ul>';
  return paragraph(inline(block));
}).join('');
function row(turn, index) {
  const bar = '<div data-message-action-bar=""><div role="toolbar" aria-label="Message actions"><span>12:50</span><button data-testid="action-bar-copy" aria-label="Copy"></button></div></div>';
  const body = turn.role === 'user'
    ? '<div class="mb-1 group"><h2 data-find-omitted="" class="sr-only">You said: </h2><div data-user-message-bubble="true"><div data-testid="user-message" class="font-large"></div></div>' + bar + '</div>'
    : '<div class="group"><div data-is-streaming="' + turn.streaming + '"><h2 data-find-omitted="" class="sr-only">Claude responded: </h2><div class="font-claude-response relative"><div><div class="standard-markdown grid">' + render(turn.text) + '</div></div></div></div>' + bar + '</div>';
  const element = document.createElement('div');
  element.dataset.index = index;
  element.style.transform = 'translateY(' + index * HEIGHT + 'px)';
  element.innerHTML = '<div role="article" tabindex="-1" aria-posinset="' + (index + 1) + '" aria-label="Message ' + (index + 1) + ' of ' + turns.length + '"><div data-test-render-count="1"><div class="contents">' + body + '</div></div></div>';
  if (turn.role === 'user') element.querySelector('[data-testid="user-message"]').innerHTML = turn.text.split(/\\n\\n+/).map((p) => '<p class="whitespace-pre-wrap break-words">' + escape(p) + '</p>').join('');
  return element;
}
function draw() {
  rows.style.height = turns.length * HEIGHT + 'px';
  const from = Math.max(0, Math.floor(box.scrollTop / HEIGHT) - 1), to = Math.min(turns.length, from + 8);
  for (const [index, each] of mounted) if (index < from || index >= to) { each.element.remove(); mounted.delete(index); }
  for (let index = from; index < to; index++) {
    const turn = turns[index], print = turn.role + turn.text + turn.streaming;
    if (mounted.get(index)?.print !== print) {
      const element = row(turn, index);
      mounted.get(index)?.element.remove();
      rows.append(element);
      mounted.set(index, { element, print });
    }
    mounted.get(index).element.firstChild.setAttribute('aria-setsize', turns.length);
  }
}
// The real page makes the ids of messages itself, with the time in them.
function uuid7() {
  const ms = Date.now().toString(16).padStart(12, '0');
  return ms.slice(0, 8) + '-' + ms.slice(8) + '-7' + crypto.randomUUID().slice(15);
}
const toEnd = () => { draw(); box.scrollTop = box.scrollHeight; draw(); };
box.addEventListener('scroll', draw);
async function load() {
  if (conversation && !settings.rows) {
    const answer = await fetch(api + '/' + conversation + '?tree=True&rendering_mode=messages&render_all_tools=true&consistency=strong');
    const detail = await answer.json();
    const by = new Map((detail.chat_messages ?? []).map((m) => [m.uuid, m]));
    leaf = detail.current_leaf_message_uuid ?? null;
    turns = [];
    for (let at = by.get(leaf); at; at = by.get(at.parent_message_uuid))
      turns.unshift({ role: at.sender === 'human' ? 'user' : 'assistant', text: at.content.map((b) => b.text ?? '').join(''), streaming: false });
  } else if (conversation) await fetch(api + '/' + conversation + '?tree=True&rendering_mode=messages').then((answer) => answer.text());
  toEnd();
}
async function ask(text) {
  const human = uuid7(), assistant = uuid7();
  if (!conversation) {
    conversation = crypto.randomUUID();
    await fetch(api, { method: 'POST', body: JSON.stringify({ uuid: conversation, name: '', is_temporary: settings.temporary }) });
    if (!settings.temporary) history.replaceState(null, '', '/chat/' + conversation);
  }
  const answer = { role: 'assistant', text: '', streaming: true };
  turns.push({ role: 'user', text, streaming: false }, answer);
  toEnd();
  const response = await fetch(api + '/' + conversation + '/completion', {
    method: 'POST',
    headers: { accept: 'text/event-stream', 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: text, rendering_mode: 'messages', ...(leaf ? { parent_message_uuid: leaf } : {}), turn_message_uuids: { human_message_uuid: human, assistant_message_uuid: assistant } }),
  });
  let buffer = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    buffer += value;
    let end;
    while ((end = buffer.indexOf('\\r\\n\\r\\n')) >= 0) {
      const data = buffer.slice(0, end).split('\\r\\n').find((line) => line.startsWith('data: '));
      buffer = buffer.slice(end + 4);
      const event = JSON.parse(data.slice(6));
      if (event.type === 'content_block_delta') { answer.text += event.delta.text; draw(); }
    }
  }
  answer.streaming = false;
  leaf = assistant;
  document.title = (document.title === 'Claude' ? text.slice(0, 40) : document.title.replace(/ - Claude$/, '')) + ' - Claude';
  draw();
}
document.getElementById('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = document.getElementById('input');
  const text = field.value;
  field.value = '';
  ask(text);
});
await load();
document.documentElement.dataset.loaded = 'true';
</script></body></html>`;
}

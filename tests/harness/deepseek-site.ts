/**
 * A local site that speaks chat.deepseek.com's protocol, for tests: the history of a conversation, the list, an answer
 * as server-sent events, and a page that draws its rows from what it fetches and asks by XMLHttpRequest. The shapes are
 * those of public code that reads the site; none was seen on the site itself. What it says is invented.
 */
import type { ServerResponse } from 'node:http';
import type { Site } from './internet';

export const DEEPSEEK_TOKEN = 'invented-token';

export interface DeepSeekMessage {
  message_id: number;
  parent_id: number | null;
  role: 'USER' | 'ASSISTANT';
  status: 'FINISHED' | 'WIP';
  /** Epoch seconds. */
  inserted_at: number;
  fragments: Array<{ type: string; content: string }>;
}

export interface DeepSeekConversation {
  id: string;
  title: string;
  messages: DeepSeekMessage[];
}

export interface DeepSeekSite {
  site: Site;
  conversations: Map<string, DeepSeekConversation>;
  /** The answer that the next question gets, in parts; each part is sent after `pauseMs`. */
  nextAnswer: { parts: string[]; pauseMs: number };
  /** True where the page has the conversation in its own store, so that the site answers with nothing new. */
  cached: boolean;
  /** Reads of histories that came without the user's token. */
  refused: number;
}

export function createDeepSeekSite(conversations: DeepSeekConversation[]): DeepSeekSite {
  const state: DeepSeekSite = {
    conversations: new Map(conversations.map((conversation) => [conversation.id, conversation])),
    nextAnswer: { parts: ['An ', 'answer.'], pauseMs: 20 },
    cached: false,
    refused: 0,
    site: async (request, response, body) => {
      const url = new URL(request.url ?? '/', 'https://chat.deepseek.com');
      if (!url.pathname.startsWith('/api/')) {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(url, state));
        return;
      }
      const json = (value: unknown) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (request.headers.authorization !== `Bearer ${DEEPSEEK_TOKEN}`) {
        state.refused++;
        json({ code: 40003, msg: 'Authorization Failed (invalid token)', data: null });
        return;
      }
      const biz = (biz_data: unknown) => json({ code: 0, msg: '', data: { biz_code: 0, biz_msg: '', biz_data } });
      const sessions = [...state.conversations.values()];
      if (url.pathname === '/api/v0/chat_session/create') {
        const id = crypto.randomUUID();
        state.conversations.set(id, { id, title: '', messages: [] });
        biz({ id });
      } else if (url.pathname === '/api/v0/chat_session/fetch_page')
        biz({ chat_sessions: sessions.map(session), has_more: false });
      else if (url.pathname === '/api/v0/chat/history_messages') {
        const found = state.conversations.get(url.searchParams.get('chat_session_id') ?? '');
        const known = state.cached && url.searchParams.has('cache_version');
        if (found === undefined) json({ code: 0, data: { biz_code: 1, biz_msg: 'no such session', biz_data: null } });
        else
          biz({
            chat_session: session(found),
            chat_messages: known ? [] : found.messages,
            cache_valid: known,
            cache_control: known ? 'MERGE' : 'REPLACE',
          });
      } else if (url.pathname === '/api/v0/chat/completion') await stream(state, body, response);
      else json({ code: 40400, msg: 'not found', data: null });
    },
  };
  return state;
}

function session({ id, title, messages }: DeepSeekConversation) {
  return {
    id,
    title,
    agent: 'chat',
    model_type: 'default',
    pinned: false,
    current_message_id: messages.at(-1)?.message_id ?? null,
    inserted_at: messages[0]?.inserted_at ?? 0,
    updated_at: messages.at(-1)?.inserted_at ?? 0,
  };
}

async function stream(state: DeepSeekSite, body: string, response: ServerResponse): Promise<void> {
  const { chat_session_id, prompt } = JSON.parse(body) as { chat_session_id: string; prompt: string };
  const conversation = state.conversations.get(chat_session_id);
  if (conversation === undefined) {
    response.writeHead(404).end();
    return;
  }
  const now = Date.now() / 1000;
  const parent = conversation.messages.at(-1)?.message_id ?? null;
  const asked = (parent ?? 0) + 1;
  conversation.title ||= prompt.slice(0, 40);
  const fragment = { type: 'RESPONSE', content: '' };
  const answer: DeepSeekMessage = {
    message_id: asked + 1,
    parent_id: asked,
    role: 'ASSISTANT',
    status: 'WIP',
    inserted_at: now + 1,
    fragments: [fragment],
  };
  conversation.messages.push(
    {
      message_id: asked,
      parent_id: parent,
      role: 'USER',
      status: 'FINISHED',
      inserted_at: now,
      fragments: [{ type: 'REQUEST', content: prompt }],
    },
    answer,
  );
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  response.write(
    `event: ready\ndata: ${JSON.stringify({ request_message_id: asked, response_message_id: asked + 1 })}\n\n`,
  );
  for (const part of state.nextAnswer.parts) {
    await new Promise((resolve) => setTimeout(resolve, state.nextAnswer.pauseMs));
    fragment.content += part;
    response.write(`data: ${JSON.stringify({ p: 'response/fragments/-1/content', o: 'APPEND', v: part })}\n\n`);
  }
  answer.status = 'FINISHED';
  response.write('data: {"p":"response/status","o":"SET","v":"FINISHED"}\n\n');
  response.end('event: close\ndata: {"click_behavior":"none"}\n\n');
}

/** The page: a row for each turn of the shown branch, the question of a new turn under a negated key. */
function page(url: URL, state: DeepSeekSite): string {
  const id = /^\/a\/chat\/s\/([^/]+)/.exec(url.pathname)?.[1] ?? null;
  const settings = JSON.stringify({ id, token: DEEPSEEK_TOKEN, cached: state.cached }).replaceAll('<', '\\u003c');
  const cachedMessages = state.cached && id !== null ? (state.conversations.get(id)?.messages ?? []) : [];
  const stored = JSON.stringify(cachedMessages).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en"><head><title>DeepSeek</title></head>
<body><div class="ds-virtual-list"><div class="ds-virtual-list-items"><div class="ds-virtual-list-visible-items" id="rows"></div></div></div>
<form id="composer"><textarea id="input"></textarea><button id="send">Send</button></form>
<script type="module">
const settings = ${settings};
let { id } = settings;
localStorage.setItem('userToken', JSON.stringify({ value: settings.token, __version: '0' }));
const headers = { authorization: 'Bearer ' + settings.token };
const rows = document.getElementById('rows');
function row(key, role, text) {
  const each = document.createElement('div');
  each.className = '_9663006';
  each.dataset.virtualListItemKey = key;
  const message = document.createElement('div');
  message.className = 'ds-message _63c77b1';
  const words = document.createElement('div');
  words.className = role === 'USER' ? 'fbb737a4' : 'ds-markdown ds-assistant-message-main-content';
  if (role === 'USER') words.textContent = text;
  else draw(words, text);
  message.append(words);
  each.append(message);
  rows.append(each);
  return words;
}
function draw(words, text) {
  words.replaceChildren(...text.split('\\n\\n').map((part) => {
    const paragraph = document.createElement('p');
    paragraph.className = 'ds-markdown-paragraph';
    paragraph.innerHTML = part.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]).replace(/\\*\\*([^*]+)\\*\\*/g, '<strong>$1</strong>');
    return paragraph;
  }));
}
if (id) {
  const query = settings.cached ? '&cache_version=1' : '';
  const answer = await (await fetch('/api/v0/chat/history_messages?chat_session_id=' + id + query, { headers })).json();
  const { chat_session, chat_messages } = answer.data.biz_data;
  document.title = chat_session.title + ' - DeepSeek';
  for (const each of settings.cached ? ${stored} : chat_messages)
    row(each.message_id, each.role, each.fragments.filter((one) => one.type !== 'THINK').map((one) => one.content).join(''));
}
async function ask(prompt) {
  if (!id) {
    const made = await (await fetch('/api/v0/chat_session/create', { method: 'POST', headers, body: '{}' })).json();
    id = made.data.biz_data.id;
    history.pushState(null, '', '/a/chat/s/' + id);
  }
  const last = rows.lastElementChild;
  const key = last ? Number(last.dataset.virtualListItemKey) + 2 : 2;
  row(-key, 'USER', prompt);
  const words = row(key, 'ASSISTANT', '');
  const request = new XMLHttpRequest();
  request.open('POST', '/api/v0/chat/completion');
  request.setRequestHeader('authorization', headers.authorization);
  request.setRequestHeader('content-type', 'application/json');
  request.onprogress = () => {
    const parts = request.responseText.split('\\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)));
    draw(words, parts.filter((each) => each.o === 'APPEND').map((each) => each.v).join(''));
  };
  request.send(JSON.stringify({ chat_session_id: id, parent_message_id: null, prompt, ref_file_ids: [], thinking_enabled: false, search_enabled: false }));
}
document.getElementById('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = document.getElementById('input');
  ask(field.value);
  field.value = '';
});
document.documentElement.dataset.loaded = 'true';
</script></body></html>`;
}

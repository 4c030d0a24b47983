/**
 * A local site that speaks chatgpt.com's protocol, for tests and for the demo: the two shapes of a conversation's
 * JSON, an answer as a stream, and a page that draws turns as the real one does (its tags, attributes and virtual
 * list), from what it fetches. A fake at the network's edge; what it says is invented.
 */
import type { ServerResponse } from 'node:http';
import type { Site } from './internet';

export interface SiteMessage {
  id: string;
  role: 'user' | 'assistant';
  text: string;
  /** Epoch seconds. */
  time: number;
  model?: string;
}

export interface SiteConversation {
  id: string;
  title: string;
  messages: SiteMessage[];
  /** Which shape the site answers with; `none` makes the JSON unreadable, so that only the page is left. */
  shape?: 'tree' | 'pages' | 'none';
  archived?: boolean;
  starred?: boolean;
  /** Not in the main lists, only in this project's. */
  project?: string;
}

export interface ChatGptSite {
  site: Site;
  conversations: Map<string, SiteConversation>;
  /** The answer that the next question gets, in parts; each part is sent after `pauseMs`. */
  nextAnswer: { parts: string[]; pauseMs: number };
  /** What the session says; without one the lists answer 401. */
  signedIn: boolean;
  /** Ms that the site's data takes to be answered: what is asked at once overlaps then. */
  slowness: number;
  /** Requests for the site's data under way, and the most there ever were at once. */
  asked: { now: number; most: number };
  /** Called for each request for data: seconds to wait, which are answered with 429, or null. */
  patience: (path: string) => number | null;
}

export function createChatGptSite(conversations: SiteConversation[]): ChatGptSite {
  const state: ChatGptSite = {
    conversations: new Map(conversations.map((conversation) => [conversation.id, conversation])),
    nextAnswer: { parts: ['An ', 'answer.'], pauseMs: 20 },
    signedIn: true,
    slowness: 0,
    asked: { now: 0, most: 0 },
    patience: () => null,
    site: async (request, response, body) => {
      const url = new URL(request.url ?? '/', 'https://chatgpt.com');
      if (url.pathname.startsWith('/backend-api/') && request.method === 'GET') {
        state.asked.most = Math.max(state.asked.most, ++state.asked.now);
        response.once('close', () => state.asked.now--);
        if (state.slowness > 0) await new Promise((resolve) => setTimeout(resolve, state.slowness));
        const seconds = state.patience(url.pathname);
        if (seconds !== null) {
          response.writeHead(429, { 'retry-after': String(seconds) }).end('{"detail":"Too many requests"}');
          return;
        }
      }
      const json = (value: unknown, status = 200) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      };
      const listing = list(state, url, request.headers.authorization);
      if (listing) {
        json(listing.body, listing.status);
        return;
      }
      const detail = /^\/backend-api\/conversations?\/([^/]+)$/.exec(url.pathname);
      const older = /^\/backend-api\/conversations\/([^/]+)\/messages$/.exec(url.pathname);
      const conversation = state.conversations.get((detail ?? older)?.[1] ?? '');
      if (request.method === 'POST' && url.pathname === '/backend-api/f/conversation')
        return stream(state, body, response);
      if (detail && conversation) {
        if (conversation.shape === 'none')
          response.writeHead(200, { 'content-type': 'application/json' }).end('{"nothing":"here"}');
        else
          json(url.pathname.startsWith('/backend-api/conversations/') ? firstPage(conversation) : tree(conversation));
        return;
      }
      if (older && conversation) {
        json(olderPage(conversation, url.searchParams.get('before') ?? ''));
        return;
      }
      if (url.pathname.startsWith('/backend-api/')) {
        json({ detail: 'not found' }, 404);
        return;
      }
      const html = url.pathname === '/article' ? ARTICLE : page(url, state);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    },
  };
  return state;
}

/** What an account has: the session's token, the lists in parts, the projects. Null for any other address. */
function list(
  state: ChatGptSite,
  url: URL,
  authorization: string | undefined,
): { body: unknown; status?: number } | null {
  if (url.pathname === '/api/auth/session')
    return { body: state.signedIn ? { accessToken: SESSION_TOKEN, user: { id: 'user-invented' } } : {} };
  const project = /^\/backend-api\/gizmos\/([^/]+)\/conversations$/.exec(url.pathname)?.[1];
  const sidebar = url.pathname === '/backend-api/gizmos/snorlax/sidebar';
  if (url.pathname !== '/backend-api/conversations' && !sidebar && project === undefined) return null;
  if (authorization !== `Bearer ${SESSION_TOKEN}`) return { body: { detail: 'Unauthorized' }, status: 401 };
  const all = [...state.conversations.values()].sort((a, b) => lastChange(b) - lastChange(a));
  if (sidebar) {
    const names = [...new Set(all.flatMap((one) => one.project ?? []))];
    return { body: { items: names.map((id) => ({ gizmo: { gizmo: { id, display: { name: id } } } })), cursor: null } };
  }
  const limit = Number(url.searchParams.get('limit') ?? 28);
  if (limit > 100) return { body: { detail: 'limit' }, status: 422 };
  const asked = (name: string) => url.searchParams.get(name) === 'true';
  const wanted = all.filter((one) =>
    project === undefined
      ? one.project === undefined &&
        (one.archived ?? false) === asked('is_archived') &&
        (one.starred ?? false) === asked('is_starred')
      : one.project === project,
  );
  const offset = Number(url.searchParams.get(project === undefined ? 'offset' : 'cursor') ?? 0);
  const items = wanted.slice(offset, offset + limit).map((one) => ({
    id: one.id,
    title: one.title,
    create_time: new Date((one.messages[0]?.time ?? 0) * 1_000).toISOString(),
    update_time: new Date(lastChange(one) * 1_000).toISOString(),
    is_archived: one.archived ?? false,
    is_starred: one.starred ?? false,
    is_temporary_chat: false,
    gizmo_id: one.project ?? null,
  }));
  if (project === undefined) return { body: { items, total: wanted.length, limit, offset } };
  return { body: { items, cursor: offset + limit < wanted.length ? String(offset + limit) : null } };
}

const SESSION_TOKEN = 'invented-session-token';

function lastChange(conversation: SiteConversation): number {
  return conversation.messages.at(-1)?.time ?? 0;
}

/** An ordinary page on a host the extension may read without a gesture, for "Remember this". */
const ARTICLE = `<!doctype html><html lang="en"><head><title>Grafting apple trees – The Orchard Letter</title>
<meta name="author" content="Ruta Meier"><meta property="og:site_name" content="The Orchard Letter">
<meta property="article:published_time" content="2026-02-03T08:00:00Z"></head><body>
<nav><a href="/">Home</a> <a href="/shop">Shop our mugs</a></nav>
<article><h1>Grafting apple trees</h1>
<p>Late winter is the time to graft: the scion must still be asleep while the rootstock begins to wake. Cut both at
the same slant, so that the green layers under the bark meet on at least one side.</p>
<p>The whip-and-tongue graft holds best on wood as thick as a pencil. Bind it with raffia, seal it with wax, and keep
the tree out of the wind until the first leaves have opened.</p></article>
<footer>Subscribe to our newsletter</footer></body></html>`;

function record(message: SiteMessage) {
  return {
    id: message.id,
    author: { role: message.role, name: null, metadata: {} },
    create_time: message.time,
    update_time: null,
    content: { content_type: 'text', parts: [message.text] },
    status: 'finished_successfully',
    end_turn: message.role === 'assistant' ? true : null,
    weight: 1,
    metadata: message.role === 'assistant' ? { model_slug: message.model ?? 'gpt-5-5' } : {},
    recipient: 'all',
    channel: message.role === 'assistant' ? 'final' : null,
  };
}

/** The whole of a conversation, as `/backend-api/conversation` and the official export have it. */
export function tree(conversation: SiteConversation) {
  const root = `root-${conversation.id}`;
  const ids = [root, ...conversation.messages.map(({ id }) => id)];
  const mapping: Record<string, unknown> = {
    [root]: { id: root, parent: null, children: ids.slice(1, 2), message: null },
  };
  conversation.messages.forEach((message, index) => {
    mapping[message.id] = {
      id: message.id,
      parent: ids[index],
      children: ids.slice(index + 2, index + 3),
      message: record(message),
    };
  });
  return {
    title: conversation.title,
    create_time: conversation.messages[0]?.time ?? 0,
    update_time: conversation.messages.at(-1)?.time ?? 0,
    mapping,
    current_node: ids.at(-1),
    conversation_id: conversation.id,
    default_model_slug: 'gpt-5-5',
    is_archived: false,
    is_temporary_chat: false,
  };
}

const PAGE = 10;

function firstPage(conversation: SiteConversation) {
  const start = Math.max(0, conversation.messages.length - PAGE);
  return {
    conversation_id: conversation.id,
    title: conversation.title,
    create_time: conversation.messages[0]?.time ?? 0,
    update_time: conversation.messages.at(-1)?.time ?? 0,
    current_node: conversation.messages.at(-1)?.id,
    messages: conversation.messages.slice(start).map(record),
    page_info: { has_previous_page: start > 0, start_cursor: start > 0 ? `before${start}` : null },
  };
}

function olderPage(conversation: SiteConversation, cursor: string) {
  const end = Number(cursor.replace('before', '')) || 0;
  const start = Math.max(0, end - PAGE);
  return {
    messages: conversation.messages.slice(start, end).map(record),
    page_info: { has_previous_page: start > 0, start_cursor: start > 0 ? `before${start}` : null },
  };
}

async function stream(state: ChatGptSite, body: string, response: ServerResponse): Promise<void> {
  const asked = JSON.parse(body) as { conversation_id: string | null; message: { id: string; text: string } };
  const id = asked.conversation_id ?? crypto.randomUUID();
  const conversation = state.conversations.get(id) ?? { id, title: asked.message.text.slice(0, 40), messages: [] };
  state.conversations.set(id, conversation);
  const now = Date.now() / 1000;
  conversation.messages.push({ id: asked.message.id, role: 'user', text: asked.message.text, time: now });
  const answer: SiteMessage = { id: crypto.randomUUID(), role: 'assistant', text: '', time: now + 1 };
  const event = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`);

  response.writeHead(200, { 'content-type': 'text/event-stream' });
  event({ type: 'resume_conversation_token', conversation_id: id });
  event({ v: { message: record(answer), conversation_id: id }, c: 0 });
  for (const part of state.nextAnswer.parts) {
    await new Promise((resolve) => setTimeout(resolve, state.nextAnswer.pauseMs));
    answer.text += part;
    event({ p: '/message/content/parts/0', o: 'append', v: part });
  }
  conversation.messages.push(answer);
  event({ type: 'message_stream_complete', conversation_id: id });
  response.end('data: [DONE]\n\n');
}

/** The page: fetches its conversation as the real one does, draws it, and lets one ask. */
function page(url: URL, state: ChatGptSite): string {
  const id = /\/c\/([^/?]+)/.exec(url.pathname)?.[1] ?? null;
  const known = id === null ? undefined : state.conversations.get(id);
  const settings = JSON.stringify({
    id,
    shape: known?.shape ?? 'tree',
    temporary: url.searchParams.has('temporary-chat'),
  });
  return `<!doctype html>
<html lang="en"><head><title>${known?.title ?? 'ChatGPT'}</title></head>
<body><nav><a href="/">New chat</a></nav><main><div id="thread" class="flex flex-col"></div>
<form id="composer"><textarea id="prompt-textarea"></textarea><button type="submit" id="send">Send</button></form></main>
<script type="module">
const settings = ${settings};
const thread = document.getElementById('thread');
let conversation = settings.id, turns = 0;
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const inline = (text) => escape(text).replace(/\`([^\`]+)\`/g, '<code>$1</code>').replace(/\\*\\*([^*]+)\\*\\*/g, '<strong>$1</strong>');
const render = (text) => text.split(/\\n\\n+/).map((block) => {
  const fence = /^\`\`\`(\\w*)\\n([\\s\\S]*?)\\n?\`\`\`$/.exec(block);
  if (fence) return '<pre><div><div class="flex items-center">' + fence[1] + '</div><div><code class="whitespace-pre! language-' + fence[1] + '">' + escape(fence[2]) + '</code></div></div></pre>';
  if (/^- /.test(block)) return '<ul>' + block.split('\\n').map((l) => '<li>' + inline(l.slice(2)) + '</li>').join('') + '</ul>';
  return '<p>' + inline(block) + '</p>';
}).join('');
function draw(role, id, text, model) {
  const section = document.createElement('section');
  section.dataset.testid = 'conversation-turn-' + ++turns;
  section.dataset.turn = role;
  section.dataset.turnId = id;
  section.innerHTML = role === 'user'
    ? '<h5 class="sr-only">You said:</h5><div data-message-author-role="user" data-message-id="' + id + '"><div class="user-message-bubble-color"><div class="whitespace-pre-wrap"></div></div></div>'
    : '<h6 class="sr-only">ChatGPT said:</h6><div data-message-author-role="assistant" data-message-id="' + id + '" data-message-model-slug="' + (model || 'gpt-5-5') + '"><div class="markdown prose"></div></div>';
  const body = section.querySelector('.whitespace-pre-wrap, .markdown');
  if (role === 'user') body.textContent = text; else body.innerHTML = render(text);
  thread.append(section);
  return body;
}
async function load() {
  if (!conversation) return;
  const url = settings.shape === 'pages'
    ? '/backend-api/conversations/' + conversation + '?include_has_versions=true&num_turns=10'
    : '/backend-api/conversation/' + conversation;
  const answer = await fetch(url, { headers: { authorization: 'Bearer invented' } });
  const detail = await answer.json();
  let list = detail.messages ?? [];
  if (detail.mapping) for (let at = detail.current_node; at; at = detail.mapping[at].parent) { const m = detail.mapping[at].message; if (m) list.unshift(m); }
  if (!list.length && settings.shape === 'none') list = window.__turns ?? [];
  // so the site marks a thread of which it shows only the newest turns
  if (detail.page_info?.has_previous_page) {
    const root = document.createElement('div');
    root.dataset.turnIdContainer = 'paginated-root:' + conversation;
    thread.append(root);
  }
  for (const m of list) draw(m.author.role, m.id, m.content.parts.join(''), m.metadata?.model_slug);
}
async function ask(text) {
  const id = crypto.randomUUID();
  draw('user', id, text);
  const stop = document.createElement('button');
  stop.dataset.testid = 'stop-button';
  document.getElementById('composer').append(stop);
  const response = await fetch('/backend-api/f/conversation', { method: 'POST', body: JSON.stringify({ conversation_id: conversation, message: { id, text } }) });
  let body = null, all = '', text2 = '', buffer = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    buffer += value;
    let end;
    while ((end = buffer.indexOf('\\n\\n')) >= 0) {
      const line = buffer.slice(6, end);
      buffer = buffer.slice(end + 2);
      if (line === '[DONE]') continue;
      const event = JSON.parse(line);
      if (event.conversation_id && !conversation && !settings.temporary) {
        conversation = event.conversation_id;
        history.replaceState(null, '', '/c/' + conversation);
      }
      if (event.v?.message) body = draw('assistant', event.v.message.id, '', event.v.message.metadata.model_slug);
      if (event.o === 'append') { text2 += event.v; body.innerHTML = render(text2); }
    }
  }
  stop.remove();
  document.title = text.slice(0, 40);
}
document.getElementById('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = document.getElementById('prompt-textarea');
  ask(field.value);
  field.value = '';
});
${known?.shape === 'none' ? `window.__turns = ${JSON.stringify(known.messages.map(record)).replaceAll('<', '\\u003c')};` : ''}
await load();
document.documentElement.dataset.loaded = 'true';
</script></body></html>`;
}

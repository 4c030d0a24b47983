/**
 * A local site that speaks gemini.google.com's protocol, for tests: the remote procedures that list and read
 * conversations (turns newest first, in pages), an answer as a response that grows, a shared copy, and a page that asks
 * by XMLHttpRequest and draws turns with the real page's element names. A fake at the network's edge; what it says is
 * invented.
 */
import type { ServerResponse } from 'node:http';
import type { Site } from './internet';

export interface GeminiTurn {
  /** Without `r_`. */
  id: string;
  question: string;
  /** Markdown. */
  answer: string;
  /** Epoch seconds. */
  time: number;
  model?: string;
  thoughts?: string;
  /** Other answers to the same question. */
  drafts?: string[];
  /** The id of the turn before, where it is not the one that stands before. */
  parent?: string | null;
  /** The candidate's state; 2 (finished) where it is not given. */
  state?: number;
}

export interface GeminiConversation {
  /** Without `c_`. */
  id: string;
  title: string;
  /** Oldest first, edited ones too. */
  turns: GeminiTurn[];
  pinned?: boolean;
  /** `none` makes the JSON unreadable, so that only the page is left. */
  shape?: 'pages' | 'none';
}

export interface GeminiSite {
  site: Site;
  conversations: Map<string, GeminiConversation>;
  /** Ids of shared copies, and the conversation each shows. */
  shares: Map<string, string>;
  /** The answer that the next question gets, in parts; each part is sent after `pauseMs`. */
  nextAnswer: { parts: string[]; pauseMs: number };
  /** Turns in one page of a conversation, at most; the site gives no more than it is asked for. */
  pageSize: number;
  /** How many of the next calls are refused with 429, and after how many seconds to come back. */
  refuse: { times: number; retryAfter: number };
  /** What the page's token is; a call with another is refused. Null where nobody is signed in. */
  token: string | null;
  /** The procedures that were called, in order: `hNvQHb ["c_…",20,null,…]`. */
  asked: string[];
}

export function createGeminiSite(conversations: GeminiConversation[]): GeminiSite {
  const state: GeminiSite = {
    conversations: new Map(conversations.map((conversation) => [conversation.id, conversation])),
    shares: new Map(),
    nextAnswer: { parts: ['An ', 'answer.'], pauseMs: 20 },
    pageSize: 10,
    refuse: { times: 0, retryAfter: 1 },
    token: 'invented-token:1700000000000',
    asked: [],
    site: (request, response, body) => {
      const url = new URL(request.url ?? '/', 'https://gemini.google.com');
      const procedure = /^(?:\/u\/\d+)?\/_\/BardChatUi\/data\/(.+)$/.exec(url.pathname)?.[1];
      if (procedure === undefined) {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page(url, state));
        return;
      }
      if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
      }
      const form = new URLSearchParams(body);
      if (procedure.endsWith('StreamGenerate')) return stream(state, form, response);
      call(state, form, response);
    },
  };
  return state;
}

const idOf = (name: unknown): string => String(name).replace(/^c_/, '');

function call(state: GeminiSite, form: URLSearchParams, response: ServerResponse): void {
  const [[[rpc, text]]] = JSON.parse(form.get('f.req') ?? '[[[null,"[]"]]]') as [[[string, string]]];
  state.asked.push(`${rpc} ${text}`);
  if (state.refuse.times > 0) {
    state.refuse.times--;
    response.writeHead(429, { 'retry-after': String(state.refuse.retryAfter) }).end('Too many requests');
    return;
  }
  if (rpc !== 'ujx1Bf' && (state.token === null || form.get('at') !== state.token)) {
    response.writeHead(403).end('Forbidden');
    return;
  }
  const args = JSON.parse(text) as unknown[];
  if (rpc === 'MaZiqc') send(response, rpc, list(state, args));
  else if (rpc === 'hNvQHb') {
    const conversation = state.conversations.get(idOf(args[0]));
    if (conversation === undefined) send(response, rpc, null, 5);
    else if (conversation.shape === 'none') response.writeHead(200).end('<html>Something went wrong</html>');
    else send(response, rpc, read(state, conversation, Number(args[1]), args[2] as string | null));
  } else if (rpc === 'ujx1Bf') {
    const id = String(args[1]);
    const conversation = state.conversations.get(state.shares.get(id) ?? '');
    if (conversation === undefined) send(response, rpc, null, 5);
    else {
      const turns = conversation.turns.map((turn, index) => record(conversation, turn, index));
      send(response, rpc, [[null, turns, [null, conversation.title]]]);
    }
  } else send(response, rpc, null, 12);
}

/** An answer as the site frames it: the guard, then chunks after their lengths in UTF-16 units. */
function chunk(frames: unknown[]): string {
  const text = `\n${JSON.stringify(frames)}\n`;
  return `${text.length}${text}`;
}

export function answerOf(rpc: string | null, payload: unknown, status: number | null = null): string {
  const frame = [
    'wrb.fr',
    rpc,
    payload === null ? null : JSON.stringify(payload),
    null,
    null,
    status === null ? null : [status],
    'generic',
  ];
  return `)]}'\n\n${chunk([frame, ['di', 42], ['af.httprm', 41, '1', 7]])}${chunk([['e', 4, null, null, 131]])}`;
}

function send(response: ServerResponse, rpc: string, payload: unknown, status: number | null = null): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(answerOf(rpc, payload, status));
}

const lastChange = (conversation: GeminiConversation): number => conversation.turns.at(-1)?.time ?? 0;

/** Pinned ones come in a stream of their own. */
function list(state: GeminiSite, args: unknown[]): unknown {
  const [count, token, [flag]] = args as [number, string | null, number[]];
  const from = token === null ? 0 : Number(token.replace(/^list-/, ''));
  const all = [...state.conversations.values()]
    .filter((conversation) => (conversation.pinned === true) === (flag === 1))
    .sort((a, b) => lastChange(b) - lastChange(a));
  const end = from + Math.max(1, count);
  return [
    null,
    end < all.length ? `list-${end}` : null,
    all
      .slice(from, end)
      .map((conversation) => [
        `c_${conversation.id}`,
        conversation.title,
        conversation.pinned === true ? true : null,
        null,
        null,
        [Math.floor(lastChange(conversation)), 500_000_000],
        null,
        null,
        null,
        1,
      ]),
  ];
}

function read(state: GeminiSite, conversation: GeminiConversation, count: number, token: string | null): unknown {
  const newest = conversation.turns.map((turn, index) => record(conversation, turn, index)).reverse();
  const from = token === null ? 0 : Number(token.replace(/^turns-/, ''));
  const end = from + Math.max(1, Math.min(count, state.pageSize));
  return [newest.slice(from, end), end < newest.length ? `turns-${end}` : null, null, []];
}

function candidate(turn: GeminiTurn, id: string, text: string): unknown[] {
  const made: unknown[] = Array.from({ length: 38 }, () => null);
  made[0] = id;
  made[1] = [text];
  made[8] = [turn.state ?? 2];
  made[9] = 'en';
  if (turn.thoughts !== undefined) made[37] = [[turn.thoughts]];
  return made;
}

function record(conversation: GeminiConversation, turn: GeminiTurn, index: number): unknown[] {
  const before = turn.parent === undefined ? (conversation.turns[index - 1]?.id ?? null) : turn.parent;
  const candidates = [turn.answer, ...(turn.drafts ?? [])].map((text, draft) =>
    candidate(turn, `rc_${turn.id}${draft}`, text),
  );
  const reply: unknown[] = Array.from({ length: 22 }, () => null);
  reply[0] = candidates;
  reply[3] = `rc_${turn.id}0`;
  reply[8] = 'US';
  reply[21] = turn.model ?? '3 Pro';
  return [
    [`c_${conversation.id}`, `r_${turn.id}`],
    before === null ? null : [`c_${conversation.id}`, `r_${before}`, `rc_${before}0`],
    [[turn.question], 1, null, 0, '9d8ca3786ebdfbea', 0],
    reply,
    [Math.floor(turn.time), 250_000_000],
  ];
}

let made = 0;
const newId = (): string => (0x1000_0000_0000 + Math.floor(Date.now()) * 64 + made++).toString(16).padStart(16, '0');

async function stream(state: GeminiSite, form: URLSearchParams, response: ServerResponse): Promise<void> {
  const outer = JSON.parse(form.get('f.req') ?? '[]') as [null, string];
  const asked = JSON.parse(outer[1]) as unknown[];
  const [question] = asked[0] as [string];
  const [c, r] = (asked[2] ?? []) as string[];
  const temporary = asked[45] === 1;
  const id = c ? idOf(c) : newId();
  const conversation: GeminiConversation = state.conversations.get(id) ?? {
    id,
    title: question.slice(0, 40),
    turns: [],
  };
  if (!temporary) state.conversations.set(id, conversation);
  const turn: GeminiTurn = {
    id: newId(),
    question,
    answer: '',
    time: Date.now() / 1000,
    parent: r ? r.replace(/^r_/, '') : null,
    state: 1,
  };
  if (!temporary) conversation.turns.push(turn);
  const ids = [`c_${id}`, `r_${turn.id}`];
  const frame = (payload: unknown) => response.write(chunk([['wrb.fr', null, JSON.stringify(payload)]]));
  const said = () => frame([null, ids, null, null, [candidate(turn, `rc_${turn.id}0`, turn.answer)]]);

  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
  response.write(")]}'\n\n");
  frame([null, ids]);
  for (const part of state.nextAnswer.parts) {
    await new Promise((resolve) => setTimeout(resolve, state.nextAnswer.pauseMs));
    turn.answer += part;
    said();
  }
  turn.state = 2;
  said();
  frame([null, ids, { '11': [conversation.title], '44': true }]);
  response.end(
    chunk([
      ['di', 900],
      ['af.httprm', 899, '1', 7],
    ]) + chunk([['e', 4, null, null, 131]]),
  );
}

/** The page: asks for its conversation as the real one does, draws it, and lets one ask. */
function page(url: URL, state: GeminiSite): string {
  const account = /^\/u\/\d+/.exec(url.pathname)?.[0] ?? '';
  const share = /\/share\/([^/?]+)/.exec(url.pathname)?.[1] ?? null;
  const id = share ?? /\/(?:app|gem\/[^/]+)\/([^/?]+)/.exec(url.pathname)?.[1] ?? null;
  const known = state.conversations.get(share === null ? (id ?? '') : (state.shares.get(share) ?? ''));
  const inline = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');
  const settings = inline({
    account,
    id,
    share: share !== null,
    temporary: url.searchParams.has('temporary'),
    token: state.token,
    // A page whose JSON cannot be read is drawn from what it carries.
    turns: known?.shape === 'none' ? known.turns.map((turn, index) => record(known, turn, index)).reverse() : null,
  });
  const items = [...state.conversations.values()]
    .map((conversation) => {
      const current = conversation.id === id ? ' aria-current="page"' : '';
      const title = conversation.title.replace(
        /[&<>]/g,
        (unit) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[unit] ?? unit,
      );
      return `<gem-nav-list-item data-test-id="conversation"><a href="${account}/app/${conversation.id}"${current}><span class="title-text gds-body-s">${title}</span></a></gem-nav-list-item>`;
    })
    .join('');
  return `<!doctype html>
<html lang="en"><head><title>Gemini</title>
<script>window.WIZ_global_data = ${inline({ cfb2h: 'boq_assistant-bard-web-server_20260901.00_p0', FdrFJe: '-1234567890123456789', ...(state.token === null ? {} : { SNlM0e: state.token }) })};</script>
</head><body><chat-app><bard-sidenav><conversations-list data-test-id="all-conversations">${items}</conversations-list></bard-sidenav>
<main class="chat-app"><chat-window><chat-window-content><div id="chat-history" class="chat-history-scroll-container">
<infinite-scroller data-test-id="chat-history-container" class="chat-history" style="display:block;height:60vh;overflow-y:auto"></infinite-scroller></div></chat-window-content>
<input-container><form id="composer"><textarea id="prompt"></textarea><button type="submit" id="send">Send</button>
<button type="button" data-test-id="bard-mode-menu-button"><span class="picker-primary-text">Pro</span></button></form></input-container></chat-window></main></chat-app>
<script type="module">const settings = ${settings};${SCRIPT}</script></body></html>`;
}

const SCRIPT = String.raw`
const scroller = document.querySelector('infinite-scroller');
let conversation = settings.id, last = null, older = null, calls = 0;
if (settings.temporary) document.querySelector('chat-window').classList.add('is-temporary-chat');
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);
const inline = (text) => escape(text).replace(/\x60([^\x60]+)\x60/g, '<code>$1</code>').replace(/\*\*([^*]+)\*\*/g, '<b>$1</b>');
const render = (text) => text.split(/\n\n+/).map((block) => {
  const fence = /^\x60{3}(\w*)\n([\s\S]*?)\n?\x60{3}$/.exec(block);
  if (fence) return '<response-element><code-block><div class="code-block"><div class="code-block-decoration"><span>' + fence[1] + '</span><div class="buttons"><button aria-label="Copy code"><mat-icon>content_copy</mat-icon></button></div></div><div class="formatted-code-block-internal-container"><pre><code data-test-id="code-content">' + escape(fence[2]) + '</code></pre></div></div></code-block></response-element>';
  if (/^- /.test(block)) return '<ul>' + block.split('\n').map((l) => '<li><p>' + inline(l.slice(2)) + '</p></li>').join('') + '</ul>';
  return '<p>' + inline(block) + '</p>';
}).join('');
function draw(turn, before) {
  const id = turn[0][1].replace(/^r_/, '');
  const container = document.createElement('div');
  container.className = 'conversation-container message-actions-hover-boundary ng-star-inserted';
  container.id = id;
  container.innerHTML = '<user-query><span class="user-query-container"><user-query-content><div class="file-preview-container"></div><div class="query-content"><div role="heading" aria-level="2" class="query-text gds-body-l"><span class="cdk-visually-hidden"> You said </span></div></div></user-query-content></span></user-query>' +
    '<model-response><response-container><div class="response-container-header"></div><div class="presented-response-container"><div class="response-container-content"><structured-content-container class="model-response-text"><message-content id="message-content-id-r_' + id + '"><div class="markdown markdown-main-panel" id="model-response-message-contentr_' + id + '" aria-busy="true" aria-live="polite"></div></message-content></structured-content-container><div class="response-footer"></div></div></div></response-container></model-response>';
  const words = container.querySelector('.query-text');
  for (const line of turn[2][0][0].split('\n')) { const p = document.createElement('p'); p.className = 'query-text-line'; p.textContent = ' ' + line + ' '; words.append(p); }
  const body = container.querySelector('.markdown');
  const finish = () => { body.setAttribute('aria-busy', 'false'); container.querySelector('.response-footer').classList.add('complete'); };
  if (turn[3]) { body.innerHTML = render(turn[3][0][0][1][0]); finish(); }
  if (before) scroller.prepend(container); else scroller.append(container);
  return { body, finish };
}
const send = (url, fields, progress) => new Promise((resolve, reject) => {
  const xhr = new XMLHttpRequest();
  xhr.open('POST', url);
  xhr.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded;charset=UTF-8');
  xhr.setRequestHeader('X-Same-Domain', '1');
  if (progress) xhr.onprogress = () => progress(xhr.responseText);
  xhr.onload = () => xhr.status === 200 ? resolve(xhr.responseText) : reject(new Error(String(xhr.status)));
  xhr.onerror = () => reject(new Error('network'));
  xhr.send(new URLSearchParams(fields).toString());
});
const frames = (text) => text.split('\n').filter((line) => line.startsWith('[[')).flatMap((line) => { try { return JSON.parse(line); } catch { return []; } });
const payloads = (text) => frames(text).filter((f) => f[0] === 'wrb.fr' && f[2]).map((f) => JSON.parse(f[2]));
const call = async (rpc, args) => payloads(await send(settings.account + '/_/BardChatUi/data/batchexecute?rpcids=' + rpc + '&source-path=' + encodeURIComponent(location.pathname) + '&rt=c&_reqid=' + ++calls + '00000', { 'f.req': JSON.stringify([[[rpc, JSON.stringify(args), null, 'generic']]]), at: settings.token ?? '' }))[0];
async function load() {
  if (!conversation) return;
  let turns = settings.turns;
  if (settings.share) turns = (await call('ujx1Bf', [null, conversation, [4]]))[0][1].toReversed();
  else {
    const read = await call('hNvQHb', ['c_' + conversation, 10, null, 1, [1], [4], null, 1]).catch(() => null);
    if (read) { turns = read[0]; older = read[1]; }
  }
  for (const turn of (turns ?? []).toReversed()) draw(turn);
  last = turns?.[0] ?? null;
  scroller.scrollTop = scroller.scrollHeight;
}
window.loadOlder = async () => {
  if (!older) return false;
  const token = older;
  older = null;
  const read = await call('hNvQHb', ['c_' + conversation, 10, token, 1, [1], [4], null, 1]);
  for (const turn of read[0]) draw(turn, true);
  older = read[1];
  return true;
};
scroller.addEventListener('scroll', () => { if (scroller.scrollTop === 0) window.loadOlder(); });
async function ask(text) {
  const stop = document.createElement('button');
  stop.className = 'send-button stop';
  stop.setAttribute('aria-label', 'Stop response');
  document.getElementById('composer').append(stop);
  const asked = Array.from({ length: 46 }, () => null);
  asked[0] = [text, 0, null, []];
  asked[1] = ['en'];
  asked[2] = last ? [...last[0], last[3]?.[3] ?? ''] : ['', '', ''];
  if (settings.temporary) asked[45] = 1;
  let drawn = null, ids = null, latest = null;
  const show = (response) => {
    for (const payload of payloads(response)) {
      ids ??= payload[1];
      if (payload[4]) latest = payload;
    }
    if (!ids) return;
    if (!conversation && !settings.temporary) {
      conversation = ids[0].slice(2);
      history.replaceState(null, '', settings.account + '/app/' + conversation);
    }
    drawn ??= draw([ids, null, [[text]], null]);
    if (latest) drawn.body.innerHTML = render(latest[4][0][1][0]);
  };
  const whole = await send(settings.account + '/_/BardChatUi/data/assistant.lamda.BardFrontendService/StreamGenerate?bl=x&rt=c', { 'f.req': JSON.stringify([null, JSON.stringify(asked)]), at: settings.token ?? '' }, show);
  show(whole);
  drawn.finish();
  last = [ids, null, [[text]], [latest[4], null, null, latest[4][0][0]]];
  stop.remove();
}
document.getElementById('composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const field = document.getElementById('prompt');
  ask(field.value);
  field.value = '';
});
await load();
document.documentElement.dataset.loaded = 'true';
`;

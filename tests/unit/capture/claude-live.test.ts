/** The open conversation of claude.ai while it goes on: its pages name no messages, only their places. */
import { describe, expect, it } from 'vitest';
import { ClaudeAdapter } from '../../../engine/capture/adapters/claude/index';
import { liveConversation, type LiveView } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';
import { CLAUDE_ORGANISATION } from '../../harness/claude-site';

const adapter = new ClaudeAdapter();
const ID = 'garlic-1';
const PAGE = `https://claude.ai/chat/${ID}`;
const API = `https://claude.ai/api/organizations/${CLAUDE_ORGANISATION}/chat_conversations/${ID}`;
const ROOT = '00000000-0000-4000-8000-000000000000';

interface Turn {
  id: string;
  text: string;
  parent?: string;
  stop?: string | null;
}

function body(turns: Turn[], more: Record<string, unknown> = {}): unknown {
  return {
    uuid: ID,
    name: 'Garlic',
    updated_at: new Date().toISOString(),
    current_leaf_message_uuid: turns.at(-1)?.id,
    chat_messages: turns.map((turn, index) => ({
      uuid: turn.id,
      text: '',
      content: [{ type: 'text', text: turn.text }],
      sender: turn.id.startsWith('q') ? 'human' : 'assistant',
      index,
      created_at: new Date().toISOString(),
      ...(turn.id.startsWith('q') ? {} : { stop_reason: turn.stop === undefined ? 'end_turn' : turn.stop }),
      parent_message_uuid: turn.parent ?? turns[index - 1]?.id ?? ROOT,
    })),
    ...more,
  };
}

/** The page with rows mounted from `from` on (1 is the first), of as many as there are. */
function page(texts: string[], from: number, streaming = false) {
  const rows = texts
    .map((text, index) => {
      const inside =
        index % 2 === 0
          ? `<div data-testid="user-message"><p class="whitespace-pre-wrap">${text}</p></div>`
          : `<div data-is-streaming="${streaming && index === texts.length - 1}"><div class="font-claude-response"><p>${text}</p></div></div>`;
      return `<div data-index="${index}"><div role="article" aria-posinset="${index + 1}" aria-setsize="${texts.length}">${inside}</div></div>`;
    })
    .slice(from - 1)
    .join('');
  const document = parseHtml(
    `<html><head><title>Garlic - Claude</title></head><body><header data-testid="chat-header"></header>${rows}</body></html>`,
  );
  return adapter.readDom(document, PAGE);
}

const said = (view: LiveView) =>
  view.current?.messages.filter((m) => m.on_active_branch).map((m) => [m.id, m.markdown, m.finished]);

const TALK: Turn[] = [
  { id: 'q1', text: 'When?' },
  { id: 'a1', text: 'In October.' },
  { id: 'q2', text: 'How deep?' },
  { id: 'a2', text: 'Five centimetres.' },
];

describe('an open conversation of claude.ai', () => {
  it('adds what the page shows beyond the JSON, by its place, until the JSON has caught up', () => {
    const live = liveConversation(adapter);
    live.observe({ type: 'navigated', url: PAGE });
    live.observe({ type: 'body', url: `${API}?tree=True`, method: 'GET', body: body(TALK) });
    const stream = { conversationId: ID, ended: false, temporary: false };
    live.observe({ type: 'stream', streamId: 's', news: stream });
    const texts = [...TALK.map((turn) => turn.text), 'How wide?', 'Fif'];
    const writing = live.observe({ type: 'dom', url: PAGE, result: page(texts, 4, true) });
    expect(said(writing)).toEqual([
      ['q1', 'When?', true],
      ['a1', 'In October.', true],
      ['q2', 'How deep?', true],
      ['a2', 'Five centimetres.', true],
      ['dom-4', 'How wide?', true],
      ['dom-5', 'Fif', false],
    ]);
    expect(writing.current?.complete).toBe(false);

    live.observe({ type: 'stream', streamId: 's', news: { ...stream, ended: true } });
    expect(live.view().wanted).toMatchObject({ conversationId: ID, reason: 'stream-ended' });
    const whole = [...TALK, { id: 'q3', text: 'How wide?' }, { id: 'a3', text: 'Fifteen.' }];
    const done = live.observe({ type: 'body', url: `${API}?tree=True`, method: 'GET', body: body(whole) });
    expect(said(done)?.slice(4)).toEqual([
      ['q3', 'How wide?', true],
      ['a3', 'Fifteen.', true],
    ]);
    expect(done.current).toMatchObject({ complete: true });
    expect(done.wanted).toBeNull();
  });

  it('puts looks at a page that scrolls together, each turn once, where there is no JSON', () => {
    const live = liveConversation(adapter);
    live.observe({ type: 'navigated', url: PAGE });
    const texts = Array.from({ length: 12 }, (_, n) => `Words ${n}`);
    for (const from of [9, 5, 1, 7]) live.observe({ type: 'dom', url: PAGE, result: page(texts, from) });
    expect(said(live.view())).toEqual(texts.map((text, n) => [`dom-${n}`, text, true]));
  });

  it('is read again when another branch is chosen', () => {
    const live = liveConversation(adapter);
    live.observe({ type: 'navigated', url: PAGE });
    live.observe({ type: 'body', url: API, method: 'GET', body: body(TALK) });
    const changed = live.observe({ type: 'body', url: `${API}/current_leaf_message_uuid`, method: 'PUT', body: {} });
    expect(changed.wanted).toMatchObject({ reason: 'changed' });
  });

  it('is never captured where the chat is temporary', () => {
    const byAddress = liveConversation(adapter);
    const incognito = byAddress.observe({ type: 'navigated', url: `${PAGE}?incognito` });
    expect(incognito.blocked).toBe('temporary');
    const live = liveConversation(adapter);
    live.observe({ type: 'navigated', url: PAGE });
    live.observe({ type: 'body', url: API, method: 'GET', body: body([], { is_temporary: true }) });
    const view = live.observe({ type: 'dom', url: PAGE, result: page(['When?', 'Now.'], 1) });
    expect(view).toMatchObject({ blocked: 'temporary', current: null, changed: [] });
  });
});

import { describe, expect, it } from 'vitest';
import {
  ChatGptAdapter,
  liveConversation,
  type DomReadResult,
  type LiveConversation,
} from '../../../engine/capture/index';

const adapter = new ChatGptAdapter();
const T0 = Date.parse('2026-09-21T14:00:00Z');
const message = (
  id: string,
  role: 'user' | 'assistant',
  text: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id,
  author: { role },
  create_time: T0 / 1000,
  content: { content_type: 'text', parts: [text] },
  status: 'finished_successfully',
  end_turn: role === 'assistant' ? true : null,
  recipient: 'all',
  ...more,
});
const pages = (
  id: string,
  messages: Array<Record<string, unknown>>,
  cursor: string | null,
): Record<string, unknown> => ({
  conversation_id: id,
  current_node: messages.at(-1)?.['id'],
  messages,
  page_info: { has_previous_page: cursor !== null, start_cursor: cursor },
});
const detail = (id: string): string =>
  `https://chatgpt.com/backend-api/conversations/${id}?include_has_versions=true&num_turns=10`;
const older = (id: string, before: string): string =>
  `https://chatgpt.com/backend-api/conversations/${id}/messages?before=${before}&num_turns=10`;
const body = (live: LiveConversation, url: string, value: unknown): ReturnType<LiveConversation['observe']> =>
  live.observe({ type: 'body', url, method: 'GET', body: value });
const c = (id: string): string => `https://chatgpt.com/c/${id}`;
const dom = (
  id: string,
  turns: Array<[string, 'user' | 'assistant', string]>,
  streaming = false,
): { type: 'dom'; url: string; result: DomReadResult } => ({
  type: 'dom',
  url: c(id),
  result: {
    conversations: [
      {
        kind: 'conversation',
        site: 'chatgpt',
        id,
        url: c(id),
        title: null,
        created_at: null,
        updated_at: null,
        captured_at: '',
        strategy: 'dom',
        coverage: 'some',
        complete: false,
        metadata: {},
        messages: turns.map(([turnId, role, text], index) => ({
          id: turnId,
          parent_id: turns[index - 1]?.[0] ?? null,
          role,
          author: null,
          model: null,
          created_at: null,
          markdown: text,
          finished: !(streaming && index === turns.length - 1),
          on_active_branch: true,
          attachments: [],
          metadata: {},
        })),
      },
    ],
    warnings: [],
    health: { turnsSeen: turns.length, turnsRead: turns.length, turnsUnmounted: 0, streaming, state: 'ok' },
  },
});
const start = (id = 'one'): LiveConversation => {
  const live = liveConversation(adapter, { now: () => T0 });
  live.observe({ type: 'navigated', url: c(id) });
  return live;
};
const shown = (live: LiveConversation): string[] =>
  (live.view().current?.messages ?? []).filter((m) => m.on_active_branch).map((m) => m.id);

const u1 = message('u1', 'user', 'First question');
const a1 = message('a1', 'assistant', 'First answer');
const u2 = message('u2', 'user', 'Second question');
const a2 = message('a2', 'assistant', 'Second answer');

describe('a live conversation', () => {
  it('asks for older pages until there are none, and is complete then', () => {
    const live = start();
    const first = body(live, detail('one'), pages('one', [u2, a2], 'u2'));
    expect(first.current).toMatchObject({ coverage: 'tail', complete: false });
    expect(first.wanted).toMatchObject({ reason: 'older-pages', conversationId: 'one' });
    const second = body(live, older('one', 'u2'), pages('one', [u1, a1], null));
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
    expect(second.current).toMatchObject({ coverage: 'all', complete: true });
    expect(second.wanted).toBeNull();
  });

  it('takes pages in any order and twice', () => {
    const live = start();
    body(live, older('one', 'u2'), pages('one', [u1, a1], null));
    body(live, detail('one'), pages('one', [u2, a2], 'u2'));
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
    expect(body(live, detail('one'), pages('one', [u2, a2], 'u2')).changed).toEqual([]);
    expect(body(live, older('one', 'u2'), pages('one', [u1, a1], null)).changed).toEqual([]);
    expect(live.view().current?.coverage).toBe('all');
  });

  it('stops at a cursor that repeats', () => {
    const live = start();
    body(live, detail('one'), pages('one', [u2, a2], 'u2'));
    expect(body(live, older('one', 'u2'), pages('one', [a1], 'u2')).wanted).toBeNull();
    expect(live.view().current).toMatchObject({ coverage: 'tail', complete: false });
  });

  it('does not go back to a response that is older than what it holds', () => {
    const live = start();
    const late = pages('one', [u1, a1], null);
    body(live, detail('one'), pages('one', [u1, a1, u2, a2], null));
    expect(body(live, detail('one'), late).changed).toEqual([]);
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
  });

  it('gives a late response to the conversation it belongs to', () => {
    const live = start('one');
    live.observe({ type: 'navigated', url: c('two') });
    const view = body(live, detail('one'), pages('one', [u1, a1], null));
    expect(view.changed.map((capture) => capture.id)).toEqual(['one']);
    expect(view.current).toBeNull();
  });

  it('believes no payload that names another conversation than its address', () => {
    const live = start('one');
    expect(body(live, detail('one'), pages('other', [u1, a1], null)).changed).toEqual([]);
  });

  it('does not capture what the page only fetched ahead, until it is opened', () => {
    const live = start('one');
    expect(body(live, detail('two'), pages('two', [u1, a1], null)).changed).toEqual([]);
    expect(live.observe({ type: 'navigated', url: c('two') }).changed.map((capture) => capture.id)).toEqual(['two']);
  });

  it('shows an answer being written as unfinished and asks for the JSON when it ends', () => {
    const live = start();
    body(live, detail('one'), pages('one', [u1, a1], null));
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'one', ended: false, temporary: false } });
    const writing = live.observe(
      dom(
        'one',
        [
          ['a1', 'assistant', 'First answer'],
          ['u2', 'user', 'Second question'],
          ['a2', 'assistant', 'Seco'],
        ],
        true,
      ),
    );
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
    expect(writing.current?.messages.at(-1)).toMatchObject({ id: 'a2', finished: false, parent_id: 'u2' });
    expect(writing.current?.complete).toBe(false);
    expect(writing.wanted).toBeNull();
    const ended = live.observe({ type: 'stream-closed', streamId: 's' });
    expect(ended.wanted).toMatchObject({ reason: 'stream-ended', conversationId: 'one' });
    const after = body(live, detail('one'), pages('one', [u1, a1, u2, a2], null));
    expect(after.wanted).toBeNull();
    expect(after.current).toMatchObject({ complete: true });
    expect(after.current?.messages.at(-1)).toMatchObject({ markdown: 'Second answer', finished: true });
  });

  it('keeps what the page showed after a late body was asked for, and reads the conversation once more', () => {
    let time = T0;
    const live = liveConversation(adapter, { now: () => time });
    const hears = (askedAt: number, value: unknown) =>
      live.observe({ type: 'body', url: detail('one'), method: 'GET', body: value, askedAt });
    live.observe({ type: 'navigated', url: c('one') });
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'one', ended: true, temporary: false } });
    live.observe(
      dom('one', [
        ['u1', 'user', 'First question'],
        ['a1b', 'assistant', 'Better answer'],
      ]),
    );
    time += 1_000;
    // It was on its way since before the answer was given anew.
    const late = hears(T0 - 1_000, pages('one', [u1, a1], null));
    expect(shown(live)).toEqual(['u1', 'a1b']);
    expect(late.current?.messages.find((m) => m.id === 'a1')?.on_active_branch).toBe(false);
    expect(late.wanted).toMatchObject({ reason: 'changed' });
    // Asked for since then, it says what there is now: another answer may have been chosen elsewhere.
    const now = hears(T0 + 500, pages('one', [u1, a1], null));
    expect(shown(live)).toEqual(['u1', 'a1']);
    expect([now.wanted, now.current?.complete]).toEqual([null, true]);
  });

  it('puts two looks in the order that a third one shows', () => {
    const live = start();
    const looks: Array<Array<[string, 'user' | 'assistant', string]>> = [
      [
        ['u2', 'user', 'Second question'],
        ['a2', 'assistant', 'Second answer'],
      ],
      [['u1', 'user', 'First question']],
      [
        ['u1', 'user', 'First question'],
        ['a1', 'assistant', 'First answer'],
        ['u2', 'user', 'Second question'],
      ],
    ];
    for (const look of looks) live.observe(dom('one', look));
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
  });

  it('joins older pages to a newest page that was asked for since', () => {
    const live = start();
    const u3 = message('u3', 'user', 'Third question');
    const a3 = message('a3', 'assistant', 'Third answer');
    body(live, detail('one'), pages('one', [a1, u2, a2], 'a1'));
    body(live, detail('one'), pages('one', [u2, a2, u3, a3], 'u2'));
    const { current, wanted } = body(live, older('one', 'u2'), pages('one', [u1, a1], null));
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2', 'u3', 'a3']);
    expect([current?.complete, wanted]).toEqual([true, null]);
  });

  it('is not made shorter by a virtualised page', () => {
    const live = start();
    body(live, detail('one'), pages('one', [u1, a1, u2, a2], null));
    expect(
      live.observe(
        dom('one', [
          ['u2', 'user', 'Second question'],
          ['a2', 'assistant', 'Second answer'],
        ]),
      ).changed,
    ).toEqual([]);
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'one', ended: false, temporary: false } });
    live.observe(
      dom(
        'one',
        [
          ['u1', 'user', 'First question'],
          ['a1', 'assistant', 'First answer'],
        ],
        true,
      ),
    );
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
  });

  it('puts together what two looks at a virtualised page show, when there is no JSON', () => {
    const live = start();
    live.observe(
      dom('one', [
        ['u1', 'user', 'q'],
        ['a1', 'assistant', 'a'],
        ['u2', 'user', 'q2'],
      ]),
    );
    live.observe(
      dom('one', [
        ['u2', 'user', 'q2'],
        ['a2', 'assistant', 'a2'],
      ]),
    );
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
    expect(live.view().current?.coverage).toBe('some');
  });

  it('replaces a regenerated answer at once, and keeps the one it replaced off the branch', () => {
    const live = start();
    body(live, detail('one'), pages('one', [u1, a1], null));
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'one', ended: false, temporary: false } });
    live.observe(
      dom(
        'one',
        [
          ['u1', 'user', 'First question'],
          ['a1b', 'assistant', 'Bet'],
        ],
        true,
      ),
    );
    expect(shown(live)).toEqual(['u1', 'a1b']);
    expect(live.view().current?.messages.find((m) => m.id === 'a1')?.on_active_branch).toBe(false);
    live.observe({ type: 'stream-closed', streamId: 's' });
    body(live, detail('one'), pages('one', [u1, message('a1b', 'assistant', 'Better answer')], null));
    expect(shown(live)).toEqual(['u1', 'a1b']);
  });

  it('does not take the page of the conversation before for the new one', () => {
    const live = start('one');
    body(live, detail('one'), pages('one', [u1, a1], null));
    live.observe({ type: 'navigated', url: c('two') });
    expect(
      live.observe(
        dom('two', [
          ['u1', 'user', 'First question'],
          ['a1', 'assistant', 'First answer'],
        ]),
      ).current,
    ).toBeNull();
  });

  it('never captures a temporary chat', () => {
    const live = liveConversation(adapter, { now: () => T0 });
    expect(live.observe({ type: 'navigated', url: 'https://chatgpt.com/?temporary-chat=true' }).blocked).toBe(
      'temporary',
    );
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'secret', ended: true, temporary: false } });
    live.observe({ type: 'navigated', url: c('secret') });
    const view = body(live, detail('secret'), pages('secret', [u1, a1], null));
    expect([view.changed, view.current, view.wanted, view.blocked]).toEqual([[], null, null, 'temporary']);
    const other = start('one');
    expect(body(other, detail('one'), { ...pages('one', [u1, a1], null), is_temporary_chat: true })).toMatchObject({
      changed: [],
      blocked: 'temporary',
    });
  });

  it('keeps a temporary chat when the user asks for it, under one id and marked', () => {
    const live = liveConversation(adapter, { now: () => T0 });
    const url = 'https://chatgpt.com/?temporary-chat=true';
    live.observe({ type: 'navigated', url });
    expect(live.observe({ type: 'temporary-allowed' }).blocked).toBeNull();
    const shows = (turns: Array<[string, 'user' | 'assistant', string]>) => {
      const event = dom('secret', turns);
      const [read] = event.result.conversations;
      if (read) read.metadata = { temporary: true };
      return live.observe({ ...event, url });
    };
    expect(shows([['u1', 'user', 'First question']]).changed).toMatchObject([
      { id: 'secret', metadata: { temporary: true } },
    ]);
    expect(
      shows([
        ['u1', 'user', 'First question'],
        ['a1', 'assistant', 'First answer'],
      ]).changed[0]?.messages,
    ).toHaveLength(2);
    // the next one is another chat, for which nothing was said
    expect(live.observe({ type: 'navigated', url }).blocked).toBe('temporary');
    expect(shows([['u3', 'user', 'Not this one']]).changed).toEqual([]);
  });

  it('counts what each way of reading gave, and where they differ', () => {
    const live = start();
    body(live, detail('one'), { nothing: 'here' });
    expect(live.view().strategies.json).toMatchObject({ bodies: 1, unreadable: 1, turns: 0 });
    body(live, detail('one'), pages('one', [u1, a1], null));
    live.observe(
      dom('one', [
        ['u1', 'user', 'First question'],
        ['a9', 'assistant', 'An answer that the JSON does not have'],
      ]),
    );
    expect(live.view().strategies).toMatchObject({
      json: { bodies: 2, turns: 2 },
      dom: { turns_read: 2, state: 'ok' },
    });
    expect(live.disagreement()).toMatchObject({ json_turns: 2, dom_turns: 2, missing_in_json: 1 });
  });

  it('gives up on a read that keeps failing, and waits as long as the site asks', () => {
    const live = start();
    const first = live.view().wanted;
    expect(first).toMatchObject({ reason: 'never-seen', notBefore: T0 + 4000 });
    const fail = (retryAfterMs: number | null) =>
      live.observe({ type: 'failed', conversationId: 'one', retryAfterMs }).wanted;
    expect(fail(60_000)?.notBefore).toBe(T0 + 60_000);
    expect([fail(null), fail(null)].map((wanted) => wanted?.notBefore)).toEqual([T0 + 60_000, T0 + 120_000]);
    expect(fail(null)).toBeNull();
  });

  it('shows what the page has before a newest page of JSON', () => {
    const live = start();
    live.observe(
      dom('one', [
        ['u1', 'user', 'First question'],
        ['a1', 'assistant', 'First answer'],
        ['u2', 'user', 'Second question'],
        ['a2', 'assistant', 'Second answer'],
      ]),
    );
    const { current } = body(live, detail('one'), pages('one', [u2, a2], 'u2'));
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2']);
    expect(current).toMatchObject({ coverage: 'tail', complete: false });
  });

  it('joins pages whose turns have only a place to what the JSON says', () => {
    const live = start();
    body(live, detail('one'), pages('one', [u1, a1, u2, a2], null));
    live.observe({ type: 'stream', streamId: 's', news: { conversationId: 'one', ended: false, temporary: false } });
    const placed = (turns: Array<[number, 'user' | 'assistant', string]>) => {
      const event = dom(
        'one',
        turns.map(([at, role, text]) => [`dom-${at - 1}`, role, text]),
      );
      event.result.conversations[0]?.messages.forEach((turn, index) => {
        turn.metadata = { position: turns[index]?.[0] };
      });
      return event;
    };
    live.observe(
      placed([
        [3, 'user', 'Second question'],
        [4, 'assistant', '**Second** answer'],
        [5, 'user', 'Third question'],
      ]),
    );
    expect(shown(live)).toEqual(['u1', 'a1', 'u2', 'a2', 'dom-4']);
    // the second question was edited: what stood there before is left, not lost
    live.observe(
      placed([
        [2, 'assistant', 'First answer'],
        [3, 'user', 'Another second question'],
      ]),
    );
    expect(shown(live).slice(0, 3)).toEqual(['u1', 'a1', 'dom-2']);
    expect(
      live
        .view()
        .current?.messages.filter((each) => !each.on_active_branch)
        .map((each) => each.id),
    ).toEqual(['u2', 'a2']);
  });
});

describe('the stream of an answer', () => {
  it('names the conversation and says when it is over, however it is cut', () => {
    const text =
      'event: delta_encoding\ndata: "v1"\n\ndata: {"v": {"conversation_id": "one"}, "o": "add"}\n\ndata: {"type": "message_stream_complete", "conversation_id": "one"}\n\ndata: [DONE]\n\n';
    for (const size of [1, 7, 1000]) {
      const reader = adapter.wire.readStream();
      let news = reader.push('');
      for (let i = 0; i < text.length; i += size) news = reader.push(text.slice(i, i + size));
      expect(news).toEqual({ conversationId: 'one', ended: true, temporary: false });
    }
  });

  it('counts a connection that broke as ended', () => {
    const reader = adapter.wire.readStream();
    expect(reader.push('data: {"conversation_id":"one"}\n').ended).toBe(false);
    expect(reader.close()).toMatchObject({ conversationId: 'one', ended: true });
  });
});

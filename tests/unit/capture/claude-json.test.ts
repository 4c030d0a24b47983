import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClaudeAdapter } from '../../../engine/capture/adapters/claude/index';
import type { CapturedConversation, ReadResult } from '../../../engine/capture/index';

const adapter = new ClaudeAdapter();
const fixtures = process.env['COMMONPLACE_FIXTURES'];
const invented = (name: string) => readFileSync(new URL(`../../fixtures/capture/${name}`, import.meta.url), 'utf8');
const detail = () => JSON.parse(invented('claude-detail.json')) as Record<string, unknown>;
const NOW = '2026-11-02T09:05:00.000Z';
const ROOT = '00000000-0000-4000-8000-000000000000';

function read(file: string): ReadResult {
  return adapter.readJson(JSON.parse(readFileSync(join(fixtures ?? '', 'claude', file), 'utf8')));
}

function only(result: ReadResult): CapturedConversation {
  const [conversation, second] = result.conversations;
  if (conversation === undefined || second !== undefined)
    throw new Error(`one conversation was expected, ${result.conversations.length} were read`);
  return conversation;
}

const shown = (conversation: CapturedConversation): string[] =>
  conversation.messages.filter((m) => m.on_active_branch).map((m) => `${m.role}: ${m.markdown}`);

interface Said {
  id: string;
  parent?: string | null;
  by?: string;
  text?: string;
  content?: unknown;
  more?: Record<string, unknown>;
}

/** A body of the site with these messages. */
function body(messages: Said[], more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    uuid: 'conversation-1',
    name: 'Invented',
    updated_at: NOW,
    chat_messages: messages.map((message, index) => ({
      uuid: message.id,
      text: '',
      content: message.content ?? [{ type: 'text', text: message.text ?? message.id }],
      sender: message.by ?? (message.id.startsWith('q') ? 'human' : 'assistant'),
      index,
      created_at: new Date(Date.parse('2026-11-02T08:00:00Z') + index * 1000).toISOString(),
      ...(message.id.startsWith('q') ? {} : { stop_reason: 'end_turn' }),
      ...(message.parent === undefined ? {} : { parent_message_uuid: message.parent ?? ROOT }),
      ...message.more,
    })),
    ...more,
  };
}

const readBody = (value: unknown) => adapter.readJson(value, { capturedAt: NOW });

describe('a conversation of claude.ai', () => {
  it('is read from the detail body as a person sees it', () => {
    const { conversations, warnings } = readBody(detail());
    expect(warnings.map((warning) => [warning.code, warning.where])).toEqual([['unknown_content_type', 'a2']]);
    const conversation = only({ conversations, warnings });
    const expected = invented('claude-detail.md')
      .split(/^<!-- (?:user|assistant) -->\n/m)
      .slice(1)
      .map((each) => each.trim());
    expect(conversation.messages.filter((m) => m.on_active_branch).map((m) => m.markdown)).toEqual(expected);
    expect(conversation).toMatchObject({
      id: 'c0ffee00-0000-4000-8000-000000000001',
      url: 'https://claude.ai/chat/c0ffee00-0000-4000-8000-000000000001',
      title: 'Garlic',
      strategy: 'json-tree',
      coverage: 'all',
      complete: true,
      metadata: { model: 'claude-opus-5', project: { id: 'p-1', name: 'Garden' }, starred: true },
    });
    expect(conversation.messages.map((m) => [m.id, m.parent_id, m.role, m.on_active_branch, m.created_at])).toEqual([
      ['q1', null, 'user', true, '2026-11-02T09:00:00.250Z'],
      ['a1', 'q1', 'assistant', true, '2026-11-02T09:02:00.250Z'],
      ['q2', 'a1', 'user', true, '2026-11-02T09:03:00.250Z'],
      ['a2', 'q2', 'assistant', true, '2026-11-02T09:04:00.250Z'],
      ['a1-left', 'q1', 'assistant', false, '2026-11-02T09:01:00.250Z'],
    ]);
    expect(conversation.messages[0]?.attachments).toEqual([
      { kind: 'image', name: 'bed.png', reference: 'f-1' },
      { kind: 'file', name: 'soil.pdf', reference: 'f-2' },
      { kind: 'file', name: 'frost.csv', reference: 'att1' },
    ]);
    expect(conversation.messages[1]?.metadata).toMatchObject({
      thinking: 'The valley is cold; autumn planting.',
      thought_seconds: 9,
      tools: [
        {
          name: 'web_search',
          input: { query: 'garlic planting cold valley' },
          sources: [{ title: 'Garlic in the cold' }],
        },
      ],
    });
    expect(conversation.messages[3]?.metadata['unknown_parts']).toEqual([{ type: 'hologram', scene: { beds: 4 } }]);
    expect(conversation.messages[3]?.attachments).toMatchObject([{ name: 'rows.py' }]);
    expect(JSON.stringify(conversation.messages.map((m) => m.markdown))).not.toMatch(/not the answer|autumn planting/);
  });

  it('takes the site’s current model only for an answer that was only just written', () => {
    expect(only(readBody(detail())).messages.map((m) => m.model)).toEqual([null, null, null, 'claude-opus-5', null]);
    const later = adapter.readJson(detail(), { capturedAt: '2026-11-02T11:05:00.000Z' });
    expect(only(later).messages.every((m) => m.model === null)).toBe(true);
    const file = adapter.readJson(detail(), { capturedAt: NOW, saved: true });
    expect(only(file).messages.every((m) => m.model === null)).toBe(true);
    const own = body([
      { id: 'q', parent: null },
      { id: 'a', parent: 'q', more: { model: 'claude-haiku-5' } },
    ]);
    expect(only(readBody(own)).messages[1]?.model).toBe('claude-haiku-5');
  });

  it('is not complete while its answer has no reason to have stopped, and the half answer is not finished', () => {
    for (const stop of [null, undefined, '']) {
      const half = body([
        { id: 'q', parent: null },
        { id: 'a', parent: 'q', text: 'Half an ans', more: { stop_reason: stop } },
      ]);
      const conversation = only(readBody(half));
      expect(conversation.complete).toBe(false);
      expect(conversation.messages.map((m) => m.finished)).toEqual([true, false]);
      expect(only(adapter.readJson([half], { capturedAt: NOW })).complete).toBe(true); // an export
    }
  });

  it('counts an answer that was stopped as finished, and says why it stopped', () => {
    const stopped = body([
      { id: 'q', parent: null },
      { id: 'a', parent: 'q', more: { stop_reason: 'user_canceled' } },
    ]);
    const conversation = only(readBody(stopped));
    expect(conversation.complete).toBe(true);
    expect(conversation.messages[1]?.metadata['finish_reason']).toBe('user_canceled');
  });

  it('is settled after a day without a word, unless only the clock is wrong', () => {
    const half = (id: string) =>
      body([
        { id: 'q', parent: null },
        { id, by: 'assistant', parent: 'q', text: 'Half', more: { stop_reason: null } },
      ]);
    const later = '2026-11-04T09:05:00.000Z';
    expect(only(adapter.readJson(half('a'), { capturedAt: later })).complete).toBe(true);
    // Made by the page at 09:00 of the 4th, by a clock two days ahead of the site's.
    const ms = Date.parse('2026-11-04T09:00:00Z').toString(16).padStart(12, '0');
    const id = `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-000000000000`;
    expect(only(adapter.readJson(half(id), { capturedAt: later }))).toMatchObject({
      complete: false,
      messages: [{ finished: true }, { finished: false }],
    });
  });

  it('is not complete when its last message is a question', () => {
    expect(only(readBody(body([{ id: 'q', parent: null }]))).complete).toBe(false);
  });

  const branches: Said[] = [
    { id: 'q1', parent: null },
    { id: 'a1', parent: 'q1' },
    { id: 'q2', parent: 'a1' },
    { id: 'a2', parent: 'q2' },
    { id: 'a1-again', parent: 'q1' },
    { id: 'q2-edited', parent: 'a1' },
    { id: 'a3', parent: 'q2-edited' },
  ];

  it('shows the branch of the current leaf and keeps edits and regenerations off it', () => {
    const conversation = only(readBody(body(branches, { current_leaf_message_uuid: 'a2' })));
    expect(conversation.messages.map((m) => [m.id, m.parent_id, m.on_active_branch])).toEqual([
      ['q1', null, true],
      ['a1', 'q1', true],
      ['q2', 'a1', true],
      ['a2', 'q2', true],
      ['a1-again', 'q1', false],
      ['q2-edited', 'a1', false],
      ['a3', 'q2-edited', false],
    ]);
  });

  it('takes the newest leaf where nothing says which branch is shown, or what says it is not there', () => {
    const active = (value: unknown) => {
      const result = readBody(value);
      return [
        only(result)
          .messages.filter((m) => m.on_active_branch)
          .map((m) => m.id),
        result.warnings.map((w) => w.code),
      ];
    };
    expect(active(body(branches))).toEqual([['q1', 'a1', 'q2-edited', 'a3'], []]);
    expect(active(body(branches, { current_leaf_message_uuid: 'gone' }))).toEqual([
      ['q1', 'a1', 'q2-edited', 'a3'],
      ['unknown_head'],
    ]);
  });

  it('keeps a first question that was edited, as a branch of its own', () => {
    const conversation = only(
      readBody(
        body([
          { id: 'q1', parent: null },
          { id: 'a1', parent: 'q1' },
          { id: 'q1b', parent: null },
          { id: 'a1b', parent: 'q1b' },
        ]),
      ),
    );
    expect(conversation.messages.map((m) => [m.id, m.parent_id, m.on_active_branch])).toEqual([
      ['q1b', null, true],
      ['a1b', 'q1b', true],
      ['q1', null, false],
      ['a1', 'q1', false],
    ]);
  });

  it('keeps every message once when the links are broken or go round', () => {
    const broken = readBody(
      body([
        { id: 'q2', parent: 'lost' },
        { id: 'a2', parent: 'q2' },
      ]),
    );
    expect(only(broken)).toMatchObject({ coverage: 'tail', complete: false });
    expect(broken.warnings.map((w) => w.code)).toEqual(['broken_chain']);
    const round = readBody(
      body([
        { id: 'q1', parent: 'a1' },
        { id: 'a1', parent: 'q1' },
        { id: 'a2', parent: 'a2' },
      ]),
    );
    expect(
      only(round)
        .messages.map((m) => m.id)
        .sort(),
    ).toEqual(['a1', 'a2', 'q1']);
  });

  it('takes a list without links as one branch', () => {
    const conversation = only(readBody(body([{ id: 'q1' }, { id: 'a1' }, { id: 'q2' }, { id: 'a2' }])));
    expect(conversation.messages.map((m) => [m.id, m.parent_id])).toEqual([
      ['q1', null],
      ['a1', 'q1'],
      ['q2', 'a1'],
      ['a2', 'q2'],
    ]);
  });

  it('reads a shared copy, whose content is null and whose text says it', () => {
    const snapshot = {
      uuid: 'share-1',
      conversation_uuid: 'conversation-1',
      snapshot_name: 'Shared garlic',
      up_to_date: true,
      chat_messages: [
        { uuid: 'q', sender: 'human', text: 'When?', content: null, index: 0 },
        {
          uuid: 'a',
          sender: 'assistant',
          text: 'In October.',
          content: null,
          index: 1,
          parent_message_uuid: 'not shared',
        },
      ],
    };
    const result = adapter.readJson(snapshot);
    expect(result.warnings).toEqual([]);
    expect(only(result)).toMatchObject({
      id: 'share-1',
      url: 'https://claude.ai/share/share-1',
      title: 'Shared garlic',
      strategy: 'share',
      coverage: 'all',
      complete: true,
      metadata: { conversation_uuid: 'conversation-1' },
    });
    expect(shown(only(result))).toEqual(['user: When?', 'assistant: In October.']);
  });

  it('marks a chat that the site is not to keep', () => {
    expect(only(readBody(body([{ id: 'q', parent: null }], { is_temporary: true }))).metadata['temporary']).toBe(true);
  });

  it('is found in envelopes, by its request, in an HTTP archive, and in a string', () => {
    const one = body([
      { id: 'q', parent: null },
      { id: 'a', parent: 'q' },
    ]);
    const url = 'https://claude.ai/api/organizations/o/chat_conversations/conversation-1?tree=True';
    const archive = {
      log: { entries: [{ request: { url, method: 'GET' }, response: { content: { text: JSON.stringify(one) } } }] },
    };
    for (const value of [
      one,
      [one],
      { conversations: [one] },
      { data: { conversation: one } },
      { [`GET ${url}`]: one },
      archive,
      { raw: JSON.stringify(one) },
    ]) {
      expect(only(readBody(value)).messages.map((m) => m.id)).toEqual(['q', 'a']);
    }
  });

  it('is not made of lists of conversations, projects or users', () => {
    for (const value of [
      [{ uuid: 'c', name: 'Listed', updated_at: NOW }],
      { data: [{ uuid: 'c', name: 'Listed' }], has_more: false },
      [{ uuid: 'p', name: 'Project', docs: [{ filename: 'a.md', content: 'text' }] }],
      [{ uuid: 'u', full_name: 'A Person', email_address: 'a@b.example' }],
    ])
      expect(adapter.readJson(value).conversations).toEqual([]);
  });

  it('is read whole at 5,000 messages and 2,000 branches, however deep', () => {
    const long: Said[] = Array.from({ length: 5_000 }, (_, n) => ({
      id: n % 2 === 0 ? `q${n}` : `a${n}`,
      parent: n === 0 ? null : n % 2 === 0 ? `a${n - 1}` : `q${n - 1}`,
    }));
    const again: Said[] = Array.from({ length: 2_000 }, (_, n) => ({ id: `again${n}`, parent: `q${n * 2}` }));
    const conversation = only(readBody(body([...long, ...again], { current_leaf_message_uuid: 'a4999' })));
    expect(conversation.complete).toBe(true);
    expect(conversation.messages.filter((m) => m.on_active_branch)).toHaveLength(5_000);
    expect(new Set(conversation.messages.map((m) => m.id)).size).toBe(7_000);
    // One branch that hangs off the first question, as deep again.
    const deep: Said[] = long.map((each, n) => ({
      ...each,
      id: `${each.id}x`,
      parent: n === 0 ? null : `${each.parent ?? ''}x`,
    }));
    const both = only(readBody(body([...deep, ...long], { current_leaf_message_uuid: 'a4999' })));
    expect(both.messages).toHaveLength(10_000);
  });
});

describe('held as bodies come', () => {
  it('is not made older by a late body', () => {
    const holding = adapter.hold('conversation-1');
    const request = adapter.classifyRequest('/api/organizations/o/chat_conversations/conversation-1?tree=True', 'GET');
    if (request === null) throw new Error('the request is not known');
    const older = body([{ id: 'q', parent: null }], { updated_at: '2026-11-02T09:00:00Z' });
    const newer = body([
      { id: 'q', parent: null },
      { id: 'a', parent: 'q' },
    ]);
    expect(holding.add(request, newer)).toBe('newest');
    expect(holding.add(request, older)).toBe('ignored');
    expect(holding.read(NOW)?.messages).toHaveLength(2);
  });

  it('is not made half again by a body of when its answer was being written', () => {
    const holding = adapter.hold('conversation-1');
    const request = adapter.classifyRequest('/api/organizations/o/chat_conversations/conversation-1', 'GET');
    if (request === null) throw new Error('the request is not known');
    const now = new Date().toISOString();
    const answer = (text: string, more: Record<string, unknown>) =>
      body(
        [
          { id: 'q', parent: null },
          { id: 'a', parent: 'q', text, more },
        ],
        { updated_at: now },
      );
    expect(holding.add(request, answer('Half', { stop_reason: null }))).toBe('newest');
    expect(holding.read(NOW)).toMatchObject({ complete: false });
    expect(holding.add(request, answer('Half and whole.', {}))).toBe('newest');
    expect(holding.add(request, answer('Half', { stop_reason: null }))).toBe('ignored');
    expect(holding.read(NOW)).toMatchObject({ complete: true });
    expect(holding.read(NOW)?.messages[1]?.markdown).toBe('Half and whole.');
  });
});

it('a temporary chat is known for one before anything was said in it', () => {
  const request = adapter.classifyRequest('/api/organizations/o/chat_conversations/conversation-1', 'GET');
  if (request === null) throw new Error('the request is not known');
  for (const messages of [[], [{ id: 'q', parent: null }]]) {
    const holding = adapter.hold('conversation-1');
    expect(holding.add(request, body(messages, { is_temporary: true }))).toBe('ignored');
    expect(holding.temporary).toBe(true);
    expect(holding.read(NOW)).toBeNull();
  }
});

describe('readJson never throws', () => {
  it('for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        adapter.readJson(value);
        adapter.readJson({ chat_messages: value });
        adapter.readJson({
          chat_messages: [
            value,
            { sender: 'assistant', content: value, text: value, files: value, attachments: [value] },
          ],
        });
      }),
      { numRuns: 300 },
    );
  });

  it('for the site’s own shape with any of its values replaced, and loses no other message', () => {
    const paths: Array<Array<string | number>> = [];
    const walk = (value: unknown, path: Array<string | number>): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, each] of Object.entries(value)) {
        const next = [...path, Array.isArray(value) ? Number(key) : key];
        paths.push(next);
        walk(each, next);
      }
    };
    walk(detail(), []);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), fc.constant(undefined)), (path, replacement) => {
        const changed = detail();
        let at = changed as Record<string | number, unknown>;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
        at[path.at(-1) ?? ''] = replacement;
        const result = adapter.readJson(changed, { capturedAt: NOW });
        const touched = path[0] === 'chat_messages' ? path[1] : null;
        if (path.length < 2 && path[0] === 'chat_messages') return;
        const ids = new Set(result.conversations.flatMap((each) => each.messages.map((message) => message.id)));
        ['q1', 'a1-left', 'a1', 'q2', 'a2'].forEach((id, index) => {
          if (index !== touched) expect(ids).toContain(id);
        });
      }),
      { numRuns: 600 },
    );
  });

  it('for blocks nested deeper than a stack', () => {
    let deep: unknown = 'end';
    for (let n = 0; n < 20_000; n++) deep = [deep];
    const result = readBody(
      body([
        { id: 'q', parent: null },
        {
          id: 'a',
          parent: 'q',
          content: [
            { type: 'hologram', deep },
            { type: 'tool_use', name: 't', input: { deep } },
          ],
        },
      ]),
    );
    expect(only(result).messages[1]?.markdown).toBe('[hologram]');
  });
});

describe.skipIf(!fixtures)('claude bodies and exports', () => {
  it('reads the tree of the real response', () => {
    const { conversations, warnings } = read('textindex-69015352820__chat_conversations_tree_2026-09.json');
    expect(warnings).toEqual([]);
    expect(conversations[0]).toMatchObject({
      id: 'beed6f85-b730-4c9d-946e-4cc615baa636',
      title: 'Vietnamese greeting',
      complete: true,
      created_at: '2026-09-17T03:33:51.869Z',
      metadata: { model: 'claude-sonnet-5' },
    });
    expect(shown(only({ conversations, warnings }))).toEqual([
      'user: xin chào\n\n[Image: 1789616012728_image.png]',
      'assistant: Chào NAME! 👋\n\nHôm nay bạn cần hỗ trợ gì?',
    ]);
    expect(conversations[0]?.messages[1]?.created_at).toBe('2026-09-17T03:33:55.190Z');
  });

  it('keeps thinking apart from the answer', () => {
    const result = read('JRP1956-llm-chat-exporter__fixtures__claude-conversation-with-thinking.json');
    const [, answer] = only(result).messages;
    expect(answer?.markdown).toMatch(/^Here's a comprehensive comparison table/);
    expect(answer?.metadata['thinking']).toMatch(/^The user wants a comparison table/);
    expect(result.warnings.map((w) => w.code)).toEqual(['no_conversation_id']);
    const export2 = only(read('dknedlik-OpenArchive__fixtures__claude_export.json'));
    expect(shown(export2)).toEqual([
      'user: Will very lean legs skew a bioimpedance body fat scale?',
      'assistant: Yes, very lean legs can skew bioimpedance readings.',
    ]);
    expect(export2.messages[1]).toMatchObject({
      attachments: [{ name: 'note.txt' }],
      metadata: { thinking: 'Thinking about bioimpedance accuracy and lean physiology implications.' },
    });
  });

  it('reads exports: an array, one in an envelope, one alone', () => {
    const blog = only(read('Snezhana-bot-knows__fixtures__claude_export.json'));
    expect(blog.messages.map((m) => m.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(blog.messages[1]?.markdown).toContain('1. **users**\n   - id (PK)');
    expect(blog.complete).toBe(true);
    const single = only(read('Sinity-polylogue__origin-capability__claude-ai-export.json'));
    expect(shown(single)).toEqual(['user: Prove the parser claim.']);
    expect(single).toMatchObject({ title: 'Origin capability matrix', complete: false });
    const gbrain = read('garrytan-gbrain__transcripts__claude-export.json');
    expect(shown(only(gbrain))).toEqual([
      'user: Review the acme-seed memo intro paragraph.',
      'assistant: The intro should lead with the fund-a term sheet date.',
      'assistant: [File: ignored.pdf]',
    ]);
    expect(gbrain.warnings.map((w) => [w.code, w.where])).toEqual([['empty_conversation', '$[1]']]);
  });

  it('names an artifact whose content the export leaves out', () => {
    const result = read('noo-bass-context-carry__claude-web__conversations.json');
    expect(result.warnings).toEqual([]);
    expect(only(result).messages[2]).toMatchObject({
      markdown: 'Here is an example with fetch.\n\n[Artifact: Async Example]',
      metadata: { thinking: 'Let me think about a good example...' },
    });
    expect(read('noo-bass-context-carry__claude-web__projects.json').conversations).toEqual([]);
  });

  it('keeps blocks of unknown types as they came, with a warning each and their words shown', () => {
    const result = read('Sinity-polylogue__representatives__sample-00.json');
    const conversation = only(result);
    expect(conversation.messages.map((m) => m.role)).toEqual(['user', 'assistant', 'user']);
    expect(conversation.messages[0]?.markdown).toMatch(/^Can you explain how this works\?/);
    expect(new Set(result.warnings.map((w) => w.code))).toEqual(new Set(['unknown_content_type']));
    const kept = conversation.messages.flatMap((m) => m.metadata['unknown_parts'] as unknown[]);
    expect(kept).toHaveLength(result.warnings.length);
    expect(kept[0]).toMatchObject({ type: 'synthetic-12363', is_error: false });
  });
});

describe('a list without links', () => {
  it('is one branch to its end, whatever it says of its leaf', () => {
    const message = (uuid: string, sender: string) => ({
      uuid,
      sender,
      text: uuid,
      content: [],
      index: Number(uuid[1]),
    });
    const { conversations } = adapter.readJson({
      uuid: 'c1',
      name: 'Peas',
      current_leaf_message_uuid: 'm1',
      chat_messages: [
        message('m0', 'human'),
        message('m1', 'assistant'),
        message('m2', 'human'),
        message('m3', 'assistant'),
      ],
    });
    expect(conversations[0]?.messages.map(({ id, on_active_branch }) => [id, on_active_branch])).toEqual([
      ['m0', true],
      ['m1', true],
      ['m2', true],
      ['m3', true],
    ]);
  });

  it('is in the order in which it was said, where the export mixes it; what was said at once stays as it stands', () => {
    const message = (uuid: string, sender: string, minute: number | null) => ({
      uuid,
      sender,
      text: uuid,
      content: [{ type: 'text', text: uuid }],
      ...(minute === null ? {} : { created_at: `2026-11-02T08:0${minute}:00.000000Z` }),
    });
    const order = (messages: unknown[]) => {
      const { messages: read } = only(readBody({ uuid: 'c1', name: 'Peas', chat_messages: messages }));
      return read.map(({ id, parent_id }) => [id, parent_id]);
    };
    expect(
      order([
        message('q1', 'human', 1),
        message('a2', 'assistant', 4),
        message('a1', 'assistant', 2),
        message('q2', 'human', 3),
        message('q3', 'human', 5),
        message('a3', 'assistant', 5),
      ]),
    ).toEqual([
      ['q1', null],
      ['a1', 'q1'],
      ['q2', 'a1'],
      ['a2', 'q2'],
      ['q3', 'a2'],
      ['a3', 'q3'],
    ]);
    // one that says no time leaves all where they stand
    expect(order([message('q1', 'human', 3), message('a1', 'assistant', null), message('q2', 'human', 1)])).toEqual([
      ['q1', null],
      ['a1', 'q1'],
      ['q2', 'a1'],
    ]);
  });
});

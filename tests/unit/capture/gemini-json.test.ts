import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GeminiAdapter } from '../../../engine/capture/adapters/gemini/index';
import { htmlToMarkdown } from '../../../engine/capture/adapters/gemini/html';
import type { CapturedConversation, ObservedRequest } from '../../../engine/capture/index';
import { readText } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';
import { answerOf } from '../../harness/gemini-site';
import { fixture, fixtures, readFixture } from './fixtures';

const adapter = new GeminiAdapter();
const ID = 'a1b2c3d4e5f60718';
const NOW = '2026-09-02T00:00:00.000Z';
const T0 = 1_788_000_000;

interface Made {
  question?: unknown[];
  answer?: string;
  state?: number | null;
  parent?: number | null;
  time?: boolean;
  more?: Record<number, unknown>;
  drafts?: string[];
}

const rid = (n: number): string => `r_${(0xabc000 + n).toString(16).padStart(16, '0')}`;

function candidate(id: string, text: string, state: number | null, more: Record<number, unknown> = {}): unknown[] {
  const made: unknown[] = Array.from({ length: 38 }, () => null);
  made[0] = id;
  made[1] = [text];
  if (state !== null) made[8] = [state];
  for (const [index, value] of Object.entries(more)) made[Number(index)] = value;
  return made;
}

function turn(n: number, made: Made = {}): unknown[] {
  const { parent = n - 1, drafts = [] } = made;
  const reply: unknown[] = Array.from({ length: 22 }, () => null);
  reply[0] = [
    candidate(`rc_${n}a`, made.answer ?? `Answer ${n}`, made.state === undefined ? 2 : made.state, made.more),
    ...drafts.map((text, index) => candidate(`rc_${n}${'bcd'[index] ?? 'z'}`, text, 2)),
  ];
  reply[3] = `rc_${n}a`;
  reply[21] = '3 Pro';
  return [
    [`c_${ID}`, rid(n)],
    parent === null || parent < 0 ? null : [`c_${ID}`, rid(parent), `rc_${parent}a`],
    [made.question ?? [`Question ${n}`], 1, null, 0, '9d8ca3786ebdfbea', 0],
    reply,
    made.time === false ? null : [T0 + n * 60, 250_000_000],
  ];
}

/** Turns from `from` to `to`, newest first, as the site gives them. */
const pageOf = (from: number, to: number, next: string | null = null): string =>
  answerOf('hNvQHb', [Array.from({ length: to - from + 1 }, (_, n) => turn(to - n)), next, null, []]);

const read = (turns: unknown[], next: string | null = null): CapturedConversation => {
  const { conversations } = adapter.readJson(adapter.parseBody(answerOf('hNvQHb', [turns, next, null, []])), {
    capturedAt: NOW,
  });
  const [only] = conversations;
  if (only === undefined) throw new Error('nothing was read');
  return only;
};
const answerIn = (conversation: CapturedConversation) => conversation.messages.find((m) => m.role === 'assistant');
const shown = (conversation: CapturedConversation | null | undefined): string[] =>
  (conversation?.messages ?? []).filter((m) => m.on_active_branch).map((m) => m.markdown);

describe('addresses of gemini.google.com', () => {
  it.each([
    [`https://gemini.google.com/app/${ID}`, ID, false],
    [`https://gemini.google.com/u/2/app/${ID}?hl=de`, ID, false],
    [`https://gemini.google.com/gem/coding-partner/${ID}`, ID, false],
    [`https://gemini.google.com/u/1/gem/ab12cd34/${ID}`, ID, false],
    ['https://gemini.google.com/share/0a1b2c3d', '0a1b2c3d', true],
    ['https://g.co/gemini/share/0a1b2c3d', '0a1b2c3d', true],
    ['https://gemini.google.com/app', null, false],
    ['https://gemini.google.com/gem/coding-partner', null, false],
  ])('%s shows %s', (url, id, share) => {
    expect(adapter.classifyPage(url)).toEqual({
      site: 'gemini',
      conversationId: id,
      temporary: false,
      share,
      supported: true,
    });
  });

  it('tells other pages and other sites apart', () => {
    expect(adapter.classifyPage('https://gemini.google.com/gems/view')).toMatchObject({ supported: false });
    expect(adapter.classifyPage('https://gemini.google.com/app/download')).toMatchObject({ conversationId: null });
    expect(adapter.classifyPage('https://myactivity.google.com/product/gemini')).toBeNull();
    expect(adapter.classifyPage('https://')).toBeNull();
  });

  it('knows the requests that carry conversations', () => {
    const data = 'https://gemini.google.com/u/1/_/BardChatUi/data/';
    const kind = (path: string, method = 'POST') => adapter.classifyRequest(data + path, method)?.kind ?? null;
    expect(kind('batchexecute?rpcids=hNvQHb&source-path=%2Fapp%2Fx')).toBe('conversation');
    expect(kind('batchexecute?rpcids=otAQ7b%2ChNvQHb')).toBe('conversation');
    expect(kind('batchexecute?rpcids=MaZiqc')).toBeNull();
    expect(kind('batchexecute?rpcids=PCck7e')).toBeNull();
    expect(kind('batchexecute?rpcids=hNvQHb', 'GET')).toBeNull();
    expect(kind('assistant.lamda.BardFrontendService/StreamGenerate?bl=x')).toBe('stream');
    expect(
      adapter.classifyRequest(`${data}batchexecute?rpcids=ujx1Bf&source-path=%2Fshare%2F0a1b2c3d`, 'POST'),
    ).toMatchObject({
      kind: 'conversation',
      conversationId: '0a1b2c3d',
    });
    // The page it was asked from may still be the one before.
    expect(
      adapter.classifyRequest(`${data}batchexecute?rpcids=hNvQHb&source-path=%2Fapp%2F${ID}`, 'POST')?.conversationId,
    ).toBeNull();
  });
});

describe('a conversation of gemini.google.com', () => {
  it('comes newest first and is read oldest first, whole where there is no token', () => {
    const conversation = read([turn(1), turn(0)]);
    expect(conversation).toMatchObject({
      id: ID,
      url: `https://gemini.google.com/app/${ID}`,
      strategy: 'json-pages',
      coverage: 'all',
      complete: true,
      created_at: '2026-08-29T10:40:00.250Z',
      updated_at: '2026-08-29T10:41:00.250Z',
    });
    expect(shown(conversation)).toEqual(['Question 0', 'Answer 0', 'Question 1', 'Answer 1']);
    expect(conversation.messages[3]).toMatchObject({
      id: rid(1),
      parent_id: `${rid(1)}:user`,
      model: '3 Pro',
      created_at: '2026-08-29T10:41:00.250Z',
      finished: true,
    });
    expect(conversation.messages[2]).toMatchObject({ id: `${rid(1)}:user`, parent_id: rid(0) });
    expect(read([turn(1)], 'older-token')).toMatchObject({ coverage: 'tail', complete: false });
  });

  it('finds what moved: ids, candidates, times and the model by their shape', () => {
    const reply = ['x', null, [[candidate('rc_9a', 'Moved answer', 2)]], '2.5 Flash'];
    const moved = [[`c_${ID}`, null, rid(9)], [T0, 5], [['Moved question']], null, { 7: 1 }, reply];
    const conversation = read([moved]);
    expect(shown(conversation)).toEqual(['Moved question', 'Moved answer']);
    expect(conversation.messages[0]?.created_at).toBe('2026-08-29T10:40:00.000Z');
  });

  it('keeps the other drafts off the shown branch', () => {
    const conversation = read([turn(0, { drafts: ['Another', 'A third'] })]);
    expect(conversation.messages.map((m) => [m.id, m.on_active_branch, m.parent_id])).toEqual([
      [`${rid(0)}:user`, true, null],
      [rid(0), true, `${rid(0)}:user`],
      ['rc_0b', false, `${rid(0)}:user`],
      ['rc_0c', false, `${rid(0)}:user`],
    ]);
  });

  it('marks a question that was asked again, and what followed it, as left', () => {
    const conversation = read([turn(3, { parent: 0 }), turn(2, { parent: 1 }), turn(1), turn(0)]);
    expect(shown(conversation)).toEqual(['Question 0', 'Answer 0', 'Question 3', 'Answer 3']);
    expect(conversation.messages.filter((m) => !m.on_active_branch).map((m) => m.markdown)).toEqual([
      'Question 1',
      'Answer 1',
      'Question 2',
      'Answer 2',
    ]);
  });

  it('takes only the head for unfinished', () => {
    const conversation = read([turn(1, { state: 1, answer: 'So far' }), turn(0, { state: 1 })]);
    expect(conversation.complete).toBe(false);
    expect(conversation.messages.map((m) => m.finished)).toEqual([true, true, true, false]);
    const saved = adapter.readJson(adapter.parseBody(answerOf('hNvQHb', [[turn(0, { state: 1 })], null])), {
      saved: true,
      capturedAt: NOW,
    });
    expect(saved.conversations[0]?.complete).toBe(true);
  });

  it('keeps thoughts apart, and names files and pictures', () => {
    const conversation = read([
      turn(0, {
        question: [
          'Look at these',
          0,
          null,
          [
            [['https://lh3.googleusercontent.com/gg/abc', 1], 'boat.png'],
            [['/contrib_service/ttl_1d/x'], 'tides.csv', 'text/csv'],
          ],
        ],
        answer: 'Done.\n\nhttp://googleusercontent.com/image_generation_content/0\n',
        more: {
          12: [
            null,
            null,
            null,
            null,
            null,
            null,
            [0],
            [[[[null, null, 'harbour.png', 'https://lh3.googleusercontent.com/gg-dl/one=s512', null]]]],
          ],
          37: [['**Planning**\n\nI look at the boat.']],
        },
      }),
    ]);
    expect(conversation.messages[0]).toMatchObject({
      markdown: 'Look at these\n\n[Image: boat.png]',
      attachments: [
        { kind: 'image', name: 'boat.png', reference: 'https://lh3.googleusercontent.com/gg/abc' },
        { kind: 'file', name: 'tides.csv', reference: '/contrib_service/ttl_1d/x' },
      ],
    });
    expect(answerIn(conversation)).toMatchObject({
      markdown: 'Done.\n\n[Image: harbour.png]',
      attachments: [{ kind: 'image', name: 'harbour.png' }],
      metadata: { thinking: '**Planning**\n\nI look at the boat.', candidate: 'rc_0a' },
    });
  });

  it('does not take a question that ends in a file’s name for a file', () => {
    const [question] = read([turn(0, { question: ['What does a comment do in main.py', 0, null, []] })]).messages;
    expect(question).toMatchObject({ markdown: 'What does a comment do in main.py', attachments: [] });
  });

  it('puts a report and a canvas where the answer shows them', () => {
    const conversation = read([
      turn(0, {
        answer:
          'Here they are.\n\nhttp://googleusercontent.com/immersive_entry_chip/0\n\nAnd:\n\nhttp://googleusercontent.com/immersive_entry_chip/1',
        more: {
          30: [
            [
              ['chip'],
              '3f2b7c1e-0000-4000-8000-000000000001',
              'Tide report',
              null,
              '# Tides\n\nThe sea rises twice a day.',
              null,
              [['https://tides.example/', 'All about tides']],
            ],
            [
              ['chip'],
              '3f2b7c1e-0000-4000-8000-000000000002',
              'Clock',
              null,
              'const now = Date.now();\nconsole.log(now);',
              null,
              null,
              null,
              null,
              'clock.ts',
              2,
            ],
          ],
        },
      }),
    ]);
    expect(answerIn(conversation)?.markdown).toBe(
      'Here they are.\n\n# Tides\n\nThe sea rises twice a day.\n\nAnd:\n\n**clock.ts**\n\n```typescript\nconst now = Date.now();\nconsole.log(now);\n```',
    );
    expect(answerIn(conversation)?.attachments.map((each) => each.name)).toEqual(['Tide report', 'Clock']);
    expect(answerIn(conversation)?.metadata['citations']).toEqual([
      { title: 'All about tides', url: 'https://tides.example/' },
    ]);
  });

  it('shows the plan of a research before it starts', () => {
    const conversation = read([
      turn(0, {
        answer: 'A plan.\nhttp://googleusercontent.com/deep_research_confirmation_content/0',
        more: {
          12: [
            {
              56: [
                'Tides',
                [
                  [null, 'Search', 'Find tables'],
                  [null, 'Write', 'Sum up'],
                ],
                'A few minutes',
              ],
            },
          ],
        },
      }),
    ]);
    expect(answerIn(conversation)?.markdown).toBe('A plan.\n\n**Tides**\n\n1. Search: Find tables\n2. Write: Sum up');
  });

  it('resolves citations and takes out the site’s own marks, but not in code', () => {
    const conversation = read([
      turn(0, {
        answer:
          '[cite_start]High water is at six.[cite: 1, 9]\n\n```python?code_reference&code_event_index=1\nprint("[cite_start]")\n```\n\n$a_1$ and don&#39;t\n<FollowUp label="x" />',
        more: { 2: [[[0, 5, 'https://tides.example/rock', 'Gull Rock']]] },
      }),
    ]);
    expect(answerIn(conversation)?.markdown).toBe(
      'High water is at six.([Gull Rock](https://tides.example/rock))\n\n```python\nprint("[cite_start]")\n```\n\n$a_1$ and don\'t',
    );
  });

  it('has pictures by their captions where the text names them, and not what the page offers to ask next', () => {
    const tag = (number: number) => `image_agent_tag_48914056825003${number}`;
    const entry = (address: string, number: number) => [
      [[address], null, 700, 280],
      [['https://boats.example/page'], 'On boats', 7],
      null,
      [['https://encrypted-tbn0.gstatic.com/images?q=1']],
      null,
      null,
      null,
      [`http://googleusercontent.com/${tag(number)}`, null, 'boat parts', null, null, 1],
    ];
    const conversation = read([
      turn(0, {
        answer: [
          'A boat has a keel.',
          `---\n\n<Image alt="Parts [of] a boat" caption="Keel -> hull" src="${tag(11)}"/>\n\n---`,
          `http://googleusercontent.com/${tag(22)}`,
          `<Image src="${tag(99)}" alt="A mast" />`,
          '```jsx\n<Image src="x.png"/>\n```',
          'Fair winds.\n\n<FollowUp label="A > B?" query="Why is A > B?"/>',
          '<ElicitationsGroup message="To take this further:">\n{/* Reason: offers > options */}\n  <Elicitation label="Sails" query="Explain sails."/>\n</ElicitationsGroup>',
        ].join('\n\n'),
        more: { 12: [null, [entry('https://boats.example/keel.png', 11), entry('https://boats.example/b.png', 22)]] },
      }),
    ]);
    const answer = answerIn(conversation);
    expect(answer?.markdown).toBe(
      'A boat has a keel.\n\n---\n\n[Image: Keel -> hull]\n\n---\n\n[Image]\n\n[Image: A mast]\n\n```jsx\n<Image src="x.png"/>\n```\n\nFair winds.',
    );
    expect(answer?.attachments).toEqual([
      { kind: 'image', name: 'Keel -> hull', reference: 'https://boats.example/keel.png' },
      { kind: 'image', name: 'image', reference: 'https://boats.example/b.png' },
    ]);
  });

  it('keeps a card that it does not know as it came, with a warning, and shows its links', () => {
    const body = answerOf('hNvQHb', [
      [
        turn(0, {
          answer: 'Watch:\nhttp://googleusercontent.com/youtube_content/0',
          more: { 12: [null, null, [['https://www.youtube.com/watch?v=x', 'Tides explained']]] },
        }),
      ],
      null,
    ]);
    const { conversations, warnings } = adapter.readJson(adapter.parseBody(body));
    const [, answer] = conversations[0]?.messages ?? [];
    expect(answer?.markdown).toBe('Watch:\n\n- [Tides explained](https://www.youtube.com/watch?v=x)');
    expect(answer?.metadata['unknown_parts']).toMatchObject([{ type: 'youtube_content' }]);
    expect(warnings.map((warning) => warning.code)).toEqual(['unknown_content_type']);
  });

  it('reads a shared copy in its own order, by the id of its address', () => {
    const body = answerOf('ujx1Bf', [[null, [turn(0), turn(1)], [null, 'Shared tides']]]);
    const { conversations } = adapter.readJson(adapter.parseBody(body), {
      url: 'https://gemini.google.com/share/0a1b2c3d',
    });
    expect(conversations[0]).toMatchObject({
      id: '0a1b2c3d',
      title: 'Shared tides',
      strategy: 'share',
      complete: true,
      url: 'https://gemini.google.com/share/0a1b2c3d',
    });
    expect(shown(conversations[0])).toEqual(['Question 0', 'Answer 0', 'Question 1', 'Answer 1']);
  });

  it('joins the pages in an HTTP archive, in whatever order they are, around an answer whose base64 is broken', () => {
    const entry = (text: string) => ({
      request: { url: 'https://gemini.google.com/_/BardChatUi/data/batchexecute?rpcids=hNvQHb', method: 'POST' },
      response: { content: { text } },
    });
    const broken = entry('not*base64');
    Object.assign(broken.response.content, { encoding: 'base64' });
    const pages = [entry(pageOf(0, 4)), entry(pageOf(10, 14, 'b')), broken, entry(pageOf(5, 9, 'a'))];
    const { conversations, warnings } = adapter.readJson({ log: { entries: pages } });
    expect(warnings).toMatchObject([{ code: 'unreadable_record', where: '$.log.entries[2]' }]);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({ coverage: 'all', complete: true });
    expect(conversations[0]?.messages).toHaveLength(30);
  });

  it('is read in one go where it has 5,000 turns', () => {
    const conversation = read(Array.from({ length: 5_000 }, (_, n) => turn(4_999 - n)));
    expect(conversation.messages).toHaveLength(10_000);
    expect(conversation.messages.at(-1)?.markdown).toBe('Answer 4999');
  });
});

describe('the site’s own form of a body', () => {
  it('gives what was whole of a body that was cut: the newest turns', () => {
    const whole = pageOf(0, 9);
    const at = whole.indexOf('Question 4');
    const { conversations, warnings } = adapter.readJson(adapter.parseBody(whole.slice(0, at)));
    expect(shown(conversations[0])[0]).toBe('Question 5');
    expect(conversations[0]).toMatchObject({ coverage: 'tail', complete: false });
    expect(warnings.map((warning) => warning.code)).toEqual(['cut_body']);
  });

  it('does not need the lengths, and takes line breaks in a chunk', () => {
    const frames = [
      ['wrb.fr', 'hNvQHb', JSON.stringify([[turn(0)], null]), null],
      ['di', 5],
    ];
    const odd = `)]}'\n\n7\n[${frames.map((frame) => JSON.stringify(frame)).join('\n,')}]\n`;
    expect(adapter.readJson(adapter.parseBody(odd)).conversations).toHaveLength(1);
    expect(adapter.readJson(adapter.parseBody(odd.replace(")]}'\n\n7\n", ''))).conversations).toHaveLength(1);
  });

  it('is read from a file, and the list alone is said to be one', () => {
    const options = { adapters: [adapter], parseHtml };
    expect(readText(pageOf(0, 2), options).conversations[0]?.messages).toHaveLength(6);
    expect(readText(pageOf(0, 2).replace(")]}'", ''), options).conversations).toHaveLength(1);
    const list = answerOf('MaZiqc', [null, 'token', [[`c_${ID}`, 'Tides', null, null, null, [T0, 1]]]]);
    expect(() => readText(list, options)).toThrow(/list of conversations/);
  });

  it('never throws other than SyntaxError, whatever it is given', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(")]}'", '\n12\n', '[["wrb.fr","hNvQHb","', '\\"', '[[', ']]', pageOf(0, 1)),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.nat(), (pieces, cut) => {
        const text = pieces.join('').slice(0, cut % 5_000);
        let frames: unknown;
        try {
          frames = adapter.parseBody(text);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
          return;
        }
        adapter.readJson(frames);
      }),
    );
  });

  it('is read without an error whatever its places hold', () => {
    const odd = fc.oneof(
      fc.jsonValue() as fc.Arbitrary<unknown>,
      fc.constantFrom<unknown>(
        'c_1234567',
        'r_1234567',
        'rc_1234567',
        [T0, 1],
        [['rc_1', ['x']]],
        [['text']],
        'http://googleusercontent.com/card_content/0',
      ),
    );
    const near = fc.tuple(fc.nat(4), odd, fc.nat(37), odd).map(([place, value, part, inside]) => {
      const made = turn(1, { more: { [part]: inside } });
      made[place] = value;
      return made;
    });
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, near)), odd, (turns, token) => {
        adapter.readJson([['wrb.fr', 'hNvQHb', JSON.stringify([turns, token])]]);
        adapter.readJson([turns, token]);
        adapter.readJson({ any: [turns], token });
      }),
    );
  });
});

describe('what the bodies of a conversation say together', () => {
  const request = (before: string | null = null): ObservedRequest => ({
    site: 'gemini',
    kind: 'conversation',
    conversationId: null,
    before,
  });
  const add = (holding: ReturnType<GeminiAdapter['hold']>, text: string, before: string | null = null) =>
    holding.add(request(before), adapter.parseBody(text));

  it('is the whole conversation when every page has come, in any order, twice', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 0, 1, 2, 3], { minLength: 8 }), (order) => {
        const holding = adapter.hold(ID);
        const pages = [pageOf(15, 19, 'token-a'), pageOf(10, 14, 'token-b'), pageOf(5, 9, 'token-c'), pageOf(0, 4)];
        let longest = 0;
        let newest = -1;
        for (const at of order) {
          add(holding, pages[at] ?? '');
          const now = shown(holding.read(NOW));
          const last = Number(now.at(-1)?.replace('Answer ', ''));
          // Never shorter, but where a newer end came that nothing joins yet.
          if (last === newest) expect(now.length).toBeGreaterThanOrEqual(longest);
          longest = now.length;
          expect(last).toBeGreaterThanOrEqual(newest);
          newest = last;
        }
        expect(holding.open).toBe(false);
        expect(holding.read(NOW)).toMatchObject({ coverage: 'all', complete: true });
        expect(shown(holding.read(NOW))).toHaveLength(40);
      }),
    );
  });

  it('does not join a page to one that it does not follow', () => {
    const holding = adapter.hold(ID);
    expect(add(holding, pageOf(10, 14, 'token-b'))).toBe('newest');
    expect(add(holding, pageOf(0, 4))).toBe('older');
    expect(holding.open).toBe(true);
    expect(holding.read(NOW)).toMatchObject({ coverage: 'tail' });
    expect(shown(holding.read(NOW))[0]).toBe('Question 10');
    expect(add(holding, pageOf(5, 9, 'token-a'))).toBe('older');
    expect(holding.read(NOW)).toMatchObject({ coverage: 'all' });
  });

  it('leaves an older state of the conversation, and one of another', () => {
    const holding = adapter.hold(ID);
    add(holding, pageOf(0, 5));
    expect(add(holding, pageOf(0, 3))).toBe('ignored');
    expect(adapter.hold('ffffffffffffffff').add(request(), adapter.parseBody(pageOf(0, 1)))).toBe('ignored');
    expect(holding.add(request(), { nothing: 'here' })).toBe('ignored');
    expect(shown(holding.read(NOW))).toHaveLength(12);
  });

  it('marks what an edit replaced', () => {
    const holding = adapter.hold(ID);
    add(holding, pageOf(0, 3));
    const edited = answerOf('hNvQHb', [[turn(9, { parent: 2 }), turn(2), turn(1), turn(0)], null]);
    expect(add(holding, edited)).toBe('newest');
    const conversation = holding.read(NOW);
    expect(shown(conversation).slice(-2)).toEqual(['Question 9', 'Answer 9']);
    expect(conversation?.messages.filter((m) => !m.on_active_branch).map((m) => m.markdown)).toEqual([
      'Question 3',
      'Answer 3',
    ]);
  });

  it('marks it too where no turn names its parent, until the site gives it again', () => {
    const holding = adapter.hold(ID);
    const bodyOf = (...turns: number[]) => answerOf('hNvQHb', [turns.map((n) => turn(n, { parent: null })), null]);
    add(holding, bodyOf(3, 2, 1, 0));
    expect(add(holding, bodyOf(9, 2, 1, 0))).toBe('newest');
    expect(shown(holding.read(NOW)).slice(-4)).toEqual(['Question 2', 'Answer 2', 'Question 9', 'Answer 9']);
    expect(holding.read(NOW)?.messages).toHaveLength(10);
    add(holding, bodyOf(9, 3, 2, 1, 0));
    expect(shown(holding.read(NOW)).slice(-4)).toEqual(['Question 3', 'Answer 3', 'Question 9', 'Answer 9']);
  });

  const sent = (question: string, follows: unknown[] | null, temporary = false): string => {
    const inner: unknown[] = Array.from({ length: 46 }, () => null);
    inner[0] = [question, 0, null, []];
    inner[2] = follows ?? ['', '', ''];
    if (temporary) inner[45] = 1;
    return new URLSearchParams({ 'f.req': JSON.stringify([null, JSON.stringify(inner)]), at: 'x' }).toString();
  };
  const streamOf = (n: number, parts: string[], ends = true): string => {
    const ids = [`c_${ID}`, rid(n)];
    const frame = (payload: unknown) => `\n${JSON.stringify([['wrb.fr', null, JSON.stringify(payload)]])}\n`;
    const chunks = [frame([null, ids])];
    parts.forEach((_part, index) =>
      chunks.push(
        frame([
          null,
          ids,
          null,
          null,
          [candidate(`rc_${n}a`, parts.slice(0, index + 1).join(''), ends && index === parts.length - 1 ? 2 : 1)],
        ]),
      ),
    );
    if (ends) chunks.push(frame([null, ids, { 11: ['Tides'] }]), '\n[["e",4,null,null,131]]\n');
    return `)]}'\n\n${chunks.map((chunk) => `${chunk.length}${chunk}`).join('')}`;
  };
  const streamed = (text: string, form: string | null, cut = 7) => {
    const reader = adapter.wire.readStream(form);
    for (let at = 0; at < text.length; at += cut) reader.push(text.slice(at, at + cut));
    return reader.close();
  };

  it('adds an answer just given, whole in its question and answer', () => {
    const holding = adapter.hold(ID);
    add(holding, pageOf(0, 1));
    const news = streamed(
      streamOf(2, ['An ', 'answer "with" \\ marks', ' and 🌊']),
      sent('Question 2', [`c_${ID}`, rid(1), 'rc_1a']),
    );
    expect(news).toMatchObject({ conversationId: ID, ended: true, temporary: false });
    expect(holding.add({ ...request(), kind: 'stream' }, news.body)).toBe('newest');
    const conversation = holding.read(NOW);
    expect(conversation).toMatchObject({ title: 'Tides', coverage: 'all', complete: true });
    expect(shown(conversation).slice(-2)).toEqual(['Question 2', 'An answer "with" \\ marks and 🌊']);
  });

  it('takes the first answer of a new chat for the whole of it, and one out of sight for its end', () => {
    const first = adapter.hold(ID);
    first.add({ ...request(), kind: 'stream' }, streamed(streamOf(0, ['Hello']), sent('Hi', null)).body);
    expect(first.read(NOW)).toMatchObject({ strategy: 'stream', coverage: 'all', complete: true });
    const later = adapter.hold(ID);
    later.add({ ...request(), kind: 'stream' }, streamed(streamOf(7, ['Hello']), sent('Hi', [`c_${ID}`, rid(6)])).body);
    expect(later.read(NOW)).toMatchObject({ coverage: 'tail', complete: false });
    expect(later.open).toBe(true);
  });

  it('does not take an answer without its question, nor one that was cut for finished', () => {
    const unasked = adapter.hold(ID);
    expect(unasked.add({ ...request(), kind: 'stream' }, streamed(streamOf(0, ['Hello']), null).body)).toBe('ignored');
    const cut = adapter.hold(ID);
    cut.add({ ...request(), kind: 'stream' }, streamed(streamOf(0, ['Hel', 'lo'], false), sent('Hi', null)).body);
    expect(cut.read(NOW)?.messages.at(-1)).toMatchObject({ markdown: 'Hello', finished: false });
    add(cut, answerOf('hNvQHb', [[turn(0, { answer: 'Hello, sea.' })], null]));
    expect(cut.read(NOW)?.messages.at(-1)).toMatchObject({ markdown: 'Hello, sea.', finished: true });
  });

  it('says that a chat is temporary', () => {
    expect(streamed(streamOf(0, ['Hello']), sent('Hi', null, true)).temporary).toBe(true);
  });

  it('reads a stream the same however it is cut, and any other text as nothing', () => {
    const text = streamOf(3, ['One\\', '" [two]', '\u{1f30a}']);
    const whole = streamed(text, null, text.length);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), (cut) => {
        expect(streamed(text, null, cut)).toEqual(whole);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), (pieces, form) => {
        const reader = adapter.wire.readStream(form);
        for (const piece of pieces) reader.push(piece);
        expect(reader.close().ended).toBe(true);
      }),
    );
  });

  it('reads a stream that was saved as a file', () => {
    const { conversations } = adapter.readJson(adapter.parseBody(streamOf(3, ['Only the answer'])));
    expect(shown(conversations[0])).toEqual(['Only the answer']);
    expect(conversations[0]).toMatchObject({ id: ID, title: 'Tides', strategy: 'stream', coverage: 'tail' });
  });
});

describe('Gemini in Takeout', () => {
  const row = (title: string, minute: number, more: Record<string, unknown> = {}) => ({
    header: 'Gemini Apps',
    title,
    time: `2026-03-01T10:${String(minute).padStart(2, '0')}:00.000Z`,
    products: ['Gemini Apps'],
    ...more,
  });
  const answered = (html: string) => ({ safeHtmlItem: [{ html }] });
  const inChat = { details: [{ name: 'x', url: `https://gemini.google.com/app/${ID}` }] };

  it('puts the rows of a conversation together, oldest first, whatever the language of the verb', () => {
    const rows = [
      row('Gefragt: wann ist Flut?', 3, { ...answered('<p>Um sechs.</p>'), ...inChat }),
      row('Gefragt: und Ebbe?', 2, { ...answered('<p>Um zwölf.</p>'), ...inChat }),
      row('Gefragt: allein', 1, answered('<p>Ja.</p>')),
      row('Verwendet: Gemini', 0),
      { ...row('Searched for cats', 4), header: 'Search', products: ['Search'] },
    ];
    const { conversations, warnings } = adapter.readJson(rows);
    expect(conversations.map((each) => shown(each))).toEqual([
      ['und Ebbe?', 'Um zwölf.', 'wann ist Flut?', 'Um sechs.'],
      ['allein', 'Ja.'],
    ]);
    expect(conversations[0]).toMatchObject({ id: ID, coverage: 'some', metadata: { export: 'takeout' } });
    expect(warnings.map((warning) => warning.code)).toEqual(['other_activity', 'no_conversation_id']);
  });

  it('reads the page form: product, question, files, date, answer', () => {
    const cell = (product: string, inside: string, after = '') =>
      `<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid"><div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${product}<br></p></div><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${inside}</div><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div><div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;${product}<br>${after}</div></div></div>`;
    const html = `<html><body><div class="mdl-grid">${cell(
      'Gemini Apps',
      'Prompted\u00a0Which &lt;b&gt; boat?<br>Attached 1 file.<br>-\u00a0<a href="boat.png">boat.png</a><br>Jan 2, 2026, 3:04:05\u202fAM UTC<br><p>The <strong>red</strong> one.</p><div><ul><li>Fast</li></ul></div>',
      `<b>Details:</b><br><a href="https://gemini.google.com/app/${ID}">x</a>`,
    )}${cell('Search', 'Searched for cats<br>Jan 2, 2026, 3:04:05 AM UTC<br>')}${cell('Gemini Apps', 'Prompted Later<br>2. Jan. 2026, 03:05:00 MEZ<br><p>Yes.</p>')}</div></body></html>`;
    const { conversations } = adapter.readEmbedded(html);
    expect(conversations).toHaveLength(2);
    const chat = conversations.find((each) => each.id === ID);
    expect(shown(chat)).toEqual(['Which <b> boat?\n\n[Image: boat.png]', 'The **red** one.\n\n- Fast']);
    expect(chat?.messages[0]?.created_at).toBe('2026-01-02T03:04:05.000Z');
    const other = conversations.find((each) => each.id !== ID);
    expect(other?.messages[0]).toMatchObject({
      created_at: null,
      metadata: { time_as_written: '2. Jan. 2026, 03:05:00 MEZ' },
    });
  });

  it('takes for the date of a row of the page only the line before the answer, not dates that were asked about', () => {
    const cell = (inside: string) =>
      `<div class="outer-cell mdl-cell"><div class="mdl-grid"><div class="header-cell mdl-cell"><p class="mdl-typography--title">Gemini Apps<br></p></div><div class="content-cell mdl-cell mdl-typography--body-1">${inside}</div></div></div>`;
    const read = (inside: string) => adapter.readEmbedded(cell(inside)).conversations[0];
    const asked = read(
      'Prompted\u00a0Was the boat out on 5 May 2024 at 10:30?<br>Jan 2, 2026, 3:04:05\u202fAM UTC<br><p>Yes.</p>',
    );
    expect(shown(asked)).toEqual(['Was the boat out on 5 May 2024 at 10:30?', 'Yes.']);
    expect(asked?.messages[0]?.created_at).toBe('2026-01-02T03:04:05.000Z');
    const log = read(
      'Prompted\u00a0What is this?<br>2024-05-01 10:00:00 engine stopped<br>2024-05-01 10:00:09 anchor down<br>Jan 2, 2026, 3:04:05\u202fAM UTC<br><p>A log, from<br>2024-05-01 10:00:00 on.</p>',
    );
    expect(shown(log)).toEqual([
      'What is this?\n2024-05-01 10:00:00 engine stopped\n2024-05-01 10:00:09 anchor down',
      'A log, from\n2024-05-01 10:00:00 on.',
    ]);
    expect(log?.messages[0]?.created_at).toBe('2026-01-02T03:04:05.000Z');
  });

  it('turns plain HTML into Markdown, and never throws', () => {
    expect(
      htmlToMarkdown(
        '<h2>Title</h2><p>A <a href="https://a.example/">link</a>, <code>x &lt; y</code><br>next</p><ol start="3"><li><p>three</p><ul><li>deep</li></ul></li><li>four</li></ol><pre><code class="language-js">a &amp;&amp; b\n</code></pre><table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>a|b</td></tr></tbody></table><blockquote><p>said</p></blockquote><script>alert(1)</script><a href="javascript:x">bad</a>',
      ),
    ).toBe(
      '## Title\n\nA [link](https://a.example/), `x < y`\nnext\n\n3. three\n   - deep\n4. four\n\n```js\na && b\n```\n\n| A | B |\n| --- | --- |\n| 1 | a\\|b |\n\n> said\n\nbad',
    );
    const tag = fc.constantFrom(
      '<p>',
      '</p>',
      '<li>',
      '</ul>',
      '<table>',
      '<td>',
      '</tr>',
      '<pre>',
      '<a href="x',
      '<!--',
      '&#9999999;',
      '&amp',
      '</div>',
      'x',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(tag, fc.string())), (parts) => typeof htmlToMarkdown(parts.join('')) === 'string'),
    );
  });

  describe.skipIf(!fixtures)('in the fixtures', () => {
    it('reads the rows that were measured, and leaves what is no question', () => {
      const { conversations, warnings } = readFixture(
        'textindex-71517446425__MyActivity_measured_shape.json',
        'gemini',
      );
      expect(conversations.map(shown)).toEqual(
        expect.arrayContaining([
          ['fixture question', 'Answer part one.\n\nAnswer part two.'],
          ['[Image: image-1.png]', 'Image-only prompt answer.'],
        ]),
      );
      expect(conversations.map((each) => each.id)).toContain('26dfc929fd75fe3d');
      expect(warnings.map((warning) => warning.code)).toEqual(['other_activity', 'no_conversation_id']);
    });

    it('reads an answer of paragraphs and lists, and the file of the question', () => {
      const { conversations } = readFixture('dknedlik-OpenArchive__fixtures__gemini_export.json', 'gemini');
      expect(shown(conversations[0])).toEqual([
        'For tea which sweetener would be best',
        'The "best" sweetener for tea often depends on whether you\'re drinking black or green tea.\n\n- **Splenda:** Heat-stable and works well in hot tea.\n- **Honey:** Adds floral complexity.\n\nWould you like a recommendation for a specific brand?',
      ]);
      expect(conversations[0]?.messages[0]?.attachments.map((each) => each.name)).toEqual(['tea.txt']);
    });

    it('reads both variants of the small export, and not the other products', () => {
      expect(
        readFixture('davidmalko87-gemini-chat-exporter__fixtures__takeout_myactivity.json', 'gemini').conversations.map(
          shown,
        ),
      ).toEqual([
        ['What is the capital of France?'],
        ['Explain recursion briefly.', 'Recursion is when a function calls itself.'],
      ]);
      const { conversations } = adapter.readJson(
        JSON.parse(
          readFileSync(
            fixture('davidmalko87-gemini-chat-exporter__fixtures__takeout_conversations.json', 'gemini'),
            'utf8',
          ),
        ),
      );
      expect(conversations.map((each) => [each.id, each.title, shown(each)])).toEqual([
        [
          'cccc000000000001',
          'Capital of France',
          ['What is the capital of France?', 'The capital of France is Paris.'],
        ],
        ['cccc000000000002', 'Recursion explained', ['Explain recursion briefly.', 'A function that calls itself.']],
      ]);
    });
  });
});

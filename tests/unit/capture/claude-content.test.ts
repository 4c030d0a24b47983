import { describe, expect, it } from 'vitest';
import { ClaudeAdapter } from '../../../engine/capture/adapters/claude/index';
import type { CapturedMessage, ReadWarning } from '../../../engine/capture/index';

const adapter = new ClaudeAdapter();

type Block = Record<string, unknown> | string;

/** The messages of one branch: a question, then an answer of these blocks, then another question, and so on. */
function talk(...answers: Block[][]): { messages: CapturedMessage[]; warnings: ReadWarning[] } {
  const chat_messages = answers.flatMap((content, n) => [
    { uuid: `q${n}`, sender: 'human', content: [{ type: 'text', text: `Question ${n}` }] },
    { uuid: `a${n}`, sender: 'assistant', content, stop_reason: 'end_turn' },
  ]);
  const { conversations, warnings } = adapter.readJson({ uuid: 'c', chat_messages });
  return { messages: conversations[0]?.messages ?? [], warnings };
}

/** What an answer of these blocks says. */
const said = (...blocks: Block[]): string => talk(blocks).messages[1]?.markdown ?? '';
const text = (value: string, citations: unknown[] = []): Block => ({ type: 'text', text: value, citations });
const artifact = (input: Record<string, unknown>): Block => ({
  type: 'tool_use',
  name: 'artifacts',
  id: 'toolu',
  input,
});

/** A message of a person, with whatever fields. */
function question(fields: Record<string, unknown>): CapturedMessage | undefined {
  return adapter.readJson({ uuid: 'c', chat_messages: [{ uuid: 'q', sender: 'human', ...fields }] }).conversations[0]
    ?.messages[0];
}

const POISON = 'This block is not supported on your current device yet.';

describe('the words of a message', () => {
  it('are those of its content, never the text that an export gives beside it', () => {
    const { conversations } = adapter.readJson([
      {
        uuid: 'c',
        chat_messages: [
          { uuid: 'a', sender: 'assistant', text: `Said.\n\`\`\`\n${POISON}\n\`\`\`\n`, content: [text('Said.')] },
          { uuid: 'b', sender: 'assistant', text: `\`\`\`\n${POISON}\n\`\`\`\n\nOnly here.\n\n${POISON}`, content: [] },
          { uuid: 'c', sender: 'assistant', text: POISON, content: [{ type: 'thinking', thinking: 'Hm.' }] },
        ],
      },
    ]);
    expect(conversations[0]?.messages.map((m) => m.markdown)).toEqual(['Said.', 'Only here.', '']);
    expect(JSON.stringify(conversations)).not.toContain('not supported on your current device');
  });

  it('may speak of that sentence', () => {
    expect(said(text(`It says "${POISON}" there.`))).toBe(`It says "${POISON}" there.`);
  });

  it('go on in the middle of a sentence where blocks do, and part where something is between', () => {
    expect(said(text('One '), text('two'), text(', three.'), text('Four'))).toBe('One two, three.\n\nFour');
    expect(
      said(text('Before.'), { type: 'tool_use', name: 'web_search', input: { query: 'x' } }, text('\n\nAfter.')),
    ).toBe('Before.\n\nAfter.');
  });

  it('are not what the site puts beside them', () => {
    const asked = { type: 'text', text: 'When do peas go in?' };
    const put = {
      type: 'injected_prompt_block',
      prompt: 'What is remembered: …',
      injection_source: 'memory_block_head',
    };
    const { conversations, warnings } = adapter.readJson({
      uuid: 'c',
      chat_messages: [{ uuid: 'q', sender: 'human', content: [asked, put] }],
    });
    expect(conversations[0]?.messages[0]).toMatchObject({ markdown: 'When do peas go in?', metadata: {} });
    expect(warnings).toEqual([]);
  });

  it('keep a person’s Markdown as typed', () => {
    expect(question({ content: [{ type: 'text', text: '<antArtifact> \\(x\\) *a*\n    code' }] })?.markdown).toBe(
      '<antArtifact> \\(x\\) *a*\n    code',
    );
  });

  it('have math in dollars, code left alone', () => {
    expect(said(text('\\(a\\) and `\\(b\\)`'))).toBe('$a$ and `\\(b\\)`');
  });

  it('may be a string in place of blocks', () => {
    expect(said('Bare.')).toBe('Bare.');
    expect(question({ content: 'Bare question.' })?.markdown).toBe('Bare question.');
    expect(question({ content: { type: 'text', text: 'One block.' } })?.markdown).toBe('One block.');
  });
});

describe('thinking', () => {
  it('is the summaries where the thought itself is withheld', () => {
    const { messages } = talk([
      {
        type: 'thinking',
        thinking: '',
        thinking_hidden: true,
        summaries: [{ summary: 'Weighing.' }, { summary: 'Deciding.' }],
      },
      { type: 'redacted_thinking', data: 'x' },
      text('Answer.'),
    ]);
    expect(messages[1]).toMatchObject({ markdown: 'Answer.', metadata: { thinking: 'Weighing.\n\nDeciding.' } });
  });

  it('in old tags is taken out of the text', () => {
    const { messages } = talk([text('<antThinking>An artifact fits.</antThinking>\n\nHere it is.')]);
    expect(messages[1]).toMatchObject({ markdown: 'Here it is.', metadata: { thinking: 'An artifact fits.' } });
  });
});

describe('artifacts', () => {
  it('stand once, in their final words, where they were last changed', () => {
    const { messages, warnings } = talk(
      [
        text('Made.'),
        artifact({ command: 'create', id: 'x', title: 'Page', type: 'text/html', content: '<p>one</p>\n<p>one</p>' }),
      ],
      [artifact({ command: 'update', id: 'x', old_str: 'one', new_str: 'two $1' }), text('Changed.')],
      [text('Nothing new.')],
    );
    expect(warnings).toEqual([]);
    expect(messages.filter((m) => m.role === 'assistant').map((m) => m.markdown)).toEqual([
      'Made.\n\n[Artifact: Page]',
      '**Page**\n\n```html\n<p>two $1</p>\n<p>one</p>\n```\n\nChanged.',
      'Nothing new.',
    ]);
  });

  it('are named once in a message that changes them again and again', () => {
    const { messages } = talk(
      [
        artifact({ command: 'create', id: 'x', title: 'Page', type: 'text/html', content: 'a' }),
        artifact({ command: 'update', id: 'x', old_str: 'a', new_str: 'b' }),
        artifact({ command: 'update', id: 'x', old_str: 'b', new_str: 'c' }),
      ],
      [artifact({ command: 'rewrite', id: 'x', title: 'Page, again', content: 'all new' })],
    );
    expect(messages[1]?.markdown).toBe('[Artifact: Page]');
    expect(messages[3]?.markdown).toBe('**Page, again**\n\n```html\nall new\n```');
  });

  it.each([
    ['application/vnd.ant.code', 'rust', 'rust'],
    ['application/vnd.ant.react', null, 'jsx'],
    ['application/vnd.ant.mermaid', null, 'mermaid'],
    ['image/svg+xml', null, 'svg'],
    ['application/json', null, 'json'],
    ['text/plain', null, ''],
    ['application/x-new', null, ''],
  ])('of type %s are a code block', (type, language, shown) => {
    expect(said(artifact({ command: 'create', id: 'x', title: 'T', type, language, content: 'body' }))).toBe(
      `**T**\n\n\`\`\`${shown}\nbody\n\`\`\``,
    );
  });

  it('that are documents stay Markdown, with what they cite', () => {
    expect(
      said(
        artifact({
          command: 'create',
          id: 'x',
          title: 'Report',
          type: 'text/markdown',
          content: '# Report\n\nPrices rose.\n',
          md_citations: [
            { start_index: 10, end_index: 21, url: 'https://a.example/', title: 'A', origin_tool_name: 'web_search' },
          ],
        }),
      ),
    ).toBe('**Report**\n\n# Report\n\nPrices rose ([A](https://a.example/)).');
  });

  it('are fenced with more ticks than they hold', () => {
    expect(said(artifact({ command: 'create', id: 'x', title: 'T', type: 'text/html', content: '```\nx\n````' }))).toBe(
      '**T**\n\n`````html\n```\nx\n````\n`````',
    );
  });

  it('in old tags are replayed too', () => {
    const { messages } = talk(
      [
        text(
          'Here:\n\n<antArtifact identifier="w" type="application/vnd.ant.code" language="json" title="Way &quot;bar&quot;">\n{"a": 1}\n</antArtifact>\n\nDone.',
        ),
      ],
      [text('<antArtifact identifier="w" type="application/vnd.ant.code" language="json" title="Waybar">\n{"a": 2}')],
    );
    expect(messages[1]?.markdown).toBe('Here:\n\n[Artifact: Way "bar"]\n\nDone.');
    expect(messages[3]?.markdown).toBe('**Waybar**\n\n```json\n{"a": 2}\n```');
  });

  it('are not made of tags that are quoted in code', () => {
    const quoted = 'Write:\n\n```xml\n<antArtifact identifier="x" title="T">body</antArtifact>\n```\n\nand so on.';
    expect(said(text(quoted))).toBe(quoted);
  });

  it('keep a change that cannot be made, with a warning', () => {
    const { messages, warnings } = talk(
      [artifact({ command: 'create', id: 'x', title: 'Page', type: 'text/html', content: 'a' })],
      [artifact({ command: 'update', id: 'x', old_str: 'not there', new_str: 'b' }), text('Sorry.')],
      [artifact({ command: 'update', id: 'unseen', title: 'Unseen', old_str: 'a', new_str: 'b' })],
    );
    expect(warnings.map((w) => [w.code, w.where])).toEqual([
      ['artifact_change_unread', 'a1'],
      ['artifact_change_unread', 'a2'],
    ]);
    expect(messages[1]?.markdown).toContain('```html\na\n```');
    expect(messages[3]).toMatchObject({
      markdown: '[Artifact: Page]\n\nSorry.',
      metadata: { unknown_parts: [{ artifact: 'x', from: 'not there', to: 'b' }] },
    });
    expect(messages[5]?.markdown).toBe('[Artifact: Unseen]');
  });

  it('are as their own branch made them', () => {
    const block = (input: Record<string, unknown>) => [artifact(input)];
    const messages = [
      { uuid: 'q', sender: 'human', content: 'Make it.', parent_message_uuid: '00000000-0000-4000-8000-000000000000' },
      {
        uuid: 'a',
        sender: 'assistant',
        parent_message_uuid: 'q',
        content: block({ command: 'create', id: 'x', title: 'T', type: 'text/plain', content: 'base' }),
      },
      {
        uuid: 'l',
        sender: 'assistant',
        parent_message_uuid: 'a',
        content: block({ command: 'update', id: 'x', old_str: 'base', new_str: 'left' }),
      },
      {
        uuid: 'l2',
        sender: 'assistant',
        parent_message_uuid: 'l',
        content: block({ command: 'update', id: 'x', old_str: 'left', new_str: 'left again' }),
      },
      {
        uuid: 'r',
        sender: 'assistant',
        parent_message_uuid: 'a',
        content: block({ command: 'update', id: 'x', old_str: 'base', new_str: 'right' }),
      },
    ];
    const { conversations, warnings } = adapter.readJson({
      uuid: 'c',
      current_leaf_message_uuid: 'r',
      chat_messages: messages,
    });
    expect(warnings).toEqual([]);
    const by = new Map(conversations[0]?.messages.map((m) => [m.id, m.markdown]));
    expect(by.get('a')).toBe('[Artifact: T]');
    expect(by.get('r')).toBe('**T**\n\n```\nright\n```');
    expect(by.get('l')).toBe('[Artifact: T]');
    expect(by.get('l2')).toBe('**T**\n\n```\nleft again\n```');
  });

  it('are files that tools write, by every tool that writes them', () => {
    const { messages, warnings } = talk(
      [
        {
          type: 'tool_use',
          name: 'str_replace_based_edit_tool',
          input: { command: 'create', path: '/w/a.py', file_text: 'x = 1\ny = 2\n' },
        },
        {
          type: 'tool_use',
          name: 'str_replace_based_edit_tool',
          input: { command: 'str_replace', path: '/w/a.py', old_str: 'y = 2', new_str: 'y = 3' },
        },
        {
          type: 'tool_use',
          name: 'str_replace_based_edit_tool',
          input: { command: 'insert', path: '/w/a.py', insert_line: 0, insert_text: '# made\n' },
        },
      ],
      [
        {
          type: 'tool_use',
          name: 'create_file',
          input: {},
          display_content: {
            type: 'json_block',
            json_block: '{"filename":"/w/b.sh","language":"bash","code":"ls\\n"}',
          },
        },
      ],
      [
        {
          type: 'tool_use',
          name: 'compose',
          input: {},
          display_content: { type: 'code_block', filename: 'c.md', code: '# C' },
        },
      ],
      [
        {
          type: 'tool_use',
          name: 'visualize:show_widget',
          id: 'w1',
          input: { title: 'bed_plan', widget_code: '<svg></svg>' },
        },
      ],
    );
    expect(warnings).toEqual([]);
    expect(messages.filter((m) => m.role === 'assistant').map((m) => m.markdown)).toEqual([
      '**a.py**\n\n```python\n# made\nx = 1\ny = 3\n```',
      '**b.sh**\n\n```bash\nls\n```',
      '**c.md**\n\n# C',
      '**bed plan**\n\n```svg\n<svg></svg>\n```',
    ]);
  });
});

describe('tools', () => {
  it('are kept beside the answer, cut to a sane size, and are not its words', () => {
    const { messages, warnings } = talk([
      { type: 'tool_use', id: 't1', name: 'repl', input: { code: 'console.log(1)' } },
      { type: 'tool_result', tool_use_id: 't1', name: 'repl', content: '{"status":"success","logs":["1"]}' },
      {
        type: 'tool_use',
        id: 't2',
        name: 'bash_tool',
        input: { command: 'make' },
        display_content: { type: 'json_block', json_block: '{"language":"bash","code":"make","filename":"x"}' },
      },
      {
        type: 'tool_result',
        tool_use_id: 't2',
        is_error: true,
        content: [
          { type: 'text', text: 'x'.repeat(50_000) },
          { type: 'image', file_uuid: 'i' },
        ],
      },
      { type: 'tool_result', tool_use_id: 'lost', name: 'fetch', content: [{ type: 'text', text: 'A page.' }] },
      text('Done.'),
    ]);
    expect(warnings).toEqual([]);
    expect(messages[1]?.markdown).toBe('Done.');
    const tools = messages[1]?.metadata['tools'] as Array<Record<string, unknown>>;
    expect(tools).toMatchObject([
      { name: 'repl', input: { code: 'console.log(1)' }, result: '{"status":"success","logs":["1"]}' },
      { name: 'bash_tool', error: true, result_types: ['image'] },
      { name: 'fetch', result: 'A page.' },
    ]);
    expect(JSON.stringify(tools).length).toBeLessThan(5_000);
  });

  it('name the files that they made', () => {
    const { messages } = talk([
      { type: 'tool_use', id: 't', name: 'bash_tool', input: { command: 'make deck' } },
      {
        type: 'tool_result',
        tool_use_id: 't',
        content: [{ type: 'local_resource', file_path: '/mnt/user-data/outputs/deck.pptx', name: 'deck' }],
      },
      text('Here.'),
    ]);
    expect(messages[1]?.attachments).toEqual([
      { kind: 'file', name: 'deck.pptx', reference: '/mnt/user-data/outputs/deck.pptx' },
    ]);
  });

  it('that draw cards with words leave the words', () => {
    expect(
      said({
        type: 'tool_use',
        name: 'message_compose_v1',
        input: { variants: [{ label: 'Short', subject: 'Rent', body: 'Please pay.' }] },
      }),
    ).toBe('**Short**\n\n**Rent**\n\nPlease pay.');
    expect(
      said({
        type: 'tool_use',
        name: 'ask_user_input_v0',
        input: { questions: [{ question: 'Which bed?', options: ['North', 'South'] }] },
      }),
    ).toBe('Which bed?\n- North\n- South');
    expect(said({ type: 'tool_use', name: 'recipe_display_v0', input: { title: 'Soup' } })).toBe('[recipe: Soup]');
  });
});

describe('citations', () => {
  const cite = (end: number | null, url = 'https://a.example/x', more: Record<string, unknown> = {}) => ({
    uuid: url,
    start_index: 0,
    end_index: end,
    title: 'The title',
    url,
    metadata: { site_name: 'Site' },
    ...more,
  });

  it('are links after what they cite, by the name of their site', () => {
    expect(said(text('Prices rose. Then fell.', [cite(11)]))).toBe(
      'Prices rose ([Site](https://a.example/x)). Then fell.',
    );
    expect(
      said(
        text('Prices rose.', [
          cite(12, 'https://a.example/x', {
            sources: [
              { title: 'One', url: 'https://one.example' },
              { source: 'Two', url: 'https://two.example' },
            ],
          }),
        ]),
      ),
    ).toBe('Prices rose. ([One](https://one.example), [Two](https://two.example), [Site](https://a.example/x))');
  });

  it('count whole characters, and never split a word, a mark, a row or code', () => {
    expect(said(text('🌱🌱🌱🌱 grow. So be it.', [cite(9)]))).toBe(
      '🌱🌱🌱🌱 grow ([Site](https://a.example/x)). So be it.',
    );
    expect(said(text('Prices rose.', [cite(9)]))).toBe('Prices rose ([Site](https://a.example/x)).');
    expect(said(text('**bold** on', [cite(6)]))).toBe('**bold** ([Site](https://a.example/x)) on');
    expect(said(text('[t](https://t.example) on', [cite(2)]))).toBe(
      '[t](https://t.example) ([Site](https://a.example/x)) on',
    );
    expect(said(text('| a |\n| --- |\n| b |\nend', [cite(19)]))).toBe(
      '| a |\n| --- |\n| b ([Site](https://a.example/x)) |\nend',
    );
    expect(said(text('```\ncode\n```\nend', [cite(6)]))).toBe(
      '```\ncode\n```\nend\n\nSources:\n\n- [Site](https://a.example/x)',
    );
  });

  it('without a place are listed, each once; the message names them all', () => {
    const { messages } = talk([
      text('Words.', [
        cite(null),
        cite(9_999, 'https://b.example/'),
        cite(null),
        { details: { type: 'web_search_citation', url: 'https://c.example/' } },
        { title: 'No address' },
        null,
      ]),
    ]);
    expect(messages[1]?.markdown).toBe(
      'Words.\n\nSources:\n\n- [Site](https://a.example/x)\n- [Site](https://b.example/)\n- [c.example](https://c.example/)',
    );
    expect(messages[1]?.metadata['citations']).toHaveLength(3);
  });

  it('cannot smuggle a link that runs something, or marks of their own', () => {
    expect(said(text('Words.', [cite(6, 'javascript:alert(1)')]))).toBe('Words.');
    expect(
      said(
        text('Words.', [
          cite(6, 'https://a.example/)[x](javascript:1)', { metadata: { site_name: '](javascript:1)' } }),
        ]),
      ),
    ).toBe('Words. ([)(javascript:1)](https://a.example/%29[x]%28javascript:1%29))');
  });
});

describe('files', () => {
  it('pasted or attached, keep their text under their name', () => {
    const asked = question({
      text: '',
      content: [{ type: 'text', text: 'Look.' }],
      attachments: [
        { file_name: '', file_type: 'txt', extracted_content: 'pasted ```words```' },
        { file_name: 'a.py', extracted_content: 'x = 1\n' },
        { file_name: 'empty.bin', extracted_content: '' },
      ],
    });
    expect(asked?.markdown).toBe(
      'Look.\n\n**Pasted text**\n\n````\npasted ```words```\n````\n\n**a.py**\n\n```python\nx = 1\n```',
    );
    expect(asked?.attachments.map((each) => each.name)).toEqual(['Pasted text', 'a.py', 'empty.bin']);
  });

  it('that were pasted are one, though an export lists them twice without a name', () => {
    const read = question({
      content: [{ type: 'text', text: 'Read this' }],
      attachments: [{ file_name: '', file_type: 'txt', extracted_content: 'Peas climb.' }],
      files: [
        { file_uuid: 'f1', file_name: '' },
        { file_uuid: 'f2', file_name: 'bed.png' },
      ],
    });
    expect(read?.attachments.map(({ name, reference }) => [name, reference])).toEqual([
      ['bed.png', 'f2'],
      ['Pasted text', null],
    ]);
  });

  it('out of all size are cut, and say so', () => {
    const asked = question({
      content: [],
      attachments: [{ file_name: 'big.txt', extracted_content: 'y'.repeat(60_000) }],
    });
    expect(asked?.markdown.length).toBeLessThan(51_000);
    expect(asked?.markdown).toMatch(/\[The first 50000 of 60000 characters of big\.txt\]$/);
  });

  it('are named once, by whatever list names them; a message of nothing else says which', () => {
    const file = { file_uuid: 'f', file_name: 'plan.pdf', file_kind: 'document' };
    const asked = question({ content: [], files: [file], files_v2: [file], attachments: [{ file_name: 'plan.pdf' }] });
    expect(asked).toMatchObject({
      markdown: '[File: plan.pdf]',
      attachments: [{ kind: 'file', name: 'plan.pdf', reference: 'f' }],
    });
    const spoken = question({ content: [{ type: 'voice_note', title: 'Note', text: 'Said aloud.', file_uuid: 'v' }] });
    expect(spoken).toMatchObject({
      markdown: 'Said aloud.',
      attachments: [{ kind: 'audio', name: 'Note', reference: 'v' }],
    });
    const shown = question({
      content: [{ type: 'image', file_name: 'a]b.png', source: { type: 'url', url: 'https://x.example/a.png' } }],
    });
    expect(shown).toMatchObject({
      markdown: '[Image: ab.png]',
      attachments: [{ kind: 'image', reference: 'https://x.example/a.png' }],
    });
  });
});

describe('what is not known', () => {
  it('is kept as it came and shown by its type', () => {
    const odd = { type: 'quantum_leap', payload: { a: 1 } };
    const { messages, warnings } = talk([text('Before.'), odd, 7 as never, text('After.')]);
    expect(messages[1]).toMatchObject({
      markdown: 'Before.\n\n[quantum_leap]\n\n[number]\n\nAfter.',
      metadata: { unknown_parts: [odd, 7] },
    });
    expect(warnings.map((w) => w.code)).toEqual(['unknown_content_type', 'unknown_content_type']);
  });

  it('by somebody unknown is kept as the system’s', () => {
    const { conversations, warnings } = adapter.readJson({
      uuid: 'c',
      chat_messages: [{ uuid: 'x', sender: 'moderator', content: 'Hold on.' }],
    });
    expect(conversations[0]?.messages).toMatchObject([{ role: 'system', author: 'moderator', markdown: 'Hold on.' }]);
    expect(warnings.map((w) => w.code)).toEqual(['unknown_role']);
  });
});

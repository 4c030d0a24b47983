import { describe, expect, it } from 'vitest';
import { ChatGptAdapter, readText, type CapturedMessage } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';

const adapter = new ChatGptAdapter();
const open = '\uE200';
const sep = '\uE202';
const close = '\uE201';
type Record_ = Record<string, unknown>;
const answer = (content: Record_, more: Record_ = {}): Record_ => ({
  id: 'a',
  author: { role: 'assistant' },
  content,
  recipient: 'all',
  status: 'finished_successfully',
  end_turn: true,
  ...more,
});
const text = (...parts: unknown[]): Record_ => ({ content_type: 'text', parts });

/** The messages of a body with these records in a row. */
function read(...records: Record_[]): CapturedMessage[] {
  const all = [{ id: 'u', author: { role: 'user' }, content: text('Question') }, ...records].map((record, index) => ({
    ...record,
    id: `${String(record['id'])}${index}`,
  }));
  return adapter.readJson({ conversation_id: 'x', messages: all }).conversations[0]?.messages ?? [];
}

describe('the content of an answer', () => {
  it('writes math with dollars, as the page reading does, and leaves code as it is', () => {
    const [, message] = read(answer(text('Area is \\(\\pi r^2\\), so\n\n\\[\nA = \\pi\n\\]\n\nIn code: `\\(x\\)`')));
    expect(message?.markdown).toBe('Area is $\\pi r^2$, so\n\n$$\nA = \\pi\n$$\n\nIn code: `\\(x\\)`');
  });

  it('makes links of citations and drops markers that nothing explains', () => {
    const marker = `${open}cite${sep}turn0search3${close}`;
    const [, message] = read(
      answer(
        text(
          `Tides turn twice. ${marker} Not this ${open}filecite${sep}turn1file0${close}. In ${open}entity${sep}["city","Brest","port"]${close}, too.`,
        ),
        {
          metadata: {
            content_references: [
              {
                matched_text: marker,
                start_idx: 18,
                type: 'grouped_webpages',
                items: [
                  {
                    title: 'Tide [table]',
                    url: 'https://t.example/a_(b)',
                    supporting_websites: [{ title: 'More', url: 'https://m.example/' }],
                  },
                ],
              },
              { matched_text: ' ', type: 'sources_footnote', sources: [{ title: 'Foot', url: 'https://f.example/' }] },
            ],
          },
        },
      ),
    );
    expect(message?.markdown).toBe(
      'Tides turn twice. ([Tide \\[table\\]](https://t.example/a_%28b%29), [More](https://m.example/)) Not this. In Brest, too.',
    );
    expect(message?.metadata['citations']).toMatchObject([
      { url: 'https://t.example/a_(b)' },
      { url: 'https://m.example/' },
      { url: 'https://f.example/' },
    ]);
  });

  it('leaves what a marker says itself where nothing explains it: formulas, names, words of links', () => {
    const formula = JSON.stringify({ math_block_widget_always_prefetch_v2: { content: 'v = \\frac{s}{t}' } });
    const [, message] = read(
      answer(
        text(
          `The speed is\n${open}genui${sep}${formula}${close}\nas ${open}url${sep}the tables${sep}turn2view0${close} say; ` +
            `buy ${open}product${sep}["turn1product3","Log line",{"render_as":"hero"}]${close} or ` +
            `${open}products${sep}{"selections":[["t9","Reel"],["t8","Buoy"]]}${close}, ` +
            `${open}product_entity${sep}["t8","the buoy"]${close} first. ` +
            `${open}navlist${sep}Latest news${sep}turn0news1,turn0news2${close} ` +
            `${open}genui${sep}{"weather_forecast":{"location":"Brest"}}${close}`,
        ),
        { metadata: { content_references: [{ matched_text: `${open}genui${sep}${formula}${close}`, type: 'genui' }] } },
      ),
    );
    expect(message?.markdown).toBe(
      'The speed is\n\n$$\nv = \\frac{s}{t}\n$$\n\nas the tables say; buy Log line or Reel, Buoy, the buoy first. Latest news',
    );
  });

  it('takes no picture that would be fetched, and no link to nowhere, from what a reference says', () => {
    const marker = `${open}product${sep}["turn1product3","Log line"]${close}`;
    const alt = '**[Log line]()** €10\n\n![Image](https://images.example/line.png)';
    const [, message] = read(
      answer(text(`Take ${marker}`), {
        metadata: { content_references: [{ matched_text: marker, type: 'product', alt }] },
      }),
    );
    expect(message?.markdown).toBe('Take **Log line** €10');
  });

  it('links the numbers in brackets of 2023, by the number that a source names or by their order', () => {
    const source = (name: string, extra: unknown) => ({
      start_ix: 0,
      end_ix: 9,
      metadata: { type: 'webpage', title: name, url: `https://${name}.example/`, extra },
    });
    const said = (citations: unknown[]) =>
      read(answer(text('Ebb【7†source】 and flow【3†source】.'), { metadata: { citations } }))[1]?.markdown;
    const shown = 'Ebb ([ebb](https://ebb.example/)) and flow ([flow](https://flow.example/)).';
    const numbered = (name: string, number: number) => source(name, { cited_message_idx: number });
    expect(said([numbered('flow', 3), numbered('ebb', 7), numbered('neap', 9)])).toBe(shown);
    expect(said([source('ebb', null), source('flow', null)])).toBe(shown);
    expect(said([source('ebb', null)])).toBe('Ebb and flow.');
  });

  it('joins references to markers by their order where an export says no more', () => {
    const cite = (at: string) => `${open}cite${sep}${at}${close}`;
    const file = `${open}filecite${sep}turn0file0${sep}L3-L8${close}`;
    const page = (title: string) => ({ title, url: `https://${title.toLowerCase()}.example/` });
    const [, message] = read(
      answer(text(`Ebb ${cite('turn0search0')} and flow ${cite('turn0search4')}, as in ${file}.`), {
        metadata: {
          content_references: [
            { type: 'grouped_webpages', items: [page('Ebb')] },
            { type: 'grouped_webpages', items: [page('Flow')] },
            { type: 'file', name: 'tides.pdf', input_pointer: { line_range_start: 3, line_range_end: 8 } },
            { type: 'sources_footnote', sources: [page('Ebb')] },
          ],
        },
      }),
    );
    expect(message?.markdown).toBe(
      'Ebb ([Ebb](https://ebb.example/)) and flow ([Flow](https://flow.example/)), as in (tides.pdf).',
    );
  });

  it('joins the parts of one turn, leaves tools out and keeps thoughts apart', () => {
    const messages = read(
      answer(
        { content_type: 'thoughts', thoughts: [{ summary: 'Tides', content: 'The moon, then.' }] },
        { status: 'in_progress' },
      ),
      answer(text('Looking it up.'), { channel: 'commentary', end_turn: false }),
      answer({ content_type: 'code', text: 'search("SECRET")' }, { recipient: 'web.run' }),
      { id: 't', author: { role: 'tool', name: 'web.run' }, content: text('SECRET'), recipient: 'all' },
      answer(text('Twice a day.'), { channel: 'final', metadata: { model_slug: 'gpt-5-6' } }),
    );
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatchObject({
      id: 'a5',
      markdown: 'Looking it up.\n\nTwice a day.',
      model: 'gpt-5-6',
      finished: true,
      metadata: { merged_ids: ['a2'], thinking: '**Tides**\n\nThe moon, then.' },
    });
    expect(JSON.stringify(messages)).not.toContain('SECRET');
  });

  it('keeps what was said on the way to an answer with its thoughts, as the page does', () => {
    const preamble = { is_thinking_preamble_message: true };
    const messages = read(
      answer(text('I look at the tables first.'), { channel: 'commentary', end_turn: false, metadata: preamble }),
      answer({ content_type: 'thoughts', thoughts: [{ summary: 'Tides', content: 'The moon, then.' }] }),
      answer(
        { content_type: 'reasoning_recap', content: 'Thought for 4s' },
        { metadata: { finished_duration_sec: 4 } },
      ),
      answer(text('Twice a day.'), { channel: 'final' }),
    );
    expect(messages).toHaveLength(2);
    expect(messages[1]).toMatchObject({
      markdown: 'Twice a day.',
      finished: true,
      metadata: { thought_seconds: 4, thinking: 'I look at the tables first.\n\n**Tides**\n\nThe moon, then.' },
    });
  });

  it('joins an answer that was cut at the token limit as it was cut, between words and within one', () => {
    const cut = { end_turn: null, metadata: { finish_details: { type: 'max_tokens' } } };
    const [, message] = read(
      answer(text('The ebb\n2. '), cut),
      answer(text('runs out, then the flo'), cut),
      answer(text('od comes'), cut),
      answer(text(' in.')),
    );
    expect(message?.markdown).toBe('The ebb\n2. runs out, then the flood comes in.');
  });

  it.each([
    [
      ':::writing{variant="email" id="48317" subject="Peas"} Hi,\n\nplease sow.\n:::\n\nShorter?',
      '**Peas**\n\nHi,\n\nplease sow.\n\nShorter?',
    ],
    [
      'Here:\n\n:::writing{variant="document" id="1" title="README {draft}"}\n# Peas\n:::',
      'Here:\n\n**README {draft}**\n\n# Peas',
    ],
    ['Here:\n\n:::writing{variant="document" id="1"}\n# Pe', 'Here:\n\n# Pe'],
  ])('takes a draft out of its frame: %j', (said, shown) => {
    expect(read(answer(text(said)))[1]?.markdown).toBe(shown);
  });

  it('shows a canvas as it was made and after each change', () => {
    const messages = read(
      answer(text(JSON.stringify({ name: 'Tide clock', type: 'code/python', content: 'a = 1\n' })), {
        recipient: 'canmore.create_textdoc',
        end_turn: false,
      }),
      answer(text('Here it is.')),
      { id: 'u', author: { role: 'user' }, content: text('Make it 2') },
      answer(text(JSON.stringify({ updates: [{ pattern: 'a = \\d', multiple: false, replacement: 'a = 2' }] })), {
        recipient: 'canmore.update_textdoc',
      }),
    );
    expect(messages[1]?.markdown).toBe('**Tide clock**\n\n```python\na = 1\n```\n\nHere it is.');
    expect(messages[3]?.markdown).toContain('a = 2');
  });

  it('finds the report of a Deep Research answer in the state of its widget', () => {
    const state = JSON.stringify({ report_message: { content: text('# Report\n\nTides.') } });
    const messages = read({
      id: 't',
      author: { role: 'tool', name: 'api_tool' },
      content: text('{}'),
      metadata: { chatgpt_sdk: { widget_state: state } },
    });
    expect(messages[1]).toMatchObject({ role: 'assistant', markdown: '# Report\n\nTides.' });
  });

  it('marks an answer that is being written, whatever its thoughts say', () => {
    const [, message] = read(answer(text('Twi'), { status: 'in_progress', end_turn: null }));
    expect(message?.finished).toBe(false);
  });

  it('takes an answer that its reader stopped for no longer being written', () => {
    const metadata = { finish_details: { type: 'interrupted' } };
    const [, message] = read(answer(text('Twi'), { status: 'in_progress', end_turn: null, metadata }));
    expect(message).toMatchObject({ finished: true, metadata: { finish_reason: 'interrupted' } });
  });

  it('takes an answer of a picture for finished when the unseen end of the turn says so', () => {
    const picture = { content_type: 'image_asset_pointer', asset_pointer: 'sediment://file_1' };
    const unseen = { is_visually_hidden_from_conversation: true };
    const end = answer(text(''), { channel: 'final', metadata: unseen });
    const made = {
      id: 't',
      author: { role: 'tool', name: 't2uay3k' },
      content: { content_type: 'multimodal_text', parts: [picture] },
      status: 'finished_successfully',
    };
    expect(read(made, end)[1]).toMatchObject({ markdown: '[Image]', finished: true });
    expect(read(made, { ...end, status: 'in_progress', end_turn: null })[1]).toMatchObject({ finished: false });
    expect(read(made, answer(text('Now'), { end_turn: false, metadata: unseen }))[1]).toMatchObject({
      finished: false,
    });
  });

  it('keeps a part that it does not know, and says so', () => {
    const part = { content_type: 'hologram', beam: 1 };
    const messages = [part, ['How?', part]].map((parts, index) => ({
      ...answer(
        { content_type: 'multimodal_text', parts: [parts].flat() },
        index === 1 ? { author: { role: 'user' } } : {},
      ),
      id: `m${index}`,
    }));
    const { conversations, warnings } = adapter.readJson({ conversation_id: 'x', messages });
    expect(conversations[0]?.messages).toMatchObject([
      { role: 'assistant', markdown: '[Unread content: hologram]', metadata: { unread: [part] } },
      { role: 'user', markdown: 'How?', metadata: { unread: [part] } },
    ]);
    expect(warnings).toMatchObject([
      { code: 'unknown_content_type', where: 'm0' },
      { code: 'unknown_content_type', where: 'm1' },
    ]);
  });

  it('reads records in which everything may be null', () => {
    const mapping = {
      a: null,
      b: { message: null },
      c: {
        id: 'c',
        parent: 'b',
        children: null,
        message: {
          id: null,
          author: { role: 'user' },
          content: { content_type: 'text', parts: [null, 'Hi'] },
          metadata: null,
        },
      },
    };
    const { conversations } = adapter.readJson({ title: null, mapping, current_node: null, create_time: null });
    expect(conversations[0]?.messages).toMatchObject([{ id: 'c', markdown: 'Hi' }]);
  });
});

describe('a file', () => {
  const options = { adapters: [adapter], parseHtml, name: 'x.json' };
  const one = {
    id: 'x',
    mapping: { a: { id: 'a', message: { id: 'a', author: { role: 'user' }, content: text('Hi') } } },
  };

  it('is read with a byte order mark, as lines, in an envelope, in an archive, and in a page', () => {
    const archive = {
      log: {
        entries: [
          {
            request: { method: 'GET', url: 'https://chatgpt.com/backend-api/conversation/x' },
            response: { content: { text: JSON.stringify(one) } },
          },
        ],
      },
    };
    const forms = [
      `\uFEFF${JSON.stringify([one])}`,
      `${JSON.stringify(one)}\n${JSON.stringify({ ...one, id: 'y' })}\n`,
      JSON.stringify({ conversations: [one] }),
      JSON.stringify(archive),
      `<html><body><pre>${JSON.stringify(one)}</pre></body></html>`,
    ];
    for (const form of forms)
      expect(readText(form, options).conversations[0]).toMatchObject({ id: 'x', messages: [{ markdown: 'Hi' }] });
  });

  it('that is cut off gives what is whole, and says where it broke', () => {
    const result = readText(`${JSON.stringify([one, { ...one, id: 'y' }]).slice(0, -40)}`, options);
    expect(result.conversations.map((conversation) => conversation.id)).toEqual(['x']);
    expect(result.warnings.map((warning) => warning.code)).toEqual(
      expect.arrayContaining(['broken_json', 'unreadable_record']),
    );
  });

  it('that is one conversation, cut off, gives its messages before the cut', () => {
    const node = (id: string, parent: string | null, role: string) => ({
      id,
      parent,
      children: [],
      message: { id, author: { role }, content: { content_type: 'text', parts: [`I am "${id}" {`] } },
    });
    const text = JSON.stringify({
      conversation_id: 'cut',
      title: 'Cut',
      mapping: { a: node('a', null, 'user'), b: node('b', 'a', 'assistant'), c: node('c', 'b', 'user') },
      current_node: 'c',
    });
    for (const form of [text, `{"conversations":[${text}]}`]) {
      const { conversations, warnings } = readText(form.slice(0, form.indexOf('I am \\"c') + 4), options);
      expect(conversations[0]).toMatchObject({ id: 'cut', messages: [{ id: 'a' }, { id: 'b' }] });
      expect(warnings[0]).toMatchObject({ code: 'broken_json', message: expect.stringContaining('line 1') as string });
    }
  });

  it.each([
    ['', /is empty/],
    ['just words', /neither JSON nor HTML/],
    ['{"a": 1,\n "b": }', /x\.json is not valid JSON.*line 2/s],
    ['{"items": []}', /holds no conversation/],
    ['PK\u0003\u0004zip', /ZIP/],
  ])('that is %j is refused with the reason', (input, reason) => {
    expect(() => readText(input, options)).toThrow(reason);
    expect(() => readText(input, options)).toThrow(expect.objectContaining({ code: 'bad_input' }));
  });
});

describe('addresses', () => {
  it('tells conversations, shares, temporary chats and other pages apart', () => {
    expect(adapter.classifyPage('https://chatgpt.com/g/g-p-1-work/c/abc?model=x')).toMatchObject({
      conversationId: 'abc',
      supported: true,
      share: false,
    });
    expect(adapter.classifyPage('https://chatgpt.com/share/abc')).toMatchObject({ conversationId: 'abc', share: true });
    expect(adapter.classifyPage('https://chatgpt.com/?temporary-chat=true')).toMatchObject({
      conversationId: null,
      temporary: true,
      supported: true,
    });
    expect(adapter.classifyPage('https://chatgpt.com/library')).toMatchObject({ supported: false });
    expect(adapter.classifyPage('https://example.com/c/abc')).toBeNull();
  });

  it('tells what a request is for', () => {
    const kind = (url: string, method = 'GET'): unknown => adapter.classifyRequest(`https://chatgpt.com${url}`, method);
    expect(kind('/backend-api/conversation/abc')).toMatchObject({ kind: 'conversation', conversationId: 'abc' });
    expect(kind('/backend-api/conversations/abc?num_turns=10')).toMatchObject({
      kind: 'conversation',
      conversationId: 'abc',
    });
    expect(kind('/backend-api/conversations/abc/messages?before=m1')).toMatchObject({ kind: 'page', before: 'm1' });
    expect(kind('/backend-api/f/conversation', 'POST')).toMatchObject({ kind: 'stream' });
    expect(kind('/backend-api/conversation/abc', 'PATCH')).toMatchObject({ kind: 'mutation' });
    for (const url of [
      '/backend-api/conversations?offset=0',
      '/backend-api/conversation/init',
      '/backend-api/conversation/abc/stream_status',
      '/backend-api/me',
    ])
      expect(kind(url)).toBeNull();
  });
});

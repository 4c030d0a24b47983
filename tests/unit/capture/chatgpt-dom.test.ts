import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChatGptAdapter } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';
import { blockMath, codeBlocks, fixture, fixtures, inlineMath, listed, only, readFixture } from './fixtures';

const adapter = new ChatGptAdapter();
const page = readFileSync(new URL('../../fixtures/capture/chatgpt-page.html', import.meta.url), 'utf8');
const expected = readFileSync(new URL('../../fixtures/capture/chatgpt-page.md', import.meta.url), 'utf8').trim();
const URL_C = 'https://chatgpt.com/c/tides-1';

describe('a chatgpt page', () => {
  it('is read as a person sees it', () => {
    const { conversations, warnings, health } = adapter.readDom(parseHtml(page), URL_C);
    expect(warnings).toEqual([]);
    expect(health).toEqual({ turnsSeen: 2, turnsRead: 2, turnsUnmounted: 0, streaming: false, state: 'ok' });
    expect(conversations[0]).toMatchObject({
      id: 'tides-1',
      title: 'Tide tables',
      strategy: 'dom',
      coverage: 'all',
      complete: true,
      url: URL_C,
    });
    const [question, answer] = conversations[0]?.messages ?? [];
    expect(question).toMatchObject({
      id: 'q1',
      role: 'user',
      markdown: 'When is high water?\nAnswer in two lines & a formula.',
      attachments: [{ kind: 'file', name: 'harbour.csv' }],
    });
    expect(answer?.markdown).toBe(expected);
    expect(answer).toMatchObject({
      id: 'a1',
      parent_id: 'q1',
      model: 'gpt-5-6',
      finished: true,
      metadata: { merged_ids: ['a1-intro'], citations: [{ title: 'Tides', url: 'https://tides.example/gull-rock' }] },
    });
  });

  it('is not changed by reading it', () => {
    const document = parseHtml(page);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, URL_C);
    expect(document.documentElement.outerHTML).toBe(before);
  });

  it('marks the answer that is being written, and reads what grew since', () => {
    const document = parseHtml(page);
    adapter.readDom(document, URL_C);
    const form = document.querySelector('form') as HTMLFormElement;
    const stop = document.createElement('button');
    stop.setAttribute('data-testid', 'stop-button');
    form.appendChild(stop);
    const paragraph = document.createElement('p');
    paragraph.textContent = 'And one more';
    document.querySelector('[data-message-id="a1"] .markdown')?.appendChild(paragraph);
    const { conversations, health } = adapter.readDom(document, URL_C);
    expect(health.streaming).toBe(true);
    expect(conversations[0]?.complete).toBe(false);
    expect(conversations[0]?.messages.map((message) => message.finished)).toEqual([true, false]);
    expect(conversations[0]?.messages[1]?.markdown).toMatch(/And one more$/);
  });

  it('says "some" when a turn is not mounted, and does not join what is left around it', () => {
    const document = parseHtml(
      `<main>
        <div data-turn-id-container="client-created-root"></div>
        <div data-turn-id-container="u1"></div>
        <div><section data-testid="conversation-turn-2" data-turn="assistant"><div data-message-author-role="assistant" data-message-id="a1"><p>First answer</p></div></section></div>
        <div data-turn-id-container="u2" style="--last-known-height: 40px"></div>
        <div><section data-testid="conversation-turn-4" data-turn="assistant"><div data-message-author-role="assistant" data-message-id="a2"><p>Second answer</p></div></section></div>
        <form data-type="unified-composer"></form>
      </main>`.replace(/^/, '<html><body>'),
    );
    const { conversations, health } = adapter.readDom(document, URL_C);
    expect(health).toMatchObject({ turnsSeen: 4, turnsRead: 2, turnsUnmounted: 2 });
    expect(conversations[0]).toMatchObject({ coverage: 'some', complete: false });
    expect(conversations[0]?.messages.map((message) => [message.id, message.parent_id])).toEqual([
      ['a1', null],
      ['a2', null],
    ]);
  });

  it('tells a page that it no longer understands from one that shows no conversation', () => {
    const empty = parseHtml('<html><body><main>What can I help with?</main></body></html>');
    expect(adapter.readDom(empty, URL_C).health.state).toBe('drift');
    expect(adapter.readDom(empty, 'https://chatgpt.com/').health.state).toBe('empty');
  });

  it('gives nothing for a live page whose address names no conversation yet', () => {
    expect(adapter.readDom(parseHtml(page), 'https://chatgpt.com/?temporary-chat=true').conversations).toEqual([]);
  });
});

describe.skipIf(!fixtures)('saved chatgpt pages', () => {
  it.each(listed().filter((file) => file.endsWith('.html')))('%s is byte for byte the same after reading', (file) => {
    const html = readFileSync(fixture(basename(file)), 'utf8');
    const document = parseHtml(/<html[\s>]/i.test(html) ? html : `<html><head></head><body>${html}</body></html>`);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, URL_C, { saved: true });
    expect(document.documentElement.outerHTML === before).toBe(true);
  });

  it.each(listed())('%s has roles in turn, no interface words and nothing left of markers', (file) => {
    for (const conversation of readFixture(basename(file)).conversations) {
      expect(conversation.messages.length).toBeGreaterThan(0);
      for (const message of conversation.messages) {
        expect(message.markdown.trim()).not.toBe('');
        expect(message.markdown).not.toMatch(
          /[\uE200-\uE206]|Copy code|Copiar código|코드 복사|ChatGPT said:|You said:|나의 말:|Show more\s*$/,
        );
        expect(codeBlocks(message.markdown) % 1).toBe(0);
      }
    }
  });

  it('reads the formatting showcase: every kind of block once', () => {
    const [, answer] = only(
      readFixture('nuncaeslupus-ai-chat-exporter__chatgpt__formatting-showcase-2026-07.html'),
    ).messages;
    const text = answer?.markdown ?? '';
    expect(answer?.model).toBe('gpt-5-5');
    expect(text).toMatch(
      /^## Fictional Widget Factory\n\n\*\*Bold\*\* \*italic\* `widget\.init\(\)` and \[example\.com\]\(https:\/\/example\.com\?utm_source=chatgpt\.com\) power/,
    );
    expect(text).toContain('- Red widgets\n  - Tested daily\n');
    expect(text).toContain('1. Assemble casing.\n2. Package widgets.');
    expect(text).toContain(
      '| Widget | Batch | Status |\n| --- | --- | --- |\n| Alpha | F-101 | Ready |\n| Beta | F-102 | Packed |',
    );
    expect(text).toContain(
      '```python\nfactory = "Fictional"\nwidgets = ["Alpha", "Beta"]\ncount = len(widgets)\nfor w in widgets:\n    print(w)\n',
    );
    expect(text).toContain('```json\n{\n  "factory": "Fictional"\n}\n```');
    expect(text).toContain('Inline: $E = mc^2$\n\n$$\n\\sum_{i=1}^{3} i = 6\n$$');
    expect([codeBlocks(text), inlineMath(text), blockMath(text)]).toEqual([2, 1, 1]);
  });

  it('reads the long capture: 13 questions and answers, all code and tables', () => {
    const conversation = only(readFixture('nuncaeslupus-ai-chat-exporter__chatgpt__real-capture.html'));
    expect(conversation.id).toBe('00000000-0000-4000-8000-000000000001');
    expect(conversation.messages.map((message) => message.role)).toEqual(
      Array.from({ length: 26 }, (_, n) => (n % 2 === 0 ? 'user' : 'assistant')),
    );
    const text = conversation.messages.map((message) => message.markdown).join('\n\n');
    expect(codeBlocks(text)).toBe(33);
    expect(text.match(/^\| (?:--- \| ?)+$/gm)).toHaveLength(11);
    expect(conversation.messages[21]?.model).toBe('gpt-4-1-mini');
  });

  it('does not join answers across turns that a virtualised page has unmounted', () => {
    const conversation = only(readFixture('YongseopKim-llm-chat-exporter__edges__chatgpt_001.html'));
    expect(conversation.coverage).toBe('some');
    expect(conversation.messages.map((message) => message.role)).toEqual([
      'user',
      'assistant',
      'assistant',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(conversation.messages[2]?.parent_id).toBeNull();
    expect(conversation.messages[0]?.markdown.split('\n')).toHaveLength(5);
    expect(conversation.messages[1]?.markdown).toContain(
      '- [Data center opponents stage 142 protests across 42 US states](https://www.reuters.com/',
    );
  });

  it('keeps the citations of the air purifier answer where they stand, and its table', () => {
    const [, answer] = only(readFixture('kepano-defuddle__fixtures__extractor--chatgpt-citations.html')).messages;
    const text = answer?.markdown ?? '';
    expect(text.match(/\(\[(?:US EPA|WIRED|TechRadar)\]\(https:/g)).toHaveLength(9);
    expect(answer?.metadata['citations']).toHaveLength(4);
    expect(text).toContain('✅ True HEPA filter  \n✅ CADR appropriate');
    expect(text).toContain('| Budget level | Mid-range | Mid-to-premium | Budget-to-mid |');
    expect(text).toContain('#### 1. **CADR (Clean Air Delivery Rate)');
  });

  it('joins what was said before and after a thought, and names the file of a question', () => {
    const [, answer] = only(
      readFixture('kepano-defuddle__fixtures__extractor--chatgpt-post-thought-content.html'),
    ).messages;
    expect(answer?.markdown.split('\n\n')).toHaveLength(3);
    expect(answer?.markdown).not.toContain('Thought for');
    const pdf = only(readFixture('YongseopKim-llm-chat-exporter__edges__chatgpt_002.html'));
    const [file] = pdf.messages[0]?.attachments ?? [];
    expect({ ...file, name: file?.name.normalize('NFC') }).toEqual({
      kind: 'file',
      name: '신용대출 상품안내 _ 신한은행 개인뱅킹.pdf'.normalize('NFC'),
      reference: null,
    });
  });

  it('puts a placeholder where a report is in a frame, and says so', () => {
    const result = readFixture('nuncaeslupus-ai-chat-exporter__chatgpt__deep-research-2026-07.html');
    expect(only(result).messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(only(result).messages[1]?.markdown).toMatch(/^\[Deep Research report/);
    expect(result.warnings.map((warning) => warning.code)).toContain('unreadable_frame');
  });

  it('leaves out what nobody said in a malformed page', () => {
    const result = readFixture('voropaevv-local-ai-chat-exporter__chatgpt__malformed.html');
    expect(only(result).messages.map((message) => message.markdown)).toEqual([
      'Readable prompt with broken nesting.',
      'Readable answer survives malformed DOM.',
    ]);
    const advanced = only(readFixture('voropaevv-local-ai-chat-exporter__chatgpt__advanced-content.html'));
    expect(advanced.messages[1]?.markdown).not.toContain('Need to compare source quality');
    expect(advanced.messages[1]?.markdown).toContain('$p < 0.05$');
  });
});

describe('a list that is moved while it is saved', () => {
  it('holds an answer once that is drawn twice', () => {
    const turn = (number: number, role: string, id: string, text: string) =>
      `<section data-testid="conversation-turn-${number}"><div data-message-author-role="${role}" data-message-id="${id}"><div class="markdown"><p>${text}</p></div></div></section>`;
    const document = parseHtml(
      `<html><body>${turn(1, 'user', 'q', 'Peas?')}${turn(2, 'assistant', 'a', 'In')}${turn(2, 'assistant', 'a', 'In March')}</body></html>`,
    );
    const [conversation] = adapter.readDom(document, URL_C).conversations;
    expect(conversation?.messages.map(({ id, markdown }) => [id, markdown])).toEqual([
      ['q', 'Peas?'],
      ['a', 'In March'],
    ]);
  });
});

describe('a page of 2025', () => {
  const read = (html: string) =>
    adapter.readDom(parseHtml(`<html><body><main>${html}</main></body></html>`), URL_C).conversations[0]?.messages;
  const answer = (id: string, text: string) =>
    `<div data-message-author-role="assistant" data-message-id="${id}"><div class="markdown prose"><p>${text}</p></div></div>`;
  const canvas = (body: string) =>
    `<div role="button" id="textdoc-message-69027c00" class="popover"><div class="sticky"><span class="truncate font-semibold">Pea diary</span><button>Copy</button></div>${body}</div>`;

  it('holds a canvas where it stands in the answer that made it', () => {
    const document = canvas('<div class="markdown prose ProseMirror"><h1>Peas</h1><p>Sown in <b>May</b>.</p></div>');
    const code = canvas('<div class="cm-editor"><div class="cm-content"><div class="cm-line">sow()</div></div></div>');
    const turn = (inside: string) =>
      `<article data-testid="conversation-turn-2" data-turn="assistant"><div class="my-1"><span>Thought for 18s</span></div>${inside}</article>`;
    const shown = '**Pea diary**\n\n# Peas\n\nSown in **May**.';
    expect(read(turn(document))?.map(({ markdown }) => markdown)).toEqual([shown]);
    expect(read(turn(answer('a1', 'I write.') + document + answer('a2', 'Done.')))).toMatchObject([
      { id: 'a2', markdown: `I write.\n\n${shown}\n\nDone.` },
    ]);
    expect(read(turn(code))?.[0]?.markdown).toBe('**Pea diary**\n\n```\nsow()\n```');
    expect(
      read(turn(`<div data-message-author-role="assistant" data-message-id="a1">${document}</div>`))?.[0]?.markdown,
    ).toBe('Pea diary\n\n# Peas\n\nSown in **May**.');
  });

  it('takes a question for one although a document stands in it', () => {
    const pasted = canvas('<div class="ProseMirror"><p>All my notes</p></div>');
    expect(
      read(
        `<article data-testid="conversation-turn-1">${pasted}<div data-message-author-role="user" data-message-id="q"><div class="whitespace-pre-wrap">Read it</div></div></article>`,
      ),
    ).toMatchObject([{ id: 'q', role: 'user', markdown: 'Read it' }]);
  });

  it('names the file of a question whose tile has no label', () => {
    const tile =
      '<div class="group relative"><div class="truncate font-semibold">peas.zip</div><div class="truncate">Zip Archive</div></div>';
    expect(
      read(
        `<article data-testid="conversation-turn-1" data-turn="user"><div data-message-author-role="user" data-message-id="q"><div>${tile}</div><div class="user-message-bubble-color"><div class="whitespace-pre-wrap">Unpack it</div></div></div></article>`,
      ),
    ).toMatchObject([{ markdown: 'Unpack it', attachments: [{ kind: 'file', name: 'peas.zip' }] }]);
  });
});

describe('a page whose source a tool has formatted', () => {
  const read = (html: string) =>
    adapter.readDom(parseHtml(`<html><body>${html}</body></html>`), URL_C).conversations[0]?.messages[0]?.markdown;

  it('holds the question without the lines that the tool broke', () => {
    expect(
      read(`
        <div data-message-author-role="user" data-message-id="q">
            <div class="whitespace-pre-wrap">Write about peas and
              beans, please.

              Two paragraphs.</div>
        </div>`),
    ).toBe('Write about peas and beans, please.\n\nTwo paragraphs.');
  });

  it('holds what a person indented as it was typed where it has not', () => {
    expect(
      read(
        '<div data-message-author-role="user" data-message-id="q"><div class="whitespace-pre-wrap">Why?\n        if peas:\n            sow()</div></div>',
      ),
    ).toBe('Why?\n        if peas:\n            sow()');
  });
});

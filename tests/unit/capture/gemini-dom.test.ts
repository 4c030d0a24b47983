import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GeminiAdapter } from '../../../engine/capture/adapters/gemini/index';
import { liveConversation } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';
import { answerOf } from '../../harness/gemini-site';
import { codeBlocks, fixture, fixtures, inlineMath, listed, only, readFixture } from './fixtures';

const adapter = new GeminiAdapter();
const page = readFileSync(new URL('../../fixtures/capture/gemini-page.html', import.meta.url), 'utf8');
const expected = readFileSync(new URL('../../fixtures/capture/gemini-page.md', import.meta.url), 'utf8').trim();
const URL_C = 'https://gemini.google.com/app/a1b2c3d4e5f60718';

describe('a gemini page', () => {
  it('is read as a person sees it', () => {
    const { conversations, warnings, health } = adapter.readDom(parseHtml(page), URL_C);
    expect(warnings).toEqual([]);
    expect(health).toEqual({ turnsSeen: 2, turnsRead: 4, turnsUnmounted: 0, streaming: false, state: 'ok' });
    expect(conversations[0]).toMatchObject({
      id: 'a1b2c3d4e5f60718',
      title: 'Tide tables',
      strategy: 'dom',
      // Older turns load when the history is scrolled to its top, and nothing says that there are none.
      coverage: 'some',
      metadata: { mode: 'Pro' },
    });
    const [question, answer, second, document] = conversations[0]?.messages ?? [];
    expect(question).toMatchObject({
      id: 'r_00000000000000a1:user',
      role: 'user',
      markdown: 'When is high water?\n\n    Answer with <b> & $h^2$\n\n[Image]',
      attachments: [
        { kind: 'file', name: 'harbour.csv' },
        { kind: 'image', name: 'image', reference: null },
      ],
    });
    expect(answer?.markdown).toBe(expected);
    expect(answer).toMatchObject({
      id: 'r_00000000000000a1',
      parent_id: 'r_00000000000000a1:user',
      model: null,
      finished: true,
      metadata: {
        thinking: '**Looking it up**\n\nThe harbour has a table.',
        citations: [{ title: 'The almanac', url: 'https://almanac.example/' }],
      },
    });
    expect(second).toMatchObject({ parent_id: 'r_00000000000000a1', markdown: 'Write it up.' });
    expect(document?.markdown).toBe(
      'Here is the document.\n\n## Tides of Gull Rock\n\nTwice a day the sea comes in.\n\nAsk for more.',
    );
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
    const body = document.querySelectorAll('.markdown-main-panel')[1];
    body?.setAttribute('aria-busy', 'true');
    const more = document.createElement('p');
    more.textContent = 'And one more';
    body?.append(more);
    const { conversations, health } = adapter.readDom(document, URL_C);
    expect(health.streaming).toBe(true);
    expect(conversations[0]?.messages.map((message) => message.finished)).toEqual([true, true, true, false]);
    expect(conversations[0]?.messages[3]?.markdown).toMatch(/And one more$/);
  });

  it('does not join what is left around a turn that is not loaded', () => {
    const turn = (id: string, text: string) =>
      `<div class="conversation-container" id="${id}">${text === '' ? '' : `<user-query><p class="query-text-line">${text}</p></user-query><model-response><message-content><div class="markdown">Re ${text}</div></message-content></model-response>`}</div>`;
    const html = `<html><body><infinite-scroller>${turn('a1', 'One')}${turn('a2', '')}${turn('a3', 'Three')}</infinite-scroller></body></html>`;
    const { conversations, health } = adapter.readDom(parseHtml(html), URL_C);
    expect(health).toMatchObject({ turnsSeen: 3, turnsUnmounted: 1 });
    expect(conversations[0]).toMatchObject({ coverage: 'some', complete: false });
    expect(conversations[0]?.messages.map((message) => [message.id, message.parent_id])).toEqual([
      ['r_a1:user', null],
      ['r_a1', 'r_a1:user'],
      ['r_a3:user', null],
      ['r_a3', 'r_a3:user'],
    ]);
  });

  it('knows a temporary chat, a Gem by its name, and a title that is of another chat', () => {
    const gem = page
      .replace('<chat-window class="immersives-mode">', '<chat-window class="is-temporary-chat">')
      .replace(
        '<main class="chat-app">',
        '<main><div class="bot-info-card"><div class="bot-name-container">Sea captain</div></div>',
      );
    const { conversations } = adapter.readDom(
      parseHtml(gem),
      'https://gemini.google.com/gem/sea-captain/ffee000000000009',
    );
    expect(conversations[0]).toMatchObject({
      title: null,
      metadata: { temporary: true, assistant: { id: 'sea-captain', name: 'Sea captain' } },
    });
  });

  it('tells a page that it no longer understands from one that shows no conversation', () => {
    const empty = parseHtml('<html><body><main>Hello, Ruta</main></body></html>');
    expect(adapter.readDom(empty, URL_C).health.state).toBe('drift');
    expect(adapter.readDom(empty, 'https://gemini.google.com/app').health.state).toBe('empty');
    expect(adapter.readDom(parseHtml(page), 'https://gemini.google.com/app').conversations).toEqual([]);
  });

  it('takes hostile HTML for text, and reads on', () => {
    const piece = fc.constantFrom(
      '<img src=x onerror=alert(1)>',
      '<script>alert(1)</script>',
      '<a href="javascript:alert(1)">x</a>',
      '</model-response>',
      '<user-query>',
      '<message-content>',
      '<pre><code>',
      '<div class="conversation-container" id="evil">',
      '<immersive-entry-chip>',
      '<table><td>',
      '<iframe src="https://evil.example/"></iframe>',
      '<span data-math="$$">',
      'words',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const document = parseHtml(page.replace('<h3>High water</h3>', pieces.join('')));
        const before = document.documentElement.outerHTML;
        const { conversations } = adapter.readDom(document, URL_C);
        expect(document.documentElement.outerHTML === before).toBe(true);
        expect(JSON.stringify(conversations)).not.toMatch(/javascript:|<script|onerror=/);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a live gemini page', () => {
  const body = (turns: unknown[], next: string | null = null) => ({
    type: 'body' as const,
    url: 'https://gemini.google.com/_/BardChatUi/data/batchexecute?rpcids=hNvQHb&source-path=%2Fapp',
    method: 'POST',
    body: adapter.parseBody(answerOf('hNvQHb', [turns, next])),
  });
  const turn = (id: string, text: string, parent: string | null) => [
    ['c_a1b2c3d4e5f60718', `r_${id}`],
    parent === null ? null : ['c_a1b2c3d4e5f60718', `r_${parent}`],
    [[text]],
    [[[`rc_${id}`, [`Re ${text}`], null, null, null, null, null, null, [2]]], null, null, `rc_${id}`],
    [1_788_000_000, 0],
  ];

  it('is known by its JSON and by its page under the same ids', () => {
    const live = liveConversation(adapter, { now: () => Date.parse('2026-09-01T00:00:00Z') });
    live.observe({ type: 'navigated', url: URL_C });
    const seen = live.observe(body([turn('00000000000000a1', 'When is high water?', null)]));
    expect(seen.current).toMatchObject({ coverage: 'all', strategy: 'json-pages' });
    const view = live.observe({ type: 'dom', url: URL_C, result: adapter.readDom(parseHtml(page), URL_C) });
    const ids = view.current?.messages.map((message) => message.id) ?? [];
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, 2)).toEqual(['r_00000000000000a1:user', 'r_00000000000000a1']);
    // What the bodies leave out is taken from the page.
    expect(view.current?.title).toBe('Tide tables');
  });

  it('takes a body for the conversation that it names, wherever the page was', () => {
    const live = liveConversation(adapter, { now: () => Date.parse('2026-09-01T00:00:00Z') });
    live.observe({ type: 'navigated', url: 'https://gemini.google.com/app/ffee000000000001' });
    live.observe(body([turn('00000000000000a1', 'Early', null)]));
    const view = live.observe({ type: 'navigated', url: URL_C });
    expect(view.current?.messages[0]?.markdown).toBe('Early');
    expect(view.wanted).toBeNull();
  });

  it('shows a question and answer just given without another read', () => {
    const live = liveConversation(adapter, { now: () => Date.parse('2026-09-01T00:00:00Z') });
    live.observe({ type: 'navigated', url: URL_C });
    live.observe(body([turn('00000000000000a1', 'One', null)]));
    const inner: unknown[] = [['Two'], ['en'], ['c_a1b2c3d4e5f60718', 'r_00000000000000a1', 'rc_1']];
    const form = new URLSearchParams({ 'f.req': JSON.stringify([null, JSON.stringify(inner)]) }).toString();
    const reader = adapter.wire.readStream(form);
    const ids = ['c_a1b2c3d4e5f60718', 'r_00000000000000a2'];
    const candidate = ['rc_2', ['Re Two'], null, null, null, null, null, null, [2]];
    live.observe({
      type: 'stream',
      streamId: '1',
      news: reader.push(answerOf(null, [null, ids]).split('25\n')[0] ?? ''),
    });
    reader.push(answerOf(null, [null, ids, null, null, [candidate]]));
    const view = live.observe({ type: 'stream', streamId: '1', news: reader.close() });
    expect(view.current).toMatchObject({ coverage: 'all', complete: true });
    expect(view.current?.messages.map((message) => message.markdown)).toEqual(['One', 'Re One', 'Two', 'Re Two']);
    expect(view.wanted).toBeNull();
  });
});

describe.skipIf(!fixtures)('saved gemini pages', () => {
  const files = listed('gemini').map((file) => basename(file));

  it.each(files.filter((file) => file.endsWith('.html')))('%s is byte for byte the same after reading', (file) => {
    const html = readFileSync(fixture(file, 'gemini'), 'utf8');
    const document = parseHtml(/<html[\s>]/i.test(html) ? html : `<html><head></head><body>${html}</body></html>`);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, URL_C, { saved: true });
    expect(document.documentElement.outerHTML === before).toBe(true);
  });

  it.each(files.filter((file) => !/sidebar|scrollback/.test(file)))('%s has no interface words in it', (file) => {
    for (const conversation of readFixture(file, 'gemini').conversations) {
      expect(conversation.site).toBe('gemini');
      for (const message of conversation.messages) {
        expect(message.markdown.trim()).not.toBe('');
        expect(message.markdown).not.toMatch(
          /You said|Show thinking|Opens in a new window|Copy prompt|코드 복사|content_copy|volume_up/,
        );
        expect(codeBlocks(message.markdown) % 1).toBe(0);
      }
    }
  });

  it('reads the live capture of 2026: turns, title, mathematics, and the canvas by its name', () => {
    const conversation = only(readFixture('nuncaeslupus-ai-chat-exporter__gemini__real-capture.html', 'gemini'));
    expect(conversation).toMatchObject({
      id: 'f1x7u0e0000000b2',
      title: 'Paper airplane aerodynamics',
      metadata: { mode: 'Flash' },
    });
    expect(conversation.messages.map((message) => message.id)).toEqual([
      'r_c686dff8a50c68d8:user',
      'r_c686dff8a50c68d8',
      'r_aac9aec5d20abeae:user',
      'r_aac9aec5d20abeae',
      'r_b9b8f264a58b7813:user',
      'r_b9b8f264a58b7813',
    ]);
    expect(inlineMath(conversation.messages[3]?.markdown ?? '')).toBe(6);
    const last = conversation.messages[5];
    expect(last?.attachments).toEqual([{ kind: 'file', name: 'The Aerodynamics of Paper Flight', reference: null }]);
    expect(last?.markdown).toContain('[Document: The Aerodynamics of Paper Flight]');
    expect(last?.markdown).toContain('  - Primary: `#2563eb` (Royal Blue)');
  });

  it('reads a Deep Research report as part of the answer that made it, its sources and thoughts apart', () => {
    const conversation = only(
      readFixture('nuncaeslupus-ai-chat-exporter__gemini__deep-research-2026-07.html', 'gemini'),
    );
    expect(conversation.messages.map((message) => message.role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    const [question, plan, start, report] = conversation.messages;
    expect(question?.markdown.split('\n')).toHaveLength(64);
    expect(plan?.markdown).toContain('**Cross-Sectional Equity Cost Study**\n\n1. Placeholder text.');
    expect(start?.markdown).toBe('Start research');
    expect(report?.markdown).toMatch(
      /^I've completed your research\. [^\n]+\n\n# Feasibility Report: Rules-Based Equity Sleeves for Retail Portfolios\n\n## Executive Verdict\n/,
    );
    expect(report?.metadata['citations']).toHaveLength(3);
    expect(report?.metadata['thinking']).toMatch(/^\*\*Broker Fee Breakdown\*\*\n\nI am starting/);
  });

  it('reads a page of 2025, whose address only its elements say', () => {
    const conversation = only(
      readFixture('revivalstack-ai-chat-exporter__reference-html-dom__gemini-dom.html', 'gemini'),
    );
    expect(conversation.id).toBe('829340ea21df78de');
    expect(conversation.messages[0]).toMatchObject({
      id: 'r_a90a6a0004767ad3:user',
      markdown:
        "i'm inspecting the gemini chat page for creating an export tool, can you give me a short response only",
    });
    expect(conversation.messages.map((message) => message.role)).toEqual(
      Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? 'user' : 'assistant')),
    );
  });

  it('reads code and tables without containers around them', () => {
    const english = only(readFixture('sotayamashita-gemini-chat-exporter____fixtures____gemini-en.html', 'gemini'));
    expect(english.messages.map((message) => message.markdown)).toEqual([
      'Demo prompt',
      'Demo response paragraph.\n\n- Alpha\n- Beta\n\n```markdown\n# Demo\n\nconsole.log("hello");\n```\n\n| Col | Val |\n| --- | --- |\n| A | 1 |',
    ]);
    const shapes = only(
      readFixture('rashidazarang-chatgpt-chat-exporter__fixtures__gemini-live-shapes.html', 'gemini'),
    );
    expect(shapes.messages[1]?.markdown).toContain('```javascript\nfunction audit() {\n  return "gemini";\n}\n```');
    const piece = only(readFixture('YongseopKim-llm-chat-exporter__mermaid__gemini.html', 'gemini'));
    expect(piece.messages[0]?.markdown).toMatch(/^```mermaid\nflowchart TD\n {4}subgraph "Phase 1/);
  });

  it('finds no conversation in a sidebar, nor in a page that is still loading', () => {
    for (const part of ['sidebar', 'scrollback-loading-dom'])
      expect(() =>
        readFixture(`revivalstack-ai-chat-exporter__reference-html-dom__gemini-${part}.html`, 'gemini'),
      ).toThrow(/no conversation that can be read/);
  });
});

describe('gemini pages of other kinds', () => {
  it('reads a shared copy, whose answers have no speaker of their own', () => {
    const document = parseHtml(
      `<html><body><share-landing-page><h1>Peas</h1></share-landing-page>
      <share-turn-viewer id="a1"><user-query><div class="query-text"><span class="cdk-visually-hidden">You said</span><p class="query-text-line"> When? </p></div></user-query><response-container><div class="response-container"><message-content><div class="markdown"><p>In March.</p></div></message-content></div></response-container></share-turn-viewer>
      <share-turn-viewer id="a2"><user-query><div class="query-text"><p class="query-text-line"> Why? </p></div></user-query><response-container><message-content><div class="markdown"><p>Frost.</p></div></message-content></response-container></share-turn-viewer></body></html>`,
    );
    const [conversation] = adapter.readDom(document, 'https://gemini.google.com/share/abc123def456').conversations;
    expect(conversation).toMatchObject({ coverage: 'all', complete: true });
    expect(conversation?.messages.map(({ id, role, markdown }) => [id, role, markdown])).toEqual([
      ['r_a1:user', 'user', 'When?'],
      ['r_a1', 'assistant', 'In March.'],
      ['r_a2:user', 'user', 'Why?'],
      ['r_a2', 'assistant', 'Frost.'],
    ]);
  });

  it('leaves a link in its sentence', () => {
    const document = parseHtml(
      `<html><body><div class="conversation-container" id="b1"><user-query><p class="query-text-line">Where?</p></user-query><model-response><message-content><div class="markdown"><p>See <response-element><link-block><a href="https://garden.example/">the garden</a></link-block></response-element> for more.</p></div></message-content></model-response></div></body></html>`,
    );
    const [conversation] = adapter.readDom(document, 'https://gemini.google.com/app/abc123').conversations;
    expect(conversation?.messages[1]?.markdown).toBe('See [the garden](https://garden.example/) for more.');
  });

  it('has the lines of an open editor as they stand, without what floats over them', () => {
    const line = (top: number, text: string) =>
      `<div style="top:${top}px;height:19px" class="view-line"><span>${text}</span></div>`;
    const read = adapter.readDom(
      parseHtml(`<html><body><div class="conversation-container" id="00000000000000a1"><user-query><div class="query-text"><p class="query-text-line">Code?</p></div></user-query>
        <model-response><message-content id="message-content-id-r_00000000000000a1"><div class="markdown" aria-busy="false"><p>Here:</p></div></message-content></model-response></div>
        <code-immersive-panel><h2 class="title-text">Peas</h2><div class="monaco-editor"><div class="line-numbers">1</div><div class="view-lines">${line(38, 'water()')}${line(0, 'dig()')}${line(19, 'sow()')}</div>
        <div class="monaco-hover"><div class="markdown-hover"><p>Puts seeds into soil.</p></div></div></div></code-immersive-panel></body></html>`),
      URL_C,
    );
    expect(read.conversations[0]?.messages[1]?.markdown).toBe('Here:\n\n**Peas**\n\n```\ndig()\nsow()\nwater()\n```');
  });

  it('reads a report that was saved without its chat, its sources apart', () => {
    const document = parseHtml(
      `<html><body><deep-research-immersive-panel><h2 class="title-text">Peas</h2><message-content><div class="markdown"><h1>Peas in March</h1><p>They like it cool.</p></div></message-content>
      <deep-research-source-lists><div class="used-sources"><a href="https://peas.example/"><div class="domain">peas.example</div><div class="sub-title">On peas</div></a></div></deep-research-source-lists></deep-research-immersive-panel></body></html>`,
    );
    const [conversation] = adapter.readDom(document, '', { saved: true }).conversations;
    expect(conversation?.messages[0]).toMatchObject({
      role: 'assistant',
      markdown: '# Peas in March\n\nThey like it cool.',
      metadata: { citations: [{ title: 'On peas', url: 'https://peas.example/' }] },
    });
  });

  it('has the notes of a report as links to the sources they stand for', () => {
    const note = (place: number) =>
      `<span><span><response-element><!----><source-footnote class="ng-star-inserted"><sup class="superscript" data-turn-source-index="${place}"></sup></source-footnote><!----></response-element></span></span>`;
    const source = (address: string, title: string) =>
      `<browse-web-item><a href="${address}"><span class="link-content"><img class="favicon" src="x"><div class="display-name">site</div><div class="sub-title">${title}</div></span><span class="cdk-visually-hidden">Opens in a new window</span></a></browse-web-item>`;
    const document = parseHtml(
      `<html><body><deep-research-immersive-panel><h2 class="title-text">Peas</h2><message-content><div class="markdown"><h1>Peas in March</h1><p><span>They like it cool</span>${note(2)}<span>, not wet</span>${note(1)}${note(2)}<span>.</span>${note(9)}</p></div></message-content>
      <deep-research-source-lists><div class="source-list used-sources">${source('https://peas.example/a', 'On peas')}${source('https://www.beans.example/', '')}</div><div class="source-list unused-sources">${source('https://corn.example/', 'Corn')}</div></deep-research-source-lists></deep-research-immersive-panel></body></html>`,
    );
    const [conversation] = adapter.readDom(document, '', { saved: true }).conversations;
    expect(conversation?.messages[0]?.markdown).toBe(
      '# Peas in March\n\nThey like it cool ([www.beans.example](https://www.beans.example/)), not wet ([On peas](https://peas.example/a)) ([www.beans.example](https://www.beans.example/)).',
    );
  });

  it('has a file that was made by its whole name', () => {
    const document = parseHtml(
      `<html><body><div class="conversation-container" id="b1"><user-query><p class="query-text-line">A list, as a file</p></user-query><model-response><message-content><div class="markdown"><p>Your file is ready</p><generated-file><div class="chip-lr"><img class="file-icon-lr" src="x" alt="CSV icon"><div data-test-id="file-name" class="file-name-lr" title="peas.csv"> peas </div><div class="file-type-lr"> CSV </div><button>Open</button></div></generated-file></div></message-content></model-response></div></body></html>`,
    );
    const [conversation] = adapter.readDom(document, 'https://gemini.google.com/app/abc123').conversations;
    expect(conversation?.messages[1]).toMatchObject({
      markdown: 'Your file is ready\n\n[Document: peas.csv]',
      attachments: [{ kind: 'file', name: 'peas.csv' }],
    });
  });

  it('writes a card that is a link as one line, and no file that is in its address', () => {
    const document = parseHtml(
      `<html><body><div class="conversation-container" id="b1"><user-query><p class="query-text-line">Where?</p></user-query><model-response><message-content><div class="markdown"><p>See:</p><a href="https://garden.example/"><div>garden.example</div><div>The garden</div></a><p><a href="data:text/plain;base64,AAAA">plan.txt</a></p></div></message-content></model-response></div></body></html>`,
    );
    const [conversation] = adapter.readDom(document, 'https://gemini.google.com/app/abc123').conversations;
    expect(conversation?.messages[1]?.markdown).toBe(
      'See:\n\n[garden.example The garden](https://garden.example/)\n\nplan.txt',
    );
  });
});

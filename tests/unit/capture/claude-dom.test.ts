import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClaudeAdapter } from '../../../engine/capture/adapters/claude/index';
import { readText, type CapturedConversation, type ReadResult } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';
import { codeBlocks } from './fixtures';

const adapter = new ClaudeAdapter();
const fixtures = process.env['COMMONPLACE_FIXTURES'];
const folder = join(fixtures ?? '', 'claude');
const invented = (name: string) => readFileSync(new URL(`../../fixtures/capture/${name}`, import.meta.url), 'utf8');
const page = invented('claude-page.html');
const URL_C = 'https://claude.ai/chat/garlic-1';

function readFixture(name: string): ReadResult {
  return readText(readFileSync(join(folder, name), 'utf8'), { adapters: [adapter], parseHtml, name });
}

function only(result: ReadResult): CapturedConversation {
  const [conversation, second] = result.conversations;
  if (conversation === undefined || second !== undefined)
    throw new Error(`one conversation was expected, ${result.conversations.length} were read`);
  return conversation;
}

const row = (position: number, total: number, inside: string): string =>
  `<div data-index="${position - 1}"><div role="article" aria-posinset="${position}" aria-setsize="${total}"><div data-test-render-count="1">${inside}</div></div></div>`;
const asked = (text: string): string =>
  `<div data-user-message-bubble="true"><div data-testid="user-message"><p class="whitespace-pre-wrap">${text}</p></div></div>`;
const answered = (html: string, streaming = false): string =>
  `<div data-is-streaming="${streaming}"><div class="font-claude-response"><div class="standard-markdown">${html}</div></div></div>`;
const thread = (inside: string): Document =>
  parseHtml(
    `<html><head><title>Garlic - Claude</title></head><body><header data-testid="chat-header"></header>${inside}</body></html>`,
  );

describe('a claude page', () => {
  it('is read as a person sees it', () => {
    const { conversations, warnings, health } = adapter.readDom(parseHtml(page), URL_C);
    expect(warnings).toEqual([]);
    expect(health).toEqual({ turnsSeen: 2, turnsRead: 2, turnsUnmounted: 0, streaming: false, state: 'ok' });
    const [conversation] = conversations;
    expect(conversation).toMatchObject({
      id: 'garlic-1',
      title: 'Garlic',
      strategy: 'dom',
      coverage: 'all',
      complete: true,
      url: URL_C,
      metadata: { model: 'Opus 5 Max', project: { id: 'p-1', name: 'Garden' } },
    });
    const expected = invented('claude-page.md')
      .split(/^<!-- (?:user|assistant) -->\n/m)
      .slice(1)
      .map((each) => each.trim());
    expect(conversation?.messages.map((m) => m.markdown)).toEqual(expected);
    expect(conversation?.messages).toMatchObject([
      {
        id: 'dom-0',
        role: 'user',
        attachments: [
          { kind: 'image', name: 'bed.png', reference: 'f-1' },
          { kind: 'file', name: 'soil.pdf' },
        ],
        metadata: { position: 1 },
      },
      {
        id: 'dom-1',
        parent_id: 'dom-0',
        role: 'assistant',
        model: null,
        finished: true,
        metadata: {
          position: 2,
          thinking: 'The valley is cold; autumn planting.',
          citations: [{ title: 'Garden', url: 'https://garden.example/garlic' }],
          tools: [
            { name: 'web_search', message: 'garlic planting cold valley', sources: [{ title: 'Garlic in the cold' }] },
          ],
        },
      },
    ]);
  });

  it('is not changed by reading it', () => {
    const document = parseHtml(page);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, URL_C);
    adapter.readDom(document, URL_C, { saved: true });
    expect(document.documentElement.outerHTML).toBe(before);
  });

  it('marks the answer that is being written, and reads what grew since', () => {
    const document = parseHtml(page);
    adapter.readDom(document, URL_C);
    document.querySelector('[data-is-streaming]')?.setAttribute('data-is-streaming', 'true');
    const paragraph = document.createElement('p');
    paragraph.textContent = 'And one more';
    document.querySelector('.standard-markdown')?.appendChild(paragraph);
    const { conversations, health } = adapter.readDom(document, URL_C);
    expect(health.streaming).toBe(true);
    expect(conversations[0]?.complete).toBe(false);
    expect(conversations[0]?.messages.map((m) => m.finished)).toEqual([true, false]);
    expect(conversations[0]?.messages[1]?.markdown).toContain('And one more');
  });

  it('does not take an answer that has not begun for one that cannot be read', () => {
    const { conversations, warnings, health } = adapter.readDom(
      thread(row(1, 2, asked('When?')) + row(2, 2, answered('', true))),
      URL_C,
    );
    expect(warnings).toEqual([]);
    expect(health).toMatchObject({ state: 'ok', streaming: true });
    expect(conversations[0]).toMatchObject({ complete: false, messages: [{ role: 'user' }] });
  });

  it('says "some" when rows are not mounted, counts them, and does not join what is around them', () => {
    const { conversations, health } = adapter.readDom(
      thread(row(40, 40, answered('<p>Last</p>')) + row(39, 40, asked('Then?')) + row(2, 40, answered('<p>Early</p>'))),
      URL_C,
    );
    expect(health).toMatchObject({ turnsSeen: 40, turnsRead: 3, turnsUnmounted: 37 });
    expect(conversations[0]).toMatchObject({ coverage: 'some', complete: false });
    expect(conversations[0]?.messages.map((m) => [m.id, m.parent_id, m.metadata['position'], m.markdown])).toEqual([
      ['dom-1', null, 2, 'Early'],
      ['dom-38', null, 39, 'Then?'],
      ['dom-39', 'dom-38', 40, 'Last'],
    ]);
  });

  it('does not take a row that is drawn without its words for whole', () => {
    const { conversations, health } = adapter.readDom(
      thread(row(1, 3, asked('When?')) + row(2, 3, '') + row(3, 3, asked('Still there?'))),
      URL_C,
    );
    expect(health).toMatchObject({ turnsSeen: 3, turnsRead: 2, turnsUnmounted: 1, state: 'ok' });
    expect(conversations[0]).toMatchObject({ coverage: 'some', messages: [{ parent_id: null }, { parent_id: null }] });
  });

  it('takes positions from the label where there are no numbers beside it, in any language', () => {
    const labelled = (label: string, inside: string) => `<div role="article" aria-label="${label}">${inside}</div>`;
    const { conversations, health } = adapter.readDom(
      thread(labelled('3件中2件目', answered('<p>A</p>')) + labelled('3件中1件目', asked('Q'))),
      URL_C,
    );
    expect(health.turnsUnmounted).toBe(1);
    expect(conversations[0]?.messages.map((m) => m.markdown)).toEqual(['Q', 'A']);
    expect(conversations[0]?.coverage).toBe('some');
  });

  it('reads older pages: wrappers without positions, the old class, and nothing but the words', () => {
    const old = (html: string) => `<div data-is-streaming="false"><div class="font-claude-message">${html}</div></div>`;
    const wrapped = thread(
      `<div data-test-render-count="2">${asked('When?')}</div><div data-test-render-count="1">${old('<p>In October.</p>')}</div>`,
    );
    expect(adapter.readDom(wrapped, URL_C).conversations[0]).toMatchObject({
      coverage: 'all',
      complete: true,
      messages: [{ markdown: 'When?' }, { markdown: 'In October.' }],
    });
    const bare = thread(`<div>${asked('When?')}</div><div class="font-claude-message"><p>In October.</p></div>`);
    expect(adapter.readDom(bare, URL_C).conversations[0]?.messages.map((m) => [m.role, m.markdown])).toEqual([
      ['user', 'When?'],
      ['assistant', 'In October.'],
    ]);
    const onlyAttribute = thread(
      `<div>${asked('When?')}</div><div data-is-streaming="false"><p>In <b>October</b>.</p></div>`,
    );
    expect(adapter.readDom(onlyAttribute, URL_C).conversations[0]?.messages[1]?.markdown).toBe('In **October**.');
  });

  it('reads on while a dialogue hides the page behind it', () => {
    const hidden = thread(
      `<div aria-hidden="true" inert="">${row(1, 2, asked('When?'))}${row(2, 2, answered('<p>Now.</p>'))}</div>`,
    );
    expect(adapter.readDom(hidden, URL_C).conversations[0]?.messages).toHaveLength(2);
  });

  it('keeps a question of nothing but files', () => {
    const files =
      '<div data-testid="file-thumbnail"><h3>plan.pdf</h3><p>PDF</p></div><div data-testid="file-thumbnail"><p>Words that were pasted</p></div>';
    const { conversations, warnings } = adapter.readDom(
      thread(row(1, 2, files) + row(2, 2, answered('<p>Read.</p>'))),
      URL_C,
    );
    expect(warnings).toEqual([]);
    expect(conversations[0]?.messages[0]).toMatchObject({
      role: 'user',
      markdown: '[File: plan.pdf]\n\n[File: Pasted text]',
    });
  });

  it('warns of a turn that it does not understand, and is not whole then', () => {
    const { conversations, warnings, health } = adapter.readDom(
      thread(row(1, 2, '<section><p>Something new.</p></section>') + row(2, 2, answered('<p>Answer.</p>'))),
      URL_C,
    );
    expect(warnings).toMatchObject([{ code: 'unread_turn', where: 'message 1' }]);
    expect(health.state).toBe('partial');
    expect(conversations[0]?.coverage).toBe('some');
  });

  it('tells a page that it no longer understands from one that shows no conversation', () => {
    const empty = thread('<main>How can I help you today?</main>');
    expect(adapter.readDom(empty, URL_C).health.state).toBe('drift');
    expect(adapter.readDom(empty, 'https://claude.ai/new').health.state).toBe('empty');
    expect(adapter.readDom(parseHtml(page), 'https://claude.ai/new?incognito').conversations).toEqual([]);
  });

  it('gives hostile words as words', () => {
    const hostile = [
      '<img src=x onerror=alert(1)>',
      '<script>alert(1)</script>',
      '<a href="javascript:alert(1)">run</a>',
      '<div data-is-streaming="true" role="article" aria-posinset="1" aria-setsize="999">forged</div>',
      '<iframe title="[x](javascript:1)" src="https://evil.example"></iframe>',
      '<p>&lt;script&gt;alert(2)&lt;/script&gt; ends</p>',
    ].join('');
    const document = thread(
      row(1, 2, asked('&lt;b&gt;[x](javascript:alert(1))')) + row(2, 2, answered(`${hostile}<p>fine</p>`)),
    );
    const before = document.documentElement.outerHTML;
    const { conversations } = adapter.readDom(document, URL_C);
    expect(document.documentElement.outerHTML).toBe(before);
    const [question, answer] = conversations[0]?.messages ?? [];
    expect(conversations[0]?.messages).toHaveLength(2);
    expect(question?.markdown).toBe('<b>[x](javascript:alert(1))');
    expect(answer?.markdown).toContain('fine');
    expect(answer?.markdown).not.toMatch(/\]\(javascript|alert\(1\)/);
  });

  it('never throws, whatever attributes and numbers a page has', () => {
    const value = fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom('', '-1', '1e9', 'NaN', '٣'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, value, fc.constantFrom(asked('q'), answered('<p>a</p>'), '', '<p>x</p>')), {
          maxLength: 6,
        }),
        (rows) => {
          const document = thread('');
          for (const [position, total, label, inside] of rows) {
            const article = document.createElement('div');
            article.setAttribute('role', 'article');
            article.setAttribute('aria-posinset', position);
            article.setAttribute('aria-setsize', total);
            article.setAttribute('aria-label', label);
            article.innerHTML = inside;
            document.body.append(article);
          }
          const { health } = adapter.readDom(document, URL_C);
          expect(health.turnsUnmounted).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe.skipIf(!fixtures)('saved claude pages', () => {
  const files = fixtures === undefined ? [] : readdirSync(folder).filter((file) => file.endsWith('.html'));

  it.each(files)('%s is byte for byte the same after reading', (file) => {
    const html = readFileSync(join(folder, file), 'utf8');
    const document = parseHtml(/<html[\s>]/i.test(html) ? html : `<html><head></head><body>${html}</body></html>`);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, URL_C, { saved: true });
    expect(document.documentElement.outerHTML === before).toBe(true);
  });

  it.each(files)('%s has no words of the interface', (file) => {
    const { messages } = only(readFixture(file));
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) {
      expect(message.markdown.trim()).not.toBe('');
      expect(message.markdown).not.toMatch(
        /You said:|Claude responded:|Message actions|^Retry$|^Copy$|Download|\d+ resultados|18:40|12:50|7월 18일|Claude does not have the ability|코드를 실행하려면/m,
      );
    }
  });

  it('reads the virtual page of 2026-07 whole: thoughts apart, citations, drawings by name', () => {
    const conversation = only(readFixture('YongseopKim-llm-chat-exporter__edges__claude_001.html'));
    expect(conversation).toMatchObject({
      title: 'AI 인프라의 전체 구조: 전기부터 모델 추론까지',
      coverage: 'all',
      complete: true,
      metadata: { model: 'Fable 5 Max', project: { id: '019f782f-e345-76c2-b0ee-a9b085792526', name: '투자: AI' } },
    });
    const [question, answer] = conversation.messages;
    expect(conversation.messages.map((m) => m.role)).toEqual(['user', 'assistant']);
    expect(question?.markdown).toMatch(/^전기의 생산부터, 배전, GPU/);
    const text = answer?.markdown ?? '';
    expect(text).toMatch(/^좋은 범위의 질문이라/);
    expect(text.match(/^### \d+\. /gm)).toHaveLength(12);
    expect(text.match(/^\[Artifact: .+\]$/gm)).toEqual([
      '[Artifact: Power plant to gpu voltage ladder]',
      '[Artifact: Gpu cluster bandwidth hierarchy]',
      '[Artifact: Training vs inference requirements]',
    ]);
    expect(text).toContain(' ([Energy News Beat](https://energynewsbeat.co/');
    expect(text).not.toContain('훈련과 추론 역학을 비교하며');
    expect(answer?.metadata['thinking']).toBe(
      '구조화하며 다이어그램 배치와 검증 조사를 준비 중\n\n훈련과 추론 역학을 비교하며 병목 분석을 종합했다',
    );
  });

  it('reads the page with artifacts; the document beside it is not a turn', () => {
    const conversation = only(readFixture('nuncaeslupus-ai-chat-exporter__claude__artifact-panel.html'));
    expect(conversation).toMatchObject({
      title: 'Tide table fixture conversation',
      coverage: 'all',
      metadata: { model: 'Opus 4.8' },
    });
    expect(conversation.messages).toHaveLength(2);
    expect(conversation.metadata['open_artifact']).toMatchObject({
      title: 'Reading a tide table',
      markdown: expect.stringMatching(/^# Reading a tide table\n\nEvery column/) as unknown,
    });
    expect(conversation.messages[1]?.markdown).toMatch(
      /The \*\*helper\*\* is the interactive one; .*\n\n\[Artifact: Tide table helper\]\n\n\[Artifact: Reading a tide table\]$/,
    );
  });

  it('reads the page of 2025 with a search, a picture and artifacts', () => {
    const conversation = only(readFixture('nuncaeslupus-ai-chat-exporter__claude__real-capture.html'));
    const [question, answer] = conversation.messages;
    expect(conversation.coverage).toBe('all');
    expect(question?.attachments).toEqual([
      { kind: 'image', name: 'sample_sketch_placeholder.png', reference: '25dca926-660f-449b-9a03-086056ea1b98' },
    ]);
    expect(answer?.markdown.split('\n\n')).toHaveLength(7);
    expect(answer?.metadata).toMatchObject({
      tools: [
        {
          message: 'placeholder fixture search query',
          sources: [{ url: 'https://example.com/articles/placeholder-search-result' }],
        },
      ],
      artifacts: ['Placeholder SVG Artifact', 'Placeholder Interactive Artifact'],
    });
  });

  it('reads code with its language, of pages and of pieces of one', () => {
    const sample = only(readFixture('YongseopKim-llm-chat-exporter__samples__claude.html'));
    expect(sample.messages.map((m) => m.role)).toEqual(['user', 'assistant']);
    const text = sample.messages[1]?.markdown ?? '';
    expect(text).toMatch(
      /^## 질문-답변 1쌍만 추출하는 방법\n\n### ChatGPT\n\n```javascript\n\/\/ 개발자 도구 콘솔에서 실행\n\/\/ 마지막 Q&A 쌍 추출\nconst articles = /,
    );
    expect(text).not.toMatch(/^javascript$/m);
    expect(sample.coverage).toBe('some');
    expect(
      only(readFixture('revivalstack-ai-chat-exporter__reference-html-dom__claude-codeblock-dom.html')).messages[0]
        ?.markdown,
    ).toBe(
      '```bash\n# Simple setup with Ollama\nollama pull deepseek-coder:7b\nollama serve\n\n# Or use Docker for containerized deployment\ndocker run -d --gpus all -p 11434:11434 ollama/ollama\n```',
    );
    const mermaid =
      only(readFixture('YongseopKim-llm-chat-exporter__mermaid__claude.html')).messages[0]?.markdown ?? '';
    expect(mermaid).toMatch(/^```mermaid\nflowchart TD\n[\s\S]+\n```$/);
    const larger =
      only(readFixture('revivalstack-ai-chat-exporter__reference-html-dom__claude-codeblock-larger-dom.html'))
        .messages[0]?.markdown ?? '';
    expect(codeBlocks(larger)).toBe(1);
    expect(larger).toMatch(/training data\.$/);
  });

  it('reads the artifact of a page of 2025 as its title, without the preview', () => {
    const [answer] = only(
      readFixture(
        'revivalstack-ai-chat-exporter__reference-html-dom__claude-single-user-response-with-artifact-dom.html',
      ),
    ).messages;
    expect(answer?.markdown).toContain(
      'table:\n\n[Artifact: DeepSeek Model Variants Comparison Table]\n\nYes, exactly!',
    );
    expect(answer?.markdown).not.toContain('Model Series Overview');
  });
});

describe('claude pages of other times and tools', () => {
  const read = (body: string) =>
    adapter.readDom(parseHtml(`<html><body>${body}</body></html>`), '', { saved: true }).conversations[0];
  const said = (body: string) => read(body)?.messages.map(({ role, markdown }) => [role, markdown]);

  it('reads rows that say only their place, whose answers are Markdown and nothing else', () => {
    const rows = [
      '<div data-testid="user-message"><p>When do I sow?</p></div>',
      '<div class="standard-markdown"><p>In <b>March</b>.</p></div><div class="standard-markdown"><p>Or April.</p></div>',
      '<div data-testid="user-message"><p>Why?</p></div>',
      '<div class="standard-markdown"><p>Frost.</p></div>',
    ].map((row, index) => `<div data-index="${index}" data-rs-index="${index}">${row}</div>`);
    expect(said(rows.join(''))).toEqual([
      ['user', 'When do I sow?'],
      ['assistant', 'In **March**.\n\nOr April.'],
      ['user', 'Why?'],
      ['assistant', 'Frost.'],
    ]);
    expect(read(rows.slice(1, 3).join(''))?.messages.map(({ id }) => id)).toEqual(['dom-1', 'dom-2']);
  });

  it('reads a short answer without a paragraph, and no label in the same dress', () => {
    expect(
      said(
        '<h1 class="font-claude-message">Good evening</h1><div data-testid="user-message">Frost?</div><article data-testid="chat-message"><div class="font-claude-message">Yes.</div></article>',
      ),
    ).toEqual([
      ['user', 'Frost?'],
      ['assistant', 'Yes.'],
    ]);
  });

  it('takes what tools showed between the words of an answer for what it is', () => {
    const conversation = read(
      `<div data-test-render-count="1"><div data-testid="user-message"><p>Look it up</p></div></div>
      <div data-test-render-count="2"><div data-is-streaming="false"><div class="font-claude-response">
        <div class="rounded-lg"><button>Weighed the seasons</button><div class="overflow-hidden"><div class="font-claude-response"><p>Peas like it cool.</p></div></div></div>
        <div><div class="standard-markdown"><p>I looked.</p></div></div>
        <div><button><img alt="favicon" src="https://claude.ai/_next/image?url=x">Research complete</button><div>Done</div></div>
        <div><div class="standard-markdown"><p>Sow in March.</p></div></div>
      </div></div></div>`,
    );
    expect(conversation?.messages[1]).toMatchObject({
      role: 'assistant',
      markdown: 'I looked.\n\nSow in March.',
      attachments: [],
      metadata: { thinking: 'Peas like it cool.' },
    });
  });

  it('keeps thoughts that a line unfolds apart from the answer, though they are Markdown too', () => {
    const conversation = read(
      `<div data-test-render-count="1"><div data-testid="user-message"><p>Remember this</p></div></div>
      <div data-test-render-count="2"><div data-is-streaming="false"><div class="font-claude-response"><div class="grid">
        <div class="row-start-1"><button class="group/status">Kept it in mind</button>
          <div class="grid transition-[grid-template-rows]" style="grid-template-rows: 0fr"><div><div class="standard-markdown"><p>The user wants me to remember.</p></div><div>Done</div></div></div></div>
        <div class="row-start-2"><div class="standard-markdown"><p>I will.</p></div></div>
      </div></div></div></div>`,
    );
    expect(conversation?.messages[1]).toMatchObject({
      markdown: 'I will.',
      metadata: { thinking: 'The user wants me to remember.' },
    });
  });

  it('finds the line that unfolds thoughts beside what is read aloud of it, and keeps the thoughts though a search is with them', () => {
    const conversation = read(
      `<div data-test-render-count="1"><div data-testid="user-message"><p>When do I sow peas?</p></div></div>
      <div data-test-render-count="2"><div data-is-streaming="false"><div class="font-claude-response"><div class="grid">
        <div class="row-start-1"><div>
          <div class="flex"><button class="group/status" aria-expanded="true"><span>Looked into peas</span></button></div>
          <span class="sr-only" role="status">Looked into peas</span>
          <div class="grid transition-[grid-template-rows]"><div>
            <div class="standard-markdown"><p>The user asks about peas.</p></div>
            <div><button>pea sowing time</button><a href="https://peas.example/sowing"><p>Sowing peas</p></a></div>
          </div></div>
        </div></div>
        <div class="row-start-2"><div class="standard-markdown"><p>In March.</p></div></div>
      </div></div></div></div>`,
    );
    expect(conversation?.messages[1]).toMatchObject({
      markdown: 'In March.',
      metadata: {
        thinking: 'The user asks about peas.',
        tools: [{ name: 'web_search', sources: [{ title: 'Sowing peas', url: 'https://peas.example/sowing' }] }],
      },
    });
  });

  it('names an artifact where it stands, whatever kind of button opens it', () => {
    const conversation = read(
      `<div data-test-render-count="1"><div data-testid="user-message"><p>A plan, please</p></div></div>
      <div data-test-render-count="2"><div data-is-streaming="false"><div class="font-claude-response">
        <div><div class="standard-markdown"><p>Here it is:</p></div></div>
        <div class="pt-2"><div class="flex" role="button" tabindex="0" aria-label="Preview contents"><div class="artifact-block-cell group/artifact-block">
          <div class="leading-tight line-clamp-1">Garden plan</div><div class="line-clamp-1">Document</div>
          <button aria-label="Download">Download</button>
        </div></div></div>
        <div><div class="standard-markdown"><p>Start with the peas.</p></div></div>
      </div></div></div>`,
    );
    expect(conversation?.messages[1]).toMatchObject({
      markdown: 'Here it is:\n\n[Artifact: Garden plan]\n\nStart with the peas.',
      metadata: { artifacts: ['Garden plan'] },
    });
  });
});

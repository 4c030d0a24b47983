/** Pages as people save them: the forms of files, and what the tools that write them do to a page. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readText } from '../../../engine/capture/index';
import { allAdapters } from '../../../engine/capture/adapters/all';
import { parseHtml, readFile } from '../../../scripts/cli-read';

const read = (text: string) => readText(text, { adapters: allAdapters(), parseHtml, name: 'page' });

const chat = (words: string) => `<!DOCTYPE html><html><head><title>Peas</title></head><body><main>
<section data-testid="conversation-turn-1" data-turn="user"><div data-message-author-role="user" data-message-id="q"><div class="whitespace-pre-wrap">When?</div></div></section>
<section data-testid="conversation-turn-2" data-turn="assistant"><div data-message-author-role="assistant" data-message-id="a"><div class="markdown prose"><p>${words}</p></div></div></section>
</main></body></html>`;

const quoted = (text: string) =>
  [...new TextEncoder().encode(text)]
    .map((byte) =>
      byte === 10
        ? '\n'
        : byte > 126 || byte === 61
          ? `=${byte.toString(16).toUpperCase()}`
          : String.fromCharCode(byte),
    )
    .join('')
    .replace(/([^\n]{60})(?=[^\n])/g, '$1=\n')
    // No encoder parts the sign from its two digits.
    .replace(/=([0-9A-F]?)=\n([0-9A-F]{1,2})/g, '=\n=$1$2');

const singleFile = (body: string, encoding: string) =>
  [
    'From: <Saved by Blink>',
    'Snapshot-Content-Location: https://chatgpt.com/c/peas-1',
    'Subject: =?utf-8?Q?Peas?=',
    'MIME-Version: 1.0',
    'Content-Type: multipart/related;',
    '\ttype="text/html";',
    '\tboundary="----MultipartBoundary--abc----"',
    '',
    '',
    '------MultipartBoundary--abc----',
    'Content-Type: text/html',
    `Content-Transfer-Encoding: ${encoding}`,
    'Content-Location: https://chatgpt.com/c/peas-1',
    '',
    body,
    '------MultipartBoundary--abc----',
    'Content-Type: text/css',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Location: cid:css-1@mhtml.blink',
    '',
    '.a { color: red }',
    '------MultipartBoundary--abc------',
    '',
  ].join('\r\n');

describe('a page saved as a single file', () => {
  it.each(['quoted-printable', 'base64', 'binary', '8bit'])('is read from its part, %s', (encoding) => {
    const page = chat('In März, not später – 三月 🌱.');
    const body =
      encoding === 'quoted-printable'
        ? quoted(page)
        : encoding === 'base64'
          ? Buffer.from(page).toString('base64').replace(/.{76}/g, '$&\r\n')
          : page;
    const { conversations, warnings } = read(singleFile(body, encoding));
    expect(warnings).toEqual([]);
    expect(conversations[0]).toMatchObject({
      site: 'chatgpt',
      id: 'peas-1',
      url: 'https://chatgpt.com/c/peas-1',
      title: 'Peas',
      messages: [{ markdown: 'When?' }, { markdown: 'In März, not später – 三月 🌱.' }],
    });
  });

  it('that holds no conversation is an error that says so', () => {
    expect(() => read(singleFile('<html><body><p>Peas.</p></body></html>', '8bit'))).toThrow(/no conversation/);
  });
});

describe('a page saved by a tool', () => {
  it.each([
    ['a browser', '<!-- saved from url=(0030)https://chatgpt.com/c/peas-1 -->'],
    ['SingleFile', '<!--\n Page saved with SingleFile \n url: https://chatgpt.com/c/peas-1 \n saved date: today\n-->'],
    ['Save Page WE', '<meta name="savepage-url" content="https://chatgpt.com/c/peas-1">'],
    ['monolith', '<!-- Saved from https://chatgpt.com/c/peas-1 at 2026-05-01T10:00:00Z using monolith v2 -->'],
    ['HTTrack', '<!-- Mirrored from chatgpt.com/c/peas-1 by HTTrack Website Copier/3.x -->'],
  ])('has its address from the note of %s', (_tool, note) => {
    expect(read(chat('In May.').replace('<head>', `<head>${note}`)).conversations[0]).toMatchObject({
      id: 'peas-1',
      url: 'https://chatgpt.com/c/peas-1',
    });
  });

  it('in the Wayback Machine is the page without the archive', () => {
    const page = chat(
      'See <a href="https://web.archive.org/web/20260501000000/https://peas.example/sow">the calendar</a>.',
    )
      .replace(
        '<head>',
        '<head><link rel="canonical" href="https://web.archive.org/web/20260501000000/https://chatgpt.com/share/s-1">',
      )
      .replace(
        '<body>',
        '<body><!-- BEGIN WAYBACK TOOLBAR INSERT --><div id="wm-ipp-base">12 captures</div><!-- END WAYBACK TOOLBAR INSERT -->',
      );
    expect(read(page).conversations[0]).toMatchObject({
      id: 's-1',
      url: 'https://chatgpt.com/share/s-1',
      messages: [{}, { markdown: 'See [the calendar](https://peas.example/sow).' }],
    });
  });

  it.each([
    `<div data-testid="thread-disclaimer">ChatGPT can make mistakes. Check important info.</div>
      <div id="prompt-textarea" contenteditable="true"></div>`,
    // As the server sends it: saved as "HTML only".
    `<form data-type="unified-composer"><input></form><div>ChatGPT can make mistakes. Check important info.</div>`,
  ])('while nothing of it was drawn holds no answer made of its own words (%#)', (foot) => {
    const page = `<html><head><link rel="canonical" href="https://chatgpt.com/c/peas-1"></head><body><main>
      ${foot}</main></body></html>`;
    expect(() => read(page)).toThrow(/no conversation/);
  });
});

describe('what other tools save', () => {
  const body = JSON.stringify({
    conversation_id: 'peas-5',
    messages: [
      { id: 'q', author: { role: 'user' }, content: { content_type: 'text', parts: ['Wann säen?'] } },
      { id: 'a', author: { role: 'assistant' }, content: { content_type: 'text', parts: ['Im Mai.'] }, end_turn: true },
    ],
    page_info: { has_previous_page: false },
  });

  it('is read without the header lines of the answer', () => {
    const headers = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200\r\ncontent-type: application/json\r\n\r\n';
    expect(read(headers + body).conversations[0]).toMatchObject({ id: 'peas-5', messages: [{}, { id: 'a' }] });
  });

  it.each(['utf16le', 'utf8'] as const)('is read as it is encoded, %s', (encoding) => {
    const folder = mkdtempSync(join(tmpdir(), 'saved-'));
    const path = join(folder, 'body.json');
    writeFileSync(path, `\ufeff${body}`, encoding);
    expect(readFile(path).conversations[0]?.messages[0]?.markdown).toBe('Wann säen?');
    rmSync(folder, { recursive: true });
  });

  it('is read from the page in an HTTP archive where no body holds it', () => {
    const archive = JSON.stringify({
      log: {
        entries: [
          { request: { url: 'https://chatgpt.com/backend-api/me' }, response: { content: { text: '{}' } } },
          { request: { url: 'https://chatgpt.com/share/s-2' }, response: { content: { text: chat('In May.') } } },
        ],
      },
    });
    expect(read(archive).conversations[0]).toMatchObject({
      id: 's-2',
      url: 'https://chatgpt.com/share/s-2',
      messages: [{}, { markdown: 'In May.' }],
    });
  });
});

describe('the words of a page', () => {
  const claude = (question: string, answer: string) =>
    read(`<html><head><link rel="canonical" href="https://claude.ai/chat/peas-3"></head><body><div data-test-render-count="1"><div data-testid="user-message">${question}</div></div>
      <div data-test-render-count="1"><div data-is-streaming="false"><div class="font-claude-message">${answer}</div></div></div></body></html>`).conversations[0]?.messages.map(
      (message) => message.markdown,
    );

  it('keep the lines that a paragraph shows, in a question with code and in an answer', () => {
    expect(
      claude(
        '<p class="whitespace-pre-wrap">Why?\n* dig\n* sow <b>peas\nand beans</b></p><pre><code>sow()</code></pre>',
        '<p class="whitespace-pre-wrap"><strong>1. Soil</strong>\nDig it.</p><ul class="whitespace-pre-wrap">\n<li class="whitespace-normal">A\nword</li>\n</ul>',
      ),
    ).toEqual([
      'Why?  \n\\* dig  \n\\* sow **peas  \nand beans**\n\n```\nsow()\n```',
      '**1. Soil**  \nDig it.\n\n- A word',
    ]);
  });
});

describe('a question of a page of 2024', () => {
  it('keeps its lines, which the message shows and no part of it says', () => {
    const page = (words: string) =>
      `<html><body><div data-testid="conversation-turn-2"><div data-message-author-role="user" data-message-id="q" class="text-message whitespace-pre-wrap">${words}</div></div></body></html>`;
    const question = '&lt;ul&gt;\n\t&lt;li&gt;peas&lt;/li&gt;\n        if peas:\n&lt;/ul&gt;\n\nWhy?';
    for (const words of [
      `<div class="">${question}</div>`,
      `<div class="flex"><div><div>peas.csv</div><div>Spreadsheet</div></div><div class="rounded-3xl">${question}</div></div>`,
      question,
    ])
      expect(read(page(words)).conversations[0]?.messages[0]?.markdown).toBe(
        '<ul>\n\t<li>peas</li>\n        if peas:\n</ul>\n\nWhy?',
      );
  });
});

describe('a page of the first months of ChatGPT', () => {
  const block = (...inside: string[]) =>
    `<div class="w-full border-b border-black/10 text-gray-800 group"><div><img alt="Ada" src="https://chat.openai.com/a.png"></div><div>${inside.join('')}</div></div>`;
  const words = (said: string) => `<div class="min-h-[20px] whitespace-pre-wrap">${said}</div>`;
  const page = `${block(words('When are\npeas sown?'))}${block(words('<div class="markdown prose"><p>In <b>May</b>.</p></div>'))}`;
  const messages = [
    { role: 'user', markdown: 'When are\npeas sown?' },
    { role: 'assistant', markdown: 'In **May**.' },
  ];

  it('is read by its blocks, which nothing marks', () => {
    const { conversations, warnings } = read(
      `<!-- saved from url=(0028)https://chat.openai.com/chat --><html><body><main>${page}</main></body></html>`,
    );
    expect(warnings.map((warning) => warning.code)).toEqual(['no_conversation_id']);
    expect(conversations[0]).toMatchObject({ site: 'chatgpt', messages });
  });

  it('is read the same where only its blocks were saved', () => {
    const { conversations } = read(`<html><head><title>Peas</title></head><body>${page}</body></html>`);
    expect(conversations[0]).toMatchObject({ site: 'chatgpt', title: 'Peas', messages });
  });

  it('holds all that an answer said around the code it ran, and the file of a question by its name', () => {
    const ran = `<div><div>Finished working</div><div class="markdown prose"><pre><code class="language-python">peas()</code></pre></div></div>
      <div class="empty:hidden"><img src="https://files.oaiusercontent.com/file-peas"></div>`;
    const said = (text: string) => words(`<div class="markdown prose"><p>${text}</p></div>`);
    const tile =
      '<div class="flex gap-2"><span class="truncate px-3"><span class="truncate">peas.csv</span></span></div>';
    const { conversations } = read(
      `<html><body><main>${block(words(`${tile}<div>Count them</div>`))}${block(said('I count.'), ran, said('There are 12.'))}</main></body></html>`,
    );
    expect(conversations[0]?.messages).toMatchObject([
      { markdown: 'Count them', attachments: [{ kind: 'file', name: 'peas.csv' }] },
      { markdown: 'I count.\n\n[Image]\n\nThere are 12.', attachments: [{ kind: 'image', name: 'image' }] },
    ]);
  });
});

describe('the page of an export of ChatGPT', () => {
  it('holds its conversations, their texts as they were written', () => {
    const node = (id: string, parent: string | null, role: string, text: string) => ({
      id,
      parent,
      children: [],
      message: { id, author: { role }, content: { content_type: 'text', parts: [text] } },
    });
    const list = [
      {
        id: 'peas-4',
        title: 'Peas',
        mapping: { q: node('q', null, 'user', 'x'), a: node('a', 'q', 'assistant', '`a < b && "c"`') },
        current_node: 'a',
      },
    ];
    const json = JSON.stringify(list).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/\\"/g, '&quot;');
    const { conversations } = read(
      `<html><head><title>ChatGPT Data Export</title><script>\n      var jsonData = ${json};\n      var assetsJson = {};\n    </script></head><body><div id="root"></div></body></html>`,
    );
    expect(conversations[0]).toMatchObject({
      id: 'peas-4',
      title: 'Peas',
      complete: true,
      messages: [{ markdown: 'x' }, { markdown: '`a < b && "c"`' }],
    });
  });
});

describe('a page without a marked turn', () => {
  const words =
    '<body><main><div class="markdown"><p>Peas like it cool, and they climb.</p></div></main></body></html>';

  it('is one answer where it may be a piece of a conversation', () => {
    expect(read(`<html>${words}`).conversations[0]?.messages).toHaveLength(1);
  });

  it.each([
    ['another site', '<!-- saved from url=(0020)https://peas.example/ -->'],
    ['a project', '<!-- saved from url=(0030)https://claude.ai/project/p-1 -->'],
    ['another site by its own word', '<link rel="canonical" href="https://peas.example/sow">'],
  ])('is none where it says that it is %s', (_what, note) => {
    expect(() => read(`<html><head>${note}</head>${words}`)).toThrow(/no conversation/);
  });

  it('has the lines of a file from another system', () => {
    const page = chat('In\r\nMay.').replace('When?', 'When?\r\nAnd how?');
    expect(read(page).conversations[0]?.messages.map((message) => message.markdown)).toEqual([
      'When?\nAnd how?',
      'In May.',
    ]);
  });
});

describe('what other exporters wrote', () => {
  const said = (site: string, link: string) =>
    JSON.stringify({
      metadata: { title: 'Peas', link, powered_by: `${site} Exporter` },
      messages: [
        { role: 'Prompt', say: 'When?', time: '5/4/2026, 9:00:00 AM' },
        { role: 'Response', say: 'In **May**.' },
      ],
    });

  it.each([
    ['claude', said('Claude', 'https://claude.ai/chat/peas-1')],
    ['chatgpt', said('ChatGPT', 'https://chatgpt.com/c/peas-1')],
    [
      'claude',
      JSON.stringify({
        title: 'Peas',
        author: 'claude',
        exporter: '3.1.0',
        url: 'https://claude.ai/chat/peas-1',
        messages: [
          { id: 'user-1', author: 'user', content: 'When?' },
          { id: 'ai-1', author: 'ai', content: 'In **May**.' },
        ],
      }),
    ],
  ])('is a conversation of %s, by its title and address', (site, text) => {
    const { conversations, warnings } = read(text);
    expect(conversations).toMatchObject([
      {
        site,
        id: 'peas-1',
        title: 'Peas',
        messages: [
          { role: 'user', markdown: 'When?' },
          { role: 'assistant', markdown: 'In **May**.' },
        ],
      },
    ]);
    expect(warnings.map(({ code }) => code)).toEqual(['plain_messages']);
  });
});

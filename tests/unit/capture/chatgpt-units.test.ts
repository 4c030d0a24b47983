import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChatGptAdapter } from '../../../engine/capture/index';
import { allAdapters } from '../../../engine/capture/adapters/all';
import { readText } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';

const adapter = new ChatGptAdapter();
const page = readFileSync(new URL('../../fixtures/capture/chatgpt-units.html', import.meta.url), 'utf8');
const expected = readFileSync(new URL('../../fixtures/capture/chatgpt-units.md', import.meta.url), 'utf8').trim();
const ID = '7d1f3c5a-0000-4000-8000-00000000000a';

describe('a chatgpt page whose turns hold a question and its answer', () => {
  it('is read as a person sees it', () => {
    const { conversations, warnings, health } = adapter.readDom(parseHtml(page), `https://chatgpt.com/c/${ID}`);
    expect(warnings).toEqual([]);
    expect(health).toMatchObject({ turnsSeen: 5, turnsRead: 5, streaming: false, state: 'ok' });
    const [conversation] = conversations;
    expect(conversation).toMatchObject({ id: ID, title: 'Tide tables', coverage: 'some', complete: false });
    expect(conversation?.messages.map(({ id, role, parent_id }) => [id, role, parent_id])).toEqual([
      ['q1', 'user', null],
      ['a1', 'assistant', 'q1'],
      ['q2', 'user', 'a1'],
      ['a2', 'assistant', 'q2'],
      ['q3', 'user', 'a2'],
    ]);
    const [asked, answered, drawn, picture] = conversation?.messages ?? [];
    expect(asked).toMatchObject({
      markdown: 'When is high water?\nUse `tides.py` & **no** prose.',
      attachments: [{ kind: 'file', name: 'harbour.csv' }],
    });
    expect(answered?.markdown).toBe(expected);
    expect(answered?.metadata).toEqual({
      merged_ids: ['tool1'],
      thinking: 'The moon matters.',
      citations: [{ title: 'Gull Rock', url: 'https://tides.example/gull-rock' }],
    });
    expect(drawn).toMatchObject({
      markdown: 'Draw this:\n\n```\nline 1\nline 2\n```\n\n[Image: quay.png]',
      attachments: [{ kind: 'image', name: 'quay.png' }],
    });
    expect(picture).toMatchObject({
      markdown: '[Image: 생성된 이미지 1]',
      attachments: [{ kind: 'image', reference: 'blob:https://chatgpt.com/1' }],
    });
  });

  it('is told from other sites, and named by its answers, where it was saved without an address', () => {
    const { conversations } = readText(page, { adapters: allAdapters(), parseHtml });
    expect(conversations[0]).toMatchObject({ site: 'chatgpt', id: ID, url: `https://chatgpt.com/c/${ID}` });
    expect(conversations[0]?.messages).toHaveLength(5);
  });

  it('is not taken for the conversation that the address names already while another one is still shown', () => {
    const { conversations, health } = adapter.readDom(
      parseHtml(page),
      'https://chatgpt.com/c/7d1f3c5a-0000-4000-8000-00000000000b',
    );
    expect(conversations).toEqual([]);
    expect(health.state).toBe('drift');
  });

  it('says that an answer is being written, and reads what grew', () => {
    const document = parseHtml(page);
    adapter.readDom(document, `https://chatgpt.com/c/${ID}`);
    const form = document.querySelector('form') as HTMLFormElement;
    form.innerHTML = '<button type="button" aria-label="Stop"></button>';
    const turn = document.querySelector('[data-turn-key="q3"]') as Element;
    turn.innerHTML += '<div data-chatgpt-search-message-ids="a3 a3"><h4 data-conversation-role="assistant"></h4></div>';
    expect(adapter.readDom(document, `https://chatgpt.com/c/${ID}`).conversations[0]?.messages).toHaveLength(5);
    (turn.lastElementChild as Element).innerHTML +=
      '<div data-chatgpt-selection-message-id="a3"><div data-markdown-text-style="assistant-message"><p>You are</p></div></div>';
    const { conversations, health } = adapter.readDom(document, `https://chatgpt.com/c/${ID}`);
    expect(health.streaming).toBe(true);
    expect(conversations[0]?.messages.at(-1)).toMatchObject({ id: 'a3', markdown: 'You are', finished: false });
  });

  it('is not changed by reading it', () => {
    const document = parseHtml(page);
    const before = document.documentElement.outerHTML;
    adapter.readDom(document, `https://chatgpt.com/c/${ID}`);
    expect(document.documentElement.outerHTML).toBe(before);
  });
});

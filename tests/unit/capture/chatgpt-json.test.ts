import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ChatGptAdapter, type CapturedConversation, type ReadResult } from '../../../engine/capture/index';

const adapter = new ChatGptAdapter();
const fixtures = process.env['COMMONPLACE_FIXTURES'];

function read(file: string): ReadResult {
  return adapter.readJson(JSON.parse(readFileSync(join(fixtures ?? '', 'chatgpt', file), 'utf8')));
}

/** The transcript in short: role and text of the shown branch. */
function shown(conversation: CapturedConversation | undefined): string[] {
  return (conversation?.messages ?? []).filter((m) => m.on_active_branch).map((m) => `${m.role}: ${m.markdown}`);
}

describe.skipIf(!fixtures)('chatgpt bodies and exports', () => {
  it('joins the pages of a paginated conversation, oldest first', () => {
    const { conversations, warnings } = read('shape-only__conversations_paginated_2026-09.json');
    expect(warnings).toEqual([]);
    expect(conversations).toHaveLength(1);
    expect(conversations[0]).toMatchObject({
      id: 'conversation-1',
      title: 'Paged',
      strategy: 'json-pages',
      coverage: 'all',
      complete: true,
    });
    expect(shown(conversations[0])).toEqual([
      'user: First question',
      'assistant: First answer',
      'user: Second question',
      'assistant: Second answer',
    ]);
    expect(conversations[0]?.messages[1]).toMatchObject({
      model: 'gpt-5-6',
      created_at: '2026-09-21T14:15:05.000Z',
      parent_id: 'prompt-1',
    });
  });

  it.each([
    'Sinity-polylogue__chatgpt__native-conversation-v1.json',
    'Sinity-polylogue__chatgpt__native-browser-capture-v1.json',
  ])('reads the tree of %s without thoughts, tools and profile', (file) => {
    const { conversations, warnings } = read(file);
    expect(warnings).toEqual([]);
    expect(conversations).toHaveLength(1);
    const [conversation] = conversations;
    expect(conversation).toMatchObject({
      id: 'chatgpt-fixture-conversation',
      title: 'Privacy-safe ChatGPT native fixture',
      coverage: 'all',
      complete: true,
    });
    expect(shown(conversation)).toEqual([
      'user: Analyze the attached fixture and create an artifact.\n\n[Image]',
      'assistant: Final answer. [Download artifact](sandbox:/mnt/data/fixture-result.zip)\n\n[Image]',
    ]);
    const [question, answer, left] = conversation?.messages ?? [];
    expect(question?.attachments).toEqual([
      { kind: 'file', name: 'input.txt', reference: 'file-fixture-upload-1' },
      { kind: 'image', name: 'image', reference: 'file-service://fixture-input-image' },
    ]);
    expect(answer).toMatchObject({
      id: 'answer-active-message',
      parent_id: 'user-message',
      model: 'gpt-5-6-pro',
      finished: true,
      metadata: { thought_seconds: 5190 },
    });
    expect(left).toMatchObject({
      id: 'answer-inactive-message',
      markdown: 'Superseded answer.',
      on_active_branch: false,
      parent_id: 'user-message',
    });
    expect(JSON.stringify(conversation)).not.toContain('reasoning trace');
  });

  it('keeps the shown branch of an export and marks what was left', () => {
    const { conversations, warnings } = read('garrytan-gbrain__transcripts__chatgpt-conversations.json');
    expect(conversations.map((c) => c.id)).toEqual(['cgpt-conv-0001', 'cgpt-conv-0002']);
    expect(shown(conversations[0])).toEqual([
      'user: Suggest a name for the widget-co launcher.',
      'assistant: Call it LaunchPanel.',
      'user: LaunchPanel works. Ship it Friday.\n\n[Image]',
      'assistant: LaunchPanel it is; shipping Friday.',
    ]);
    expect(conversations[0]?.messages.filter((m) => !m.on_active_branch).map((m) => m.id)).toEqual(['n2a']);
    expect(JSON.stringify(conversations)).not.toContain('TOOL-ONLY-TEXT');
    expect(JSON.stringify(conversations)).not.toContain('SYSTEM-ONLY-TEXT');
    expect(warnings).toMatchObject([{ code: 'empty_conversation', where: '$[2]' }]);
  });

  it('takes the newest branch where an export names no head', () => {
    const { conversations } = read('noo-bass-context-carry__chatgpt__conversations.json');
    expect(shown(conversations[1])).toEqual([
      'user: Explain MQTT protocol',
      'assistant: MQTT is a lightweight messaging protocol designed for IoT devices.',
    ]);
    expect(conversations[1]?.messages.map((m) => m.model)).toEqual([null, 'gpt-4', 'gpt-3.5-turbo']);
  });

  it('reads abandoned edits as off the branch', () => {
    const { conversations, warnings } = read('aucontraire-insightmesh-core__fixtures__chatgpt_export.json');
    expect(warnings).toEqual([]);
    expect(conversations.map((c) => shown(c).length)).toEqual([4, 2, 2]);
    expect(conversations[0]?.messages.at(-1)).toMatchObject({
      id: 'msg-3b-abandoned',
      on_active_branch: false,
      parent_id: 'msg-2',
    });
  });

  it('reads a plain list of messages and says that it is one', () => {
    const { conversations, warnings } = read('aucontraire-insightmesh-core__fixtures__long_chat_export.json');
    expect(conversations).toHaveLength(1);
    expect(conversations[0]?.messages.map((m) => m.role)).toEqual(
      Array.from({ length: 10 }, (_, n) => (n % 2 === 0 ? 'user' : 'assistant')),
    );
    expect(conversations[0]?.messages[9]?.markdown).toMatch(/^For two-input recording on macOS/);
    expect(warnings.map((w) => w.code)).toEqual(['plain_messages', 'no_conversation_id']);
  });

  it('leaves custom instructions out and names the files of a question', () => {
    const { conversations } = read('slyubarskiy-chatgpt-conversation-extractor__fixtures__sample_conversation.json');
    expect(shown(conversations[0])).toEqual([
      'user: Hello, can you help me with Python?',
      "assistant: Of course! I'd be happy to help you with Python.",
    ]);
    expect(conversations[1]?.messages[0]?.attachments).toEqual([{ kind: 'file', name: 'example.py', reference: null }]);
    expect(conversations[1]?.complete).toBe(false);
  });

  it('reads the question of a conversation that has no answer yet', () => {
    const { conversations } = read('Sinity-polylogue__origin-capability__chatgpt-export.json');
    expect(shown(conversations[0])).toEqual(['user: Prove the parser claim.']);
    expect(conversations[0]).toMatchObject({
      id: 'origin-matrix-chatgpt',
      created_at: '2026-08-01T10:00:00.000Z',
      complete: false,
    });
  });

  it('keeps content of unknown types as it came, with a warning each', () => {
    const { conversations, warnings } = read('Sinity-polylogue__representatives__sample-00.json');
    expect(shown(conversations[0])).toEqual([
      'user: Could you review this code for potential issues?',
      "user: I need to implement a function that processes this data.\n\nWhat's the best approach for handling errors here?",
    ]);
    expect(conversations[0]?.messages[2]).toMatchObject({ role: 'assistant', on_active_branch: false });
    expect(warnings.map((w) => w.code)).toEqual([
      'unknown_content_type',
      'unknown_content_type',
      'unknown_content_type',
    ]);
  });

  it('decodes a share page to the very conversation that it shows', () => {
    const html = readFileSync(
      join(fixtures ?? '', 'chatgpt', 'UjjwalTiwari00-threadlift__fixtures__chatgpt.html'),
      'utf8',
    );
    const decoded = read('UjjwalTiwari00-threadlift__fixtures__chatgpt.decoded.json');
    const embedded = adapter.readEmbedded(html);
    const timeless = (result: ReadResult): unknown => result.conversations.map((c) => ({ ...c, captured_at: '' }));
    expect(timeless(embedded)).toEqual(timeless(decoded));
    const [conversation] = embedded.conversations;
    expect(conversation).toMatchObject({
      id: '6a5aacf8-3648-83ee-b0cf-0f244fe98e93',
      strategy: 'share',
      title: 'Inner Join Syntax',
      complete: true,
      url: 'https://chatgpt.com/share/6a5aacf8-3648-83ee-b0cf-0f244fe98e93',
    });
    expect(conversation?.messages).toHaveLength(2);
    expect(conversation?.messages[1]?.markdown).toMatch(/^The basic syntax of an \*\*INNER JOIN\*\*/);
    expect(conversation?.messages[1]?.markdown.match(/```sql/g)).toHaveLength(3);
  });
});

import type { CapturedConversation, CapturedMessage, CapturedPage } from '../../../engine/capture/types';

/** A message said by turns: even ones by the user. */
export function message(id: string, markdown: string, more: Partial<CapturedMessage> = {}): CapturedMessage {
  return {
    id,
    parent_id: null,
    role: 'user',
    author: null,
    model: null,
    created_at: null,
    markdown,
    finished: true,
    on_active_branch: true,
    attachments: [],
    metadata: {},
    ...more,
  };
}

export function conversation(
  messages: CapturedMessage[],
  more: Partial<CapturedConversation> = {},
): CapturedConversation {
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id: 'conversation-1',
    url: 'https://chatgpt.com/c/conversation-1',
    title: 'Sourdough',
    created_at: '2026-05-01T10:00:00.000Z',
    updated_at: null,
    captured_at: '2026-05-02T10:00:00.000Z',
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages,
    metadata: {},
    ...more,
  };
}

export function page(more: Partial<CapturedPage> = {}): CapturedPage {
  return {
    kind: 'page',
    origin: 'page',
    id: 'https://example.org/bread',
    url: 'https://example.org/bread',
    title: 'On bread',
    author: 'A. Baker',
    site_name: 'Example',
    language: 'en',
    published_at: null,
    captured_at: '2026-05-02T10:00:00.000Z',
    markdown: 'Flour, water, salt.',
    note: null,
    metadata: {},
    ...more,
  };
}

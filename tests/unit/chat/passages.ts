import type { ContextPassage } from '../../../engine/chat';

/** A passage in a context, its number given. */
export function passage(n: number, text: string, more: Partial<ContextPassage> = {}): ContextPassage {
  return {
    n,
    chunk_id: `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    document_id: `00000000-0000-7000-9000-${String(n).padStart(12, '0')}`,
    message_id: null,
    message_external_id: null,
    kind: 'conversation',
    source: 'chatgpt',
    title: 'Trip',
    url: null,
    original_url: null,
    role: 'user',
    speaker: 'Ana',
    said_at: '2026-05-08T10:00:00.000Z',
    text,
    tokens: 20,
    fit: 1,
    why: [],
    pinned: false,
    beside: null,
    ...more,
  };
}

/**
 * Pages of some sites name no messages, only their places. What such a page shows of a conversation whose messages the
 * site's own data has named goes by those names, or each turn would be stored twice. Pure.
 */
import { saysTheSame } from '../capture';
import type { IncomingMessage } from './merge';

/** A stored message of the shown branch; `place` counts from 1. */
export interface Placed {
  place: number;
  external_id: string;
  role: string;
  /** Its first words. */
  words: string;
}

/** The place in the conversation by which a message is named; null for one that has a name of the site's. */
export function placeOf(message: Pick<IncomingMessage, 'id' | 'metadata'>): number | null {
  const place = message.metadata['position'];
  return message.id.startsWith('dom-') && typeof place === 'number' ? place : null;
}

/**
 * The messages under the names that those in the same places have, where the same is said there. An answer is told by its
 * question: the page and the site's data write answers differently.
 */
export function withNames(messages: IncomingMessage[], stored: Placed[]): IncomingMessage[] {
  const there = new Map(stored.map((each) => [each.place, each]));
  const given = new Set(messages.map((message) => message.id));
  const names = new Map<string, string>();
  for (const [index, message] of messages.entries()) {
    const place = placeOf(message);
    const held = place === null ? undefined : there.get(place);
    if (held === undefined || held.role !== message.role || given.has(held.external_id)) continue;
    const before = messages[index - 1];
    const asked = before !== undefined && placeOf(before) === (place ?? 0) - 1 ? names.has(before.id) : null;
    const same = message.role === 'assistant' && asked !== null ? asked : saysTheSame(held.words, message.markdown);
    if (same) names.set(message.id, held.external_id);
  }
  if (names.size === 0) return messages;
  const name = (id: string): string => names.get(id) ?? id;
  return messages.map((message) => ({
    ...message,
    id: name(message.id),
    parent_id: message.parent_id === null ? null : name(message.parent_id),
  }));
}

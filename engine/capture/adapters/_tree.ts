/**
 * A site's flat list of messages, every branch of it, as a conversation. Loops, not recursion: a conversation may be one
 * branch of many thousand messages.
 */
import type { CapturedConversation, CapturedMessage, Coverage } from '../types';
import { madeUpId, type ReadContext } from './_adapter';

/** A conversation as a site's class took it apart; `messages` in the order of the body, `on_active_branch` as it likes. */
export interface MessageTree extends Pick<CapturedConversation, 'site' | 'title' | 'strategy'> {
  /** Null where the body does not say it: it is made from the first words then. */
  id: string | null;
  url: string | null;
  created_at: string | null;
  updated_at: string | null;
  messages: CapturedMessage[];
  /** The message that the site shows last; null where the body does not say it: the newest without an answer is taken. */
  head: string | null;
  metadata: CapturedConversation['metadata'];
}

/**
 * The branch that ends in `head` first, root at the front, marked as shown; what was left (edits, regenerations) after
 * it. A message that says nothing is left out, and its answers hang on the one above it. A message given twice counts
 * as it was given last. Complete when the branch reaches a message without a parent and its head is a finished answer.
 */
export function treeConversation(tree: MessageTree, context: ReadContext): CapturedConversation {
  const byId = new Map(tree.messages.map((message) => [message.id, message]));
  // Of a turn the answer can have the earlier time: it is begun before the question is kept.
  const answered = new Set(tree.messages.map(({ parent_id }) => parent_id));
  const ends = [...byId.values()].filter(({ id }) => !answered.has(id));
  const newest = (ends.length > 0 ? ends : [...byId.values()]).reduce<CapturedMessage | undefined>(
    (best, each) => ((each.created_at ?? '') < (best?.created_at ?? '') ? best : each),
    undefined,
  );
  const head = byId.get(tree.head ?? '') ?? newest;
  const branch = new Set<CapturedMessage>();
  let coverage: Coverage = 'all';
  for (let at = head; at !== undefined;) {
    branch.add(at);
    if (at.parent_id === null) break;
    const above = byId.get(at.parent_id);
    // The rest is not here, or hangs in a circle.
    if (above === undefined || branch.has(above)) coverage = 'tail';
    at = above === undefined || branch.has(above) ? undefined : above;
  }
  const above = (message: CapturedMessage): string | null => {
    const passed = new Set<CapturedMessage>();
    let parent = byId.get(message.parent_id ?? '');
    while (parent !== undefined && !saysSomething(parent)) {
      if (passed.has(parent)) return null;
      passed.add(parent);
      parent = byId.get(parent.parent_id ?? '');
    }
    return parent?.id ?? null;
  };
  const messages = [...[...branch].reverse(), ...[...byId.values()].filter((each) => !branch.has(each))]
    .filter(saysSomething)
    .map((each) => ({ ...each, parent_id: above(each), on_active_branch: branch.has(each) }));
  const { id, head: _head, ...said } = tree;
  return {
    ...said,
    kind: 'conversation',
    id: id ?? madeUpId(messages[0]?.markdown ?? ''),
    captured_at: context.capturedAt ?? new Date().toISOString(),
    coverage,
    complete: coverage === 'all' && (head === undefined || (head.role === 'assistant' && head.finished)),
    messages,
  };
}

function saysSomething({ markdown, attachments, metadata }: CapturedMessage): boolean {
  return markdown !== '' || attachments.length > 0 || Object.keys(metadata).length > 0;
}

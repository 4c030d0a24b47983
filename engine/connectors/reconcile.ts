/**
 * Gemini's activity names no messages, and often no conversation. What was captured live is found again by its words and
 * time, so that one conversation does not become two.
 */
import { saysTheSame } from '../capture';
import type { Capture, CapturedConversation, CapturedMessage } from '../capture/types';
import type { Queryable } from '../store';

/** The activity notes when a question was sent, the page when it was answered. */
const NEAR_MS = 10 * 60_000;
/** Letters that are compared to find candidates. */
const HEAD = 60;

interface Held {
  document: string;
  id: string;
  role: string;
  words: string;
  created_at: Date | string | null;
  /** The answer that follows it. */
  answer: string | null;
}

/**
 * Turns of an activity under the ids they are stored under; conversations without a name under that of the stored one
 * that holds most of their questions. Others come back as they are.
 */
export async function reconcile(db: Queryable, captures: Capture[]): Promise<Capture[]> {
  const rows = captures.filter(isActivity);
  if (rows.length === 0) return captures;
  const times = rows
    .flatMap(({ messages }) => messages.map(({ created_at }) => Date.parse(created_at ?? '')))
    .filter((time) => !Number.isNaN(time));
  const [first, last] = times.reduce(([low, high], time) => [Math.min(low, time), Math.max(high, time)], [Infinity, 0]);
  const held = await db.query<Held>(
    `select d.external_id as document, m.external_id as id, m.role, left(m.markdown, 2000) as words, m.created_at,
      (select external_id from message n
       where n.document_id = m.document_id and n.position = m.position + 1 and n.role = 'assistant' and n.on_active_branch
      ) as answer
    from document d join message m on m.document_id = d.id
    where d.source = 'gemini' and m.external_id not like 'takeout-%'
      and (m.created_at is null or m.created_at between $1 and $2)`,
    [new Date(Math.min(first ?? 0, 8e15) - NEAR_MS).toISOString(), new Date((last ?? 0) + NEAR_MS).toISOString()],
  );
  if (held.length === 0) return captures;
  const byHead = new Map<string, Held[]>();
  for (const each of held) {
    const head = headOf(each.words);
    if (head !== '') byHead.set(head, [...(byHead.get(head) ?? []), each]);
  }
  return captures.map((capture) => (isActivity(capture) ? renamed(capture, byHead) : capture));
}

function isActivity(capture: Capture): capture is CapturedConversation {
  return capture.kind === 'conversation' && capture.site === 'gemini' && capture.metadata['export'] === 'takeout';
}

/** What makes a text findable: its first letters. */
function headOf(markdown: string): string {
  return markdown
    .slice(0, 400)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, HEAD);
}

function renamed(conversation: CapturedConversation, byHead: Map<string, Held[]>): CapturedConversation {
  const named = conversation.url !== null;
  const candidates = (message: CapturedMessage) =>
    (byHead.get(headOf(message.markdown)) ?? []).filter(
      (each) =>
        each.role === message.role &&
        saysTheSame(each.words, message.markdown) &&
        isNear(each.created_at, message.created_at) &&
        (!named || each.document === conversation.id),
    );
  const found = conversation.messages.map(candidates);
  // A question alone ("thanks") is said in many conversations; the one that holds most of these is meant.
  const counts = new Map<string, number>();
  found.forEach((list, index) => {
    const weight = conversation.messages[index]?.role === 'user' ? 1 : 2;
    for (const document of new Set(list.map((each) => each.document)))
      counts.set(document, (counts.get(document) ?? 0) + weight);
  });
  const [best] = [...counts].sort((a, b) => b[1] - a[1]);
  if (best === undefined) return conversation;
  const ids = new Map<string, string>();
  const used = new Set<string>();
  conversation.messages.forEach((message, index) => {
    if (ids.has(message.id)) return;
    const match = found[index]?.find((each) => each.document === best[0] && !used.has(each.id));
    if (match === undefined) return;
    used.add(match.id);
    ids.set(message.id, match.id);
    // The answer to the same question is the same, though the activity tells it without its sources.
    const next = conversation.messages[index + 1];
    if (message.role !== 'user' || next?.role !== 'assistant' || match.answer === null || used.has(match.answer))
      return;
    used.add(match.answer);
    ids.set(next.id, match.answer);
  });
  return {
    ...conversation,
    id: best[0],
    // Of two texts of a turn the one that was seen live is kept: it has its sources.
    updated_at: ids.size > 0 ? null : conversation.updated_at,
    messages: conversation.messages.map((message) => ({
      ...message,
      id: ids.get(message.id) ?? message.id,
      parent_id: message.parent_id === null ? null : (ids.get(message.parent_id) ?? message.parent_id),
    })),
  };
}

/** Where the page gave no time, the words must do. */
function isNear(stored: Date | string | null, said: string | null): boolean {
  if (stored === null || said === null) return true;
  return Math.abs(new Date(stored).getTime() - Date.parse(said)) <= NEAR_MS;
}

/** What is searched at once: one conversation of a set, or many of them, as numbered turns; and the engine filled with it. */
import type { CapturedConversation } from '../../../engine/capture/types';
import type { Embedder } from '../../../engine/embed';
import { ingest } from '../../../engine/ingest';
import { openStore, type Store } from '../../../engine/store';
import { embedAll } from '../../harness/jobs';
import type { Conversation, Session, Turn } from './question-sets';

export interface HaystackTurn {
  turn: Turn;
  session: Session;
  conversation: Conversation;
  /** Who says it and on which day, as the line before a passage in the engine's index. */
  header: string;
}

export interface Haystack {
  conversations: Conversation[];
  /** Everything else names a turn by its place in this list. */
  turns: HaystackTurn[];
}

export function haystackOf(conversations: Conversation[]): Haystack {
  const turns = conversations.flatMap((conversation) =>
    conversation.sessions.flatMap((session) =>
      session.turns.map((turn) => ({
        turn,
        session,
        conversation,
        header: [turn.role === 'user' ? 'You' : turn.speaker, session.date?.toUTCString().slice(0, 16)]
          .filter(Boolean)
          .join(', '),
      })),
    ),
  );
  return { conversations, turns };
}

/** Between two turns of a session, whose times no set has. */
const MINUTE = 60_000;
/** Sessions ingested in one transaction. */
const AT_ONCE = 200;
/** When sessions without a date are taken to have been captured. */
const UNDATED = '2024-01-01T00:00:00.000Z';

/** Each session as a conversation of its own, the way a site's adapter gives it. */
function captures(haystack: Haystack): CapturedConversation[] {
  const { turns } = haystack;
  const result: CapturedConversation[] = [];
  for (let from = 0; from < turns.length;) {
    const { session } = turns[from] as HaystackTurn;
    const start = session.date?.getTime();
    const time = (t: number) => (start === undefined ? null : new Date(start + t * MINUTE).toISOString());
    result.push({
      kind: 'conversation',
      site: 'chatgpt',
      // not the session's own: a file may have an id twice
      id: String(from),
      url: null,
      title: null,
      created_at: time(0),
      updated_at: time(session.turns.length),
      captured_at: time(session.turns.length) ?? UNDATED,
      strategy: 'json-tree',
      coverage: 'all',
      complete: true,
      messages: session.turns.map((turn, t) => ({
        id: String(from + t),
        parent_id: t === 0 ? null : String(from + t - 1),
        role: turn.role ?? 'user',
        author: turn.role === null ? turn.speaker : null,
        model: null,
        created_at: time(t),
        markdown: turn.text,
        finished: true,
        on_active_branch: true,
        attachments: [],
        metadata: {},
      })),
      metadata: {},
    });
    from += session.turns.length;
  }
  return result;
}

/** A store in memory that holds the haystack with every vector, filled by the engine's own ingest and embedding job. */
export async function fillStore(haystack: Haystack, embedder: Embedder): Promise<Store> {
  const store = await openStore({ storage: 'memory' });
  // Years old to the clock; nothing has a lifetime here.
  const all = captures(haystack);
  for (let from = 0; from < all.length; from += AT_ONCE) await ingest(store, all.slice(from, from + AT_ONCE));
  await embedAll(store, embedder);
  await store.maintain('analyze');
  return store;
}

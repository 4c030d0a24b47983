import { beginningOf, endOf } from '../cut';
import { isOnlyPassage } from '../ingest';
import type { Queryable } from '../store';

/**
 * A passage shorter than this, where people talk, is embedded behind as much of what was said before it: "In Tuscany,
 * two years ago" says nothing by itself. LoCoMo, own store / all in one (all questions, a copy of recall() in Python):
 * turn fraction@10 81.8 / 80.2 without and 82.9 / 81.8 with it, session any@1 77.5 / 76.0 and 79.8 / 78.0. What else was
 * tried: docs/decisions/0028-embedded-with-context.md.
 */
const BEFORE_CHARACTERS = 400;
/**
 * What a person asked an assistant, in one passage, is embedded twice, as it is and before this much of the answer, which
 * is what it was about; the mean of both is its vector. BEAM, own store / all in one: turn fraction@10 66.5 / 61.6
 * without, 67.0 / 62.1 with the second alone, 67.0 / 62.9 with both; session any@1 53.6 / 53.6, 57.5 / 53.6, 58.7 / 55.3.
 */
const ANSWER_CHARACTERS = 800;
/** Messages after a question among which its answer is looked for: a tool's come between. */
const ANSWER_WITHIN = 4;

export interface Waiting {
  id: string;
  /** What is to be embedded: the vector of the passage is the mean of theirs. */
  texts: string[];
}

interface Row {
  id: string;
  text: string;
  /** Who says it, where people talk; else null. */
  speaker: string | null;
  before: string | null;
  before_speaker: string | null;
  answer: string | null;
}

/**
 * Passages without a vector of this model, newest first, each with what is embedded of it: its text, who says it where
 * people talk ("When did Caroline …" is far from what Caroline says when nothing in it says that she does: LoCoMo, turn
 * fraction@10, vectors 24.8 without and 65.6 with), and what stands beside it. Vectors made before stay as they are, but for a
 * question's when its answer comes ({@link file://../ingest/chunks.ts}).
 *
 * @param before the passage that the last window ended with; null at the top.
 * @param refused ids to pass over.
 */
export async function readWaiting(
  db: Queryable,
  modelId: string,
  { before, refused }: { before: string | null; refused: readonly string[] },
  most: number,
): Promise<Waiting[]> {
  const rows = await db.query<Row>(
    `select c.id, c.text, talk.speaker, earlier.text as before, earlier.speaker as before_speaker, reply.text as answer
    from (
      select id, document_id, message_id, ordinal, text from chunk c
      where c.level = 1 and ($2::uuid is null or c.id < $2) and c.id <> all($4::uuid[])
        and not exists (select from document d where d.id = c.document_id and d.forget_id is not null)
        and not exists (select from embedding e where e.chunk_id = c.id and e.model_id = $1)
      order by c.id desc limit $3
    ) c
    join document d on d.id = c.document_id
    left join message m on m.id = c.message_id
    cross join lateral (
      select case when d.kind = 'conversation' and m.role = 'user' then nullif(m.author, '') end as speaker
    ) talk
    left join lateral (
      select p.text, pm.author as speaker
      from message pm join chunk p on p.message_id = pm.id and p.level = 1
      where talk.speaker is not null and length(c.text) < ${BEFORE_CHARACTERS}
        and pm.document_id = m.document_id and pm.position between m.position - 1 and m.position and pm.on_active_branch
        and (pm.position < m.position or p.ordinal < c.ordinal)
      order by pm.position desc, p.ordinal desc limit 1
    ) earlier on true
    left join lateral (
      select a.text
      from (
        select am.id, am.role, am.finished from message am
        where d.kind = 'conversation' and m.role = 'user' and talk.speaker is null
          and ${isOnlyPassage('c')}
          and am.document_id = m.document_id and am.position between m.position + 1 and m.position + ${ANSWER_WITHIN}
          and am.on_active_branch and am.role in ('user', 'assistant')
        order by am.position limit 1
      ) following join chunk a on a.message_id = following.id and a.level = 1
      where following.role = 'assistant' and following.finished
      order by a.ordinal limit 1
    ) reply on true
    order by c.id desc`,
    [modelId, before, most, refused],
  );
  return rows.map((row) => ({ id: row.id, texts: embedded(row) }));
}

function embedded({ text, speaker, before, before_speaker, answer }: Row): string[] {
  const own = said(speaker, text);
  if (before !== null) return [`${endOf(said(before_speaker, before), BEFORE_CHARACTERS)}\n${own}`];
  return answer === null ? [own] : [own, `${own}\n${beginningOf(answer, ANSWER_CHARACTERS)}`];
}

function said(speaker: string | null, text: string): string {
  return speaker ? `${speaker}: ${text}` : text;
}

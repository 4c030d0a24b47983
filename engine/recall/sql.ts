/**
 * The one statement of a recall. It is built from its parts so that a question without a vector or without filters
 * does not pay for them: Postgres plans every question anew, and joins that a filter does not need cost most of it.
 */
import { coarse, coarseColumn, type VectorIndex } from '../vectors';
import { VECTOR_CANDIDATES, type Weights, WEIGHTS, WORD_CANDIDATES } from './constants';
import type { ParsedQuery } from './parse';
import { phrasePattern } from './passage';
import type { WordsIndex } from './words-index';

/** What {@link searchStatement} counts on; for its transaction only. */
export const SETTINGS = `set local enable_seqscan = off;
set local hnsw.ef_search = ${VECTOR_CANDIDATES};
set local hnsw.iterative_scan = relaxed_order;`;

/**
 * For a prepared statement besides: its plan is kept while the collection grows, so it has to be the one that is right
 * at any size, even when it was made for an empty table: sorting a few rows looks cheaper then than an index of vectors in
 * its order, hence no sort where there is another way. The last line is how many the words' index ranks before it goes
 * on for more; it does not see our limit behind `level = 1`, and would rank 1,000.
 */
export const PREPARED_SETTINGS = `${SETTINGS}
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local enable_sort = off;
set local plan_cache_mode = force_generic_plan;
set local pg_textsearch.default_limit = ${WORD_CANDIDATES};`;

export interface Statement {
  text: string;
  /** Strings, numbers, and arrays of strings. */
  params: unknown[];
}

/** What the statement of a recall gives. */
export interface Found {
  /** Best first. */
  hits: Row[];
  /** Of each stem that was asked about: its inverse document frequency times a constant, 0 for one that is nowhere. */
  rarities: number[];
}

/** One hit. */
export interface Row {
  chunk_id: string;
  document_id: string;
  message_id: string | null;
  message_external_id: string | null;
  kind: 'conversation' | 'page' | 'note';
  source: string;
  title: string | null;
  url: string | null;
  role: 'user' | 'assistant' | 'system' | 'tool' | null;
  author: string | null;
  model: string | null;
  /** Said when, in milliseconds since 1970. */
  created_at: number;
  text: string;
  language: string | null;
  /** The line before the text, which is searched by and not shown. */
  context: string;
  /** What the index of words has of the context and the text, null where that is not made yet. */
  terms: string | null;
  score: number;
  words: number | null;
  similarity: number | null;
  /** Index into the named times of the one that this hit falls into, null when none. */
  time: number | null;
}

/** Whether the question leaves out more than what is hidden anyway. */
export function narrows({ filters, phrases, hosts, excluded, without }: ParsedQuery): boolean {
  return (
    phrases.length + hosts.length + excluded.length + Object.values(without).flat().length > 0 ||
    Object.values(filters).some((value) => value !== undefined)
  );
}

/** Named times that count: each is in the text of the statement, which is kept for each number of them. */
const TIMES = 3;

/** Numbers its parameters as they are used. */
class Params {
  readonly values: unknown[] = [];
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}

/** What a phrase is looked for in: the text with the line that stands before it. */
const WHOLE = "(c.context || E'\\n' || c.text)";

/** Said when: of the message, else of the document. */
const SAID = 'coalesce(m.created_at, d.created_at, d.captured_at)';

/** Everything a row must be: visible, and within the filters. */
function conditions(query: ParsedQuery, params: Params): string[] {
  const { filters } = query;
  // a note or a message-less chunk has no m; coalesce keeps it
  const all = ['c.level = 1', 'd.forget_id is null', 'coalesce(m.on_active_branch and m.finished, true)'];
  if (filters.sources) all.push(`d.source = any(${params.add(filters.sources, 'text[]')})`);
  if (filters.kinds) all.push(`d.kind = any(${params.add(filters.kinds, 'text[]')})`);
  if (filters.roles) all.push(`m.role = any(${params.add(filters.roles, 'text[]')})`);
  if (filters.document_ids) all.push(`d.id = any(${params.add(filters.document_ids, 'uuid[]')})`);
  if (filters.after !== undefined) all.push(`${SAID} >= ${params.add(filters.after, 'timestamptz')}`);
  if (filters.before !== undefined) all.push(`${SAID} < ${params.add(filters.before, 'timestamptz')}`);
  if (query.hosts.length > 0) {
    all.push(ofHosts(params.add(query.hosts, 'text[]')));
  }
  const { without } = query;
  if (without.sources.length > 0) all.push(`d.source <> all(${params.add(without.sources, 'text[]')})`);
  if (without.kinds.length > 0) all.push(`d.kind <> all(${params.add(without.kinds, 'text[]')})`);
  // a note has no role, and a document without an address is of no host
  if (without.roles.length > 0) all.push(`coalesce(m.role <> all(${params.add(without.roles, 'text[]')}), true)`);
  if (without.hosts.length > 0) all.push(`not ${ofHosts(params.add(without.hosts, 'text[]'))}`);
  for (const phrase of query.phrases) all.push(`${WHOLE} ~* ${params.add(phrasePattern(phrase), 'text')}`);
  for (const word of query.excluded) {
    // \m and \M are the edges of a word; next to a sign they would never hold
    const edges = /^[\p{L}\p{N}_].*[\p{L}\p{N}_]$|^[\p{L}\p{N}_]$/su.test(word) ? ['\\m', '\\M'] : ['', ''];
    all.push(`${WHOLE} !~* ${params.add(`${edges[0]}${phrasePattern(word)}${edges[1]}`, 'text')}`);
  }
  return all;
}

/** Whether the document's address is of one of these hosts or below one. */
function ofHosts(hosts: string): string {
  const host = `substring(lower(d.url) from '^[a-z]+://(?:[^/@]*@)?([^/:?#]+)')`;
  return `exists (select from unnest(${hosts}) h where ${host} = h or right(${host}, length(h) + 1) = '.' || h)`;
}

const SOURCES = `chunk c join document d on d.id = c.document_id left join message m on m.id = c.message_id`;

/** What is shown of the hits of `ranked`, which has id, score, words, similarity and time. */
const shown = (ranked: string) => `select c.id as chunk_id, c.document_id, c.message_id,
       m.external_id as message_external_id, d.kind, d.source, d.title, d.url, m.role,
       coalesce(m.author, d.author) as author, m.model, extract(epoch from ${SAID})::float8 * 1000 as created_at, c.text, c.language, c.terms, c.context,
       ranked.score, ranked.words, ranked.similarity, ranked.time
from ${ranked} join ${SOURCES.replace('chunk c', 'chunk c on c.id = ranked.id')}`;

/** What a question asks an index of words. */
export interface AskedWords {
  index: WordsIndex;
  /** Terms, or plain words where it still is the old index. */
  text: string;
  /** Stems whose rarity is told. */
  stems: readonly string[];
}

/**
 * Passages by words and, with a vector, by meaning, fused; the best one of each message. Gives one {@link Found}, as JSON: a thousand
 * values written, sent and read one by one take 2 to 4 ms longer (50 hits, of 13 to 15; docs/decisions/0030-one-value.md).
 *
 * @param conditionsEarly whether the conditions hold already for what is taken into the lists. Needed where they leave out
 *   much, and so always with filters; else it is cheaper to drop the few hidden rows afterwards. The text is then one of a
 *   few, worth preparing.
 * @param weights part of the text, too.
 */
export function searchStatement(
  query: ParsedQuery,
  words: AskedWords,
  meaning: { vector: string; modelId: string; indexes?: readonly VectorIndex[] } | null,
  limit: number,
  conditionsEarly: boolean,
  weights: Weights = WEIGHTS,
): Statement {
  const early = conditionsEarly || narrows(query);
  const params = new Params();
  const visible = early ? conditions(query, params).join('\n    and ') : '';
  const question = `to_bm25query(${params.add(words.text, 'text')}, '${words.index.name}')`;
  // bm25_get_current_score() is the score that the index scan has just computed; `<@>` in the select list would compute
  // it anew from the text (36 ms in place of 3 for 200 rows). It holds only directly over that scan: hence conditions in
  // a subquery instead of a join, no `with` around it (the extension does not look there), and hence SETTINGS, without which a table of a few rows is read without the index.
  const found = `(
  select c.id, c.message_id, c.document_id, -bm25_get_current_score() as score
  from chunk c
${
  early
    ? `  where (select ${visible}
         from document d left join message m on m.id = c.message_id where d.id = c.document_id)`
    : '  where c.level = 1'
}
  order by c.${words.index.column} <@> ${question}
  limit ${WORD_CANDIDATES}
) words`;
  const parts: string[] = [];
  if (meaning) {
    const vector = params.add(meaning.vector, 'halfvec');
    const model = params.add(meaning.modelId, 'text');
    // The cosine distance of vectors of length 1, which all are; `<=>` would also measure both lengths, number by number
    const distance = `1 + (e.vector <#> ${vector})`;
    // Early, the conditions are inside, so that the scan of an index goes on until enough rows pass them; where few can pass,
    // Postgres reads those instead.
    const candidates = (inIndex: string, order: string, count: number) => `(
${
  early
    ? `  select c.id, ${distance} as distance
  from embedding e join chunk c on c.id = e.chunk_id join document d on d.id = c.document_id
       left join message m on m.id = c.message_id
  where ${inIndex}
    and ${visible}`
    : `  select e.chunk_id as id, ${distance} as distance
  from embedding e
  where ${inIndex}`
}
  order by ${order}
  limit ${count}
)`;
    // What is in an index is taken by its coarse form, what is in none yet by its whole vector. An index is told by constants: a
    // parameter could be any model, so that a prepared statement would not use it.
    const lists = (meaning.indexes ?? []).map((index) =>
      candidates(
        `e.model_id = ${literal(index.model_id)} and e.index_id = ${index.id}`,
        // a query of its own is answered once; as an expression it would be computed for each row that comes out of the index
        `${coarseColumn(index)} <~> (select ${coarse(index, vector)})`,
        VECTOR_CANDIDATES,
      ),
    );
    lists.push(candidates(`e.model_id = ${model} and e.index_id = 0`, 'distance', VECTOR_CANDIDATES));
    parts.push(`near as materialized (
${lists.join('\nunion all\n')}
)`);
    parts.push(`meaning as materialized (
  select c.id, c.message_id, c.document_id, nearest.score
  from (select id, 1 - distance as score from near order by distance limit ${VECTOR_CANDIDATES}) nearest
       join chunk c on c.id = nearest.id and c.level = 1
)`);
  } else {
    parts.push(`meaning as (select id, message_id, document_id, null::float8 as score from chunk where false)`);
  }
  const times = query.times.slice(0, TIMES);
  const seconds = (milliseconds: number) => `${params.add(milliseconds / 1000, 'float8')}`;
  // Inside it is 1, outside a Gaussian of the distance; exp() of less than -700 is an error
  const near = times.map(
    ({ from, to, edge }) =>
      `exp(-least(0.5 * (greatest(${seconds(from)} - t.said, t.said - ${seconds(to)}, 0) / ${seconds(edge)}) ^ 2, 99))`,
  );
  const timed = times.length
    ? `lateral (select extract(epoch from ${SAID})::float8 as said) t, lateral (select ${times
        .map((_, i) => `${near[i]} as near${i}`)
        .join(
          ', ',
        )}) n, lateral (select case ${times.map((_, i) => `when near${i} >= 0.5 then ${i}`).join(' ')} end as time,
         greatest(${times.map(({ weight }, i) => `near${i} * ${params.add(weight, 'float8')}`).join(', ')}) as near) timed`
    : `lateral (select null::int as time, 0::float8 as near) timed`;
  const scaled = `(
  select id, message_id, document_id, score as words, null::float8 as similarity,
         ${weights.words} * power(score / max(score) over (), ${weights.wordsPower}) as by_words, 0::float8 as by_meaning
  from ${found} where score > 0
  union all
  select id, message_id, document_id, null, score, 0,
         ${weights.meaning} * coalesce((score - min(score) over ()) / nullif(max(score) over () - min(score) over (), 0), 1)
  from meaning
) scaled`;
  // A message has the best place of any of its passages in either list; the passage shown is its best in both. Window and
  // `distinct on` go by the same order, so that there is one sort.
  const fused = `(
  select distinct on (coalesce(message_id, id)) id, message_id, document_id, words, similarity,
         max(by_words) over message + max(by_meaning) over message as score
  from (
    select id, message_id, document_id, max(words) as words, max(similarity) as similarity,
           sum(by_words) as by_words, sum(by_meaning) as by_meaning, sum(by_words + by_meaning) as own
    from ${scaled} group by id, message_id, document_id
  ) passages
  window message as (partition by coalesce(message_id, id) order by own desc, id
    rows between unbounded preceding and unbounded following)
  order by coalesce(message_id, id), own desc, id
) fused`;
  const spoken =
    query.asksFor === 'user' ? `* case when m.role = 'user' then ${weights.userAsked}::float8 else 1 end` : '';
  const asked = params.add(spaced(query.text), 'text');
  // by the first name or by all of it; a tool's name is none
  const named = `m.role = 'user' and m.author <> '' and (strpos(${asked}, ' ' || lower(m.author) || ' ') > 0
           or strpos(${asked}, ' ' || split_part(lower(m.author), ' ', 1) || ' ') > 0)`;
  // The document is read only for the hits, unless a named time needs its date.
  const placed = `(
  select fused.id, fused.words, fused.similarity, fused.document_id, m.position, m.role, timed.time, fused.score ${spoken} + ${weights.date}::float8 * timed.near
         + case when ${named} then ${weights.person}::float8 else 0 end as score
  from ${fused} left join message m on m.id = fused.message_id
       ${times.length ? 'join document d on d.id = fused.document_id' : ''}, ${timed}
${
  early
    ? ''
    : `  where coalesce(m.on_active_branch and m.finished, true)
    and fused.document_id not in (select id from document where forget_id is not null)`
}
) placed`;
  const answer = query.asksFor === 'assistant' ? weights.neighbour : weights.answerNeighbour;
  /** The score of the turn so many before (lag) or after (lead), if it is among the hits: there may be none between. */
  const second = (side: 'lag' | 'lead', apart: string) =>
    `case when ${side}(position) over turns = ${apart} then ${side}(score) over turns
            when ${side}(position, 2) over turns = ${apart} then ${side}(score, 2) over turns else 0 end`;
  // Without a position it is a note, beside which nothing stands. Where one side asks and the other answers, a question is
  // lifted by its answer and an answer by its question, neither by the exchange before or after.
  const lifted = `(
  select id, words, similarity, time,
         score + case when position is null then 0 else greatest(
           case when lag(position) over turns = position - 1 then lag(score) over turns
             * case when lag(role) over turns = role then ${weights.neighbour} when role = 'user' then 0 else ${answer} end end,
           case when lead(position) over turns = position + 1 then lead(score) over turns
             * case when lead(role) over turns = role then ${weights.neighbour} when role = 'user' then ${weights.answerNeighbour} else 0 end end,
           0) + ${weights.secondNeighbour} * (${second('lag', 'position - 2')} + ${second('lead', 'position + 2')})
         end as score
  from ${placed}
  window turns as (partition by document_id order by position)
) lifted`;
  const ranked = `(
  select * from ${lifted} order by score desc, id limit ${params.add(limit, 'int')}
) ranked`;
  // The index scores any text by its own statistics, here a stem by itself
  const rarities = `(
  select json_agg(-(stem <@> to_bm25query(stem, '${words.index.name}')) order by place)
  from unnest(string_to_array(${params.add(words.stems.join(' '), 'text')}, ' ')) with ordinality as asked (stem, place)
)`;
  // The list by words must stand in the outermost `from`: in a query of its own it ranks everything (26 ms for 5)
  return {
    text: `with ${parts.join(',\n')}
select json_build_object('hits', coalesce(json_agg(hit), '[]'), 'rarities', coalesce(${rarities}, '[]')) as found from (
${shown(ranked)}
order by ranked.score desc, ranked.id
) hit`,
    params: params.values,
  };
}

/** A question's words in small letters, each between two blanks. */
function spaced(text: string): string {
  return ` ${(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ')} `;
}

/** A text as Postgres reads it back unchanged, whatever stands in it. */
export function literal(text: string): string {
  // E'' means the same with and without standard_conforming_strings
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Only filters: the first passage of each message within them, newest first. */
export function listStatement(query: ParsedQuery, limit: number): Statement {
  const params = new Params();
  const visible = conditions(query, params).join('\n    and ');
  return {
    text: `with firsts as (
  select distinct on (coalesce(c.message_id, c.id)) c.id, ${SAID} as said, d.id as document_id, m.position
  from ${SOURCES}
  where ${visible}
  order by coalesce(c.message_id, c.id), c.ordinal, c.id
),
ranked as (
  select id, 0::float8 as score, null::float8 as words, null::float8 as similarity, null::int as time, said, document_id, position
  from firsts order by said desc, document_id desc, position desc, id limit ${params.add(limit, 'int')}
)
${shown('ranked')}
order by ranked.said desc, ranked.document_id desc, ranked.position desc, ranked.id`,
    params: params.values,
  };
}

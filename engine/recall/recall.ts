import type { Hit, Reason, RecallQuery, RecallResult } from '../api';
import type { Embedder } from '../embed';
import { EngineError } from '../errors';
import type { Store } from '../store';
import { halfvecText, vectorIndexes } from '../vectors';
import {
  EMBED_DEADLINE_MS,
  LIMIT_DEFAULT,
  LIMIT_MAX,
  LOOKED_AT,
  QUERY_WORDS,
  SPARE,
  WEIGHTS,
  type Weights,
} from './constants';
import { TERM_CHARACTERS } from '../words';
import { completions } from './completion';
import { originalUrl } from './original';
import { parseQuery, type NamedTime, type ParsedQuery } from './parse';
import { showPassage } from './passage';
import { runPlanned, runPrepared, stopIf } from './run';
import { secondLook } from './second-look';
import { type Found, listStatement, narrows, searchStatement, type Row } from './sql';
import { searchStems, wordsOf } from './stem';
import { corrections } from './typos';
import { namesPerson, wordsThatMayName } from './whose';
import { storedLanguages, TERMS, wordsIndex, type WordsIndex } from './words-index';

/**
 * What is remembered about a question: passages found by words and by meaning, the best one of each message, best
 * first. Whatever is typed gets an answer: nothing to search by but filters lists what they let through, newest first;
 * nothing at all finds nothing.
 *
 * @param embedder null, or not ready: words alone (`used_meaning` says so). A question is not kept waiting for a model
 *   that still loads.
 * @param weights other ones than those that are right only to measure what each is good for.
 * @throws EngineError `aborted`; `query_failed` only when the database itself fails.
 */
export async function recall(
  store: Store,
  embedder: Embedder | null,
  query: RecallQuery,
  signal?: AbortSignal,
  now: Date = new Date(),
  weights: Weights = WEIGHTS,
): Promise<RecallResult> {
  const started = performance.now();
  const asked = parseQuery(query, now);
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? LIMIT_DEFAULT) || LIMIT_DEFAULT, 1), LIMIT_MAX);
  const result: RecallResult = {
    hits: [],
    understood: { text: asked.text, filters: asked.filters, times: asked.times.map(({ text }) => text), corrected: [] },
    used_meaning: false,
    took_ms: 0,
    embed_ms: 0,
  };
  stopIf(signal);

  if (asked.text !== '') {
    const index = await wordsIndex(store);
    if (asked.about !== asked.aboutAnyTime && !(await anythingFrom(store, asked.times)))
      asked.about = asked.aboutAnyTime;
    const question = { asked, about: asked.about, languages: await languagesOf(store, asked), limit, index, weights };
    let rarities = await search(store, embedder, query, question, result, signal);
    let begun: string | null = null;
    if (index === TERMS && query.mode !== 'meaning' && query.literal !== true) {
      const may = await completions(store, asked.text, question.languages, rarities);
      stopIf(signal);
      if (may) {
        begun = may.begun;
        question.about = [question.about, ...may.words].join(' ');
        rarities = await search(store, embedder, query, question, result, signal);
      }
    }
    if (index === TERMS && (query.mode ?? 'full') === 'full' && query.literal !== true) {
      const corrected = await corrections(store, asked, question.languages, rarities, begun, signal);
      if (corrected.length > 0) {
        const about = corrected.reduce((text, { from, to }) => text.replaceAll(from, to), question.about);
        await search(store, embedder, query, { ...question, about }, result, signal);
        result.understood.corrected = corrected;
      }
    }
  } else if (narrows(asked)) {
    const { text, params } = listStatement(asked, limit);
    const rows = await store.query<Row>(text, params);
    result.hits = rows.map((row) => toHit(row, asked, new Set(), new Set()));
  }
  stopIf(signal);
  result.took_ms = performance.now() - started;
  return result;
}

/** Whether anything stored may be from one of these times: else what they were said with are words like others. */
async function anythingFrom(store: Store, times: readonly NamedTime[]): Promise<boolean> {
  for (const { from, to, edge } of times) {
    const [row] = await store.query<{ there: boolean }>(
      `select exists (select from document where forget_id is null and happened_at >= $1
        and coalesce(created_at, captured_at) < $2) as there`,
      [new Date(from - edge).toISOString(), new Date(to + edge).toISOString()],
    );
    if (row?.there) return true;
  }
  return false;
}

interface Question {
  asked: ParsedQuery;
  /** What is searched for. */
  about: string;
  languages: Array<string | null>;
  limit: number;
  index: WordsIndex;
  weights: Weights;
}

/** Puts the hits into `result`. Resolves with how rare each stem is that was searched by, 0 for one that is nowhere. */
async function search(
  store: Store,
  embedder: Embedder | null,
  query: RecallQuery,
  question: Question,
  result: RecallResult,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const { asked, about, languages, limit, index, weights } = question;
  const before = performance.now();
  const embedded = query.mode === 'words' ? null : await embedQuestion(embedder, about, signal);
  result.embed_ms += performance.now() - before;
  const meaning = embedded && { ...embedded, indexes: await vectorIndexes(store, embedded.modelId) };
  result.used_meaning = meaning !== null;
  stopIf(signal);
  const stems = searchStems(about, languages);
  const terms = firstOf(stems);
  const words =
    query.mode === 'meaning'
      ? { index, text: '', stems: [] }
      : { index, text: index === TERMS ? terms.join(' ') : bm25Text(about), stems: terms };
  const early = narrows(asked);
  const most = Math.max(limit + SPARE, LOOKED_AT);
  const statement = (conditionsEarly: boolean) =>
    searchStatement(asked, words, meaning, most, conditionsEarly, weights);
  let found: Found;
  try {
    found = early
      ? await runPlanned(store, statement(true), signal)
      : await runPrepared(store, statement(false), signal);
    // Perhaps the lists were full of what is hidden, as after forgetting half of everything.
    if (!early && found.hits.length < limit) found = await runPlanned(store, statement(true), signal);
  } catch (error) {
    // The old index may have gone since it was seen.
    if (index === TERMS || (await wordsIndex(store)) !== TERMS) throw error;
    return search(store, embedder, query, { ...question, index: TERMS }, result, signal);
  }
  stopIf(signal);
  const rarities = new Map(words.stems.map((stem, i) => [stem, found.rarities[i] ?? 0]));
  const naming = wordsThatMayName(asked.text);
  result.hits = secondLook(found.hits, asked, rarities, weights)
    .slice(0, limit)
    .map((row) => toHit(row, asked, stems, naming));
  return rarities;
}

async function embedQuestion(embedder: Embedder | null, text: string, signal: AbortSignal | undefined) {
  if (embedder?.state().state !== 'ready') return null;
  try {
    const deadline = AbortSignal.timeout(EMBED_DEADLINE_MS);
    const { modelId } = embedder;
    const [vector] = await embedder.embed([text], 'query', signal ? AbortSignal.any([signal, deadline]) : deadline);
    // with five, one in fifteen of BEAM's questions had two far hits the other way round
    return { vector: halfvecText(vector as Float32Array, 6), modelId };
  } catch (error) {
    if (signal?.aborted) throw EngineError.from(error, 'aborted');
    // The embedder reports its own faults in its state; words still find something.
    return null;
  }
}

/**
 * In which languages the words of a question may stand in what is stored: its own first. English goes along with any, as
 * what is in no plain language is stored as English is.
 */
async function languagesOf(store: Store, { about, language }: ParsedQuery): Promise<Array<string | null>> {
  if (language === 'en' || about === '') return [null];
  if (language !== null) return [language, null];
  return [null, ...(await storedLanguages(store))];
}

/** Terms for BM25, not more than a pasted page should cost. */
function firstOf(stems: ReadonlySet<string>): string[] {
  return [...stems].filter(({ length }) => length <= TERM_CHARACTERS).slice(0, QUERY_WORDS);
}

/** The words for BM25, the first of each, so that a pasted page does not become a thousand index scans. */
function bm25Text(text: string): string {
  const seen = new Set<string>();
  for (const word of wordsOf(text)) {
    if (seen.size === QUERY_WORDS) break;
    seen.add(word.text.toLowerCase());
  }
  return [...seen].join(' ');
}

function toHit(row: Row, asked: ParsedQuery, stems: ReadonlySet<string>, naming: ReadonlySet<string>): Hit {
  const phrases = [...asked.phrases, ...asked.quoted];
  const shown = showPassage(row.text, stems, phrases, row.language);
  const reasons: Reason[] = [];
  // A passage is also found by the title it stands under.
  const { terms } = shown.terms.length > 0 ? shown : showPassage(row.title ?? '', stems, phrases, row.language);
  if (terms.length > 0) reasons.push({ kind: 'words', terms });
  if (row.similarity !== null) reasons.push({ kind: 'meaning', similarity: row.similarity });
  const time = row.time === null ? undefined : asked.times[row.time];
  if (time) reasons.push({ kind: 'date', text: time.text });
  // a tool has a name, too, which is no person's
  if (row.role !== 'tool' && row.author !== null && row.author !== '' && namesPerson(naming, row.author)) {
    reasons.push({ kind: 'person', name: row.author });
  }
  return {
    chunk_id: row.chunk_id,
    document_id: row.document_id,
    message_id: row.message_id,
    message_external_id: row.message_external_id,
    kind: row.kind,
    source: row.source,
    title: row.title,
    url: row.url,
    original_url: originalUrl(row.kind, row.url, shown.sentence),
    role: row.role,
    author: row.author,
    model: row.model,
    created_at: new Date(row.created_at).toISOString(),
    passage: shown.passage,
    highlights: shown.highlights,
    score: row.score,
    reasons,
  };
}

import type { Embedder } from '../embed';
import { EngineError } from '../errors';
import { parseQuery } from '../recall';
import type { Store } from '../store';
import { BUDGET_MOST, BUDGET_QUOTED, BUDGET_TOKENS, WITH_NEIGHBOURS } from './constants';
import { standalone } from './follow-up';
import { gather, neighbours, passagesById } from './gather';
import { judge } from './judge';
import { headingOf, pack, promptFor, promptTokens, type Ranked, roomFor } from './pack';
import type { Generator } from './port';
import type { AskContext, AskRequest, ChatTurn } from './types';

export interface ContextOptions {
  store: Store;
  embedder: Embedder | null;
  now: Date;
  /** The one that will be asked. */
  generator: Pick<Generator, 'contextTokens' | 'passageTokens'>;
  leavesTo?: AskContext['leaves_to'];
  /** The question in full, where the model put it so; a rule does unless told. */
  inFull?: string | null;
  signal?: AbortSignal;
}

/** What an answer to this question would be made of; nothing is generated and nothing leaves. */
export async function buildContext(
  request: AskRequest,
  history: ChatTurn[],
  { store, embedder, now, generator, leavesTo = null, inFull = null, signal }: ContextOptions,
): Promise<AskContext> {
  const question = request.question.trim();
  if (question === '') throw new EngineError('bad_input', 'The question is empty.');
  const { text, rewritten } = inFull === null ? standalone(question, history) : { text: inFull, rewritten: true };
  const { found, filters } = await gather(store, embedder, { text, filters: request.filters ?? {} }, now, signal);
  const pinned = await passagesById(store, request.pinned ?? []);
  const dropped = new Set((request.dropped ?? []).filter((id) => !request.pinned?.includes(id)));

  const about = parseQuery({ text }, now).about;
  const judgement = judge(
    about === '' ? text : about,
    found
      .filter(({ chunk_id }) => !dropped.has(chunk_id))
      .map((one) => ({ ...one, found: one, heading: headingOf({ ...one, said_at: one.created_at }) })),
  );
  // What the judgement does not look at keeps its place behind.
  const judged = judgement.ranked.map(({ passage }) => passage.found);
  const best = Math.max(judgement.ranked[0]?.score ?? 0, Number.MIN_VALUE);
  const ranked: Ranked[] = [
    ...judgement.ranked.map(({ passage, score }) => ({ found: passage.found, fit: Math.max(0, score / best) })),
    ...found.filter((one) => !judged.includes(one)).map((one) => ({ found: one, fit: 0 })),
  ];
  const beside = await neighbours(store, judged.slice(0, WITH_NEIGHBOURS));
  signal?.throwIfAborted();

  const { contextTokens, passageTokens } = generator;
  const wanted = Math.min(
    Math.max(request.budget ?? passageTokens ?? (contextTokens === null ? BUDGET_QUOTED : BUDGET_TOKENS), 0),
    BUDGET_MOST,
  );
  const packed = pack(ranked, pinned, dropped, beside, roomFor(contextTokens, text, history, wanted));
  const prompt = promptFor(contextTokens, rewritten ? text : question, packed.passages, history);
  return {
    searched: text,
    rewritten,
    filters,
    passages: packed.passages,
    left_out: packed.left_out,
    // Who pins a passage says that it answers.
    evidence: pinned.length > 0 ? 'found' : judgement.evidence,
    tokens: promptTokens(prompt),
    prompt,
    leaves_to: leavesTo,
    replaced: [],
  };
}

/** One question, from its context to its checked answer. */
import type { Embedder } from '../embed';
import { EngineError } from '../errors';
import { loadReplacing } from '../privacy';
import { checkAnswer, type Nearness } from './check';
import { ANSWER_TOKENS } from './constants';
import { asE5 } from './meaning';
import { NOTHING_FOUND } from './pack';
import type { Generator } from './port';
import type { Answer, AskContext, AskEvent, Citation } from './types';

export interface AskOptions {
  /** Builds the context; by itself, because a search goes before other work and the writing of an answer does not. */
  context: () => Promise<AskContext>;
  /** For the soft check of citations. */
  embedder: Embedder | null;
  generator: Generator;
  /** Called once with the context before anything is generated; a rejection ends it there. Where consent is asked. */
  beforeSending?: (context: AskContext) => Promise<void>;
}

/** Longest that sentences are checked by meaning; after it words decide alone. */
const CHECK_DEADLINE_MS = 20_000;

/**
 * The answer, and on the way to it the context and the words as they come. An abort ends it with the words so far
 * (`ended: 'stopped'`), a fault of the generator too (`failed`): neither rejects.
 * @throws EngineError for what goes wrong before there is a context: `bad_input`, `aborted`, `query_failed`.
 */
export async function answerQuestion(
  { context: build, embedder, generator, beforeSending }: AskOptions,
  onEvent: (event: AskEvent) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const started = performance.now();
  const context = await build();
  onEvent({ type: 'context', context });
  const contextMs = performance.now() - started;

  let text = '';
  let shown = 0;
  let firstMs: number | null = null;
  let ended: Answer['ended'] = 'done';
  let failure: EngineError | null = null;
  try {
    await beforeSending?.(context);
    const stream = generator.generate(
      {
        question: context.searched,
        passages: context.passages,
        evidence: context.evidence,
        prompt: context.prompt,
        max_tokens: ANSWER_TOKENS,
      },
      signal,
    );
    // Without a passage there is nothing to answer from, whoever is asked; who asks without passages knows it.
    const given = context.passages.length > 0 || context.leaves_to?.sends === 'question';
    if (given && !(generator.small && context.evidence !== 'found')) {
      const pieces = untilAborted(stream, signal);
      const { replaced } = context;
      const told = replaced.length === 0 ? pieces : (await loadReplacing()).putBackStream(pieces, replaced);
      for await (const piece of told) {
        if (piece === '') continue;
        firstMs ??= performance.now() - started;
        text += piece;
        // The word for "nothing" is not shown, nor what may still become it.
        if (NOTHING_FOUND.startsWith(text.trim()) || text.trim().startsWith(NOTHING_FOUND)) continue;
        onEvent({ type: 'text', text: text.slice(shown) });
        shown = text.length;
      }
    }
  } catch (error) {
    failure = EngineError.from(error);
    ended = signal.aborted ? 'stopped' : 'failed';
    if (ended === 'stopped') failure = null;
  }

  const nothing = text.trim() === '' || text.trim().startsWith(NOTHING_FOUND);
  const checked = nothing
    ? { markdown: '', sentences: [], spans: new Map<number, { start: number; end: number }>() }
    : // Not aborted with the answer: the words that came are checked, too.
      await checkAnswer(text.trim(), context.passages, nearness(embedder, AbortSignal.timeout(CHECK_DEADLINE_MS)));
  return {
    markdown: checked.markdown,
    sentences: checked.sentences,
    citations: citationsOf(context, checked.spans),
    abstained: nothing && ended === 'done',
    generator: generator.id,
    ended,
    failure: failure?.serialise() ?? null,
    timing: { context_ms: contextMs, first_ms: firstMs, total_ms: performance.now() - started },
    chat_id: null,
    message_id: null,
  };
}

/** Ends with the signal even where the stream does not heed it. */
async function* untilAborted(stream: AsyncIterable<string>, signal: AbortSignal): AsyncGenerator<string> {
  const iterator = stream[Symbol.asyncIterator]();
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => {
      reject(new EngineError('aborted', 'The answer was stopped.'));
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    aborted.catch(() => undefined); // it was told, or nobody waits for it any more
    // Not awaited: a stream that hangs would hold the answer.
    iterator.return?.().catch((error: unknown) => {
      console.debug('commonplace: a generator did not end well', error);
    });
  }
}

function citationsOf({ passages }: AskContext, spans: Map<number, { start: number; end: number }>): Citation[] {
  return passages.flatMap((passage) => {
    const span = spans.get(passage.n);
    if (!span) return [];
    const { n, chunk_id, document_id, message_id, message_external_id, kind, source, title } = passage;
    const { url, original_url, role, speaker, said_at, text } = passage;
    return [
      {
        n,
        chunk_id,
        document_id,
        message_id,
        message_external_id,
        kind,
        source,
        title,
        url,
        original_url,
        role,
        speaker,
        said_at,
        text,
        span: [span.start, span.end] as [number, number],
      },
    ];
  });
}

/** Cosines by the engine's own embedder as e5's would be, when it is ready; vectors are of length one. */
function nearness(embedder: Embedder | null, deadline: AbortSignal): Nearness {
  return async (sentence, texts) => {
    if (embedder?.state().state !== 'ready' || deadline.aborted) return null;
    try {
      const { modelId } = embedder;
      const [one, ...others] = await embedder.embed([sentence, ...texts], 'passage', deadline);
      return others.map((other) =>
        asE5(
          modelId,
          other.reduce((sum, value, i) => sum + value * (one?.[i] ?? 0), 0),
        ),
      );
    } catch (error) {
      // The words still decide.
      console.debug('commonplace: a sentence was checked by its words alone', error);
      return null;
    }
  };
}

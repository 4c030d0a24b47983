/** An answer as it is read: its words, its citations to press, and which sentences stand on nothing. */
import type { ComponentChildren } from 'preact';
import type { AnswerSentence, Citation } from '../engine/api';
import { Markdown } from './markdown';
import type { DrawnAnswer } from './use-ask';
import { inWords } from './dates';
import { documentTitle } from './rows';
import { count, words } from './words';

interface AnswerTextProps {
  answer: DrawnAnswer;
  openCitation: (citation: Citation) => void;
  openLink: (url: string) => void;
}

export function AnswerText({ answer, openCitation, openLink }: AnswerTextProps) {
  const { markdown, sentences } = answer;
  const citations = new Map(answer.citations.map((citation) => [citation.n, citation]));
  const unsupported = sentences.filter(({ state }) => state === 'unsupported').length;
  const uncited = sentences.filter(({ state }) => state === 'uncited').length;
  return (
    <>
      <Markdown
        markdown={markdown}
        open={openLink}
        text={(value, span) =>
          piecesOf(value, span, markdown, sentences).map((piece) => {
            const drawn = withCitations(piece.text, citations, openCitation);
            if (piece.state === 'supported' || piece.state === null) return drawn;
            const what = words(piece.state === 'unsupported' ? 'ask_unsupported' : 'ask_uncited');
            return (
              <span class={piece.state} title={what}>
                {drawn}
                {piece.last && <span class="unseen"> ({what})</span>}
              </span>
            );
          })
        }
      />
      {unsupported > 0 && <p class="meta checked">{count('ask_unsupported_count', unsupported)}</p>}
      {uncited > 0 && <p class="meta checked">{count('ask_uncited_count', uncited)}</p>}
    </>
  );
}

interface Piece {
  text: string;
  state: AnswerSentence['state'] | null;
  /** Whether the sentence ends in it. */
  last: boolean;
}

/** Stands for a bracket that is no citation: it was written `\[`. */
const BRACKET = '\uE000';

/** A run of words cut where sentences begin and end. */
export function piecesOf(
  value: string,
  span: [number, number] | null,
  markdown: string,
  sentences: AnswerSentence[],
): Piece[] {
  if (span === null) return [{ text: value, state: null, last: false }];
  const [start, end] = span;
  const source = markdown.slice(start, end);
  const near = sentences.filter((sentence) => sentence.start < end && sentence.end > start);
  if (source !== value) {
    const marked = source.replaceAll('\\[', BRACKET).replace(/\\([!-/:-@[-`{-~])/gu, '$1');
    const text = marked.replaceAll(BRACKET, '[') === value ? marked : value;
    const [first] = near;
    return [{ text, state: first?.state ?? null, last: first !== undefined && first.end <= end }];
  }
  const pieces: Piece[] = [];
  let at = start;
  for (const sentence of near) {
    const from = Math.max(at, sentence.start);
    const to = Math.min(end, sentence.end);
    if (from > at) pieces.push({ text: markdown.slice(at, from), state: null, last: false });
    if (to > from) {
      pieces.push({ text: markdown.slice(from, to), state: sentence.state, last: to === sentence.end });
      at = to;
    }
  }
  if (at < end) pieces.push({ text: markdown.slice(at, end), state: null, last: false });
  return pieces;
}

function withCitations(
  text: string,
  citations: ReadonlyMap<number, Citation>,
  open: (citation: Citation) => void,
): ComponentChildren[] {
  return text.split(/(\[\d{1,3}(?:\s*,\s*\d{1,3})*\])/u).map((part, place) => {
    if (place % 2 === 0) return part.replaceAll(BRACKET, '[');
    return part
      .slice(1, -1)
      .split(',')
      .map((number) => {
        const n = Number(number.trim());
        const citation = citations.get(n);
        // Gone since: the passage was deleted.
        if (!citation) return <sup class="gone">{n}</sup>;
        return (
          <button
            type="button"
            class="cite"
            aria-label={words('ask_citation', n, documentTitle(citation), inWords(citation.said_at))}
            title={`${documentTitle(citation)}, ${inWords(citation.said_at)}`}
            onClick={() => {
              open(citation);
            }}
          >
            {n}
          </button>
        );
      });
  });
}

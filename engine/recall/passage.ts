import { PASSAGE_CHARACTERS, SENTENCES_WITHIN } from './constants';
import { wordsOf } from './stem';

/** What of a chunk is shown. */
export interface ShownPassage {
  passage: string;
  /** UTF-16 offsets [start, end) into `passage`, ascending, not overlapping. */
  highlights: Array<[number, number]>;
  /** The words of the passage that matched, as written, once each. */
  terms: string[];
  /** The sentence that fits the question best, as it stands in the chunk. */
  sentence: string;
}

interface Sentence {
  start: number;
  end: number;
  /** Different stems of the question in it. */
  stems: Set<string>;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/**
 * The two or three lines of a text around its best sentence, with the words whose stem is asked for marked. The best
 * sentence has most different stems of the question; the first of equals.
 */
export function showPassage(
  whole: string,
  stems: ReadonlySet<string>,
  phrases: readonly string[] = [],
  language: string | null = null,
): ShownPassage {
  const text = whole.length <= SENTENCES_WITHIN ? whole : aroundFirstMark(whole, stems, phrases, language);
  const marks = matchOffsets(text, stems, phrases, language);
  const sentences: Sentence[] = [...segmenter.segment(text)].map(({ index, segment }) => ({
    start: index,
    end: index + segment.length,
    stems: new Set(),
  }));
  let s = 0;
  for (const mark of marks) {
    while (s < sentences.length - 1 && mark.start >= (sentences[s] as Sentence).end) s++;
    sentences[s]?.stems.add(mark.stem);
  }
  let best = 0;
  sentences.forEach((sentence, i) => {
    if (sentence.stems.size > (sentences[best] as Sentence).stems.size) best = i;
  });
  const span = aroundSentence(text, sentences, best, marks);
  const passage = text.slice(span.start, span.end);
  const highlights: Array<[number, number]> = [];
  const terms = new Set<string>();
  for (const mark of marks) {
    if (mark.start < span.start || mark.end > span.end) continue;
    const last = highlights.at(-1);
    const [start, end] = [mark.start - span.start, mark.end - span.start];
    // pairs of letters overlap, or touch where they were asked for one by one
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else highlights.push([start, end]);
  }
  for (const [start, end] of highlights) terms.add(passage.slice(start, end));
  const chosen = sentences[best];
  return {
    passage,
    highlights,
    terms: [...terms],
    sentence: chosen ? text.slice(chosen.start, chosen.end).trim() : text.trim(),
  };
}

function aroundFirstMark(
  text: string,
  stems: ReadonlySet<string>,
  phrases: readonly string[],
  language: string | null,
): string {
  const first = matchOffsets(text, stems, phrases, language)[0]?.start ?? 0;
  const start = first < SENTENCES_WITHIN / 2 ? 0 : nextWord(text, first - SENTENCES_WITHIN / 4);
  return text.slice(start, wholeCharacter(text, start + SENTENCES_WITHIN));
}

interface Mark {
  start: number;
  end: number;
  stem: string;
}

function matchOffsets(
  text: string,
  stems: ReadonlySet<string>,
  phrases: readonly string[],
  language: string | null,
): Mark[] {
  const marks: Mark[] = [];
  for (const word of wordsOf(text, language)) {
    if (stems.has(word.stem)) marks.push({ start: word.start, end: word.end, stem: word.stem });
  }
  for (const phrase of phrases) {
    for (const match of text.matchAll(new RegExp(phrasePattern(phrase), 'giu'))) {
      if (match[0] !== '') marks.push({ start: match.index, end: match.index + match[0].length, stem: phrase });
    }
  }
  return marks.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** A regular expression for a phrase with any white space between its words; the same text for Postgres and for JS. */
export function phrasePattern(phrase: string): string {
  return phrase
    .trim()
    .split(/\s+/)
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .join('\\s+');
}

/** The sentence with whole neighbours while they fit; a long one is cut around its first mark, at white space. */
function aroundSentence(
  text: string,
  sentences: Sentence[],
  best: number,
  marks: Mark[],
): { start: number; end: number } {
  const chosen = sentences[best];
  if (!chosen) return { start: 0, end: 0 };
  let { start, end } = chosen;
  let [before, after] = [best - 1, best + 1];
  if (end - start <= PASSAGE_CHARACTERS) {
    for (;;) {
      const next = sentences[after];
      const previous = sentences[before];
      if (next && next.end - start <= PASSAGE_CHARACTERS) {
        end = next.end;
        after++;
      } else if (previous && end - previous.start <= PASSAGE_CHARACTERS) {
        start = previous.start;
        before--;
      } else break;
    }
  } else {
    const first = marks.find((mark) => mark.start >= start && mark.end <= end)?.start ?? start;
    if (first - start > PASSAGE_CHARACTERS / 3) start = nextWord(text, first - Math.floor(PASSAGE_CHARACTERS / 4));
    const limit = start + PASSAGE_CHARACTERS;
    if (end > limit) {
      const space = text.slice(start, limit).search(/\s\S*$/);
      end = space > PASSAGE_CHARACTERS / 2 ? start + space : wholeCharacter(text, limit);
    }
  }
  while (start < end && /\s/.test(text[start] as string)) start++;
  while (end > start && /\s/.test(text[end - 1] as string)) end--;
  return { start, end };
}

function nextWord(text: string, at: number): number {
  const space = text.slice(at, at + 40).search(/\s/);
  return space < 0 ? wholeCharacter(text, at) : at + space + 1;
}

/** `at`, or one further where it would split a surrogate pair. */
function wholeCharacter(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

/** Sentences of captured Markdown and of answers. Pure. */

/** [start, end) in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });
/** Intl.Segmenter takes a time that grows with the square of the number of sentences: long lines are divided in parts. */
const SEGMENTED_AT_ONCE = 2_000;

/** Marks of a line that are no words: list marks, quotes, table bars, headings. */
const LEAD = /^(?:[\s>|]|[-*+]\s|\d{1,3}[.)]\s|#{1,6}\s)+/u;
const FENCE = /^\s*(?:`{3,}|~{3,})/u;
/** What UAX #29 takes for an end and is none: "Dr. Smith", "e.g. this". */
const ABBREVIATION = /(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|no|approx|fig|inc|jr|sr)\.\s*$/iu;
/** The number of an item, in a list that was put on one line: it goes with what follows. */
const ITEM = /^[^\p{L}\p{N}]*\d{1,3}[.)]\s*$/u;
/** A mark in the middle of an address or of Markdown ends nothing: "/find?q=Ana", "![x](…)". */
const WITHIN = /^[?!](?:[\p{sc=Latin}\p{N}=&/(_-]|\[(?!\d))/u;

/**
 * Sentences in the order of the text, without the marks before them; a line of code is one. Lines without a letter or
 * digit are left out.
 */
export function sentencesOf(text: string): Span[] {
  const spans: Span[] = [];
  let fenced = false;
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(from, end);
    if (FENCE.test(line)) fenced = !fenced;
    else if (fenced) push(spans, text, from, end);
    else spans.push(...sentencesOfLine(text, from + (LEAD.exec(line)?.[0].length ?? 0), end));
    from = end + 1;
  }
  return spans;
}

function sentencesOfLine(text: string, start: number, end: number): Span[] {
  const spans: Span[] = [];
  let open: number | null = null;
  for (let from = start; from < end; from += SEGMENTED_AT_ONCE) {
    const part = text.slice(from, Math.min(end, from + SEGMENTED_AT_ONCE));
    for (const { index, segment } of segmenter.segment(part)) {
      const at = from + index;
      const first: number = open ?? at;
      open = null;
      const stop = at + segment.length;
      const [said, around] = [text.slice(first, stop), text.slice(stop - 1, stop + 2)];
      if (stop < end && (ABBREVIATION.test(said) || ITEM.test(said) || WITHIN.test(around))) {
        open = first;
        continue;
      }
      push(spans, text, first, stop);
    }
  }
  if (open !== null) push(spans, text, open, end);
  return joinCitations(text, spans);
}

/** "It is red. [2]", "<b>It is red.</b> [2]": the number belongs to the sentence before it, with what has no letter. */
function joinCitations(text: string, spans: Span[]): Span[] {
  const joined: Span[] = [];
  for (const span of spans) {
    const last = joined.at(-1);
    const lead = /^(?:[^\p{L}\p{N}[\]]*\[\d{1,3}(?:\s*,\s*\d{1,3})*\])+[.!?]*\s*/u.exec(
      text.slice(span.start, span.end),
    )?.[0];
    if (!last || lead === undefined) {
      joined.push(span);
      continue;
    }
    last.end = span.start + lead.trimEnd().length;
    push(joined, text, span.start + lead.length, span.end);
  }
  return joined;
}

function push(spans: Span[], text: string, from: number, to: number): void {
  let [start, end] = [from, to];
  while (start < end && /\s/u.test(text.charAt(start))) start++;
  while (end > start && /\s/u.test(text.charAt(end - 1))) end--;
  if (/[\p{L}\p{N}]/u.test(text.slice(start, end))) spans.push({ start, end });
}

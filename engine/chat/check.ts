/**
 * Whether an answer's sentences stand on what they cite. Pure but for the soft check, which is given as a function.
 *
 * Hard: numbers, dates and names of the sentence must be in the passage (its heading and the days its words mean
 * included), and a "not" on one side only is a contradiction. Soft: enough of its words, or with fewer of them a meaning
 * near enough.
 */
import { namedTimes, searchStems, wordsOf } from '../recall';
import { isFunctionWord } from '../words';
import { MEANING_NEAR, WORDS_ENOUGH, WORDS_LEAST } from './constants';
import { headingOf } from './pack';
import { sentencesOf, type Span } from './sentences';
import type { AnswerSentence, ContextPassage } from './types';

/** The cosines of a sentence with texts; null where no model is ready. */
export type Nearness = (sentence: string, texts: string[]) => Promise<number[] | null>;

export interface Checked {
  markdown: string;
  sentences: AnswerSentence[];
  /** For each passage that is cited: the sentence of it that fits the first sentence citing it best. */
  spans: Map<number, Span>;
}

const CITATION = /(?<!\\)\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\](?!\()/gu;

/** The numbers cited in a text, in order, once each. */
export function citationsIn(text: string): number[] {
  return [
    ...new Set(
      [...text.matchAll(CITATION)].flatMap((match) => (match[1] ?? '').split(',').map((n) => Number(n.trim()))),
    ),
  ];
}

/**
 * Takes out of `markdown` the citations that do not hold, and says of every sentence what it stands on. A sentence that
 * cites nothing stands on what its line cites later, where that supports it; else, where a passage fully supports it, it
 * is given that passage's number.
 */
export async function checkAnswer(markdown: string, passages: ContextPassage[], near: Nearness): Promise<Checked> {
  const byNumber = new Map(passages.map((passage) => [passage.n, prepare(passage)]));
  const sentences: AnswerSentence[] = [];
  const spans = new Map<number, Span>();
  const lines = new Map<number, number>();
  /** The place that is cited: all of it that the first line citing it says. */
  const point = (n: number, span: Span, line: number) => {
    const before = spans.get(n);
    if (before && lines.get(n) !== line) return;
    lines.set(n, line);
    spans.set(n, {
      start: Math.min(span.start, before?.start ?? span.start),
      end: Math.max(span.end, before?.end ?? span.end),
    });
  };
  let out = '';
  let at = 0;
  for (const span of sentencesOf(markdown)) {
    out += markdown.slice(at, span.start).replaceAll(CITATION, '');
    at = span.end;
    const raw = markdown.slice(span.start, span.end);
    if (isLabel(markdown, span, raw)) {
      out += raw.replaceAll(CITATION, '');
      continue;
    }
    const said = plain(raw);
    const line = markdown.lastIndexOf('\n', span.start - 1);
    const cited = citationsIn(raw);
    const kept: number[] = [];
    for (const n of cited) {
      const passage = byNumber.get(n);
      const support = passage ? await supports(said, [passage], near) : null;
      if (!support) continue;
      kept.push(n);
      point(n, support, line);
    }
    // Each half may stand on a passage of its own: "Ana went in May [1] and Ben in June [2]" cited as [1][2].
    if (kept.length === 0 && cited.length > 1) {
      const together = cited.flatMap((n) => byNumber.get(n) ?? []);
      if (await supports(said, together, near)) {
        for (const passage of together) {
          kept.push(passage.n);
          point(passage.n, bestSentence(said, passage), line);
        }
      }
    }
    const added: number[] = [];
    // A number at the end of a line is for all of it.
    const shared: number[] = [];
    if (cited.length === 0) {
      for (const n of citedLater(markdown, span.end)) {
        const passage = byNumber.get(n);
        const support = passage ? await supports(said, [passage], near) : null;
        if (!support) continue;
        shared.push(n);
        point(n, support, line);
      }
    }
    if (cited.length === 0 && shared.length === 0) {
      for (const passage of byNumber.values()) {
        const share = wordShare(said, [passage]);
        if (share < WORDS_ENOUGH || searchStems(said).size < 3) continue;
        const support = await supports(said, [passage], near);
        if (!support) continue;
        added.push(passage.n);
        point(passage.n, support, line);
        break;
      }
    }
    const removed = cited.filter((n) => !kept.includes(n));
    const shown = withCitations(raw, kept, added);
    sentences.push({
      start: out.length,
      end: out.length + shown.length,
      state:
        kept.length + added.length + shared.length > 0 ? 'supported' : cited.length > 0 ? 'unsupported' : 'uncited',
      citations: [...kept, ...added, ...shared],
      removed,
    });
    out += shown;
  }
  out += markdown.slice(at).replaceAll(CITATION, '');
  return { markdown: out, sentences, spans };
}

/** What the rest of the line cites. */
function citedLater(markdown: string, from: number): number[] {
  const newline = markdown.indexOf('\n', from);
  return citationsIn(markdown.slice(from, newline < 0 ? markdown.length : newline));
}

/** A heading or a line that only announces a list says nothing by itself. */
function isLabel(markdown: string, span: Span, raw: string): boolean {
  const line = markdown.lastIndexOf('\n', span.start - 1) + 1;
  return /^\s*#{1,6}\s/u.test(markdown.slice(line, span.start)) || /^\*\*[^*]+\*\*:?$/u.test(raw) || /:$/u.test(raw);
}

/** The sentence with the citations that hold; where it cited none, those that were found for it go before its full stop. */
function withCitations(raw: string, kept: number[], added: number[]): string {
  const shown = raw.replaceAll(CITATION, (whole: string, list: string) => {
    const numbers = list.split(',').map((n) => Number(n.trim()));
    const held = numbers.filter((n) => kept.includes(n));
    return held.length === numbers.length ? whole : held.map((n) => `[${n}]`).join('');
  });
  if (added.length > 0) return `${shown} ${added.map((n) => `[${n}]`).join('')}`;
  return shown === raw ? raw : shown.replace(/\s+([.!?,;:])/gu, '$1').trimEnd();
}

interface Prepared {
  n: number;
  passage: ContextPassage;
  stems: Set<string>;
  numbers: Set<string>;
  /** Its numbers by what they count. */
  counts: Map<string, Set<string>>;
  letters: string;
  sentences: Span[];
}

const MONTH = /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*$/iu;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const NUMBER_WORDS = new Map(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'
    .split(' ')
    .map((word, value) => [word, String(value)]),
);
for (const [word, value] of [
  ['thirty', '30'],
  ['forty', '40'],
  ['fifty', '50'],
  ['sixty', '60'],
  ['seventy', '70'],
  ['eighty', '80'],
  ['ninety', '90'],
  ['hundred', '100'],
  ['once', '1'],
  ['twice', '2'],
] as const) {
  NUMBER_WORDS.set(word, value);
}

function prepare(passage: ContextPassage): Prepared {
  const whole = `${headingOf(passage)}\n${passage.text}`;
  const numbers = numbersOf(whole);
  // "yesterday" said on 8 May is 7 May
  for (const { from, to } of namedTimes(passage.text, new Date(passage.said_at))) {
    for (const time of [from, to - 1, from + (to - from) / 2]) {
      const date = new Date(time);
      for (const [day, month, year] of [
        [date.getDate(), date.getMonth(), date.getFullYear()],
        [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()],
      ] as const) {
        numbers
          .add(String(day))
          .add(MONTHS[month] ?? '')
          .add(String(year));
      }
    }
  }
  return {
    n: passage.n,
    passage,
    stems: new Set([...wordsOf(whole)].map(({ stem }) => stem)),
    numbers,
    counts: countsOf(whole),
    letters: lettersOf(whole),
    sentences: sentencesOf(passage.text),
  };
}

/** 1,200 is 1200. */
function withoutThousands(number: string): string {
  return number.replace(/,(?=\d{3}(?:\D|$))/gu, '');
}

/** Numbers and months as one would compare them: 1,200 and 1200, "three" and 3, "May" and "may". */
function numbersOf(text: string): Set<string> {
  const found = new Set<string>();
  for (const [match] of text.matchAll(/\d+(?:[.,:]\d+)*/gu)) {
    found.add(withoutThousands(match));
    for (const part of match.split(/[.,:]/u)) found.add(part.replace(/^0+(?=\d)/u, ''));
  }
  for (const { text: word } of wordsOf(text)) {
    const value = NUMBER_WORDS.get(word.toLowerCase());
    if (value !== undefined) found.add(value);
    if (MONTH.test(word)) found.add(word.slice(0, 3).toLowerCase());
  }
  return found;
}

/** What a sentence states of numbers and months; "one" and a small "may" are mostly no numbers. */
function statedNumbers(sentence: string): string[] {
  const stated: string[] = [];
  for (const [match] of sentence.matchAll(/\d+(?:[.,:]\d+)*/gu)) stated.push(withoutThousands(match));
  for (const { text: word } of wordsOf(sentence)) {
    const value = NUMBER_WORDS.get(word.toLowerCase());
    if (value !== undefined && value !== '1') stated.push(value);
    if (MONTH.test(word) && /^\p{Lu}/u.test(word) && (word.length > 3 || /^\w{3}$/u.test(word)) && isMonth(word)) {
      stated.push(word.slice(0, 3).toLowerCase());
    }
  }
  return stated;
}

function isMonth(word: string): boolean {
  return /^(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)$/iu.test(
    word,
  );
}

/** Names: words with a capital that do not begin the sentence, or that do and are no word of the language as used. */
function statedNames(sentence: string): string[] {
  const words = [...wordsOf(sentence)];
  return words.flatMap(({ text, start }, place) => {
    if (!/^\p{Lu}/u.test(text) || isMonth(text) || NOT_NAMES.has(text.toLowerCase().replace(/['’].*$/u, ''))) return [];
    // the first word is a name only when the next one has a capital, too ("Lake Orrin"), or an apostrophe ("Ana's")
    if (place === 0) {
      const next = words[1];
      const led = next && /^\p{Lu}/u.test(next.text) && /^\s$/u.test(sentence.slice(start + text.length, next.start));
      if (!led && !/['’]s$/u.test(text)) return [];
    }
    return [text.replace(/['’]s?$/u, '')];
  });
}

const NOT_NAMES = new Set(
  (
    'i i’m the a an this that these those you your he she they we it his her their our my according yes no not nothing ' +
    'monday tuesday wednesday thursday friday saturday sunday and but or so then also in on at from to of for with'
  ).split(' '),
);

function lettersOf(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
}

/** Without marks and citations, as words are compared. Within a word there is no mark: snake_case, x*2. */
function plain(sentence: string): string {
  return sentence
    .replaceAll(CITATION, ' ')
    .replace(/\\([\\`*_[\]<>#|~])/gu, '$1')
    .replace(/(?<![\p{L}\p{N}])[*_`]+|[*_`]+(?![\p{L}\p{N}])/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

const DENIAL =
  /^(?:not|never|no|none|nothing|nobody|neither|nor|without|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|won't|wouldn't|can't|cannot|couldn't|haven't|hasn't|hadn't|shouldn't)$/iu;
/** So many words around a "not" it may be about. */
const DENIED_WITHIN = 4;

/**
 * Whether only one of the two denies something, or both do and of other things: nothing that stands around a "not" of the
 * sentence stands around one of the text.
 */
function deniesOtherwise(said: string, text: string): boolean {
  const [ours, theirs] = [deniedIn(said), deniedIn(text)];
  if (ours.length === 0 || theirs.length === 0) return ours.length !== theirs.length;
  const denied = new Set(theirs.flat());
  return ours.some((around) => around.length > 0 && !around.some((stem) => denied.has(stem)));
}

/** For each "not" the stems of meaning around it. */
function deniedIn(text: string): string[][] {
  const words = [...wordsOf(text.replaceAll('’', "'"))];
  const meaning = searchStems(text);
  return words.flatMap(({ text: word }, place) => {
    if (!DENIAL.test(word)) return [];
    const around = words.slice(Math.max(0, place - DENIED_WITHIN), place + DENIED_WITHIN + 1);
    return [around.map(({ stem }) => stem).filter((stem) => meaning.has(stem))];
  });
}

/** A number with what it counts: a sign before or behind it, or the next word. */
const COUNTED = /(?<![\p{L}\d.,])([$€£¥]?)\s?(\d+(?:[.,]\d+)*)(?:\s?(%)|[\s-](\p{L}{2,}))?/gu;

/**
 * Whether the sentence gives a number for what the passages count, and they give others for it and never this one: "43 PM"
 * where someone is 43 and the class at 6 PM.
 */
function countsOtherwise(said: string, passages: Prepared[]): boolean {
  return [...countsOf(said)].some(([what, numbers]) => {
    const given = new Set(passages.flatMap(({ counts }) => [...(counts.get(what) ?? [])]));
    return given.size > 0 && [...numbers].some((number) => !given.has(number));
  });
}

/** The numbers of a text by what they count, without days of a month. */
function countsOf(text: string): Map<string, Set<string>> {
  const counts = new Map<string, Set<string>>();
  const digits = text.replaceAll(/\p{L}{3,}/gu, (word) => {
    const value = NUMBER_WORDS.get(word.toLowerCase());
    return value === undefined || value === '1' ? word : value; // "one day" is mostly no number
  });
  for (const [, before, number, percent, word] of digits.matchAll(COUNTED)) {
    const what = before || percent || word?.toLowerCase().replace(/s$/u, '');
    if (what === undefined || number === undefined || MONTH.test(what) || isFunctionWord(what, null)) continue;
    counts.set(what, (counts.get(what) ?? new Set()).add(withoutThousands(number)));
  }
  return counts;
}

/** The sentence of the passages that supports it best, or null when they do not support it. */
async function supports(said: string, passages: Prepared[], near: Nearness): Promise<Span | null> {
  const [first] = passages;
  if (!first) return null;
  if (passages.some(({ passage }) => isQuoted(said, passage))) return bestSentence(said, first);
  if (!statedNumbers(said).every((number) => passages.some(({ numbers }) => numbers.has(number)))) return null;
  if (countsOtherwise(said, passages)) return null;
  if (!statedNames(said).every((name) => passages.some(({ letters }) => letters.includes(lettersOf(name)))))
    return null;
  // Who writes "I" speaks of itself: what the passages' people say of themselves is quoted, or told of them.
  if (FIRST_PERSON.test(said)) return null;
  if (
    !exactly(said).every((what) =>
      passages.some(({ passage }) => `${headingOf(passage)}\n${passage.text}`.toLowerCase().includes(what)),
    )
  )
    return null;
  const share = wordShare(said, passages);
  if (share < WORDS_LEAST) return null;
  const spans = passages.map((passage) => ({ passage, span: bestSentence(said, passage) }));
  const text = spans.map(({ passage, span }) => passage.passage.text.slice(span.start, span.end)).join(' ');
  if (deniesOtherwise(said, text)) return null;
  if (share < WORDS_ENOUGH) {
    const cosines = await near(
      said,
      spans.map(({ passage, span }) => passage.passage.text.slice(span.start, span.end)),
    );
    if (cosines === null || Math.max(...cosines) < MEANING_NEAR) return null;
  }
  return spans[0]?.span ?? null;
}

const FIRST_PERSON = /^\W*I(?:['’](?:m|ve|d|ll))?\b/u;

/** What a near miss makes another thing of: the addresses of links, and names with digits in them ("hunter2", "GT-730"). */
function exactly(sentence: string): string[] {
  return [
    ...sentence.matchAll(/(?<=\bhttps?:\/\/)[^\s)\]]*[^\s)\].,;:!?]|(?=\S*\d)\p{L}[\p{L}\d_-]*\d[\p{L}\d_-]*/giu),
  ].map(([what]) => what.toLowerCase());
}

/** Fewer letters than this are found in any passage. */
const QUOTE_LETTERS = 4;

/** Whether the sentence is in the passage word for word, perhaps with who says it before it. */
function isQuoted(said: string, passage: ContextPassage): boolean {
  const whole = lettersOf(passage.text);
  const quote = lettersOf(said.replace(/…/gu, ' '));
  if (quote.trim().length >= QUOTE_LETTERS && whole.includes(quote)) return true;
  const colon = said.indexOf(':');
  if (colon < 0 || !lettersOf(headingOf(passage)).includes(lettersOf(said.slice(0, colon)))) return false;
  const after = lettersOf(said.slice(colon + 1).replace(/…/gu, ' '));
  return after.trim() !== '' && whole.includes(after);
}

/** The share of the sentence's words of meaning that the passages have. */
function wordShare(said: string, passages: Prepared[]): number {
  const stems = [...searchStems(said)];
  if (stems.length === 0) return 0;
  return stems.filter((stem) => passages.some((passage) => passage.stems.has(stem))).length / stems.length;
}

function bestSentence(said: string, { passage, sentences }: Prepared): Span {
  const stems = searchStems(said);
  let best: Span = { start: 0, end: passage.text.length };
  let most = 0;
  for (const span of sentences) {
    const words = new Set([...wordsOf(passage.text.slice(span.start, span.end))].map(({ stem }) => stem));
    let count = 0;
    for (const stem of stems) if (words.has(stem)) count++;
    if (count > most) [best, most] = [span, count];
  }
  return best;
}

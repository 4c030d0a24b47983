/** Which passages answer a question best, which of their sentences, and whether they answer it at all. Pure. */
import { searchStems, wordsOf } from '../recall';
import { aboutListener, personAskedAbout } from './about';
import {
  HITS_JUDGED,
  MEANING_SHARE,
  OTHER_PERSON_COST,
  OTHER_PERSON_MARGIN,
  QUESTION_COST,
  TIME_GAIN,
  UNRELATED,
  WEAK_MEANING,
  WEAK_MISSING,
  WEAK_SHARE,
} from './constants';
import { sentencesOf, type Span } from './sentences';
import type { Evidence } from './types';

/** What is looked at of a passage. */
export interface Judgeable {
  text: string;
  speaker: string | null;
  /** Title, speaker and day: what is said in them counts as said of the topic. */
  heading: string;
  similarity: number | null;
  /** Of the search; comparable within one. */
  score: number;
}

export interface Judged<Passage> {
  passage: Passage;
  score: number;
  /** The sentence that fits the question best; null where there is none. */
  span: Span | null;
}

export interface Judgement<Passage> {
  evidence: Evidence;
  /** Best first. */
  ranked: Array<Judged<Passage>>;
}

const ASKS_TIME =
  /\b(?:when|what (?:date|day|month|year|time)|how (?:long|often|old|many (?:days|weeks|months|years)))\b/iu;
const SAYS_TIME =
  /\b(?:yesterday|today|tonight|tomorrow|ago|last|next|week|weekend|month|year|since|january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|\d/iu;

/**
 * @param passages best first, as the search gave them.
 * @param question without what only asks ("do you remember …").
 */
export function judge<Passage extends Judgeable>(question: string, passages: Passage[]): Judgement<Passage> {
  const considered = passages.slice(0, HITS_JUDGED).map((passage) => read(passage));
  if (considered.length === 0) return { evidence: 'nothing', ranked: [] };
  const speakers = considered.flatMap(({ passage }) => (passage.speaker === null ? [] : [passage.speaker]));
  const person = personAskedAbout(question, speakers);
  const names = new Set(person === null ? [] : [...wordsOf(person)].map(({ stem }) => stem));
  const stems = [...searchStems(question)].filter((stem) => !names.has(stem));
  const weigh = weights(stems, considered);
  const asksTime = ASKS_TIME.test(question);
  const top = Math.max(...considered.map(({ passage }) => passage.score), Number.MIN_VALUE);

  let theirs = Number.NEGATIVE_INFINITY;
  let others = Number.NEGATIVE_INFINITY;
  const ranked = considered.map(({ passage, sentences }) => {
    const said = new Set<string>();
    const saidOfOthers = new Set<string>();
    for (const sentence of sentences) {
      const byPerson = person === null || passage.speaker === person;
      const ofPerson = person === null || (sentence.aboutListener ? !byPerson : byPerson);
      for (const stem of sentence.stems) (ofPerson ? said : saidOfOthers).add(stem);
    }
    const meaning = MEANING_SHARE * ((passage.similarity ?? UNRELATED) - UNRELATED);
    if (said.size > 0) theirs = Math.max(theirs, weigh(said) + meaning);
    if (saidOfOthers.size > 0) others = Math.max(others, weigh(saidOfOthers) + meaning);
    const asks = /\?["')\]]*\s*$/u.test(passage.text);
    return {
      passage,
      span: best(sentences, weigh, asksTime),
      score:
        passage.score / top -
        OTHER_PERSON_COST * weigh(saidOfOthers) +
        (asksTime && SAYS_TIME.test(passage.text) ? TIME_GAIN : 0) -
        (asks ? QUESTION_COST : 0),
    };
  });
  ranked.sort((a, b) => b.score - a.score);
  const ofOthers = person !== null && others - Math.max(theirs, -1) > OTHER_PERSON_MARGIN;
  return { evidence: isWeak(question, considered) ? 'weak' : ofOthers ? 'other_person' : 'found', ranked };
}

/** Whether the passages are about something else: the best that a search finds, where there is nothing to find. */
function isWeak(question: string, considered: Array<Read<Judgeable>>): boolean {
  const stems = [...searchStems(question)];
  if (stems.length === 0) return false;
  const present = considered.map(({ passage, sentences }) => {
    const said = new Set([...wordsOf(passage.heading)].map(({ stem }) => stem));
    for (const sentence of sentences) for (const stem of sentence.stems) said.add(stem);
    return new Set(stems.filter((stem) => said.has(stem)));
  });
  const most = Math.max(...present.map((one) => one.size)) / stems.length;
  const missing = stems.filter((stem) => !present.some((one) => one.has(stem))).length / stems.length;
  const meaning = Math.max(0, ...considered.map(({ passage }) => passage.similarity ?? 0));
  return most < WEAK_SHARE && missing >= WEAK_MISSING && meaning < WEAK_MEANING;
}

interface ReadSentence extends Span {
  stems: Set<string>;
  aboutListener: boolean;
  saysTime: boolean;
}

interface Read<Passage> {
  passage: Passage;
  sentences: ReadSentence[];
}

function read<Passage extends Judgeable>(passage: Passage): Read<Passage> {
  const sentences = sentencesOf(passage.text).map(({ start, end }) => {
    const text = passage.text.slice(start, end);
    return {
      start,
      end,
      stems: new Set([...wordsOf(text)].map(({ stem }) => stem)),
      aboutListener: aboutListener(text),
      saysTime: SAYS_TIME.test(text),
    };
  });
  return { passage, sentences };
}

/** The share of the question that a set of stems has, rare ones counting more; rarity among the passages at hand. */
function weights(
  stems: string[],
  passages: Array<{ sentences: ReadSentence[] }>,
): (said: ReadonlySet<string>) => number {
  const weight = new Map(
    stems.map((stem) => {
      const holding = passages.filter(({ sentences }) => sentences.some((sentence) => sentence.stems.has(stem))).length;
      return [stem, Math.log(1 + (passages.length + 1) / (holding + 0.5))] as const;
    }),
  );
  const total = [...weight.values()].reduce((sum, value) => sum + value, 0);
  return (said) => {
    let sum = 0;
    for (const [stem, value] of weight) if (said.has(stem)) sum += value;
    return total > 0 ? sum / total : 0;
  };
}

function best(sentences: ReadSentence[], weigh: (said: ReadonlySet<string>) => number, asksTime: boolean): Span | null {
  let chosen: Span | null = null;
  let most = Number.NEGATIVE_INFINITY;
  for (const { start, end, stems, saysTime } of sentences) {
    const value = weigh(stems) + (asksTime && saysTime ? TIME_GAIN : 0);
    if (value > most) [chosen, most] = [{ start, end }, value];
  }
  return chosen;
}

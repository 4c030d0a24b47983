/**
 * A question that leans on the chat, made to stand by itself, by rule: what the question before it was about is put
 * beside it. English.
 */
import { searchStems, wordsOf } from '../recall';
import type { ChatTurn } from './types';

const BEGINS =
  /^\s*(?:and|but|so|then|also|or|what about|how about|why|why not|really|what else|who else|where else|when exactly|which one|tell me more|more|go on|continue|explain|ok|okay)\b/iu;
/** Words that point at something said before, where nothing in the question itself is pointed at. */
const POINTS =
  /\b(?:it|its|that|this|these|those|they|them|their|he|him|his|she|her|there|then|one|ones|the (?:same|other|first|second|last|former|latter))\b/iu;
/** "is there a", "said that", "a place that Ana likes": points at nothing before. */
const EXPLETIVE =
  /\b(?:is|are|was|were) there\b|\bthere (?:is|are|was|were)\b|\b(?:is|was) it (?:that|true)\b|\b(?:said|say|think|thought|mention(?:ed)?|know|knew|told \p{L}+) that\b|\bthat (?=\p{L}+ \p{L}+)/giu;
/** Fewer words of meaning than this say too little alone. */
const ENOUGH_WORDS = 3;

/**
 * @param history of the chat, oldest first.
 * @returns what to search for, and whether that is more than the question.
 */
export function standalone(question: string, history: ChatTurn[]): { text: string; rewritten: boolean } {
  const before = history.filter(({ role }) => role === 'user').map(({ markdown }) => markdown.trim());
  const own = searchStems(question);
  const same = { text: question, rewritten: false };
  if (before.length === 0) return same;
  const points = POINTS.test(question.replace(EXPLETIVE, ' '));
  const begins = BEGINS.test(question);
  const short = own.size < ENOUGH_WORDS;
  if (!begins && !points && !short) return same;
  // A question with a name and enough words is whole, though it says "it" of something in itself.
  if (!begins && own.size >= 2 * ENOUGH_WORDS && hasName(question)) return same;

  const added: string[] = [];
  const known = new Set(own);
  // The last question that stood by itself says what all after it are about.
  for (const earlier of before.toReversed()) {
    for (const { text, stem } of wordsOf(earlier)) {
      if (known.has(stem) || !searchStems(earlier).has(stem)) continue;
      known.add(stem);
      added.push(text);
    }
    const leans = BEGINS.test(earlier) || POINTS.test(earlier.replace(EXPLETIVE, ' '));
    if (!leans && searchStems(earlier).size >= ENOUGH_WORDS) break;
  }
  if (added.length === 0) return same;
  return { text: `${question.trim()} (${added.join(' ')})`, rewritten: true };
}

function hasName(question: string): boolean {
  return [...wordsOf(question)].slice(1).some(({ text }) => /^\p{Lu}\p{Ll}/u.test(text));
}

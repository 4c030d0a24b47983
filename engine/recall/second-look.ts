/**
 * A second look at the best hits, with their texts at hand: near-duplicates become one, and what a list by words or
 * by meaning cannot see of a single passage is added to the scores. Pure, and about a millisecond for fifty hits.
 */
import { LOOKED_AT, type Weights } from './constants';
import { withoutDuplicates } from './duplicates';
import type { ParsedQuery } from './parse';
import type { Row } from './sql';
import { asksForHelp, namesPerson, saysWhatIsLiked, speaksOfSelf, wordsThatMayName } from './whose';
import { searchTerms } from '../words';

/**
 * The hits in their order after the second look; those after the first {@link LOOKED_AT} follow as they came.
 *
 * @param rows best first.
 * @param rarities of the stems that are searched by, see {@link file://./sql.ts}; a stem without one counts nothing.
 */
export function secondLook(
  rows: readonly Row[],
  query: ParsedQuery,
  rarities: ReadonlyMap<string, number>,
  weights: Weights,
): Row[] {
  const distinct = withoutDuplicates(rows);
  const looked = distinct.slice(0, LOOKED_AT);
  const shares = conversationShares(looked, rarities);
  const user = query.asksFor === 'user' ? weights.userAsked : 1;
  const wantsTime = weights.tellsTime > 0 && asksForTime(query.text);
  const naming = wordsThatMayName(query.text);
  const wantsHelp = asksForHelp(query.text, query.language);
  const scored = looked.map((row) => {
    const spoken = row.role === 'user' ? user : 1;
    const author = row.role === 'user' && row.author !== '' ? row.author : null;
    const times = (wantsTime || author !== null) && tellsTime(row.text);
    const shared =
      weights.conversation * (shares.get(row.document_id) ?? 0) + (wantsTime && times ? weights.tellsTime : 0);
    let own = row.role === 'user' && speaksOfSelf(row.text, row.language) ? weights.ofSelf : 0;
    if (author !== null) {
      if (namesPerson(naming, author)) own += weights.personAgain;
      if (times) own += weights.dated;
      // A question to an assistant is what its conversation is about; among people it is the other's answer that tells.
      if (/[?？]\s*$/u.test(row.text)) own -= weights.asks;
    } else if (row.role === 'user' && wantsHelp && saysWhatIsLiked(row.text)) own += weights.liked;
    return { ...row, score: row.score + spoken * shared + own };
  });
  scored.sort((a, b) => b.score - a.score || (a.chunk_id < b.chunk_id ? -1 : 1));
  // What is added must not leave the last one looked at below one that was not.
  const lowest = scored.at(-1)?.score ?? 0;
  return [...scored, ...distinct.slice(LOOKED_AT).map((row) => ({ ...row, score: Math.min(row.score, lowest) }))];
}

/**
 * Of each document, the share of the question's words that its hits have between them, rare words counting more. One
 * that has all of them, if in several places, is likelier the one that is meant.
 */
function conversationShares(rows: readonly Row[], rarities: ReadonlyMap<string, number>): Map<string, number> {
  const found = new Map<string, Set<string>>();
  for (const row of rows) {
    const stems = found.get(row.document_id) ?? new Set();
    found.set(row.document_id, stems);
    const terms = ownTerms(row);
    for (const stem of rarities.keys()) if (terms.includes(` ${stem} `)) stems.add(stem);
  }
  const total = sum([...rarities.values()]);
  return new Map(
    [...found].map(([id, stems]) => [
      id,
      total === 0 ? 0 : sum([...stems].map((stem) => rarities.get(stem) ?? 0)) / total,
    ]),
  );
}

/** The terms of a passage without those of its context, each between blanks; made anew where the store has none yet. */
function ownTerms({ terms, context, text, language }: Row): string {
  const before = searchTerms(context, language);
  const own = terms?.startsWith(before) ? terms.slice(before.length) : searchTerms(text, language);
  return ` ${own} `;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

const WHEN =
  /^\W*(?:and |so )?(?:when|(?:on |in )?(?:what|which) (?:date|day|month|year|time))\b|\bhow (?:long|many (?:days|weeks|months|years))\b/iu;

/** Whether a time is the answer. English only: the words of {@link tellsTime} are. */
function asksForTime(question: string): boolean {
  return WHEN.test(question);
}

const TIME =
  /\b(?:yesterday|today|tonight|tomorrow|ago|last|next|this (?:week|month|year|morning|weekend)|weeks?|months?|years?|days?|(?:mon|tues|wednes|thurs|fri|satur|sun)day|weekend|recently|january|february|march|april|june|july|august|september|october|november|december|(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th))\b/iu;

function tellsTime(text: string): boolean {
  return TIME.test(text);
}

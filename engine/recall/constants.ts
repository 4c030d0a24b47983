/** Hits returned when the caller does not say, and at most. */
export const LIMIT_DEFAULT = 20;
export const LIMIT_MAX = 100;

/** Candidates taken from each list before fusing. */
export const POOL = 400;

/**
 * Vectors taken from their index by their coarse form, to be ranked whole. Of the true ten nearest among 100,000: 100 keep 97.2 %,
 * 150 98.4, 200 98.8, for 9.1, 10.9 and 14.2 ms of processor time on a busy machine.
 */
export const COARSE_CANDIDATES = 150;

/** Characters of a question that are used at all; beyond it a text is pasted, not asked. */
export const QUERY_CHARACTERS = 1000;
/** Distinct words given to BM25. */
export const QUERY_WORDS = 48;

/** Longest passage shown, in characters: about three lines of the panel. */
export const PASSAGE_CHARACTERS = 280;
/**
 * Of a longer text only this much around the first mark is divided into sentences: Intl.Segmenter takes a time that grows
 * with the square of their number (50,000 characters of "/" lines: 2 s). Passages are about 1,100 characters.
 */
export const SENTENCES_WITHIN = 4000;

// Fusion: each list is scaled to 0..1 and the two are added. Measured with `npm run bench:recall` (its first form) on LoCoMo
// (categories 1-4) and BEAM (chats 1-10); figures are turn fraction@10, each conversation its own store. The table and
// how it was made: docs/decisions/0003-passages-and-fusion.md.
/** LoCoMo .4 71.3, .5 72.7, .6 73.1 for meaning; BEAM 59.3, 59.6, 60.0: flat, so the middle. RRF (k 20): 70.1, 59.6. */
export const WORDS_WEIGHT = 0.5;
export const MEANING_WEIGHT = 0.5;
/** Of the better neighbouring turn's score, added to a turn's own. LoCoMo 73.2 to 75.7, BEAM 60.2 to 61.1 at 0.3; 0.5 was no better at the first hit. */
export const NEIGHBOUR_WEIGHT = 0.4;
/**
 * The same for an answer, unless the question is about answers: it repeats the words of what it answers, so that the
 * pair would take two places for one thing. BEAM 62.0 at 0.4, 65.8 at 0.2, 66.0 at 0; in one store 58.2, 60.0, 60.2. LoCoMo has none.
 */
export const ANSWER_NEIGHBOUR_WEIGHT = 0.2;
/** Of the scores of the turns two before and two after. */
export const SECOND_NEIGHBOUR_WEIGHT = 0.1;
/** Added to what is said by a person whom the question names. */
export const PERSON_WEIGHT = 0.15;
/**
 * What a person wrote counts more than what was answered, unless the question is about the answer. BEAM 51.7 at 1,
 * 56.4 at 1.2, 59.6 at 1.5; its gold leans to the user's turns, so less than the best there.
 */
export const USER_WEIGHT = 1.3;
/** The same when the question says "I" or "my". BEAM 60.6 at 1.3, 61.9 at 1.5, 62.2 at 1.8, 64.9 at 2.2: less than the best, for the same reason. */
export const USER_ASKED_WEIGHT = 1.8;
/**
 * Added to a hit that falls into a time named in the question, times how sure and how narrow that is (times.ts). LoCoMo, words
 * alone, four conversations, the 76 questions with a time: 82.2 at 0.1, 82.9 at 0.25, 80.9 at 0.5. BEAM's name none.
 */
export const DATE_WEIGHT = 0.2;

/** A question whose embedding takes longer is answered by words alone. */
export const EMBED_DEADLINE_MS = 3000;

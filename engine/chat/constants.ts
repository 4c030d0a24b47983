/** Passages asked of recall for one question. */
export const HITS = 40;
/** Of those, how many a judgement of the evidence looks at. */
export const HITS_JUDGED = 20;

/** Tokens of all passages together unless told: what a model with a context of 4,096 has room for beside its answer. */
export const BUDGET_TOKENS = 2_000;
/** The same where nothing is written by a model and nothing costs. */
export const BUDGET_QUOTED = 5_000;
/** The longest budget a request may ask for. */
export const BUDGET_MOST = 100_000;
/** Tokens of an answer, at most. */
export const ANSWER_TOKENS = 700;
/** Turns of the chat that a model is given before the question, and their tokens together. */
export const HISTORY_TURNS = 6;
export const HISTORY_TOKENS = 600;
/** Passages that are given their neighbours: the best ones. */
export const WITH_NEIGHBOURS = 4;
/** A neighbouring turn is given up to this many characters. */
export const NEIGHBOUR_CHARACTERS = 600;

// The extractive answer. Tuned on LoCoMo with `npm run bench:ask` in its first form (10 conversations, 1,536 questions that
// have an answer, 446 that have none); figures beside BEAM in docs/decisions/0013-asking.md.
/**
 * Passages quoted, at most, and how well the last one must fit beside the best. A gold turn among those quoted, LoCoMo
 * and BEAM: 8 from 0.65 on 76.5 % and 78.2 % with 6.2 and 5.9 quotes; the best 6 75.1 % and 76.5 % with 6; 8 from 0.8 on 70 % and 72 % with 3.7 and 3.3.
 */
export const QUOTES = 8;
export const QUOTE_FIT = 0.65;
/** Characters of one quote, at most: whole sentences around the best one, as many as fit. */
export const QUOTE_CHARACTERS = 320;
/**
 * How much better what is said of others may fit than what is said of the person asked about before it is taken for no
 * answer. Of LoCoMo's questions, answered where there is an answer, and refused where there is none: 0.03 89.2 % and 64.3 %, 0.05 90.5 % and
 * 61.2 %.
 */
export const OTHER_PERSON_MARGIN = 0.05;
/** A cosine's share in that comparison, from where e5's cosines of unrelated texts end. */
export const MEANING_SHARE = 2;
export const UNRELATED = 0.8;
/** Taken from a passage by the share of the question that it says of somebody else. */
export const OTHER_PERSON_COST = 0.3;
/** Added to a passage that says a time, when a time is asked for. 5 questions more in 100 at 0.25, most of them at 0.15. */
export const TIME_GAIN = 0.2;
/** Taken from a passage that ends in a question: it is asked there, too, not answered. */
export const QUESTION_COST = 0.15;

/**
 * When what is found is about something else: no passage has more than this share of the question's words, so many are in
 * none of them, and no cosine is as high. Holds for 1 % of LoCoMo's questions, 1 % of BEAM's, and for 73 % of 222 questions
 * of the one asked of conversations of the other. Without vectors the first two decide (1 %, 2 %, 75 %).
 */
export const WEAK_SHARE = 0.4;
export const WEAK_MISSING = 0.2;
export const WEAK_MEANING = 0.85;

/** Share of a sentence's words of meaning that a passage must have to support it by words alone, and at the least. */
export const WORDS_ENOUGH = 0.6;
export const WORDS_LEAST = 0.3;
/** With fewer words than enough: the cosine of the sentence with the best one of the passage, from which it counts. */
export const MEANING_NEAR = 0.87;

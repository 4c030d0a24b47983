/** Hits returned when the caller does not say, and at most. */
export const LIMIT_DEFAULT = 20;
export const LIMIT_MAX = 100;

/** Candidates taken from each list before fusing. */
export const POOL = 200;

/** Characters of a question that are used at all; beyond it a text is pasted, not asked. */
export const QUERY_CHARACTERS = 1000;
/** Distinct words given to BM25. */
export const QUERY_WORDS = 48;

/** Longest passage shown, in characters: about three lines of the panel. */
export const PASSAGE_CHARACTERS = 280;

/** Weights of the two lists after scaling each to 0..1. */
export const WORDS_WEIGHT = 0.5;
export const MEANING_WEIGHT = 0.5;
/** Added to a hit that falls into a time named in the question. */
export const DATE_WEIGHT = 0.1;

/** A question whose embedding takes longer is answered by words alone. */
export const EMBED_DEADLINE_MS = 3000;

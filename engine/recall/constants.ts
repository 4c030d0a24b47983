/** Hits returned when the caller does not say, and at most. */
export const LIMIT_DEFAULT = 20;
export const LIMIT_MAX = 100;

/**
 * Passages taken by words. LoCoMo / LoCoMo in one store / BEAM / BEAM in one store (383 and 179 questions), turn fraction@10
 * in percent: 400 give 80.4 / 79.1 / 65.2 / 60.1, 200 give 80.8 / 78.9 / 65.7 / 60.9; session any@10 97.9 / 96.9 / 87.7 / 79.3
 * and 98.2 / 97.4 / 88.8 / 82.1. Among 100,000 passages 400 take 7.5 ms of processor time, 200 take 4.5.
 */
export const WORD_CANDIDATES = 200;

/**
 * Vectors taken, from their index by their coarse form, to be ranked whole, or one by one where there are few. Of the true ten nearest
 * among 100,000: 100 keep 97.2 %, 150 98.4, 200 98.8. 100 lose 1.5 points of LoCoMo's turn fraction@10 in one store.
 */
export const VECTOR_CANDIDATES = 150;

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

/**
 * Of the best hits, this many get a second look with their texts at hand ({@link file://./second-look.ts}); more than are
 * shown, so that the order is the same whatever is asked for. 100 found no more than 50.
 */
export const LOOKED_AT = 50;
/** Hits taken beyond those asked for, to stand in for near-duplicates. */
export const SPARE = 20;
/** Share of different words (Jaccard) by which two passages are one: one word in ten may differ, no number. */
export const SAME_WORDS = 0.9;

/**
 * What counts how much. Each list is scaled to 0..1 and the two are added; everything else is added to that, or multiplies
 * it. The figures are turn fraction@10 in percent on LoCoMo (categories 1-4) and BEAM (chats 1-10), each conversation its
 * own store / all of a set in one. `npm run bench:recall -- --ablate` prints what recall() finds without each of
 * them; how they were chosen: docs/decisions/0003-passages-and-fusion.md, 0010-second-look.md and 0029-weights-again.md.
 */
export const WEIGHTS = {
  /** LoCoMo .4 71.3, .5 72.7, .6 73.1 for meaning; BEAM 59.3, 59.6, 60.0: flat, so the middle. RRF (k 20): 70.1, 59.6. */
  words: 0.5,
  meaning: 0.5,
  /**
   * The words' scaled score to this power: the best counts for more against middling ones. LoCoMo's first hit +0.5 / +0.3,
   * BEAM's -0.5 / +1.1 (0029).
   */
  wordsPower: 1.2,
  /** Of the better neighbouring turn's score, added to a turn's own. LoCoMo 73.2 to 75.7, BEAM 60.2 to 61.1 at 0.3; 0.5 was no better at the first hit. */
  neighbour: 0.4,
  /**
   * The same between a question to an assistant and its answer: the one repeats the words of the other, so that the pair would
   * take two places for one thing, and the question's vector holds some of its answer. An answer gets more when the question
   * is about answers. For answers BEAM 62.0 at 0.4, 65.8 at 0.2, 66.0 at 0; in one store 58.2, 60.0, 60.2. For questions
   * 67.3 / 62.9 at 0.4, 67.5 / 63.5 at 0.2, 66.9 / 62.8 at 0 (0029). LoCoMo has none.
   */
  answerNeighbour: 0.2,
  /** Of the scores of the turns two before and two after. LoCoMo +0.2, BEAM +0.3 against 0.1 (0029). */
  secondNeighbour: 0.15,
  /** Added to what is said by a person whom the question names. */
  person: 0.15,
  /**
   * What a person wrote counts so many times when the question says "I" or "my". BEAM 60.6 at 1.3, 61.9 at 1.5, 62.2 at 1.8,
   * 64.9 at 2.2 once; since 0028, 67.9 / 63.6 at 1.8, 68.1 / 63.9 at 2, 68.1 / 63.7 at 2.2. Other questions gain nothing by it.
   */
  userAsked: 2,
  /**
   * Added to a hit that falls into a time named in the question, times how sure and how narrow that is (times.ts). LoCoMo, words
   * alone, four conversations, the 76 questions with a time: 82.2 at 0.1, 82.9 at 0.25, 80.9 at 0.5. BEAM's name none.
   */
  date: 0.2,
  /**
   * Times the share of the question's words, by their rarity, that the conversation has among the hits looked at. LoCoMo
   * 78.6 / 75.9 at 0, 79.8 / 77.7 at 0.2, 80.4 / 78.2 at 0.4, 80.3 / 78.4 at 0.6; BEAM 66.0 / 59.8, 66.3 / 60.8,
   * 66.3 / 62.5, 65.7 / 62.5 (every second and fourth of LoCoMo's questions).
   */
  conversation: 0.4,
  /** Added to a text that names a time when the question asks for one. LoCoMo 78.5 / 75.6 without, 79.1 / 76.4 with; BEAM 66.0 / 59.5, 66.0 / 59.8. */
  tellsTime: 0.15,
  /**
   * Taken from a turn that itself asks, where people talk: it has the words of the question, and the next turn the answer.
   * LoCoMo, turn hit@1 46.0 / 43.8 without, 47.3 / 44.9 with, fraction@10 78.5 / 75.6 and 78.7 / 76.3. BEAM has none.
   */
  asks: 0.2,
  /**
   * These four, and irregular words known by their base (buy, bought): LoCoMo 80.3 / 78.3, with the words 80.7 / 78.6, then with
   * personAgain 81.3 / 79.4, with ofSelf 81.6 / 79.9, with dated 81.9 / 80.3; BEAM 65.5 / 59.2, with ofSelf 66.0 / 59.9, with liked
   * 66.5 / 61.6 (in a copy of recall() over all 1,536 and 179 questions).
   *
   * Added at the second look to what the person says whom the question names, beyond `person`: not handed on to neighbours.
   */
  personAgain: 0.25,
  /** Added to what a person says of themselves: it tells more than what is said to another. */
  ofSelf: 0.1,
  /** Added, where people talk, to a text that tells a time: what happened, rather than a courtesy. */
  dated: 0.05,
  /** Added to what a person said they like or always want, when help is asked for: BEAM's first hit 48.6, 52.0 with it. */
  liked: 0.3,
};

export type Weights = typeof WEIGHTS;

/** A question whose embedding takes longer is answered by words alone. */
export const EMBED_DEADLINE_MS = 3000;

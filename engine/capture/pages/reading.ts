/**
 * When a page counts as read. Time counts only while the page is visible, has the focus and somebody is there.
 *
 * Words are read silently at 238 a minute (Brysbaert 2019, a meta-analysis of 190 studies: non-fiction in English);
 * other alphabets are near it. Chinese is read at about 260 characters a minute, so one of its characters counts as one
 * word here. The reasons for the thresholds are in docs/decisions/0007-pages.md.
 */
export const WORDS_PER_MINUTE = 238;

/** Nobody has read a page that was open for less than this. */
export const LEAST_SECONDS = 15;
/** This share of the expected time is reading, wherever the page was scrolled to … */
const SHARE_OF_TIME = 0.3;
/** … and no page needs more than this to count. */
const ENOUGH_SECONDS = 180;
/** Who went through half of it has read in it, if it took a tenth of the expected time … */
const SHARE_SCROLLED = 0.5;
const SHARE_OF_TIME_SCROLLED = 0.1;
/** … or a minute. */
const ENOUGH_SECONDS_SCROLLED = 60;

/**
 * A viewer of PDFs tells nothing of what happens in it: neither scrolling nor a key. The time in view must do, within the
 * minute in which somebody may sit still.
 */
export const PDF_SECONDS = 45;

/** Without a sign of life for this long, nobody is there. */
export const AWAY_AFTER_SECONDS = 60;
/** Two looks further apart are a suspended machine, not reading. */
const LONGEST_STEP_SECONDS = 5;

export interface ReadSoFar {
  /** Attentive seconds. */
  seconds: number;
  /** Words of its text. */
  words: number;
  /** Deepest place, 0 to 1 of what can be scrolled; null where everything is in view. */
  scrolled: number | null;
}

/** @returns whether the page was really read. */
export function isRead({ seconds, words, scrolled }: ReadSoFar): boolean {
  if (seconds < LEAST_SECONDS) return false;
  const expected = (words / WORDS_PER_MINUTE) * 60;
  if (seconds >= Math.min(expected * SHARE_OF_TIME, ENOUGH_SECONDS)) return true;
  if (scrolled === null || scrolled < SHARE_SCROLLED) return false;
  return seconds >= Math.min(expected * SHARE_OF_TIME_SCROLLED, ENOUGH_SECONDS_SCROLLED);
}

/** What can be seen of the reader at one moment. */
export interface Look {
  /** Seconds on a clock that never goes back. */
  at: number;
  visible: boolean;
  focused: boolean;
  /** When they last moved, typed or scrolled, on the same clock. */
  lastActive: number;
  /** 0 to 1, or null where nothing scrolls. */
  scrolled: number | null;
}

export interface ReadingClock {
  look(look: Look): void;
  seconds(): number;
  scrolled(): number | null;
}

/** Adds up attention between looks: a step counts when both of its ends were attentive. */
export function startReading(): ReadingClock {
  let seconds = 0;
  let scrolled: number | null = null;
  let before: { at: number; attentive: boolean } | null = null;
  return {
    look({ at, visible, focused, lastActive, scrolled: place }) {
      const attentive = visible && focused && at - lastActive < AWAY_AFTER_SECONDS;
      const step = before === null ? 0 : at - before.at;
      if (before?.attentive && attentive && step > 0) seconds += Math.min(step, LONGEST_STEP_SECONDS);
      before = { at, attentive };
      if (attentive && place !== null) scrolled = Math.max(scrolled ?? 0, Math.min(place, 1));
    },
    seconds: () => seconds,
    scrolled: () => scrolled,
  };
}

const NO_SPACES =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/gu;

/** Words, counting each character of a script that writes none as one. */
export function countWords(text: string): number {
  const characters = text.match(NO_SPACES)?.length ?? 0;
  const rest = characters === 0 ? text : text.replace(NO_SPACES, ' ');
  return characters + (rest.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0);
}

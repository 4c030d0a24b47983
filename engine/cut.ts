/**
 * The beginning and the end of a text, cut between words and never through a character. What is longer than any word, as in
 * text without blanks, is cut where it must be.
 */

/** At most this many UTF-16 code units from the start. */
export function beginningOf(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/\s\S{0,30}$|\p{Surrogate}$/u, '');
}

/** At most this many UTF-16 code units up to the end. */
export function endOf(text: string, most: number): string {
  return text.length <= most ? text : text.slice(-most).replace(/^\S{0,30}\s|^\p{Surrogate}/u, '');
}

/** The beginning, with a sign where something was left out. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${beginningOf(text, most)} …`;
}

/** The end, with the same sign before it. */
export function shortenedToEnd(text: string, most: number): string {
  return text.length <= most ? text : `… ${endOf(text, most)}`;
}

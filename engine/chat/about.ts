/**
 * Whom a sentence is about: the one who says it, unless it speaks to the other ("you", "your") and not of itself.
 *
 * A question about one person is easily answered with what another said of themselves: the words fit, the person does
 * not. LoCoMo's unanswerable questions are mostly of that kind.
 */
const FIRST = /\b(?:i|i'm|i've|i'd|i'll|my|me|mine|myself|we|we're|we've|our|ours|us)\b/iu;
const SECOND = /\b(?:you|you're|you've|you'd|you'll|your|yours|yourself)\b/iu;

/** Whether what is said is about the listener and not the speaker. */
export function aboutListener(sentence: string): boolean {
  const plain = sentence.replaceAll('’', "'");
  return SECOND.test(plain) && !FIRST.test(plain);
}

/** Letters of a name that count: shorter ones are too often something else. */
const NAME_LETTERS = 3;

/** The one of `people` that a question names; null for none, and for several: then it is about what they share. */
export function personAskedAbout(question: string, people: Iterable<string>): string | null {
  const words = new Set(
    question
      .toLowerCase()
      .replaceAll('’', "'")
      .split(/'s\b|[^\p{L}\p{N}]+/u),
  );
  const named = [...new Set(people)].filter((person) =>
    person
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .some((part) => part.length >= NAME_LETTERS && words.has(part)),
  );
  return named.length === 1 ? (named[0] ?? null) : null;
}

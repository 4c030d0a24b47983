/** The first letters and digits of a text: what stays the same however its marks are written. */
export function lettersOf(text: string): string {
  return text
    .slice(0, 2_000)
    .replace(/[^\p{L}\p{N}]+/gu, '')
    .slice(0, 80);
}

/** The page's and the JSON's Markdown differ in marks and references; a changed question differs in its words. */
export function saysTheSame(a: string, b: string): boolean {
  const [one, other] = [lettersOf(a), lettersOf(b)];
  return one === other || (one !== '' && other !== '' && (one.startsWith(other) || other.startsWith(one)));
}

/** The page's and the JSON's Markdown differ in marks and references; a changed question differs in its words. */
export function saysTheSame(a: string, b: string): boolean {
  const letters = (text: string) =>
    text
      .slice(0, 2_000)
      .replace(/[^\p{L}\p{N}]+/gu, '')
      .slice(0, 80);
  const [one, other] = [letters(a), letters(b)];
  return one === other || (one !== '' && other !== '' && (one.startsWith(other) || other.startsWith(one)));
}

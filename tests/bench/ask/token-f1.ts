/** Token F1 as LoCoMo's own evaluation has it: lower case, without articles and signs, counted words. */
export function tokenF1(given: string, gold: string): number {
  const [a, b] = [tokens(given), tokens(gold)];
  if (a.length === 0 || b.length === 0) return a.length === b.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const token of b) left.set(token, (left.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of a) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    common++;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / a.length, common / b.length];
  return (2 * precision * recall) / (precision + recall);
}

function tokens(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/\[\d+\]/gu, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((token) => token !== '' && !['a', 'an', 'the', 'and'].includes(token));
}

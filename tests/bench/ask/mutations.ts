/** A sentence made false in ways that models make them false: another number, another name, a "not". */

const NAMES = ['Barnabas', 'Quentin', 'Ottoline'];

/** Only changes that make another statement; a sentence that offers nothing to change gives none. */
export function mutations(sentence: string): string[] {
  const changed: string[] = [];
  // the number of an item of a list states nothing
  const body = sentence.replace(/\s*\[\d+\]|^[^\p{L}\p{N}]*\d{1,3}[.)]\s/gu, '').trim();
  const citation = /\[\d+\]/u.exec(sentence)?.[0];
  if (citation === undefined) return changed;
  const number = /(?<![\p{L}\d])\d{1,4}(?![\p{L}\d])/u.exec(body);
  if (number) changed.push(replaced(body, number, String(Number(number[0]) + 37)));
  const name = /(?<=[\p{Ll},]\s)\p{Lu}\p{Ll}{2,}/u.exec(body);
  if (name) changed.push(replaced(body, name, NAMES[body.length % NAMES.length] ?? 'Quentin'));
  const verb = /\b(?:is|was|are|were|will|can)\b(?!\s*n[o']t)/u.exec(body);
  if (verb && !/\b(?:not|never|no|nothing|n't|without|none)\b|n['’]t/iu.test(body)) {
    changed.push(replaced(body, verb, `${verb[0]} not`));
  }
  return changed.map((text) => `${text} ${citation}`);
}

function replaced(text: string, match: RegExpExecArray, by: string): string {
  return text.slice(0, match.index) + by + text.slice(match.index + match[0].length);
}

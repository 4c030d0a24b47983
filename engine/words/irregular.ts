/** English words whose forms no stemmer leads to their base: bought is of buy, children of child. */
import verbs from 'english-verbs-irregular/dist/verbs.json';
import plurals from 'irregular-plurals';

/**
 * Forms that are mostly another word: "a bit", dice without anyone dying, he lives, she leaves, and what a grammar has.
 */
const OTHERWISE = new Set(['bit', 'dice', 'lives', 'leaves', 'those', 'these']);
/** A plural that is used as a singular (data, agenda), or that the stemmer knows already. */
const LATIN_OR_REGULAR = /(?:a|i|ae|(?<!ve)s)$/u;

const BASES = new Map<string, string>();
for (const [base, forms] of Object.entries(verbs as Record<string, string[][]>))
  for (const form of forms.flat()) keep(form, base);
for (const [one, many] of plurals) if (!LATIN_OR_REGULAR.test(many)) keep(many, one);

/** The first base that has a form wins; what is a base itself (lay, saw) is left as it is. */
function keep(form: string, base: string): void {
  if (form === base || form in verbs || OTHERWISE.has(form) || BASES.has(form)) return;
  BASES.set(form, base);
}

/** The base of an irregular form, in small letters as `word`; any other word as it is. */
export function baseOf(word: string): string {
  return BASES.get(word) ?? word;
}

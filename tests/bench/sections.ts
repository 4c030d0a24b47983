/** The sections of docs/benchmarks.md that are measured apart from the rest, each between marks of its own. */

export type Section = 'exchange' | 'large' | 'huge';

const WRITTEN_BY: Record<Section, string> = {
  exchange: 'npm run bench:backup',
  large: 'npm run bench:backup',
  huge: 'npm run bench -- --apart',
};

const BEGIN = (section: Section) => `<!-- begin ${section}: written by ${WRITTEN_BY[section]} -->`;
const END = (section: Section) => `<!-- end ${section} -->`;
/** What follows them. */
const NEXT = '## The package by part';

/** The section as it stands in a file, with its marks; null for none. */
export function sectionIn(markdown: string, section: Section): string | null {
  const begin = markdown.indexOf(BEGIN(section));
  const end = markdown.indexOf(END(section));
  return begin < 0 || end < begin ? null : markdown.slice(begin, end + END(section).length);
}

/** The file with this section in it, in place of the one it had. */
export function withSection(markdown: string, section: Section, text: string): string {
  const old = sectionIn(markdown, section);
  if (old !== null) return markdown.replace(old, () => text);
  const at = markdown.indexOf(NEXT);
  if (at < 0) throw new Error(`There is no "${NEXT}" in docs/benchmarks.md.`);
  return `${markdown.slice(0, at)}${text}\n\n${markdown.slice(at)}`;
}

export function marked(section: Section, text: string): string {
  return `${BEGIN(section)}\n\n${text}\n\n${END(section)}`;
}

/** What an answer cites, as links where it is cited. */
import { asText, type JsonObject } from '../json';

export interface Source {
  title: string | null;
  url: string;
}

/** What a search result or reference names, or null where that is no web address. */
export function sourceIn(record: JsonObject): Source | null {
  const url = asText(record['url']);
  return url === null || !/^https?:\/\//i.test(url) ? null : { title: asText(record['title']), url };
}

/**
 * The text with each mark of the site as a link to what it stands for; a mark that nothing explains is dropped.
 * Code is left as it is.
 *
 * @param mark global, with the source's number as its first group
 */
export function linkMarks(text: string, mark: RegExp, sources: Map<string, Source>): string {
  if (sources.size === 0) return text;
  return text
    .split(/(^[ \t]*```[\s\S]*?^[ \t]*```[ \t]*$|`[^`\n]+`)/m)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
        : piece.replace(mark, (...[, number, at]: [string, string, number]) => {
            const source = sources.get(number);
            const space = /\s$/.test(piece.slice(0, at)) ? '' : ' ';
            return source === undefined ? '' : `${space}(${linkTo(source)})`;
          }),
    )
    .join('');
}

/** A Markdown link whose words and address cannot break out of it. */
export function linkTo({ title, url }: Source): string {
  const words = (title ?? /^https?:\/\/(?:www\.)?([^/?#]+)/i.exec(url)?.[1] ?? url)
    .replace(/\s+/g, ' ')
    .replace(/\[/g, '(')
    .replace(/\]/g, ')')
    .replace(/[\\`*_]/g, ' ')
    .trim()
    .slice(0, 200);
  const address = url.replace(
    /[\s<>()]/g,
    (unit) => `%${unit.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `[${words}](${address})`;
}

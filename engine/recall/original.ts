/** Words at each end of the fragment, enough to be found once in a page. */
const FRAGMENT_WORDS = 6;

/**
 * Where the original shows this passage: for a page a text fragment (`#:~:text=`) of its best sentence. ChatGPT has
 * no address for a message that the site honours, so a conversation keeps its plain address.
 */
export function originalUrl(kind: string, url: string | null, sentence: string): string | null {
  if (url === null || kind !== 'page' || !/^https?:/i.test(url) || url.includes(':~:')) return url;
  const words = plainWords(sentence);
  if (words.length < 2) return url;
  const encode = (part: string[]) => encodeURIComponent(part.join(' ')).replaceAll('-', '%2D');
  const text =
    words.length <= 2 * FRAGMENT_WORDS
      ? encode(words)
      : `${encode(words.slice(0, FRAGMENT_WORDS))},${encode(words.slice(-FRAGMENT_WORDS))}`;
  return `${url}${url.includes('#') ? '' : '#'}:~:text=${text}`;
}

/** The sentence as the page shows it: without Markdown's own signs. */
function plainWords(markdown: string): string[] {
  return markdown
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^[\s>#*+-]+|[*_`~]+/gm, '')
    .split(/\s+/)
    .filter(Boolean);
}

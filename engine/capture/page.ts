/**
 * A page, a selection or a link that the user chose to keep, as Markdown with its title, author and date.
 *
 * The second surface of this folder: it brings Defuddle (97 kB compressed), so that only what keeps a page loads it.
 * Defuddle was measured against Readability; see docs/decisions/0002-page-text.md. Only its synchronous reader is
 * used: the asynchronous one asks the network.
 */
import Defuddle from 'defuddle';
import { EngineError } from '../errors';
import { canonicalAddress, resolve, tidyAddress } from './address';
import { stableHash } from './hash';
import { asText, asTime } from './json';
import { copyToMarkdown, elementToMarkdown, inertCopy } from './markdown';
import { countWords } from './pages';
import type { CapturedPage } from './types';

export { canonicalAddress } from './address';

export interface PageOptions {
  /** The address the page was opened under. */
  url: string;
  /** Parses HTML into a document that no window shows: `DOMParser` in a page, linkedom in Node. */
  parseHtml: (html: string) => Document;
  note?: string | null;
  /** ISO 8601 UTC; the clock where it is not given. */
  capturedAt?: string;
}

/** Characters of Markdown that are kept of one page; the longest novels have three million. */
const MAX_MARKDOWN = 4_000_000;

/**
 * The readable part of a page. Where no main part is found, all of its visible text. The page is not changed.
 * @throws `bad_input` when the page shows no text at all.
 */
export function capturePage(document: Document, options: PageOptions): CapturedPage {
  const found = readable(document, options.url);
  let markdown = '';
  if (found !== null && found.content !== '') {
    const content = options.parseHtml(`<!DOCTYPE html><html><head></head><body>${found.content}</body></html>`).body;
    markdown = copyToMarkdown(inertCopy(content), options.url).markdown;
  }
  let whole = false;
  if (markdown.length < 40) {
    const all = elementToMarkdown(document.querySelector('main') ?? document.body, options.url).markdown;
    if (all.length > markdown.length * 2) {
      markdown = all;
      whole = true;
    }
  }
  if (markdown === '') throw new EngineError('bad_input', `The page ${options.url} shows no text.`);
  const address = canonicalAddress(document, options.url);
  return {
    ...facts(document, found, options),
    origin: 'page',
    id: address,
    url: address,
    markdown: markdown.slice(0, MAX_MARKDOWN),
    metadata: {
      ...(found?.description === null || found === null ? {} : { description: found.description }),
      ...(address === options.url ? {} : { opened_as: options.url }),
      ...(whole ? { whole_page: true } : {}),
      ...(markdown.length > MAX_MARKDOWN ? { truncated: true } : {}),
    },
  };
}

/**
 * What the user selected, as Markdown; `selected` is an element that holds a copy of the selection
 * (`range.cloneContents()`), or its plain text. The same words on the same page are the same capture.
 * @throws `bad_input` when nothing is selected.
 */
export function captureSelection(document: Document, selected: Element | string, options: PageOptions): CapturedPage {
  const markdown = (
    typeof selected === 'string' ? selected.trim() : elementToMarkdown(selected, options.url).markdown
  ).slice(0, MAX_MARKDOWN);
  if (markdown === '') throw new EngineError('bad_input', 'Nothing is selected.');
  const address = canonicalAddress(document, options.url);
  const found = readable(document, options.url);
  return {
    ...facts(document, found, options),
    origin: 'selection',
    id: `${address}#selection-${stableHash(markdown.replace(/\s+/g, ' '))}`,
    url: address,
    markdown,
    metadata: address === options.url ? {} : { opened_as: options.url },
  };
}

/**
 * A link that the user chose without opening it: its words and address. Nothing is fetched.
 * @throws `bad_input` when the address is not one of the web.
 */
export function captureLink(
  link: { href: string; text: string | null },
  options: Omit<PageOptions, 'parseHtml'> & { pageTitle?: string | null },
): CapturedPage {
  const target = resolve(link.href, options.url);
  if (target === null || !/^https?:$/.test(target.protocol))
    throw new EngineError('bad_input', `The link ${link.href} does not lead to a web page.`);
  const address = tidyAddress(target.href);
  const words = (link.text ?? '').replace(/\s+/g, ' ').trim();
  return {
    kind: 'page',
    origin: 'link',
    id: address,
    url: address,
    title: words === '' ? null : words,
    author: null,
    site_name: target.hostname.replace(/^www\./, ''),
    language: null,
    published_at: null,
    captured_at: options.capturedAt ?? new Date().toISOString(),
    markdown: `[${(words === '' ? address : words).replace(/[[\]]/g, '\\$&')}](${address.replace(/[()]/g, (mark) => (mark === '(' ? '%28' : '%29'))})`,
    note: options.note ?? null,
    metadata: {
      found_on: options.url,
      ...(asText(options.pageTitle) === null ? {} : { found_on_title: options.pageTitle }),
    },
  };
}

interface Readable {
  content: string;
  title: string | null;
  author: string | null;
  site: string | null;
  language: string | null;
  published: string | null;
  description: string | null;
}

/** So many times the words are no menus that were kept: parts of the article had been left out. */
const MORE = 1.35;

/**
 * Defuddle leaves out elements whose class has one of many words in it, and now and then those are half of an article. On
 * 338 pages of both projects' tests this mends three that had lost a third and more; of one it takes in the comments, too.
 */
function fuller(document: Document, url: string, strict: { content: string; wordCount: number }): string {
  const loose = new Defuddle(document, { url, useAsync: false, removePartialSelectors: false }).parse();
  return loose.wordCount > strict.wordCount * MORE ? loose.content : strict.content;
}

/** Words in what may be part of an article: more than these no reading can find. */
function wordsIn(body: Element): number {
  let words = 0;
  for (const block of body.querySelectorAll('p, li, blockquote, pre, td, dd, h2, h3, h4'))
    if (block.closest('nav, footer, aside, form') === null && block.querySelector('p, li, td') === null)
      words += countWords(block.textContent ?? '');
  return words;
}

/** Null where Defuddle fails on a page: its text is then taken as it stands. */
function readable(document: Document, url: string): Readable | null {
  try {
    const result = new Defuddle(document, { url, useAsync: false }).parse();
    const content = wordsIn(document.body) > result.wordCount * MORE ? fuller(document, url, result) : result.content;
    return {
      content: typeof content === 'string' ? content : '',
      title: asText(result.title),
      author: asText(result.author),
      site: asText(result.site),
      language: asText(result.language),
      published: asTime(result.published),
      description: asText(result.description),
    };
  } catch (error) {
    // A page that the library cannot read is still worth keeping; what went wrong is for a log.
    console.warn('commonplace: the readable part of the page was not found', error);
    return null;
  }
}

function facts(
  document: Document,
  found: Readable | null,
  options: PageOptions,
): Omit<CapturedPage, 'origin' | 'id' | 'url' | 'markdown' | 'metadata'> {
  return {
    kind: 'page',
    title: found?.title ?? asText(document.querySelector('title')?.textContent?.replace(/\s+/g, ' ').trim()),
    author: found?.author ?? null,
    site_name: found?.site ?? resolve(options.url)?.hostname.replace(/^www\./, '') ?? null,
    language: found?.language ?? asText(document.documentElement.getAttribute('lang')),
    published_at: found?.published ?? null,
    captured_at: options.capturedAt ?? new Date().toISOString(),
    note: options.note ?? null,
  };
}

/**
 * The text of a PDF, page by page, as Markdown. A surface of its own: it brings pdf.js (Apache-2.0, in unpdf's build,
 * which needs no worker: 1.6 MB), so that only what keeps a PDF loads it.
 */
import { getDocument } from 'unpdf/pdfjs';
import { EngineError } from '../../errors';
import type { CapturedPage } from '../types';
import { keptAddress } from './addresses';

export interface PdfOptions {
  /** The address it was opened under. */
  url: string;
  note?: string | null;
  /** ISO 8601 UTC; the clock where it is not given. */
  capturedAt?: string;
}

/** Pages that are read; what follows is said to be left out. */
const MOST_PAGES = 2_000;
/** As for any page. */
const MOST_CHARACTERS = 4_000_000;
/** Fewer letters a page, on the whole, are page numbers and stamps on pictures. */
const LEAST_LETTERS_A_PAGE = 12;

/** A PDF as it was read. */
export interface PdfText {
  /** With a heading `## Page N` before the text of each page. Page N is the N-th of the file, whatever is printed on it. */
  markdown: string;
  /** As the file says; mostly right, sometimes the name of what it was made of. */
  title: string | null;
  author: string | null;
  language: string | null;
  created_at: string | null;
  /** Of the whole file. */
  pages: number;
  /** True where pages at the end were not read. */
  truncated: boolean;
  /** Encodings of letters that are not known here; what is written in them is missing. */
  unread: string[];
}

/**
 * Before the text of each page stands `## Page N`, so that a passage can be found again on its page.
 * @throws as {@link readPdf}, and `bad_input` where the address is none of the web.
 */
export async function capturePdf(bytes: Uint8Array, options: PdfOptions): Promise<CapturedPage> {
  const url = keptAddress(options.url);
  if (url === null) throw new EngineError('bad_input', `${options.url} is no address of the web.`);
  const read = await readPdf(bytes, url);
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return {
    kind: 'page',
    origin: 'page',
    id: url,
    url,
    title: titleOf(read.title, name),
    author: read.author,
    site_name: new URL(url).hostname.replace(/^www\./u, ''),
    language: read.language,
    published_at: read.created_at,
    captured_at: options.capturedAt ?? new Date().toISOString(),
    markdown: read.markdown,
    note: options.note ?? null,
    metadata: { pdf: { pages: read.pages }, ...(read.truncated ? { truncated: true } : {}) },
  };
}

/**
 * @param name what errors call it.
 * @throws `pdf_locked` where a password is needed, `pdf_without_text` where its pages are pictures, `bad_input` where it
 * is no PDF that can be read.
 */
export async function readPdf(bytes: Uint8Array, name: string): Promise<PdfText> {
  const unread = new Set<string>();
  /** Stands where pdf.js would ask for the tables of Chinese, Japanese and Korean encodings, which are not brought along. */
  class NoTables {
    fetch({ kind, filename }: { kind: string; filename: string }): Promise<never> {
      if (kind === 'cMapUrl') unread.add(filename.replace(/\.bcmap$/u, ''));
      return Promise.reject(new Error(`${filename} is not there.`));
    }
  }
  const task = getDocument({
    BinaryDataFactory: NoTables,
    useWorkerFetch: false,
    data: bytes,
    // a page's world may have rules against evaluated code, and nothing is drawn
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    verbosity: 0,
  });
  try {
    const pdf = await task.promise;
    const count = Math.min(pdf.numPages, MOST_PAGES);
    const pages: string[] = [];
    let length = 0;
    for (let number = 1; number <= count && length < MOST_CHARACTERS; number++) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      const text = textOf(items.flatMap((item) => ('str' in item ? [item as Piece] : [])));
      page.cleanup();
      pages.push(text);
      length += text.length;
    }
    const letters = pages.reduce((sum, text) => sum + (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0), 0);
    if (letters < LEAST_LETTERS_A_PAGE * pages.length)
      throw new EngineError(
        'pdf_without_text',
        unread.size > 0
          ? `The letters of ${name} are in an encoding that is not known here (${[...unread].join(', ')}).`
          : `The ${pages.length} pages of ${name} are pictures: there is no text in them.`,
      );
    const facts = (await pdf.getMetadata()).info as Record<string, unknown>;
    const markdown = pages
      .flatMap((text, index) => (text === '' ? [] : [`## Page ${index + 1}\n\n${text}`]))
      .join('\n\n');
    return {
      markdown: markdown.slice(0, MOST_CHARACTERS),
      title: words(facts.Title),
      author: words(facts.Author),
      language: words(facts.Language),
      created_at: timeOf(facts.CreationDate),
      pages: pdf.numPages,
      truncated: pages.length < pdf.numPages || length > MOST_CHARACTERS,
      unread: [...unread],
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if (error instanceof Error && error.name === 'PasswordException')
      throw new EngineError('pdf_locked', `${name} is locked with a password.`, { cause: error });
    throw new EngineError('bad_input', `${name} could not be read as a PDF.`, { cause: error });
  } finally {
    await task.destroy();
  }
}

/** What pdf.js says of a piece of text; in points, from the bottom left. */
interface Piece {
  str: string;
  hasEOL: boolean;
  height: number;
  width: number;
  transform: number[];
}

/** Points by which letters are moved that are printed again. */
const PRINTED_AGAIN = 1.5;

interface Line {
  text: string;
  /** Of its baseline. */
  y: number;
  height: number;
}

/** Pieces in the order of the file as paragraphs: a gap wider than a line, or another column, begins one. */
function textOf(pieces: Piece[]): string {
  const lines: Line[] = [];
  let line: Line | null = null;
  let last: Piece | null = null;
  for (const piece of pieces) {
    const { str, hasEOL, height, transform } = piece;
    const y = transform[5] ?? 0;
    const said = last === null ? str : unsaid(piece, last);
    if (str !== '') last = piece;
    if (said === '' && str !== '' && !hasEOL) continue;
    if (line === null) line = { text: '', y, height };
    line.text += said;
    line.height = Math.max(line.height, height);
    if (hasEOL) {
      lines.push(line);
      line = null;
    }
  }
  if (line !== null) lines.push(line);

  const paragraphs: string[] = [];
  let before: Line | null = null;
  for (const { text, y, height } of lines) {
    const said = text.replace(/\s+/gu, ' ').trim();
    if (said === '') continue;
    const gap: number = before === null ? Infinity : before.y - y;
    const tall = Math.max(height, before?.height ?? 0, 1);
    if (gap < 0 || gap > tall * 1.9) paragraphs.push(said);
    else paragraphs.push(joined(paragraphs.pop() ?? '', said));
    before = { text, y, height };
  }
  return paragraphs.map(escape).join('\n\n');
}

/** Bold letters are at times the same letters, printed again in the same place: what of a piece is more than these. */
function unsaid({ str, transform, width }: Piece, last: Piece): string {
  const [x, y] = [4, 5].map((at) => (transform[at] ?? 0) - (last.transform[at] ?? 0)) as [number, number];
  if (str === '' || last.str === '' || Math.abs(y) > PRINTED_AGAIN) return str;
  if (Math.abs(x) > PRINTED_AGAIN) {
    const end = Math.abs(x + width - last.width) <= PRINTED_AGAIN;
    return end && last.str.endsWith(str) ? '' : str;
  }
  return last.str.startsWith(str) ? '' : str.startsWith(last.str) ? str.slice(last.str.length) : str;
}

/** A word divided at the end of a line is one again. */
function joined(above: string, below: string): string {
  return /\p{Ll}[-\u00ad\u2010]$/u.test(above) && /^\p{Ll}/u.test(below)
    ? above.replace(/[-\u00ad\u2010]$/u, '') + below
    : `${above} ${below}`;
}

/** What would make a heading, a quotation, code or a table of a line. */
function escape(paragraph: string): string {
  return paragraph.replace(/^(?=[#>|]|```|~~~)/u, '\\');
}

function words(value: unknown): string | null {
  const text = typeof value === 'string' ? value.replace(/\s+/gu, ' ').trim() : '';
  return text === '' ? null : text;
}

/** Many a title is the name of the file that the PDF was made of: the name of the PDF is as good. */
export function titleOf(said: string | null, fileName: string): string | null {
  if (said !== null && !/^(?:untitled|microsoft \w+ - .*|.*\.(?:docx?|tex|dvi|indd|pages|odt|pdf|qxd))$/iu.test(said))
    return said;
  const plain = fileName.replace(/\.pdf$/iu, '').replaceAll('+', ' ');
  try {
    return decodeURIComponent(plain) || said;
  } catch (error) {
    if (error instanceof URIError) return plain || said; // a name that is written in no UTF-8
    throw error;
  }
}

/** `D:20260304083000+01'00'` as ISO 8601 in UTC. */
function timeOf(value: unknown): string | null {
  const parts = /^D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(Z|[+-]\d\d'?\d\d)?/u.exec(
    typeof value === 'string' ? value : '',
  );
  if (!parts) return null;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', zone = 'Z'] = parts;
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** HTML: the readable part of a saved page, with the address it was saved from. */
import { readText } from '../capture';
import { allAdapters, stableHash } from '../capture/files';
import { EngineError } from '../errors';
import { document, fileId, section } from './documents';
import {
  baseName,
  extension,
  fileConnector,
  plainName,
  type Read,
  type ReadOptions,
  type SourceFile,
  warning,
} from './port';
import { documentOf } from './html';
import { textIn, unreadable } from './records';

/** A page with its pictures in it. */
const MOST = 128 * 1024 * 1024;

export const pages = fileConnector(
  'pages',
  async (file, peek) => {
    const kind = extension(file.path);
    if (/^x?html?$/.test(kind)) return true;
    return kind === '' && /^\s*<(?:!doctype html|html[\s>])/i.test(await peek(file));
  },
  async function* (file, options) {
    const read = await textIn(file, MOST);
    if ('broken' in read) {
      yield read.broken;
      return;
    }
    const html = read.text;
    const chat = readAsChat(file, html, options);
    if (chat === null) yield* readPage(file, html, options);
    else yield* chat;
  },
);

/** A page that is full of a site's own words may be a conversation whose signs stand far behind its styles. */
function readAsChat(file: SourceFile, html: string, options: ReadOptions): Read[] | null {
  const adapters = allAdapters().filter(({ signs }) => (html.match(signs)?.length ?? 0) >= 2);
  if (adapters.length === 0) return null;
  try {
    const context = { parseHtml: options.parseHtml, name: file.path, capturedAt: file.modified ?? options.now };
    const { conversations, warnings } = readText(html, { adapters, ...context });
    const guessed = warnings.some(({ code }) => code === 'no_turns' || code === 'plain_messages');
    if (guessed || conversations.length === 0) return null;
    return [
      ...warnings.map(({ code, message, where }) => warning(file, code, message, where)),
      ...conversations.map((item) => ({ item, file: file.path })),
    ];
  } catch (error) {
    if (EngineError.from(error).code === 'bad_input') return null;
    throw error;
  }
}

async function* readPage(file: SourceFile, html: string, options: ReadOptions): AsyncGenerator<Read> {
  const saved = /<!--[\s\S]{0,400}?(?:\burl:\s*|saved from url=\(\d+\))(https?:\/\/[^\s"'<>]+)/i.exec(
    html.slice(0, 8_000),
  )?.[1];
  try {
    const { capturePage } = await import('../capture/page');
    const name = `https://file.invalid/${encodeURIComponent(baseName(file.path))}`;
    const page = capturePage(documentOf(html, options.parseHtml), { url: saved ?? name, parseHtml: options.parseHtml });
    const known = !page.url.startsWith('https://file.invalid/');
    const markdown = page.markdown.replace(/\]\(https:\/\/file\.invalid\/([^)\s]*)\)/g, ']($1)');
    yield document({
      file,
      options,
      filed_as: known ? 'page' : 'note',
      source: 'files',
      id: known ? `${page.url}#${stableHash(markdown)}` : fileId(file.path, markdown),
      url: known ? page.url : null,
      title: page.title ?? plainName(file.path),
      author: page.author,
      language: page.language,
      created_at: page.published_at,
      updated_at: page.published_at === null ? file.modified : null,
      sections: [section('text', markdown)],
      metadata: { type: 'page' },
    });
  } catch (error) {
    const { code } = EngineError.from(error, 'bad_input');
    if (code === 'bad_input') yield warning(file, 'empty_file', `${file.path} shows no text.`);
    else yield unreadable(file, error);
  }
}

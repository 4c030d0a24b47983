/**
 * Kindle's `My Clippings.txt` in the language of the device: highlights and notes, a book a document. What was marked
 * twice (a highlight made longer) is there once.
 */
import { stableHash } from '../capture/files';
import type { DocumentSection } from '../capture/types';
import { readDate } from './dates';
import { document, section } from './documents';
import { extension, fileConnector, warning } from './port';
import { textIn } from './records';

const END = /^={8,}\s*$/m;
const CLIPPING = /^\uFEFF?[^\n]+\r?\n\s*- [^\n]*(?:\||\d)[^\n]*\r?\n/;
/** "Your Note", "Ihre Notiz", "Votre note", "Tu nota", "La tua nota", "Je notitie" … */
const NOTE =
  /\b(?:note|notiz|nota|notitie|notatka|poznámka|anteckning|jegyzet|not)\b|заметка|笔记|筆記|メモ|메모|ملاحظة/iu;
const PAGE =
  /(?:page|seite|página|pagina|pagina|side|sida|strona|straně|strana|oldal|sayfa|странице|стр\.?|ページ|페이지|第\s*)\s*([ivxlc\d]+)|([\d]+)\s*(?:ページ|页|頁|페이지)/iu;
const RANGE = /(\d+)\s*[-–]\s*(\d+)|(\d+)/;

interface Clipping {
  start: number;
  section: DocumentSection;
  text: string;
}

export const kindle = fileConnector(
  'kindle',
  async (file, peek) => {
    if (extension(file.path) !== 'txt') return false;
    const text = await peek(file);
    return END.test(text) && CLIPPING.test(text);
  },
  async function* (file, options) {
    const read = await textIn(file);
    if ('broken' in read) {
      yield read.broken;
      return;
    }
    const text = read.text.replace(/\r\n?/g, '\n');
    const books = new Map<string, Clipping[]>();
    let line = 1;
    for (const block of text.split(/^={8,}[^\S\n]*$\n?/m)) {
      const at = line;
      line += block.split('\n').length;
      const [title = '', facts = '', ...rest] = block.replace(/^[\s\uFEFF]+/, '').split('\n');
      if (title.trim() === '') continue;
      const said = rest.join('\n').trim();
      if (!/^\s*-/.test(facts)) {
        yield warning(file, 'unreadable_record', 'A clipping that does not say where in the book it is.', `line ${at}`);
        continue;
      }
      if (said === '') continue; // a bookmark
      const parts = facts
        .replace(/^\s*-\s*/, '')
        .split('|')
        .map((part) => part.trim());
      const time = parts.length > 1 ? readDate(parts.at(-1) ?? '') : null;
      // A date that cannot be read, behind a clock, is no place either.
      const dated = parts.length > 1 && (time !== null || /\d:\d\d/.test(parts.at(-1) ?? ''));
      const places = dated ? parts.slice(0, -1) : parts;
      const page = PAGE.exec(places[0] ?? '');
      const number = page?.[1] ?? page?.[2] ?? null;
      // In Chinese page and location are one part: `第 7 页（位置 #114-116）`.
      const range = RANGE.exec(
        page === null || places.length > 1 ? (places.at(-1) ?? '') : (/[(（].*/u.exec(places[0] ?? '')?.[0] ?? ''),
      );
      const note = NOTE.test(places.join(' '));
      const location = range?.[0] ?? null;
      const key = title.trim();
      const clippings = books.get(key) ?? [];
      books.set(key, clippings);
      const start = Number(range?.[1] ?? range?.[3] ?? 0);
      const clipping: Clipping = {
        start,
        text: said,
        section: section(
          stableHash(`${note ? 'note' : ''} ${said}`),
          note ? said : `> ${said.replaceAll('\n', '\n> ')}`,
          {
            created_at: time,
            metadata: {
              type: note ? 'note' : 'highlight',
              ...(number !== null && { page: number }),
              ...(location !== null && { location }),
            },
          },
        ),
      };
      const twin = clippings.findIndex(
        (each) => each.start === start && (said.startsWith(each.text) || each.text.startsWith(said)),
      );
      if (twin < 0) clippings.push(clipping);
      else if (said.length >= (clippings[twin]?.text.length ?? 0)) clippings[twin] = clipping;
    }
    if (books.size === 0) yield warning(file, 'empty_file', `${file.path} holds no clippings.`);
    for (const [name, clippings] of books) {
      const [, title, author] = /^(.*?)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*$/.exec(name) ?? [];
      yield document({
        file,
        options,
        source: 'kindle',
        id: name,
        title: title === undefined || title === '' ? name : title,
        author: author ?? null,
        sections: clippings.map((each) => each.section),
        metadata: { type: 'highlights' },
      });
    }
  },
);

/** Mail: a message a file (EML), or many in one (MBOX, as Gmail's and Thunderbird's exports are). By postal-mime. */
import PostalMime, { type Address, decodeWords } from 'postal-mime';
import { asTime, elementToMarkdown, stableHash } from '../capture/files';
import { document, section } from './documents';
import { documentOf } from './html';
import { extension, fileConnector, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { unreadable } from './records';
import { bytesOf } from './text';

/** A mail with larger attachments is left out. */
const MOST = 64 * 1024 * 1024;
const BEGIN = /^From \S.*\d{4}\r?$|^From \S+@\S+.*\r?$|^From - .*\r?$/;

/** Gmail's names of what is thrown away, in the language of the account. */
const THROWN_AWAY =
  /^(?:spam|trash|bin|papierkorb|corbeille|papelera|lixeira|lixo|cestino|prullenbak|kosz|koš|kuka|papirkurv|papperskorgen|корзина|спам|垃圾邮件|垃圾郵件|已删除邮件|垃圾桶|迷惑メール|ゴミ箱|스팸함|휴지통)$/iu;

export const mail = fileConnector(
  'mail',
  async (file, peek) => {
    const kind = extension(file.path);
    if (kind === 'eml' || kind === 'mbox') return true;
    return (kind === '' || kind === 'mbx') && /^From \S+.*\d{4}\r?\n[\w-]+: /.test(await peek(file));
  },
  async function* (file, options) {
    try {
      if (extension(file.path) === 'eml') yield* readMail(await bytesOf(file, MOST), file, options, null);
      else yield* readMbox(file, options);
    } catch (error) {
      yield unreadable(file, error);
    }
  },
);

/** Taken apart as bytes: each mail says its own encodings. */
async function* readMbox(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  let lines: string[] = [];
  let length = 0;
  let number = 0;
  let line = 0;
  let from = 1;
  let rest = '';
  const passed = { count: 0 };
  const take = async function* (): AsyncGenerator<Read> {
    if (number === 0 && lines.every((each) => each.trim() === '')) return;
    const where = `message ${Math.max(1, number)}, line ${from}`;
    if (length > MOST) yield warning(file, 'unreadable_record', 'The mail is too large to be read.', where);
    // A line of the text that begins like a mail was moved behind a mark.
    else
      yield* readMail(
        bytesIn(lines.map((each) => each.replace(/^>(>*From )/, '$1')).join('\n')),
        file,
        options,
        where,
        passed,
      );
  };
  for await (const chunk of file.stream()) {
    options.signal?.throwIfAborted();
    const parts = (rest + lettersOf(chunk)).split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) {
      line++;
      if (BEGIN.test(text) && (line === 1 || (lines.at(-1) ?? '').trim() === '')) {
        if (number > 0 || lines.length > 0) yield* take();
        number++;
        from = line;
        lines = [];
        length = 0;
        continue;
      }
      length += text.length + 1;
      if (length <= MOST) lines.push(text);
    }
  }
  if (rest !== '') lines.push(rest);
  yield* take();
  if (passed.count > 0)
    yield warning(file, 'deleted', `${passed.count} mails that were in the bin or among the spam are left out.`);
}

/** A letter for each byte, and back. */
function lettersOf(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 8_192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8_192)));
  return parts.join('');
}

function bytesIn(letters: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
}

async function* readMail(
  bytes: Uint8Array<ArrayBuffer>,
  file: SourceFile,
  options: ReadOptions,
  where: string | null,
  passed: { count: number } | null = null,
): AsyncGenerator<Read> {
  let read;
  try {
    read = await PostalMime.parse(bytes);
  } catch (error) {
    yield warning(file, 'unreadable_record', `The mail cannot be read: ${String(error)}`, where);
    return;
  }
  const labels = decodeWords(read.headers.find(({ key }) => key === 'x-gmail-labels')?.value ?? '')
    .split(',')
    .map((label) => label.trim())
    .filter((label) => label !== '');
  if (passed !== null && labels.some((label) => THROWN_AWAY.test(label))) {
    passed.count++;
    return;
  }
  const html = read.html ?? '';
  const page = html === '' ? null : documentOf(html, options.parseHtml);
  const text = (read.text ?? '').trim() || (page === null ? '' : elementToMarkdown(page.body).markdown);
  const { from, to, cc, subject, date, messageId } = read;
  if (from === undefined && subject === undefined && date === undefined) {
    yield warning(
      file,
      'unreadable_record',
      'This is no mail: it says neither who sent it, nor when, nor about what.',
      where,
    );
    return;
  }
  const people = [...(to ?? []), ...(cc ?? [])].map(nameOf);
  const created = asTime(date);
  yield document({
    file,
    options,
    source: 'mail',
    id: messageId?.trim() || `mail:${stableHash(`${nameOf(from)} ${date} ${subject} ${text}`)}`,
    title: subject ?? null,
    author: from === undefined ? null : nameOf(from),
    created_at: created,
    updated_at: created === null ? file.modified : null,
    sections: [section('text', text, { metadata: people.length > 0 ? { to: people } : {} })],
    attachments: read.attachments
      .filter(({ filename }) => filename !== null && filename !== undefined && filename !== '')
      .map(({ filename, mimeType }) => ({
        kind: mimeType.startsWith('image/') ? 'image' : mimeType.startsWith('audio/') ? 'audio' : 'file',
        name: filename ?? 'file',
        reference: null,
      })),
    metadata: {
      type: 'mail',
      ...(people.length > 0 && { to: people }),
      ...(labels.length > 0 && { tags: labels }),
      ...(read.inReplyTo && { in_reply_to: read.inReplyTo }),
    },
  });
}

function nameOf(address: Address | undefined): string {
  if (address === undefined) return '';
  return [address.name, address.address].find((each) => each !== undefined && each !== '') ?? '';
}

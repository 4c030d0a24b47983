/**
 * Messenger, from "Download your information" of Facebook as JSON: a folder for each thread with `message_1.json` … newest
 * first; and the archive of end-to-end encrypted chats, a file for each. The first writes UTF-8 as if each byte were a
 * letter of Latin-1; the second does not.
 */
import { asArray, asObject, asText, asTime, isObject, type JsonObject, stableHash } from '../capture/files';
import type { CapturedConversation, CapturedMessage } from '../capture/types';
import { contentOf, mended } from './messenger-content';
import { baseName, type Connector, plainName, type Read, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const THREAD = /"participants"\s*:\s*\[[\s\S]*"sender_name"\s*:|"sender_name"\s*:[\s\S]*"timestamp_ms"\s*:/;
const ENCRYPTED = /"threadName"\s*:|"senderName"\s*:[\s\S]*"timestamp"\s*:/;
const PAGE = /(?:^|\/)messages\/[^/]+\/[^/]+\/message_\d+\.html$/i;

export const messenger: Connector = {
  id: 'messenger',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      if (PAGE.test(file.path)) taken.push(file);
      else if (/\.json$/i.test(file.path)) {
        const text = await peek(file);
        if (/^\uFEFF?\s*\{/.test(text) && (THREAD.test(text) || ENCRYPTED.test(text))) taken.push(file);
      }
    }
    const threads = new Set(taken.map(({ path }) => path.slice(0, path.length - baseName(path).length)));
    const isMedia = ({ path }: SourceFile) =>
      !/\.(?:json|html)$/i.test(path) && [...threads].some((thread) => thread !== '' && path.startsWith(thread));
    return [...taken, ...files.filter((file) => !taken.includes(file) && isMedia(file))];
  },

  async *read(files, options) {
    // The oldest part first: `message_12.json` before `message_1.json`.
    const parts = files
      .filter(({ path }) => /\.json$/i.test(path))
      .sort((a, b) => threadOf(a).localeCompare(threadOf(b)) || partOf(b) - partOf(a));
    let before: { thread: string; last: string | null } = { thread: '', last: null };
    for (const file of parts) {
      options.signal?.throwIfAborted();
      const thread = threadOf(file);
      if (before.thread !== thread) before = { thread, last: null };
      const read = await readPart(file, before.last, options.now);
      for (const each of read) yield each;
      for (const each of read)
        if ('item' in each && each.item.kind === 'conversation') before.last = each.item.messages.at(-1)?.id ?? null;
    }
    const page = files.find(({ path }) => PAGE.test(path));
    if (page !== undefined)
      yield warning(page, 'wrong_form', 'Facebook made this download as HTML, which is not read: choose JSON there.');
  },
};

const threadOf = ({ path }: SourceFile) =>
  /message_\d+\.json$/.test(path) ? path.slice(0, path.lastIndexOf('/') + 1) : path;
const partOf = ({ path }: SourceFile) => Number(/message_(\d+)\.json$/.exec(path)?.[1] ?? 0);

/** One file of a thread: some of its messages, in order, hung on the last of the file before. */
async function readPart(file: SourceFile, above: string | null, now: string): Promise<Read[]> {
  const found: Read[] = [];
  let thread: JsonObject = {};
  for await (const item of recordsOf(file)) {
    if ('broken' in item) found.push(item.broken);
    else thread = { ...thread, ...asObject(item.value) };
  }
  const mend = 'threadName' in thread ? (text: string) => text : mended;
  const words = (value: unknown) => (asText(value) === null ? null : mend(asText(value) ?? ''));
  const people = asArray(thread['participants']).flatMap((each) => words(isObject(each) ? each['name'] : each) ?? []);
  const title = words(thread['title']) ?? words(thread['threadName'])?.replace(/_\d+$/, '') ?? people.join(', ');
  const messages: CapturedMessage[] = [];
  const used = new Map<string, number>();
  const given = asArray(thread['messages']).map((each, index) => ({ message: asObject(each), index }));
  if (given.length === 0 && found.length === 0)
    found.push(warning(file, 'empty_conversation', `The thread "${title}" holds no messages.`));
  const time = ({ message }: { message: JsonObject }) => Number(message['timestamp_ms'] ?? message['timestamp'] ?? 0);
  given.sort((a, b) => time(a) - time(b) || b.index - a.index);
  for (const { message, index } of given) {
    const created_at = asTime(message['timestamp_ms'] ?? message['timestamp']);
    const author = words(message['sender_name']) ?? words(message['senderName']);
    if (created_at === null && author === null) {
      found.push(warning(file, 'unreadable_record', 'A message without a sender and a time.', `messages[${index}]`));
      continue;
    }
    if (message['is_unsent'] === true || message['isUnsent'] === true) continue;
    const { markdown, attachments, metadata } = contentOf(message, words);
    if (markdown === '' && attachments.length === 0) continue;
    const key = stableHash(`${created_at} ${author} ${markdown} ${attachments.map(({ name }) => name).join(' ')}`);
    const count = used.get(key) ?? 0;
    used.set(key, count + 1);
    messages.push({
      id: count === 0 ? key : `${key}~${count + 1}`,
      parent_id: messages.at(-1)?.id ?? above,
      role: 'user', // people among themselves: nobody is an assistant
      author,
      model: null,
      created_at,
      markdown,
      finished: true,
      on_active_branch: true,
      attachments,
      metadata,
    });
  }
  if (messages.length === 0) return found;
  const updated = messages.at(-1)?.created_at ?? null;
  const conversation: CapturedConversation = {
    kind: 'conversation',
    site: 'messenger',
    id:
      asText(thread['thread_path'])?.replace(/^.*\//, '') ??
      baseName(threadOf(file).replace(/\/$/, '')).replace(/\.json$/, ''),
    url: null,
    title: title === '' ? plainName(file.path) : title,
    created_at: null,
    updated_at: updated,
    captured_at: updated ?? file.modified ?? now,
    strategy: 'json-pages',
    coverage: 'some',
    complete: false,
    messages,
    metadata: { people, export: 'facebook' },
  };
  return [...found, { item: conversation, file: file.path }];
}

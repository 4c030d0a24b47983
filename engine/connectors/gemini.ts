/**
 * Gemini in Google Takeout: the activity (`My Activity/Gemini Apps/MyActivity.json` or `.html`, both names in the
 * account's language), the Gems, and the conversations of Gemini in Workspace. Rows of most months name their
 * conversation; those that do not are put together by the pauses between them.
 */
import { adapterOf, asText } from '../capture/files';
import type { CapturedConversation, CapturedMessage } from '../capture/types';
import { readDate } from './dates';
import { document, section } from './documents';
import { documentOf } from './html';
import { type Connector, type Peek, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { readExport, recordsOf, unreadable } from './records';
import { textOf } from './text';

const ROWS = /"header"\s*:\s*"[^"]{0,40}\b(?:Gemini|Bard)\b|"products"\s*:\s*\[\s*"[^"]{0,40}\b(?:Gemini|Bard)\b/;
const PAGE = /class="[^"]*\bouter-cell\b[\s\S]{0,600}?\b(?:Gemini|Bard)\b/;
/** The activity of any product; each has a file of this name, which is not Gemini's. */
const ANY = /"header"\s*:[\s\S]*"(?:activityControls|products)"\s*:|class="[^"]*\bouter-cell\b/;
/** A conversation of Gemini in Workspace, and a picture in it. */
const CHAT = /"conversation_turns"\s*:\s*\[\s*(?:\]|\{\s*"(?:user|system)_turn"\s*:)/;
const CHAT_PICTURE = /(?:^|\/)conversation_\d+_turn_\d+_[^/]*$/;
const GEMS = /(?:^|\/)gemini_gems_data\.html$/i;
/** Of Gemini's folder, and nothing to keep. */
const OTHERS = /(?:^|\/)(?:gemini_scheduled_actions_data\.html|archive_browser\.html)$/i;
/** The page form is read whole. */
const MOST_PAGE = 160 * 1024 * 1024;

export const gemini: Connector = {
  id: 'gemini',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      const { path } = file;
      if (GEMS.test(path) || OTHERS.test(path)) taken.push(file);
      else if (/\.(?:json|html)$/i.test(path) && ANY.test(await peek(file))) taken.push(file);
      else if (/\.(?:txt|json)$/i.test(path) && CHAT.test(await peek(file))) taken.push(file);
    }
    const pictures = files.filter(({ path }) => CHAT_PICTURE.test(path));
    return taken.length === 0 ? [] : [...taken, ...pictures.filter((file) => !taken.includes(file))];
  },

  async *read(files, options) {
    for (const file of files) {
      options.signal?.throwIfAborted();
      if (GEMS.test(file.path)) yield* readGems(file, options);
      else if (OTHERS.test(file.path) || CHAT_PICTURE.test(file.path)) continue;
      else if (CHAT.test(await options.peek(file))) yield* readExport(file, adapterOf('gemini'), options);
      else if (await isGeminis(file, options.peek)) yield* readActivity(file, options);
      else yield warning(file, 'other_activity', 'The activity of other products of Google is not kept.');
    }
  },
};

async function isGeminis(file: SourceFile, peek: Peek): Promise<boolean> {
  const text = await peek(file);
  return ROWS.test(text) || PAGE.test(text) || /gemini|bard/i.test(file.path);
}

async function* readActivity(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  const adapter = adapterOf('gemini');
  const context = { saved: true, settled: true, capturedAt: file.modified ?? options.now };
  let read;
  if (/\.json$/i.test(file.path)) {
    // Rows of one conversation stand anywhere in the file, so all of Gemini's are needed together.
    const rows: unknown[] = [];
    for await (const item of recordsOf(file)) {
      if ('broken' in item) yield item.broken;
      else rows.push(item.value);
    }
    read = adapter.readJson(rows, context);
  } else {
    try {
      read = adapter.readEmbedded(await textOf(file, MOST_PAGE), context);
    } catch (error) {
      yield unreadable(file, error);
      return;
    }
  }
  for (const { code, message, where } of read.warnings)
    if (code !== 'no_conversation_id') yield warning(file, code, message, where);
  if (read.conversations.length === 0 && read.warnings.length === 0)
    yield warning(file, 'empty_file', 'The activity holds no questions to Gemini.');
  for (const conversation of sessions(read.conversations.map(dated))) yield { item: conversation, file: file.path };
}

/** Times as the page wrote them, in the account's language. */
function dated(conversation: CapturedConversation): CapturedConversation {
  const messages = conversation.messages.map((message): CapturedMessage => {
    const written = asText(message.metadata['time_as_written']);
    return message.created_at === null && written !== null ? { ...message, created_at: readDate(written) } : message;
  });
  const newest = messages.reduce(
    (latest, { created_at }) => ((created_at ?? '') > latest ? (created_at ?? '') : latest),
    '',
  );
  const updated = conversation.updated_at ?? (newest === '' ? null : newest);
  return { ...conversation, messages, updated_at: updated, captured_at: updated ?? conversation.captured_at };
}

/** Rows that name no conversation and follow each other within this are one. */
const PAUSE_MS = 30 * 60_000;

/** Named conversations as they are; the others, oldest first, by the pauses between them. */
function sessions(conversations: CapturedConversation[]): CapturedConversation[] {
  const named = conversations.filter(({ url }) => url !== null);
  const loose = conversations.filter(({ url }) => url === null).sort((a, b) => startOf(a) - startOf(b));
  const joined: CapturedConversation[] = [];
  for (const one of loose) {
    const before = joined.at(-1);
    if (before === undefined || !(startOf(one) - endOf(before) <= PAUSE_MS)) {
      joined.push({ ...one, metadata: { ...one.metadata, grouped_by: 'time' } });
      continue;
    }
    const [first, ...rest] = one.messages;
    if (first === undefined) continue;
    before.messages = [...before.messages, { ...first, parent_id: before.messages.at(-1)?.id ?? null }, ...rest];
    before.updated_at = one.updated_at ?? before.updated_at;
    before.captured_at = before.updated_at ?? before.captured_at;
  }
  return [...named, ...joined];
}

const timeOf = (message: CapturedMessage | undefined) => Date.parse(message?.created_at ?? '');
const startOf = (conversation: CapturedConversation) => timeOf(conversation.messages[0]) || 0;
const endOf = (conversation: CapturedConversation) => timeOf(conversation.messages.at(-1)) || Number.NaN;

/** Each Gem as a document: its name and instructions. The page's form is known from others' readers, not from a real one. */
async function* readGems(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  let text: string;
  try {
    text = (documentOf(await textOf(file), options.parseHtml).body.textContent ?? '').replace(/\u00a0/g, ' ');
  } catch (error) {
    yield unreadable(file, error);
    return;
  }
  const parts = text.split(/(?:^|\s)Name:\s*/).slice(1);
  for (const part of parts) {
    const [name = '', rest = ''] = part.split(/\s*(?:Description|Instructions?):/, 2);
    const about = /Description:\s*([\s\S]*?)(?=Instructions?:|$)/.exec(part)?.[1]?.trim() ?? '';
    const told = /Instructions?:\s*([\s\S]*)/.exec(part)?.[1]?.trim() ?? rest.trim();
    const title = name.trim().split('\n')[0] ?? '';
    if (title === '') continue;
    yield document({
      file,
      options,
      source: 'gemini',
      id: `gem:${title}`,
      title,
      updated_at: file.modified,
      sections: [section('text', [about, told].filter((each) => each !== '').join('\n\n'))],
      metadata: { type: 'gem' },
    });
  }
}

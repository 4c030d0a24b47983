/**
 * Single conversations as a person may have them: a page saved from the browser, a body of a site's own JSON, an HTTP
 * archive, lists of messages that other tools wrote. Whose it is, the sites' adapters tell.
 */
import { readText } from '../capture';
import { allAdapters } from '../capture/files';
import type { ReadResult } from '../capture/types';
import { EngineError } from '../errors';
import { extension, fileConnector, type Peek, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { unreadable } from './records';
import { textOf } from './text';

/** What stands in a site's own JSON, or in lists of turns. */
const JSON_SIGNS =
  /"(?:mapping|chat_messages|linear_conversation|page_info|current_node|chat_session)"\s*:|"wrb\.fr"|"role"\s*:\s*"(?:user|assistant|model|Prompt)"|"sender"\s*:\s*"(?:human|assistant)"|"author"\s*:\s*(?:\{\s*"role"|"(?:User|Model|ai)")|\/backend-api\/|chat_conversations/;
/** What only pages of these sites have. */
const PAGE_SIGNS =
  /data-message-author-role|conversation-turn-|data-testid="user-message"|font-claude-(?:response|message)|<(?:user-query|model-response)[\s>]|ds-markdown|streamController\.enqueue|routes\/share\.|BardChatUi|class="[^"]*\bouter-cell\b/;
const KINDS = new Set(['json', 'jsonl', 'ndjson', 'har', 'html', 'htm', 'xhtml', 'mhtml', 'txt', '']);
/** A saved page carries its scripts: signs may stand far behind. */
const MOST = 256 * 1024 * 1024;

async function recognises(file: SourceFile, peek: Peek): Promise<boolean> {
  const kind = extension(file.path);
  if (!KINDS.has(kind)) return false;
  const text = await peek(file);
  if (/^\uFEFF?\s*(?:\)\]\}'|[[{]|\d+\s*\n\s*\[)/.test(text)) return kind === 'har' || JSON_SIGNS.test(text);
  return /^\s*</.test(text) && PAGE_SIGNS.test(text);
}

async function* read(file: SourceFile, options: ReadOptions): AsyncGenerator<Read> {
  let result: ReadResult;
  try {
    result = readText(await textOf(file, MOST), {
      adapters: allAdapters(),
      parseHtml: options.parseHtml,
      name: file.path,
      capturedAt: file.modified ?? options.now,
    });
  } catch (error) {
    const { code, message } = EngineError.from(error, 'bad_input');
    yield code === 'bad_input' ? warning(file, 'no_conversation', message) : unreadable(file, error);
    return;
  }
  for (const { code, message, where } of result.warnings) yield warning(file, code, message, where);
  for (const item of result.conversations) yield { item, file: file.path };
}

export const chats = fileConnector('chats', recognises, read);

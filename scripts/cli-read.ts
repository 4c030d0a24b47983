/** `read FILE [--json] [--site NAME]`: prints the conversations in a file as they are read; stores nothing. */
import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { allAdapters } from '../engine/capture/adapters/all';
import { readText, type ReadResult, type Site } from '../engine/capture/index';
import type { CapturedDocument } from '../engine/capture/types';
import { EngineError } from '../engine/errors';

/** Parses HTML in Node, for `readText` and for the readers of pages. */
export function parseHtml(html: string): Document {
  return parseHTML(html).document;
}

/**
 * @throws `not_found` when there is no such file, `bad_input` when it holds no conversation.
 */
export function readFile(path: string, options: { site?: string } = {}): ReadResult {
  let text: string;
  try {
    text = decoded(readFileSync(path));
  } catch (error) {
    throw new EngineError('not_found', `The file ${path} cannot be read.`, { cause: error });
  }
  return readText(text, {
    adapters: allAdapters(),
    parseHtml,
    name: path,
    ...(options.site === undefined ? {} : { site: options.site as Site }),
  });
}

/** UTF-8, or what the file's first bytes say: PowerShell writes UTF-16. */
function decoded(bytes: Buffer): string {
  const mark = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  const encoding = mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
}

/** The result as a person reads it: each conversation with its turns, then what could not be read. */
export function printRead(result: ReadResult, write: (line: string) => void = console.log): void {
  for (const conversation of result.conversations) {
    const facts = [
      conversation.site,
      conversation.id,
      conversation.created_at,
      conversation.strategy,
      `coverage ${conversation.coverage}`,
      conversation.complete ? 'complete' : 'not complete',
    ];
    write(`# ${conversation.title ?? '(no title)'}`);
    write(facts.filter((fact) => fact !== null).join(' · '));
    if (conversation.url !== null) write(conversation.url);
    write('');
    for (const message of conversation.messages.filter((each) => each.on_active_branch)) {
      const said = [
        message.role,
        message.author,
        message.model,
        message.created_at,
        message.finished ? null : 'unfinished',
      ];
      write(`## ${said.filter((each) => each !== null).join(' · ')}`);
      write(message.markdown);
      for (const attachment of message.attachments) write(`(${attachment.kind}: ${attachment.name})`);
      write('');
    }
    const left = conversation.messages.filter((each) => !each.on_active_branch).length;
    if (left > 0) write(`${left} more on branches that were left.\n`);
  }
  for (const warning of result.warnings)
    write(`warning ${warning.code}: ${warning.message}${warning.where === null ? '' : ` [${warning.where}]`}`);
  const messages = result.conversations.reduce((sum, each) => sum + each.messages.length, 0);
  write(`${result.conversations.length} conversations, ${messages} messages, ${result.warnings.length} warnings`);
}

/** The same for what holds other documents too. */
export function printAny(
  { conversations, documents, warnings }: ReadResult & { documents: CapturedDocument[] },
  write: (line: string) => void = console.log,
): void {
  for (const document of documents) {
    write(`# ${document.title ?? '(no title)'}`);
    const facts = [
      document.source,
      document.id,
      document.author,
      document.created_at ?? document.updated_at,
      document.url,
    ];
    write(facts.filter((fact) => fact !== null).join(' · '));
    for (const section of document.sections) write(`\n${section.markdown}`);
    write('');
  }
  printRead({ conversations, warnings }, write);
  write(`${documents.length} other documents`);
}

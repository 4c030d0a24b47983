/** Exports that are a list of conversations as the site's own JSON: one record at a time, by the site's adapter. */
import type { Adapter } from '../capture';
import { asObject, asText, asTime, type JsonObject } from '../capture/files';
import type { CapturedConversation } from '../capture/types';
import { EngineError } from '../errors';
import { jsonItems, type JsonItemsOptions } from './json-items';
import { type Read, type ReadOptions, type SourceFile, warning } from './port';
import { textOf, textPieces } from './text';

/**
 * When the state that a record shows was known to hold: no export is older than what it holds last changed. A capture
 * made after that is the newer one, whenever the export is imported; and importing it twice says the same twice.
 */
export function stateTime(record: JsonObject, file: SourceFile, now: string): string {
  const said = ['update_time', 'updated_at', 'last_modification_time', 'create_time', 'created_at'].map((field) =>
    asTime(record[field]),
  );
  return said.find((time) => time !== null) ?? file.modified ?? now;
}

/** `items` of a file with what is broken as warnings. @see jsonItems */
export async function* recordsOf(
  file: SourceFile,
  pieces: AsyncIterable<string> = textPieces(file),
  options: JsonItemsOptions = {},
): AsyncGenerator<{ value: unknown; where: string; field: string | null } | { broken: Read }> {
  try {
    for await (const item of jsonItems(pieces, options)) {
      if ('value' in item) {
        const where = `record ${item.record}, line ${item.line}`;
        yield { value: item.value, where, field: item.field };
        continue;
      }
      const { record, line, problem } = item;
      const message = `Record ${record}, which begins in line ${line}, cannot be read: ${problem}`;
      yield { broken: warning(file, 'unreadable_record', message, `line ${line}`) };
    }
  } catch (error) {
    yield { broken: unreadable(file, error) };
  }
}

/** A file whose bytes cannot be had, as a warning. @throws what is no fault of the file */
export function unreadable(file: SourceFile, error: unknown): Read {
  const { code, message } = EngineError.from(error, 'bad_input');
  if (code === 'aborted') throw error;
  return warning(file, code === 'bad_input' ? 'unreadable_file' : code, message);
}

/** The text of a file, or the warning that it cannot be had. @see textOf */
export async function textIn(file: SourceFile, most?: number): Promise<{ text: string } | { broken: Read }> {
  try {
    return { text: await textOf(file, most) };
  } catch (error) {
    return { broken: unreadable(file, error) };
  }
}

/** The conversations of an export, in its order. */
export async function* readExport(
  file: SourceFile,
  adapter: Adapter,
  options: ReadOptions,
  more: {
    pieces?: AsyncIterable<string>;
    items?: JsonItemsOptions;
    /** Adds what other files of the export say of it. */
    finish?: (conversation: CapturedConversation, record: JsonObject) => CapturedConversation;
  } = {},
): AsyncGenerator<Read> {
  for await (const item of recordsOf(file, more.pieces, more.items)) {
    options.signal?.throwIfAborted();
    if ('broken' in item) {
      yield item.broken;
      continue;
    }
    const record = asObject(item.value);
    const capturedAt = stateTime(record, file, options.now);
    const { conversations, warnings } = adapter.readJson(item.value, { settled: true, saved: true, capturedAt });
    for (const { code, message, where } of warnings) {
      yield warning(file, code, message, where === null ? item.where : `${item.where}: ${where}`);
    }
    if (conversations.length === 0 && warnings.length === 0) {
      const title = asText(record['title']) ?? asText(record['name']);
      const named = title === null ? '' : ` ("${title.slice(0, 80)}")`;
      yield warning(file, 'unreadable_record', `The record${named} holds no messages; it is left out.`, item.where);
    }
    for (const conversation of conversations)
      yield { item: more.finish?.(conversation, record) ?? conversation, file: file.path };
  }
}

/** A small JSON file beside others; null where it is not there or cannot be read. */
export async function beside(files: SourceFile[], name: RegExp, read: (file: SourceFile) => Promise<string>) {
  const file = files.find(({ path }) => name.test(path));
  if (file === undefined) return null;
  try {
    return JSON.parse(await read(file)) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof EngineError) return null;
    throw error;
  }
}

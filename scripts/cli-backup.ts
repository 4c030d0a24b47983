/** The terminal's verbs for everything in one file and back. */
import { openAsBlob } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Engine, ImportReport } from '../engine/api';
import { EngineError } from '../engine/errors';

/** Where a password comes from: an argument would be seen by everybody on the machine. */
export const PASSWORD_VARIABLE = 'COMMONPLACE_PASSWORD';

const password = () => process.env[PASSWORD_VARIABLE] ?? null;

export interface Written {
  file: string;
  documents: number;
  bytes: number;
  encrypted: boolean;
}

/** Writes everything to `file`, which is there whole or not at all; reads it back. */
export async function exportTo(
  engine: Engine,
  file: string,
  options: { vectors: boolean; progress: (text: string) => void },
): Promise<Written> {
  const encrypted = password() !== null;
  const { id } = await engine.beginExport({
    what: { everything: true, vectors: options.vectors },
    password: password(),
  });
  const temporary = `${file}.writing`;
  const target = await open(temporary, 'w');
  let bytes = 0;
  let documents = 0;
  try {
    for (;;) {
      const piece = await engine.readExport(id);
      documents = piece.done;
      if (piece.bytes === null) break;
      await target.write(piece.bytes);
      bytes += piece.bytes.length;
      options.progress(`Writing ${piece.done} of ${piece.total}`);
    }
    await target.sync();
    await target.close();
    const { damage } = await engine.lookAtImport(await openAsBlob(temporary), { password: password() });
    if (Object.keys(damage.counts).length > 0)
      throw new EngineError('store_full', `${file} could not be read back: ${JSON.stringify(damage.first[0])}`);
    await rename(temporary, file);
  } catch (error) {
    await target.close();
    await rm(temporary, { force: true });
    throw error;
  }
  return { file, documents, bytes, encrypted };
}

/** Brings in a file that {@link exportTo} or the extension wrote; with `look` only says what that would do. */
export async function restoreFrom(
  engine: Engine,
  file: string,
  options: { mode: 'merge' | 'replace' | 'look'; bringBack: boolean },
): Promise<ImportReport> {
  const blob = await openAsBlob(file);
  const { mode, bringBack } = options;
  return mode === 'look'
    ? engine.lookAtImport(blob, { password: password() })
    : engine.importFile(blob, { mode, bring_back: bringBack, password: password() });
}

/** The report in lines. */
export function describeReport({ documents, messages, vectors, by_source, damage }: ImportReport): string[] {
  return [
    ...by_source.map((row) => `${row.source}, ${row.kind}: ${row.documents} documents, ${row.messages} messages`),
    `documents: ${documents.added} new, ${documents.changed} newer, ${documents.same} here already, ${documents.forgotten} deleted before, ${documents.expired} too old`,
    `messages: ${messages.added} new, ${messages.changed} newer, ${messages.same} here already; ${vectors} vectors taken`,
    ...damage.first.map(
      ({ code, part, line, message }) =>
        `damage, ${code}: ${part ?? 'the file'}${line === null ? '' : `, line ${line}`}: ${message}`,
    ),
  ];
}

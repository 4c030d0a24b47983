/** The terminal's verbs for everything in one file and back. */
import { openAsBlob } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Engine, ImportReport } from '../engine/api';
import { EngineError } from '../engine/errors';
import { readBack, takeExport } from '../engine/exporting';

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
  const temporary = `${file}.writing`;
  const target = await open(temporary, 'w');
  try {
    const { documents, bytes } = await takeExport(
      engine,
      { what: { everything: true, vectors: options.vectors }, password: password() },
      (piece) => target.write(piece),
      {
        progress: (done, total) => {
          options.progress(`Writing ${done} of ${total}`);
        },
      },
    );
    await target.sync();
    await target.close();
    const wrong = await readBack(engine, await openAsBlob(temporary), { bytes, password: password() });
    if (wrong !== null) throw new EngineError('store_full', `${file} could not be read back: ${wrong}`);
    await rename(temporary, file);
    return { file, documents, bytes, encrypted };
  } catch (error) {
    await target.close();
    await rm(temporary, { force: true });
    throw error;
  }
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

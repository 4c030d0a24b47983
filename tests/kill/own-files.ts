/** Files as "Export everything" writes them, of databases that are invented for it, and the reader of those that the browser wrote. */
import type { ImportReport } from '../../engine/api';
import { exportAll, importExport } from '../../engine/backup';
import { ingest } from '../../engine/ingest';
import { openStore } from '../../engine/store';
import { captureOf, type Talk } from './world';

export interface OwnFile {
  base64: string;
  /** All that is in it. */
  talks: Talk[];
}

export interface OwnFiles {
  /** A file of these and of what was in the ones before. */
  next(more: Talk[]): Promise<OwnFile>;
  look(file: Blob): Promise<ImportReport>;
  /** From here on files of another database. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export async function openOwnFiles(): Promise<OwnFiles> {
  const store = await openStore({ storage: 'memory' });
  let talks: Talk[] = [];
  return {
    async next(more) {
      talks = [...talks, ...more];
      await ingest(store, more.map(captureOf));
      const pieces: Uint8Array[] = [];
      for await (const piece of exportAll(store)) pieces.push(piece);
      return { base64: Buffer.concat(pieces).toString('base64'), talks };
    },
    look: (file) => importExport(store, file, { apply: false }),
    async begin() {
      talks = [];
      await store.exec('delete from document');
    },
    close: () => store.close(),
  };
}

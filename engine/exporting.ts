/** How an export is taken, whoever takes it: piece by piece to a place of the caller's, then read back from there. */
import type { Engine, ExportRequest } from './api';

interface Taking {
  signal?: AbortSignal;
  progress?: (done: number, total: number) => void;
}

/** Gives `write` one piece after the other. An export that fails, or is stopped, is ended; what was written is the caller's. */
export async function takeExport(
  engine: Pick<Engine, 'beginExport' | 'readExport' | 'endExport'>,
  request: ExportRequest,
  write: (bytes: Uint8Array<ArrayBuffer>) => Promise<unknown>,
  { signal, progress }: Taking = {},
): Promise<{ id: string; documents: number; bytes: number }> {
  const { id } = await engine.beginExport(request, signal);
  try {
    for (let bytes = 0; ;) {
      const piece = await engine.readExport(id, signal);
      signal?.throwIfAborted();
      if (piece.bytes === null) return { id, documents: piece.done, bytes };
      await write(piece.bytes as Uint8Array<ArrayBuffer>);
      bytes += piece.bytes.length;
      progress?.(piece.done, piece.total);
    }
  } catch (error) {
    await Promise.allSettled([engine.endExport(id)]);
    throw error;
  }
}

/** What was never read back is no backup. @returns what is wrong with the file that was written; null: nothing */
export async function readBack(
  engine: Pick<Engine, 'lookAtImport'>,
  file: Blob,
  written: { bytes: number; password: string | null },
  signal?: AbortSignal,
): Promise<string | null> {
  if (file.size !== written.bytes) return `${file.size} of ${written.bytes} bytes are there`;
  const { damage } = await engine.lookAtImport(file, { password: written.password }, signal);
  return Object.keys(damage.counts).length === 0 ? null : JSON.stringify(damage.first[0] ?? damage.counts);
}

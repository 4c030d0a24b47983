/** An entry of an archive, in its order; `content` is a view into the archive. */
export type TarEntry =
  | { kind: 'directory'; path: string; mode: number }
  | { kind: 'file'; path: string; mode: number; content: Uint8Array };

const BLOCK = 512;
const DIRECTORY_TYPE = 0x35;
const PERMISSIONS = 0o777;

/** The files and directories of a ustar archive, as `scripts/build-data-dir.ts` writes it; paths begin with a slash. */
export function* entriesOf(tar: Uint8Array): Generator<TarEntry> {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const header = tar.subarray(at, at + BLOCK);
    const name = text(header, 0, 100);
    if (name === '') return; // two empty blocks end it
    const mode = Number.parseInt(text(header, 100, 8), 8) & PERMISSIONS;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const path = `/${name.replace(/\/$/, '')}`;
    if (header[156] === DIRECTORY_TYPE) yield { kind: 'directory', path, mode };
    else yield { kind: 'file', path, mode, content: tar.subarray(at + BLOCK, at + BLOCK + size) };
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function text(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}

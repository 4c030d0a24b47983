/** One file, in ranges, written as it comes, and checked when it is whole. */
import { createSHA1, createSHA256 } from 'hash-wasm';
import { EngineError } from '../errors';
import { otherFile } from './hub';
import type { OpenFile } from './port';
import { ask, type Asking, cut } from './request';
import type { PinnedFile } from './types';

/** Bytes of one request. A signed address of a hub lives long enough for so many, and little is asked twice after a break. */
export const RANGE_BYTES = 16 * 2 ** 20;
/** How often a file is begun anew because it was changed while it was fetched. */
const MOST_ANEW = 2;
/** Bytes read at once of what is there already. */
const READ_BYTES = 4 * 2 ** 20;

export interface Transfer extends Asking {
  url: string;
  file: PinnedFile;
  /** Where it is written; its beginning may be there from before. */
  into: OpenFile;
  /** Told how many bytes are there, whenever that changes. */
  onBytes: (bytes: number) => void;
  /** Told whose answer it is, once per answer. */
  onAnswer: (host: string) => Promise<void>;
  /** Awaited before each range. @throws to stop. */
  before: () => Promise<void>;
  rangeBytes?: number;
}

/**
 * Fetches what is missing of a file. What came stays written when it rejects, unless that cannot be part of the file.
 *
 * @returns the file's sha256.
 * @throws EngineError `model_invalid` when it is another file: it is empty then; `store_full`; as {@link ask}.
 */
export async function fetchFile(transfer: Transfer): Promise<string> {
  const { url, file, into, onBytes, rangeBytes = RANGE_BYTES, signal } = transfer;
  let sum = await startSum(file);
  let have = 0;
  const came = { count: 0 };
  const clear = async () => {
    into.truncate(0);
    have = 0;
    sum = await startSum(file);
    onBytes(0);
  };
  if (into.size() > file.bytes) into.truncate(0);
  for (const size = into.size(); have < size;) {
    signal.throwIfAborted();
    const piece = into.read(have, Math.min(READ_BYTES, size - have));
    if (piece.length === 0) break;
    sum.update(piece);
    have += piece.length;
    // reading takes the thread: others get their turn
    await new Promise((resolve) => setTimeout(resolve));
  }
  onBytes(have);

  /** Of each host: bytes of two versions are not put together, whatever the address promises. */
  const versions = new Map<string, string>();
  let anew = 0;
  try {
    while (have < file.bytes) {
      await transfer.before();
      const end = Math.min(have + rangeBytes, file.bytes);
      await ask(
        () => ({ url, what: file.path, range: `bytes=${have}-${end - 1}` }),
        async (response, body) => {
          const { host } = new URL(response.url === '' ? url : response.url);
          await transfer.onAnswer(host);
          const version = response.headers.get('etag');
          if (version !== null && !version.startsWith('W/')) {
            const first = versions.get(host) ?? version;
            versions.set(host, version);
            if (first !== version) {
              if (anew++ >= MOST_ANEW) throw otherFile(file.path, `the version ${first}`, version);
              versions.clear();
              await clear();
              return; // from its beginning
            }
          }
          // A server without ranges sends all of it: what is there already is passed over.
          let at = response.status === 206 ? startOf(response, file, have) : 0;
          const stop = response.status === 206 ? end : file.bytes;
          for await (const piece of body) {
            const fresh = piece.subarray(Math.max(0, have - at));
            at += piece.length;
            if (at > stop) throw otherFile(file.path, `${stop} bytes`, 'more');
            if (fresh.length === 0) continue;
            into.write(have, fresh);
            sum.update(fresh);
            have += fresh.length;
            came.count += fresh.length;
            onBytes(have);
          }
          if (at < stop) throw cut(host, file.path);
        },
        transfer,
        came,
      );
      into.flush();
    }
  } catch (error) {
    if (error instanceof EngineError && error.code === 'model_invalid') await clear();
    throw error;
  }
  const { sha256, git } = sum.digest();
  if (file.sha256 !== null && sha256 !== file.sha256) {
    await clear();
    throw otherFile(file.path, `sha256 ${file.sha256}`, sha256);
  }
  if (file.git !== null && git !== file.git) {
    await clear();
    throw otherFile(file.path, `Git's id ${file.git}`, git);
  }
  return sha256;
}

/** Where the answer begins; it has to be what was asked for, of a file as long as the one that is pinned. */
function startOf(response: Response, file: PinnedFile, have: number): number {
  // null where the host does not let it be read: the sum tells in the end
  const said = response.headers.get('content-range');
  if (said === null) return have;
  const [, start, all] = /^bytes (\d+)-\d+\/(\d+|\*)$/u.exec(said) ?? [];
  if (all !== '*' && Number(all) !== file.bytes) throw otherFile(file.path, `${file.bytes} bytes`, String(all));
  if (Number(start) !== have) throw otherFile(file.path, `bytes from ${have}`, `those from ${start}`);
  return have;
}

async function startSum(file: PinnedFile) {
  const sha256 = (await createSHA256()).init();
  const git = file.git === null ? null : (await createSHA1()).init();
  // Git's id of a file is that of its length and its bytes
  git?.update(new TextEncoder().encode(`blob ${file.bytes}\0`));
  return {
    update(bytes: Uint8Array) {
      sha256.update(bytes);
      git?.update(bytes);
    },
    digest: () => ({ sha256: sha256.digest('hex'), git: git?.digest('hex') ?? '' }),
  };
}

/** What a model is made of, by the hub's own lists: a commit, and every file with its size and sum. */
import type { EntryFile, ModelEntry } from '../../models/downloads';
import { EngineError } from '../errors';
import { ask, type Asking } from './request';
import type { Pin, PinnedFile } from './types';

const COMMIT = /^[0-9a-f]{40}$/u;
const SHA256 = /^[0-9a-f]{64}$/u;
const SAFE_PATH = /^(?!\.)[\w.-]+(?:\/(?!\.)[\w.-]+)*$/u;
/** Lists are shorter than this. */
const LARGEST_LIST = 16 * 2 ** 20;

/** A file as the hub lists it: `oid` is Git's, `lfs` has the sha256 of those that are stored beside Git. */
interface ListedFile {
  type: string;
  path: string;
  size: number;
  oid?: string;
  lfs?: { oid?: string; size?: number };
}

/**
 * Pins an entry: asks for the commit that its revision is now, and for that commit's files. Nothing is asked where all of it
 * is known.
 * @throws EngineError `model_missing` when the repository or a file of it is not there; `model_invalid` when a file is
 *   another than the one that is known; as {@link ask}.
 */
export async function pin(entry: ModelEntry, hub: string, asking: Asking): Promise<Pin> {
  const known = knownPin(entry);
  if (known) return known;
  const { repository, revision } = entry;
  const model = `${hub}/api/models/${repository}`;
  const { sha } = (await json(`${model}/revision/${encodeURIComponent(revision)}`, repository, asking)).value as {
    sha?: unknown;
  };
  if (typeof sha !== 'string' || !COMMIT.test(sha)) throw strange(hub, 'it names no commit');
  const listed: ListedFile[] = [];
  for (let next: string | null = `${model}/tree/${sha}?recursive=1`; next !== null;) {
    const page: { value: unknown; next: string | null } = await json(next, repository, asking);
    if (!Array.isArray(page.value)) throw strange(hub, 'its list of files is none');
    listed.push(...(page.value as ListedFile[]));
    if (page.next !== null && !page.next.startsWith(`${hub}/`)) throw strange(hub, 'its list goes on elsewhere');
    ({ next } = page);
  }
  const files = entry.files.flatMap((wanted) => matching(entry, wanted, listed));
  // lists before weights: what does not fit is known before much was fetched
  return { commit: sha, files: files.sort((a, b) => a.bytes - b.bytes) };
}

function knownPin({ revision, files }: ModelEntry): Pin | null {
  if (!COMMIT.test(revision)) return null;
  const pinned = files.flatMap(({ path, bytes, sha256 }) =>
    typeof path === 'string' && bytes !== undefined && sha256 !== undefined
      ? [{ path, bytes, sha256, git: null, whole: false }]
      : [],
  );
  return pinned.length === files.length ? { commit: revision, files: pinned } : null;
}

function matching(entry: ModelEntry, wanted: EntryFile, listed: ListedFile[]): PinnedFile[] {
  const { path } = wanted;
  const found = listed.filter(
    (file) => file.type === 'file' && (typeof path === 'string' ? file.path === path : path.test(file.path)),
  );
  if (found.length === 0) {
    throw new EngineError('model_missing', `${entry.repository} has no file ${String(path)} any more.`, {
      remedy: 'Choose another model.',
    });
  }
  return found.map((file) => {
    const { size, oid, lfs } = file;
    const bytes = lfs?.size ?? size;
    const sha256 = lfs?.oid !== undefined && SHA256.test(lfs.oid) ? lfs.oid : null;
    const git = sha256 === null && oid !== undefined && COMMIT.test(oid) ? oid : null;
    if (!SAFE_PATH.test(file.path) || !Number.isSafeInteger(bytes) || bytes < 0 || (sha256 ?? git) === null) {
      throw strange(entry.repository, `${file.path} has no size or no sum`);
    }
    if (wanted.bytes !== undefined && bytes !== wanted.bytes) {
      throw otherFile(file.path, `${wanted.bytes} bytes`, `${bytes}`);
    }
    if (wanted.sha256 !== undefined && sha256 !== null && sha256 !== wanted.sha256) {
      throw otherFile(file.path, `sha256 ${wanted.sha256}`, sha256);
    }
    return { path: file.path, bytes, sha256: wanted.sha256 ?? sha256, git: wanted.sha256 ? null : git, whole: false };
  });
}

/** A file is not the one that it has to be: says which, what was expected and what came. */
export function otherFile(path: string, expected: string, got: string): EngineError {
  return new EngineError('model_invalid', `${path} is not the file that it should be: expected ${expected}, got ${got}.`, {
    remedy: 'Go on to fetch it again. If it stays so, the file was changed at the hub: choose another model.',
  });
}

function strange(who: string, what: string): EngineError {
  return new EngineError('provider_failed', `The answer of ${who} is not understood: ${what}.`, {
    remedy: 'Choose another model, or add it from a file.',
  });
}

async function json(
  url: string,
  what: string,
  asking: Asking,
): Promise<{ value: unknown; next: string | null }> {
  return ask(
    () => ({ url, what }),
    async (response, body) => {
      const decoder = new TextDecoder();
      let text = '';
      for await (const piece of body) {
        text += decoder.decode(piece, { stream: true });
        if (text.length > LARGEST_LIST) throw strange(new URL(url).host, 'it is too long');
      }
      const next = /<([^<>]+)>\s*;\s*rel="?next"?/u.exec(response.headers.get('link') ?? '')?.[1];
      try {
        return { value: JSON.parse(text + decoder.decode()) as unknown, next: next ? new URL(next, url).href : null };
      } catch (cause) {
        throw new EngineError('provider_failed', `The answer of ${new URL(url).host} about ${what} is not readable.`, {
          cause,
          remedy: 'Go on later.',
        });
      }
    },
    asking,
  );
}

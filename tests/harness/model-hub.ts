/**
 * A hub of models as huggingface.co is one: revisions, lists of files with sums, addresses that lead to another host, ranges;
 * and what goes wrong with one, when a test says so.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface HubFile {
  path: string;
  bytes: Uint8Array;
  /** Stored beside Git, with a sha256 in the lists; unless told, files from 64 kB on are. */
  lfs?: boolean;
}

/** What happens to one request for a file's bytes, in place of the right answer. */
export type Fault =
  /** The connection ends after so many bytes of the body. */
  | { kind: 'cut'; after: number }
  /** Nothing comes any more after so many. */
  | { kind: 'stall'; after: number }
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  /** The right length, and other bytes. */
  | { kind: 'wrong' }
  /** More bytes than were asked for. */
  | { kind: 'long' }
  /** Of a file of another length. */
  | { kind: 'other length' }
  | { kind: 'version'; etag: string; wrong?: boolean };

export interface ModelHub {
  /** Both hosts: the hub's own addresses, and those it leads to, which begin with `/files/`. */
  site: (request: IncomingMessage, response: ServerResponse) => void;
  repositories: Map<string, { commit: string; files: HubFile[] }>;
  /** One per request for a file's bytes, in order; null is none. */
  faults: Array<Fault | null>;
  /** `GET path range` of every request, in order. */
  asked: string[];
  /** Answers with whole files only. */
  ranges: boolean;
  /** Files in a page of a list. */
  pageLength: number;
  /** Milliseconds before each piece of 64 kB. */
  slow: number;
}

const PIECE = 64 * 1024;

/** @param elsewhere where the bytes lie, e.g. `https://cas-bridge.xethub.hf.co`; the hub's own host when empty. */
export function createModelHub(repositories: Record<string, HubFile[]>, elsewhere = ''): ModelHub {
  const hub: ModelHub = {
    site: (request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    },
    repositories: new Map(
      Object.entries(repositories).map(([name, files]) => [name, { commit: hash('sha1', name).slice(0, 40), files }]),
    ),
    faults: [],
    asked: [],
    ranges: true,
    pageLength: 1_000,
    slow: 0,
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'hub'}`);
    hub.asked.push([request.method, url.pathname, request.headers.range].filter(Boolean).join(' '));
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader(
      'access-control-expose-headers',
      'X-Repo-Commit,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size',
    );
    const listed = /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/u.exec(url.pathname);
    if (listed) {
      list(response, url, listed[1] ?? '', listed[2] ?? '', listed[3] ?? '');
      return;
    }
    const resolved = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/u.exec(url.pathname);
    if (resolved) {
      const repository = hub.repositories.get(resolved[1] ?? '');
      if (repository?.commit !== resolved[2]) response.writeHead(404).end('no such revision');
      else response.writeHead(302, { location: `${elsewhere}/files/${resolved[1]}/${resolved[3]}` }).end();
      return;
    }
    const stored = /^\/files\/([^/]+\/[^/]+)\/(.+)$/u.exec(url.pathname);
    const file = hub.repositories.get(stored?.[1] ?? '')?.files.find(({ path }) => path === stored?.[2]);
    if (file) await send(request, response, file);
    else response.writeHead(404).end('no such file');
  }

  function list(response: ServerResponse, url: URL, name: string, what: string, revision: string): void {
    const repository = hub.repositories.get(name);
    if (!repository || (revision !== 'main' && revision !== repository.commit)) {
      response.writeHead(404).end('{"error":"Repository not found"}');
      return;
    }
    response.setHeader('content-type', 'application/json; charset=utf-8');
    if (what === 'revision') {
      response.end(JSON.stringify({ id: name, sha: repository.commit, siblings: [] }));
      return;
    }
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const page = repository.files.slice(from, from + hub.pageLength);
    if (from + hub.pageLength < repository.files.length) {
      url.searchParams.set('cursor', String(from + hub.pageLength));
      response.setHeader('link', `<${url.pathname}${url.search}>; rel="next"`);
    }
    response.end(
      JSON.stringify(
        page.map(({ path, bytes, lfs = bytes.length >= PIECE }) => ({
          type: 'file',
          path,
          size: bytes.length,
          oid: hash('sha1', `blob ${bytes.length}\0`, bytes),
          ...(lfs ? { lfs: { oid: hash('sha256', bytes), size: bytes.length, pointerSize: 134 } } : {}),
        })),
      ),
    );
  }

  async function send(request: IncomingMessage, response: ServerResponse, { bytes }: HubFile): Promise<void> {
    const fault = hub.faults.shift() ?? null;
    if (fault?.kind === 'status') {
      response.writeHead(fault.status, fault.headers ?? {}).end();
      return;
    }
    const range = hub.ranges ? /^bytes=(\d+)-(\d+)$/u.exec(request.headers.range ?? '') : null;
    const start = range ? Number(range[1]) : 0;
    const end = range ? Math.min(Number(range[2]) + 1, bytes.length) : bytes.length;
    let body = bytes.slice(start, end);
    if (fault?.kind === 'wrong' || (fault?.kind === 'version' && fault.wrong)) body = body.map((byte) => byte ^ 1);
    if (fault?.kind === 'long') body = new Uint8Array([...body, 1, 2, 3]);
    const all = fault?.kind === 'other length' ? bytes.length + 7 : bytes.length;
    response.setHeader('etag', fault?.kind === 'version' ? fault.etag : `"${hash('sha256', bytes)}"`);
    response.setHeader('content-length', body.length);
    if (range) response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${all}` });
    else response.writeHead(200);
    const stop = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.after : body.length;
    for (let at = 0; at < stop; at += PIECE) {
      if (hub.slow > 0) await new Promise((resolve) => setTimeout(resolve, hub.slow));
      if (response.destroyed) return;
      response.write(body.subarray(at, Math.min(at + PIECE, stop)));
    }
    if (fault?.kind === 'stall') return;
    if (fault?.kind === 'cut') {
      // what was written has to be on its way first
      setTimeout(() => {
        response.destroy();
      }, 20);
      return;
    }
    response.end();
  }

  return hub;
}

function hash(algorithm: 'sha1' | 'sha256', ...parts: Array<string | Uint8Array>): string {
  const sum = createHash(algorithm);
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}

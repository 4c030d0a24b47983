/**
 * What a disk may hold after a power loss, worked out from a trace of every write and sync (strace). Nothing is
 * guessed: a write that no sync followed may be there in any part, one that was synced is there.
 */
import { createReadStream, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Random } from './random';

/** Arguments that make strace write what {@link readTrace} reads. Linux with ptrace only. */
export function straceArgs(output: string): string[] {
  return [
    ...['strace', '-f', '-qq', '-y', '-ttt', '-xx', '-s', '33554432', '--seccomp-bpf'],
    ...['-e', 'trace=openat,write,writev,pwrite64,pwritev,ftruncate,fallocate,fsync,fdatasync,rename,unlink,unlinkat'],
    ...['-e', 'signal=none', '-o', output],
  ];
}

export type DiskEvent = { at: number; path: string } & (
  | { kind: 'open'; truncate: boolean }
  | { kind: 'write'; offset: number | null; bytes: Buffer }
  | { kind: 'truncate'; size: number }
  | { kind: 'sync' }
  | { kind: 'rename'; to: string }
  | { kind: 'unlink' }
);

/**
 * LevelDB's log for people and its lock: it reads nothing of either. Left out, because the log is renamed at each opening, and
 * once in many runs the trace told of that and not of the opening before.
 */
const UNREAD = /\/(?:LOG(?:\.old)?|LOCK)$/;

/**
 * The events below `parts` of `root` in the order they ended; times in epoch ms, paths relative to `root`. `underWay` names
 * the files of the calls whose end the trace does not tell, because the browser was killed in them: done or not.
 */
export async function readTrace(
  file: string,
  root: string,
  parts: string[],
): Promise<{ events: DiskEvent[]; underWay: Set<string> }> {
  const events: DiskEvent[] = [];
  const begun = new Map<string, string>();
  const isPart = (path: string) => parts.some((part) => path.startsWith(`${part}/`)) && !UNREAD.test(path);
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const [, pid = '', time = '', rest = ''] = /^(\d+) +(\d+\.\d+) (.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length).trimEnd());
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const call = resumed ? (begun.get(pid) ?? '') + rest.slice(resumed[0].length) : rest;
    if (!/^\w+\(/.test(call)) continue;
    begun.delete(pid);
    if (!/\) = [-\d]/.test(call)) {
      begun.set(pid, call);
      continue;
    }
    const event = parse(call, Number(time) * 1000, root);
    if (event && isPart(event.path)) events.push(event);
  }
  const unended = [...begun.values()].flatMap((call) => below(root, fileOf(call)) ?? []);
  return { events, underWay: new Set(unended.filter(isPart)) };
}

/** The path of the file that a call is about by its descriptor. */
function fileOf(call: string): string | undefined {
  const path = /^\w+\(\d+<([^>]*)>/.exec(call)?.[1];
  return path === undefined ? undefined : unhex(path);
}

/** Relative to `root`; null for what is not in it. */
function below(root: string, path: string | undefined): string | null {
  const inside = path === undefined ? '' : relative(root, path.replace(/ \(deleted\)$/, ''));
  return inside === '' || inside.startsWith('..') ? null : inside;
}

function parse(call: string, at: number, root: string): DiskEvent | null {
  const name = /^\w+/.exec(call)?.[0];
  const result = call.slice(call.lastIndexOf(') = ') + 4);
  if (!name || result.startsWith('-1')) return null;
  if (name === 'openat') {
    const opened = /^\d+<([^>]*)>/.exec(result)?.[1];
    const path = below(root, opened && unhex(opened));
    const flags = /, (O_[A-Z_|]+)/.exec(call)?.[1] ?? '';
    if (!path || flags.includes('O_DIRECTORY') || !/O_WRONLY|O_RDWR/.test(flags)) return null;
    return { at, path, kind: 'open', truncate: flags.includes('O_TRUNC') };
  }
  if (name === 'rename') {
    const [from, to] = strings(call);
    const path = below(root, from);
    return path ? { at, path, kind: 'rename', to: below(root, to) ?? '' } : null;
  }
  if (name === 'unlink' || name === 'unlinkat') {
    const path = below(root, strings(call).at(-1));
    return path ? { at, path, kind: 'unlink' } : null;
  }
  const path = below(root, fileOf(call));
  const fd = /^\w+\(\d+<[^>]*>/.exec(call);
  if (!fd || !path) return null;
  if (name === 'fsync' || name === 'fdatasync') return { at, path, kind: 'sync' };
  if (name === 'ftruncate')
    return { at, path, kind: 'truncate', size: Number(/, (\d+)\)/.exec(call.slice(fd[0].length))?.[1]) };
  if (name === 'write' || name === 'pwrite64') {
    const start = call.indexOf('"', fd[0].length) + 1;
    const end = call.indexOf('"', start);
    const bytes = Buffer.from(call.slice(start, end).replaceAll('\\x', ''), 'hex').subarray(0, Number.parseInt(result));
    const offset = name === 'write' ? null : Number(/, (\d+)\)/.exec(call.slice(end + 1).replace(/^, \d+/, ''))?.[1]);
    return { at, path, kind: 'write', offset, bytes };
  }
  throw new Error(`The trace has ${name} of ${path}, which is not understood.`);
}

function unhex(text: string): string {
  return text.includes('\\x')
    ? text.replaceAll(/(?:\\x[0-9a-f]{2})+/g, (run) => Buffer.from(run.replaceAll('\\x', ''), 'hex').toString())
    : text;
}

function strings(call: string): string[] {
  return [...call.matchAll(/"([^"]*)"/g)].map(([, text = '']) => unhex(text));
}

/** A file that was synced, and what was done to it since. */
interface TracedFile {
  synced: Bytes;
  since: Array<{ kind: 'write'; offset: number; bytes: Buffer } | { kind: 'truncate'; size: number }>;
  /** With everything done to it, synced or not. */
  size: number;
}

type NameChange = { path: string; file: TracedFile | null };

const PAGE = 4096;

export class TracedDisk {
  /** What the directories say, as of the last sync of anything: a journalling file system writes these in order. */
  readonly #synced = new Map<string, TracedFile>();
  readonly #names = new Map<string, TracedFile>();
  #changes: NameChange[] = [];

  /** @param baseline files by relative path; all of it counts as synced long ago */
  constructor(baseline: Map<string, Buffer>) {
    for (const [path, bytes] of baseline) {
      const file = { synced: new Bytes(bytes), since: [], size: bytes.length };
      this.#names.set(path, file);
      this.#synced.set(path, file);
    }
  }

  apply(event: DiskEvent): void {
    const file = this.#names.get(event.path);
    if (event.kind === 'open') {
      if (!file) this.#rename([{ path: event.path, file: { synced: new Bytes(Buffer.alloc(0)), since: [], size: 0 } }]);
      else if (event.truncate) truncate(file, 0);
      return;
    }
    if (event.kind === 'sync') {
      if (file) settle(file);
      for (const { path, file: named } of this.#changes.splice(0)) put(this.#synced, path, named);
      return;
    }
    if (!file) throw new Error(`${event.kind} of ${event.path}, which was never opened.`);
    if (event.kind === 'write') {
      // only appended files are written without an offset
      const offset = event.offset ?? file.size;
      file.since.push({ kind: 'write', offset, bytes: event.bytes });
      file.size = Math.max(file.size, offset + event.bytes.length);
    } else if (event.kind === 'truncate') truncate(file, event.size);
    else if (event.kind === 'rename')
      this.#rename([
        { path: event.path, file: null },
        { path: event.to, file },
      ]);
    else this.#rename([{ path: event.path, file: null }]);
  }

  /** Bytes that a power loss now could take. */
  unsynced(): number {
    let bytes = 0;
    for (const { since } of this.#names.values())
      for (const change of since) bytes += change.kind === 'write' ? change.bytes.length : 0;
    return bytes;
  }

  /** Everything that was done, as if there had been no power loss. */
  whole(): Map<string, Buffer> {
    return new Map([...this.#names].map(([path, file]) => [path, contents(file, () => true)]));
  }

  /**
   * A disk after a power loss now: what was synced, and of the rest each 4 KiB page with the chance `keep`.
   * Files for which `spare` is true are as they were.
   */
  afterPowerLoss(random: Random, keep: number, spare: (path: string) => boolean): Map<string, Buffer> {
    const names = new Map(this.#synced);
    const kept = Math.floor(random.next() * (keep > 0 ? this.#changes.length + 1 : 1));
    this.#changes.forEach(({ path, file }, index) => {
      if (index < kept || spare(path)) put(names, path, file);
    });
    return new Map(
      [...names].map(([path, file]) => [path, contents(file, () => spare(path) || (keep > 0 && random.chance(keep)))]),
    );
  }

  #rename(changes: NameChange[]): void {
    for (const { path, file } of changes) put(this.#names, path, file);
    this.#changes.push(...changes);
  }
}

function put(names: Map<string, TracedFile>, path: string, file: TracedFile | null): void {
  if (file) names.set(path, file);
  else names.delete(path);
}

function truncate(file: TracedFile, size: number): void {
  file.since.push({ kind: 'truncate', size });
  file.size = size;
}

function settle(file: TracedFile): void {
  for (const change of file.since) {
    if (change.kind === 'write') file.synced.write(change.offset, change.bytes);
    else file.synced.truncate(change.size);
  }
  file.since = [];
}

/**
 * Pages that were overwritten in place are kept or lost each by itself. What was appended is kept up to the first page
 * that is lost: ext4 (ordered), APFS and NTFS (valid data length) let a file grow only over what has been written, so a
 * crash leaves no hole before appended data. A LevelDB log with such a hole would be called corrupt and thrown away.
 *
 * @param keeps asked for each truncation and each page of each write
 */
function contents(file: TracedFile, keeps: () => boolean): Buffer {
  if (file.since.length === 0) return file.synced.toBuffer();
  const bytes = new Bytes(file.synced.toBuffer());
  let end = file.synced.toBuffer().length;
  let ended = false;
  for (const change of file.since) {
    if (change.kind === 'truncate') {
      if (keeps()) bytes.truncate(change.size);
      continue;
    }
    for (let at = 0; at < change.bytes.length;) {
      const next = Math.min(change.bytes.length, at + PAGE - ((change.offset + at) % PAGE));
      const appended = change.offset + next > end;
      if (keeps() && !(appended && ended)) bytes.write(change.offset + at, change.bytes.subarray(at, next));
      else if (appended) ended = true;
      if (appended && !ended) end = change.offset + next;
      at = next;
    }
  }
  return bytes.toBuffer();
}

/** Bytes that grow, with zeros where nothing was written. */
class Bytes {
  #bytes: Buffer;
  #size: number;

  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes);
    this.#size = bytes.length;
  }

  write(offset: number, bytes: Buffer): void {
    this.#grow(offset + bytes.length);
    bytes.copy(this.#bytes, offset);
  }

  truncate(size: number): void {
    if (size < this.#size) this.#bytes.fill(0, size, this.#size);
    this.#grow(size);
    this.#size = size;
  }

  toBuffer(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#size));
  }

  #grow(size: number): void {
    if (size > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(size, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    this.#size = Math.max(this.#size, size);
  }
}

/** All files below `root`, by relative path; only those under one of `parts`. */
export function readFiles(root: string, parts: string[]): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (!UNREAD.test(path)) files.set(relative(root, path), readFileSync(path));
    }
  };
  for (const part of parts) walk(join(root, part));
  return files;
}

export function writeFiles(root: string, files: Map<string, Buffer>): void {
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
}

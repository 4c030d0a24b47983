import type { FileDirectory } from '../../../engine/store/opfs/directory';
import type { SyncFile } from '../../../engine/sync-file';
import type { Cabinet } from '../../../engine/store/shelf-pool';

/** Thrown by every operation after the machine went off. */
export class PowerCut extends Error {
  constructor() {
    super('the power is off');
  }
}

type Pending = { kind: 'write'; at: number; bytes: Uint8Array } | { kind: 'truncate'; size: number };

interface Disk {
  /** What reading shows. */
  current: Bytes;
  /** What stays after a power loss if nothing pending made it. */
  durable: Bytes;
  pending: Pending[];
  /** The name itself is durable once the file was flushed. */
  named: boolean;
  held: boolean;
}

/** One machine: what is counted over all its directories. */
export interface Power {
  /** Changing operations until it goes off. */
  left: number;
  operations: number;
  flushes: number;
}

/** Growable bytes. */
class Bytes {
  #buffer = new Uint8Array(0);
  size = 0;

  view(): Uint8Array {
    return this.#buffer.subarray(0, this.size);
  }

  apply(change: Pending): void {
    if (change.kind === 'truncate') return this.#resize(change.size);
    const end = change.at + change.bytes.length;
    if (end > this.size) this.#resize(end);
    this.#buffer.set(change.bytes, change.at);
  }

  #resize(size: number): void {
    if (size > this.#buffer.length) {
      const bigger = new Uint8Array(Math.max(size, this.#buffer.length * 2, 8192));
      bigger.set(this.view());
      this.#buffer = bigger;
    }
    if (size < this.size) this.#buffer.fill(0, size, this.size);
    this.size = size;
  }

  copy(): Bytes {
    const copy = new Bytes();
    copy.#buffer = this.view().slice();
    copy.size = this.size;
    return copy;
  }
}

/**
 * A directory of sync files in memory that can be killed and can lose its power.
 *
 * `offAfter(n)` cuts the power at the n-th changing operation from now; that operation may half happen. `kill()`
 * keeps every write, as the operating system does when a process dies. `lose(random)` keeps, of what was not flushed,
 * whatever `random` says: any subset, a write cut at a sector.
 */
export class PowerLossDirectory implements FileDirectory {
  #disks = new Map<string, Disk>();
  #full = Infinity;
  readonly #power: Power;

  constructor(power: Power = { left: Infinity, operations: 0, flushes: 0 }) {
    this.#power = power;
  }

  offAfter(operations: number): void {
    this.#power.left = operations;
  }

  /** Bytes that may still be written before the quota is reached. */
  fillAfter(bytes: number): void {
    this.#full = bytes;
  }

  get isOff(): boolean {
    return this.#power.left <= 0;
  }

  copy(power?: Power): PowerLossDirectory {
    const copy = new PowerLossDirectory(power);
    for (const [name, disk] of this.#disks) {
      const { pending, named } = disk;
      const current = disk.current.copy();
      const durable = pending.length === 0 ? current.copy() : disk.durable.copy();
      copy.#disks.set(name, { current, durable, pending: [...pending], named, held: false });
    }
    return copy;
  }

  kill(): void {
    this.#power.left = Infinity;
    for (const disk of this.#disks.values()) disk.held = false;
  }

  /** `random` gives numbers in [0, 1); a constant 0.99 drops everything that was not flushed. */
  lose(random: () => number): void {
    this.kill();
    for (const [name, disk] of [...this.#disks]) {
      if (!disk.named && random() >= 0.5) {
        this.#disks.delete(name);
        continue;
      }
      for (const change of disk.pending) {
        if (random() >= 0.5) continue;
        if (change.kind === 'write' && random() < 0.3) {
          const kept = Math.floor((random() * change.bytes.length) / 512) * 512;
          disk.durable.apply({ ...change, bytes: change.bytes.subarray(0, kept) });
        } else disk.durable.apply(change);
      }
      disk.pending = [];
      disk.current = disk.durable.copy();
    }
  }

  /** For tests that damage a file by hand. */
  corrupt(name: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const disk = this.#disks.get(name);
    if (!disk) throw new Error(`no file ${name}`);
    const bytes = change(disk.current.view().slice());
    for (const side of [disk.current, disk.durable]) {
      side.apply({ kind: 'truncate', size: 0 });
      side.apply({ kind: 'write', at: 0, bytes });
    }
    disk.pending = [];
  }

  contents(name: string): Uint8Array {
    return this.#disks.get(name)?.current.view() ?? new Uint8Array(0);
  }

  has(name: string): boolean {
    return this.#disks.has(name);
  }

  // FileDirectory

  async names(): Promise<string[]> {
    this.#alive();
    return [...this.#disks.keys()];
  }

  async open(name: string, { create }: { create: boolean }): Promise<SyncFile> {
    this.#alive();
    let disk = this.#disks.get(name);
    if (!disk) {
      if (!create) throw new DOMException(name, 'NotFoundError');
      this.#step();
      disk = { current: new Bytes(), durable: new Bytes(), pending: [], named: false, held: false };
      this.#disks.set(name, disk);
    }
    if (disk.held) throw new DOMException(name, 'NoModificationAllowedError');
    disk.held = true;
    return this.#file(disk);
  }

  async remove(name: string): Promise<void> {
    this.#step();
    if (this.#disks.get(name)?.held) throw new DOMException(name, 'NoModificationAllowedError');
    this.#disks.delete(name);
  }

  #file(disk: Disk): SyncFile {
    let open = true;
    const change = (pending: Pending): void => {
      if (!open) throw new DOMException('closed', 'InvalidStateError');
      this.#alive();
      disk.pending.push(pending); // the operation at which the power goes may have reached the disk
      this.#step();
      disk.current.apply(pending);
    };
    return {
      read: (into, at) => {
        this.#alive();
        const bytes = disk.current.view().subarray(at, at + into.length);
        into.set(bytes);
        return bytes.length;
      },
      write: (bytes, at) => {
        this.#full -= bytes.length;
        if (this.#full < 0) throw new DOMException('full', 'QuotaExceededError');
        change({ kind: 'write', at, bytes: bytes.slice() });
        return bytes.length;
      },
      truncate: (size) => change({ kind: 'truncate', size }),
      size: () => disk.current.size,
      flush: () => {
        this.#step();
        this.#power.flushes++;
        for (const pending of disk.pending) disk.durable.apply(pending);
        disk.pending = [];
        disk.named = true;
      },
      close: () => {
        open = false;
        disk.held = false;
      },
    };
  }

  #alive(): void {
    if (this.isOff) throw new PowerCut();
  }

  #step(): void {
    this.#alive();
    this.#power.operations++;
    this.#power.left--;
    if (this.isOff) throw new PowerCut();
  }
}

/** Directories of one machine. */
export class PowerLossCabinet implements Cabinet {
  readonly power: Power = { left: Infinity, operations: 0, flushes: 0 };
  #directories = new Map<string, PowerLossDirectory>();

  at(name: string): PowerLossDirectory {
    const found = this.#directories.get(name) ?? new PowerLossDirectory(this.power);
    this.#directories.set(name, found);
    return found;
  }

  async directory(name: string): Promise<FileDirectory> {
    return this.at(name);
  }

  async directories(): Promise<string[]> {
    return [...this.#directories.keys()];
  }

  async bytes(name: string): Promise<number> {
    const directory = this.at(name);
    return (await directory.names()).reduce((sum, file) => sum + directory.contents(file).length, 0);
  }

  async removeDirectory(name: string): Promise<void> {
    this.#directories.delete(name);
  }

  offAfter(operations: number): void {
    this.power.left = operations;
  }

  get isOff(): boolean {
    return this.power.left <= 0;
  }

  kill(): void {
    this.power.left = Infinity;
    for (const directory of this.#directories.values()) directory.kill();
  }

  lose(random: () => number): void {
    this.power.left = Infinity;
    for (const directory of this.#directories.values()) directory.lose(random);
  }

  copy(): PowerLossCabinet {
    const copy = new PowerLossCabinet();
    for (const [name, directory] of this.#directories) copy.#directories.set(name, directory.copy(copy.power));
    return copy;
  }
}

/** A small generator (mulberry32) so that a failing run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

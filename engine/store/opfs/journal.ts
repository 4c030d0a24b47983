import { isNamed, type SyncFile } from '../../sync-file';
import { crc32Hex } from '../crc32';
import type { FileDirectory } from './directory';

/** The names and directories of the file system, as they stand in a slot: everything but the files' content. */
export type Image =
  | { kind: 'directory'; mode: number; children: Record<string, Image> }
  | { kind: 'file'; mode: number; backing: string }
  | { kind: 'file'; mode: number; packed: Part };

/** A part of the pack: the files that were never written since the database was made lie there one after another. */
export interface Part {
  at: number;
  size: number;
}

/** One change of the names, applied after an image. */
export type Change =
  | ['mkdir', path: string, mode: number]
  | ['rmdir', path: string]
  | ['create', path: string, mode: number, backing: string]
  | ['own', path: string, backing: string]
  | ['unlink', path: string]
  | ['rename', from: string, to: string];

/** What was found: nothing at all, an image with the changes after it, or bytes that no slot makes sense of. */
export type Found = { state: 'empty' } | { state: 'good'; image: Image; changes: Change[] } | { state: 'unreadable' };

export const JOURNAL_SLOTS = ['journal-0', 'journal-1'] as const;

interface Slot {
  file: SyncFile;
  generation: number;
  /** Bytes known good; the next record goes here, over whatever a torn write left. */
  end: number;
  /** Records after the image. */
  records: number;
}

/**
 * Which backing file stands for which path, kept so that a crash at any instant leaves the names of the last flush.
 *
 * Two slots. A slot is one line with the whole image and its generation, then one line per change. A new image is
 * written and flushed into the *other* slot before the old one is emptied, so one good slot is there at all times.
 * Each line starts with a checksum over generation, sequence and text: a torn tail, or a line left from an older
 * generation, is not taken for a record.
 *
 * Changes are kept in memory until `flush`; losing them to a kill or to a power loss is the same event.
 */
export class Journal {
  readonly found: Found;
  readonly #slots: [Slot, Slot];
  #current: 0 | 1;
  #waiting: string[] = [];

  private constructor(slots: [Slot, Slot], current: 0 | 1, found: Found) {
    this.#slots = slots;
    this.#current = current;
    this.found = found;
  }

  static async open(directory: FileDirectory): Promise<Journal> {
    const files = [
      await directory.open(JOURNAL_SLOTS[0], { create: true }),
      await directory.open(JOURNAL_SLOTS[1], { create: true }),
    ] as const;
    try {
      const read = [readSlot(files[0]), readSlot(files[1])] as const;
      const slots: [Slot, Slot] = [
        {
          file: files[0],
          generation: read[0]?.generation ?? 0,
          end: read[0]?.end ?? 0,
          records: read[0]?.changes.length ?? 0,
        },
        {
          file: files[1],
          generation: read[1]?.generation ?? 0,
          end: read[1]?.end ?? 0,
          records: read[1]?.changes.length ?? 0,
        },
      ];
      const current = slots[1].generation > slots[0].generation ? 1 : 0;
      const best = read[current];
      if (best) {
        // Lines beyond a torn one may be whole; they must not follow what is written over the torn one.
        if (files[current].size() > best.end) {
          files[current].truncate(best.end);
          files[current].flush();
        }
        return new Journal(slots, current, { state: 'good', image: best.image, changes: best.changes });
      }
      const state = files.every((file) => file.size() === 0) ? 'empty' : 'unreadable';
      return new Journal(slots, 0, { state });
    } catch (error) {
      for (const file of files) file.close();
      throw error;
    }
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Bytes of the current slot: the measure for when a new image is due. */
  get bytes(): number {
    return this.#slots[this.#current].end;
  }

  get records(): number {
    return this.#slots[this.#current].records;
  }

  append(change: Change): void {
    this.#waiting.push(JSON.stringify(change));
  }

  /** Makes every appended change durable. After a failure nothing is forgotten; call it again. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const slot = this.#slots[this.#current];
    const text = this.#waiting
      .map((json, index) => checked(`${slot.generation}.${slot.records + index}.`, json))
      .join('');
    const bytes = new TextEncoder().encode(text);
    try {
      writeAll(slot.file, bytes, slot.end);
    } catch (error) {
      slot.file.truncate(slot.end);
      throw error;
    }
    slot.file.flush();
    slot.end += bytes.length;
    slot.records += this.#waiting.length;
    this.#waiting = [];
  }

  /** Starts a new generation with `image`, which holds every change appended so far. */
  rewrite(image: Image): void {
    const old = this.#slots[this.#current];
    const next = this.#slots[this.#current === 0 ? 1 : 0];
    const generation = old.generation + 1;
    const bytes = new TextEncoder().encode(checked('', JSON.stringify({ generation, image })));
    next.file.truncate(0);
    writeAll(next.file, bytes, 0);
    next.file.flush();
    next.generation = generation;
    next.end = bytes.length;
    next.records = 0;
    this.#current = this.#current === 0 ? 1 : 0;
    this.#waiting = [];
    // Its generation is lower, so this need not be durable; but a rotten newer slot must not bring back old names.
    old.file.truncate(0);
    old.end = 0;
    old.records = 0;
  }

  close(): void {
    for (const slot of this.#slots) slot.file.close();
  }
}

function readSlot(file: SyncFile): { generation: number; image: Image; changes: Change[]; end: number } | undefined {
  const bytes = new Uint8Array(file.size());
  file.read(bytes, 0);
  let start = 0;
  const nextLine = (): Uint8Array | undefined => {
    const stop = bytes.indexOf(10, start);
    if (stop < 0) return undefined;
    const line = bytes.subarray(start, stop);
    start = stop + 1;
    return line;
  };

  const head = nextLine();
  const text = head && unchecked('', head);
  if (text === undefined) return undefined;
  const { generation, image } = JSON.parse(text) as { generation: number; image: Image };
  const changes: Change[] = [];
  let end = start;
  for (let line = nextLine(); line; line = nextLine()) {
    const json = unchecked(`${generation}.${changes.length}.`, line);
    if (json === undefined) break; // the torn tail
    changes.push(JSON.parse(json) as Change);
    end = start;
  }
  return { generation, image, changes, end };
}

function checked(prefix: string, json: string): string {
  return `${crc32Hex(new TextEncoder().encode(prefix + json))} ${json}\n`;
}

function unchecked(prefix: string, line: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(line);
  const json = text.slice(9);
  return text.slice(0, 9) === `${crc32Hex(new TextEncoder().encode(prefix + json))} ` ? json : undefined;
}

/** A short write is a full disk, whatever the platform calls it. */
export function writeAll(file: SyncFile, bytes: Uint8Array, at: number): void {
  const written = file.write(bytes, at);
  if (written !== bytes.length) {
    throw new DOMException(`Only ${written} of ${bytes.length} bytes could be written.`, 'QuotaExceededError');
  }
}

export function isFull(error: unknown): boolean {
  return isNamed(error, 'QuotaExceededError');
}

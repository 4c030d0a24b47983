/**
 * The container of an export: a .zip that any program opens (APPNOTE 6.3.10, zip64 where the count or the place of
 * entries asks for it). Written so that it can also be read when it is broken: each entry is small, its sizes stand
 * before its data, and no data descriptor follows, so the local headers alone are enough to find every entry.
 */
import { Deflate, Inflate } from 'fflate';
import { crc32 } from '../store';
import type { Bytes } from './bytes';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const UTF8 = 0x0800;
/** 1 January 1980, the first day a zip knows: the same data is the same bytes on any day. */
const DAY = 0x0021;
const MOST32 = 0xffffffff;
const MOST16 = 0xffff;
/** Compressed in pieces of this size; what waits gets its turn between two. */
const PIECE = 128 * 1024;
/** No entry is larger when unpacked: memory holds one at a time. */
export const ENTRY_MOST = 128 * 1024 * 1024;

export interface ZipWriter {
  /** The bytes of the next entry. */
  add(name: string, data: Uint8Array): Promise<Uint8Array[]>;
  /** The directory, which ends the file. */
  finish(): Uint8Array[];
}

/** @param pause awaited while a large entry is compressed */
export function zipWriter(pause: () => Promise<void> = async () => {}): ZipWriter {
  const directory: Uint8Array[] = [];
  let offset = 0;
  return {
    async add(name, data) {
      const packed = await deflated(data, pause);
      const stored = packed.length >= data.length;
      const body = stored ? data : packed;
      const path = new TextEncoder().encode(name);
      const facts = [
        u16(UTF8),
        u16(stored ? 0 : 8),
        u16(0),
        u16(DAY),
        u32(crc32(data)),
        u32(body.length),
        u32(data.length),
        u16(path.length),
      ];
      const far = offset >= MOST32;
      const extra = far ? joined([u16(1), u16(8), u64(offset)]) : new Uint8Array();
      directory.push(
        joined([
          u32(CENTRAL),
          u16((3 << 8) | 45), // made as on Unix, so that names are UTF-8 everywhere
          u16(far ? 45 : 20),
          ...facts,
          u16(extra.length),
          u16(0), // comment
          u16(0), // disk
          u16(0), // internal attributes
          u32(0o100644 * 0x10000), // a plain file that others may read
          u32(far ? MOST32 : offset),
          path,
          extra,
        ]),
      );
      const header = joined([u32(LOCAL), u16(20), ...facts, u16(0), path]);
      offset += header.length + body.length;
      return [header, body];
    },
    finish() {
      const size = directory.reduce((sum, { length }) => sum + length, 0);
      const count = directory.length;
      const large = count >= MOST16 || offset >= MOST32 || size >= MOST32;
      const end64 = joined([
        u32(END64),
        u64(44),
        u16((3 << 8) | 45),
        u16(45),
        u32(0),
        u32(0),
        u64(count),
        u64(count),
        u64(size),
        u64(offset),
        u32(LOCATOR64),
        u32(0),
        u64(offset + size),
        u32(1),
      ]);
      const end = joined([
        u32(END),
        u16(0),
        u16(0),
        u16(large ? MOST16 : count),
        u16(large ? MOST16 : count),
        u32(large ? MOST32 : size),
        u32(large ? MOST32 : offset),
        u16(0),
      ]);
      return [...directory, ...(large ? [end64] : []), end];
    },
  };
}

async function deflated(data: Uint8Array, pause: () => Promise<void>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const packer = new Deflate({ level: 6 }, (piece) => {
    pieces.push(piece);
  });
  for (let at = 0; at < data.length; at += PIECE) {
    packer.push(data.subarray(at, at + PIECE), at + PIECE >= data.length);
    await pause();
  }
  if (data.length === 0) packer.push(new Uint8Array(), true);
  return joined(pieces);
}

/** An entry as its header says; none of it is trusted. */
export interface ZipEntry {
  name: string;
  /** 0 stored, 8 deflated. */
  method: number;
  crc: number;
  packed: number;
  size: number;
  /** Where its data begins; null when only the directory was read. */
  data: number | null;
  /** Where its local header begins. */
  header: number;
}

/** Names of an archive's entries and where they lie, as its directory says; null when there is none that is whole. */
export async function readDirectory(bytes: Bytes): Promise<ZipEntry[] | null> {
  const { size } = bytes;
  if (size === null) return null;
  const tailAt = Math.max(0, size - 22 - MOST16);
  const tail = await bytes.read(tailAt, size - tailAt);
  const view = viewOf(tail);
  for (let at = tail.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    let count = view.getUint16(at + 10, true);
    let length = view.getUint32(at + 12, true);
    let start = view.getUint32(at + 16, true);
    if (count === MOST16 || length === MOST32 || start === MOST32) {
      const locator = at - 20;
      if (locator < 0 || view.getUint32(locator, true) !== LOCATOR64) continue;
      const end64 = await bytes.read(long(view, locator + 8), 56);
      if (end64.length < 56 || viewOf(end64).getUint32(0, true) !== END64) continue;
      count = long(viewOf(end64), 32);
      length = long(viewOf(end64), 40);
      start = long(viewOf(end64), 48);
    }
    if (start + length > tailAt + at || length < count * 46) continue;
    const entries = await centralEntries(bytes, start, length, count);
    if (entries !== null) return entries;
  }
  return null;
}

async function centralEntries(bytes: Bytes, start: number, length: number, count: number): Promise<ZipEntry[] | null> {
  const entries: ZipEntry[] = [];
  const WINDOW = 1024 * 1024;
  let window = await bytes.read(start, Math.min(length, WINDOW));
  let windowAt = start;
  let at = start;
  for (let index = 0; index < count; index++) {
    // the longest record there can be
    if (at + 46 + 3 * MOST16 > windowAt + window.length && windowAt + window.length < start + length) {
      window = await bytes.read(at, Math.min(start + length - at, WINDOW));
      windowAt = at;
    }
    const view = viewOf(window.subarray(at - windowAt));
    if (view.byteLength < 46 || view.getUint32(0, true) !== CENTRAL) return null;
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => view.getUint16(place, true)) as [
      number,
      number,
      number,
    ];
    if (view.byteLength < 46 + nameLength + extraLength) return null;
    const from = at - windowAt + 46;
    const sizes = {
      packed: view.getUint32(20, true),
      size: view.getUint32(24, true),
      header: view.getUint32(42, true),
    };
    widen(sizes, ['size', 'packed', 'header'], window.subarray(from + nameLength, from + nameLength + extraLength));
    entries.push({
      name: new TextDecoder().decode(window.subarray(from, from + nameLength)),
      method: view.getUint16(10, true),
      crc: view.getUint32(16, true),
      data: null,
      ...sizes,
    });
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/** Takes from the zip64 extra field what did not fit into 32 bits, in the order the format fixes. */
function widen<Key extends string>(sizes: Record<Key, number>, order: Key[], extra: Uint8Array): void {
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let place = at + 4;
    for (const key of order) {
      if (sizes[key] !== MOST32 || place + 8 > extra.length) continue;
      sizes[key] = long(view, place);
      place += 8;
    }
    return;
  }
}

/** What a local header at `at` says, or null where there is none. */
export async function readLocal(bytes: Bytes, at: number): Promise<ZipEntry | null> {
  const fixed = await bytes.read(at, 30);
  if (fixed.length < 30) return null;
  const view = viewOf(fixed);
  if (view.getUint32(0, true) !== LOCAL) return null;
  const nameLength = view.getUint16(26, true);
  const extraLength = view.getUint16(28, true);
  const rest = await bytes.read(at + 30, nameLength + extraLength);
  if (rest.length < nameLength + extraLength) return null;
  const sizes = { packed: view.getUint32(18, true), size: view.getUint32(22, true) };
  widen(sizes, ['size', 'packed'], rest.subarray(nameLength));
  return {
    name: new TextDecoder().decode(rest.subarray(0, nameLength)),
    method: view.getUint16(8, true),
    crc: view.getUint32(14, true),
    ...sizes,
    data: at + 30 + nameLength + extraLength,
    header: at,
  };
}

/** What stands where an entry should: another entry, the directory after the last one, nothing, or something else. */
export async function whatStandsAt(bytes: Bytes, at: number): Promise<'entry' | 'directory' | 'end' | 'other'> {
  const mark = await bytes.read(at, 4);
  if (mark.length === 0) return 'end';
  if (mark.length < 4) return 'other';
  const value = viewOf(mark).getUint32(0, true);
  if (value === LOCAL) return 'entry';
  return value === CENTRAL || value === END || value === END64 ? 'directory' : 'other';
}

/** The next place from `from` on where an entry of a name that `isOurs` may begin, or null. */
export async function nextLocal(bytes: Bytes, from: number, isOurs: (name: string) => boolean): Promise<number | null> {
  const STEP = 1024 * 1024;
  for (let at = from; ; at += STEP) {
    const window = await bytes.read(at, STEP + 3);
    for (let index = 0; index + 4 <= window.length; index++) {
      index = window.indexOf(0x50, index);
      if (index < 0 || index + 4 > window.length) break;
      if (window[index + 1] !== 0x4b || window[index + 2] !== 3 || window[index + 3] !== 4) continue;
      const entry = await readLocal(bytes, at + index);
      if (entry !== null && isOurs(entry.name)) return at + index;
    }
    if (window.length < STEP + 3) return null;
  }
}

/** What could be unpacked of an entry, and what was wrong with it: null when it is as it was written. */
export interface Unpacked {
  bytes: Uint8Array;
  fault: string | null;
}

/**
 * Unpacks an entry, never more than it says and never more than {@link ENTRY_MOST}.
 * @param end where its data ends at the latest
 */
export async function unpack(bytes: Bytes, entry: ZipEntry, end: number): Promise<Unpacked> {
  const { data, method, packed, size, crc } = entry;
  if (data === null) return { bytes: new Uint8Array(), fault: 'its place is not known' };
  if (method !== 0 && method !== 8)
    return { bytes: new Uint8Array(), fault: `packed in a way (${method}) that is not read` };
  if (size > ENTRY_MOST) return { bytes: new Uint8Array(), fault: `says it is ${size} bytes, more than any part has` };
  const length = Math.min(packed, end - data, method === 0 ? size : Number.MAX_SAFE_INTEGER);
  const out: Uint8Array[] = [];
  let unpacked = 0;
  let fault: string | null = null;
  const take = (piece: Uint8Array) => {
    const room = size - unpacked;
    if (piece.length > room) fault = `unpacks to more than the ${size} bytes it says`;
    out.push(piece.length > room ? piece.slice(0, room) : piece);
    unpacked += Math.min(piece.length, room);
  };
  const inflate = method === 8 ? new Inflate(take) : null;
  for (let at = 0; at < length && fault === null;) {
    // small steps, so that little is made of a bomb before it is seen
    const piece = await bytes.read(data + at, Math.min(64 * 1024, length - at));
    if (piece.length === 0) break;
    at += piece.length;
    try {
      if (inflate === null) take(piece);
      else inflate.push(piece, at >= length);
    } catch (error) {
      fault = `cannot be unpacked (${error instanceof Error ? error.message : String(error)})`;
    }
  }
  const whole = joined(out);
  if (fault === null && whole.length < size) fault = `has ${whole.length} of ${size} bytes`;
  if (fault === null && crc32(whole) !== crc) fault = 'its checksum is wrong';
  return { bytes: whole, fault };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number; one that is larger than a place in a file can be reads as the largest. */
function long(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value);
}

function u16(value: number): Uint8Array {
  return new Uint8Array([value & 0xff, value >>> 8]);
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  viewOf(bytes).setBigUint64(0, BigInt(value), true);
  return bytes;
}

export function joined(pieces: Uint8Array[]): Uint8Array {
  const only = pieces[0];
  if (pieces.length === 1 && only) return only;
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * Reads an export, whole or broken. What can be read is given out; what cannot is reported with its place. Nothing here
 * writes anywhere, and names inside of the file are only compared.
 */
import type { FileDamage, ImportReport } from '../api';
import { EngineError } from '../errors';
import { sha256 } from '../sha256';
import { type Bytes, bytesAhead, bytesOf } from './bytes';
import { deciphered, isEnciphered } from './cipher';
import { type DataRecord, entryKind, FILES, FORMAT, type Manifest, readRecord, TABLES } from './format';
import type { VectorModel } from './vectors';
import { nextLocal, readDirectory, readLocal, unpack, whatStandsAt, type ZipEntry } from './zip';

type DamageReport = ImportReport['damage'];

const SHOWN = 100;

/** All that was wrong: the first hundred each by itself, and how many there were of each kind. */
export function damageReport(): DamageReport & { add(damage: FileDamage): void } {
  const first: FileDamage[] = [];
  const counts: DamageReport['counts'] = {};
  return {
    first,
    counts,
    add(damage) {
      counts[damage.code] = (counts[damage.code] ?? 0) + 1;
      if (first.length < SHOWN) first.push(damage);
    },
  };
}

export interface ReadOptions {
  password?: string | null;
  damage: { add(damage: FileDamage): void };
  signal?: AbortSignal;
  /** Awaited between parts. */
  pause?: () => Promise<void>;
  /** Bytes read and all. */
  progress?: (done: number, total: number) => void;
}

export type Item =
  | { kind: 'record'; record: DataRecord; part: string; line: number; doubtful: boolean }
  /** `model` is null where the file does not say it before. */
  | { kind: 'vectors'; part: string; data: Uint8Array; model: VectorModel | null }
  | { kind: 'settings'; settings: Record<string, unknown> };

/** More than this, unpacked from so little, was made to do harm. */
const BOMB_BYTES = 2 * 1024 ** 3;
const BOMB_RATIO = 200;

/**
 * The records of an export in the order in which they can be stored.
 * @throws EngineError `password_needed`, `wrong_password`; `bad_input` when the file is no export or of a newer format
 */
export async function* readExport(file: Blob, options: ReadOptions): AsyncGenerator<Item> {
  const { damage, signal, pause = async () => {}, progress } = options;
  if (file.size === 0) throw new EngineError('bad_input', 'The file is empty.');
  let bytes: Bytes;
  let ahead: { close(): Promise<void> } | null = null;
  if (await isEnciphered(file)) {
    if (options.password === undefined || options.password === null || options.password === '')
      throw new EngineError('password_needed', 'The file is encrypted with a password.');
    const stream = bytesAhead(await deciphered(file, options.password));
    bytes = stream;
    ahead = stream;
  } else bytes = bytesOf(file);

  const state = newState(damage);
  try {
    const directory = await readDirectory(bytes);
    for await (const { entry, end } of directory ? listed(bytes, directory, state) : found(bytes, state)) {
      signal?.throwIfAborted();
      yield* itemsOf(bytes, entry, end, state);
      if (state.unpacked > BOMB_BYTES && state.unpacked > BOMB_RATIO * file.size) {
        damage.add({
          code: 'bomb',
          part: entry.name,
          line: null,
          message: `${file.size} bytes unpacked to more than ${state.unpacked}; the rest was not read`,
        });
        return;
      }
      progress?.(Math.min(file.size, end), file.size);
      await pause();
    }
    if (!state.ours) throw new EngineError('bad_input', 'The file is not an export of Commonplace.');
    compareWithManifest(state);
  } finally {
    await ahead?.close();
  }
}

interface State {
  damage: ReadOptions['damage'];
  /** Something of an export was seen. */
  ours: boolean;
  format: number | null;
  manifest: Manifest | null;
  /** What made the vectors, as the head says it. */
  model: VectorModel | null;
  unpacked: number;
  /** SHA-256 of the parts that were read; null of broken ones. */
  parts: Map<string, string | null>;
  counts: Map<string, number>;
  settings: Record<string, unknown> | null;
}

function newState(damage: ReadOptions['damage']): State {
  return {
    damage,
    ours: false,
    format: null,
    manifest: null,
    model: null,
    unpacked: 0,
    parts: new Map(),
    counts: new Map(),
    settings: null,
  };
}

interface Placed {
  entry: ZipEntry;
  /** Where its data ends at the latest. */
  end: number;
}

const ORDER = [
  FILES.head,
  FILES.manifest,
  FILES.settings,
  ...TABLES.map(({ name }) => `data/${name}/`),
  'data/',
  'embeddings/',
];

function rank(name: string): number {
  const at = ORDER.findIndex((start) => name.startsWith(start));
  return at < 0 ? ORDER.length : at;
}

/** By the table of contents, in the order in which they can be stored, whoever packed the file. */
async function* listed(bytes: Bytes, directory: ZipEntry[], state: State): AsyncGenerator<Placed> {
  const wanted: Placed[] = [];
  let unknown = 0;
  for (const entry of directory) {
    const kind = entryKind(entry.name)?.kind;
    if (kind === 'text') continue;
    // A byte of its name may be broken here and whole in its own header.
    const local = kind !== undefined || unknown < 1000 ? await readLocal(bytes, entry.header) : null;
    const name = kind === undefined ? local?.name : entry.name;
    if (name === undefined || !isWanted(name)) {
      unknown += 1;
      if (name === undefined || entryKind(name)?.kind !== 'text') unknownPart(entry.name, state);
      continue;
    }
    const data = local?.name === name ? local.data : entry.header + 30 + new TextEncoder().encode(entry.name).length;
    wanted.push({ entry: { ...entry, name, data }, end: (data ?? 0) + entry.packed });
    // Where the two disagree one of them is broken: the other is the second try.
    if (local?.name === name && (local.crc !== entry.crc || local.size !== entry.size || local.packed !== entry.packed))
      wanted.push({ entry: { ...local, name }, end: (local.data ?? 0) + local.packed });
  }
  const size = bytes.size ?? 0;
  const sorted = wanted.sort((a, b) => rank(a.entry.name) - rank(b.entry.name) || compare(a.entry.name, b.entry.name));
  for (const [index, { entry, end }] of sorted.entries()) {
    const other = sorted[index + 1];
    if (other?.entry.name === entry.name && other.entry.header === entry.header) {
      const { fault } = await unpack(bytes, entry, Math.min(end, size));
      if (fault !== null) continue; // then the other
      sorted.splice(index + 1, 1);
    }
    yield { entry, end: Math.min(end, size) };
  }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const isWanted = (name: string) => {
  const kind = entryKind(name)?.kind;
  return kind !== undefined && kind !== 'text';
};

function unknownPart(name: string, { damage }: State): void {
  // What a computer adds by itself when a person packs the files again is no damage.
  if (name.endsWith('/') || /(?:^|\/)(?:__MACOSX|\.DS_Store|Thumbs\.db|desktop\.ini)/u.test(name)) return;
  damage.add({ code: 'part_unknown', part: name, line: null, message: 'it is no part of an export and was not read' });
}

/** By the headers before the parts, where there is no table of contents or the file is read as it comes. */
async function* found(bytes: Bytes, state: State): AsyncGenerator<Placed> {
  const { damage } = state;
  const { size } = bytes;
  const isOurs = (name: string) => entryKind(name) !== null;
  for (let at = 0; ;) {
    const entry = await readLocal(bytes, at);
    if (entry === null) {
      const stands = await whatStandsAt(bytes, at);
      if (stands === 'directory') {
        if (size !== null) noDirectory(state, at);
        return;
      }
      const next = await nextLocal(bytes, at + 1, isOurs);
      if (next === null) {
        if (bytes.fault !== null || stands === 'end' || size !== null)
          damage.add({
            code: 'cut',
            part: null,
            line: null,
            message: `the file ends at byte ${size ?? at}, before its table of contents${bytes.fault === null ? '' : ` (${bytes.fault})`}`,
          });
        return;
      }
      damage.add({ code: 'gap', part: null, line: null, message: `bytes ${at} to ${next} are no part of an export` });
      at = next;
      continue;
    }
    if (!isOurs(entry.name)) unknownPart(entry.name, state);
    const data = entry.data ?? at;
    let end = data + entry.packed;
    if (size !== null) {
      const stands = end > size ? 'other' : await whatStandsAt(bytes, end);
      if (stands === 'other') {
        // The header lies about its size, or the file was cut in this part.
        end = (await nextLocal(bytes, data, isOurs)) ?? size;
        entry.packed = Math.max(entry.packed, end - data);
      }
    }
    if (isWanted(entry.name)) yield { entry, end };
    at = end;
  }
}

function noDirectory({ damage }: State, at: number): void {
  damage.add({
    code: 'no_directory',
    part: null,
    line: null,
    message: `the table of contents at byte ${at} is broken; the parts were found without it`,
  });
}

async function* itemsOf(bytes: Bytes, entry: ZipEntry, end: number, state: State): AsyncGenerator<Item> {
  const { damage } = state;
  const { name } = entry;
  const what = entryKind(name);
  if (what === null || what.kind === 'text') return;
  if (state.parts.has(name)) {
    damage.add({ code: 'part_twice', part: name, line: null, message: 'it is there twice; the first was read' });
    return;
  }
  const { bytes: data, fault } = await unpack(bytes, entry, end);
  state.unpacked += data.length;
  state.parts.set(name, fault === null ? await sha256(data) : null);
  if (what.kind === 'file') {
    yield* fileItems(name, data, fault, state);
    return;
  }
  state.ours = true;
  if (what.kind === 'vectors') {
    // A wrong vector finds wrong things: broken ones are made anew.
    if (fault !== null) damage.add({ code: 'part_damaged', part: name, line: null, message: `${fault}; not taken` });
    else yield { kind: 'vectors', part: name, data, model: state.model ?? state.manifest?.embeddings ?? null };
    return;
  }
  if (!TABLES.some(({ name: table }) => table === what.table)) {
    damage.add({ code: 'part_unknown', part: name, line: null, message: 'this version does not know what is in it' });
    return;
  }
  let kept = 0;
  let line = 0;
  for (const { text, torn } of linesOf(data)) {
    line += 1;
    if (text === '') continue;
    const record = readRecord(text, state.format ?? FORMAT);
    if (typeof record === 'string') {
      if (!torn || fault === null) damage.add({ code: 'record_unreadable', part: name, line, message: record });
      continue;
    }
    kept += 1;
    if (record.values.continued !== true) state.counts.set(record.table, (state.counts.get(record.table) ?? 0) + 1);
    yield { kind: 'record', record, part: name, line, doubtful: fault !== null };
  }
  if (fault !== null) {
    const message = `${fault}; ${kept} records of it were read`;
    damage.add({ code: 'part_damaged', part: name, line: null, message });
  }
}

async function* fileItems(name: string, data: Uint8Array, fault: string | null, state: State): AsyncGenerator<Item> {
  const { damage } = state;
  if (fault !== null) damage.add({ code: 'part_damaged', part: name, line: null, message: fault });
  if (name !== FILES.head && name !== FILES.manifest && name !== FILES.settings) return;
  const value = fault === null ? parsedObject(data) : null;
  if (value === null) {
    if (fault === null)
      damage.add({ code: 'part_damaged', part: name, line: null, message: 'it is not a JSON object' });
    return;
  }
  if (name === FILES.settings) {
    state.settings = value;
    yield { kind: 'settings', settings: value };
    return;
  }
  if (name === FILES.head && value.commonplace !== 'export') return;
  if (!Number.isInteger(value.format) || (value.format as number) < 1) return;
  state.ours = true;
  state.format ??= value.format as number;
  if ((value.format as number) > FORMAT) {
    throw new EngineError(
      'bad_input',
      `The file has format ${String(value.format)}, this version reads up to ${FORMAT}.`,
      {
        remedy: 'Update Commonplace.',
      },
    );
  }
  if (name === FILES.manifest) state.manifest = manifestOf(value);
  else state.model = manifestOf(value).embeddings;
}

function parsedObject(data: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null; // reported by the caller
  }
}

/** What can be understood of a manifest: it may have been made by anybody. */
function manifestOf(value: Record<string, unknown>): Manifest {
  const { counts, embeddings, parts } = value;
  const { model_id, dimensions, count } = (embeddings ?? {}) as Record<string, unknown>;
  return {
    format: value.format as number,
    counts: Object.fromEntries(
      Object.entries((counts ?? {}) as Record<string, unknown>).filter(([, many]) => Number.isSafeInteger(many)),
    ) as Record<string, number>,
    embeddings:
      typeof model_id === 'string' && typeof dimensions === 'number'
        ? { model_id, dimensions, count: typeof count === 'number' ? count : 0 }
        : null,
    parts: (Array.isArray(parts) ? (parts as unknown[]) : []).flatMap((part) => {
      const { name, bytes, sha256: sum } = (part ?? {}) as Record<string, unknown>;
      return typeof name === 'string' && typeof sum === 'string'
        ? [{ name, bytes: typeof bytes === 'number' ? bytes : 0, sha256: sum }]
        : [];
    }),
  };
}

function compareWithManifest({ damage, manifest, parts, counts, format }: State): void {
  if (manifest === null) {
    damage.add({
      code: 'part_missing',
      part: FILES.manifest,
      line: null,
      message: 'without it nothing says whether other parts are missing',
    });
    return;
  }
  if (format === null) damage.add({ code: 'part_missing', part: FILES.head, line: null, message: 'it is not there' });
  for (const { name, sha256: sum } of manifest.parts) {
    if (!isWanted(name)) continue;
    const read = parts.get(name);
    if (read === undefined) damage.add({ code: 'part_missing', part: name, line: null, message: 'it is not there' });
    else if (read !== null && read !== sum)
      damage.add({ code: 'part_changed', part: name, line: null, message: 'it is not as it was written' });
  }
  for (const [table, many] of Object.entries(manifest.counts)) {
    const read = counts.get(table) ?? 0;
    if (read < many) {
      const message = `${many - read} of ${many} ${table} records are missing`;
      damage.add({ code: 'records_missing', part: null, line: null, message });
    }
  }
}

/** Lines one by one; `torn` is the last one when no newline ends it. */
function* linesOf(data: Uint8Array): Generator<{ text: string; torn: boolean }> {
  const decoder = new TextDecoder();
  for (let at = 0; at < data.length;) {
    const stop = data.indexOf(10, at);
    const end = stop < 0 ? data.length : stop;
    yield { text: decoder.decode(data.subarray(at, end)), torn: stop < 0 };
    at = end + 1;
  }
}

import { EngineError } from '../errors';
import { createLane } from '../lane';
import { crc32 } from './crc32';
import type { Queryable, SnapshotDifference, SnapshotReport } from './store';
import type { Shelf } from './shelf';

/**
 * The tables that cannot be made again from others, parents before children, each with the key its rows are read by.
 * Chunks, vectors and jobs are derived and not kept.
 */
const TABLES = [
  { name: 'document', key: 'id', type: 'uuid' },
  { name: 'message', key: 'id', type: 'uuid', needs: { column: 'document_id', table: 'document' } },
  { name: 'forgotten', key: 'source_hash', type: 'text' },
  { name: 'forget_receipt', key: 'id', type: 'uuid' },
  { name: 'retention', key: 'kind', type: 'text', since: 3 },
] as const;

/** Those that a database of this schema version has. */
const tablesAt = (schema: number) => TABLES.filter((table) => !('since' in table) || table.since <= schema);

const PAGE_ROWS = 200;
const PIECE_BYTES = 512 * 1024;
/** The newest, of which one may be broken. */
const KEPT = 2;
const HOUR_MS = 3_600_000;
/** Beside the newest there is one from about an hour, a day and a week ago. */
const AGES_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];
/** What the older ones may take together. */
const OLDER_BYTES = 512 * 1024 * 1024;
const INDEX = 'snapshots';
const PURGED = 'purged';

export interface SnapshotEntry extends SnapshotReport {
  schema: number;
  /** What the tables looked like, to see whether anything changed since. */
  fingerprint: string;
}

/**
 * Logical snapshots: one file of JSON lines each. First a head, then a row per line, last an end with the count of
 * rows by table and the CRC-32 of every byte before it.
 *
 * They are taken page by page beside other work, so rows changed meanwhile stand there old or new. That is enough:
 * everything committed before `taken_at` is in it, and what came later is still in the outbox, which is stored again
 * on top and gives the same rows.
 */
export interface Snapshots {
  /** Verified ones, newest first. */
  list(): Promise<SnapshotEntry[]>;
  take(db: Queryable, schema: number, signal?: AbortSignal): Promise<SnapshotReport | null>;
  markPurged(documentIds: string[]): Promise<void>;
  /** What `db` has and this one has not, and the other way round. @throws `not_found`; `store_corrupt` */
  compare(db: Queryable, name: string, signal?: AbortSignal): Promise<SnapshotDifference>;
  /** Puts this one into an empty database; `prepare` as below. @throws `not_found`; `store_corrupt` */
  restoreOne(db: Queryable, name: string, prepare: (version: number) => Promise<void>): Promise<void>;
  /**
   * Puts the newest whole snapshot of at most `schema` into an empty database. `prepare` is called with the schema
   * version it was taken at before the first row. Resolves with what was restored, or null when there is none.
   */
  restore(db: Queryable, schema: number, prepare: (version: number) => Promise<void>): Promise<RestoreReport>;
}

export interface RestoreReport {
  restored: SnapshotEntry | null;
  /** Snapshots that were passed over, and why. */
  passedOver: string[];
}

export function snapshots(shelf: Shelf): Snapshots {
  async function list(): Promise<SnapshotEntry[]> {
    const bytes = await shelf.read(INDEX);
    if (!bytes) return [];
    return (JSON.parse(new TextDecoder().decode(bytes)) as { snapshots: SnapshotEntry[] }).snapshots;
  }

  const record = (entries: SnapshotEntry[]) =>
    shelf.write(INDEX, new TextEncoder().encode(JSON.stringify({ snapshots: entries })));

  async function purged(): Promise<string[]> {
    const bytes = await shelf.read(PURGED);
    return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as string[]) : [];
  }

  const mark = (ids: string[]) => shelf.write(PURGED, new TextEncoder().encode(JSON.stringify(ids)));

  async function keep(entries: SnapshotEntry[]): Promise<void> {
    await record(entries);
    const kept = new Set(entries.map(({ name }) => name));
    for (const name of await shelf.names()) {
      if (name.startsWith('snapshot-') && !kept.has(name)) await shelf.remove(name);
    }
  }

  /** One that can be read to its end. */
  async function whole(name: string): Promise<SnapshotEntry> {
    const entry = (await list()).find((one) => one.name === name);
    if (!entry) throw new EngineError('not_found', `There is no snapshot ${name}.`);
    const fault = await faultOf(shelf, entry);
    if (fault !== undefined) throw new EngineError('store_corrupt', `${name} cannot be used: ${fault}.`);
    return entry;
  }

  /** The same without some documents, or null where it cannot be read. */
  async function without(
    old: SnapshotEntry,
    gone: Set<string>,
    number: number,
    signal?: AbortSignal,
  ): Promise<SnapshotEntry | null> {
    if ((await faultOf(shelf, old)) !== undefined) return null;
    const { taken_at, schema, fingerprint } = old;
    return writeFile({ taken_at, schema, fingerprint }, number, async (add) => {
      for await (const line of linesOf(shelf, old.name)) {
        signal?.throwIfAborted();
        const { table, row } = JSON.parse(line) as SnapshotLine;
        if (table === undefined) continue;
        const document = table === 'document' ? row?.id : table === 'message' ? row?.document_id : undefined;
        if (document === undefined || !gone.has(document)) await add(table, line);
      }
    });
  }

  async function write(db: Queryable, schema: number, number: number, signal?: AbortSignal): Promise<SnapshotEntry> {
    const taken_at = new Date().toISOString();
    const fingerprint = await fingerprintOf(db, schema);
    return writeFile({ taken_at, schema, fingerprint }, number, async (add) => {
      for (const { name: table, key, type } of tablesAt(schema)) {
        let after: string | null = null;
        for (;;) {
          signal?.throwIfAborted();
          const page: Array<{ key: string; line: string }> = await db.query(
            `select ${key}::text as key, jsonb_build_object('table', $1::text, 'row', to_jsonb(_row))::text as line
               from ${table} as _row
              where $2::${type} is null or ${key} > $2::${type}
              order by ${key}
              limit ${PAGE_ROWS}`,
            [table, after],
          );
          for (const row of page) await add(table, row.line);
          after = page.at(-1)?.key ?? null;
          if (page.length < PAGE_ROWS) break;
        }
      }
    });
  }

  /** Writes head, rows and end, and reads all of it back. */
  async function writeFile(
    facts: Pick<SnapshotEntry, 'taken_at' | 'schema' | 'fingerprint'>,
    number: number,
    fill: (add: (table: string, line: string) => Promise<void>) => Promise<void>,
  ): Promise<SnapshotEntry> {
    const name = `snapshot-${String(number).padStart(8, '0')}`;
    const { taken_at, schema } = facts;
    const writer = await shelf.writer(name);
    const rows: Record<string, number> = Object.fromEntries(tablesAt(schema).map((table) => [table.name, 0]));
    let checksum = 0;
    let bytes = 0;
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    const flush = async (): Promise<void> => {
      for (const piece of waiting) await writer.append(piece);
      waiting = [];
      waitingBytes = 0;
    };
    const line = async (text: string): Promise<void> => {
      const piece = new TextEncoder().encode(`${text}\n`);
      checksum = crc32(piece, checksum);
      bytes += piece.length;
      waiting.push(piece);
      waitingBytes += piece.length;
      if (waitingBytes > PIECE_BYTES) await flush();
    };
    try {
      await line(JSON.stringify({ commonplace_snapshot: 1, taken_at, schema }));
      await fill(async (table, text) => {
        await line(text);
        rows[table] = (rows[table] ?? 0) + 1;
      });
      await line(JSON.stringify({ end: true, rows, crc32: checksum }));
      await flush();
      await writer.finish();
    } catch (error) {
      await writer.discard();
      throw EngineError.from(error);
    }
    const entry = { name, ...facts, bytes, rows };
    const fault = await faultOf(shelf, entry);
    if (fault) {
      await shelf.remove(name);
      throw new EngineError('store_full', `The snapshot could not be read back: ${fault}`);
    }
    return entry;
  }

  const alone: Snapshots = {
    list,
    async take(db, schema, signal) {
      const marked = await purged();
      const before = await list();
      if (
        marked.length === 0 &&
        before[0]?.fingerprint === (await fingerprintOf(db, schema)) &&
        before[0].schema === schema
      ) {
        return null;
      }
      // A deletion that was announced and has not happened yet: its rows will stand in this snapshot too.
      const still = await db.query<{ id: string }>('select id from document where id = any($1::uuid[])', [marked]);
      const next = 1 + Math.max(0, ...before.map(({ name }) => numberOf(name)));
      const entry = await write(db, schema, next, signal);
      if (marked.length === 0) {
        await keep(rolling([entry, ...before], Date.parse(entry.taken_at)));
      } else {
        // What was deleted may stand in every older one: they are written anew without it. A second new one makes it two
        // good copies again.
        const gone = new Set(marked);
        const second = await write(db, schema, next + 1, signal);
        const older = rolling([second, entry, ...before], Date.parse(entry.taken_at)).slice(KEPT);
        const cleaned: SnapshotEntry[] = [];
        for (const old of older) {
          const rest = await without(old, gone, next + 2 + cleaned.length, signal);
          if (rest !== null) cleaned.push(rest);
        }
        await keep([second, entry, ...cleaned]);
        const remaining = new Set(still.map(({ id }) => id));
        const handled = new Set(marked.filter((id) => !remaining.has(id)));
        await mark((await purged()).filter((id) => !handled.has(id)));
      }
      const { name, taken_at, bytes, rows } = entry;
      return { name, taken_at, bytes, rows };
    },
    async compare(db, name, signal) {
      const entry = await whole(name);
      return differenceOf(db, linesOf(shelf, entry.name), new Set(await purged()), signal);
    },
    async restoreOne(db, name, prepare) {
      const entry = await whole(name);
      await prepare(entry.schema);
      await load(db, shelf, entry, new Set(await purged()));
    },
    async markPurged(documentIds) {
      await mark([...new Set([...(await purged()), ...documentIds])]);
    },
    async restore(db, schema, prepare) {
      const passedOver: string[] = [];
      for (const entry of await list()) {
        const fault =
          entry.schema > schema ? `has schema version ${entry.schema}` : await faultOf(shelf, entry).catch(String);
        if (fault) {
          passedOver.push(`${entry.name}: ${fault}`);
          continue;
        }
        await prepare(entry.schema);
        await load(db, shelf, entry, new Set(await purged()));
        return { restored: entry, passedOver };
      }
      return { restored: null, passedOver };
    },
  };

  // An import takes one while a job does: side by side each would write what the other writes, and remove what it reads.
  const inTurn = createLane();
  return {
    list,
    take: (...given) => inTurn(() => alone.take(...given)),
    markPurged: (...given) => inTurn(() => alone.markPurged(...given)),
    compare: (...given) => inTurn(() => alone.compare(...given)),
    restoreOne: (...given) => inTurn(() => alone.restoreOne(...given)),
    restore: (...given) => inTurn(() => alone.restore(...given)),
  };
}

interface SnapshotLine {
  table?: string;
  row?: { id?: string; document_id?: string; content_hash?: string; captured_at?: string; forget_id?: string | null };
}

/**
 * Which are kept, newest first: the newest two; of an hour, a day and a week ago each the newest that is as old; and of
 * those between the oldest, which grow to be these.
 */
export function rolling<Entry extends { taken_at: string; bytes: number }>(
  entries: readonly Entry[],
  now: number,
): Entry[] {
  const newest = entries.slice(0, KEPT);
  const kept = new Set(newest);
  const age = ({ taken_at }: Entry) => now - Date.parse(taken_at);
  for (const [index, limit] of AGES_MS.entries()) {
    const since = AGES_MS[index - 1] ?? 0;
    const grown = entries.find((entry) => age(entry) >= limit);
    const growing = entries.findLast((entry) => age(entry) >= since && age(entry) < limit);
    for (const entry of [grown, growing]) if (entry) kept.add(entry);
  }
  let bytes = 0;
  return entries.filter((entry) => {
    if (!kept.has(entry)) return false;
    if (newest.includes(entry)) return true;
    bytes += entry.bytes;
    return bytes <= OLDER_BYTES;
  });
}

/** By documents that are not deleted, and what they hold. */
async function differenceOf(
  db: Queryable,
  lines: AsyncIterable<string>,
  purged: Set<string>,
  signal?: AbortSignal,
): Promise<SnapshotDifference> {
  const difference: SnapshotDifference = { back: 0, away: 0, changed: 0, same: 0 };
  let page: Array<{ id: string; hash: string; at: string }> = [];
  let counted = 0;
  const flush = async () => {
    signal?.throwIfAborted();
    const [row] = await db.query<{ same: number; changed: number }>(
      `select count(*) filter (where d.content_hash = v.hash and d.captured_at = v.at)::int as same,
        count(*) filter (where d.content_hash <> v.hash or d.captured_at <> v.at)::int as changed
      from unnest($1::uuid[], $2::text[], $3::text[]::timestamptz[]) as v(id, hash, at) join document d on d.id = v.id
      where d.forget_id is null`,
      [page.map(({ id }) => id), page.map(({ hash }) => hash), page.map(({ at }) => at)],
    );
    const { same = 0, changed = 0 } = row ?? {};
    difference.same += same;
    difference.changed += changed;
    difference.back += page.length - same - changed;
    counted += same + changed;
    page = [];
  };
  for await (const line of lines) {
    const { table, row } = JSON.parse(line) as SnapshotLine;
    if (table !== undefined && table !== 'document') break; // documents stand first
    if (table === undefined || row?.id === undefined || (row.forget_id ?? null) !== null || purged.has(row.id))
      continue;
    page.push({ id: row.id, hash: row.content_hash ?? '', at: row.captured_at ?? 'epoch' });
    if (page.length >= PAGE_ROWS) await flush();
  }
  await flush();
  const [here] = await db.query<{ total: number }>(
    'select count(*)::int as total from document where forget_id is null',
  );
  difference.away = (here?.total ?? 0) - counted;
  return difference;
}

/** Changes whenever a row of a source table was added, changed or removed. */
async function fingerprintOf(db: Queryable, schema: number): Promise<string> {
  const parts = tablesAt(schema).map(
    ({ name }) => `(select count(*) || '/' || coalesce(max(xmin::text::bigint), 0) from ${name})`,
  );
  const [row] = await db.query<{ fingerprint: string }>(`select concat_ws(' ', ${parts.join(', ')}) as fingerprint`);
  return row?.fingerprint ?? '';
}

/** Why a snapshot cannot be used, or undefined when every byte of it is as it was written. */
async function faultOf(shelf: Shelf, entry: SnapshotEntry): Promise<string | undefined> {
  let checksum = 0;
  let before = 0;
  let last = '';
  for await (const line of linesOf(shelf, entry.name)) {
    before = checksum;
    last = line;
    checksum = crc32(new TextEncoder().encode(`${line}\n`), checksum);
  }
  if (!last.startsWith('{"end":true')) return 'it has no end';
  const end = JSON.parse(last) as { rows: Record<string, number>; crc32: number };
  if (end.crc32 !== before) return 'its checksum is wrong';
  if (JSON.stringify(end.rows) !== JSON.stringify(entry.rows)) return 'it is not the one that was recorded';
  return undefined;
}

async function load(db: Queryable, shelf: Shelf, entry: SnapshotEntry, purged: Set<string>): Promise<void> {
  let table: string | undefined;
  let rows: unknown[] = [];
  const flush = async (): Promise<void> => {
    if (table !== undefined && rows.length > 0) await insert(db, table, rows);
    rows = [];
  };
  for await (const line of linesOf(shelf, entry.name)) {
    const record = JSON.parse(line) as SnapshotLine;
    if (record.table === undefined) continue;
    if (record.table === 'document' && purged.has(record.row?.id ?? '')) continue; // its messages find no parent
    if (record.table !== table || rows.length >= PAGE_ROWS) await flush();
    table = record.table;
    rows.push(record.row);
  }
  await flush();
}

async function insert(db: Queryable, table: string, rows: unknown[]): Promise<void> {
  const known = TABLES.find(({ name }) => name === table);
  if (!known) throw new EngineError('store_corrupt', `The snapshot has rows of an unknown table "${table}".`);
  // A document deleted while the snapshot was taken may have left messages in it.
  const parents =
    'needs' in known
      ? `where exists (select from ${known.needs.table} as parent where parent.id = _row.${known.needs.column})`
      : '';
  await db.query(
    `insert into ${table}
     select _row.* from jsonb_populate_recordset(null::${table}, $1::text::jsonb) as _row ${parents}
     on conflict do nothing`,
    [JSON.stringify(rows)],
  );
}

/** Whole lines only: what stands after the last newline was torn off. */
async function* linesOf(shelf: Shelf, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of shelf.reader(name)) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function numberOf(name: string): number {
  return Number(/^snapshot-(\d+)$/.exec(name)?.[1] ?? 0);
}

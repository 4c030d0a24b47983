/** Brings an export into a database: what is new comes in, what is newer replaces, nothing is taken away. */
import { v7 as uuidv7 } from 'uuid';
import type { ImportReport, RetainedKind } from '../api';
import { forgottenHash, readRetention } from '../documents';
import { EngineError } from '../errors';
import { rechunk } from '../ingest';
import type { Queryable, Store } from '../store';
import { type DataRecord, DOCUMENT, FORGOTTEN, MESSAGE, RETENTION, selectList, type Table, timeOf } from './format';
import {
  type DocumentRow,
  mergeDocument,
  type MessageRow,
  type MessagesPlan,
  planMessages,
  takesTheirs,
} from './merge';
import { damageReport, type Item, readExport, type ReadOptions } from './read';
import { writeVectors } from './vectors';

export interface ImportOptions extends Omit<ReadOptions, 'damage'> {
  /** False only looks: nothing is written. */
  apply: boolean;
  /** Whether what was deleted here comes back. */
  bringBack?: boolean;
  /** Vectors of this model are taken, others are made anew. */
  modelId?: string | null;
  now?: Date;
  /** Keeps captures out while a few documents are written. */
  exclusive?: <Result>(work: () => Promise<Result>) => Promise<Result>;
  /** Told of documents that changed, after each few. */
  onStored?: (documentIds: string[]) => Promise<void>;
}

/** A document with its messages, or the next few of a document that has very many. */
interface Group {
  document: DataRecord;
  messages: Said[];
  doubtful: boolean;
  part: string;
  line: number;
  first: boolean;
  last: boolean;
}

interface Said {
  record: DataRecord;
  part: string;
  line: number;
  doubtful: boolean;
}

const GROUP_MESSAGES = 2_000;
const GROUP_CHARACTERS = 8_000_000;
const BATCH_DOCUMENTS = 50;
const BATCH_MESSAGES = 400;
const BATCH_CHARACTERS = 1_000_000;
const ROWS = 1_000;
const DAY_MS = 86_400_000;

/**
 * Reads a file and, with `apply`, takes it into the database, a few documents in a transaction: a stop at any moment leaves
 * whole documents, and the same file again completes it.
 *
 * @throws EngineError as `readExport`; `store_full`; `aborted`
 */
export async function importExport(store: Store, file: Blob, options: ImportOptions): Promise<ImportReport> {
  const { apply, signal, exclusive = (work) => work() } = options;
  const damage = damageReport();
  const report: ImportReport = {
    documents: { added: 0, changed: 0, same: 0, forgotten: 0, expired: 0 },
    messages: { added: 0, changed: 0, same: 0 },
    vectors: 0,
    marks: 0,
    by_source: [],
    newest: null,
    settings: null,
    damage: { first: damage.first, counts: damage.counts },
  };
  const run: Run = {
    store,
    options,
    damage,
    report,
    used: await holdsDocuments(store),
    cutoffs: await cutoffs(store, options.now ?? new Date()),
    moved: new Map(),
    open: null,
    sources: new Map(),
  };

  let batch: Group[] = [];
  let size = { messages: 0, characters: 0 };
  const flush = async () => {
    if (batch.length === 0) return;
    signal?.throwIfAborted();
    const groups = batch;
    batch = [];
    size = { messages: 0, characters: 0 };
    await exclusive(() => take(groups, run));
  };
  const grouped = documentGroups(readExport(file, { ...options, damage }), run);
  let rows: { table: Table; records: DataRecord[] } = { table: FORGOTTEN, records: [] };
  const flushRows = async () => {
    const { table, records } = rows;
    rows = { table, records: [] };
    if (records.length > 0) await exclusive(() => takeRows(table, records, run));
  };
  const seen = new Set<string>();
  for await (const item of grouped) {
    if (item.kind === 'group') {
      const { values } = item.group.document;
      const key = keyOf(values);
      const characters = item.group.messages.reduce((sum, { record }) => sum + record.raw.length, 0);
      const full =
        batch.length >= BATCH_DOCUMENTS ||
        size.messages + item.group.messages.length > BATCH_MESSAGES ||
        size.characters + characters > BATCH_CHARACTERS;
      if (full || seen.has(key) || seen.has(values.id as string)) {
        await flush();
        seen.clear();
      }
      batch.push(item.group);
      seen.add(key).add(values.id as string);
      size.messages += item.group.messages.length;
      size.characters += characters;
      continue;
    }
    await flush();
    if (item.kind === 'settings') report.settings = item.settings;
    else if (item.kind === 'vectors') {
      await flushRows();
      if (apply && item.model && item.model.model_id === options.modelId)
        report.vectors += await writeVectors(
          store,
          item.model,
          item.data,
          (id) => run.moved.get(id) ?? id,
          options.pause ?? (async () => {}),
        );
    } else {
      const table = item.record.table === 'retention' ? RETENTION : FORGOTTEN;
      if (rows.table !== table || rows.records.length >= ROWS) await flushRows();
      rows = { table, records: [...(rows.table === table ? rows.records : []), item.record] };
    }
  }
  await flush();
  await flushRows();
  report.by_source = [...run.sources.values()].sort(
    (a, b) => b.documents - a.documents || (a.source < b.source ? -1 : 1),
  );
  return report;
}

/** What an import knows while it runs. Nothing here grows with the file but ids that had to change. */
interface Run {
  store: Store;
  options: ImportOptions;
  damage: ReturnType<typeof damageReport>;
  report: ImportReport;
  /** Whether there was anything before. */
  used: boolean;
  /** Kinds that are not kept forever, and the time before which they are too old. */
  cutoffs: Map<RetainedKind, number>;
  /** Documents of the file that have another id here. */
  moved: Map<string, string>;
  /** The document of which there is more to come. */
  open: Open | null;
  sources: Map<string, ImportReport['by_source'][number]>;
}

interface Open {
  fileId: string;
  /** Null: it is left out. */
  id: string | null;
  /** Inserted by this import: the places of its messages are those of the file. */
  fresh: boolean;
  changed: boolean;
}

type Grouped =
  | { kind: 'group'; group: Group }
  | { kind: 'row'; record: DataRecord }
  | Exclude<Item, { kind: 'record' }>;

/** Puts messages with their documents. A document that a broken part lost takes its messages with it. */
async function* documentGroups(items: AsyncGenerator<Item>, { damage }: Run): AsyncGenerator<Grouped> {
  let current: Group | null = null;
  let characters = 0;
  for await (const item of items) {
    if (item.kind !== 'record') {
      if (current) yield { kind: 'group', group: { ...current, last: true } };
      current = null;
      yield item;
      continue;
    }
    const { record, part, line, doubtful } = item;
    if (record.table === 'message') {
      if (current?.document.values.id !== record.values.document_id) {
        damage.add({ code: 'record_orphan', part, line, message: 'the document of this message is not there' });
        continue;
      }
      const group: Group = current as Group;
      group.messages.push({ record, part, line, doubtful });
      characters += record.raw.length;
      if (group.messages.length >= GROUP_MESSAGES || characters >= GROUP_CHARACTERS) {
        yield { kind: 'group', group: { ...group } };
        current = { ...group, messages: [], first: false };
        characters = 0;
      }
      continue;
    }
    if (record.table === 'document') {
      if (current?.document.values.id === record.values.id && record.values.continued === true) continue;
      if (current) yield { kind: 'group', group: { ...current, last: true } };
      current = { document: record, messages: [], doubtful, part, line, first: true, last: false };
      characters = 0;
      continue;
    }
    if (current) yield { kind: 'group', group: { ...current, last: true } };
    current = null;
    yield { kind: 'row', record };
  }
  if (current) yield { kind: 'group', group: { ...current, last: true } };
}

/** Takes a few documents. What Postgres refuses is found by halving, reported, and the rest is kept. */
async function take(groups: Group[], run: Run): Promise<void> {
  const before = run.open;
  try {
    await takeTogether(groups, run);
  } catch (cause) {
    const error = EngineError.from(cause);
    if (error.code !== 'query_failed') throw error;
    run.open = before;
    const [only] = groups;
    if (groups.length > 1 || !only) {
      for (const group of groups) await take([group], run);
      return;
    }
    if (only.messages.length === 0) {
      refused(only, error, run);
      return;
    }
    if (only.messages.length === 1 && !only.first) {
      refused(only.messages[0] ?? only, error, run);
      return;
    }
    const half = only.first ? 0 : Math.ceil(only.messages.length / 2);
    await take([{ ...only, messages: only.messages.slice(0, half), last: false }], run);
    await take([{ ...only, messages: only.messages.slice(half), first: false }], run);
  }
}

function refused({ part, line }: { part: string; line: number }, { message }: EngineError, { damage }: Run): void {
  damage.add({ code: 'record_refused', part, line, message: message.slice(0, 200) });
}

/** `hidden`: deleted here; `going`: so that it cannot be undone any more. */
type Existing = DocumentRow & { hidden: boolean; going: boolean };

/** What is to be written for one document. */
interface Change {
  group: Group;
  id: string;
  before: Existing | null;
  /** Inserted by this import. */
  fresh: boolean;
  /** Null where its row stays as it is. */
  row: DocumentRow | null;
  messages: Map<string, Said>;
  ours: Map<string, MessageRow>;
  plan: MessagesPlan;
}

async function takeTogether(groups: Group[], run: Run): Promise<void> {
  const { store, options, report } = run;
  const existing = await readExisting(store, groups);
  const marks = await readMarks(store, groups);
  const changes: Change[] = [];
  const tally: Array<() => void> = [];
  let { open } = run;

  for (const group of groups) {
    const theirs = group.document.values as unknown as DocumentRow;
    const continues = !group.first && open?.fileId === theirs.id;
    const before = existing.byKey.get(keyOf(group.document.values)) ?? null;
    if (group.first) tally.push(() => countSource(run, theirs, group));
    else tally.push(() => countMore(run, theirs, group));
    const left = continues ? (open?.id === null ? 'again' : null) : leftOut(theirs, before, marks.has(group), run);
    if (left !== null) {
      if (left !== 'again') tally.push(() => (report.documents[left] += 1));
      open = { fileId: theirs.id, id: null, fresh: false, changed: false };
      continue;
    }
    const fresh = continues ? (open?.fresh ?? false) : before === null;
    const id = before?.id ?? (existing.ids.has(theirs.id) ? uuidv7() : theirs.id);
    if (id !== theirs.id) run.moved.set(theirs.id, id);
    const change: Change = {
      group,
      id,
      before,
      fresh,
      row: null,
      messages: unique(group, run),
      ours: new Map(),
      plan: { add: [], replace: [], keep: [], places: new Map() },
    };
    changes.push(change);
    const wasOpen: Open = continues && open ? open : { fileId: theirs.id, id, fresh, changed: false };
    open = wasOpen;
    tally.push(() => {
      const { plan, row } = change;
      const changed = row !== null || plan.add.length + plan.replace.length + plan.places.size > 0;
      if (group.first && fresh) report.documents.added += 1;
      else if (!fresh && changed && !wasOpen.changed) report.documents.changed += 1;
      else if (!fresh && group.last && !changed && !wasOpen.changed) report.documents.same += 1;
      wasOpen.changed ||= changed;
      report.messages.added += plan.add.length;
      report.messages.changed += plan.replace.length;
      report.messages.same += plan.keep.length;
    });
  }

  await readOurs(store, changes);
  for (const change of changes) plan(change);
  if (options.apply && changes.length > 0) {
    const back = options.bringBack === true ? await hashesOf(changes.map(({ group }) => group)) : [];
    await store.transaction(async (tx) => {
      if (back.length > 0) await tx.query('delete from forgotten where source_hash = any($1::text[])', [back]);
      await write(tx, changes);
    });
    const touched = changes.filter(
      ({ before, row, plan: { add, replace, places } }) =>
        before === null || row !== null || add.length + replace.length + places.size > 0,
    );
    const ids = touched.map(({ id }) => id);
    if (ids.length > 0) {
      const { pause, signal } = options;
      await rechunk(store, ids, { ...(pause ? { pause } : {}), ...(signal ? { signal } : {}) });
      await options.onStored?.(ids);
    }
  }
  for (const add of tally) add();
  run.open = open;
}

function keyOf(values: Record<string, unknown>): string {
  return `${values.source as string}\n${values.external_id as string}`;
}

function countSource({ sources, report }: Run, { source, kind, happened_at }: DocumentRow, group: Group): void {
  const key = `${source}\n${kind}`;
  const row = sources.get(key) ?? { source, kind, documents: 0, messages: 0 };
  row.documents += 1;
  row.messages += group.messages.length;
  sources.set(key, row);
  if (report.newest === null || timeOf(happened_at) > timeOf(report.newest)) report.newest = happened_at;
}

function countMore({ sources }: Run, { source, kind }: DocumentRow, group: Group): void {
  const row = sources.get(`${source}\n${kind}`);
  if (row) row.messages += group.messages.length;
}

/** Why a document is not taken, or null. */
function leftOut(
  theirs: DocumentRow,
  before: Existing | null,
  marked: boolean,
  { options, cutoffs: limits }: Run,
): 'forgotten' | 'expired' | null {
  if (before?.going) return 'forgotten';
  if (before?.hidden === true || (before === null && marked)) return options.bringBack === true ? null : 'forgotten';
  if (before !== null) return null;
  const kind = theirs.kind === 'page' && theirs.metadata.origin === 'visit' ? 'visit' : (theirs.kind as RetainedKind);
  return timeOf(theirs.happened_at) < (limits.get(kind) ?? Number.NEGATIVE_INFINITY) ? 'expired' : null;
}

/** The better of each, where a file has a message twice. */
function unique({ messages, part }: Group, { damage }: Run): Map<string, Said> {
  const found = new Map<string, Said>();
  for (const said of messages) {
    const id = said.record.values.external_id as string;
    const before = found.get(id);
    if (before) {
      damage.add({ code: 'record_unreadable', part, line: said.line, message: `message ${id} is there twice` });
      if (!takesTheirs(messageRow(before), messageRow(said))) continue;
    }
    found.set(id, said);
  }
  return found;
}

function messageRow({ record: { values } }: Said): MessageRow {
  return { ...(values as unknown as MessageRow), length: (values.markdown as string).length };
}

async function readExisting(
  db: Queryable,
  groups: Group[],
): Promise<{ byKey: Map<string, Existing>; ids: Set<string> }> {
  const values = groups.map(({ document }) => document.values);
  const rows = await db.query<{ line: string; hidden: boolean; going: boolean }>(
    `select row_to_json(r)::text as line, hidden, going from (
      select ${selectList(DOCUMENT, 'd')}, d.forget_id is not null as hidden,
        exists (select from forget_receipt where id = d.forget_id and purge_at = '-infinity') as going
      from document d
      where d.id = any($1::uuid[])
        or (d.source, d.external_id) in (select * from unnest($2::text[], $3::text[]))
    ) r`,
    [values.map(({ id }) => id), values.map(({ source }) => source), values.map(({ external_id }) => external_id)],
  );
  const byKey = new Map<string, Existing>();
  const ids = new Set<string>();
  for (const { line, hidden, going } of rows) {
    const { type: _type, ...row } = JSON.parse(line) as DocumentRow & { type: string };
    byKey.set(`${row.source}\n${row.external_id}`, { ...row, hidden, going });
    ids.add(row.id);
  }
  return { byKey, ids };
}

function hashesOf(groups: Group[]): Promise<string[]> {
  return Promise.all(
    groups.map(({ document: { values } }) => forgottenHash(values.source as string, values.external_id as string)),
  );
}

async function readMarks(db: Queryable, groups: Group[]): Promise<Set<Group>> {
  const hashes = await hashesOf(groups);
  const rows = await db.query<{ source_hash: string }>(
    'select source_hash from forgotten where source_hash = any($1::text[])',
    [hashes],
  );
  const marked = new Set(rows.map(({ source_hash }) => source_hash));
  return new Set(groups.filter((_group, index) => marked.has(hashes[index] ?? '')));
}

/** Our messages of these documents; of one that comes in parts only those that the part has. */
async function readOurs(db: Queryable, changes: Change[]): Promise<void> {
  const known = changes.filter(({ before }) => before !== null);
  if (known.length === 0) return;
  const whole = known.filter(({ group }) => group.first && group.last);
  const parts = known.filter(({ group }) => !(group.first && group.last));
  // As JSON, because a text that begins with a byte order mark comes without it otherwise, and this is an id.
  const rows = await db.query<{ line: string }>(
    `select row_to_json(r)::text as line from (
      select m.document_id, m.id, m.external_id, m.position, m.on_active_branch, m.finished, m.strategy, m.content_hash,
        length(m.markdown) as length, (to_json(m.captured_at at time zone 'UTC') #>> '{}') || 'Z' as captured_at
      from message m
      where m.document_id = any($1::uuid[])
        or (m.document_id, m.external_id) in (select * from unnest($2::uuid[], $3::text[]))
    ) r`,
    [
      whole.map(({ id }) => id),
      parts.flatMap(({ id, messages }) => [...messages.keys()].map(() => id)),
      parts.flatMap(({ messages }) => [...messages.keys()]),
    ],
  );
  const byId = new Map(known.map((change) => [change.id, change]));
  for (const { line } of rows) {
    const { document_id, ...row } = JSON.parse(line) as MessageRow & { document_id: string };
    byId.get(document_id)?.ours.set(row.external_id, row);
  }
}

function plan(change: Change): void {
  const { group, before, messages, ours } = change;
  const theirs = group.document.values as unknown as DocumentRow;
  if (before === null) {
    change.row = theirs;
    change.plan.add = [...messages.keys()];
    return;
  }
  const whole = group.first && group.last;
  const inFile = [...messages.values()].map(messageRow);
  change.plan = planMessages(before, [...ours.values()], theirs, inFile);
  // Of a document that comes in parts nobody has all places at hand: those of the file stand.
  if (!whole) {
    change.plan.places = new Map(
      change.plan.add.map((id) => {
        const { position, on_active_branch } = messageRow(messages.get(id) as Said);
        return [id, { position, active: on_active_branch }];
      }),
    );
  }
  // What may be broken fills gaps and replaces nothing.
  const unsure = new Set(change.plan.replace.filter((id) => messages.get(id)?.doubtful));
  if (unsure.size > 0) {
    change.plan.replace = change.plan.replace.filter((id) => !unsure.has(id));
    change.plan.keep.push(...unsure);
  }
  const merged = group.doubtful ? before : mergeDocument(before, theirs);
  const moved = [...change.plan.places.keys()].some((id) => ours.has(id));
  const changed =
    merged !== before || before.hidden || moved || change.plan.add.length + change.plan.replace.length > 0;
  // The hash says that another capture brings nothing new, which is not known of the two together.
  if (changed && group.first) change.row = { ...merged, content_hash: '' };
}

async function write(tx: Queryable, changes: Change[]): Promise<void> {
  const fresh = changes.filter(({ before }) => before === null);
  const known = changes.filter(({ before, row }) => before !== null && row !== null);
  if (fresh.length > 0) {
    const lines = fresh.map(({ group: { document, last }, id }) => {
      const { values, raw } = document;
      // Until all its messages are in, a capture of the same must not be taken for known.
      return id === values.id && last ? raw : JSON.stringify({ ...values, id, ...(last ? {} : { content_hash: '' }) });
    });
    await tx.query(
      `insert into document (${columns(DOCUMENT)})
      select ${columns(DOCUMENT)} from json_populate_recordset(null::document, $1::text::json)`,
      [list(lines)],
    );
  }
  if (known.length > 0) {
    const names = DOCUMENT.fields
      .map(({ name }) => name)
      .filter((name) => !['id', 'source', 'external_id'].includes(name));
    await tx.query(
      `update document d set forget_id = null, ${names.map((name) => `${name} = v.${name}`).join(', ')}
      from json_populate_recordset(null::document, $1::text::json) v where d.id = v.id`,
      [list(known.map(({ row, id }) => JSON.stringify({ ...row, id })))],
    );
  }
  await addMessages(tx, changes);
  await changeMessages(tx, changes, 'replace');
  await changeMessages(tx, changes, 'keep');
  await placeMessages(tx, changes);
  const ended = changes.filter(({ fresh: isNew, group }) => isNew && !group.first && group.last);
  if (ended.length > 0) await endParts(tx, ended);
}

const columns = ({ fields }: Table) => fields.map(({ name }) => name).join(', ');
const list = (lines: string[]) => `[${lines.join(',')}]`;

async function addMessages(tx: Queryable, changes: Change[]): Promise<void> {
  const added = changes.flatMap(({ id, messages, plan: { add, places } }) =>
    add.map((externalId) => ({
      documentId: id,
      said: messages.get(externalId) as Said,
      place: places.get(externalId),
    })),
  );
  if (added.length === 0) return;
  const taken = await tx.query<{ id: string }>('select id from message where id = any($1::uuid[])', [
    added.map(({ said }) => said.record.values.id),
  ]);
  const used = new Set(taken.map(({ id }) => id));
  const lines = added.map(({ documentId, said: { record }, place }) => {
    const { values, raw } = record;
    const id = used.has(values.id as string) ? uuidv7() : (values.id as string);
    used.add(id);
    const position = place?.position ?? values.position;
    const active = place?.active ?? values.on_active_branch;
    const asIs =
      id === values.id &&
      documentId === values.document_id &&
      position === values.position &&
      active === values.on_active_branch;
    return asIs ? raw : JSON.stringify({ ...values, id, document_id: documentId, position, on_active_branch: active });
  });
  await tx.query(
    `insert into message (${columns(MESSAGE)})
    select ${columns(MESSAGE)} from json_populate_recordset(null::message, $1::text::json)`,
    [list(lines)],
  );
}

/** What describes a message is filled from the other side; only its text has one winner. */
async function changeMessages(tx: Queryable, changes: Change[], which: 'replace' | 'keep'): Promise<void> {
  const lines = changes.flatMap(({ id, messages, ours, plan: planned }) =>
    planned[which].flatMap((externalId) => {
      const said = messages.get(externalId) as Said;
      const mine = ours.get(externalId);
      const theirs = messageRow(said);
      const same =
        mine?.content_hash === theirs.content_hash &&
        mine.captured_at === theirs.captured_at &&
        mine.finished === theirs.finished &&
        mine.strategy === theirs.strategy;
      if (mine === undefined || (which === 'keep' && (same || said.doubtful))) return [];
      return [JSON.stringify({ ...said.record.values, id: mine.id, document_id: id })];
    }),
  );
  if (lines.length === 0) return;
  const [first, second] = which === 'replace' ? ['v', 'm'] : ['m', 'v'];
  const facts = ['parent_id', 'author', 'model', 'created_at'];
  const text = ['role', 'markdown', 'finished', 'attachments', 'content_hash', 'captured_at', 'strategy'];
  await tx.query(
    `update message m set
      ${facts.map((name) => `${name} = coalesce(${first}.${name}, ${second}.${name})`).join(', ')},
      metadata = ${second}.metadata || ${first}.metadata
      ${which === 'replace' ? text.map((name) => `, ${name} = v.${name}`).join('') : ''}
    from json_populate_recordset(null::message, $1::text::json) v where m.id = v.id`,
    [list(lines)],
  );
}

async function placeMessages(tx: Queryable, changes: Change[]): Promise<void> {
  const moved = changes.flatMap(({ ours, plan: { places } }) =>
    [...places].flatMap(([externalId, place]) => {
      const mine = ours.get(externalId);
      return mine ? [{ id: mine.id, ...place }] : [];
    }),
  );
  if (moved.length === 0) return;
  await tx.query(
    `update message m set position = v.position, on_active_branch = v.active
    from unnest($1::uuid[], $2::integer[], $3::boolean[]) as v(id, position, active) where m.id = v.id`,
    [moved.map(({ id }) => id), moved.map(({ position }) => position), moved.map(({ active }) => active)],
  );
}

/** All parts of a document that was new are in: now its hash holds. One that changed keeps none. */
async function endParts(tx: Queryable, changes: Change[]): Promise<void> {
  const rows = changes.map(({ id, group: { document } }) => ({ id, hash: document.values.content_hash as string }));
  await tx.query(
    `update document d set content_hash = v.hash from unnest($1::uuid[], $2::text[]) as v(id, hash) where d.id = v.id`,
    [rows.map(({ id }) => id), rows.map(({ hash }) => hash)],
  );
}

async function takeRows(table: Table, records: DataRecord[], run: Run): Promise<void> {
  const { store, options, report, used } = run;
  if (table === FORGOTTEN) report.marks += records.length;
  if (!options.apply) return;
  const lines = list(records.map(({ raw }) => raw));
  if (table === RETENTION) {
    // How long this database keeps things is its user's choice; only an empty one takes the file's.
    if (used) return;
    await store.query(
      `insert into retention (kind, days)
      select kind, days from json_populate_recordset(null::retention, $1::text::json)
      on conflict do nothing`,
      [lines],
    );
    return;
  }
  await store.query(
    `insert into forgotten (source_hash, forgotten_at)
    select source_hash, max(forgotten_at) from json_populate_recordset(null::forgotten, $1::text::json) v
    where not exists (
      select from document d where d.forget_id is null
        and encode(sha256(convert_to(d.source || E'\\n' || d.external_id, 'UTF8')), 'hex') = v.source_hash
    )
    group by source_hash
    on conflict (source_hash) do update set forgotten_at = greatest(forgotten.forgotten_at, excluded.forgotten_at)`,
    [lines],
  );
}

async function holdsDocuments(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ used: boolean }>('select exists (select from document) as used');
  return row?.used ?? false;
}

async function cutoffs(db: Queryable, now: Date): Promise<Map<RetainedKind, number>> {
  const retention = await readRetention(db);
  return new Map(
    Object.entries(retention).flatMap(([kind, days]) =>
      days === null ? [] : [[kind as RetainedKind, now.getTime() - days * DAY_MS]],
    ),
  );
}

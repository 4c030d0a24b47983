import { v7 as uuidv7 } from 'uuid';
import type { IngestReport } from '../api';
import { turnOf } from '../capture';
import {
  type Attachment,
  type Capture,
  type CapturedDocument,
  type CapturedMessage,
  type CapturedPage,
  sourceOf,
} from '../capture/types';
import { forgottenHash, readExpired, readOvertaken } from '../documents';
import { EngineError } from '../errors';
import type { Queryable, Store } from '../store';
import { rechunk } from './chunks';
import {
  type Incoming,
  type IncomingMessage,
  type MergePlan,
  planMerge,
  type Stored,
  type StoredMessage,
  toTime,
} from './merge';
import { placeOf, type Placed, withNames } from './places';
import { slices } from './slices';
import { clean, cleanJson, textHash } from './text';
import { foldVisit, lastingFacts, visitFacts } from './visits';

export interface IngestOptions {
  /** Awaited between transactions: where a waiting search goes first. */
  pause?: () => Promise<void>;
  signal?: AbortSignal;
  /** The captures waited in a page or the outbox: one that was made before a deletion which covers it is passed over. */
  waited?: boolean;
  /** What is too old to be kept is too old at this moment; the clock's unless told. */
  now?: Date;
  /** Called with captures done and all. */
  progress?: (done: number, total: number) => void;
}

/** Captures taken together: enough that many small conversations cost few statements, little enough to stay short. */
const GROUP_MESSAGES = 400;

/**
 * Stores captures in the order given, each document once and each message once, by the rules of `planMerge`.
 * A stop at any moment (a kill, an abort) leaves a database that the same captures complete.
 *
 * @throws EngineError `bad_input` when a capture has no id or no captured_at; nothing of its group is stored.
 */
export async function ingest(store: Store, captures: Capture[], options: IngestOptions = {}): Promise<IngestReport> {
  const report: IngestReport = {
    documents: 0,
    messages_added: 0,
    messages_updated: 0,
    messages_unchanged: 0,
    forgotten: 0,
    expired: 0,
    document_ids: [],
  };
  captures.forEach(check);
  for (const group of groups(captures)) {
    options.signal?.throwIfAborted();
    await ingestGroup(store, group, report, options);
    options.progress?.(report.document_ids.length, captures.length);
  }
  return report;
}

function check(capture: Capture, index: number): void {
  const where = `capture ${index + 1} (${capture.kind})`;
  if (typeof capture.id !== 'string' || capture.id === '') {
    throw new EngineError('bad_input', `${where} has no id.`);
  }
  if (toTime(capture.captured_at) === null) {
    throw new EngineError('bad_input', `${where}, ${capture.id}: captured_at is not a time: ${capture.captured_at}`);
  }
}

/** Consecutive captures of different documents. */
function* groups(captures: Capture[]): Generator<Capture[]> {
  let group: Capture[] = [];
  let keys = new Set<string>();
  let messages = 0;
  for (const capture of captures) {
    const key = keyOf(sourceOf(capture), capture.id);
    const count =
      capture.kind === 'conversation'
        ? capture.messages.length
        : capture.kind === 'document'
          ? capture.sections.length
          : 1;
    if (group.length > 0 && (keys.has(key) || messages + count > GROUP_MESSAGES)) {
      yield group;
      group = [];
      keys = new Set();
      messages = 0;
    }
    group.push(capture);
    keys.add(key);
    messages += count;
  }
  if (group.length > 0) yield group;
}

function keyOf(source: string, externalId: string): string {
  return `${source}\n${externalId}`;
}

interface StoredDocument {
  id: string;
  source: string;
  external_id: string;
  url: string | null;
  title: string | null;
  author: string | null;
  language: string | null;
  note: string | null;
  created_at: Date | string | null;
  updated_at: Date | string | null;
  captured_at: Date | string;
  happened_at: Date | string;
  branch_at: Date | string | null;
  content_hash: string;
  complete: boolean;
  metadata: Record<string, unknown>;
}

/** A capture on its way in. */
interface Work {
  capture: Capture;
  source: string;
  externalId: string;
  incoming: Incoming;
  hash: string;
  id: string;
  before: StoredDocument | null;
  plan: MergePlan;
}

async function ingestGroup(
  store: Store,
  captures: Capture[],
  report: IngestReport,
  options: IngestOptions,
): Promise<void> {
  const { pause = async () => {} } = options;
  const forgotten = await readForgotten(store, captures);
  if (options.waited === true) for (const capture of await readOvertaken(store, captures)) forgotten.add(capture);
  const expired = await readExpired(
    store,
    captures.filter((capture) => !forgotten.has(capture)),
    options.now ?? new Date(),
  );
  const kept = captures.filter((capture) => !forgotten.has(capture) && !expired.has(capture));
  const documents = await readDocuments(store, kept);
  const ids = new Map<Capture, string>();
  const works: Work[] = [];
  const unchanged: Work[] = [];

  const prepared: Work[] = [];
  for (const given of kept) {
    const source = sourceOf(given);
    const externalId = clean(given.id);
    const before = documents.get(keyOf(source, externalId)) ?? null;
    const capture = given.kind === 'page' ? foldVisit(given, before?.metadata ?? null) : given;
    const incoming = await toIncoming(capture, pause);
    const hash = await captureHash(capture, incoming);
    const id = before?.id ?? uuidv7();
    ids.set(given, id);
    const plan = { add: [], update: [], unchanged: incoming.messages.length, order: [], newer: true, whole: true };
    const work = { capture, source, externalId, incoming, hash, id, before, plan };
    const same = before?.content_hash === hash && incoming.captured_at >= ms(before.captured_at);
    (same ? unchanged : prepared).push(work);
  }
  const stored = await readMessages(
    store,
    prepared.flatMap(({ before }) => (before ? [before.id] : [])),
  );
  await nameByPlace(store, prepared, stored);
  await countTurns(store, prepared, stored);
  for (const work of prepared) {
    const { before, incoming } = work;
    const state: Stored = {
      captured_at: before ? ms(before.captured_at) : Number.NEGATIVE_INFINITY,
      updated_at: before?.updated_at ? ms(before.updated_at) : null,
      branch_at: before?.branch_at ? ms(before.branch_at) : null,
      messages: before ? (stored.get(before.id) ?? []) : [],
    };
    work.plan = planMerge(state, incoming);
    works.push(work);
  }

  await pause();
  const made = works.filter(({ before }) => before === null);
  if (made.length > 0) await writeDocuments(store, made, true);
  const texts = await writeMessages(store, works, options);
  await writeOrder(store, works, stored, pause);

  // The document's title is part of what its passages are indexed under: it comes before them. Its content hash, which
  // says that nothing is left to do, comes after.
  if (works.length > 0) {
    const known = works.filter(({ before }) => before !== null);
    if (known.length > 0) await writeDocuments(store, known, false);
    await rechunk(
      store,
      works.map(({ id }) => id),
      { ...options, texts },
    );
    await finish(store, works);
  }
  if (unchanged.length > 0) await touch(store, unchanged);

  for (const capture of captures) report.document_ids.push(ids.get(capture) ?? null);
  report.forgotten += forgotten.size;
  report.expired += expired.size;
  report.documents += kept.length;
  for (const { plan } of [...works, ...unchanged]) {
    report.messages_added += plan.add.length;
    report.messages_updated += plan.update.length;
    report.messages_unchanged += plan.unchanged;
  }
}

async function toIncoming(capture: Capture, pause: () => Promise<void>): Promise<Incoming> {
  const source = messagesOf(capture);
  const messages: IncomingMessage[] = [];
  for (const slice of slices(source, (message) => message.markdown.length)) {
    messages.push(...(await Promise.all(slice.map(toIncomingMessage))));
    if (slice.length < source.length) await pause();
  }
  return {
    coverage: capture.kind === 'conversation' ? capture.coverage : 'all',
    strategy: capture.kind === 'conversation' ? capture.strategy : capture.kind === 'document' ? 'json-tree' : 'dom',
    captured_at: Date.parse(capture.captured_at),
    updated_at: capture.kind === 'page' ? null : toTime(capture.updated_at),
    messages,
  };
}

async function toIncomingMessage(message: CapturedMessage): Promise<IncomingMessage> {
  const markdown = clean(message.markdown);
  const time = toTime(message.created_at);
  return {
    ...message,
    id: clean(message.id),
    parent_id: message.parent_id === null ? null : clean(message.parent_id),
    author: message.author === null ? null : clean(message.author),
    model: message.model === null ? null : clean(message.model),
    created_at: time === null ? null : new Date(time).toISOString(),
    markdown,
    content_hash: await textHash(`${message.role}\n${cleanJson(message.attachments)}\n${markdown}`),
  };
}

function messagesOf(capture: Capture): CapturedMessage[] {
  if (capture.kind === 'conversation') return capture.messages;
  return capture.kind === 'document' ? sectionMessages(capture) : [pageMessage(capture)];
}

/** An imported document's sections, each as a message that no side says; its files hang on the first. */
function sectionMessages(document: CapturedDocument): CapturedMessage[] {
  return document.sections.map((section, index) => ({
    id: section.id,
    parent_id: null,
    role: 'system',
    author: section.author ?? document.author,
    model: null,
    created_at: section.created_at,
    markdown: section.markdown,
    finished: true,
    on_active_branch: true,
    attachments: index === 0 ? document.attachments : [],
    metadata: section.metadata,
  }));
}

/** A page as the one message it is. No one says it, so its role is that of neither side. */
function pageMessage(page: CapturedPage): CapturedMessage {
  return {
    id: 'page',
    parent_id: null,
    role: 'system',
    author: page.author ?? page.site_name,
    model: null,
    created_at: page.published_at,
    markdown: page.markdown,
    finished: true,
    on_active_branch: true,
    attachments: [] as Attachment[],
    metadata: {},
  };
}

/** Gives messages that go by their places the names that are stored; only a branch that was seen whole has places. */
async function nameByPlace(store: Store, works: Work[], stored: Map<string, StoredMessage[]>): Promise<void> {
  for (const { before, incoming } of works) {
    const places = incoming.messages.map(placeOf).filter((place) => place !== null);
    if (places.length === 0 || !before?.branch_at) continue;
    if (!stored.get(before.id)?.some((message) => message.strategy !== 'dom')) continue;
    const held = await store.query<Placed>(
      `select position + 1 as place, external_id, role, left(markdown, 2000) as words
      from message where document_id = $1 and on_active_branch and position + 1 = any($2::integer[])`,
      [before.id, places],
    );
    incoming.messages = withNames(incoming.messages, held);
  }
}

/** Says which turns are stored where a look at a page has nothing in common with them but the count of its turns. */
async function countTurns(store: Store, works: Work[], stored: Map<string, StoredMessage[]>): Promise<void> {
  for (const { before, incoming } of works) {
    const [first] = incoming.messages;
    if (incoming.strategy !== 'dom' || incoming.coverage !== 'some' || !before || !first || turnOf(first) === null)
      continue;
    const held = stored.get(before.id) ?? [];
    const ids = new Set(incoming.messages.map((message) => message.id));
    if (held.some((message) => ids.has(message.external_id))) continue;
    const rows = await store.query<{ external_id: string; turn: unknown }>(
      `select external_id, coalesce(metadata -> 'position', metadata -> 'turn') as turn from message
      where document_id = $1 and on_active_branch`,
      [before.id],
    );
    const turns = new Map(rows.map(({ external_id: id, turn }) => [id, turnOf({ id, metadata: { turn } })]));
    for (const message of held) message.turn = turns.get(message.external_id) ?? null;
  }
}

/** Equal for captures that would bring the same; when it was captured is left out. */
async function captureHash(capture: Capture, incoming: Incoming): Promise<string> {
  const messages = incoming.messages.map((message) => [
    message.id,
    message.content_hash,
    message.finished,
    message.on_active_branch,
    message.parent_id,
    message.author,
    message.model,
    message.created_at,
  ]);
  const facts =
    capture.kind === 'conversation'
      ? [capture.created_at, capture.updated_at, capture.coverage, capture.strategy, capture.complete]
      : capture.kind === 'document'
        ? [capture.author, capture.language, capture.note, capture.created_at, capture.updated_at, capture.filed_as]
        : [capture.author, capture.site_name, capture.language, capture.note, capture.published_at];
  const metadata = capture.kind === 'page' ? lastingFacts(capture.metadata) : capture.metadata;
  return textHash(JSON.stringify([capture.title, capture.url, facts, metadata, messages]));
}

async function readForgotten(store: Store, captures: Capture[]): Promise<Set<Capture>> {
  const hashes = await Promise.all(captures.map((capture) => forgottenHash(sourceOf(capture), clean(capture.id))));
  const rows = await store.query<{ source_hash: string }>(
    'select source_hash from forgotten where source_hash = any($1::text[])',
    [hashes],
  );
  const marked = new Set(rows.map((row) => row.source_hash));
  return new Set(captures.filter((_capture, index) => marked.has(hashes[index] ?? '')));
}

async function readDocuments(store: Store, captures: Capture[]): Promise<Map<string, StoredDocument>> {
  const rows = await store.query<StoredDocument>(
    `select d.id, d.source, d.external_id, d.url, d.title, d.author, d.language, d.note, d.created_at, d.updated_at,
      d.captured_at, d.happened_at, d.branch_at, d.content_hash, d.complete, d.metadata
    from document d join unnest($1::text[], $2::text[]) as v(source, external_id) using (source, external_id)`,
    [captures.map(sourceOf), captures.map(({ id }) => clean(id))],
  );
  return new Map(rows.map((row) => [keyOf(row.source, row.external_id), row]));
}

async function readMessages(store: Store, documentIds: string[]): Promise<Map<string, StoredMessage[]>> {
  const found = new Map<string, StoredMessage[]>();
  if (documentIds.length === 0) return found;
  type Row = Omit<StoredMessage, 'captured_at' | 'created_at'> & {
    document_id: string;
    captured_at: Date | string;
    created_at: Date | string | null;
  };
  const rows = await store.query<Row>(
    `select document_id, external_id, parent_id, author, model, created_at, finished, on_active_branch, position,
      content_hash, length(markdown) as length, captured_at, strategy
    from message where document_id = any($1::uuid[]) order by document_id, position, id`,
    [documentIds],
  );
  for (const { document_id, ...row } of rows) {
    const message = {
      ...row,
      captured_at: ms(row.captured_at),
      created_at: row.created_at === null ? null : ms(row.created_at),
    };
    const list = found.get(document_id);
    if (list) list.push(message);
    else found.set(document_id, [message]);
  }
  return found;
}

/** The document as it will be. */
function mergeDocument({ capture, before, plan, incoming, source, externalId, id }: Work) {
  const theirs =
    capture.kind === 'conversation'
      ? { author: null, language: null, note: null, created_at: capture.created_at, updated_at: capture.updated_at }
      : {
          author: capture.kind === 'document' ? capture.author : (capture.author ?? capture.site_name),
          language: capture.language,
          note: capture.note,
          created_at: capture.kind === 'document' ? capture.created_at : capture.published_at,
          updated_at: capture.kind === 'document' ? capture.updated_at : null,
        };
  const pick = <Value>(ours: Value | null | undefined, given: Value | null) =>
    plan.newer ? (given ?? ours ?? null) : (ours ?? given);
  const text = (ours: string | null | undefined, given: string | null) =>
    pick(ours, given === null ? null : clean(given));
  const times = [theirs.updated_at, theirs.created_at].map(toTime).filter((time) => time !== null);
  return {
    id,
    kind: capture.kind === 'document' ? capture.filed_as : capture.kind,
    source,
    external_id: externalId,
    url: text(before?.url, capture.url),
    title: text(before?.title, capture.title),
    author: text(before?.author, theirs.author),
    language: text(before?.language, theirs.language),
    note: text(before?.note, theirs.note),
    created_at: isoTime(pick(before?.created_at ? ms(before.created_at) : null, toTime(theirs.created_at))),
    updated_at: isoTime(
      Math.max(toTime(theirs.updated_at) ?? -Infinity, before?.updated_at ? ms(before.updated_at) : -Infinity),
    ),
    captured_at: isoTime(
      plan.newer ? incoming.captured_at : Math.max(incoming.captured_at, before ? ms(before.captured_at) : -Infinity),
    ),
    happened_at: isoTime(happenedAt(capture, incoming, plan, before, times)),
    branch_at: (capture.kind === 'page' ? plan.newer : plan.whole)
      ? isoTime(incoming.captured_at)
      : before?.branch_at
        ? isoTime(ms(before.branch_at))
        : null,
    complete: isComplete(capture, before, plan, incoming),
    metadata: cleanJson(
      capture.kind === 'page'
        ? { ...capture.metadata, origin: capture.origin, site_name: capture.site_name }
        : capture.kind === 'document'
          ? { ...capture.metadata, origin: 'import' }
          : { ...capture.metadata, strategy: capture.strategy },
    ),
  };
}

/**
 * When a document last lived: its newest known time. The time of capture stands in where the site gives none (for what
 * is new in it), so that an export of old conversations is not all of today.
 */
function happenedAt(
  capture: Capture,
  incoming: Incoming,
  plan: MergePlan,
  before: StoredDocument | null,
  times: number[],
): number {
  if (capture.kind === 'page') return incoming.captured_at; // when it was kept
  const said = incoming.messages.map(({ created_at }) => toTime(created_at)).filter((time) => time !== null);
  const undated = plan.add.some(({ created_at }) => created_at === null);
  const known = [...times, ...said].reduce((newest, time) => Math.max(newest, time), -Infinity);
  const old = before ? ms(before.happened_at) : -Infinity;
  const all = said.length === incoming.messages.length;
  if (plan.whole && all && Number.isFinite(known)) return known;
  // An imported text is as old as it says it is, though none of its parts has a date.
  if (capture.kind === 'document' && Number.isFinite(known)) return known;
  const newest = Math.max(
    known,
    old,
    undated && (before !== null || !Number.isFinite(known)) ? incoming.captured_at : -Infinity,
  );
  return Number.isFinite(newest) ? newest : incoming.captured_at;
}

function isComplete(capture: Capture, before: StoredDocument | null, plan: MergePlan, { messages }: Incoming): boolean {
  if (capture.kind !== 'conversation') return true;
  if (plan.whole) return capture.complete;
  if (!plan.newer || capture.coverage === 'all') {
    // By a clock that is behind it may be older; what it says is whole is what is shown.
    const given = messages.filter((message) => message.on_active_branch).map((message) => message.id);
    const shown = plan.order.filter(({ active }) => active).map(({ id }) => id);
    const same = given.length === shown.length && given.every((id, index) => id === shown[index]);
    return (before?.complete ?? false) || (capture.complete && capture.coverage === 'all' && same);
  }
  // A tail completes what was seen whole before; `some` changes nothing unless something is new.
  const head = capture.messages.findLast((message) => message.on_active_branch);
  if (capture.coverage === 'tail') {
    return capture.complete || (Boolean(before?.branch_at) && head?.role === 'assistant' && head.finished);
  }
  return (before?.complete ?? false) && plan.add.length === 0;
}

async function writeDocuments(db: Queryable, works: Work[], fresh: boolean): Promise<void> {
  const rows = works.map(mergeDocument);
  const columns = [
    rows.map((row) => row.id),
    rows.map((row) => row.kind),
    rows.map((row) => row.source),
    rows.map((row) => row.external_id),
    rows.map((row) => row.url),
    rows.map((row) => row.title),
    rows.map((row) => row.author),
    rows.map((row) => row.language),
    rows.map((row) => row.note),
    rows.map((row) => row.created_at),
    rows.map((row) => row.updated_at),
    rows.map((row) => row.captured_at),
    rows.map((row) => row.happened_at),
    rows.map((row) => row.branch_at),
    rows.map((row) => row.complete),
    rows.map((row) => row.metadata),
  ];
  const names =
    'id, kind, source, external_id, url, title, author, language, note, created_at, updated_at, captured_at, happened_at, branch_at, complete, metadata';
  const values = `unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::timestamptz[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::timestamptz[], $15::boolean[], $16::text[])
    as v(${names})`;
  if (fresh) {
    await db.query(
      `insert into document (${names}, content_hash)
      select id, kind, source, external_id, url, title, author, language, note, created_at, updated_at, captured_at, happened_at,
        null, complete, metadata::jsonb, ''
      from ${values}`,
      columns,
    );
    return;
  }
  await db.query(
    `update document d set url = v.url, title = v.title, author = v.author, language = v.language, note = v.note,
      created_at = v.created_at, updated_at = v.updated_at, happened_at = v.happened_at, complete = v.complete,
      metadata = d.metadata || v.metadata::jsonb, content_hash = ''
    from ${values} where d.id = v.id`,
    columns,
  );
}

/** Writes what the plans add and change; gives the texts back by message id, for the cutting that follows. */
async function writeMessages(store: Store, works: Work[], options: IngestOptions): Promise<Map<string, string>> {
  const { pause = async () => {}, signal } = options;
  const texts = new Map<string, string>();
  const rows = works.flatMap(({ id: documentId, plan, incoming }) => {
    const place = new Map(plan.order.map(({ id, active }, position) => [id, { position, active }]));
    const row = (message: IncomingMessage, change: 'add' | 'text' | 'facts') => ({
      documentId,
      message,
      change,
      place: place.get(message.id) ?? { position: 0, active: false },
      capturedAt: isoTime(incoming.captured_at),
      strategy: incoming.strategy,
    });
    return [
      ...plan.add.map((message) => row(message, 'add')),
      ...plan.update.map(({ message, with_text }) => row(message, with_text ? 'text' : 'facts')),
    ];
  });
  for (const slice of slices(rows, ({ message, change }) => (change === 'facts' ? 0 : message.markdown.length))) {
    signal?.throwIfAborted();
    await pause();
    const full = slice.filter(({ change }) => change !== 'facts');
    const facts = slice.filter(({ change }) => change === 'facts');
    await store.transaction(async (tx) => {
      if (full.length > 0) {
        const written = await tx.query<{ id: string; document_id: string; external_id: string }>(
          `insert into message (document_id, external_id, parent_id, role, author, model, markdown, created_at, position,
            on_active_branch, finished, attachments, metadata, content_hash, captured_at, strategy)
          select document_id, external_id, parent_id, role, author, model, markdown, created_at, position,
            on_active_branch, finished, attachments::jsonb, metadata::jsonb, content_hash, captured_at, strategy
          from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[],
            $9::integer[], $10::boolean[], $11::boolean[], $12::text[], $13::text[], $14::text[], $15::timestamptz[], $16::text[])
            as v(document_id, external_id, parent_id, role, author, model, markdown, created_at, position,
              on_active_branch, finished, attachments, metadata, content_hash, captured_at, strategy)
          on conflict (document_id, external_id) do update set parent_id = excluded.parent_id, role = excluded.role,
            author = excluded.author, model = excluded.model, markdown = excluded.markdown, created_at = excluded.created_at,
            finished = excluded.finished, attachments = excluded.attachments, metadata = message.metadata || excluded.metadata,
            content_hash = excluded.content_hash, captured_at = excluded.captured_at, strategy = excluded.strategy
          returning id, document_id, external_id`,
          [
            full.map((row) => row.documentId),
            full.map(({ message }) => message.id),
            full.map(({ message }) => message.parent_id),
            full.map(({ message }) => message.role),
            full.map(({ message }) => message.author),
            full.map(({ message }) => message.model),
            full.map(({ message }) => message.markdown),
            full.map(({ message }) => message.created_at),
            full.map(({ place }) => place.position),
            full.map(({ place }) => place.active),
            full.map(({ message }) => message.finished),
            full.map(({ message }) => cleanJson(message.attachments)),
            full.map(({ message }) => cleanJson(message.metadata)),
            full.map(({ message }) => message.content_hash),
            full.map((row) => row.capturedAt),
            full.map((row) => row.strategy),
          ],
        );
        const byKey = new Map(full.map((row) => [keyOf(row.documentId, row.message.id), row.message.markdown]));
        for (const row of written) texts.set(row.id, byKey.get(keyOf(row.document_id, row.external_id)) ?? '');
      }
      if (facts.length > 0) {
        await tx.query(
          `update message m set parent_id = v.parent_id, author = v.author, model = v.model, created_at = v.created_at, finished = v.finished
          from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[])
            as v(document_id, external_id, parent_id, author, model, created_at, finished)
          where m.document_id = v.document_id and m.external_id = v.external_id`,
          [
            facts.map((row) => row.documentId),
            facts.map(({ message }) => message.id),
            facts.map(({ message }) => message.parent_id),
            facts.map(({ message }) => message.author),
            facts.map(({ message }) => message.model),
            facts.map(({ message }) => message.created_at),
            facts.map(({ message }) => message.finished),
          ],
        );
      }
    });
  }
  return texts;
}

/** Moves stored messages to their new places; those that stay where they are cost nothing. */
async function writeOrder(
  store: Store,
  works: Work[],
  stored: Map<string, StoredMessage[]>,
  pause: () => Promise<void>,
): Promise<void> {
  const moved = works.flatMap(({ id: documentId, plan }) => {
    const before = new Map((stored.get(documentId) ?? []).map((message) => [message.external_id, message]));
    return plan.order.flatMap(({ id, active }, position) => {
      const old = before.get(id);
      return old && (old.position !== position || old.on_active_branch !== active)
        ? [{ documentId, id, active, position }]
        : [];
    });
  });
  for (const slice of slices(moved, () => 0)) {
    await pause();
    await store.query(
      `update message m set position = v.position, on_active_branch = v.active
      from unnest($1::uuid[], $2::text[], $3::integer[], $4::boolean[]) as v(document_id, external_id, position, active)
      where m.document_id = v.document_id and m.external_id = v.external_id`,
      [
        slice.map((row) => row.documentId),
        slice.map((row) => row.id),
        slice.map((row) => row.position),
        slice.map((row) => row.active),
      ],
    );
  }
}

/** Says that these captures are all in: only now may an equal one be skipped. */
async function finish(store: Store, works: Work[]): Promise<void> {
  const rows = works.map((work) => ({ work, merged: mergeDocument(work) }));
  await store.query(
    `update document d set content_hash = v.content_hash, captured_at = v.captured_at, branch_at = v.branch_at
      from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[]) as v(id, content_hash, captured_at, branch_at)
      where d.id = v.id`,
    [
      rows.map(({ work }) => work.id),
      // A capture that came late says nothing about what is newest; one that was not taken whole is taken up when it comes again.
      rows.map(({ work: { plan, incoming, hash, before } }) =>
        plan.newer && (plan.whole || incoming.coverage !== 'all' || incoming.messages.length === 0)
          ? hash
          : (before?.content_hash ?? ''),
      ),
      rows.map(({ merged }) => merged.captured_at),
      rows.map(({ merged }) => merged.branch_at),
    ],
  );
}

/** The same again: only the time of the capture is new, and that a page was visited. */
async function touch(store: Store, works: Work[]): Promise<void> {
  await store.query(
    `update document d set captured_at = v.captured_at, branch_at = case when d.branch_at is null then null when v.whole then v.captured_at else d.branch_at end,
      happened_at = case when v.visit::jsonb ? 'visited_at' then v.captured_at else d.happened_at end, metadata = d.metadata || v.visit::jsonb
    from unnest($1::uuid[], $2::timestamptz[], $3::boolean[], $4::text[]) as v(id, captured_at, whole, visit)
    where d.id = v.id and d.captured_at < v.captured_at`,
    [
      works.map(({ id }) => id),
      works.map(({ incoming }) => isoTime(incoming.captured_at)),
      works.map(({ incoming }) => incoming.coverage === 'all'),
      works.map(({ capture }) => cleanJson(capture.kind === 'page' ? visitFacts(capture) : {})),
    ],
  );
}

function ms(value: Date | string): number {
  return new Date(value).getTime();
}

function isoTime(value: number | null): string | null {
  return value === null || !Number.isFinite(value) ? null : new Date(value).toISOString();
}

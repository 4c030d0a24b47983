import fc from 'fast-check';
import type { Store } from '../../../engine/store';

/** What Postgres takes as a text: no NUL, whole surrogate pairs. */
const text = (most = 40) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength: most }),
      fc.string({ unit: 'grapheme', maxLength: most }),
      fc.constantFrom(
        '',
        '---',
        '# a\n\n```\nb\n```',
        '"quoted"',
        'a\\b',
        '../../etc/passwd',
        '\u2028',
        'NULL',
        '\ufeff',
      ),
    )
    .map((value) => value.replaceAll('\0', '').toWellFormed());
const maybe = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: null, freq: 3 });
/** With the microseconds that Postgres has and JavaScript has not. */
const time = fc
  .tuple(
    fc.date({ min: new Date('0001-01-02T00:00:00Z'), max: new Date('9999-12-30T00:00:00Z'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([date, micros]) => date.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`));
const json = fc
  .dictionary(text(10), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  .map((value) => JSON.stringify(value).replaceAll('\\u0000', '').toWellFormed());
const uuid = fc.uuid();

const message = fc.record({
  id: uuid,
  external_id: text(20),
  parent_id: maybe(text(20)),
  role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
  author: maybe(text(20)),
  model: maybe(text(20)),
  markdown: fc.oneof(
    text(200),
    text(20).map((piece) => piece.repeat(200)),
  ),
  created_at: maybe(time),
  position: fc.integer({ min: 0, max: 50 }),
  on_active_branch: fc.boolean(),
  finished: fc.boolean(),
  attachments: fc
    .array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 2 })
    .map((value) => JSON.stringify(value).replaceAll('\\u0000', '')),
  metadata: json,
  content_hash: fc.constantFrom('h1', 'h2', 'h3'),
  captured_at: time,
  strategy: fc.constantFrom('json-tree', 'dom', 'stream'),
});

const document = fc.record({
  id: uuid,
  kind: fc.constantFrom('conversation', 'page', 'note'),
  source: fc.oneof(fc.constantFrom('chatgpt', 'claude', 'web'), text(10)),
  external_id: text(30),
  url: maybe(text()),
  title: maybe(text()),
  author: maybe(text()),
  language: maybe(text(5)),
  note: maybe(text()),
  created_at: maybe(time),
  updated_at: maybe(time),
  captured_at: time,
  happened_at: time,
  content_hash: text(10),
  complete: fc.boolean(),
  metadata: json,
  branch_at: maybe(time),
  hidden: fc.boolean(),
  messages: fc.uniqueArray(message, { maxLength: 6, selector: ({ external_id }) => external_id }),
});

/** A database of every table: documents, messages, marks, receipts, retention. */
export const database = fc.record({
  documents: fc.uniqueArray(document, {
    maxLength: 6,
    selector: ({ source, external_id }) => `${source}\n${external_id}`,
  }),
  forgotten: fc.uniqueArray(fc.record({ source_hash: fc.stringMatching(/^[0-9a-f]{64}$/), forgotten_at: time }), {
    maxLength: 4,
    selector: ({ source_hash }) => source_hash,
  }),
  retention: fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom('conversation', 'page', 'visit', 'note'),
      days: fc.integer({ min: 1, max: 365_000 }),
    }),
    { maxLength: 4, selector: ({ kind }) => kind },
  ),
  receipt: fc.record({ id: uuid, marks: fc.boolean(), made_at: time }),
});

export type Generated = typeof database extends fc.Arbitrary<infer Value> ? Value : never;

export async function clear(store: Store): Promise<void> {
  await store.exec('truncate document, message, forgotten, forget_receipt, retention, job cascade');
}

/** Puts it in place of what is there. */
export async function fill(store: Store, data: Generated): Promise<void> {
  await clear(store);
  const used = new Set<string>();
  const fresh = (id: string) => {
    while (used.has(id)) id = crypto.randomUUID();
    used.add(id);
    return id;
  };
  const { receipt } = data;
  await store.query("insert into forget_receipt values ($1, 0, 0, '2999-01-01', null, $2, $3)", [
    receipt.id,
    receipt.made_at,
    receipt.marks,
  ]);
  for (const one of data.documents) {
    const id = fresh(one.id);
    await store.query(
      `insert into document (id, kind, source, external_id, url, title, author, language, note, created_at, updated_at,
        captured_at, happened_at, content_hash, complete, metadata, branch_at, forget_id)
      values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::timestamptz, $11::text::timestamptz, $12::text::timestamptz,
        $13::text::timestamptz, $14, $15, $16::text::jsonb, $17::text::timestamptz, $18)`,
      [
        id,
        one.kind,
        one.source,
        one.external_id,
        one.url,
        one.title,
        one.author,
        one.language,
        one.note,
        one.created_at,
        one.updated_at,
        one.captured_at,
        one.happened_at,
        one.content_hash,
        one.complete,
        one.metadata,
        one.branch_at,
        one.hidden ? receipt.id : null,
      ],
    );
    for (const said of one.messages) {
      await store.query(
        `insert into message (id, document_id, external_id, parent_id, role, author, model, markdown, created_at, position,
          on_active_branch, finished, attachments, metadata, content_hash, captured_at, strategy)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::timestamptz, $10, $11, $12, $13::text::jsonb, $14::text::jsonb,
          $15, $16::text::timestamptz, $17)`,
        [
          fresh(said.id),
          id,
          said.external_id,
          said.parent_id,
          said.role,
          said.author,
          said.model,
          said.markdown,
          said.created_at,
          said.position,
          said.on_active_branch,
          said.finished,
          said.attachments,
          said.metadata,
          said.content_hash,
          said.captured_at,
          said.strategy,
        ],
      );
    }
  }
  for (const { source_hash, forgotten_at } of data.forgotten)
    await store.query('insert into forgotten values ($1, $2::text::timestamptz)', [source_hash, forgotten_at]);
  for (const { kind, days } of data.retention) await store.query('insert into retention values ($1, $2)', [kind, days]);
}

/** Every row of every table that an export is about, as text; what is hidden counts as gone. */
export async function rows(store: Store): Promise<string[]> {
  const queries = [
    'select to_jsonb(d) - $1 as row from document d where forget_id is null order by id',
    'select to_jsonb(m) - $1 as row from message m join document d on d.id = m.document_id where forget_id is null order by m.id',
    'select to_jsonb(r) - $1 as row from retention r order by kind',
  ];
  const found: string[] = [];
  for (const sql of queries) {
    const all = await store.query<{ row: string }>(`select row::text as row from (${sql}) q`, ['chunked_as']);
    found.push(...all.map(({ row }) => row));
  }
  return found;
}

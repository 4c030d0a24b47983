/**
 * The format of an export: which tables, which fields, of what kind. docs/data-format.md says the same in prose, and the
 * JSON Schema is made of it.
 *
 * Only what cannot be made again is in it. Chunks are cut anew, vectors are taken from the file where they fit, jobs and
 * receipts of deletions belong to one database.
 */
export const FORMAT = 1;

export type FieldType = 'uuid' | 'text' | 'time' | 'boolean' | 'integer' | 'array' | 'object';

export interface Field {
  name: string;
  type: FieldType;
  nullable?: true;
  values?: readonly string[];
  /** What it says, for the schema. */
  about: string;
}

export interface Table {
  name: string;
  fields: readonly Field[];
  /** Fields of the database that an export leaves out, and why. */
  left_out: Readonly<Record<string, string>>;
}

const field = (name: string, type: FieldType, about: string, more: Partial<Field> = {}): Field => ({
  name,
  type,
  about,
  ...more,
});
const maybe = { nullable: true } as const;

export const DOCUMENT: Table = {
  name: 'document',
  fields: [
    field('id', 'uuid', 'The same in every copy.'),
    field('kind', 'text', 'What it is.', { values: ['conversation', 'page', 'note'] }),
    field('source', 'text', 'The site of a conversation, `web` for a page.'),
    field('external_id', 'text', "The source's own id; unique within the source."),
    field('url', 'text', 'Where the original is.', maybe),
    field('title', 'text', 'As the source says it.', maybe),
    field('author', 'text', 'Who wrote a page.', maybe),
    field('language', 'text', 'BCP 47.', maybe),
    field('note', 'text', 'What the user wrote beside it.', maybe),
    field('created_at', 'time', 'As the source says it.', maybe),
    field('updated_at', 'time', 'As the source says it.', maybe),
    field('captured_at', 'time', 'When it was last captured.'),
    field('happened_at', 'time', 'The newest known time.'),
    field('branch_at', 'time', 'When the whole shown branch was last captured.', maybe),
    field('complete', 'boolean', 'Whether the shown branch is whole.'),
    field('content_hash', 'text', 'Of the newest capture, to see that another one brings nothing new.'),
    field('metadata', 'object', 'What belongs to it and has no field.'),
  ],
  left_out: { forget_id: 'What the user deleted is not exported; its mark is, as a `forgotten` record.' },
};

export const MESSAGE: Table = {
  name: 'message',
  fields: [
    field('id', 'uuid', 'The same in every copy.'),
    field('document_id', 'uuid', 'The document it is part of.'),
    field('external_id', 'text', "The source's own id; unique within the document. A page's text is `page`."),
    field('parent_id', 'text', 'external_id of the message that it answers.', maybe),
    field('role', 'text', '`user`, `assistant`, `system` or `tool`.'),
    field('author', 'text', 'Name of the person or tool.', maybe),
    field('model', 'text', 'As the source says it.', maybe),
    field('created_at', 'time', 'When it was said, as the source says it.', maybe),
    field('position', 'integer', 'Order within the document; the shown branch first.'),
    field('on_active_branch', 'boolean', 'Whether the source showed it; false for what an edit replaced.'),
    field('finished', 'boolean', 'False for an answer that was still being written.'),
    field('captured_at', 'time', 'When its text was captured.'),
    field('strategy', 'text', 'How its text was read.'),
    field('content_hash', 'text', 'Of role, attachments and text.'),
    field('markdown', 'text', 'The text.'),
    field('attachments', 'array', 'Images and files that it names: kind, name, reference.'),
    field('metadata', 'object', 'What belongs to it and is not its text, e.g. `thinking`.'),
  ],
  left_out: { chunked_as: 'Says how chunks were cut, and chunks are cut anew.' },
};

export const FORGOTTEN: Table = {
  name: 'forgotten',
  fields: [
    field('source_hash', 'text', 'SHA-256 in hex of source, a newline and external_id of a deleted document.'),
    field('forgotten_at', 'time', 'When it was deleted.'),
  ],
  left_out: {},
};

export const RETENTION: Table = {
  name: 'retention',
  fields: [
    field('kind', 'text', 'What is kept for so long.', { values: ['conversation', 'page', 'visit', 'note'] }),
    field('days', 'integer', 'After its newest known time.'),
  ],
  left_out: {},
};

/** In the order in which they stand in a file. */
export const TABLES: readonly Table[] = [DOCUMENT, MESSAGE, FORGOTTEN, RETENTION];

/** Tables that are made from others or belong to one database alone, and why they are not exported. */
export const DERIVED: Readonly<Record<string, string>> = {
  chunk: 'cut from messages',
  embedding: 'made from chunks; on request it goes along as a binary',
  vector_index: 'made of vectors',
  job: 'what is to be done in this database',
  forget_receipt: 'what can still be undone in this database; the deletions themselves are exported as done',
  schema_version: 'of this database',
};

/** A line of a part, parsed and checked. `raw` is what the line said, so that no number loses digits on its way. */
export interface DataRecord {
  table: string;
  values: Record<string, unknown>;
  raw: string;
}

/** Why a line is no record, or the record. */
export function readRecord(line: string, format: number): DataRecord | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return 'it is not JSON';
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'it is not a JSON object';
  return checkRecord(upgraded(parsed as Record<string, unknown>, format), line);
}

/**
 * A record of an older format as one of this. Each format adds its step here: from 1 there is none yet.
 */
function upgraded(record: Record<string, unknown>, _format: number): Record<string, unknown> {
  return record;
}

function checkRecord(record: Record<string, unknown>, line: string): DataRecord | string {
  const { type } = record;
  const table = TABLES.find(({ name }) => name === type);
  if (!table) return `its type is ${JSON.stringify(type) ?? 'not said'}`;
  for (const { name, type: kind, nullable, values } of table.fields) {
    const value = record[name];
    if (value === null && nullable) continue;
    if (!CHECKS[kind](value) || (values && !values.includes(value as string)))
      return `${table.name}.${name} is ${shown(value)}`;
  }
  if (table === RETENTION && (record.days as number) < 1) return `retention.days is ${shown(record.days)}`;
  // Postgres takes neither in a text.
  const hostile = /\\u(?:0000|d[89a-f])/iu.test(line) || !line.isWellFormed();
  return { table: table.name, values: record, raw: hostile ? cleaned(record) : line };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;
const INTEGER_MOST = 2_147_483_647;

const CHECKS: Record<FieldType, (value: unknown) => boolean> = {
  uuid: (value) => typeof value === 'string' && UUID.test(value),
  text: (value) => typeof value === 'string',
  time: (value) => typeof value === 'string' && TIME.test(value) && !Number.isNaN(timeOf(value)),
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value) && Math.abs(value as number) <= INTEGER_MOST,
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** Epoch milliseconds of a time as records have it. */
export function timeOf(value: string): number {
  const year = value.indexOf('-');
  return Date.parse(year > 4 ? `+${value.slice(0, year).padStart(6, '0')}${value.slice(year)}` : value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Drops NUL, replaces half surrogate pairs. */
function cleaned(record: Record<string, unknown>): string {
  const clean = (text: string) => text.replaceAll('\0', '').toWellFormed();
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return clean(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), walk(inner)]));
    return value;
  };
  const whole = walk(record) as Record<string, unknown>;
  Object.assign(record, whole);
  return JSON.stringify(whole);
}

/** The select list that gives a table's fields in their order; times as ISO 8601 in UTC with the digits they have. */
export function selectList({ name, fields }: Table, from: string): string {
  return [
    `'${name}' as type`,
    ...fields.map((one) =>
      one.type === 'time'
        ? `(to_json(${from}.${one.name} at time zone 'UTC') #>> '{}') || 'Z' as ${one.name}`
        : `${from}.${one.name}`,
    ),
  ].join(', ');
}

const JSON_TYPES: Record<FieldType, Record<string, unknown>> = {
  uuid: { type: 'string', pattern: UUID.source },
  text: { type: 'string' },
  time: { type: 'string', pattern: TIME.source },
  boolean: { type: 'boolean' },
  integer: { type: 'integer', minimum: -INTEGER_MOST, maximum: INTEGER_MOST },
  array: { type: 'array' },
  object: { type: 'object' },
};

/** JSON Schema (draft 2020-12) of one line of a `data/` part. */
export function recordSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `commonplace-record-${FORMAT}`,
    title: 'A record of a Commonplace export',
    oneOf: TABLES.map(({ name }) => ({ $ref: `#/$defs/${name}` })),
    $defs: Object.fromEntries(
      TABLES.map(({ name, fields }) => [
        name,
        {
          type: 'object',
          properties: {
            type: { const: name },
            ...(name === 'document' ? { continued: { const: true } } : {}),
            ...Object.fromEntries(
              fields.map(({ name: key, type, nullable, values, about }) => [
                key,
                propertySchema(type, nullable, values, about),
              ]),
            ),
          },
          required: ['type', ...fields.map(({ name: key }) => key)],
          additionalProperties: false,
        },
      ]),
    ),
  };
}

function propertySchema(
  type: FieldType,
  nullable: boolean | undefined,
  values: readonly string[] | undefined,
  description: string,
): Record<string, unknown> {
  const schema = JSON_TYPES[type];
  if (values) return { description, enum: nullable ? [...values, null] : [...values] };
  return { description, ...schema, ...(nullable ? { type: [schema.type, 'null'] } : {}) };
}

/** Names of what stands in an export. */
export const FILES = {
  head: 'commonplace.json',
  readme: 'README.md',
  schema: 'record.schema.json',
  settings: 'settings.json',
  manifest: 'manifest.json',
  sums: 'documents/SHA256SUMS',
} as const;

export const partName = (table: string, number: number) => `data/${table}/${String(number).padStart(5, '0')}.jsonl`;
export const vectorsName = (number: number) => `embeddings/${String(number).padStart(5, '0')}.bin`;

const DATA_PART = /^data\/([a-z_]{1,40})\/(\d{5,8})\.jsonl$/;
const VECTOR_PART = /^embeddings\/(\d{5,8})\.bin$/;

/** What an entry is by its name; null for what is none of ours. */
export function entryKind(
  name: string,
): { kind: 'data'; table: string } | { kind: 'vectors' } | { kind: 'file' } | { kind: 'text' } | null {
  const [, table] = DATA_PART.exec(name) ?? [];
  if (table !== undefined) return { kind: 'data', table };
  if (VECTOR_PART.test(name)) return { kind: 'vectors' };
  if ((Object.values(FILES) as string[]).includes(name)) return { kind: 'file' };
  return /^documents\/[^/\\]+\/[^/\\]+\.md$/u.test(name) && !name.includes('..') ? { kind: 'text' } : null;
}

export interface Manifest {
  format: number;
  counts: Record<string, number>;
  embeddings: { model_id: string; dimensions: number; count: number } | null;
  parts: Array<{ name: string; bytes: number; sha256: string }>;
}

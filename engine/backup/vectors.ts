/**
 * Vectors as they stand in an export: records of one length, sorted. A vector belongs to a passage's text and not to its id,
 * because ids of passages differ from database to database.
 */
import type { Queryable } from '../store';
import { joined } from './zip';

const ID_BYTES = 16;
/** First half of the SHA-256 of what is indexed of the passage: its header, a newline and its text, in UTF-8. */
const KEY_BYTES = 16;
const HEAD_BYTES = ID_BYTES + KEY_BYTES;
/** No model's vectors are longer: what says so is broken. */
const DIMENSIONS_MOST = 16_000;

const KEY = "substr(sha256(convert_to(c.context || E'\\n' || c.text, 'UTF8')), 1, 16)";
const DOCUMENTS = 10;
const WRITTEN_AT_ONCE = 250;

export interface VectorModel {
  model_id: string;
  dimensions: number;
}

/** The model that most vectors are of; null when there are none. */
export async function modelInUse(db: Queryable): Promise<VectorModel | null> {
  const [row] = await db.query<VectorModel>(
    `select m.model_id, vector_dims(e.vector) as dimensions
    from (select model_id from embedding group by model_id order by count(*) desc, model_id limit 1) m
    cross join lateral (select vector from embedding where model_id = m.model_id order by chunk_id limit 1) e`,
  );
  return row ?? null;
}

/** Parts of about `bytes`, sorted by document and key. */
export async function* vectorsOf(
  db: Queryable,
  { model_id, dimensions }: VectorModel,
  bytes: number,
  pause: () => Promise<void>,
): AsyncGenerator<{ data: Uint8Array; count: number }> {
  const length = HEAD_BYTES + 2 * dimensions;
  const most = Math.floor(bytes / length);
  let records: Uint8Array[] = [];
  for (let after: string | null = null; ;) {
    const documents: Array<{ id: string }> = await db.query(
      `select id from document where forget_id is null and ($1::uuid is null or id > $1) order by id limit ${DOCUMENTS}`,
      [after],
    );
    after = documents.at(-1)?.id ?? null;
    if (after === null) break;
    const rows = await db.query<{ record: Uint8Array }>(
      `select distinct on (c.document_id, ${KEY})
        uuid_send(c.document_id) || ${KEY} || substr(halfvec_send(e.vector), 5) as record
      from chunk c join embedding e on e.chunk_id = c.id
      where c.document_id = any($1::uuid[]) and e.model_id = $2 and vector_dims(e.vector) = $3
      order by c.document_id, ${KEY}, halfvec_send(e.vector)`,
      [documents.map(({ id }) => id), model_id, dimensions],
    );
    for (const { record } of rows) {
      // Postgres sends the most significant byte first; what reads such files elsewhere expects it last
      for (let at = HEAD_BYTES; at < length; at += 2) {
        const high = record[at] ?? 0;
        record[at] = record[at + 1] ?? 0;
        record[at + 1] = high;
      }
      records.push(record);
      if (records.length < most) continue;
      yield { data: joined(records), count: records.length };
      records = [];
    }
    await pause();
  }
  if (records.length > 0) yield { data: joined(records), count: records.length };
}

/**
 * Gives passages that have none the vectors of a part. `idOf` says which document a document of the file is here, null for
 * none. Resolves with how many passages got one.
 */
export async function writeVectors(
  db: Queryable,
  { model_id, dimensions }: VectorModel,
  part: Uint8Array,
  idOf: (fileId: string) => string | null,
  pause: () => Promise<void>,
): Promise<number> {
  let written = 0;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > DIMENSIONS_MOST) return 0;
  const length = HEAD_BYTES + 2 * dimensions;
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  for (let at = 0; at + length <= part.length;) {
    const documents: string[] = [];
    const keys: string[] = [];
    const vectors: string[] = [];
    for (; at + length <= part.length && documents.length < WRITTEN_AT_ONCE; at += length) {
      const document = idOf(uuidAt(part, at));
      if (document === null) continue;
      const vector = literal(view, at + HEAD_BYTES, dimensions);
      if (vector === null) continue;
      documents.push(document);
      keys.push(hex(part.subarray(at + ID_BYTES, at + HEAD_BYTES)));
      vectors.push(vector);
    }
    if (documents.length === 0) continue;
    await pause();
    const rows = await db.query(
      `insert into embedding (chunk_id, model_id, vector)
      select c.id, $1, v.vector::halfvec
      from chunk c join unnest($2::uuid[], $3::text[], $4::text[]) as v(document_id, key, vector)
        on c.document_id = v.document_id and encode(${KEY}, 'hex') = v.key
      where c.level = 1
      on conflict do nothing returning chunk_id`,
      [model_id, documents, keys, vectors],
    );
    written += rows.length;
  }
  return written;
}

/** pgvector's text form, or null for what is no vector. */
function literal(view: DataView, at: number, dimensions: number): string | null {
  const parts: string[] = [];
  for (let index = 0; index < dimensions; index++) {
    const value = half(view.getUint16(at + 2 * index, true));
    if (!Number.isFinite(value)) return null;
    parts.push(String(value));
  }
  return `[${parts.join(',')}]`;
}

/** A number of IEEE 754 binary16. */
function half(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function uuidAt(bytes: Uint8Array, at: number): string {
  const digits = hex(bytes.subarray(at, at + ID_BYTES));
  return [8, 12, 16, 20].reduceRight((text, place) => `${text.slice(0, place)}-${text.slice(place)}`, digits);
}

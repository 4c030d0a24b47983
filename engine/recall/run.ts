/** Runs the one statement of a recall, planned for its values or prepared once. */
import { EngineError } from '../errors';
import type { Queryable, Store } from '../store';
import { literal, PREPARED_SETTINGS, SETTINGS, type Found, type Statement } from './sql';

/** Planned for its own values: where filters decide which index is read. */
export function runPlanned(store: Store, { text, params }: Statement, signal?: AbortSignal): Promise<Found> {
  return store.transaction(async (tx) => {
    stopIf(signal);
    await tx.exec(SETTINGS);
    return foundIn(await tx.query<Answer>(text, params));
  });
}

/**
 * Asked again when it is a statement's turn: none can be cancelled once it runs, and an abandoned one may have waited long.
 * @throws EngineError `aborted`.
 */
export function stopIf(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EngineError('aborted', 'The recall was aborted.');
}

/** Names of the statements that a session has prepared, by text. */
const prepared = new WeakMap<object, Map<string, string>>();
/** Never used twice: two `Store`s may be two views of one session. */
let lastName = 0;

/** The name of a statement that is parsed and planned once in the life of a session. For texts of which there are few, since each is kept. */
export async function preparedName(db: Queryable, session: object, text: string): Promise<string> {
  const names = prepared.get(session) ?? new Map<string, string>();
  prepared.set(session, names);
  let name = names.get(text);
  if (name === undefined) {
    name = `recall_${++lastName}`;
    await db.exec(`prepare ${name} as ${text}`);
    names.set(text, name);
  }
  return name;
}

/** Planned once, see {@link preparedName}. EXECUTE takes its values only as literals. */
export function runPrepared(store: Store, { text, params }: Statement, signal?: AbortSignal): Promise<Found> {
  return store.transaction(async (tx) => {
    stopIf(signal);
    await tx.exec(PREPARED_SETTINGS);
    const name = await preparedName(tx, store.session, text);
    return foundIn(await tx.query<Answer>(`execute ${name}(${params.map(value).join(', ')})`));
  });
}

interface Answer {
  found: Found;
}

function foundIn(rows: Answer[]): Found {
  return (rows[0] as Answer).found;
}

function value(given: unknown): string {
  if (typeof given === 'number' && Number.isFinite(given)) return String(given);
  if (typeof given !== 'string')
    throw new TypeError(`A prepared recall takes strings and numbers, not ${typeof given}.`);
  return literal(given);
}

import { EngineError, type ErrorCode } from '../../../engine/errors';
import type { OpenSettings } from '../../../engine/store';
import { readCatalogue, writeCatalogue } from '../../../engine/store/catalogue';
import { openOn } from '../../../engine/store/open';
import type { Shelf } from '../../../engine/store/shelf';
import type { Store } from '../../../engine/store/store';

/** What the suite runs on. Every call of `shelf` gives the same place, as a new process would find it. */
export interface Bench {
  shelf(): Promise<Shelf>;
  settings?: OpenSettings;
  /** False when nothing stays after `close`. */
  lasting: boolean;
  /** True when a second engine is refused. */
  exclusive: boolean;
}

export interface Case {
  (): Promise<void>;
  /** About what lies there and who may hold it; the others are about what any database does. */
  ofStorage: boolean;
}

/**
 * The promises of a Store, the same for every storage. `it` registers a case: vitest's in Node, a collector in a
 * browser's worker, where there is no test framework. `bench` gives a fresh, empty place for each case.
 */
export function acceptance(it: (name: string, run: Case) => void, bench: () => Promise<Bench>): void {
  const on = (wanted: { lasting?: true; exclusive?: true }, run: (place: Bench, open: Opener) => Promise<void>): Case =>
    Object.assign(
      async (): Promise<void> => {
        const place = await bench();
        if ((wanted.lasting && !place.lasting) || (wanted.exclusive && !place.exclusive)) return;
        const opened: Store[] = [];
        const open: Opener = async (settings) => {
          const store = await openOn(await place.shelf(), { ...place.settings, ...settings });
          opened.push(store);
          return store;
        };
        try {
          await run(place, open);
        } finally {
          for (const store of opened) await store.close();
        }
      },
      { ofStorage: Object.keys(wanted).length > 0 },
    );

  it(
    'makes a database with its schema and extensions',
    on({}, async (_, open) => {
      const store = await open();
      same(store.opened.state, 'ready');
      same(await store.query('select count(*)::int as n from document'), [{ n: 0 }]);
      const names = (await store.query<{ extname: string }>('select extname from pg_extension')).map(
        (row) => row.extname,
      );
      for (const name of ['vector', 'pg_textsearch']) check(names.includes(name), `no ${name}`);
    }),
  );

  it(
    'searches by words and by vectors',
    on({}, async (_, open) => {
      const store = await open();
      await addDocument(store, 'one', ['the heron stands in the shallow water']);
      await addDocument(store, 'two', ['a recipe for rye bread']);
      await addChunks(store);
      await store.exec('update chunk set terms = text');
      const hits = await store.query<{ text: string }>(
        `select text from chunk order by terms <@> to_bm25query('heron', 'chunk_terms') limit 1`,
      );
      same(hits[0]?.text, 'the heron stands in the shallow water');
      const near = await store.query<{ text: string }>(
        `select c.text from embedding e join chunk c on c.id = e.chunk_id order by e.vector <=> $1::halfvec limit 1`,
        [vectorOf('a recipe for rye bread')],
      );
      same(near[0]?.text, 'a recipe for rye bread');
    }),
  );

  it(
    'keeps what was committed over closing and opening',
    on({ lasting: true }, async (_, open) => {
      const store = await open();
      await addDocument(store, 'kept', ['first', 'second']);
      await addChunks(store);
      await store.close();
      const again = await open();
      same(again.opened.state, 'ready');
      same(await texts(again), ['first', 'second']);
      same(await again.query('select count(*)::int as n from embedding'), [{ n: 2 }]);
    }),
  );

  it(
    'leaves nothing of a transaction that rejected, and gives its error',
    on({}, async (_, open) => {
      const store = await open();
      const fault = new EngineError('bad_input', 'stop');
      const refused = await rejected(
        store.transaction(async (tx) => {
          await tx.query(...documentRow('never'));
          throw fault;
        }),
      );
      check(refused === fault, 'another error came out');
      same(await store.query('select count(*)::int as n from document'), [{ n: 0 }]);
      same(await store.transaction(() => Promise.resolve('value')), 'value');
    }),
  );

  it(
    'says which statement failed and why, and goes on',
    on({}, async (_, open) => {
      const store = await open();
      const error = await rejected(store.query('select nonsense from document where id = $1', ['x']));
      check(error instanceof EngineError && error.code === 'query_failed', 'not query_failed');
      check(error.message.includes('nonsense from document'), 'the statement is missing');
      check(error.cause instanceof Error, 'the cause is missing');
      const inside = await rejected(store.transaction((tx) => tx.exec('select nonsense')));
      same((inside as EngineError).code, 'query_failed');
      same(await store.query('select 1 as one'), [{ one: 1 }]);
    }),
  );

  it(
    'answers queries and transactions asked at the same time',
    on({}, async (_, open) => {
      const store = await open();
      const asked = Array.from({ length: 20 }, (_value, index) =>
        index % 3 === 0
          ? store.transaction((tx) => tx.query<{ n: number }>('select $1::int as n', [index]))
          : store.query<{ n: number }>('select $1::int as n', [index]),
      );
      same(
        (await Promise.all(asked)).map((rows) => rows[0]?.n),
        asked.map((_value, index) => index),
      );
    }),
  );

  it(
    'holds a long text as it is',
    on({ lasting: true }, async (_, open) => {
      const store = await open();
      const text = 'Übergröße 🦩 '.repeat(300_000);
      await addDocument(store, 'long', [text]);
      await store.close();
      const again = await open();
      check((await texts(again))[0] === text, 'the text came back changed');
    }),
  );

  it(
    'survives more new tables in one transaction than files are ready: all of them, or store_full and none',
    on({}, async (_, open) => {
      const store = await open();
      const sql = Array.from(
        { length: 150 },
        (_value, n) => `create table wide_${n} (id int primary key, words text);`,
      );
      try {
        await store.exec(sql.join('\n'));
      } catch (error) {
        same((error as EngineError).code, 'store_full');
        same(await store.query(`select to_regclass('wide_0')::text as name`), [{ name: null }]);
      }
      await store.exec('create table after_all (id int); insert into after_all values (1);');
      same(await store.query('select id from after_all'), [{ id: 1 }]);
    }),
  );

  it(
    'bounds the log by upkeep and knows its rows',
    on({}, async (_, open) => {
      const store = await open();
      await store.exec(
        `create table filler as select repeat(md5(n::text), 60) as words from generate_series(1, 20000) as n`,
      );
      await store.maintain('checkpoint');
      check((await store.walBytes()) <= 48 * 1024 * 1024, `the log has ${await store.walBytes()} bytes`);
      await store.maintain('vacuum');
      await store.maintain('analyze');
      await store.maintain('due');
      const [row] = await store.query<{ n: number }>(
        `select reltuples::int as n from pg_class where relname = 'filler'`,
      );
      same(row?.n, 20000);
    }),
  );

  it(
    'takes a snapshot when something changed, and only then',
    on({}, async (_, open) => {
      const store = await open();
      await addDocument(store, 'one', ['a', 'b']);
      const report = await store.snapshot();
      same(report?.rows, { document: 1, message: 2, forgotten: 0, forget_receipt: 0, retention: 0 });
      same(store.snapshotTakenAt, report?.taken_at);
      same(await store.snapshot(), null);
      await store.query(`update document set title = 'new'`);
      check((await store.snapshot()) !== null, 'a change was not seen');
      await store.query('delete from message');
      check((await store.snapshot()) !== null, 'a deletion was not seen');
    }),
  );

  it(
    'does not take a snapshot that was aborted for one',
    on({}, async (_, open) => {
      const store = await open();
      await addDocument(store, 'one', ['a']);
      const error = await rejected(store.snapshot(AbortSignal.abort()));
      same((error as EngineError).code, 'aborted');
      same(store.snapshotTakenAt, null);
      check((await store.snapshot()) !== null, 'it was taken for one');
    }),
  );

  it(
    'sets a broken database aside and restores the last snapshot, and says so',
    on({ lasting: true }, async (place, open) => {
      const store = await open();
      await addDocument(store, 'saved', ['in the snapshot', 'with "quotes" \\ and \n lines']);
      await store.query(`insert into forgotten (source_hash) values ('hash')`);
      const report = await store.snapshot();
      await addDocument(store, 'later', ['only in the outbox']);
      await store.close();
      await breakDatabase(place);

      const restored = await open();
      check(restored.opened.state === 'restored', `opened as ${restored.opened.state}`);
      const { actions, set_aside } = restored.opened;
      same(set_aside, 'database-1');
      check(
        actions.some((action) => action.includes(report?.taken_at ?? '?')),
        `said ${actions.join('; ')}`,
      );
      same(await texts(restored), ['in the snapshot', 'with "quotes" \\ and \n lines']);
      same(await restored.query('select source_hash from forgotten'), [{ source_hash: 'hash' }]);
      same(
        (await restored.setAside()).map(({ directory }) => directory),
        ['database-1'],
      );
      same(restored.snapshotTakenAt, report?.taken_at);
      await restored.close();
      // As after a kill before the outbox gave again what the snapshot lacks.
      const unconfirmed = await open();
      same(unconfirmed.opened, restored.opened);
      await unconfirmed.confirmRestored();
      await unconfirmed.close();
      const again = await open();
      same(again.opened.state, 'ready');
      same((await texts(again)).length, 2);
      await again.discardSetAside();
      same(await again.setAside(), []);
    }),
  );

  it(
    'passes over a snapshot that is not whole and takes the one before',
    on({ lasting: true }, async (place, open) => {
      const store = await open();
      await addDocument(store, 'one', ['old']);
      await store.snapshot();
      await addDocument(store, 'two', ['new']);
      const newest = await store.snapshot();
      await store.close();
      await tear(await place.shelf(), newest?.name ?? '');
      await breakDatabase(place);
      const restored = await open();
      same(await texts(restored), ['old']);
      check(JSON.stringify(restored.opened).includes('passed over'), 'it was not said');
    }),
  );

  it(
    'starts empty, and says so, when a broken database has no snapshot',
    on({ lasting: true }, async (place, open) => {
      const store = await open();
      await addDocument(store, 'one', ['gone']);
      await store.close();
      await breakDatabase(place);
      const restored = await open();
      same(restored.opened.state, 'restored');
      same(await texts(restored), []);
    }),
  );

  it(
    'brings no purged document back, whether the snapshot was taken again or not',
    on({ lasting: true }, async (place, open) => {
      const store = await open();
      await addDocument(store, 'stays', ['stays']);
      const purge = async (from: Store, externalId: string): Promise<void> => {
        const [row] = await from.query<{ id: string }>('select id from document where external_id = $1', [externalId]);
        await from.markPurged([row?.id ?? '']);
        await from.query('delete from document where id = $1', [row?.id]);
      };
      await addDocument(store, 'goes first', ['goes first']);
      await store.snapshot();
      await purge(store, 'goes first');
      await store.close();
      await breakDatabase(place);
      const restored = await open();
      same(await texts(restored), ['stays']);

      await addDocument(restored, 'goes second', ['goes second']);
      await restored.snapshot();
      await restored.snapshot();
      await purge(restored, 'goes second');
      check((await restored.snapshot()) !== null, 'no snapshot after a purge');
      for (const name of await (await place.shelf()).names()) {
        check(!(await wholeText(await place.shelf(), name)).includes('goes second'), `${name} still holds it`);
      }
      same(await restored.snapshot(), null);
    }),
  );

  it(
    'refuses a database that is newer than the code and touches nothing',
    on({ lasting: true }, async (place, open) => {
      const store = await open();
      await addDocument(store, 'one', ['safe']);
      await store.close();
      const shelf = await place.shelf();
      const release = await shelf.lock();
      const catalogue = await readCatalogue(shelf);
      if (typeof catalogue === 'string' || !catalogue.current) throw new Error('no catalogue');
      const newer = { ...catalogue, current: { ...catalogue.current, schema: 999 } };
      await writeCatalogue(shelf, newer);
      release();
      const error = await rejected(open());
      check(error instanceof EngineError && error.code === 'store_unavailable', 'opened');
      check(error.message.includes('999'), 'the version is not named');
      const after = await place.shelf();
      same(await readCatalogue(after), newer);
      (await after.lock())();
    }),
  );

  it(
    'refuses a second engine and is there again when the first has closed',
    on({ exclusive: true }, async (_, open) => {
      const store = await open();
      const error = await rejected(open());
      same((error as EngineError).code satisfies ErrorCode, 'store_locked');
      same(await store.query('select 1 as one'), [{ one: 1 }]);
      await store.close();
      await store.close();
      same((await open()).opened.state, 'ready');
    }),
  );
}

type Opener = (settings?: OpenSettings) => Promise<Store>;

// Small pieces the cases and other store tests share.

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

export function same(actual: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`got ${one}, wanted ${other}`);
}

export async function rejected(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not reject');
}

export function documentRow(externalId: string): [string, unknown[]] {
  return [
    `insert into document (kind, source, external_id, captured_at, happened_at, content_hash)
     values ('conversation', 'test', $1, now(), now(), 'hash') returning id`,
    [externalId],
  ];
}

export async function addDocument(store: Store, externalId: string, messages: string[]): Promise<void> {
  await store.transaction(async (tx) => {
    const [row] = await tx.query<{ id: string }>(...documentRow(externalId));
    for (const [position, markdown] of messages.entries()) {
      await tx.query(
        `insert into message (document_id, external_id, role, markdown, position, content_hash) values ($1, $2, 'user', $3, $4, 'hash')`,
        [row?.id, `${externalId}-${position}`, markdown, position],
      );
    }
  });
}

export async function addChunks(store: Store): Promise<void> {
  await store.exec(
    `insert into chunk (document_id, message_id, level, ordinal, text, token_count, content_hash, made_by)
     select document_id, id, 1, position, markdown, 1, 'hash', 1 from message`,
  );
  for (const { id, text } of await store.query<{ id: string; text: string }>('select id, text from chunk')) {
    await store.query(`insert into embedding (chunk_id, model_id, vector) values ($1, 'test', $2)`, [
      id,
      vectorOf(text),
    ]);
  }
}

export async function texts(store: Store): Promise<string[]> {
  const rows = await store.query<{ markdown: string }>('select markdown from message order by document_id, position');
  return rows.map((row) => row.markdown);
}

/** A direction for a text: equal texts, equal vectors. */
function vectorOf(text: string): string {
  let seed = 7;
  for (const letter of text) seed = (seed * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return `[${Array.from({ length: 384 }, (_, index) => (((seed * (index + 3)) % 997) / 997 - 0.5).toFixed(4)).join(',')}]`;
}

async function breakDatabase(place: Bench): Promise<void> {
  const shelf = await place.shelf();
  const release = await shelf.lock();
  const catalogue = await readCatalogue(shelf);
  if (typeof catalogue === 'string' || !catalogue.current) throw new Error('no catalogue');
  await shelf.removeDatabase(catalogue.current.directory);
  release();
}

async function tear(shelf: Shelf, name: string): Promise<void> {
  const bytes = new TextEncoder().encode(await wholeText(shelf, name));
  const release = await shelf.lock();
  const writer = await shelf.writer(name);
  await writer.append(bytes.subarray(0, bytes.length - 20));
  await writer.finish();
  release();
}

async function wholeText(shelf: Shelf, name: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of shelf.reader(name)) text += decoder.decode(piece, { stream: true });
  return text;
}

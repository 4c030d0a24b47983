import { EngineError } from '../../../../engine/errors';
import { openOutbox } from '../../../../engine/outbox';
import { fetchEngineFiles, openStore, type Store } from '../../../../engine/store';
import { webLock } from '../../../../engine/store/lock';
import { idbShelf } from '../../../../engine/store/shelf-idb';
import { opfsCabinet, poolShelf } from '../../../../engine/store/shelf-pool';
import { acceptance, addDocument, type Case, documentRow } from '../../../unit/store/acceptance';

export type Ask =
  | { ask: 'cases'; all: boolean }
  | { ask: 'accept'; storage: 'opfs' | 'idb'; name: string }
  | { ask: 'open'; storage: 'browser' | 'opfs' | 'idb'; directory: string }
  | { ask: 'query'; sql: string }
  | { ask: 'fill'; documents: number }
  | { ask: 'writeForEver' }
  /** Looks into the outbox, says so on the channel `outbox`, and is at work for three seconds before it hears the answer. */
  | { ask: 'lookAndWork' }
  | { ask: 'close' };

export type Answer = { id: number; result: unknown } | { id: number; error: string };

let store: Store | undefined;

/** As the engine's worker has them, and once for all cases: compiling Postgres for each would be most of what they do. */
const files = fetchEngineFiles();

function opened(): Store {
  if (!store) throw new Error('no store is open');
  return store;
}

function cases(storage: 'opfs' | 'idb'): Array<{ name: string; run: Case }> {
  const found: Array<{ name: string; run: Case }> = [];
  acceptance(
    (name, run) => void found.push({ name, run }),
    () => {
      const place = `accept-${crypto.randomUUID()}`;
      const lock = () => webLock(place);
      const shelf = async () =>
        storage === 'opfs' ? poolShelf(await opfsCabinet(place), lock) : idbShelf(place, lock);
      return Promise.resolve({
        shelf,
        settings: { dataDirectory: '/data-dir.tar.gz', files },
        lasting: true,
        exclusive: true,
      });
    },
  );
  return found;
}

const answers: { [Kind in Ask['ask']]: (ask: Extract<Ask, { ask: Kind }>) => Promise<unknown> } = {
  cases: ({ all }) => Promise.resolve(cases('opfs').flatMap(({ name, run }) => (all || run.ofStorage ? [name] : []))),
  async accept({ storage, name }) {
    const start = performance.now();
    await cases(storage)
      .find((one) => one.name === name)
      ?.run();
    return Math.round(performance.now() - start);
  },
  async open({ storage, directory }) {
    const start = performance.now();
    store = await openStore({ storage, directory, dataDirectory: '/data-dir.tar.gz', files });
    return { ms: Math.round(performance.now() - start), opened: store.opened };
  },
  query: ({ sql }) => opened().query(sql),
  async fill({ documents }) {
    for (let n = 0; n < documents; n++) await addDocument(opened(), `fill-${n}`, ['one', 'two', 'three']);
  },
  /** Commits one document after another and tells the server of each that was acknowledged, with upkeep between. */
  async writeForEver() {
    const [row] = await opened().query<{ n: number }>(
      `select coalesce(max(substr(external_id, 3)::int), 0) as n from document`,
    );
    for (let n = (row?.n ?? 0) + 1; ; n++) {
      await opened().query(...documentRow(`n-${n}`));
      void fetch(`/acknowledged/${n}`, { method: 'POST' });
      if (n % 20 === 0) await opened().maintain('checkpoint');
      if (n % 50 === 0) await opened().snapshot();
    }
  },
  async lookAndWork() {
    const outbox = await openOutbox();
    const looked = Promise.all([outbox.peek(10), outbox.size()]);
    new BroadcastChannel('outbox').postMessage('looked');
    const until = performance.now() + 3000;
    while (performance.now() < until);
    const [entries] = await looked;
    outbox.close();
    return entries.length;
  },
  async close() {
    await opened().close();
    store = undefined;
  },
};

self.onmessage = ({ data }: MessageEvent<Ask & { id: number }>) => {
  const answer = answers[data.ask] as (ask: Ask) => Promise<unknown>;
  answer(data).then(
    (result) => postMessage({ id: data.id, result } satisfies Answer),
    (fault: unknown) => postMessage({ id: data.id, error: wordsOf(fault) } satisfies Answer),
  );
};

function wordsOf(fault: unknown): string {
  if (fault instanceof EngineError) return `${fault.code}: ${fault.message}`;
  return fault instanceof Error ? `${fault.message} ${fault.stack ?? ''}` : String(fault);
}

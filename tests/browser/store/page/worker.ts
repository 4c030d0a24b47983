import { EngineError } from '../../../../engine/errors';
import { openStore, type Store } from '../../../../engine/store';
import { webLock } from '../../../../engine/store/lock';
import { idbShelf } from '../../../../engine/store/shelf-idb';
import { opfsCabinet, poolShelf } from '../../../../engine/store/shelf-pool';
import { acceptance, addDocument, documentRow } from '../../../unit/store/acceptance';

export type Ask =
  | { ask: 'acceptance'; storage: 'opfs' | 'idb' }
  | { ask: 'open'; storage: 'browser' | 'opfs' | 'idb'; directory: string }
  | { ask: 'query'; sql: string }
  | { ask: 'fill'; documents: number }
  | { ask: 'writeForEver' }
  | { ask: 'close' };

export type Answer = { id: number; result: unknown } | { id: number; error: string };

let store: Store | undefined;

function opened(): Store {
  if (!store) throw new Error('no store is open');
  return store;
}

const answers: { [Kind in Ask['ask']]: (ask: Extract<Ask, { ask: Kind }>) => Promise<unknown> } = {
  async acceptance({ storage }) {
    const cases: Array<{ name: string; run: () => Promise<void> }> = [];
    acceptance(
      (name, run) => void cases.push({ name, run }),
      () => {
        const place = `accept-${crypto.randomUUID()}`;
        const lock = () => webLock(place);
        const shelf = async () =>
          storage === 'opfs' ? poolShelf(await opfsCabinet(place), lock) : idbShelf(place, lock);
        return Promise.resolve({
          shelf,
          settings: { dataDirectory: '/data-dir.tar.gz' },
          lasting: true,
          exclusive: true,
        });
      },
    );
    const results: Array<{ name: string; error: string | null; ms: number }> = [];
    for (const { name, run } of cases) {
      const start = performance.now();
      let error: string | null = null;
      try {
        await run();
      } catch (fault) {
        error = wordsOf(fault);
      }
      results.push({ name, error, ms: Math.round(performance.now() - start) });
    }
    return results;
  },
  async open({ storage, directory }) {
    const start = performance.now();
    store = await openStore({ storage, directory, dataDirectory: '/data-dir.tar.gz' });
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

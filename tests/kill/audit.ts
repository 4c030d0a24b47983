import type { StoreState } from '../../engine/api';
import { fromKey, keyOf, type Ledger, type Seen, type Verdict } from './ledger';
import { sendAgain } from './scenes';
import type { ConsoleGlobals, Live } from './subject';

export interface Audit extends Verdict {
  store: StoreState;
  /** What the engine counts does not agree with the ledger, or a search does not bring what is there. */
  disagreements: string[];
}

const SLICE = 60;
/** For so long an answer that comes too late is asked for again: on a busy machine the first ones after a start are. */
const PATIENCE_MS = 300_000;
const SEARCHES = 3;

/**
 * Waits for the engine, drains the outbox, repeats what was not answered, reads back what was touched since the last audit and compares it with the
 * ledger; the whole is compared by its counts, and read whole when they differ or `which` says so.
 * @throws the engine's error when the database cannot be opened
 */
export async function audit(live: Live, ledger: Ledger, which: 'all' | 'touched'): Promise<Audit> {
  const { store } = await patient(live).evaluate(async () => {
    const { engine } = globalThis as unknown as ConsoleGlobals;
    // First, as it may take minutes: after a kill at the first start a busy machine makes the whole database here
    await engine.drainOutbox();
    return engine.stats();
  }, null);
  await sendAgain(live, ledger);
  const result: Audit = {
    store,
    lost: [],
    duplicated: [],
    returned: [],
    disagreements: [],
  };
  const judge = async (keys: string[]): Promise<void> => {
    const verdict = ledger.judge(await readBack(live, keys));
    result.lost.push(...verdict.lost);
    result.duplicated.push(...verdict.duplicated);
    result.returned.push(...verdict.returned);
  };
  await judge(ledger.keys(which));

  let counted = await count(live);
  let expected = ledger.expected();
  if (which === 'touched' && !agree(counted, expected)) {
    await judge(ledger.keys('all'));
    counted = await count(live);
    expected = ledger.expected();
  }
  if (counted.documents > expected.documents || counted.messages > expected.messages)
    result.duplicated.push(`${text(counted)} are there, not ${text(expected)}`);
  else if (!agree(counted, expected)) result.disagreements.push(`${text(counted)} are counted, not ${text(expected)}`);
  if (counted.waiting > 0) result.disagreements.push(`${counted.waiting} captures stayed in the outbox`);
  if (which === 'all') result.duplicated.push(...(await listedTwice(live)));
  result.disagreements.push(...(await search(live, ledger)));
  return result;
}

/** For what only reads: asked again where the engine was too slow to answer in time. */
function patient(live: Live): Pick<Live, 'evaluate'> {
  return {
    async evaluate(run, input) {
      const end = performance.now() + PATIENCE_MS;
      for (;;) {
        try {
          return await live.evaluate(run, input);
        } catch (error) {
          if (!String(error).includes('did not answer') || performance.now() > end) throw error;
        }
      }
    },
  };
}

export async function readBack(live: Live, keys: string[]): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  for (let at = 0; at < keys.length; at += SLICE) {
    const found = await patient(live).evaluate(
      async (wanted) => {
        const { engine } = globalThis as unknown as ConsoleGlobals;
        return Promise.all(
          wanted.map(async (where) => {
            const summary = await engine.find(where);
            if (!summary) return null;
            const { messages } = await engine.read(summary.id);
            return {
              id: summary.id,
              messages: messages.map(({ external_id, role, markdown, finished }) => ({
                id: external_id ?? '',
                role,
                markdown,
                finished,
              })),
            };
          }),
        );
      },
      keys.slice(at, at + SLICE).map(fromKey),
    );
    found.forEach((document, index) => seen.set(keys[at + index] ?? '', document));
  }
  return seen;
}

interface Counted {
  documents: number;
  messages: number;
}
const agree = (one: Counted, other: Counted) => one.documents === other.documents && one.messages === other.messages;
const text = ({ documents, messages }: Counted) => `${documents} documents with ${messages} messages`;

export async function count(live: Live): Promise<Counted & { waiting: number }> {
  return patient(live).evaluate(async () => {
    const { engine } = globalThis as unknown as ConsoleGlobals;
    const { by_source, outbox_waiting } = await engine.stats();
    return {
      documents: by_source.reduce((sum, row) => sum + row.documents, 0),
      messages: by_source.reduce((sum, row) => sum + row.messages, 0),
      waiting: outbox_waiting,
    };
  }, null);
}

/** Every document has an address of its own here, so one that is listed twice is there twice. */
async function listedTwice(live: Live): Promise<string[]> {
  const urls = await live.evaluate(async () => {
    const { engine } = globalThis as unknown as ConsoleGlobals;
    const all = new Map<string, string | null>();
    let before: string | undefined;
    for (;;) {
      const page = await engine.timeline({ limit: 200, ...(before === undefined ? {} : { before }) });
      for (const { id, url } of page) all.set(id, url);
      const last = page.at(-1);
      if (!last) return [...all.values()];
      before = last.happened_at;
    }
  }, null);
  const twice = urls.filter((url, index) => urls.indexOf(url) !== index);
  return twice.map((url) => `${String(url)} is listed twice`);
}

/** The indexes hold what the tables hold: a word that one message has brings that message, and only it. */
async function search(live: Live, ledger: Ledger): Promise<string[]> {
  const wanted = ledger.aWordOf(SEARCHES);
  const found = await patient(live).evaluate(
    async (words) => {
      const { engine } = globalThis as unknown as ConsoleGlobals;
      return Promise.all(
        words.map(async (word) => (await engine.recall({ text: word, mode: 'words', limit: 5 })).hits),
      );
    },
    wanted.map(({ word }) => word),
  );
  return wanted.flatMap(({ word, key, message }, index) => {
    const hits = found[index] ?? [];
    const isPage = key.startsWith(keyOf('web', ''));
    const right = hits.some((hit) => (isPage ? hit.source === 'web' : hit.message_external_id === message));
    return right ? [] : [`a search for ${word} does not bring ${message} of ${key} (${hits.length} hits)`];
  });
}

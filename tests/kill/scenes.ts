/** What goes on when the browser is killed. A scene acts until the kill; its rejection by the kill is expected. */
import type { Capture } from '../../engine/capture/types';
import { fromKey, type Ledger, type Sending } from './ledger';
import type { Random } from './random';
import type { ConsoleGlobals, Live } from './subject';

export interface Scene {
  name: string;
  /** How often it is picked, against the others. */
  weight: number;
  /** The kill waits for this many acknowledgements, so that a slow machine is killed in the midst of things too. */
  after?: [number, number];
  /** Then it waits this long, in milliseconds on a machine that is not busy. */
  delay: [number, number];
  /** Whether the embedder's model must be there. */
  model?: boolean;
  act(stage: Stage): Promise<void>;
}

export interface Stage {
  live: Live;
  ledger: Ledger;
  random: Random;
  /** True once the kill is under way. */
  over(): boolean;
}

export const SCENES: Scene[] = [
  { name: 'capture', weight: 6, after: [1, 60], delay: [0, 40], act: (stage) => stream(stage) },
  {
    // a heap waits in the outbox while the engine takes from it
    name: 'drain',
    weight: 5,
    after: [5, 35],
    delay: [0, 200],
    async act(stage) {
      await Promise.all([stream(stage, 30), drain(stage)]);
      await stream(stage);
    },
  },
  { name: 'ingest', weight: 4, delay: [5, 700], act: (stage) => ingest(stage, 60) },
  {
    // enough write-ahead log for a long recovery, with the checkpoint at its end, at the next start
    name: 'bulk',
    weight: 1,
    delay: [1_000, 3_000],
    act: (stage) => ingest(stage, 300),
  },
  {
    name: 'forget',
    weight: 2,
    delay: [5, 250],
    async act(stage) {
      await Promise.all([stream(stage), remove(stage, 4, false)]);
    },
  },
  {
    // deletes for good, then VACUUM
    name: 'purge',
    weight: 3,
    delay: [10, 600],
    async act(stage) {
      await remove(stage, 3, true);
      await stream(stage);
    },
  },
  {
    // a purge makes a snapshot due as soon as the engine has been quiet for 4 s
    name: 'snapshot',
    weight: 0.7,
    delay: [3_900, 4_700],
    act: (stage) => remove(stage, 1, true),
  },
  {
    name: 'embed',
    weight: 0.7,
    after: [5, 20],
    delay: [0, 800],
    model: true,
    act: (stage) => stream(stage),
  },
];

/** Captures as the content script sends them, three at a time, each acknowledged by the outbox. */
async function stream({ live, ledger, over }: Stage, limit = Number.POSITIVE_INFINITY): Promise<void> {
  let sent = 0;
  const lane = async () => {
    while (!over() && sent++ < limit) {
      const sending = ledger.next();
      await captured(live, ledger, sending);
    }
  };
  await Promise.all([lane(), lane(), lane()]);
}

export async function captured(live: Live, ledger: Ledger, sending: Sending): Promise<void> {
  const answer = await live.evaluate(
    (capture) => (globalThis as unknown as ConsoleGlobals).ask('capture', capture),
    sending.capture,
  );
  if (!('seq' in answer)) throw new Error(`The capture was refused: ${answer.refused}`);
  ledger.acknowledge(sending);
}

async function drain({ live, over }: Stage): Promise<void> {
  for (let turn = 0; turn < 3 && !over(); turn++)
    await live.evaluate(() => (globalThis as unknown as ConsoleGlobals).engine.drainOutbox(), null);
}

/** As an import does: straight into the engine, acknowledged as a whole. */
async function ingest({ live, ledger, over }: Stage, count: number): Promise<void> {
  while (!over()) {
    ledger.unanswered = Array.from({ length: count }, () => ledger.next());
    await sendAgain(live, ledger);
  }
}

/** Gives the engine what it was given and did not answer. */
export async function sendAgain(live: Live, ledger: Ledger): Promise<void> {
  if (ledger.unanswered.length === 0) return;
  await live.evaluate(
    async (captures: Capture[]) => {
      await (globalThis as unknown as ConsoleGlobals).engine.ingest(captures);
    },
    ledger.unanswered.map(({ capture }) => capture),
  );
  for (const sending of ledger.unanswered) ledger.acknowledge(sending);
  ledger.unanswered = [];
}

async function remove({ live, ledger }: Stage, count: number, forGood: boolean): Promise<void> {
  const keys = ledger.deletable(count);
  const ids = await live.evaluate(async (wanted) => {
    const { engine } = globalThis as unknown as ConsoleGlobals;
    return Promise.all(wanted.map(async (where) => (await engine.find(where))?.id ?? null));
  }, keys.map(fromKey));
  const stored = keys.filter((_, index) => ids[index] !== null);
  if (stored.length === 0) return;
  ledger.askDeletion(stored);
  await live.evaluate(
    async (document_ids) => {
      await (globalThis as unknown as ConsoleGlobals).engine.forget({ document_ids });
    },
    ids.filter((id) => id !== null),
  );
  ledger.deleted(stored);
  if (forGood) await live.evaluate(() => (globalThis as unknown as ConsoleGlobals).engine.purgeForgotten(), null);
}

/** What happens to a site by chance: what people do there, what is read of it and how that goes wrong. */
import fc from 'fast-check';
import type { Engine } from '../../../../engine/api';
import type { Store } from '../../../../engine/store';
import { Run } from './run';
import type { FaultSite } from './talk';

export interface Opened {
  engine: Engine;
  store: Store;
}

type Act = (run: Run, tab: number, a: number, b: number) => Promise<void>;

const READS: Record<string, Act> = {
  look: (run, tab, a, b) => run.look(tab, a, 1 + (b % 8), b % 3 !== 0),
  lookAtTheEnd: (run, tab, a, b) => run.look(tab, Math.max(0, 40 - (a % 5)), 1 + (b % 8), true),
  lookAtAll: (run, tab, _a, b) => run.look(tab, 0, 99, b % 3 !== 0),
  body: (run, tab, a, b) => run.body(tab, a % 3 === 0 ? a : 0, b, false),
  cutBody: (run, tab, a, b) => run.body(tab, a, b, true),
  bodyTwice: async (run, tab, a, b) => {
    await run.body(tab, a, b, false);
    await run.body(tab, a, b, false);
  },
  complete: (run, tab, a) => run.complete(tab, a % 4 === 0),
};
const DEEDS: Record<string, Act> = {
  ask: (run, tab, a, b) => run.ask(tab, 2 + (a % 12), b % 4 === 0),
  progress: (run) => run.progress(),
  end: (run) => run.end('whole'),
  cut: (run) => run.end('cut'),
  stop: (run) => run.end('stopped'),
};
const MOVES: Record<string, Act> = {
  leave: (run, tab) => run.leave(tab),
  leaveLate: (run, tab) => run.leaveLate(tab),
  back: (run, tab) => run.back(tab),
  reload: (run, tab) => run.open(tab),
};
const BRANCHES: Record<string, Act> = {
  edit: (run, tab, a, b) => run.ask(tab, 2 + (b % 9), false, a % 3),
  regenerate: (run, tab) => run.regenerate(tab),
};

const ACTS = { ...READS, ...DEEDS, ...MOVES, ...BRANCHES };

/** Does to the site what `given` says, and then lets it settle. */
export async function go(site: FaultSite, { engine, store }: Opened, given: Given): Promise<Run> {
  const run = new Run(site, engine, store, given);
  for (let tab = 0; tab < given.tabs; tab++) await run.open(tab);
  for (const { act, tab, a, b, pause } of given.steps) {
    run.tick(pause);
    run.log.push(`-- ${act}`);
    await run.back(tab % given.tabs === tab && /ask|edit/.test(act) ? tab : tab % given.tabs);
    await ACTS[act]?.(run, tab % given.tabs, a, b);
  }
  run.log.push('-- settle');
  await run.settle(given.last % given.tabs, given.anew);
  return run;
}

export interface Given {
  json: boolean;
  skews: number[];
  siteSkew: number;
  turns: number;
  tabs: number;
  last: number;
  anew: boolean;
  steps: Array<{ act: string; tab: number; a: number; b: number; pause: number }>;
}

const HOUR = 3_600;

/** Any traffic that the site can have. `json`: its JSON is heard, else there is only its page. */
export function given(site: FaultSite, json: boolean): fc.Arbitrary<Given> {
  const acts = { ...READS, ...DEEDS, ...MOVES, ...(json && site.edits === 'any' ? BRANCHES : {}) };
  const hours = fc.integer({ min: -9, max: 9 });
  return fc.record({
    json: fc.constant(json),
    // Gemini gives a turn one time, asked or answered: of two tabs nothing says which has the later state.
    tabs: json && site.edits === 'any' ? fc.constantFrom(1, 1, 2) : fc.constant(1),
    skews: json ? fc.tuple(hours, hours).map((each) => each.map((hour) => hour * HOUR * 1_000)) : fc.constant([0, 0]),
    siteSkew: hours.map((hour) => hour * HOUR),
    turns: fc.integer({ min: 0, max: 4 }),
    last: fc.nat(1),
    anew: fc.boolean(),
    steps: fc.array(
      fc.record({
        act: fc.constantFrom(...Object.keys(acts)),
        tab: fc.nat(1),
        a: fc.nat(1_000),
        b: fc.nat(1_000),
        pause: fc.constantFrom(1, 5, 40),
      }),
      { minLength: 4, maxLength: 22 },
    ),
  });
}

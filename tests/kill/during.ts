/**
 * Kills a real Chromium at random moments while everything is exported, imported, backed up, gone back to or compacted, and
 * captures come in meanwhile. After each kill it is started again on the same profile: all that was acknowledged is there
 * once, and what was interrupted is whole, goes on, or left no trace, and says so.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CutOff, Engine, StoreState } from '../../engine/api';
import { startInternet } from '../harness/internet';
import { type Action, ACTIONS, importInto, ingest, type Prepared, type What } from './actions';
import { count, readBack } from './audit';
import type { KillReport } from './kill';
import { type OwnFile, type OwnFiles, openOwnFiles } from './own-files';
import { type Random, seeded } from './random';
import { type ConsoleGlobals, createSubject, type Live, type Subject } from './subject';
import { captureOf, type Talk, World } from './world';

export interface DuringOptions {
  what: What[];
  times: number;
  seed: number;
  /** Directory of the built extension. */
  extension: string;
  log?: (line: string) => void;
}

/** Then the profile is retired, so that a new one is killed too. */
const KILLS_PER_PROFILE = 30;
const CAPTURE_EVERY_MS = 60;
/** Some kills come after the end. */
const BEYOND = 1.15;

export async function killDuring({
  what,
  times,
  seed,
  extension,
  log = () => undefined,
}: DuringOptions): Promise<KillReport> {
  const internet = await startInternet({});
  const downloads = mkdtempSync(join(tmpdir(), 'commonplace-downloads-'));
  const subject = createSubject('chrome', extension, internet.port, downloads);
  const files = await openOwnFiles();
  const random = seeded(seed);
  const report: KillReport = {
    kills: 0,
    acknowledged: 0,
    lost: 0,
    duplicated: 0,
    returned: 0,
    disagreements: 0,
    could_not_open: 0,
    restored: 0,
    by_scene: {},
    faults: [],
  };
  const actions = ACTIONS.filter((action) => what.includes(action.what)).map((action) => ({
    action,
    took: action.guess,
  }));
  log(`seed ${seed}, ${times} kills of chrome during ${what.join(', ')}`);
  try {
    while (report.kills < times) {
      await files.begin();
      const most = Math.min(KILLS_PER_PROFILE, times - report.kills);
      await wearOut({ subject, random, files, downloads, actions, report, most, log });
    }
  } finally {
    await files.close();
    subject.close();
    await internet.close();
    rmSync(downloads, { recursive: true, force: true });
  }
  return report;
}

interface Wear {
  subject: Subject;
  random: Random;
  files: OwnFiles;
  downloads: string;
  actions: Array<{ action: Action; took: number }>;
  report: KillReport;
  most: number;
  log: (line: string) => void;
}

interface Killed {
  action: Action;
  prepared: Prepared;
  ended: boolean;
  under_way: number;
  meanwhile: Talk[];
}

/** One profile from its first start to its last look. */
async function wearOut({ subject, random, files, downloads, actions, report, most, log }: Wear): Promise<void> {
  const profile = subject.newProfile();
  const world = new World(random);
  const before = report.acknowledged;
  const last = report.kills + most;
  let known: OwnFile | null = null;
  let killed: Killed | null = null;
  let sound = true;
  let order = shuffled(actions, random);

  while (sound) {
    const running = await subject.launch(profile, { model: false });
    let live: Live;
    const started = performance.now();
    try {
      live = await running.live;
      const { state, cutOff } = await opened(live);
      if (state === 'restored') {
        report.restored += 1;
        log(`after kill ${report.kills} the database was restored`);
      }
      if (killed) sound = await judged({ live, world, report, log, killed, cutOff });
      else known = await furnish(live, world, files);
      sound = (await compared(live, world, report, log)) && sound;
    } catch (error) {
      report.could_not_open += 1;
      note(report, `after kill ${report.kills}: ${describe(error)}`, log);
      sound = false;
      await running.kill();
      break;
    }
    report.acknowledged = before + world.acknowledged;
    if (report.kills >= last || !sound || !known) {
      await running.kill();
      break;
    }
    const audited = Math.round(performance.now() - started);
    if (order.length === 0) order = shuffled(actions, random);
    const timed = order.pop();
    if (!timed) throw new Error('There is nothing to kill.');
    const { action } = timed;
    let over = false;
    const stage = { live, world, random, files, known, downloads, over: () => over };
    const prepared = await action.prepare(stage);
    const wait = Math.round(random.next() * timed.took * BEYOND);
    const begun = performance.now();
    let ended = false;
    const acting = prepared.act().then(
      () => {
        ended = true;
        timed.took = performance.now() - begun;
        return null;
      },
      (error: unknown) => (over ? null : error),
    );
    const meanwhile: Talk[] = [];
    const capturing = capture(live, world, meanwhile, { grown: action.swaps !== true, over: () => over });
    await Promise.race([sleep(wait), acting.then(() => sleep(random.between(0, 300)))]);
    over = true;
    const underWay = performance.now() - begun;
    killed = { action, prepared, ended, under_way: underWay, meanwhile };
    await running.kill();
    report.kills += 1;
    report.by_scene[action.name] = (report.by_scene[action.name] ?? 0) + 1;
    const failure = await acting;
    await capturing;
    if (failure !== null) {
      report.disagreements += 1;
      note(report, `${action.name} failed before kill ${report.kills}: ${describe(failure)}`, log);
    }
    if (!ended) timed.took = Math.max(timed.took, underWay * 1.3);
    log(
      `kill ${report.kills} ${action.name} after ${Math.round(underWay)} ms${ended ? ', which had ended' : ''} ` +
        `(opened and compared in ${audited} ms, ${world.size} documents)`,
    );
  }
  report.acknowledged = before + world.acknowledged;
  if (sound) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  else {
    const kept = join(tmpdir(), `commonplace-broken-${Date.now()}`);
    mkdirSync(kept, { recursive: true });
    cpSync(profile, kept, { recursive: true });
    log(`the profile is kept in ${kept}`);
  }
}

/** Something to begin with: what was captured, and a file of our own that was brought in. */
async function furnish(live: Live, world: World, files: OwnFiles): Promise<OwnFile> {
  const captured = world.talks(60);
  await ingest(live, captured);
  world.capturedToo(captured);
  const known = await files.next(world.talks(40));
  await importInto(live, known, 'merge');
  world.kept(known.talks);
  return known;
}

/** Waits for the engine and takes in what waited. */
async function opened(live: Live): Promise<{ state: StoreState['state']; cutOff: CutOff['doing'][] }> {
  return live.evaluate(async () => {
    const { engine } = globalThis as unknown as { engine: Engine };
    const { store, cut_off } = await engine.stats();
    await engine.drainOutbox();
    return { state: store.state, cutOff: cut_off.map(({ doing }) => doing) };
  }, null);
}

async function judged({
  live,
  world,
  report,
  log,
  killed,
  cutOff,
}: {
  live: Live;
  world: World;
  report: KillReport;
  log: (line: string) => void;
  killed: Killed;
  cutOff: CutOff['doing'][];
}): Promise<boolean> {
  const { action, prepared, ...rest } = killed;
  try {
    const outcome = await prepared.judge({ live, world, cutOff, ...rest });
    const name = `${action.name}: ${outcome}`;
    report.by_scene[name] = (report.by_scene[name] ?? 0) + 1;
    await live.evaluate(() => (globalThis as unknown as { engine: Engine }).engine.putAwayCutOff(), null);
    return true;
  } catch (error) {
    const fault = describe(error);
    if (fault.includes('lost: ')) report.lost += 1;
    else report.disagreements += 1;
    note(report, `after kill ${report.kills} in ${action.name} (${Math.round(rest.under_way)} ms): ${fault}`, log);
    return false;
  }
}

/** Reads everything back; true when it is as it must be. */
async function compared(live: Live, world: World, report: KillReport, log: (line: string) => void): Promise<boolean> {
  const verdict = world.judge(await readBack(live, world.keys()));
  const { documents, messages } = await count(live);
  if (documents > world.size || messages > world.messages())
    verdict.duplicated.push(
      `${documents} documents with ${messages} messages, not ${world.size} with ${world.messages()}`,
    );
  else if (documents < world.size || messages < world.messages()) {
    report.disagreements += 1;
    note(
      report,
      `${documents} documents with ${messages} messages are counted, not ${world.size} with ${world.messages()}`,
      log,
    );
  }
  report.lost += verdict.lost.length;
  report.duplicated += verdict.duplicated.length;
  report.returned += verdict.returned.length;
  const faults = [...verdict.lost, ...verdict.duplicated, ...verdict.returned];
  for (const fault of faults.slice(0, 10)) note(report, `after kill ${report.kills}: ${fault}`, log);
  return faults.length === 0;
}

/** Captures as a page sends them, each acknowledged by the outbox. */
async function capture(
  live: Live,
  world: World,
  meanwhile: Talk[],
  { grown, over }: { grown: boolean; over: () => boolean },
): Promise<void> {
  while (!over()) {
    const talk = world.next({ grown });
    try {
      const answer = await live.evaluate(
        (given) => (globalThis as unknown as ConsoleGlobals).ask('capture', given),
        captureOf(talk),
      );
      if (!('seq' in answer)) throw new Error(`The capture was refused: ${answer.refused}`);
    } catch (error) {
      if (over()) return; // the kill
      throw error;
    }
    world.kept([talk]);
    meanwhile.push(talk);
    await sleep(CAPTURE_EVERY_MS);
  }
}

function shuffled<Item>(items: Item[], random: Random): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function note(report: KillReport, fault: string, log: (line: string) => void): void {
  report.faults.push(fault);
  log(fault);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
}

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

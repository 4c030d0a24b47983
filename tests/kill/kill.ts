/**
 * Kills a real browser again and again while captures stream in, and reads back after each kill what it had said was
 * kept. Usage: npm run test:kill [-- --times N] [--seed S] [--browser firefox] [--extension DIR] [--scene NAME]
 * With --what export,import,backup,restore,compact it is killed in the midst of those instead (see during.ts).
 */
import { cpSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startInternet } from '../harness/internet';
import { ACTIONS, type What } from './actions';
import { type Audit, audit } from './audit';
import { killDuring } from './during';
import { Ledger } from './ledger';
import { type Random, seeded } from './random';
import { captured, type Scene, SCENES } from './scenes';
import { type BrowserName, createSubject, type Live, type Subject } from './subject';

export interface KillOptions {
  times: number;
  seed: number;
  browser: BrowserName;
  /** Directory of the built extension. */
  extension: string;
  /** Only these scenes. */
  scenes?: string[];
  log?: (line: string) => void;
}

export interface KillReport {
  kills: number;
  acknowledged: number;
  lost: number;
  duplicated: number;
  /** Deletions that were acknowledged and undone by a kill. */
  returned: number;
  disagreements: number;
  could_not_open: number;
  /** Opened after damage: counted, and shown, but no fault as long as nothing is lost. */
  restored: number;
  /** Kills by what was going on. */
  by_scene: Record<string, number>;
  faults: string[];
}

/** A profile is retired, after a last whole audit, when it was killed this often: so that creation is killed too. */
const KILLS_PER_PROFILE = 25;
const OPENING = 0.2;
const OPENING_MOST = 3;
const WHOLE_AUDIT = 10;
const WITH_MODEL = 0.1;
/** How long a start takes, with the browser, on two idle cores. */
const QUICK_OPEN_MS = 2_000;

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      times: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      browser: { type: 'string', default: 'chrome' },
      extension: { type: 'string' },
      scene: { type: 'string', multiple: true },
      what: { type: 'string' },
    },
  });
  if (values.what !== undefined) {
    const what = values.what.split(',').map((name) => {
      const action = ACTIONS.find((one) => one.what === name);
      if (!action) throw new Error(`There is no ${name}: ${[...new Set(ACTIONS.map((one) => one.what))].join(', ')}.`);
      return action.what;
    });
    return say(await killDuring(optionsOf(values, what)));
  }
  const browser: BrowserName = values.browser === 'firefox' ? 'firefox' : 'chrome';
  const report = await killAgainAndAgain({
    times: Number(values.times),
    seed: Number(values.seed),
    browser,
    extension: resolve(values.extension ?? `.output/${browser}-mv3`),
    ...(values.scene ? { scenes: values.scene } : {}),
    log: (line) => {
      console.log(line);
    },
  });
  return say(report);
}

function optionsOf(
  values: { times: string; seed: string; extension?: string | undefined },
  what: What[],
): Parameters<typeof killDuring>[0] {
  return {
    what,
    times: Number(values.times),
    seed: Number(values.seed),
    extension: resolve(values.extension ?? '.output/chrome-mv3'),
    log: (line) => {
      console.log(line);
    },
  };
}

function say(report: KillReport): number {
  console.log(
    Object.entries(report.by_scene)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  );
  console.log(
    `opened after damage without loss ${report.restored}, deleted and came back ${report.returned}, ` +
      `counts or searches that disagree ${report.disagreements}`,
  );
  console.log(lastLine(report));
  return isClean(report) ? 0 : 1;
}

export function lastLine(report: KillReport): string {
  return `kills ${report.kills}, acknowledged ${report.acknowledged}, lost ${report.lost}, duplicated ${report.duplicated}, could not open ${report.could_not_open}`;
}

export function isClean({ lost, duplicated, could_not_open, returned, disagreements }: KillReport): boolean {
  return lost + duplicated + could_not_open + returned + disagreements === 0;
}

export async function killAgainAndAgain(options: KillOptions): Promise<KillReport> {
  const { log = () => undefined } = options;
  const internet = await startInternet({});
  const subject = createSubject(options.browser, options.extension, internet.port);
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
  const random = seeded(options.seed);
  const scenes = options.scenes ? SCENES.filter(({ name }) => options.scenes?.includes(name)) : SCENES;
  log(`seed ${options.seed}, ${options.times} kills of ${options.browser}`);
  try {
    while (report.kills < options.times) {
      const most = Math.min(KILLS_PER_PROFILE, options.times - report.kills);
      await wearOut({ subject, random, scenes, report, most, log });
    }
  } finally {
    subject.close();
    await internet.close();
  }
  return report;
}

interface Wear {
  subject: Subject;
  random: Random;
  scenes: Scene[];
  report: KillReport;
  most: number;
  log: (line: string) => void;
}

/** One profile from its first start to its last audit. */
async function wearOut({ subject, random, scenes, report, most, log }: Wear): Promise<void> {
  const profile = subject.newProfile();
  const ledger = new Ledger(random);
  const before = report.acknowledged;
  const last = report.kills + most;
  const killed = (scene: string) => {
    report.kills += 1;
    report.by_scene[scene] = (report.by_scene[scene] ?? 0) + 1;
  };
  let sound = true;

  if (random.chance(0.8)) {
    await killWhileOpening(subject, profile, random, ledger);
    killed('creation');
  }
  while (sound) {
    for (let turn = 0; turn < OPENING_MOST && report.kills < last && random.chance(OPENING); turn++) {
      await killWhileOpening(subject, profile, random, ledger);
      killed('open');
    }
    const isLast = report.kills >= last;
    const scene = pickScene(scenes, random);
    const started = performance.now();
    const model = scene.model === true || random.chance(WITH_MODEL);
    const running = await subject.launch(profile, { model });
    let live: Live;
    try {
      live = await running.live;
      const which = isLast || report.kills % WHOLE_AUDIT === 0 ? 'all' : 'touched';
      const found = await audit(live, ledger, which);
      sound = book(report, found, log);
    } catch (error) {
      report.could_not_open += 1;
      note(report, `after kill ${report.kills}: ${describe(error)}`, log);
      sound = false;
      await running.kill();
      break;
    }
    const opened = performance.now();
    report.acknowledged = before + ledger.acknowledged;
    if (isLast || !sound) {
      await running.kill();
      break;
    }
    if (scene.model) await untilEmbedding(live);
    let over = false;
    const acting = scene.act({ live, ledger, random, over: () => over });
    const problem = acting.then(
      () => null,
      (error: unknown) => (over ? null : error),
    );
    const enough = ledger.acknowledged + (scene.after ? random.between(...scene.after) : 0);
    const [least, most] = scene.delay;
    // a machine that takes longer to open takes longer for everything; three times is enough, what is kept is waited for
    const pace = Math.min(3, Math.max(1, (opened - started) / QUICK_OPEN_MS));
    for (let waited = 0; waited < 5_000 && ledger.acknowledged < enough; waited += 5) await sleep(5);
    await sleep(scene.name === 'snapshot' ? random.between(least, most) : random.between(least, most) * pace);
    over = true;
    await running.kill();
    killed(scene.name);
    const failure = await problem;
    if (failure !== null) note(report, `${scene.name} failed before kill ${report.kills}: ${describe(failure)}`, log);
    report.acknowledged = before + ledger.acknowledged;
    log(
      `kill ${report.kills} ${scene.name}: opened and audited in ${Math.round(opened - started)} ms, ` +
        `acknowledged ${report.acknowledged}`,
    );
  }
  report.acknowledged = before + ledger.acknowledged;
  if (sound) rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  else {
    const kept = join(tmpdir(), `commonplace-broken-${Date.now()}`);
    cpSync(profile, kept, { recursive: true });
    log(`the profile is kept in ${kept}`);
  }
}

/** Starts the browser, sends captures as soon as there is a page, and kills it before or just after the engine is up. */
async function killWhileOpening(subject: Subject, profile: string, random: Random, ledger: Ledger): Promise<void> {
  const running = await subject.launch(profile, { model: random.chance(WITH_MODEL) });
  let over = false;
  const acting = running.live.then(async (live) => {
    while (!over) await captured(live, ledger, ledger.next());
  });
  const ended = acting.catch((error: unknown) => {
    if (!over) throw error;
  });
  await sleep(random.between(0, 2_500));
  over = true;
  await running.kill();
  await ended;
}

/** Adds up; true when the profile can go on. */
function book(report: KillReport, found: Audit, log: (line: string) => void): boolean {
  report.lost += found.lost.length;
  report.duplicated += found.duplicated.length;
  report.returned += found.returned.length;
  report.disagreements += found.disagreements.length;
  const faults = [...found.lost, ...found.duplicated, ...found.returned, ...found.disagreements];
  for (const fault of faults.slice(0, 10)) note(report, `after kill ${report.kills}: ${fault}`, log);
  if (found.store.state === 'restored') {
    report.restored += 1;
    log(`after kill ${report.kills} the database was restored: ${found.store.actions.join('; ')}`);
  }
  return faults.length === 0;
}

function note(report: KillReport, fault: string, log: (line: string) => void): void {
  report.faults.push(fault);
  log(fault);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);
}

async function untilEmbedding(live: Live): Promise<void> {
  for (let waited = 0; waited < 15_000; waited += 100) {
    const state = await live.evaluate(async () => {
      const { engine } = globalThis as unknown as { engine: { status(): Promise<{ embedder: { state: string } }> } };
      return (await engine.status()).embedder.state;
    }, null);
    if (state !== 'loading') return;
    await sleep(100);
  }
}

function pickScene(scenes: Scene[], random: Random): Scene {
  let left = random.next() * scenes.reduce((sum, { weight }) => sum + weight, 0);
  const picked = scenes.find(({ weight }) => (left -= weight) < 0) ?? scenes.at(-1);
  if (!picked) throw new Error('There is no such scene.');
  return picked;
}

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

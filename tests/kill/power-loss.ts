/**
 * Pulls the plug on a real browser, as far as that can be done without a plug: the browser runs under strace, and the
 * disk is set back to what was synced at a random moment, with a random part of what was not. Then it is opened and
 * read back. One traced run gives many such moments.
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInternet } from '../harness/internet';
import { audit } from './audit';
import { Ledger } from './ledger';
import { type Random, seeded } from './random';
import { captured, type Scene, SCENES } from './scenes';
import { createSubject, type Subject } from './subject';
import { type DiskEvent, readFiles, readTrace, straceArgs, TracedDisk, writeFiles } from './traced-disk';

export interface PowerLossOptions {
  extension: string;
  seed: number;
  cuts: number;
  /**
   * Also undo what {@link isDirectoryTable} tells of, from the making of the profile on: the names of new files are
   * lost, and the database may have to be made again from the outbox.
   */
  loseNames?: boolean;
  log?: (line: string) => void;
}

export interface PowerLossReport {
  cuts: number;
  acknowledged: number;
  lost: string[];
  duplicated: string[];
  could_not_open: string[];
  disagreements: string[];
  restored: number;
  /** Bytes that a cut could take, at most. */
  unsynced_most: number;
  /** Traced files that differ from the disk although nothing was taken; the method holds only when there are none. */
  untraced: string[];
}

const TRACED = ['File System', 'IndexedDB', 'WebStorage'];
/**
 * Chromium's own table of which OPFS file is called what. It is never synced by Chromium (156); the operating system
 * writes it within half a minute or so.
 */
const isDirectoryTable = (path: string) => /^File System\/(?:Origins|.+\/Paths)\//.test(path);

export async function main(args: string[]): Promise<number> {
  const [cuts = '10', seed = String(Date.now() % 1_000_000), names] = args;
  const report = await cutThePower({
    extension: '.output/chrome-mv3',
    cuts: Number(cuts),
    seed: Number(seed),
    loseNames: names === 'names',
    log: (line) => {
      console.log(line);
    },
  });
  console.log(JSON.stringify(report, null, 1));
  return report.lost.length + report.duplicated.length + report.could_not_open.length > 0 ? 1 : 0;
}

export async function cutThePower({
  extension,
  seed,
  cuts,
  loseNames = false,
  log = () => undefined,
}: PowerLossOptions): Promise<PowerLossReport> {
  const random = seeded(seed);
  const internet = await startInternet({});
  const subject = createSubject('chrome', extension, internet.port);
  const root = mkdtempSync(join(tmpdir(), 'commonplace-power-'));
  const report: PowerLossReport = {
    cuts: 0,
    acknowledged: 0,
    lost: [],
    duplicated: [],
    could_not_open: [],
    disagreements: [],
    restored: 0,
    unsynced_most: 0,
    untraced: [],
  };
  log(`seed ${seed}, ${cuts} power losses`);
  try {
    const profile = join(root, 'profile');
    const ledger = new Ledger(random);
    if (!loseNames) await fill(subject, profile, ledger);
    const data = join(profile, 'Default');
    const baseline = loseNames ? new Map<string, Buffer>() : readFiles(data, TRACED);
    const { events, underWay } = await traced(subject, profile, ledger, random, join(root, 'trace'));
    log(`${ledger.acknowledged} acknowledged, ${events.length} disk events`);

    const moments = chooseMoments(events, cuts, random);
    const disk = new TracedDisk(baseline);
    const spare = loseNames ? () => false : isDirectoryTable;
    for (const event of events) {
      while (moments.length > 0 && event.at > (moments[0] ?? 0)) {
        const moment = moments.shift() ?? 0;
        report.unsynced_most = Math.max(report.unsynced_most, disk.unsynced());
        const files = disk.afterPowerLoss(random, random.pick([0, 0.5]), spare);
        await openAfter(subject, profile, join(root, 'after'), files, ledger.at(moment), report, log);
      }
      disk.apply(event);
    }
    report.untraced = differing(disk.whole(), readFiles(data, TRACED), underWay);
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    subject.close();
    await internet.close();
  }
  return report;
}

/** A profile with something in it, killed so that the next start has a log to recover and a checkpoint to make. */
async function fill(subject: Subject, profile: string, ledger: Ledger): Promise<void> {
  const running = await subject.launch(profile, { model: false });
  const live = await running.live;
  await audit(live, ledger, 'all');
  for (let count = 0; count < 40; count++) await captured(live, ledger, ledger.next());
  await running.kill();
}

async function traced(
  subject: Subject,
  profile: string,
  ledger: Ledger,
  random: Random,
  output: string,
): ReturnType<typeof readTrace> {
  const running = await subject.launch(profile, { model: false, wrapper: straceArgs(output) });
  const live = await running.live;
  let over = false;
  const scene = SCENES.find(({ name }) => name === 'drain') as Scene;
  const ended = scene.act({ live, ledger, random, over: () => over }).catch((error: unknown) => {
    if (!over) throw error;
  });
  const enough = ledger.acknowledged + 120;
  for (let waited = 0; waited < 20_000 && ledger.acknowledged < enough; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  over = true;
  await running.kill();
  await ended;
  return readTrace(output, join(profile, 'Default'), TRACED);
}

/** Half of them anywhere, half just before a sync, when most is at stake. */
function chooseMoments(events: DiskEvent[], count: number, random: Random): number[] {
  const times = events.map(({ at }) => at);
  const syncs = events.filter(({ kind }) => kind === 'sync').map(({ at }) => at - 0.001);
  return Array.from({ length: count }, (_, index) => random.pick(index % 2 === 0 ? times : syncs)).sort(
    (a, b) => a - b,
  );
}

async function openAfter(
  subject: Subject,
  profile: string,
  copy: string,
  files: Map<string, Buffer>,
  ledger: Ledger,
  report: PowerLossReport,
  log: (line: string) => void,
): Promise<void> {
  rmSync(copy, { recursive: true, force: true, maxRetries: 5 });
  cpSync(profile, copy, {
    recursive: true,
    filter: (path) => !TRACED.some((part) => path === join(profile, 'Default', part)) && !/Singleton/.test(path),
  });
  writeFiles(join(copy, 'Default'), files);
  report.cuts += 1;
  report.acknowledged = Math.max(report.acknowledged, ledger.acknowledged);
  const running = await subject.launch(copy, { model: false });
  const cut = `cut ${report.cuts}`;
  try {
    const found = await audit(await running.live, ledger, 'all');
    report.lost.push(...found.lost.map((fault) => `${cut}: ${fault}`));
    report.duplicated.push(...found.duplicated.map((fault) => `${cut}: ${fault}`));
    report.disagreements.push(...found.disagreements.map((fault) => `${cut}: ${fault}`));
    if (found.store.state === 'restored') report.restored += 1;
    log(`${cut}: ${ledger.acknowledged} acknowledged, ${found.store.state}, lost ${found.lost.length}`);
  } catch (error) {
    report.could_not_open.push(`${cut}: ${String(error)}`);
    log(`${cut}: ${String(error)}`);
  } finally {
    await running.kill();
  }
}

/** What was `underWay` when the browser was killed may have been done. */
function differing(traced: Map<string, Buffer>, onDisk: Map<string, Buffer>, underWay: Set<string>): string[] {
  const paths = new Set([...traced.keys(), ...onDisk.keys()]);
  return [...paths].filter((path) => {
    const [one, other] = [traced.get(path), onDisk.get(path)];
    if (!one || !other) return true;
    return !one.equals(underWay.has(path) ? other.subarray(0, one.length) : other);
  });
}

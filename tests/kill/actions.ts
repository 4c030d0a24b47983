/** What a person, or the extension by itself, does with the whole of the data, each to be killed in the midst of it. */
import { existsSync, openAsBlob, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { CutOff, Engine, ImportRun } from '../../engine/api';
import { tree } from '../harness/chatgpt-site';
import { readBack } from './audit';
import type { OwnFile, OwnFiles } from './own-files';
import type { Random } from './random';
import type { ConsoleGlobals, Live } from './subject';
import { captureOf, key, same, saidOf, siteConversationOf, type Talk, textsOf, type World } from './world';

export type What = 'export' | 'import' | 'backup' | 'restore' | 'compact';

/** How it was found after the kill. */
export type Outcome = 'done' | 'went on' | 'no trace' | 'part, and said so';

export interface Action {
  name: string;
  what: What;
  /** How long it takes, in milliseconds, until it was seen. */
  guess: number;
  /** Whether one database takes the place of another. */
  swaps?: true;
  prepare(stage: Stage): Promise<Prepared>;
}

export interface Stage {
  live: Live;
  world: World;
  random: Random;
  files: OwnFiles;
  /** Brought in before, so that bringing it in again changes nothing. */
  known: OwnFile;
  downloads: string;
  /** True once the kill is under way. */
  over(): boolean;
}

export interface Prepared {
  /** Resolves when it came to its end; captures that come in meanwhile are the runner's. */
  act(): Promise<void>;
  /** At the next start, before everything is compared: what became of it. Throws on a fault of its own. */
  judge(after: After): Promise<Outcome>;
}

export interface After {
  live: Live;
  world: World;
  /** It came to its end before the kill. */
  ended: boolean;
  /** How long it had been under way, in milliseconds. */
  under_way: number;
  cutOff: CutOff['doing'][];
  /** What the runner had captured meanwhile, acknowledged. */
  meanwhile: Talk[];
}

/** After this long what is under way has been noted, however busy the machine is. */
const NOTED_MS = 2_500;

export const ACTIONS: Action[] = [
  { name: 'export', what: 'export', guess: 600, prepare: exporting },
  { name: 'official export', what: 'import', guess: 2_000, prepare: official },
  { name: 'own file, added', what: 'import', guess: 1_500, prepare: merging },
  { name: 'own file, in place', what: 'import', guess: 2_500, swaps: true, prepare: replacing },
  { name: 'copy inside', what: 'backup', guess: 600, prepare: copying },
  { name: 'backup by itself', what: 'backup', guess: 1_500, prepare: backingUp },
  { name: 'going back', what: 'restore', guess: 2_500, swaps: true, prepare: goingBack },
  { name: 'compaction', what: 'compact', guess: 1_500, prepare: compacting },
];

/** As the panel does it: piece by piece into a file beside the database. */
async function exporting({ live }: Stage): Promise<Prepared> {
  let begun = false;
  let written = false;
  return {
    async act() {
      const id = await live.evaluate(async () => {
        const { engine } = globalThis as unknown as { engine: Engine };
        return (await engine.beginExport({ what: { everything: true }, say_when_cut_off: true })).id;
      }, null);
      begun = true;
      await live.evaluate(async (exported) => {
        const { engine } = globalThis as unknown as { engine: Engine };
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('exports', { create: true });
        const stream = await (await folder.getFileHandle('killed.zip', { create: true })).createWritable();
        for (;;) {
          const { bytes } = await engine.readExport(exported);
          if (bytes === null) break;
          await stream.write(bytes as Uint8Array<ArrayBuffer>);
        }
        await stream.close();
      }, id);
      written = true;
      await live.evaluate((exported) => (globalThis as unknown as { engine: Engine }).engine.endExport(exported), id);
    },
    async judge({ live: again, world, ended, cutOff }) {
      if (ended && cutOff.includes('export')) throw new Error('an export that ended is said to be cut off');
      if (begun && !written && !cutOff.includes('export')) throw new Error('nothing says that an export was cut off');
      // What is written now is whole.
      const report = await again.evaluate(async () => {
        const { engine } = globalThis as unknown as { engine: Engine };
        const { id } = await engine.beginExport({ what: { everything: true } });
        const pieces: BlobPart[] = [];
        for (;;) {
          const { bytes } = await engine.readExport(id);
          if (bytes === null) break;
          pieces.push(bytes as Uint8Array<ArrayBuffer>);
        }
        return engine.lookAtImport(new Blob(pieces), {});
      }, null);
      if (Object.keys(report.damage.counts).length > 0 || report.documents.added + report.documents.changed > 0)
        throw new Error(`an export after the kill is not what is there: ${JSON.stringify(report)}`);
      if (report.documents.same < world.size)
        throw new Error(`an export after the kill has ${report.documents.same} documents, not ${world.size}`);
      return ended ? 'done' : 'no trace';
    },
  };
}

async function official({ live, world, random }: Stage): Promise<Prepared> {
  const talks = world.talks(random.between(80, 200));
  const json = JSON.stringify(talks.map((talk) => tree(siteConversationOf(talk))));
  let id: string | null = null;
  return {
    async act() {
      const looked = await live.evaluate(async (text) => {
        const { engine } = globalThis as unknown as { engine: Engine };
        return engine.lookInside([{ path: 'conversations.json', blob: new File([text], 'conversations.json') }]);
      }, json);
      await live.evaluate(
        async ({ run, connectors }) => {
          const { engine } = globalThis as unknown as { engine: Engine };
          await engine.startImport(run, { connectors, bring_back: false });
        },
        { run: looked.id, connectors: looked.parts.map(({ connector }) => connector) },
      );
      id = looked.id;
      await untilDone(live, looked.id);
    },
    async judge({ live: again, world: held, ended }) {
      const runs = await importsOf(again);
      const run = runs.find((one) => id === null || one.id === id);
      if (run?.state === 'needs_files') {
        if (id !== null) throw new Error('an import that had begun asks for its files');
        await again.evaluate(async (one) => {
          const { engine } = globalThis as unknown as { engine: Engine };
          await engine.cancelImport(one);
        }, run.id);
      } else if (run) await untilDone(again, run.id);
      const present = await presentOf(again, talks);
      held.kept(present);
      if (id !== null && present.length < talks.length)
        throw new Error(`lost: ${talks.length - present.length} conversations of an import that had begun`);
      if (ended) return 'done';
      return run && run.state !== 'needs_files' ? 'went on' : present.length > 0 ? 'done' : 'no trace';
    },
  };
}

async function merging({ live, world, random, files }: Stage): Promise<Prepared> {
  const before = world.keys();
  const file = await files.next(world.talks(random.between(30, 80)));
  const fresh = file.talks.filter((talk) => !before.includes(key(talk)));
  return {
    act: () => importInto(live, file, 'merge'),
    async judge({ live: again, world: held, ended, cutOff, under_way: underWay }) {
      const present = await presentOf(again, fresh);
      held.kept(present);
      const part = present.length > 0 && present.length < fresh.length;
      if (ended && present.length < fresh.length) throw new Error('lost: of a file that was brought in');
      if (ended && cutOff.includes('merge')) throw new Error('an import that ended is said to be cut off');
      if (!ended && !cutOff.includes('merge') && (part || (present.length === 0 && underWay > NOTED_MS)))
        throw new Error('nothing says that an import was cut off');
      await importInto(again, file, 'merge');
      const completed = await presentOf(again, fresh);
      held.kept(completed.filter((talk) => !present.includes(talk)));
      if (completed.length < fresh.length) throw new Error('lost: the same file again did not bring the others');
      return ended || present.length === fresh.length ? 'done' : part ? 'part, and said so' : 'no trace';
    },
  };
}

async function replacing({ live, world, random, files }: Stage): Promise<Prepared> {
  const file = await files.next(world.talks(random.between(20, 50)));
  const before = world.now();
  return {
    act: () => importInto(live, file, 'replace'),
    judge: (after) => judgeSwap(after, before, saidOf(file.talks), 'replace'),
  };
}

async function goingBack({ live, world, known }: Stage): Promise<Prepared> {
  const { before, name } = await copyNow(live, world, known);
  const later = world.talks(20);
  await ingest(live, later);
  world.capturedToo(later);
  const now = world.now();
  return {
    act: () =>
      live.evaluate(async (copy) => {
        await (globalThis as unknown as { engine: Engine }).engine.goBack(copy);
      }, name),
    judge: (after) => judgeSwap(after, now, before, 'go_back'),
  };
}

/** A copy inside is made before something comes in; nothing does. */
async function copying({ live, world, known }: Stage): Promise<Prepared> {
  const more = world.talks(10);
  await ingest(live, more);
  world.capturedToo(more);
  return {
    act: () => importInto(live, known, 'merge'),
    async judge({ live: again, ended }) {
      const broken = await again.evaluate(async () => {
        const { engine } = globalThis as unknown as { engine: Engine };
        const faults: string[] = [];
        for (const { name } of await engine.copies())
          await engine.lookAtCopy(name).catch(async (error: unknown) => {
            // a job may have made another meanwhile, and let this one go
            if ((await engine.copies()).some((one) => one.name === name)) faults.push(`${name}: ${String(error)}`);
          });
        return faults;
      }, null);
      if (broken.length > 0) throw new Error(`a copy cannot be read: ${broken.join('; ')}`);
      return ended ? 'done' : 'no trace';
    },
  };
}

async function backingUp({ live, downloads, files }: Stage): Promise<Prepared> {
  const was = new Set(backupsIn(downloads));
  await live.evaluate(async () => {
    const { chrome } = globalThis as unknown as ChromeGlobals;
    await chrome.storage.local.remove(['backup.last', 'backup.trouble']);
    await chrome.storage.local.set({ 'backup.plan': { every: 'day', to: 'downloads', password: null } });
  }, null);
  return {
    async act() {
      await live.evaluate(
        () => (globalThis as unknown as { ask(name: string, input: null): unknown }).ask('backUpNow', null),
        null,
      );
      await untilBackedUp(live);
    },
    async judge({ live: again, world, ended }) {
      const noted = await again.evaluate(async () => {
        const { chrome } = globalThis as unknown as ChromeGlobals;
        const facts = await chrome.storage.local.get(['backup.last', 'backup.trouble']);
        // what the alarm does every five minutes
        if (!facts['backup.last']) await chrome.alarms.create('soon', { when: Date.now() });
        return facts;
      }, null);
      if (ended && !noted['backup.last']) throw new Error('a backup that ended is not noted');
      if (!noted['backup.last']) await untilBackedUp(again);
      const made = backupsIn(downloads).filter((name) => !was.has(name));
      if (made.length === 0) throw new Error('a backup is noted, and there is no file');
      for (const name of made) {
        const report = await files.look(await openAsBlob(join(downloads, name)));
        if (Object.keys(report.damage.counts).length > 0)
          throw new Error(`${name} is not whole: ${JSON.stringify(report.damage.counts)}`);
      }
      const left = await again.evaluate(async () => {
        const names: string[] = [];
        for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
        return names.includes('backups');
      }, null);
      if (left) throw new Error('what a backup was written into is left');
      await again.evaluate(async () => {
        await (globalThis as unknown as ChromeGlobals).chrome.storage.local.remove('backup.plan');
      }, null);
      if (world.size === 0) throw new Error('nothing was backed up');
      return noted['backup.last'] ? 'done' : 'went on';
    },
  };
}

async function compacting({ live, world }: Stage): Promise<Prepared> {
  const gone = world.deletable(0.3);
  await live.evaluate(
    async (ids) => {
      const { engine } = globalThis as unknown as { engine: Engine };
      const found = await Promise.all(ids.map((external_id) => engine.find({ source: 'chatgpt', external_id })));
      const { id } = await engine.forget({ document_ids: found.flatMap((one) => one?.id ?? []) });
      await engine.purgeForgotten([id]);
    },
    gone.map((one) => one.slice(one.indexOf(' ') + 1)),
  );
  world.deleted(gone);
  const compact = (where: Live) =>
    where.evaluate(async () => {
      await (globalThis as unknown as { engine: Engine }).engine.compact();
    }, null);
  return {
    act: () => compact(live),
    async judge({ live: again, ended, cutOff, under_way: underWay }) {
      if (ended && cutOff.includes('compact')) throw new Error('a compaction that ended is said to be cut off');
      if (!ended && !cutOff.includes('compact') && underWay > NOTED_MS)
        throw new Error('nothing says that a compaction was cut off');
      await compact(again);
      return ended ? 'done' : 'no trace';
    },
  };
}

/** One database took the place of another, or did not; then the other is set aside whole. */
async function judgeSwap(
  { live, world, ended, under_way: underWay, cutOff, meanwhile }: After,
  before: Map<string, string[]>,
  after: Map<string, string[]>,
  doing: CutOff['doing'],
): Promise<Outcome> {
  const keys = [...new Set([...world.keys(), ...after.keys()])];
  const now = await readBack(live, keys);
  const holds = (said: Map<string, string[]>, other: Map<string, string[]>) =>
    [...said].every(([one, texts]) => same(textsOf(now.get(one)) ?? [], texts)) &&
    [...other.keys()].every((one) => said.has(one) || !now.get(one));
  const held = (talks: Talk[], where: typeof now) =>
    talks.filter((talk) => same(textsOf(where.get(key(talk))) ?? [], talk.said));
  await strays(live);
  if (holds(before, after)) {
    if (ended) throw new Error(`lost: it was done, and what was before is there`);
    if (!cutOff.includes(doing) && underWay > NOTED_MS) throw new Error(`nothing says that ${doing} was cut off`);
    return 'no trace';
  }
  if (!holds(after, before))
    throw new Error('lost: what is there is neither what was before nor what was to take its place');
  if (cutOff.includes(doing)) throw new Error(`${doing} was done and is said to be cut off`);
  const { key: one, word } = world.aWordOf(after);
  await found(live, word, one);
  const kept = held(meanwhile, now);
  await live.evaluate(async () => {
    const { engine } = globalThis as unknown as { engine: Engine };
    const aside = (await engine.setAside()).filter(({ whole }) => whole).at(-1);
    if (!aside) throw new Error('lost: nothing whole is set aside');
    await engine.takeBack(aside.at);
  }, null);
  const back = await readBack(live, keys);
  const lost = [...before].filter(([key1, texts]) => !same(textsOf(back.get(key1)) ?? [], texts));
  if (lost.length > 0) throw new Error(`lost: ${lost.length} documents of the database that was set aside`);
  const keptThen = held(meanwhile, back);
  const nowhere = meanwhile.filter((talk) => !kept.includes(talk) && !keptThen.includes(talk));
  if (nowhere.length > 0) throw new Error(`lost: ${nowhere.length} captures are in neither database`);
  world.become(new Map([...back].flatMap(([key1, seen]) => (seen ? [[key1, textsOf(seen) ?? []]] : []))));
  return 'done';
}

/** Nothing lies there but the database and those that were set aside. */
async function strays(live: Live): Promise<void> {
  const { there, known } = await live.evaluate(async () => {
    const { engine } = globalThis as unknown as { engine: Engine };
    const aside = (await engine.setAside()).length;
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('commonplace');
    const names: string[] = [];
    for await (const [name, entry] of root.entries())
      if (entry.kind === 'directory' && name.startsWith('database-')) names.push(name);
    return { there: names, known: 1 + aside };
  }, null);
  if (there.length !== known) throw new Error(`${there.join(', ')} lie there, and ${known} are known`);
}

async function found(live: Live, word: string, wanted: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 500) {
    const titles = await live.evaluate(async (text) => {
      const { engine } = globalThis as unknown as { engine: Engine };
      return (await engine.recall({ text, mode: 'words', literal: true, limit: 5 })).hits.map(({ url }) => url ?? '');
    }, word);
    if (titles.some((url) => url.endsWith(wanted.slice(wanted.indexOf(' ') + 1)))) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`a search for ${word} does not bring ${wanted}`);
}

/** A copy inside of what is there now. */
async function copyNow(
  live: Live,
  world: World,
  known: OwnFile,
): Promise<{ before: Map<string, string[]>; name: string }> {
  await importInto(live, known, 'merge');
  const name = await live.evaluate(async () => {
    const [newest] = await (globalThis as unknown as { engine: Engine }).engine.copies();
    return newest?.name ?? '';
  }, null);
  return { before: world.now(), name };
}

export async function importInto(live: Live, file: OwnFile, mode: 'merge' | 'replace'): Promise<void> {
  await live.evaluate(
    async ({ base64, how }) => {
      const { engine } = globalThis as unknown as { engine: Engine };
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const { damage } = await engine.importFile(new File([bytes], 'own.zip'), { mode: how });
      if (damage.first.length > 0) throw new Error(JSON.stringify(damage));
    },
    { base64: file.base64, how: mode },
  );
}

export async function ingest(live: Live, talks: Talk[]): Promise<void> {
  await live.evaluate(async (captures) => {
    await (globalThis as unknown as ConsoleGlobals).engine.ingest(captures);
  }, talks.map(captureOf));
}

/** Those that are there, each as it was said. */
async function presentOf(live: Live, talks: Talk[]): Promise<Talk[]> {
  const seen = await readBack(live, talks.map(key));
  return talks.filter((talk) => {
    const texts = textsOf(seen.get(key(talk)));
    if (texts && !same(texts, talk.said)) throw new Error(`lost: ${talk.id} is there in part`);
    return texts !== null;
  });
}

function importsOf(live: Live): Promise<ImportRun[]> {
  return live.evaluate(() => (globalThis as unknown as { engine: Engine }).engine.imports(), null);
}

async function untilDone(live: Live, id: string): Promise<void> {
  for (let waited = 0; waited < 120_000; waited += 50) {
    const run = (await importsOf(live)).find((one) => one.id === id);
    if (!run || run.state === 'done') return;
    if (run.state !== 'running') throw new Error(`the import is ${run.state}: ${run.error ?? ''}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('an import did not end');
}

interface ChromeGlobals {
  chrome: {
    storage: {
      local: {
        get(keys: string[]): Promise<Record<string, unknown>>;
        set(what: object): Promise<void>;
        remove(keys: string | string[]): Promise<void>;
      };
    };
    alarms: { create(name: string, when: object): Promise<void> };
  };
}

async function untilBackedUp(live: Live): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const facts = await live.evaluate(
      () => (globalThis as unknown as ChromeGlobals).chrome.storage.local.get(['backup.last', 'backup.trouble']),
      null,
    );
    if (facts['backup.trouble']) throw new Error(`a backup failed: ${JSON.stringify(facts['backup.trouble'])}`);
    if (facts['backup.last']) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no backup was made');
}

function backupsIn(downloads: string): string[] {
  if (!existsSync(downloads)) return [];
  return readdirSync(downloads, { recursive: true })
    .map(String)
    .filter((name) => /commonplace-backup-[\d-]+\.zip$/u.test(name));
}

/**
 * Imports: a look at what was given, then all or parts of it taken in behind searches. What remains is known by a row of the
 * job queue, so an import goes on after a restart; the files themselves are kept on a shelf for as long, where they fit.
 */
import { v7 as uuidv7 } from 'uuid';
import type { CapturedDocument, ImportChoice, ImportPart, ImportRun, IngestReport } from '../api';
import { type Capture, sourceOf } from '../capture/types';
import { capturedOf, allowAgain } from '../documents';
import { EngineError } from '../errors';
import { type Job, type JobContext, type Outcome, PRIORITY } from '../jobs';
import type { Queryable, Store } from '../store';
import type { GivenFile } from './files';
import type { ImportedItem, ImportWarning, Read } from './port';
import { readParts, type Sorted, sortFiles } from './read';
import { reconcile } from './reconcile';

/** Where picked files wait until they are in: a browser forgets them when it restarts. */
export interface ImportShelf {
  /** False where they do not fit; then they have to be picked again after a restart. */
  keep(id: string, files: GivenFile[]): Promise<boolean>;
  open(id: string): Promise<GivenFile[] | null>;
  drop(id: string): Promise<void>;
  /** The ids of all that lies on it, whole or not. */
  ids(): Promise<string[]>;
}

export interface ImporterOptions {
  store: Store;
  shelf: ImportShelf | null;
  take: (captures: Capture[], signal: AbortSignal) => Promise<IngestReport>;
  clock: () => Date;
  /** A job was put into the queue. */
  wake: () => void;
  onChange: (run: ImportRun) => void;
}

/** Items that are stored together, and their characters: few statements, little memory. */
const BATCH_ITEMS = 48;
const BATCH_CHARACTERS = 2_000_000;
/** After so long other jobs get their turn, in milliseconds. */
const TURN_MS = 5_000;
/** Files that are copied before reading begins, in bytes: about a second. */
const COPIED_FIRST = 100_000_000;
/** Warnings that are kept of one run; all are counted. */
const MOST_WARNINGS = 200;

interface Live {
  sorted: Sorted;
  /** Where reading stands; null before it began. */
  reading: AsyncGenerator<Read & { connector: string }> | null;
}

export class Importer {
  readonly #options: ImporterOptions;
  readonly #runs = new Map<string, ImportRun>();
  readonly #live = new Map<string, Live>();
  readonly #given = new Map<string, GivenFile[]>();
  /** Aborted when an import is ended: what of it is on its way into the database stops there. */
  readonly #ended = new Map<string, AbortController>();

  constructor(options: ImporterOptions) {
    this.#options = options;
  }

  /** Takes up what a restart left. */
  async recover(): Promise<void> {
    const rows = await this.#options.store.query<{ subject: string; progress: ImportRun | null }>(
      `select subject, progress from job where kind = 'import' and subject is not null`,
    );
    const { shelf } = this.#options;
    const wanted = new Set(rows.map(({ subject }) => subject));
    for (const id of (await shelf?.ids()) ?? []) if (!wanted.has(id)) await shelf?.drop(id);
    for (const { subject, progress } of rows) {
      if (progress === null) continue;
      const files = await shelf?.open(subject);
      if (files) this.#given.set(subject, files);
      this.#runs.set(subject, { ...progress, state: files ? progress.state : 'needs_files' });
    }
  }

  runs(): ImportRun[] {
    return [...this.#runs.values()];
  }

  /** @throws `bad_input` where nothing in the files can be read */
  async look(files: GivenFile[], signal?: AbortSignal): Promise<ImportRun> {
    const id = uuidv7();
    const run: ImportRun = {
      id,
      name: nameOf(files),
      state: 'looking',
      parts: [],
      choice: null,
      done: 0,
      total: 0,
      added: 0,
      updated: 0,
      unchanged: 0,
      passed_over: 0,
      warnings: [],
      warning_count: 0,
      error: null,
    };
    this.#set(run);
    try {
      const live = await this.#sort(files, signal);
      const parts = new Map<string, ImportPart>();
      for (const { connector, files: taken } of live.sorted.parts)
        parts.set(connector.id, emptyPart(connector.id, taken.length));
      for (const warning of live.sorted.warnings) warn(run, warning);
      let batch: Array<{ item: ImportedItem; connector: string }> = [];
      let told = this.#options.clock().getTime();
      const seen = new Set<string>();
      let characters = 0;
      const count = async () => {
        await this.#compare(batch, parts, seen);
        batch = [];
        characters = 0;
        const now = this.#options.clock().getTime();
        if (now - told < 500) return;
        told = now;
        this.#set({ ...run, parts: [...parts.values()] });
      };
      for await (const read of readParts(live.sorted)) {
        signal?.throwIfAborted();
        if (this.#runs.get(id) === undefined) throw new EngineError('aborted', 'The look was ended.');
        if ('warning' in read) warn(run, read.warning);
        else {
          batch.push({ item: read.item, connector: read.connector });
          characters += charactersOf(read.item);
        }
        if (batch.length >= BATCH_ITEMS || characters >= BATCH_CHARACTERS) await count();
      }
      await count();
      const looked: ImportRun = { ...run, state: 'looked', parts: [...parts.values()] };
      this.#given.set(id, files);
      this.#live.set(id, live);
      this.#set(looked);
      return looked;
    } catch (error) {
      this.#runs.delete(id);
      this.#options.onChange({ ...run, state: 'cancelled' });
      throw EngineError.from(error);
    }
  }

  /** Begins what was looked at; answers when it would go on after a restart without the files being picked again. */
  async start(id: string, choice: ImportChoice): Promise<ImportRun> {
    const run = this.#get(id);
    const files = this.#given.get(id);
    if (run.state !== 'looked' || files === undefined)
      throw new EngineError('bad_input', `The import ${id} is ${run.state}; only one that was looked at begins.`);
    const chosen = run.parts.filter(({ connector }) => choice.connectors.includes(connector));
    const started: ImportRun = {
      ...run,
      state: 'running',
      choice,
      total: chosen.reduce((sum, part) => sum + part.items, 0),
    };
    this.#set(started);
    await this.#write(started, this.#options.clock());
    await this.#keepAndWake(id, files);
    return this.#runs.get(id) ?? started;
  }

  /**
   * Reading leaves the thread little time for a copy, so that a restart a moment later would find none: a small one is made first.
   * Of gigabytes it takes a while, and reading goes on meanwhile.
   */
  async #keepAndWake(id: string, files: GivenFile[]): Promise<void> {
    const keeping = this.#keep(id, files);
    if (files.reduce((sum, { blob }) => sum + blob.size, 0) <= COPIED_FIRST) await keeping;
    this.#options.wake();
    await keeping;
  }

  async #keep(id: string, files: GivenFile[]): Promise<void> {
    const { shelf } = this.#options;
    await shelf?.keep(id, files);
    // it may have ended before the copy was whole
    if (!this.#given.has(id)) await shelf?.drop(id);
  }

  async pause(id: string): Promise<void> {
    await this.#become(id, 'paused', null);
  }

  /** @param files where the run asks for them: the same ones, picked again */
  async resume(id: string, files?: GivenFile[]): Promise<void> {
    if (files !== undefined) {
      this.#given.set(id, files);
      this.#live.delete(id);
      // Which of them were in cannot be told from others; what is in already changes nothing.
      this.#set({ ...this.#get(id), done: 0 });
    }
    if (!this.#given.has(id)) throw new EngineError('bad_input', 'The files of this import have to be picked again.');
    this.#set({ ...this.#get(id), error: null });
    await this.#become(id, 'running', this.#options.clock());
    if (files === undefined) this.#options.wake();
    else await this.#keepAndWake(id, files);
  }

  /** Ends it; what is in stays. Of an ended one the report is put away. */
  async cancel(id: string): Promise<void> {
    const run = this.#get(id);
    this.#runs.delete(id);
    this.#ended.get(id)?.abort();
    await this.#forget(id);
    this.#options.onChange({ ...run, state: 'cancelled' });
  }

  async endAll(): Promise<void> {
    for (const id of [...this.#runs.keys()]) await this.cancel(id);
  }

  /**
   * Another database is in the place of the one that was imported into: what was under way waits to be asked for, from the
   * beginning, because this one may hold none of it; what is in already changes nothing. A look was about the other one.
   */
  async replaced(): Promise<void> {
    for (const run of this.runs()) {
      if (run.state === 'looking' || run.state === 'looked') {
        await this.cancel(run.id);
        continue;
      }
      this.#ended.get(run.id)?.abort();
      this.#ended.delete(run.id);
      this.#live.delete(run.id);
      const again = fromTheBeginning(run);
      if (again !== null) this.#set(again);
    }
    await this.carryInto(this.#options.store);
  }

  /**
   * Writes what is under way into a database that is about to take the place of this one, so that a kill in the moment after
   * does not lose it; and takes out imports that have ended since, of one that is taken back.
   */
  async carryInto(next: Queryable): Promise<void> {
    const waiting = this.runs().flatMap((run) => fromTheBeginning(run) ?? []);
    for (const run of waiting) await writeRow(next, run, null);
    await next.query(`delete from job where kind = 'import' and subject <> all($1::uuid[])`, [
      waiting.map(({ id }) => id),
    ]);
  }

  /** A turn of the job: some documents, then others may. */
  async work(job: Job, context: JobContext): Promise<Outcome> {
    const id = job.subject ?? '';
    const run = this.#runs.get(id);
    if (run === undefined) return 'done'; // cancelled
    if (run.state !== 'running') return this.#wait(run);
    try {
      return await this.#turn(id, run, context);
    } catch (error) {
      if (context.signal.aborted) throw error; // goes on at the next start
      const present = this.#runs.get(id);
      if (present === undefined) return 'done'; // cancelled
      this.#live.delete(id); // what was read last is not in: it is read again
      if (present.state !== 'running') return this.#wait(present);
      const { code, message } = EngineError.from(error);
      if (code === 'aborted') return { again: this.#options.clock() }; // ended under it, and asked for again since
      console.warn(`commonplace: an import stopped: ${code}: ${message}`);
      const stopped: ImportRun = { ...present, state: 'paused', error: code };
      this.#set(stopped);
      await this.#write(stopped, null);
      return { again: NEVER };
    }
  }

  /** Until it is asked for; its row says so, whatever was on its way there. */
  async #wait(run: ImportRun): Promise<Outcome> {
    await this.#write(run, null);
    return { again: NEVER };
  }

  async #turn(id: string, run: ImportRun, context: JobContext): Promise<Outcome> {
    const { reading, anew } = await this.#readingOf(id, run, context.signal);
    if (!this.#runs.has(id)) return 'done'; // cancelled meanwhile
    const until = performance.now() + TURN_MS;
    const end = this.#ended.get(id) ?? new AbortController();
    this.#ended.set(id, end);
    let now: ImportRun = run;
    if (anew !== null) {
      // The look told what cannot be read; from here on it is told as it is met.
      now = { ...run, warnings: [], warning_count: 0 };
      for (const each of anew) warn(now, each);
      this.#set(now);
    }
    for (;;) {
      const { batch, read, warnings, ended } = await fill(reading, context.signal);
      await context.pause();
      if (now.choice?.bring_back) await this.#bringBack(batch);
      const report = batch.length === 0 ? null : await this.#options.take(batch, end.signal);
      const current = this.#runs.get(id);
      if (current === undefined) return 'done';
      now = { ...current, done: current.done + read };
      for (const each of warnings) warn(now, each);
      if (report !== null) {
        now.added += report.messages_added;
        now.updated += report.messages_updated;
        now.unchanged += report.messages_unchanged;
        now.passed_over += report.forgotten + report.expired;
      }
      if (ended) {
        now.state = 'done';
        now.total = now.done;
        await this.#forget(id);
        this.#set(now);
        return 'done';
      }
      this.#set(now);
      if (now.state !== 'running') {
        await this.#write(now, null);
        return { again: NEVER };
      }
      await this.#write(now, this.#options.clock());
      if (performance.now() > until) return { again: this.#options.clock() };
    }
  }

  /** Where reading stands; `anew` are the warnings of sorting where it begins. */
  async #readingOf(
    id: string,
    run: ImportRun,
    signal: AbortSignal,
  ): Promise<{ reading: NonNullable<Live['reading']>; anew: ImportWarning[] | null }> {
    const files = this.#given.get(id);
    if (files === undefined) throw new EngineError('bad_input', 'The files of this import are not there any more.');
    const live = this.#live.get(id) ?? (await this.#sort(files, signal));
    this.#live.set(id, live);
    let anew: ImportWarning[] | null = null;
    if (live.reading === null) {
      if (run.done === 0) anew = live.sorted.warnings;
      const parts = live.sorted.parts.filter(({ connector }) => run.choice?.connectors.includes(connector.id));
      live.reading = readParts({ ...live.sorted, parts });
      // What is in is read past; the same files give the same documents in the same order.
      for (let passed = 0; passed < run.done;) {
        signal.throwIfAborted();
        const next = await live.reading.next();
        if (next.done) break;
        if ('item' in next.value) passed++;
      }
    }
    return { reading: live.reading, anew };
  }

  async #sort(files: GivenFile[], signal?: AbortSignal): Promise<Live> {
    const { parseHTML } = await import('linkedom/worker');
    const sorted = await sortFiles(files, {
      parseHtml: (html) => parseHTML(html).document,
      now: this.#options.clock().toISOString(),
      ...(signal === undefined ? {} : { signal }),
    });
    return {
      sorted: { ...sorted, options: { ...sorted.options, signal: new AbortController().signal } },
      reading: null,
    };
  }

  /** Which of these are new, known, or deleted before. */
  async #compare(
    batch: Array<{ item: ImportedItem; connector: string }>,
    parts: Map<string, ImportPart>,
    seen: Set<string>,
  ): Promise<void> {
    const items = await reconcile(
      this.#options.store,
      batch.map(({ item }) => item),
    );
    const bySource = new Map<string, string[]>();
    for (const item of items) bySource.set(sourceOf(item), [...(bySource.get(sourceOf(item)) ?? []), item.id]);
    const held = new Map<string, CapturedDocument>();
    for (const [source, external_ids] of bySource)
      for (const each of await capturedOf(this.#options.store, { source, external_ids }))
        held.set(`${source}\n${each.external_id}`, each);
    items.forEach((item, index) => {
      const part = parts.get(batch[index]?.connector ?? '');
      if (part === undefined || item.kind === 'page') return;
      const key = `${sourceOf(item)}\n${item.id}`;
      const known = held.get(key);
      part.items++;
      if (item.kind === 'conversation') part.messages += item.messages.length;
      const time = item.updated_at ?? item.created_at;
      if (time !== null && (part.from === null || time < part.from)) part.from = time;
      if (time !== null && (part.to === null || time > part.to)) part.to = time;
      if (seen.has(key)) return;
      seen.add(key);
      if (item.kind === 'conversation') part.conversations++;
      else part.documents++;
      const isWhole = item.kind === 'conversation' && item.complete;
      if (known?.forgotten) part.forgotten++;
      else if (known === undefined) part.fresh++;
      else if ((isWhole && !known.complete) || isLater(item.updated_at, known.updated_at)) part.changed++;
      else part.known++;
    });
  }

  async #bringBack(batch: Capture[]): Promise<void> {
    for (const capture of batch) {
      const where = { source: sourceOf(capture), external_id: capture.id };
      const [held] = await capturedOf(this.#options.store, { source: where.source, external_ids: [capture.id] });
      if (held?.forgotten) await this.#options.store.transaction((tx) => allowAgain(tx, where));
    }
  }

  async #become(id: string, state: ImportRun['state'], at: Date | null): Promise<void> {
    const run = { ...this.#get(id), state };
    this.#set(run);
    await this.#write(run, at);
  }

  #write(run: ImportRun, at: Date | null): Promise<void> {
    return writeRow(this.#options.store, run, at);
  }

  async #forget(id: string): Promise<void> {
    this.#live.delete(id);
    this.#given.delete(id);
    this.#ended.delete(id);
    await this.#options.store.query(`delete from job where kind = 'import' and subject = $1`, [id]);
    await this.#options.shelf?.drop(id);
  }

  #get(id: string): ImportRun {
    const run = this.#runs.get(id);
    if (run === undefined) throw new EngineError('not_found', `There is no import ${id}.`);
    return run;
  }

  #set(run: ImportRun): void {
    this.#runs.set(run.id, run);
    this.#options.onChange(run);
  }
}

/** For a job that waits to be asked for. */
const NEVER = new Date('9999-12-31T00:00:00.000Z');

async function writeRow(db: Queryable, run: ImportRun, at: Date | null): Promise<void> {
  await db.query(
    `insert into job (kind, subject, priority, run_after, progress)
    values ('import', $1, $2, $3::timestamptz, $4::jsonb)
    on conflict (kind, subject) do update set run_after = excluded.run_after, progress = excluded.progress,
      attempts = least(job.attempts, 1), created_at = clock_timestamp(),
      state = case when job.state = 'failed' then 'waiting' else job.state end`,
    [run.id, PRIORITY.import, (at ?? NEVER).toISOString(), JSON.stringify(run)],
  );
}

/** What is under way as it stands in another database; null where nothing is left to do. */
function fromTheBeginning(run: ImportRun): ImportRun | null {
  if (run.state !== 'running' && run.state !== 'paused' && run.state !== 'needs_files') return null;
  const state = run.state === 'running' ? 'paused' : run.state;
  return { ...run, state, done: 0, added: 0, updated: 0, unchanged: 0, passed_over: 0, error: null };
}

function isLater(said: string | null, known: string | null): boolean {
  return said !== null && (known === null || Date.parse(said) > Date.parse(known));
}

function emptyPart(connector: string, files: number): ImportPart {
  return {
    connector,
    files,
    items: 0,
    conversations: 0,
    messages: 0,
    documents: 0,
    from: null,
    to: null,
    fresh: 0,
    changed: 0,
    known: 0,
    forgotten: 0,
  };
}

function warn(run: ImportRun, warning: ImportWarning): void {
  run.warning_count++;
  if (run.warnings.length < MOST_WARNINGS) run.warnings = [...run.warnings, warning];
}

function nameOf(files: GivenFile[]): string {
  const roots = [...new Set(files.map(({ path }) => path.split('/')[0] ?? path))];
  return roots.length <= 3 ? roots.join(', ') : `${roots.slice(0, 2).join(', ')} … (${roots.length})`;
}

function charactersOf(item: ImportedItem): number {
  const parts = item.kind === 'conversation' ? item.messages : item.sections;
  return parts.reduce((sum, { markdown }) => sum + markdown.length, 0);
}

/** The next documents, as many as are stored together. */
async function fill(reading: AsyncGenerator<Read & { connector: string }>, signal: AbortSignal) {
  const batch: ImportedItem[] = [];
  const warnings: ImportWarning[] = [];
  let characters = 0;
  while (batch.length < BATCH_ITEMS && characters < BATCH_CHARACTERS) {
    signal.throwIfAborted();
    const next = await reading.next();
    if (next.done) return { batch, read: batch.length, warnings, ended: true };
    if ('warning' in next.value) warnings.push(next.value.warning);
    else {
      const { item } = next.value;
      batch.push(item);
      characters += charactersOf(item);
    }
  }
  return { batch, read: batch.length, warnings, ended: false };
}

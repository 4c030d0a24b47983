/** Models on their way from a hub: one at a time, in the order they were asked for, over breaks and restarts. */
import { MODEL_ENTRIES, type ModelEntry, type ModelPurpose } from '../../models/downloads';
import { EngineError, type SerialisedError } from '../errors';
import type { PrivacyShelf } from '../privacy';
import { FULL_BELOW } from '../space';
import { HUB } from './hosts';
import { pin } from './hub';
import type { ModelStorage } from './port';
import { type Asking, PATIENCE, type Patience } from './request';
import { fetchFile } from './transfer';
import type { Fetching, OfferedModel, Pin } from './types';

export interface DownloadsOptions {
  storage: ModelStorage;
  /** Keeps which models were asked for, and what each was pinned to. */
  shelf: PrivacyShelf;
  clock: () => Date;
  /** Told of each change of a model, a few times a second while bytes come. */
  onChange: (model: OfferedModel) => void;
  /** Told before the hub is asked, and when another host answers in its place; once per host and run. */
  onFetch: (fetching: Fetching) => Promise<void>;
  hooks?: DownloadHooks;
  entries?: readonly ModelEntry[];
  fetch?: typeof fetch;
  hub?: string;
  patience?: Patience;
  rangeBytes?: number;
}

/** What uses the models, by the purpose it uses them for. */
export interface DownloadHooks {
  /** Looks at what is whole so far, each time `path` joins it, the smallest first. @throws to end before the rest is fetched. */
  check?(entry: ModelEntry, files: Map<string, Blob>, path: string): Promise<void>;
  /**
   * Takes a model that is whole. True: its files were put elsewhere, and are deleted here. Called again after a kill.
   * @throws to end the download; its files stay.
   */
  take?(entry: ModelEntry, files: Map<string, Blob>, pinned: Pin, signal: AbortSignal): Promise<boolean>;
  /** It is about to be deleted. */
  remove?(entry: ModelEntry): Promise<void>;
}

export interface Downloads {
  list(purpose?: ModelPurpose): Promise<OfferedModel[]>;
  /** Begins a model, or goes on with it; waits where another is fetched. @throws EngineError `not_found`. */
  start(id: string): Promise<OfferedModel>;
  /** What came is kept. @throws EngineError `not_found`. */
  pause(id: string): Promise<OfferedModel>;
  /** Ends it and deletes what came, also of one that is whole. @throws EngineError `not_found`. */
  remove(id: string): Promise<OfferedModel>;
  /** The files of a model that is whole, by their paths. @throws EngineError `not_found` when it is not. */
  files(id: string): Promise<Map<string, Blob>>;
  /** Exactly what a model is made of, once its hub was asked; null before. @throws EngineError `not_found`. */
  pinned(id: string): Promise<Pin | null>;
  /** Bytes that lie here. */
  bytes(): Promise<number>;
  /** Goes on with what was under way when the engine ended. */
  wake(): Promise<void>;
  /** Stops; what is under way goes on at the next {@link wake}. */
  close(): Promise<void>;
}

interface Kept {
  state: Exclude<OfferedModel['state'], 'none'>;
  /** When it was asked for, in milliseconds: who came first is first. */
  asked: number;
  /** Bytes that the person was told of when they agreed. */
  agreed: number;
  pin: Pin | null;
  failure: SerialisedError | null;
  /** Its files were put elsewhere. */
  elsewhere: boolean;
}

/** What is known of a model while the engine runs. */
interface Live {
  /** Bytes of each file. */
  have: Map<string, number>;
  /** Bytes so far by the clock, the newest last. */
  rate: Array<{ at: number; done: number }>;
  waitsUntil: string | null;
}

const KEY = 'downloads';
/** Milliseconds between two reports while bytes come. */
const TELL_MS = 300;
/** The speed is that of so many reports. */
const RATE_REPORTS = 20;
/** Stays free beside a model, for the database. */
const RESERVE = 2 * FULL_BELOW;
/** A hub that has more than this share beyond what was said is not followed without asking. */
const MORE_THAN_SAID = 1.1;

/** Why a run was stopped. */
type Stop = 'pause' | 'remove' | 'close';

export function openDownloads(options: DownloadsOptions): Downloads {
  const { storage, shelf, clock, onChange, onFetch, hooks = {}, entries = MODEL_ENTRIES, hub = HUB } = options;
  const live = new Map<string, Live>();
  let current: { id: string; stop: AbortController; ended: Promise<void> } | null = null;
  let closed = false;
  let awake = false;

  const kept = shelf.get(KEY).then(async (found) => {
    const all = new Map(Object.entries((found ?? {}) as Record<string, Kept>));
    for (const [id, one] of all) {
      // it ran when the engine ended
      if (one.state === 'running') one.state = 'waiting';
      const have = new Map<string, number>();
      if (!one.elsewhere) {
        for (const { path, bytes } of one.pin?.files ?? []) {
          have.set(path, Math.min((await storage.size(id, path)) ?? 0, bytes));
        }
      }
      live.set(id, { have, rate: [], waitsUntil: null });
    }
    return all;
  });
  kept.catch(() => undefined); // every call tells it

  /** One after the other, and always all of it. */
  let saving: Promise<void> = Promise.resolve();
  const save = async () => {
    const all = await kept;
    const now = structuredClone(Object.fromEntries(all));
    saving = saving.then(
      () => shelf.put(KEY, now),
      () => shelf.put(KEY, now),
    );
    return saving;
  };

  function entryOf(id: string): ModelEntry {
    const entry = entries.find((one) => one.id === id);
    if (!entry) throw new EngineError('not_found', `There is no model ${id} to be fetched.`);
    return entry;
  }

  function liveOf(id: string): Live {
    let one = live.get(id);
    if (!one) {
      one = { have: new Map(), rate: [], waitsUntil: null };
      live.set(id, one);
    }
    return one;
  }

  const total = (entry: ModelEntry, one: Kept | undefined) =>
    one?.pin ? one.pin.files.reduce((sum, { bytes }) => sum + bytes, 0) : entry.bytes;
  const doneOf = (id: string) => [...liveOf(id).have.values()].reduce((sum, bytes) => sum + bytes, 0);

  function tell(entry: ModelEntry, one: Kept | undefined): OfferedModel {
    const { id, name, purpose, runs_on, repository, licence, memory_bytes } = entry;
    const { rate, waitsUntil } = liveOf(id);
    const running = one?.state === 'running';
    const bytes = total(entry, one);
    const [from, to] = [rate[0], rate.at(-1)];
    return {
      id,
      name,
      purpose,
      runs_on,
      host: new URL(hub).host,
      repository,
      licence,
      memory_bytes,
      bytes,
      done: one?.elsewhere ? bytes : doneOf(id),
      state: one?.state ?? 'none',
      speed: running && from && to && to.at > from.at ? ((to.done - from.done) / (to.at - from.at)) * 1000 : null,
      waits_until: running ? waitsUntil : null,
      failure: one?.failure ?? null,
      commit: one?.pin?.commit ?? null,
      sums: one?.pin ? (sumsKnown(entry) ? 'package' : 'hub') : null,
    };
  }

  async function announce(entry: ModelEntry): Promise<OfferedModel> {
    const model = tell(entry, (await kept).get(entry.id));
    onChange(model);
    return model;
  }

  /** Takes the next one up, if none is under way. */
  async function next(): Promise<void> {
    const all = await kept;
    if (current !== null || closed || !awake) return;
    const [first] = [...all].filter(([, { state }]) => state === 'waiting').sort(([, a], [, b]) => a.asked - b.asked);
    if (!first) return;
    const [id, one] = first;
    const entry = entries.find((known) => known.id === id);
    if (!entry) {
      // an older version offered it
      all.delete(id);
      await save();
      await storage.remove(id);
      return next();
    }
    const stop = new AbortController();
    current = { id, stop, ended: Promise.resolve() };
    current.ended = run(entry, one, stop.signal).finally(() => {
      current = null;
      next().catch((error: unknown) => {
        console.error('commonplace: the next model could not be fetched', error);
      });
    });
    current.ended.catch(() => undefined); // it is written down
  }

  async function run(entry: ModelEntry, one: Kept, signal: AbortSignal): Promise<void> {
    const { have, rate } = liveOf(entry.id);
    rate.length = 0;
    one.state = 'running';
    one.failure = null;
    await save();
    await announce(entry);
    let told = performance.now();
    const report = () => {
      const now = performance.now();
      if (now - told < TELL_MS) return;
      told = now;
      rate.push({ at: now, done: doneOf(entry.id) });
      if (rate.length > RATE_REPORTS) rate.shift();
      onChange(tell(entry, one));
    };
    try {
      await fetchAll(entry, one, signal, (path, bytes) => {
        have.set(path, bytes);
        report();
      });
      one.state = 'done';
    } catch (error) {
      const why = signal.aborted ? (signal.reason as Stop) : null;
      if (why === 'close') one.state = 'running';
      else one.state = 'paused';
      if (why === null) one.failure = EngineError.from(error).serialise();
    }
    liveOf(entry.id).waitsUntil = null;
    if (signal.aborted && signal.reason === 'remove') return;
    await save();
    if (!closed) await announce(entry);
  }

  async function fetchAll(
    entry: ModelEntry,
    one: Kept,
    signal: AbortSignal,
    onBytes: (path: string, bytes: number) => void,
  ): Promise<void> {
    const asking: Asking = {
      fetch: options.fetch ?? ((...request) => fetch(...request)),
      patience: options.patience ?? PATIENCE,
      signal,
      onWait: (milliseconds) => {
        const until = milliseconds === null ? null : new Date(clock().getTime() + milliseconds).toISOString();
        liveOf(entry.id).waitsUntil = until;
        onChange(tell(entry, one));
      },
    };
    const hosts = new Set<string>();
    const onAnswer = async (host: string) => {
      if (hosts.has(host)) return;
      hosts.add(host);
      await onFetch({ host, model: entry.name, bytes: Math.max(0, total(entry, one) - doneOf(entry.id)) });
    };
    if (one.pin === null) {
      await onAnswer(new URL(hub).host);
      one.pin = await pin(entry, hub, asking);
      await save();
    }
    const all = total(entry, one);
    if (all > entry.bytes * MORE_THAN_SAID && all > one.agreed) {
      throw new EngineError('consent_needed', `It is ${megabytes(all)} and not about ${megabytes(entry.bytes)}.`, {
        remedy: 'Go on to fetch it all the same.',
      });
    }
    const { commit, files } = one.pin;
    /** What takes it may need it twice for a moment. */
    const twice = entry.runs_on === 'gpu' ? all : 0;
    await room(all - doneOf(entry.id) + twice);
    const whole = new Map<string, Blob>();
    for (const file of files) {
      const { path } = file;
      if (!file.whole || (await storage.size(entry.id, path)) !== file.bytes) {
        await onAnswer(new URL(hub).host);
        const into = await storage.open(entry.id, path);
        try {
          file.sha256 = await fetchFile({
            ...asking,
            url: `${hub}/${entry.repository}/resolve/${commit}/${path}`,
            file,
            into,
            onBytes: (bytes) => {
              onBytes(path, bytes);
            },
            onAnswer,
            before: () => room(0),
            ...(options.rangeBytes === undefined ? {} : { rangeBytes: options.rangeBytes }),
          });
          file.whole = true;
        } catch (error) {
          throw inWords(error, doneOf(entry.id), all);
        } finally {
          into.flush();
          into.close();
        }
        await save();
      }
      onBytes(path, file.bytes);
      whole.set(path, await storage.blob(entry.id, path));
      await hooks.check?.(entry, whole, path);
    }
    one.elsewhere = (await hooks.take?.(entry, whole, one.pin, signal)) ?? false;
    if (one.elsewhere) await storage.remove(entry.id);
  }

  /** @throws EngineError `store_full` when not so much can be written. */
  async function room(bytes: number): Promise<void> {
    const free = await storage.free();
    if (free === null || free >= bytes + RESERVE) return;
    throw new EngineError(
      'store_full',
      bytes > 0
        ? `There is no room for this model: ${megabytes(bytes)} are needed beside what the database needs, and ${megabytes(free)} are free.`
        : `The disk is nearly full: ${megabytes(free)} are free.`,
      { remedy: 'Free space on this computer, or delete another model, then go on. What came is kept.' },
    );
  }

  /** Ends what is under way, if it is this one. */
  async function stop(id: string, why: Stop): Promise<void> {
    if (current?.id !== id) return;
    const { ended } = current;
    current.stop.abort(why);
    await ended;
  }

  return {
    async list(purpose) {
      const all = await kept;
      return entries
        .filter((entry) => purpose === undefined || entry.purpose === purpose)
        .map((entry) => tell(entry, all.get(entry.id)));
    },
    async start(id) {
      const entry = entryOf(id);
      const all = await kept;
      const before = all.get(id);
      if (before?.state === 'done' || before?.state === 'running' || before?.state === 'waiting') {
        return tell(entry, before);
      }
      all.set(id, {
        state: 'waiting',
        asked: clock().getTime(),
        agreed: total(entry, before),
        pin: before?.pin ?? null,
        failure: null,
        elsewhere: false,
      });
      awake = true;
      await save();
      await next();
      return announce(entry);
    },
    async pause(id) {
      const entry = entryOf(id);
      const one = (await kept).get(id);
      await stop(id, 'pause');
      if (one?.state === 'waiting') {
        one.state = 'paused';
        await save();
      }
      return announce(entry);
    },
    async remove(id) {
      const entry = entryOf(id);
      await stop(id, 'remove');
      await hooks.remove?.(entry);
      await storage.remove(id);
      (await kept).delete(id);
      live.delete(id);
      await save();
      return announce(entry);
    },
    async files(id) {
      const one = (await kept).get(entryOf(id).id);
      if (one?.state !== 'done' || one.elsewhere || !one.pin) {
        throw new EngineError('not_found', `The model ${id} is not here.`, { remedy: 'Fetch it first.' });
      }
      return new Map(
        await Promise.all(one.pin.files.map(async ({ path }) => [path, await storage.blob(id, path)] as const)),
      );
    },
    pinned: async (id) => (await kept).get(entryOf(id).id)?.pin ?? null,
    async bytes() {
      const all = await kept;
      return [...all].reduce((sum, [id, { elsewhere }]) => sum + (elsewhere ? 0 : doneOf(id)), 0);
    },
    async wake() {
      await kept;
      awake = true;
      await next();
    },
    async close() {
      closed = true;
      if (current) await stop(current.id, 'close');
      await saving;
    },
  };
}

function sumsKnown({ files }: ModelEntry): boolean {
  return files.some(({ sha256 }) => sha256 !== undefined);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6).toLocaleString('en')} MB`;
}

/** A disk that is full says how much came. */
function inWords(error: unknown, done: number, all: number): unknown {
  if (!(error instanceof EngineError && error.code === 'store_full')) return error;
  return new EngineError('store_full', `The disk is full: ${megabytes(done)} of ${megabytes(all)} came and are kept.`, {
    cause: error,
    remedy: 'Free space on this computer, or delete another model, then go on.',
  });
}

/**
 * Bringing in the past, as the background sees it: who may work, what is next, and what follows from what came of it.
 * Every step is on disk before it is answered, so that a death at any moment costs at most the step that was under way.
 */
import type { HistoryPageOfList, ListedConversation, Site } from '../capture';
import { EngineError } from '../errors';
import { createLane } from '../lane';
import { HISTORY_SITES, type Ledger } from './ledger';
import type { Failure, HistoryView, Item, Known, Lease, ListFacts, Run, Task, Worker } from './types';

/** A worker that was silent so long is gone. Browsers wake the timers of a hidden tab once a minute. */
export const LEASE_MS = 150_000;
/** Longer than one answer may take. */
const TURN_MS = 75_000;
/** How soon somebody who waits for a turn or a pause may ask again, ms. */
const TURN_WAIT_MS = 400;
const LONGEST_WAIT_MS = 30_000;
/** An urgent request that was put off is waited for this long. */
const URGENT_MS = 2_000;
/** So often a conversation is tried before it counts as one that cannot be read. */
const ATTEMPTS = 3;
/** So many different ones in a row: it is not they, it is the site that can no longer be read. */
const UNREAD_IN_A_ROW = 5;
const PAUSE_AFTER_SILENCE_MS = 15_000;
const LONGEST_PAUSE_MS = 15 * 60_000;
const PAUSE_WITHOUT_TIME_MS = 60_000;
const AT_LEAST_MS = 5_000;
/** A list and a conversation write the same moment a little differently. */
const SAME_MOMENT_MS = 2_000;

export interface HistoryOptions {
  ledger: Ledger;
  /** What the store holds of these; rejects when it cannot say, and the step is then tried again. */
  known: (site: Site, ids: string[]) => Promise<Known[]>;
  /** Whether the tab is still open. */
  isOpen: (tab: number) => Promise<boolean>;
  /** Epoch ms. */
  now?: () => number;
  /** Told after every change. */
  onChange?: (view: HistoryView) => void;
}

export interface History {
  views(): Promise<HistoryView[]>;
  /** The user starts it (`all`): lists to the end and checks against the store what it believes to have. */
  start(site: Site): Promise<void>;
  pause(site: Site): Promise<void>;
  resume(site: Site): Promise<void>;
  stop(site: Site): Promise<void>;
  /** The user forgets everything: every run ends, and what was listed is gone, so that nothing is brought back by itself. */
  forget(): Promise<void>;
  /** @param hours 1 to 24, or null for never. @throws `bad_input` */
  setEvery(site: Site, hours: number | null): Promise<void>;
  /** Starts what is due by itself. Resolves with the sites that have something to do and nobody who does it. */
  due(): Promise<Site[]>;
  /** When {@link History.due} should be asked next, epoch ms; null: no time is known. */
  nextDue(): Promise<number | null>;

  /** A worker asks what to do; it then holds the lease until it is silent, told `nothing`, or gone. */
  task(site: Site, worker: Worker): Promise<Task>;
  /** The worker lives. False: somebody else works, or nobody should. */
  renew(site: Site, lease: string): Promise<boolean>;
  /** @param cursor the one of the task, so that an answer to an older task changes nothing. */
  listed(site: Site, lease: string, cursor: string | null, page: HistoryPageOfList): Promise<void>;
  /** It was acknowledged by the outbox; or refused, because the user does not want this one. */
  read(site: Site, lease: string, id: string, outcome: 'kept' | 'refused'): Promise<void>;
  /** @param id null when it was the list. */
  failed(site: Site, lease: string, id: string | null, failure: Failure): Promise<void>;
  release(site: Site, lease: string): Promise<void>;
  /** A tab was closed or went elsewhere. Resolves with the sites it worked for. */
  tabGone(tab: number): Promise<Site[]>;

  /** The turn to send one request to the site, among all tabs; or how long to wait before asking again. */
  takeTurn(site: Site, tab: number, holder: string, urgent: boolean): Promise<{ granted: true } | { wait_ms: number }>;
  /** @param notBefore epoch ms, where the site asked for patience. */
  endTurn(site: Site, holder: string, notBefore: number | null): Promise<void>;
}

export function createHistory(options: HistoryOptions): History {
  const { ledger, known, isOpen, now = Date.now, onChange } = options;
  const inOrder = createSiteLanes();
  /** Until when an urgent request is expected to ask again. */
  const urgentUntil = new Map<Site, number>();

  async function write(run: Run, items: Item[] = []): Promise<void> {
    await ledger.write(run, items);
    onChange?.(viewOf(run, now()));
  }

  /** Changes a run; nobody else does meanwhile. */
  function change(site: Site, work: (run: Run) => Run | Promise<Run>): Promise<void> {
    return inOrder(site, async () => {
      await write(await work(await ledger.run(site)));
    });
  }

  /** The run, when the lease is still the one that counts. */
  async function leased(site: Site, token: string): Promise<{ run: Run; lease: Lease } | null> {
    const run = await ledger.run(site);
    return isActive(run) && run.lease?.token === token ? { run, lease: run.lease } : null;
  }

  async function isHeldByAnother(lease: Lease | null, worker: Worker): Promise<boolean> {
    if (lease === null || lease.until <= now() || lease.instance === worker.instance) return false;
    return lease.tab !== worker.tab && (await isOpen(lease.tab));
  }

  function begun(run: Run, kind: Run['kind']): Run {
    return {
      ...run,
      // ids only have to differ; a clock that went back must not make two alike
      id: Math.max(run.id + 1, now()),
      kind,
      state: 'listing',
      resume_to: 'listing',
      reason: null,
      cursor: null,
      listed: 0,
      kept: 0,
      already: 0,
      failed: 0,
      gone: 0,
      started_at: now(),
      finished_at: null,
      last_error: null,
      unread_in_a_row: 0,
      unanswered_in_a_row: 0,
    };
  }

  function finished(run: Run): Run {
    return { ...run, state: 'done', finished_at: now(), whole_at: now(), lease: null };
  }

  /** Whether it need not be read: by what the store has, or by what an earlier run read and the list still says. */
  function isHere(run: Run, listed: ListedConversation, item: Item | undefined, have: Known | undefined): boolean {
    if (have?.forgotten === true) return true;
    const unchanged = item !== undefined && isNotNewer(listed.updated_at, item.updated_at);
    if (have?.complete === true && isNotNewer(listed.updated_at, have.updated_at)) return true;
    if (item === undefined || !unchanged) return false;
    // The store was asked: what it lacks is read again when the user starts, not at every repetition.
    if (run.kind === 'all') return item.state === 'done' && have !== undefined;
    return item.state === 'done' || item.state === 'failed' || item.state === 'gone';
  }

  /** The next to read, passing over what has come in meanwhile by being opened. */
  async function nextToRead(run: Run): Promise<{ run: Run; item: Item | null }> {
    for (;;) {
      const item = await ledger.next(run.site);
      if (item === null) return { run, item: null };
      // left over from a run that was stopped, in a part of the list that this one passed over
      if (item.run !== run.id) {
        run = { ...run, listed: run.listed + 1 };
        await ledger.write(run, [{ ...item, run: run.id, attempts: 0 }]);
        continue;
      }
      const [have] = await known(run.site, [item.id]);
      const here =
        have?.forgotten === true || (have?.complete === true && isNotNewer(item.updated_at, have.updated_at));
      if (!here) return { run, item };
      run = { ...run, already: run.already + 1 };
      await write(run, [{ ...item, state: 'done', facts: null }]);
    }
  }

  async function giveTask(site: Site, worker: Worker): Promise<Task> {
    let run = await ledger.run(site);
    if (!isActive(run) || (await isHeldByAnother(run.lease, worker))) return { do: 'nothing' };
    const lease: Lease = {
      ...worker,
      token: run.lease?.instance === worker.instance ? run.lease.token : crypto.randomUUID(),
      until: now() + LEASE_MS,
    };
    run = { ...run, lease };
    await write(run);
    const pause = (run.not_before ?? 0) - now();
    if (pause > 0) return { do: 'wait', lease: lease.token, ms: Math.min(pause, LONGEST_WAIT_MS) };
    if (run.state === 'listing') return { do: 'list', lease: lease.token, cursor: run.cursor };
    const next = await nextToRead(run);
    if (next.item !== null) return { do: 'read', lease: lease.token, id: next.item.id, facts: next.item.facts };
    await write(finished(next.run));
    return { do: 'nothing' };
  }

  async function takeList(site: Site, token: string, cursor: string | null, page: HistoryPageOfList): Promise<void> {
    const found = await leased(site, token);
    if (!found || found.run.state !== 'listing' || found.run.cursor !== cursor) return;
    const { run } = found;
    const conversations = [...new Map(page.conversations.map((one) => [one.id, one])).values()];
    const ids = conversations.map(({ id }) => id);
    const [items, have] = await Promise.all([
      ledger.items(site, ids),
      ids.length === 0 ? [] : known(site, ids).then((all) => new Map(all.map((one) => [one.external_id, one]))),
    ]);
    const havings = new Map(have);
    const written: Item[] = [];
    let { listed, already } = run;
    conversations.forEach((one, index) => {
      const item = items[index];
      // another of the site's lists, or one that moved down while we listed
      if (item?.run === run.id && isNotNewer(one.updated_at, item.updated_at)) return;
      const here = isHere(run, one, item, havings.get(one.id));
      if (item?.run !== run.id) listed++;
      if (here && item?.run !== run.id) already++;
      // it was here in the one list and has changed in the next
      if (!here && item?.run === run.id && item.state === 'done') already--;
      const at = one.updated_at === null ? Number.NaN : Date.parse(one.updated_at);
      written.push({
        site,
        id: one.id,
        updated_at: one.updated_at,
        state: here ? (item?.state === 'failed' || item?.state === 'gone' ? item.state : 'done') : 'waiting',
        attempts: 0,
        run: run.id,
        rank: Number.isNaN(at) ? -listed : at,
        facts: here ? null : factsOf(one),
      });
    });
    const nothingNew = conversations.length > 0 && written.every(({ state }) => state !== 'waiting');
    const passOver = run.kind === 'new' && run.whole_at !== null && nothingNew && page.next_list !== undefined;
    const next = passOver ? (page.next_list ?? null) : page.next;
    // a cursor that leads to itself would never end
    const over = next === null || next === cursor;
    await write(
      {
        ...run,
        listed,
        already,
        cursor: over ? null : next,
        state: over ? 'reading' : 'listing',
        resume_to: over ? 'reading' : 'listing',
        not_before: null,
        unread_in_a_row: 0,
        unanswered_in_a_row: 0,
        lease: { ...found.lease, until: now() + LEASE_MS },
      },
      written,
    );
  }

  async function takeFailure(site: Site, token: string, id: string | null, failure: Failure): Promise<void> {
    const found = await leased(site, token);
    if (!found) return;
    const { code, message, retry_at } = failure;
    const run: Run = { ...found.run, last_error: { code, message, at: now() } };
    const paused = (reason: Run['reason']): Run => ({ ...run, state: 'paused', reason, lease: null });
    switch (code) {
      case 'rate_limited':
        // an error that was kept may name a time that is over; asking at once again would never end
        await write({ ...run, not_before: Math.max(retry_at ?? now() + PAUSE_WITHOUT_TIME_MS, now() + AT_LEAST_MS) });
        return;
      case 'not_signed_in':
        await write(paused('not_signed_in'));
        return;
      // the tab is going, or this version of the extension is: whoever comes next does the same again
      case 'aborted':
      case 'engine_restarting':
        await write({ ...run, lease: null });
        return;
      default:
    }
    const unanswered = code === 'timeout';
    if (unanswered) {
      const silent = run.unanswered_in_a_row;
      run.not_before = now() + Math.min(PAUSE_AFTER_SILENCE_MS * 2 ** silent, LONGEST_PAUSE_MS);
      run.unanswered_in_a_row = silent + 1;
    }
    if (id === null) {
      if (!unanswered) run.unread_in_a_row += 1;
      await write(run.unread_in_a_row >= ATTEMPTS ? { ...paused('cannot_read'), ...rest(run) } : run);
      return;
    }
    const [item] = await ledger.items(site, [id]);
    if (!item || item.run !== run.id || (item.state !== 'waiting' && item.state !== 'again')) return;
    if (code === 'not_found') {
      await write({ ...run, gone: run.gone + 1, last_error: found.run.last_error }, [
        { ...item, state: 'gone', facts: null },
      ]);
      return;
    }
    const attempts = item.attempts + 1;
    if (!unanswered && item.state === 'waiting') run.unread_in_a_row += 1;
    const state = attempts >= ATTEMPTS ? 'failed' : 'again';
    if (state === 'failed') run.failed += 1;
    await write(run.unread_in_a_row >= UNREAD_IN_A_ROW ? { ...paused('cannot_read'), ...rest(run) } : run, [
      { ...item, attempts, state, facts: state === 'failed' ? null : item.facts },
    ]);
  }

  return {
    views: async () => Promise.all(HISTORY_SITES.map(async (site) => viewOf(await ledger.run(site), now()))),
    start: (site) =>
      change(site, (run) => (isActive(run) ? run : { ...begun(run, 'all'), lease: null, not_before: null })),
    pause: (site) =>
      change(site, (run) => (isActive(run) ? { ...run, state: 'paused', reason: null, lease: null } : run)),
    resume: (site) =>
      change(site, (run) => {
        if (run.state !== 'paused') return run;
        const silence = run.last_error?.code === 'timeout';
        return {
          ...run,
          state: run.resume_to,
          reason: null,
          unread_in_a_row: 0,
          unanswered_in_a_row: 0,
          not_before: silence ? null : run.not_before,
        };
      }),
    stop: (site) =>
      change(site, (run) =>
        isActive(run) || run.state === 'paused'
          ? { ...run, state: 'stopped', reason: null, finished_at: now(), lease: null }
          : run,
      ),
    async forget() {
      for (const site of HISTORY_SITES) {
        await inOrder(site, async () => {
          await ledger.clear(site);
          onChange?.(viewOf(await ledger.run(site), now()));
        });
      }
    },
    async setEvery(site, hours) {
      if (hours !== null && !(Number.isInteger(hours) && hours >= 1 && hours <= 24))
        throw new EngineError('bad_input', `Every ${hours} hours is not possible: 1 to 24 are.`);
      await change(site, (run) => ({ ...run, every_hours: hours }));
    },

    async due() {
      const idle: Site[] = [];
      for (const site of HISTORY_SITES) {
        await inOrder(site, async () => {
          let run = await ledger.run(site);
          const at = dueAt(run);
          if (at !== null && at <= now()) {
            run = { ...begun(run, run.whole_at === null ? 'all' : 'new'), lease: null };
            await write(run);
          }
          if (!isActive(run)) return;
          const { lease } = run;
          if (lease === null || lease.until <= now() || !(await isOpen(lease.tab))) idle.push(site);
        });
      }
      return idle;
    },
    async nextDue() {
      const runs = await Promise.all(HISTORY_SITES.map((site) => ledger.run(site)));
      // a worker may fall silent: somebody must look
      // while one works, somebody must look whether it has fallen silent
      const times = runs.map((run) => (isActive(run) ? now() + 60_000 : dueAt(run))).filter((time) => time !== null);
      return times.length === 0 ? null : Math.min(...times);
    },

    task: (site, worker) => inOrder(site, () => giveTask(site, worker)),
    renew: (site, token) =>
      inOrder(site, async () => {
        const found = await leased(site, token);
        if (!found) return false;
        await ledger.write({ ...found.run, lease: { ...found.lease, until: now() + LEASE_MS } });
        return true;
      }),
    listed: (site, token, cursor, page) => inOrder(site, () => takeList(site, token, cursor, page)),
    read: (site, token, id, outcome) =>
      inOrder(site, async () => {
        const run = await ledger.run(site);
        const [item] = await ledger.items(site, [id]);
        // What was acknowledged is here, whoever holds the lease by now.
        if (!item || item.run !== run.id || (item.state !== 'waiting' && item.state !== 'again')) return;
        const refused = outcome === 'refused';
        await write(
          {
            ...run,
            ...(refused ? { gone: run.gone + 1 } : { kept: run.kept + 1, last_success: now() }),
            unread_in_a_row: 0,
            unanswered_in_a_row: 0,
            not_before: run.lease?.token === token ? null : run.not_before,
            lease: run.lease?.token === token ? { ...run.lease, until: now() + LEASE_MS } : run.lease,
          },
          [{ ...item, state: refused ? 'gone' : 'done', facts: null }],
        );
      }),
    failed: (site, token, id, failure) => inOrder(site, () => takeFailure(site, token, id, failure)),
    release: (site, token) =>
      inOrder(site, async () => {
        const found = await leased(site, token);
        if (found) await write({ ...found.run, lease: null });
      }),
    async tabGone(tab) {
      const left: Site[] = [];
      for (const site of HISTORY_SITES) {
        await inOrder(site, async () => {
          const turn = await ledger.turn(site);
          if (turn?.tab === tab) await ledger.setTurn(site, null);
          const run = await ledger.run(site);
          if (run.lease?.tab !== tab) return;
          await write({ ...run, lease: null });
          if (isActive(run)) left.push(site);
        });
      }
      return left;
    },

    takeTurn: (site, tab, holder, urgent) =>
      inOrder(site, async () => {
        const turn = await ledger.turn(site);
        const held = turn !== null && turn.holder !== holder && turn.until > now() && (await isOpen(turn.tab));
        if (held || (!urgent && (urgentUntil.get(site) ?? 0) > now())) {
          if (urgent) urgentUntil.set(site, now() + URGENT_MS);
          return { wait_ms: TURN_WAIT_MS };
        }
        if (urgent) urgentUntil.delete(site);
        await ledger.setTurn(site, { holder, tab, until: now() + TURN_MS });
        return { granted: true };
      }),
    endTurn: (site, holder, notBefore) =>
      inOrder(site, async () => {
        if ((await ledger.turn(site))?.holder === holder) await ledger.setTurn(site, null);
        if (notBefore === null) return;
        const run = await ledger.run(site);
        if (notBefore > (run.not_before ?? 0)) await write({ ...run, not_before: notBefore });
      }),
  };
}

/** The counters of a failure, to be kept beside a pause. */
function rest({ not_before, unread_in_a_row, unanswered_in_a_row, failed }: Run) {
  return { not_before, unread_in_a_row, unanswered_in_a_row, failed };
}

function factsOf({ title, updated_at, archived, starred, project }: ListedConversation): ListFacts {
  return { title, updated_at, archived, starred, project };
}

function isActive(run: Run): boolean {
  return run.state === 'listing' || run.state === 'reading';
}

/** When it repeats, epoch ms; null where it does not, or is not over. */
function dueAt(run: Run): number | null {
  if (run.every_hours === null || run.finished_at === null || (run.state !== 'done' && run.state !== 'stopped')) {
    return null;
  }
  return run.finished_at + run.every_hours * 3_600_000;
}

/** Whether what is listed as changed `then` is no newer than what we have. What has no time is taken as unchanged. */
function isNotNewer(then: string | null, ours: string | null): boolean {
  if (then === null) return true;
  return ours !== null && Date.parse(then) <= Date.parse(ours) + SAME_MOMENT_MS;
}

export function viewOf(run: Run, now: number): HistoryView {
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  const { site, state, reason, listed, kept, already, failed, gone, every_hours } = run;
  const waits = isActive(run) && run.not_before !== null && run.not_before > now;
  return {
    site,
    state,
    reason,
    listed,
    kept,
    already,
    failed,
    gone,
    every_hours,
    finished_at: iso(run.finished_at),
    last_success: iso(run.last_success),
    waits_until: waits ? iso(run.not_before) : null,
    working: isActive(run) && run.lease !== null && run.lease.until > now,
  };
}

/** A lane for each site. */
function createSiteLanes(): <Result>(site: Site, work: () => Promise<Result>) => Promise<Result> {
  const lanes = new Map<Site, ReturnType<typeof createLane>>();
  return (site, work) => {
    const inTurn = lanes.get(site) ?? createLane();
    lanes.set(site, inTurn);
    return inTurn(work);
  };
}

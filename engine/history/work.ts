/** Bringing in the past, as a tab of the site sees it: asks what to do, does it, says what came of it. */
import type { CapturedConversation, HistoryPageOfList, SiteHistory } from '../capture';
import { EngineError } from '../errors';
import { RateLimitedError } from './ask';
import type { Failure, ListFacts, Task } from './types';

/** The background, and what a tab can do. Every call may reject: the background is started anew at will. */
export interface WorkPort {
  task(): Promise<Task>;
  renew(lease: string): Promise<boolean>;
  listed(lease: string, cursor: string | null, page: HistoryPageOfList): Promise<void>;
  /** Resolves once it is on disk, or was refused: this one alone, or everything for now. */
  deliver(conversation: CapturedConversation): Promise<'kept' | 'refused' | 'not_now'>;
  read(lease: string, id: string, outcome: 'kept' | 'refused'): Promise<void>;
  failed(lease: string, id: string | null, failure: Failure): Promise<void>;
  release(lease: string): Promise<void>;
  /** Rejects when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The background may have just died; it is asked again after so long. */
const AGAIN_MS = 2_000;
const TRIES = 30;
/** A worker says at least so often that it lives; see LEASE_MS. */
const RENEW_MS = 25_000;

/**
 * Works until there is nothing to do or the signal fires. Never rejects for what a site does.
 * @param open the site, given the signal that ends the work (the user paused, another tab took over).
 */
export async function workOff(
  port: WorkPort,
  open: (signal: AbortSignal) => SiteHistory,
  signal: AbortSignal,
): Promise<void> {
  /** The step is repeated while the background is away: what it says twice changes nothing. */
  async function sure<Result>(step: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await step();
      } catch (error) {
        if (signal.aborted || tries >= TRIES) throw error;
        await port.sleep(AGAIN_MS, signal);
      }
    }
  }

  const lost = new AbortController();
  const alive = AbortSignal.any([signal, lost.signal]);
  // one life of it for all tasks: it may have had to ask who is signed in
  const history = open(alive);

  /** False when there is nothing more to do here. */
  async function perform(task: Exclude<Task, { do: 'nothing' | 'wait' }>): Promise<boolean> {
    try {
      if (task.do === 'list') {
        const page = await history.list(task.cursor);
        await sure(() => port.listed(task.lease, task.cursor, page));
        return true;
      }
      const conversation = completed(await history.read(task.id), task.facts);
      const outcome = await port.deliver(conversation);
      if (outcome === 'not_now') {
        await sure(() => port.release(task.lease));
        return false;
      }
      await sure(() => port.read(task.lease, task.id, outcome));
      return true;
    } catch (error) {
      if (alive.aborted) {
        await port.release(task.lease);
        return false;
      }
      const { code, message } = EngineError.from(error, 'bad_input');
      const failure: Failure = { code, message, retry_at: error instanceof RateLimitedError ? error.retryAt : null };
      await sure(() => port.failed(task.lease, task.do === 'read' ? task.id : null, failure));
      // what fails at once must not be tried without end
      await port.sleep(AGAIN_MS, signal);
      return true;
    }
  }

  while (!alive.aborted) {
    const task = await sure(() => port.task());
    if (task.do === 'nothing') return;
    if (task.do === 'wait') {
      await port.sleep(task.ms, signal);
      continue;
    }
    const over = new AbortController();
    const renewing = keepAlive(port, task.lease, AbortSignal.any([signal, over.signal]), lost);
    try {
      if (!(await perform(task))) return;
    } finally {
      over.abort();
      await renewing;
    }
  }
}

/** The conversation with what its own answer did not say and the list did. */
function completed(conversation: CapturedConversation, facts: ListFacts | null): CapturedConversation {
  if (facts === null) return conversation;
  const { metadata } = conversation;
  const project = metadata['project'] as { id: unknown; name: unknown } | undefined;
  const named =
    project !== undefined && project.name === null && facts.project !== null && facts.project !== project.id;
  return {
    ...conversation,
    title: conversation.title ?? facts.title,
    updated_at: conversation.updated_at ?? facts.updated_at,
    metadata: {
      ...metadata,
      ...(facts.archived ? { archived: true } : {}),
      ...(facts.starred ? { starred: true } : {}),
      ...(named ? { project: { ...project, name: facts.project } } : {}),
    },
  };
}

async function keepAlive(port: WorkPort, lease: string, over: AbortSignal, lost: AbortController): Promise<void> {
  for (;;) {
    try {
      await port.sleep(RENEW_MS, over);
    } catch (error) {
      if (over.aborted) return;
      throw error;
    }
    // a background that is away says nothing about the lease
    const held = await port.renew(lease).catch(() => true);
    if (!held) {
      lost.abort();
      return;
    }
  }
}

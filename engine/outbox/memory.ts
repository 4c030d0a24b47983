import { type Capture, sourceOf } from '../capture/types';
import { EngineError } from '../errors';
import type { Outbox } from './types';

export interface MemoryOutbox extends Outbox {
  /** @throws `outbox_full` when `capacity` entries wait. */
  add(capture: Capture): Promise<number>;
}

/** An outbox that forgets on exit: for tests and scripts. */
export function createMemoryOutbox(options: { capacity?: number; clock?: () => Date } = {}): MemoryOutbox {
  const { capacity = Number.POSITIVE_INFINITY, clock = () => new Date() } = options;
  let entries: Array<{ seq: number; capture: Capture; stored: Date | null }> = [];
  let last = 0;
  const waiting = () => entries.filter((entry) => entry.stored === null);

  return {
    async add(capture) {
      if (waiting().length >= capacity) throw new EngineError('outbox_full', `The outbox holds ${capacity} captures.`);
      last += 1;
      // As a real outbox does: what waits must not change when the caller's object does.
      entries.push({ seq: last, capture: structuredClone(capture), stored: null });
      return last;
    },
    async peek(limit) {
      return waiting()
        .slice(0, limit)
        .map(({ seq, capture }) => ({ seq, capture: structuredClone(capture) }));
    },
    async markStored(seqs) {
      const wanted = new Set(seqs);
      for (const entry of entries) if (wanted.has(entry.seq)) entry.stored ??= clock();
    },
    async purge(source, externalId) {
      entries = entries.filter(({ capture }) => sourceOf(capture) !== source || capture.id !== externalId);
    },
    async remove(seqs) {
      entries = entries.filter(({ seq }) => !seqs.includes(seq));
    },
    async size() {
      const count = waiting().length;
      return { waiting: count, full: count >= capacity };
    },
    async pruneStored(before) {
      entries = entries.filter((entry) => entry.stored === null || entry.stored >= before);
    },
    async replay() {
      const kept = entries.filter((entry) => entry.stored !== null);
      for (const entry of kept) entry.stored = null;
      return kept.length;
    },
  };
}

export { sourceOf } from '../capture/types';

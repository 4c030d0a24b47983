import type { Room } from '../api';
import { EngineError } from '../errors';
import type { Disk } from './disk';

/**
 * Below this nothing more is stored. What Postgres cannot write to its log ends it, and it cannot start without writing either; and
 * deleting and compacting, which make room, write first: this is kept for them. A full log is 64 MB.
 */
export const FULL_BELOW = 128 * 1024 * 1024;
/** Below this the user is told, in time to do something about it. */
export const LOW_BELOW = 1024 * 1024 * 1024;
/** What the browser said counts for so long, in milliseconds. */
const KNOWN_MS = 5_000;
/** How often it is looked whether there is room again. */
const RETRY_MS = 30_000;

export interface RoomWatch {
  now(): Room;
  /** Looks, at most every few seconds. */
  look(): Promise<Room>;
  /** @throws `store_full` when there is none left to store something. */
  need(): Promise<void>;
  /** To be told of what failed: a write that found no room says more than any estimate. */
  failed(error: unknown): void;
  close(): void;
}

/** `onRoom` is called when there is room again after there was none, `onChange` on every change. */
export function watchRoom(
  disk: Pick<Disk, 'estimate'> | null,
  { onChange, onRoom }: { onChange: () => void; onRoom: () => void },
): RoomWatch {
  let room: Room = { state: 'ok', free: null };
  let known = Number.NEGATIVE_INFINITY;
  let looking: Promise<Room> | null = null;
  /** The system had no room when the browser said that there was some: only a write can tell, so the next look lets one be tried. */
  let refused = false;
  let retry: ReturnType<typeof setTimeout> | null = null;

  function become(next: Room): Room {
    const before = room;
    room = next;
    if (next.state === 'full') {
      retry ??= setTimeout(() => {
        retry = null;
        refused = false;
        known = Number.NEGATIVE_INFINITY;
        void look();
      }, RETRY_MS);
      (retry as { unref?: () => void }).unref?.(); // a timer must not keep a script alive
    }
    if (before.state !== next.state) {
      onChange();
      if (before.state === 'full') onRoom();
    }
    return next;
  }

  function look(): Promise<Room> {
    if (performance.now() - known < KNOWN_MS) return Promise.resolve(room);
    looking ??= (disk?.estimate() ?? Promise.resolve({ free: null }))
      .then(
        ({ free }) => {
          known = performance.now();
          return become({ state: refused ? 'full' : stateOf(free), free });
        },
        (error: unknown) => {
          // a browser that does not say is no reason to store nothing
          console.debug('commonplace: the browser did not say how much room there is', error);
          return room;
        },
      )
      .finally(() => {
        looking = null;
      });
    return looking;
  }

  return {
    now: () => room,
    look,
    async need() {
      const { state, free } = await look();
      if (state !== 'full') return;
      throw new EngineError(
        'store_full',
        `Nothing is stored while there is no room: ${free ?? 'unknown'} bytes are free.`,
        {
          remedy: 'Free some disk space.',
        },
      );
    },
    failed(error) {
      if (!(error instanceof EngineError) || error.code !== 'store_full' || refused || room.state === 'full') return;
      refused = true;
      become({ ...room, state: 'full' });
    },
    close() {
      if (retry !== null) clearTimeout(retry);
    },
  };
}

function stateOf(free: number | null): Room['state'] {
  if (free === null || free >= LOW_BELOW) return 'ok';
  return free >= FULL_BELOW ? 'low' : 'full';
}

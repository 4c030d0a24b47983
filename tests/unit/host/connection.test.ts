import { afterEach, describe, expect, it } from 'vitest';
import type { Engine, EngineEvent, EngineStatus, RecallQuery } from '../../../engine/api';
import { EngineError } from '../../../engine/errors';
import { connectEngine, type EngineConnection, serveEngine } from '../../../engine/host';

/** Web Locks as far as they are used here: exclusive holders, and shared requests that wait for them. Node has none. */
function createLocks() {
  const holders = new Map<string, Set<string>>();
  const waiting = new Map<string, Array<() => void>>();
  return {
    forOwner(owner: string): LockManager {
      async function request(name: string, ...rest: unknown[]): Promise<unknown> {
        const grant = rest.at(-1) as () => unknown;
        const { signal } = (rest.length > 1 ? rest[0] : {}) as { signal?: AbortSignal };
        while ((holders.get(name)?.size ?? 0) > 0) {
          await new Promise<void>((resolve, reject) => {
            waiting.set(name, [...(waiting.get(name) ?? []), resolve]);
            signal?.addEventListener('abort', () => {
              reject(new DOMException('aborted', 'AbortError'));
            });
          });
        }
        holders.set(name, new Set([owner]));
        const result = await grant();
        release(name);
        return result;
      }
      return { request } as unknown as LockManager;
    },
    /** The process that held these is gone. */
    die(owner: string) {
      for (const [name, owners] of holders) if (owners.has(owner)) release(name);
    },
  };
  function release(name: string) {
    holders.delete(name);
    for (const wake of waiting.get(name) ?? []) wake();
    waiting.delete(name);
  }
}

const STATUS = { documents: 1 } as EngineStatus;

function fakeEngine(parts: Partial<Engine>): Engine {
  return {
    status: async () => STATUS,
    subscribe: async (listener: (event: EngineEvent) => void) => {
      listener({ type: 'status', status: STATUS });
      return () => undefined;
    },
    ...parts,
  } as Engine;
}

let connection: EngineConnection | null = null;
afterEach(() => {
  connection?.disconnect();
  connection = null;
});

/** A chain of engines: the next one serves after the one before has died. */
function setUp(engines: Engine[], options: { deadlineMs?: number } = {}) {
  const locks = createLocks();
  let generation = 0;
  let server = serveEngine(engines[0] as Engine, { locks: locks.forOwner('engine0') });
  connection = connectEngine({
    deliver: async (port, clientLock) => {
      server.accept({ type: 'connect', port, clientLock });
    },
    locks: locks.forOwner('client'),
    ...options,
  });
  return {
    connection,
    die() {
      const dead = `engine${generation++}`;
      server = serveEngine(engines[generation] as Engine, { locks: locks.forOwner(`engine${generation}`) });
      locks.die(dead);
    },
    /** The panel is closed. */
    leave() {
      locks.die('client');
    },
  };
}

describe('a connection to the engine', () => {
  it('carries answers, and errors with their code and remedy', async () => {
    const { connection } = setUp([
      fakeEngine({
        read: async () => {
          throw new EngineError('not_found', 'No document x.', { remedy: 'Look elsewhere.' });
        },
      }),
    ]);
    expect(await connection.status()).toEqual(STATUS);
    await expect(connection.read('x')).rejects.toMatchObject({
      name: 'EngineError',
      code: 'not_found',
      message: 'No document x.',
      remedy: 'Look elsewhere.',
    });
  });

  it('carries an abort to the engine and rejects at once', async () => {
    let seen: AbortSignal | undefined;
    const { connection } = setUp([
      fakeEngine({
        recall: (_query: RecallQuery, signal?: AbortSignal) => {
          seen = signal;
          return new Promise<never>(() => undefined);
        },
      }),
    ]);
    const controller = new AbortController();
    const call = connection.recall({ text: 'tea' }, controller.signal);
    await expect.poll(() => seen).toBeDefined();
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await expect.poll(() => seen?.aborted).toBe(true);
  });

  it('ends a call that gets no answer with timeout', async () => {
    const { connection } = setUp([fakeEngine({ read: () => new Promise<never>(() => undefined) })], {
      deadlineMs: 100,
    });
    await expect(connection.read('x')).rejects.toMatchObject({ code: 'timeout' });
  });

  it('repeats a call that changes nothing on the next engine, and refuses to repeat one that does', async () => {
    const hang = () => new Promise<never>(() => undefined);
    const first = fakeEngine({ read: hang, forget: hang });
    const { connection, die } = setUp([first, fakeEngine({ read: async () => ({ id: 'x' }) as never })]);
    await connection.status();
    const read = connection.read('x');
    const forget = connection.forget({ everything: true });
    const refused = expect(forget).rejects.toMatchObject({ code: 'engine_restarting' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    die();
    await refused;
    expect(await read).toEqual({ id: 'x' });
  });

  it('subscribes again to the next engine and says when it is connecting', async () => {
    const { connection, die } = setUp([
      fakeEngine({}),
      fakeEngine({
        subscribe: async (listener) => (listener({ type: 'changed', document_ids: ['new'] }), () => undefined),
      }),
    ]);
    const events: EngineEvent[] = [];
    const states: string[] = [];
    connection.watchConnection((state) => states.push(state));
    await connection.subscribe((event) => events.push(event));
    await expect.poll(() => events.length).toBe(1);
    die();
    await expect.poll(() => events.at(-1)).toEqual({ type: 'changed', document_ids: ['new'] });
    expect(states).toEqual(['connecting', 'connected', 'connecting', 'connected']);
  });

  it('ends the undo time of what a client deleted when that client is gone, however it went', async () => {
    const ended: string[][] = [];
    let number = 0;
    const { connection, leave } = setUp([
      fakeEngine({
        forget: async () => ({ id: `r${++number}`, documents: 1, messages: 1, purge_at: '' }),
        endUndo: async (ids) => void ended.push(ids),
      }),
    ]);
    await connection.forget({ source: 'chatgpt' });
    await connection.forget({ everything: true });
    expect(ended).toEqual([]);
    leave();
    await expect.poll(() => ended).toEqual([['r1', 'r2']]);
  });
});

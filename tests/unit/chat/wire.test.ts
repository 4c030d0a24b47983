import { afterEach, expect, test } from 'vitest';
import type { Answer, AskContext, AskEvent, Engine } from '../../../engine/api';
import { connectEngine, type EngineConnection, serveEngine } from '../../../engine/host';

/** Locks that everybody is granted and nobody loses: here nothing dies. */
const held = () =>
  ({
    request: (_name: string, ...rest: unknown[]) =>
      rest.length > 1 ? new Promise(() => {}) : Promise.resolve((rest[0] as () => unknown)()),
  }) as unknown as LockManager;

let connection: EngineConnection | null = null;
afterEach(() => {
  connection?.disconnect();
});

function connected(parts: Partial<Engine>): EngineConnection {
  const server = serveEngine(parts as Engine, { locks: held() });
  connection = connectEngine({
    deliver: async (port, clientLock) => {
      server.accept({ type: 'connect', port, clientLock });
    },
    locks: held(),
    deadlineMs: 50,
  });
  return connection;
}

test('an answer streams over the port, longer than a call may take, and a stop brings the words so far', async () => {
  const engine = connected({
    async ask(_request, onEvent, signal) {
      onEvent({ type: 'context', context: { searched: 'x' } as AskContext });
      onEvent({ type: 'text', text: 'One ' });
      await new Promise((resolve) => setTimeout(resolve, 120));
      onEvent({ type: 'text', text: 'two' });
      if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
      return { markdown: 'One two', ended: 'stopped' } as Answer;
    },
  });
  const stop = new AbortController();
  const events: AskEvent[] = [];
  const answer = await engine.ask(
    { question: 'Which?' },
    (event) => {
      events.push(event);
      if (event.type === 'text' && event.text === 'two') stop.abort();
    },
    stop.signal,
  );
  expect(events).toEqual([
    { type: 'context', context: { searched: 'x' } },
    { type: 'text', text: 'One ' },
    { type: 'text', text: 'two' },
  ]);
  expect(answer).toEqual({ markdown: 'One two', ended: 'stopped' });
});

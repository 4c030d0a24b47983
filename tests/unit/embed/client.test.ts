import { afterEach, describe, expect, it } from 'vitest';
import type { EmbedderState } from '../../../engine/api';
import { connectEmbedder, type Embedder } from '../../../engine/embed';
import type { FromEmbedder, ToEmbedder } from '../../../engine/embed/protocol';

const READY: EmbedderState = { state: 'ready', model_id: 'e5-small-v2/q8/1', device: 'wasm', dtype: 'q8' };
const GPU: EmbedderState = { state: 'ready', model_id: 'e5-small-v2/q4/1', device: 'webgpu', dtype: 'q4' };

type Behave = (message: ToEmbedder, say: (message: FromEmbedder) => void, spawned: number) => void;

/** A worker that becomes ready and gives every text the same vector. */
const wellBehaved: Behave = (message, say) => {
  if (message.type === 'start') say({ type: 'state', state: READY });
  if (message.type === 'ping') say({ type: 'pong' });
  if (message.type === 'embed')
    say({ type: 'vectors', id: message.id, vectors: message.texts.map(() => new Float32Array([1])) });
};

const open: Array<() => void> = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

function connect(behave: Behave, deadlines = {}) {
  const seen: ToEmbedder[] = [];
  let spawned = 0;
  const embedder: Embedder = connectEmbedder({
    deadlines,
    spawn: () => {
      const mine = ++spawned;
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }: MessageEvent<ToEmbedder>) => {
        seen.push(data);
        behave(
          data,
          (message) => {
            port1.postMessage(message);
          },
          mine,
        );
      };
      open.push(() => {
        port1.close();
      });
      return Promise.resolve(port2);
    },
  });
  open.push(() => void embedder.close());
  return { embedder, seen, spawned: () => spawned };
}

describe('the embedder over a port', () => {
  it('answers calls that were made before the worker was there, and tells its state', async () => {
    const { embedder } = connect(wellBehaved);
    const states: string[] = [];
    embedder.onState((state) => states.push(state.state));
    expect(await embedder.embed(['a', 'b'], 'passage')).toHaveLength(2);
    expect(embedder.state()).toEqual(READY);
    expect(states.at(-1)).toBe('ready');
  });

  it('asks the worker once for a query that is repeated', async () => {
    const { embedder, seen } = connect(wellBehaved);
    await embedder.embed(['same'], 'query');
    await embedder.embed(['same'], 'query');
    expect(seen.filter((message) => message.type === 'embed')).toHaveLength(1);
  });

  it('replaces a worker that hangs, and the call under way may be repeated', async () => {
    const { embedder, spawned } = connect(
      (message, say, mine) => {
        if (mine > 1 || message.type === 'start') wellBehaved(message, say, mine);
      },
      { silence: 60 },
    );
    await expect(embedder.embed(['a'], 'passage')).rejects.toMatchObject({ code: 'engine_restarting' });
    expect(await embedder.embed(['a'], 'passage')).toHaveLength(1);
    expect(spawned()).toBe(2);
  });

  it('leaves the GPU alone after it was lost twice', async () => {
    const { embedder, seen } = connect((message, say, mine) => {
      const lost = mine <= 2;
      if (message.type === 'start') say({ type: 'state', state: lost ? GPU : READY });
      else if (message.type === 'embed' && lost) say({ type: 'lost', message: 'device lost' });
      else wellBehaved(message, say, mine);
    });
    for (const _ of [1, 2]) {
      await expect(embedder.embed(['a'], 'passage')).rejects.toMatchObject({ code: 'engine_restarting' });
    }
    expect(await embedder.embed(['a'], 'passage')).toHaveLength(1);
    expect(seen.filter((message) => message.type === 'start').map((message) => message.webgpu)).toEqual([
      true,
      true,
      false,
    ]);
    expect(embedder.modelId).toBe(READY.model_id);
  });

  it('gives up with `unavailable` when no worker ever loads, and every call ends', async () => {
    const { embedder, spawned } = connect(() => undefined, { load: 30, silence: 30 });
    const calls = await Promise.allSettled([embedder.embed(['a'], 'passage'), embedder.embed(['b'], 'query')]);
    expect(calls.map((call) => call.status)).toEqual(['rejected', 'rejected']);
    await expect.poll(() => embedder.state().state).toBe('unavailable');
    expect(spawned()).toBe(3);
    await expect(embedder.embed(['a'], 'query')).rejects.toMatchObject({ code: 'embedder_unavailable' });
  });

  it('ends a call at its deadline and at its signal, and tells the worker', async () => {
    const { embedder, seen } = connect(
      (message, say, mine) => {
        if (message.type !== 'embed') wellBehaved(message, say, mine);
      },
      { query: 30 },
    );
    await expect(embedder.embed(['a'], 'query')).rejects.toMatchObject({ code: 'timeout' });
    const abort = new AbortController();
    const call = embedder.embed(['b'], 'passage', abort.signal);
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
    await expect.poll(() => seen.filter((message) => message.type === 'abort').length).toBe(2);
  });
});

/** The embedder in a worker of its own, as the extension runs it. */
import { connectEmbedder, type Embedder } from '../../../engine/embed';

const baseUrl = new URL('/', self.location.href).href;

/** When it is ready, however long that takes. */
export async function startEmbedder(): Promise<Embedder> {
  const embedder = connectEmbedder({ spawn: spawnEmbedder });
  await ready(embedder);
  return embedder;
}

function ready(one: Embedder): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const state = one.state();
      if (state.state === 'ready') resolve();
      if (state.state === 'unavailable') reject(new Error(state.error));
    };
    one.onState(look);
    look();
  });
}

function spawnEmbedder(): Promise<MessagePort> {
  const worker = new Worker(new URL('../../../engine/embed/worker.ts', import.meta.url), { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  worker.postMessage({ type: 'boot', port: port2, baseUrl }, [port2]);
  return Promise.resolve(port1);
}

import { openOutbox } from '../../../../engine/outbox';
import { conversation, message } from '../../../unit/ingest/captures';
import type { Answer, Ask } from './worker';

declare global {
  interface Window {
    /** Asks the store's worker; what the driver in Node calls. */
    ask: (ask: Ask) => Promise<unknown>;
    /** Adds a capture while the worker, which has just looked into the outbox, is at work: what is done, in order. */
    addWhileBusy: () => Promise<string[]>;
  }
}

const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
const waiting = new Map<number, (answer: Answer) => void>();
let next = 1;
worker.onmessage = ({ data }: MessageEvent<Answer>) => waiting.get(data.id)?.(data);

window.ask = (ask) =>
  new Promise((resolve, reject) => {
    const id = next++;
    waiting.set(id, (answer) => {
      waiting.delete(id);
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.result);
    });
    worker.postMessage({ ...ask, id });
  });

window.addWhileBusy = async () => {
  const outbox = await openOutbox();
  await outbox.add(conversation([message('m1', 'First.')]));
  const done: string[] = [];
  const channel = new BroadcastChannel('outbox');
  const looked = new Promise((resolve) => {
    channel.onmessage = resolve;
  });
  const worked = window.ask({ ask: 'lookAndWork' }).then(() => done.push('worked'));
  await looked;
  await outbox.add(conversation([message('m2', 'Second.')]));
  done.push('added');
  await worked;
  outbox.close();
  return done;
};

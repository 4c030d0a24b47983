import type { Answer, Ask } from './worker';

declare global {
  interface Window {
    /** Asks the store's worker; what the driver in Node calls. */
    ask: (ask: Ask) => Promise<unknown>;
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

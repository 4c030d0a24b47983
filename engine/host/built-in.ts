/** The browser's own model over a MessagePort: a window has it, the engine's worker asks it. */
import * as Comlink from 'comlink';
import type { BuiltIn } from '../prompt-api';
import { installWire } from './wire';

export function serveBuiltIn(model: BuiltIn, port: MessagePort): void {
  installWire();
  const served: BuiltIn = {
    availability: () => model.availability(),
    async complete(prompt, onWords, signal) {
      try {
        await model.complete(prompt, onWords, signal);
      } finally {
        (onWords as unknown as Partial<Comlink.ProxyMethods>)[Comlink.releaseProxy]?.();
      }
    },
  };
  Comlink.expose(served, port);
}

/** What {@link serveBuiltIn} serves at the other end of `port`. */
export function reachBuiltIn(port: MessagePort): BuiltIn {
  installWire();
  const remote = Comlink.wrap<BuiltIn>(port);
  return {
    availability: () => remote.availability(),
    complete: (prompt, onWords, signal) => remote.complete(prompt, Comlink.proxy(onWords), signal),
  };
}

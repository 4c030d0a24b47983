/**
 * The Engine over a MessagePort: Comlink, taught to carry an AbortSignal as an argument and an EngineError as a
 * rejection. Both ends import this file before they wrap or expose anything.
 */
import * as Comlink from 'comlink';
import { EngineError, type SerialisedError } from '../errors';

/** A signal becomes a port that says one thing: aborted. */
const signalHandler: Comlink.TransferHandler<AbortSignal, MessagePort> = {
  canHandle: (value): value is AbortSignal => value instanceof AbortSignal,
  serialize(signal) {
    const { port1, port2 } = new MessageChannel();
    const tell = () => {
      port1.postMessage('abort');
    };
    if (signal.aborted) tell();
    else signal.addEventListener('abort', tell, { once: true });
    return [port2, [port2]];
  },
  deserialize(port) {
    const controller = new AbortController();
    port.onmessage = () => {
      controller.abort();
      port.close();
    };
    return controller.signal;
  },
};

type Thrown = { value: unknown };
type WireThrown = { engineError: SerialisedError } | { other: unknown };

/** Comlink's own handler for rejections keeps only message, name and stack; ours keeps code and remedy. */
function errorHandler(original: Comlink.TransferHandler<Thrown, unknown>): Comlink.TransferHandler<Thrown, WireThrown> {
  return {
    canHandle: (value): value is Thrown => original.canHandle(value),
    serialize: ({ value }) => [{ engineError: EngineError.from(value).serialise() }, []],
    deserialize(wire) {
      if ('engineError' in wire) throw EngineError.revive(wire.engineError);
      throw new EngineError('internal', String(wire.other));
    },
  };
}

let installed = false;

/** Idempotent: Comlink's handlers are one table per realm. */
export function installWire(): void {
  if (installed) return;
  installed = true;
  Comlink.transferHandlers.set('abort-signal', signalHandler);
  const original = Comlink.transferHandlers.get('throw');
  if (!original)
    throw new EngineError('internal', 'This Comlink has no handler for rejections; wire.ts must be adapted.');
  Comlink.transferHandlers.set('throw', errorHandler(original as Comlink.TransferHandler<Thrown, unknown>));
}

/** What the engine's side sends first on a new port. */
export interface Hello {
  type: 'hello';
  /** A Web Lock held as long as this engine lives: whoever is granted it shared knows that the engine is gone. */
  lock: string;
}

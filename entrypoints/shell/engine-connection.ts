import { browser } from 'wxt/browser';
import { connectEngine as connect, type EngineConnection } from '../../engine/host';

/** A message to the background that carries a port for the engine. */
export interface EnginePortMessage {
  type: 'commonplace:engine-port';
  clientLock: string;
}

type Deliver = (port: MessagePort, clientLock: string) => Promise<void>;

/** The engine as an extension page sees it; wakes and starts what is needed. The background says how it delivers. */
export function connectEngine(
  deliver: Deliver = import.meta.env.FIREFOX ? deliverToBackgroundPage : deliverThroughServiceWorker,
): EngineConnection {
  return connect({ deliver });
}

/** Chrome: page → service worker → offscreen document → engine worker; only the port travels. */
async function deliverThroughServiceWorker(port: MessagePort, clientLock: string): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const message: EnginePortMessage = { type: 'commonplace:engine-port', clientLock };
  registration.active?.postMessage(message, [port]);
}

/** Firefox: the event page is a window we may post to; asking for it wakes it. */
async function deliverToBackgroundPage(port: MessagePort, clientLock: string): Promise<void> {
  const page = (await browser.runtime.getBackgroundPage()) as unknown as WindowProxy;
  const message: EnginePortMessage = { type: 'commonplace:engine-port', clientLock };
  page.postMessage(message, location.origin, [port]);
}

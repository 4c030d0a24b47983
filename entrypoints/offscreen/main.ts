/** Chrome's engine host: owns the workers, because a service worker may not. */
import { startHost } from '../../engine/host';
import type { EnginePortMessage } from '../shell/engine-connection';

const host = startHost({ baseUrl: new URL('/', location.href).href });

navigator.serviceWorker.addEventListener('message', ({ data, ports }: MessageEvent<EnginePortMessage>) => {
  const [port] = ports;
  if (data.type === 'commonplace:engine-port' && port) host.connect(port, data.clientLock);
});
navigator.serviceWorker.startMessages();

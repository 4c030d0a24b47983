/** Chrome's engine host: owns the workers, because a service worker may not, and makes backups, which need a page. */
import { startHost } from '../../engine/host';
import { type BackupMessage, runBackup } from '../shell/backup-run';
import { connectEngine, type EnginePortMessage } from '../shell/engine-connection';
import { ask } from '../shell/messages';

const host = startHost({ baseUrl: new URL('/', location.href).href });

async function backUp({ order }: BackupMessage): Promise<void> {
  const engine = connectEngine(async (port, clientLock) => {
    host.connect(port, clientLock);
  });
  try {
    const outcome = await runBackup(engine, order, (what) => ask('backupDownload', what));
    await ask('backupEnded', { outcome });
  } finally {
    engine.disconnect();
  }
}

navigator.serviceWorker.addEventListener(
  'message',
  ({ data, ports }: MessageEvent<EnginePortMessage | BackupMessage>) => {
    const [port] = ports;
    if (data.type === 'commonplace:engine-port' && port) host.connect(port, data.clientLock);
    if (data.type === 'commonplace:backup')
      backUp(data).catch((error: unknown) => {
        console.error('commonplace: how a backup ended could not be noted', error);
      });
  },
);
navigator.serviceWorker.startMessages();

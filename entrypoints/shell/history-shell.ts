/** The panel's {@link HistoryControl} over messages and a port to the background. */
import { browser } from 'wxt/browser';
import type { HistoryControl, HistoryState } from '../../components/shell';
import type { Site } from '../../engine/capture/sites';
import { HISTORY_PORT } from './history-messages';
import { ask } from './messages';

export const historyShell: HistoryControl = {
  watch(listener) {
    let stopped = false;
    let port: ReturnType<typeof browser.runtime.connect> | null = null;
    const connect = () => {
      if (stopped) return;
      port = browser.runtime.connect({ name: HISTORY_PORT });
      port.onMessage.addListener((states: HistoryState[]) => {
        if (!stopped) listener(states);
      });
      // the background is restarted at will; its next life must know of this panel
      port.onDisconnect.addListener(() => setTimeout(connect, 200));
    };
    connect();
    return () => {
      stopped = true;
      port?.disconnect();
    };
  },
  start: (site) => wish(site, 'start'),
  pause: (site) => wish(site, 'pause'),
  resume: (site) => wish(site, 'resume'),
  stop: (site) => wish(site, 'stop'),
  async forget() {
    await ask('historyForget', null);
  },
  async setEvery(site, hours) {
    await ask('historyControl', { site: site as Site, every_hours: hours });
  },
};

async function wish(site: string, what: 'start' | 'pause' | 'resume' | 'stop'): Promise<void> {
  await ask('historyControl', { site: site as Site, wish: what });
}

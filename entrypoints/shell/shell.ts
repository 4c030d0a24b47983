/** The panel's {@link Shell} over `browser.*`. */
import { browser } from 'wxt/browser';
import type { Engine } from '../../engine/api';
import { EngineError } from '../../engine/errors';
import { downloadBuiltIn, findLanguageModel } from '../../engine/prompt-api';
import type { Shell, TabState } from '../../components/shell';
import { allowHost, excludeHost, pause, resume } from './consent';
import { watchControl } from './control';
import { filesShell } from './files';
import { historyShell } from './history-shell';
import { ask, READ_AGAIN } from './messages';
import { pagesShell } from './pages-shell';
import { allowTemporary, endTemporary } from './temporary';

/** A port named with this and the panel's window id gets the state of that window's active tab. */
export const TAB_STATE_PORT = 'commonplace:tab-state:';

export function createShell(engine: Engine): Shell {
  return {
    watchTab(listener) {
      let stopped = false;
      let port: ReturnType<typeof browser.runtime.connect> | null = null;
      /** What the user deleted is seen but passed over, which only the engine knows. */
      async function tellIfForgotten(state: Extract<TabState, { state: 'keeping' }>): Promise<void> {
        if (state.conversation_id === null) return;
        const where = { source: state.site, external_id: state.conversation_id };
        const gone = await engine.wasForgotten(where).catch(() => false); // then it is said at the next change
        if (gone && !stopped) listener({ state: 'forgotten', site: state.site, conversation_id: where.external_id });
      }
      async function connect(): Promise<void> {
        const { id } = await browser.windows.getCurrent();
        if (stopped) return;
        port = browser.runtime.connect({ name: `${TAB_STATE_PORT}${id ?? -1}` });
        port.onMessage.addListener((state: TabState) => {
          listener(state);
          if (state.state === 'keeping') void tellIfForgotten(state);
        });
        // the background is restarted at will; its next life must know of this panel
        port.onDisconnect.addListener(() => setTimeout(() => void connect(), 200));
      }
      void connect();
      return () => {
        stopped = true;
        port?.disconnect();
      };
    },
    watchControl,
    async keepTemporary(keep) {
      const tab = await activeTab();
      if (tab?.id === undefined || tab.url === undefined) return;
      if (keep) await allowTemporary(tab.id, tab.url, null);
      else await endTemporary(tab.id);
      await browser.tabs.sendMessage(tab.id, READ_AGAIN);
    },
    pause,
    resume,
    excludeSite: excludeHost,
    allowSite: allowHost,
    async keepAgain(site, conversationId) {
      await engine.allowAgain({ source: site, external_id: conversationId });
      const tab = await activeTab();
      // read again rather than loaded again: the user may have something half-written there
      if (tab?.id !== undefined) await browser.tabs.sendMessage(tab.id, READ_AGAIN);
    },
    requestPermission: (host) =>
      browser.permissions.request({ origins: [`${host === 'localhost' ? 'http' : 'https'}://${host}/*`] }),
    async downloadBuiltIn(onProgress) {
      const found = findLanguageModel();
      if (!found) throw new EngineError('model_missing', 'This browser has no model of its own.');
      // nothing may be awaited before it: the click would be over
      await downloadBuiltIn(found.api, onProgress);
    },
    async rememberPage(note) {
      const tab = await activeTab();
      if (tab?.id !== undefined) await ask('rememberTab', { tabId: tab.id, note: note ?? null });
    },
    async openOriginal(url, inBackground = false) {
      const [open] = await browser.tabs.query({ url: url.replace(/#.*$/, '') }).catch(() => []);
      if (open?.id !== undefined) await browser.tabs.update(open.id, { active: !inBackground });
      else await browser.tabs.create({ url, active: !inBackground });
    },
    activeUrl: async () => (await activeTab())?.url ?? null,
    async restartEngine() {
      await ask('restartEngine', null);
    },
    pages: pagesShell(),
    history: historyShell,
    files: filesShell,
    async shortcuts() {
      const commands = await browser.commands.getAll();
      return commands.map(({ name = '', description = '', shortcut }) => ({
        name,
        description,
        keys: shortcut || null,
      }));
    },
  };
}

async function activeTab() {
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab;
}

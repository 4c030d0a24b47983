import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import { defineBackground } from 'wxt/utils/define-background';
import type { Capture } from '../engine/capture/types';
import { OUTBOX_BELL } from '../engine/host';
import { openCounts, openOutbox, sourceOf, type WritableOutbox } from '../engine/outbox';
import { backUpByThemselves } from './shell/backups';
import { watchConsent } from './shell/consent';
import { createEngineHost } from './shell/engine-host';
import { bringInHistory } from './shell/history';
import { injectIntoOpenTabs } from './shell/inject';
import { handleMessages } from './shell/messages';
import { addMenus, PANEL_COMMAND, REMEMBER_COMMAND, whatWasClicked } from './shell/menus';
import { keepReadPages } from './shell/pages';
import { watchPagesSetting } from './shell/pages-setting';
import { rememberInTab } from './shell/remember';
import { rememberHealth } from './shell/site-health';
import { forgetReport, readTabState, rememberReport, whyNotNow } from './shell/tab-state';
import { endTemporary, isTemporaryAllowed, mayKeepTemporary, watchTemporary } from './shell/temporary';
import { showOnToolbar } from './shell/toolbar';
import { TAB_STATE_PORT } from './shell/shell';

/**
 * Wires browser events to the outbox, the engine host and the toolbar. Every listener is registered synchronously:
 * this script is started anew for each event and would miss it otherwise.
 */
export default defineBackground({ type: 'module', main });

function main(): void {
  const host = createEngineHost();
  const bell = new BroadcastChannel(OUTBOX_BELL);

  let outbox: Promise<WritableOutbox> | null = null;
  function openedOutbox(): Promise<WritableOutbox> {
    outbox ??= openOutbox().catch((error: unknown) => {
      outbox = null; // the next capture tries again
      throw error;
    });
    return outbox;
  }

  /** Acknowledges only what is on disk; the engine is woken after that, never before. */
  async function keep(capture: Capture): Promise<number> {
    const seq = await (await openedOutbox()).add(capture);
    ring();
    return seq;
  }
  let ringing: ReturnType<typeof setTimeout> | null = null;
  /** Rings once for a burst: an engine that reads the outbox makes the next write wait. */
  function ring(): void {
    ringing ??= setTimeout(() => {
      ringing = null;
      bell.postMessage('added');
    }, 100);
    logFailure(host.ensure(), 'the engine could not be started');
  }

  async function undoRemember(source: string, id: string): Promise<void> {
    await (await openedOutbox()).purge(source, id);
    const engine = host.connect();
    try {
      const found = await engine.find({ source, external_id: id });
      if (!found) return;
      const receipt = await engine.forget({ document_ids: [found.id] });
      await engine.purgeForgotten([receipt.id]);
      // an undone "remember" is not a wish never to see the page again
      await engine.allowAgain({ source, external_id: id });
    } finally {
      engine.disconnect();
    }
  }

  const readPages = keepReadPages({ keep, changed: refreshTab, onFailure: logFailure });
  const backups = backUpByThemselves((order, report) => host.backUp(order, report));
  const tendBackups = () => {
    logFailure(backups.tick(), 'it could not be seen whether a backup is due');
  };
  const past = bringInHistory({ connect: () => host.connect(), onFailure: logFailure });

  handleMessages({
    ...readPages.handlers,
    ...past.handlers,
    ...backups.handlers,
    async mayCapture({ url }, sender) {
      const reason = await whyNotNow(url, sender.tab?.incognito ?? false);
      if (reason !== null) return { allowed: false, reason };
      return (await isTemporaryAllowed(sender.tab?.id, url)) ? { allowed: true, temporary: true } : { allowed: true };
    },
    async capture(capture, sender) {
      const reason = await whyNotNow(sender.url ?? '', sender.tab?.incognito ?? false);
      if (reason !== null) return { refused: reason };
      const temporary = capture.kind === 'conversation' && capture.metadata['temporary'] === true;
      if (temporary && !(await mayKeepTemporary(sender.tab, capture.id))) return { refused: 'temporary' };
      return { seq: await keep(capture) };
    },
    async reportPage(report, sender) {
      if (sender.tab?.id !== undefined) {
        await Promise.all([rememberReport(sender.tab.id, report), rememberHealth(report)]);
        await refreshTab(sender.tab);
      }
      return null;
    },
    async rememberTab({ tabId, note }) {
      await remember(tabId, { kind: 'page' }, note);
      return null;
    },
    async undoRemember({ source, id }) {
      await undoRemember(source, id);
      return null;
    },
    async restartEngine() {
      // the user asks to try again: earlier failures no longer count
      const counts = openCounts();
      await Promise.all([counts.set('failed', 0), counts.set('unfinished', 0)]);
      await host.stop();
      await host.ensure();
      return null;
    },
    async addNote({ capture }) {
      await keep(capture);
      return null;
    },
  });

  async function remember(
    tabId: number,
    clicked: Parameters<typeof rememberInTab>[1],
    note: string | null,
  ): Promise<void> {
    const tab = await browser.tabs.get(tabId);
    if (tab.incognito) return;
    await rememberInTab(tabId, clicked, note, async (capture) => {
      await keep(capture);
      return { source: sourceOf(capture), id: capture.id };
    });
  }

  // --- what the toolbar and open panels say about tabs
  const panels = new Map<Browser.runtime.Port, number>();

  async function refreshTab(tab: Browser.tabs.Tab): Promise<void> {
    if (tab.id === undefined) return;
    const state = await readTabState(tab);
    for (const [port, windowId] of panels) if (tab.active && tab.windowId === windowId) port.postMessage(state);
    await showOnToolbar(tab.id, state).catch((error: unknown) => {
      // a tab may close while its state is computed
      console.debug('commonplace: no toolbar to update', error);
    });
  }
  async function refreshTabs(which: { active?: boolean }): Promise<void> {
    for (const tab of await browser.tabs.query(which)) await refreshTab(tab);
  }
  const refreshSoon = () => {
    logFailure(refreshTabs({ active: true }), 'the toolbar could not be updated');
  };

  browser.runtime.onConnect.addListener((port) => {
    if (!port.name.startsWith(TAB_STATE_PORT)) return;
    panels.set(port, Number(port.name.slice(TAB_STATE_PORT.length)));
    port.onDisconnect.addListener(() => void panels.delete(port));
    refreshSoon();
  });
  browser.tabs.onActivated.addListener(refreshSoon);
  browser.tabs.onUpdated.addListener((tabId, change, tab) => {
    // without an address the browser hides where the tab goes: what was reported may no longer be there
    if (change.status === 'loading' && (change.url !== undefined || tab.url === undefined))
      logFailure(forgetReport(tabId), 'a report could not be dropped');
    if (change.status === 'loading') logFailure(endTemporary(tabId), 'a temporary chat could not be let go');
    if (change.status !== undefined || change.url !== undefined)
      logFailure(refreshTab(tab), 'the toolbar could not be updated');
  });
  browser.tabs.onRemoved.addListener((tabId) => {
    logFailure(endTemporary(tabId), 'a temporary chat could not be let go');
    logFailure(forgetReport(tabId), 'a report could not be dropped');
  });
  // a permission is lost in tabs that are not looked at too, and no event of their own would say so
  const refreshAll = () => {
    logFailure(refreshTabs({}), 'the toolbar could not be updated');
  };
  browser.permissions.onAdded.addListener(refreshAll);
  browser.permissions.onRemoved.addListener(refreshAll);
  watchConsent(refreshSoon);
  watchPagesSetting(refreshSoon);
  watchTemporary(refreshSoon);
  // a pause of an hour ends without an event of its own
  browser.alarms.onAlarm.addListener(refreshSoon);
  browser.alarms.onAlarm.addListener(tendBackups);

  // --- the user's gestures
  browser.contextMenus.onClicked.addListener((info, tab) => {
    const clicked = whatWasClicked(info);
    if (clicked && tab?.id !== undefined)
      logFailure(remember(tab.id, clicked, null), 'the page could not be remembered');
  });
  browser.commands.onCommand.addListener((command, tab) => {
    // The panel opens only inside the gesture: nothing may be awaited before.
    if (command === PANEL_COMMAND && !import.meta.env.FIREFOX && tab) {
      logFailure(browser.sidePanel.open({ windowId: tab.windowId }), 'the panel could not be opened');
    }
    if (command === REMEMBER_COMMAND && tab?.id !== undefined) {
      logFailure(remember(tab.id, { kind: 'page' }, null), 'the page could not be remembered');
    }
  });
  if (import.meta.env.FIREFOX) {
    browser.action.onClicked.addListener(() => {
      logFailure(firefoxSidebar.toggle(), 'the sidebar could not be opened');
    });
  }

  // --- the extension's own life
  // Firefox forgets alarms when it ends, and says nothing of an installation when it starts.
  logFailure(
    browser.alarms.get('refresh').then(async (alarm) => {
      if (!alarm) await browser.alarms.create('refresh', { periodInMinutes: 5 });
    }),
    'the clock could not be set',
  );
  browser.runtime.onInstalled.addListener(({ reason }) => {
    addMenus();
    if (!import.meta.env.FIREFOX) {
      logFailure(
        browser.sidePanel.setPanelBehavior({ openPanelOnActionClick: true }),
        'the toolbar button could not be set',
      );
    }
    if (reason === 'install')
      logFailure(browser.tabs.create({ url: '/welcome.html' }), 'the welcome page could not be opened');
    if (reason === 'install' || reason === 'update') {
      logFailure(injectIntoOpenTabs(reason), 'open tabs could not be joined');
    }
    logFailure(wakeIfWaiting(), 'the outbox could not be looked at');
    if (reason === 'update') logFailure(backups.want(), 'a backup after the update could not be asked for');
  });
  // An engine that runs for months would put updates off for months: they wait for an idle extension.
  browser.runtime.onUpdateAvailable.addListener(() => {
    if (panels.size > 0) return;
    logFailure(
      host.stop().then(() => {
        browser.runtime.reload();
      }),
      'the update could not be taken',
    );
  });
  browser.runtime.onStartup.addListener(() => {
    logFailure(wakeIfWaiting(), 'the outbox could not be looked at');
  });

  /** Captures that were acknowledged before the browser was closed or killed must not wait for a panel. */
  async function wakeIfWaiting(): Promise<void> {
    const { waiting } = await (await openedOutbox()).size();
    if (waiting > 0) ring();
  }
}

/** Firefox's alone; WXT's types are Chrome's. */
const firefoxSidebar = (browser as unknown as { sidebarAction: { toggle(): Promise<void> } }).sidebarAction;

/** Event handlers have nobody to reject to: what went wrong goes to the log with what was tried. */
function logFailure(work: Promise<unknown>, what: string): void {
  work.catch((error: unknown) => {
    console.error(`commonplace: ${what}`, error);
  });
}

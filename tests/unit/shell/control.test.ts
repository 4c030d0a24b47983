import { permitted, reset } from './fake-browser';
import { beforeEach, describe, expect, it } from 'vitest';
import type { TabState } from '../../../components/shell';
import type { PageDiagnostics } from '../../../engine/api';
import { ALL_SITES, SITES } from '../../../engine/capture/sites';
import type { PageReport } from '../../../entrypoints/shell/messages';

const { excludeHost, allowHost, pause, resume } = await import('../../../entrypoints/shell/consent');
const { watchControl } = await import('../../../entrypoints/shell/control');
const { nextHealth, readHealths, rememberHealth } = await import('../../../entrypoints/shell/site-health');
const { readTabState, rememberReport, whyNotNow } = await import('../../../entrypoints/shell/tab-state');
const { allowTemporary, endTemporary, isTemporaryAllowed, mayKeepTemporary } =
  await import('../../../entrypoints/shell/temporary');
const { lookOf } = await import('../../../entrypoints/shell/toolbar');

beforeEach(() => {
  reset();
  permitted.add('https://chatgpt.com/*');
});

const CHAT = 'https://chatgpt.com/c/1';
const tab = (more: object = {}) => ({ id: 7, url: CHAT, incognito: false, ...more }) as never;
const report = (more: Partial<PageReport> = {}): PageReport => ({
  site: 'chatgpt',
  url: CHAT,
  conversation_id: '1',
  turns: 4,
  complete: true,
  temporary: false,
  broken: null,
  ...more,
});
const health = (more: Partial<PageDiagnostics> = {}): PageDiagnostics => ({
  site: 'chatgpt',
  state: 'ok',
  reasons: [],
  address_kind: '/c/<id>',
  at: '2026-11-21T14:00:00.000Z',
  strategies: {
    json: { bodies: 1, unreadable: 0, turns: 4, last_error_code: null },
    dom: { turns_seen: 4, turns_read: 4, turns_unmounted: 0, state: 'ok' },
    stream: { begun: 0, ended: 0 },
  },
  disagreement: null,
  last_success: null,
  version: '0.1.0',
  browser: 'Chrome 156',
  ...more,
});

describe('a page is not captured', () => {
  it('while the browser does not permit it, though its script still stands there', async () => {
    expect(await whyNotNow(CHAT, false)).toBeNull();
    permitted.clear();
    expect(await whyNotNow(CHAT, false)).toBe('not_permitted');
    expect(await readTabState(tab())).toEqual({ state: 'not_permitted', host: 'chatgpt.com' });
  });

  it('and is said not to be, though the browser then hides what the tab shows', async () => {
    await rememberReport(7, report());
    permitted.clear();
    expect(await readTabState(tab({ url: undefined }))).toEqual({ state: 'not_permitted', host: 'chatgpt.com' });
    expect(await readTabState(tab({ id: 8, url: undefined }))).toEqual({ state: 'unsupported', host: null });
  });

  it('while paused, where it was excluded, in a private window', async () => {
    await pause('hour');
    expect(await whyNotNow(CHAT, false)).toBe('paused');
    await resume();
    await excludeHost('ChatGPT.com');
    expect(await whyNotNow(CHAT, false)).toBe('excluded');
    await allowHost('chatgpt.com');
    expect(await whyNotNow(CHAT, false)).toBeNull();
    expect(await whyNotNow(CHAT, true)).toBe('private');
  });

  it('but a page of the extension itself needs no permission', async () => {
    expect(await whyNotNow('chrome-extension://x/console.html', false)).toBeNull();
  });
});

describe('a temporary chat', () => {
  const url = 'https://chatgpt.com/?temporary-chat=true';
  const here = { id: 7, url };

  it('is kept only in the tab and at the address where the user asked', async () => {
    expect(await isTemporaryAllowed(7, url)).toBe(false);
    await allowTemporary(7, url, null);
    expect(await isTemporaryAllowed(7, `${url}#part`)).toBe(true);
    expect(await isTemporaryAllowed(8, url)).toBe(false);
    expect(await isTemporaryAllowed(undefined, url)).toBe(false);
    expect(await isTemporaryAllowed(7, 'https://chatgpt.com/?temporary-chat=true&x')).toBe(false);
    await endTemporary(7);
    expect(await isTemporaryAllowed(7, url)).toBe(false);
  });

  it('is one chat: the next one at the same address was not asked for', async () => {
    await allowTemporary(7, url, null);
    expect(await mayKeepTemporary(here, 'first')).toBe(true);
    expect(await mayKeepTemporary(here, 'second')).toBe(false);
    expect(await mayKeepTemporary(here, 'first')).toBe(true);
    expect(await mayKeepTemporary({ id: 7, url: CHAT }, 'first')).toBe(false);
    expect(await mayKeepTemporary(undefined, 'first')).toBe(false);
  });

  it('is said to be kept or not', async () => {
    await rememberReport(7, report({ url, temporary: true, conversation_id: null, turns: 0 }));
    expect(await readTabState(tab({ url }))).toEqual({ state: 'temporary', site: 'chatgpt' });
    await allowTemporary(7, url, null);
    expect(await readTabState(tab({ url }))).toMatchObject({ state: 'keeping', temporary: true });
  });
});

describe('how well a page is read', () => {
  it('is said by the tab, with diagnostics and when its site was last read well', async () => {
    await rememberHealth(report({ health: health() }), Date.parse('2026-11-20T09:00:00.000Z'));
    const broken = report({ turns: 0, health: health({ state: 'broken', reasons: ['nothing_read'] }) });
    await rememberReport(7, broken);
    await rememberHealth(broken);
    expect(await readTabState(tab())).toMatchObject({
      state: 'broken',
      detail: 'nothing_read',
      diagnostics: { state: 'broken', last_success: '2026-11-20T09:00:00.000Z' },
    });
    await rememberReport(7, report({ health: health({ state: 'disagree' }) }));
    expect(await readTabState(tab())).toMatchObject({ state: 'keeping', trouble: 'disagree' });
    await rememberReport(7, report({ health: health() }));
    expect(await readTabState(tab())).not.toHaveProperty('trouble');
  });

  it('is remembered of a site: when last, by what, and not each second', async () => {
    const at = Date.parse('2026-11-21T10:00:00.000Z');
    const first = nextHealth(null, health(), at);
    expect(first).toEqual({
      state: 'ok',
      at: '2026-11-21T10:00:00.000Z',
      last_success: '2026-11-21T10:00:00.000Z',
      way: 'data',
    });
    expect(nextHealth(first, health(), at + 5_000)).toBe(first);
    expect(nextHealth(first, health(), at + 120_000).last_success).toBe('2026-11-21T10:02:00.000Z');
    const lost = nextHealth(first, health({ state: 'broken' }), at + 5_000);
    expect(lost).toMatchObject({ state: 'broken', last_success: first.last_success, way: 'data' });
    const { json, dom, stream } = health().strategies;
    const byPage = { json: { ...json, turns: 0 }, dom, stream };
    expect(nextHealth(lost, health({ state: 'partial', strategies: byPage }), at + 9_000).way).toBe('page');
  });

  it('is not judged by a page that shows nothing yet', async () => {
    await rememberHealth(report({ health: health({ state: 'waiting' }) }));
    await rememberHealth(report({ health: health({ state: 'idle' }) }));
    await rememberHealth(report());
    expect(await readHealths()).toEqual({});
  });
});

it('the settings are shown every site, whether it is permitted, and what was excluded', async () => {
  await excludeHost('bank.example');
  const view = await new Promise((resolve) => {
    const stop = watchControl((seen) => {
      stop();
      resolve(seen);
    });
  });
  expect(view).toEqual({
    paused: null,
    excluded: ['bank.example'],
    sites: ALL_SITES.map((site) => ({ site, host: SITES[site].host, allowed: site === 'chatgpt', health: null })),
  });
});

it('the toolbar says each kind of state by a shape, a sign and words of its own', () => {
  const keeping = { state: 'keeping', site: 'chatgpt', conversation_id: '1', turns: 1, complete: true } as const;
  const states: Record<string, TabState> = {
    capturing: keeping,
    trouble: { ...keeping, trouble: 'partial' },
    paused: { state: 'paused', until: null },
    excluded: { state: 'excluded', host: 'chatgpt.com' },
    'not permitted': { state: 'not_permitted', host: 'chatgpt.com' },
    broken: { state: 'broken', site: 'chatgpt', detail: '' },
    other: { state: 'unsupported', host: 'example.org' },
  };
  const looks = Object.fromEntries(Object.entries(states).map(([name, state]) => [name, lookOf(state)]));
  expect(Object.fromEntries(Object.entries(looks).map(([name, { icon, badge }]) => [name, [icon, badge]]))).toEqual({
    capturing: ['keeping', ''],
    trouble: ['broken', '!'],
    paused: ['paused', 'II'],
    excluded: ['never', '–'],
    'not permitted': ['ask', '?'],
    broken: ['broken', '!'],
    other: ['off', ''],
  });
  expect(new Set(Object.values(looks).map(({ title }) => title)).size).toBe(Object.keys(states).length);
});

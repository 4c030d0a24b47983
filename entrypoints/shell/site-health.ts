/** How well each site was read lately: what the settings show, and what the diagnostics of a page begin with. */
import { storage } from 'wxt/utils/storage';
import type { PageDiagnostics } from '../../engine/api';
import type { SiteHealth } from '../../components/shell';
import type { PageReport } from './messages';

const healths = storage.defineItem<Record<string, SiteHealth>>('local:site_health', { fallback: {} });

/** A page that only grows says the same again and again; that it was read well is written down this often. */
const SAME_MS = 60_000;

let writing: Promise<unknown> = Promise.resolve();

/** Takes note of what a page reported. */
export function rememberHealth({ site, health }: PageReport, now = Date.now()): Promise<void> {
  if (!health || health.state === 'idle' || health.state === 'waiting') return Promise.resolve();
  const next = writing.then(async () => {
    const all = await healths.getValue();
    const before = all[site];
    const after = nextHealth(before ?? null, health, now);
    if (after !== before) await healths.setValue({ ...all, [site]: after });
  });
  writing = next.catch(() => undefined); // the caller of `next` sees the error; the queue goes on
  return next;
}

/** What is known of a site after another page of it was looked at; the same object when nothing worth noting changed. */
export function nextHealth(before: SiteHealth | null, health: PageDiagnostics, now: number): SiteHealth {
  const { json, dom, stream } = health.strategies;
  const read = health.state !== 'broken';
  const way = json.turns > 0 ? 'data' : dom.turns_read > 0 ? 'page' : stream.begun > 0 ? 'stream' : null;
  const at = new Date(now).toISOString();
  const after: SiteHealth = {
    state: health.state,
    at,
    last_success: read ? at : (before?.last_success ?? null),
    way: read ? way : (before?.way ?? null),
  };
  const same = before?.state === after.state && before.way === after.way && now - Date.parse(before.at) < SAME_MS;
  return same ? before : after;
}

export function readHealths(): Promise<Record<string, SiteHealth>> {
  return healths.getValue();
}

export function watchHealths(listener: () => void): () => void {
  return healths.watch(listener);
}

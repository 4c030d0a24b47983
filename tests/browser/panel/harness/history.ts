/** Past conversations as the extension would tell of them: a run that a test or a screenshot sets by hand. */
import type { HistoryControl, HistoryState } from '../../../../components/shell';

const OFF: HistoryState = {
  site: 'chatgpt',
  host: 'chatgpt.com',
  state: 'off',
  reason: null,
  listed: 0,
  kept: 0,
  already: 0,
  failed: 0,
  gone: 0,
  finished_at: null,
  last_success: null,
  every_hours: null,
  waits_until: null,
  working: false,
  open: true,
  blocked: null,
};

/** @param start JSON of what differs, by site. */
export function inventedHistory(
  note: (name: string) => (...args: unknown[]) => Promise<void>,
  start: string | null,
): HistoryControl {
  const over = JSON.parse(start ?? '{}') as Record<string, Partial<HistoryState>>;
  const hosts = { chatgpt: 'chatgpt.com', claude: 'claude.ai', gemini: 'gemini.google.com' };
  let states = Object.entries(hosts).map(([site, host]) => ({ ...OFF, site, host, ...over[site] }));
  const listeners = new Set<(states: HistoryState[]) => void>();
  const set = (site: string, change: Partial<HistoryState>) => {
    states = states.map((state) => (state.site === site ? { ...state, ...change } : state));
    for (const listener of listeners) listener(states);
  };
  const change = (name: string, to: Partial<HistoryState>) => async (site: string) => {
    await note(`history.${name}`)(site);
    set(site, to);
  };
  return {
    watch(listener) {
      listeners.add(listener);
      listener(states);
      return () => listeners.delete(listener);
    },
    start: change('start', { state: 'listing', working: true }),
    pause: change('pause', { state: 'paused', reason: null, working: false }),
    resume: change('resume', { state: 'reading', reason: null, working: true }),
    stop: change('stop', { state: 'stopped', working: false }),
    forget: async () => {
      await note('history.forget')();
    },
    async setEvery(site, hours) {
      await note('history.setEvery')(site, hours);
      set(site, { every_hours: hours });
    },
  };
}

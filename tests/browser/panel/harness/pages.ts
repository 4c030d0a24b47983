/** Settings about pages that are read, as the extension would keep them. */
import type { PagesShell, PagesView } from '../../../../components/shell';
import { NEVER, NEVER_CATEGORIES } from '../../../../engine/capture/pages/never';

const came = () => NEVER_CATEGORIES.map((category) => ({ category, entries: [...NEVER[category]] }));

export function inventedPages(
  note: (name: string) => (...args: unknown[]) => Promise<void>,
  start: string | null,
): PagesShell {
  let view: PagesView = {
    everywhere: null,
    permitted: false,
    sites: [],
    never: [{ category: 'own', entries: [] }, ...came()],
    never_changed: false,
  };
  if (start !== null) {
    view = {
      ...view,
      everywhere: 'text',
      permitted: start === 'everywhere',
      sites: [
        { host: 'gazette.example', level: 'address', permitted: true },
        { host: 'a-rather-long-name-of-a-site.example.org', level: 'off', permitted: true },
        { host: 'notes.example.net', level: 'text', permitted: false },
      ],
      never: [{ category: 'own', entries: ['family.example/photos'] }, ...came()],
      never_changed: true,
    };
  }
  const listeners = new Set<(view: PagesView) => void>();
  const set = (change: Partial<PagesView>) => {
    view = { ...view, ...change };
    for (const listener of listeners) listener(view);
  };
  return {
    watch(listener) {
      listeners.add(listener);
      listener(view);
      return () => listeners.delete(listener);
    },
    async setEverywhere(everywhere) {
      await note('pages.setEverywhere')(everywhere);
      set({ everywhere, permitted: everywhere !== null });
      return true;
    },
    async setSite(host, level) {
      await note('pages.setSite')(host, level);
      const others = view.sites.filter((site) => site.host !== host);
      set({ sites: level === null ? others : [...others, { host, level, permitted: true }] });
      return true;
    },
    async addNever(typed) {
      await note('pages.addNever')(typed);
      return null;
    },
    removeNever: note('pages.removeNever'),
    restoreNever: note('pages.restoreNever'),
  };
}

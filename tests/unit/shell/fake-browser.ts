/** What of `browser.*` the shell's modules use, in memory. Import it before them: they take the browser when they load. */
import { fakeBrowser } from 'wxt/testing/fake-browser';

/** Origins that the browser lets us read. */
export const permitted = new Set<string>();

const events = () => ({ addListener: () => undefined, removeListener: () => undefined });

Object.assign(globalThis, {
  chrome: Object.assign(fakeBrowser, {
    permissions: {
      contains: async ({ origins }: { origins: string[] }) => origins.every((origin) => permitted.has(origin)),
      onAdded: events(),
      onRemoved: events(),
    },
    i18n: { getMessage: (key: string) => key },
  }),
});

/** As after the browser was started for the first time. */
export function reset(): void {
  permitted.clear();
  fakeBrowser.reset();
}

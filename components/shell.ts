/**
 * What the panel needs of the browser, as a port: the entrypoints implement it over `browser.*`, tests over nothing.
 * Components know this and the Engine, and no more.
 */

/** What the active tab is to us, and whether it is being kept. */
export type TabState =
  | { state: 'keeping'; site: string; conversation_id: string | null; turns: number; complete: boolean }
  | { state: 'ready'; site: string } // supported site, nothing open yet
  | { state: 'broken'; site: string; detail: string } // supported page yields nothing
  | { state: 'paused'; until: string | null | 'restart' }
  | { state: 'excluded'; host: string }
  | { state: 'temporary'; site: string } // the site's own temporary chat: never kept
  | { state: 'forgotten'; site: string; conversation_id: string } // the user deleted it; not kept again
  | { state: 'not_permitted'; host: string }
  | { state: 'private' }
  | { state: 'unsupported'; host: string | null } // an ordinary page: can be remembered
  | { state: 'reading'; host: string; level: KeepLevel } // an ordinary page that is kept once it was read
  | { state: 'kept'; host: string; level: KeepLevel }; // an ordinary page that was read and kept

/** How much of a page that was read is kept: its text, or its address and title. */
export type KeepLevel = 'text' | 'address';

/** What the user said about pages they read. */
export interface PagesView {
  /** Null: only on the sites named. */
  everywhere: KeepLevel | null;
  /** Whether the browser lets every page be read. */
  permitted: boolean;
  sites: Array<{ host: string; level: KeepLevel | 'off'; permitted: boolean }>;
  /** What is never kept by being read; the user's own entries first. */
  never: Array<{ category: NeverCategory | 'own'; entries: string[] }>;
  /** Whether the list is not the one that came with the extension. */
  never_changed: boolean;
}

/** The parts of the list that comes with the extension. */
export type NeverCategory =
  | 'mail'
  | 'chat'
  | 'bank'
  | 'health'
  | 'government'
  | 'adult'
  | 'dating'
  | 'work'
  | 'search'
  | 'account';

/** Keeping pages by reading them. */
export interface PagesShell {
  /** Calls the listener at once and on every change, until the returned function is called. */
  watch(listener: (view: PagesView) => void): () => void;
  /** Must be called inside the click. Resolves with whether the browser permits it; null turns it off. */
  setEverywhere(level: KeepLevel | null): Promise<boolean>;
  /** As {@link setEverywhere}, for a host and those below it; null: as everywhere. */
  setSite(host: string, level: KeepLevel | 'off' | null): Promise<boolean>;
  /** A host, a part of one (`example.org/private`) or an address. Resolves with the entry, null where it names no host. */
  addNever(typed: string): Promise<string | null>;
  removeNever(entry: string): Promise<void>;
  /** The list as it came. */
  restoreNever(): Promise<void>;
}

export type PauseLength = 'hour' | 'restart' | 'until_resumed';

export interface Shell {
  /** Calls the listener at once and on every change of the active tab, until the returned function is called. */
  watchTab(listener: (state: TabState) => void): () => void;
  pause(length: PauseLength): Promise<void>;
  resume(): Promise<void>;
  excludeSite(host: string): Promise<void>;
  allowSite(host: string): Promise<void>;
  keepAgain(site: string, conversationId: string): Promise<void>;
  /** Must be called inside the click. Resolves with whether it was given. */
  requestPermission(host: string): Promise<boolean>;
  /** Keeps the page of the active tab. */
  rememberPage(note?: string): Promise<void>;
  openOriginal(url: string, inBackground?: boolean): Promise<void>;
  activeUrl(): Promise<string | null>;
  /** Starts the engine anew after it failed; earlier failures no longer count. */
  restartEngine(): Promise<void>;
  shortcuts(): Promise<Array<{ name: string; description: string; keys: string | null }>>;
  pages: PagesShell;
}

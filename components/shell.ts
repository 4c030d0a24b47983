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
  | { state: 'unsupported'; host: string | null }; // an ordinary page: can be remembered

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
}

/**
 * What the panel needs of the browser, as a port: the entrypoints implement it over `browser.*`, tests over nothing.
 * Components know this and the Engine, and no more.
 */
import type { HealthState, PageDiagnostics } from '../engine/api';

/** What the active tab is to us, and whether it is being kept. */
export type TabState =
  | {
      state: 'keeping';
      site: string;
      conversation_id: string | null;
      turns: number;
      complete: boolean;
      /** Some of it cannot be read, or the site's data and the page say different things. */
      trouble?: 'partial' | 'disagree';
      /** A temporary chat that the user asked to keep, until the tab shows something else. */
      temporary?: boolean;
      diagnostics?: PageDiagnostics;
    }
  | { state: 'ready'; site: string } // supported site, nothing open yet
  | { state: 'broken'; site: string; detail: string; diagnostics?: PageDiagnostics } // supported page yields nothing
  | { state: 'paused'; until: string | null | 'restart' }
  | { state: 'excluded'; host: string }
  | { state: 'temporary'; site: string } // the site's own temporary chat: not kept unless asked for this one
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

/** How well a site was read when a page of it was last looked at. Times are ISO 8601 UTC. */
export interface SiteHealth {
  state: HealthState;
  at: string;
  /** When something of it was last read; null for never. */
  last_success: string | null;
  /** By what: the site's own data, the page as it is drawn, or only an answer's stream. */
  way: 'data' | 'page' | 'stream' | null;
}

/** What the settings show of sites. */
export interface ControlView {
  paused: { until: string | null | 'restart' } | null;
  /** Hosts of which nothing is kept. */
  excluded: string[];
  sites: Array<{ site: string; host: string; allowed: boolean; health: SiteHealth | null }>;
}

/** How far bringing in a site's past conversations has come. Times are ISO 8601 UTC. */
export interface HistoryState {
  site: string;
  host: string;
  state: 'off' | 'listing' | 'reading' | 'paused' | 'stopped' | 'done';
  /** Why it is paused; null when the user did it. */
  reason: 'not_signed_in' | 'cannot_read' | null;
  /** Conversations the site listed; of those: read now, here before, unreadable, gone from the site. */
  listed: number;
  kept: number;
  already: number;
  failed: number;
  gone: number;
  finished_at: string | null;
  last_success: string | null;
  /** Repeats by itself; null: not. */
  every_hours: number | null;
  /** The site asks for a pause until then. */
  waits_until: string | null;
  /** A tab works on it. */
  working: boolean;
  /** A tab of the site is open. */
  open: boolean;
  /** Nothing of the site may be read now. */
  blocked: 'paused' | 'excluded' | 'not_permitted' | null;
}

/** Bringing in the past, each site by its name. */
export interface HistoryControl {
  /** Calls the listener at once and on every change, until the returned function is called. */
  watch(listener: (states: HistoryState[]) => void): () => void;
  start(site: string): Promise<void>;
  pause(site: string): Promise<void>;
  resume(site: string): Promise<void>;
  /** What was read stays; the next start goes on with what is missing. */
  stop(site: string): Promise<void>;
  /** Ends every run and drops what was listed: for "forget everything". */
  forget(): Promise<void>;
  /** 1 to 24, or null for never. */
  setEvery(site: string, hours: number | null): Promise<void>;
}

/** A file being written for the user. */
export interface FileSaver {
  write(bytes: Uint8Array): Promise<void>;
  /** Ends it. Resolves with the file as it lies there, to be read back; null where that cannot be had. */
  finish(): Promise<Blob | null>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

/** A copy of everything that was written and read back. */
export interface BackupNote {
  at: string;
  documents: number;
  bytes: number;
  encrypted: boolean;
}

/** Backups that are made by themselves. */
export interface BackupPlan {
  every: 'day' | 'week';
  to: 'downloads' | 'folder';
  /** They are encrypted with it; null for none. */
  password: string | null;
}

export interface BackupsView {
  plan: { every: BackupPlan['every']; to: BackupPlan['to']; encrypted: boolean } | null;
  /** Name of the folder that was picked. */
  folder: string | null;
  running: boolean;
  /** Why the last one failed: a code of the engine's errors, `not_permitted` or `folder_gone`; null when it did not. */
  trouble: string | null;
  /** Whether this browser lets a folder be picked. */
  canPickFolder: boolean;
}

export interface BackupsShell {
  /** Calls the listener soon and on every change, until the returned function is called. */
  watch(listener: (view: BackupsView) => void): () => void;
  /** Must be called inside the click, because something is asked. Makes the first one. False: the user did not want to. */
  begin(plan: BackupPlan): Promise<boolean>;
  /** No more of them; those that were made stay. */
  end(): Promise<void>;
  /** Makes one. Must be called inside the click. */
  now(): Promise<void>;
}

export interface FilesShell {
  /** Must be called inside the click. Null: the user thought better of it. */
  save(name: string): Promise<FileSaver | null>;
  /** The last copy of everything, null for none; calls the listener soon and on every change. */
  watchLast(listener: (note: BackupNote | null) => void): () => void;
  noteBackup(note: BackupNote): Promise<void>;
  backups: BackupsShell;
  /** What the user set in this browser, to go along with an export. */
  settings(): Promise<Record<string, unknown>>;
  /** Takes settings of a file; what cannot be read of them is left out, and no permission comes with them. */
  applySettings(settings: Record<string, unknown>): Promise<void>;
}

export type PauseLength = 'hour' | 'restart' | 'until_resumed';

export interface Shell {
  /** Calls the listener at once and on every change of the active tab, until the returned function is called. */
  watchTab(listener: (state: TabState) => void): () => void;
  /** Calls the listener at once and on every change, until the returned function is called. */
  watchControl(listener: (view: ControlView) => void): () => void;
  /** Keeps the temporary chat of the active tab, this one only, or stops doing so. */
  keepTemporary(keep: boolean): Promise<void>;
  pause(length: PauseLength): Promise<void>;
  resume(): Promise<void>;
  excludeSite(host: string): Promise<void>;
  allowSite(host: string): Promise<void>;
  keepAgain(site: string, conversationId: string): Promise<void>;
  /** Must be called inside the click. Resolves with whether it was given. */
  requestPermission(host: string): Promise<boolean>;
  /**
   * Has the browser download its own model; must be called inside the click. `onProgress` is told the share that is there, 0 to 1.
   * Rejects with an EngineError when it cannot.
   */
  downloadBuiltIn(onProgress: (share: number) => void): Promise<void>;
  /** Keeps the page of the active tab. */
  rememberPage(note?: string): Promise<void>;
  openOriginal(url: string, inBackground?: boolean): Promise<void>;
  activeUrl(): Promise<string | null>;
  /** Starts the engine anew after it failed; earlier failures no longer count. */
  restartEngine(): Promise<void>;
  shortcuts(): Promise<Array<{ name: string; description: string; keys: string | null }>>;
  pages: PagesShell;
  history: HistoryControl;
  files: FilesShell;
}

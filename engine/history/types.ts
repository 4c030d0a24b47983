/** What bringing in a site's past conversations is: a run for each site, and what it has still to read. */
import type { ListedConversation } from '../capture';
import type { Site } from '../capture/types';
import type { ErrorCode } from '../errors';

/**
 * - `off`: never asked for;
 * - `listing`: what there is is being listed;
 * - `reading`: one conversation after another is read;
 * - `paused`: by the user, or because it cannot go on without them (`reason`);
 * - `stopped`: by the user; the next start lists anew, and reads what is not here yet;
 * - `done`.
 */
export type RunState = 'off' | 'listing' | 'reading' | 'paused' | 'stopped' | 'done';

/** Why a run waits for the user; null where they paused it themselves. `cannot_read`: the site answers in a way we do not know. */
export type PauseReason = 'not_signed_in' | 'cannot_read';

/** `all` lists to the end; `new` passes over the rest of a list when a whole part of it held nothing new. */
export type RunKind = 'all' | 'new';

/** Who works for a site now. A content script in one tab; it is gone when the tab is, or when it has been silent too long. */
export interface Worker {
  /** The tab's number. */
  tab: number;
  /** One life of one content script: another one in the same tab means that the first is gone. */
  instance: string;
}

export interface Lease extends Worker {
  token: string;
  /** Epoch ms; renewed by everything the worker says. */
  until: number;
}

export interface Run {
  site: Site;
  /** Told apart by when they began (epoch ms); 0 before the first. */
  id: number;
  kind: RunKind;
  state: RunState;
  /** What a paused run goes on with. */
  resume_to: 'listing' | 'reading';
  reason: PauseReason | null;
  /** Of the list; opaque, null at its beginning. */
  cursor: string | null;
  /** Conversations the site listed, once each. */
  listed: number;
  /** Of those: read and acknowledged; passed over because they are here already (or were deleted by the user); … */
  kept: number;
  already: number;
  /** … not readable after several attempts; no longer at the site when it was their turn. */
  failed: number;
  gone: number;
  /** Epoch ms. */
  started_at: number | null;
  finished_at: number | null;
  /** When a conversation was last read. */
  last_success: number | null;
  /** When everything was last listed and read to the end: only then may a `new` run pass over what it knows. */
  whole_at: number | null;
  /** Repeats by itself; null: not. */
  every_hours: number | null;
  /** Nothing is asked before (epoch ms): the site wants a pause, or did not answer. */
  not_before: number | null;
  last_error: { code: ErrorCode; message: string; at: number } | null;
  /** Failures in a row, of the kind that says "we cannot read this site" and of the kind that says "not now". */
  unread_in_a_row: number;
  unanswered_in_a_row: number;
  lease: Lease | null;
}

/**
 * - `waiting`: to be read;
 * - `again`: could not be read yet; after all that wait;
 * - `done`; `failed` after several attempts; `gone` from the site (or refused by the user).
 *
 * That one is being read stands nowhere: it waits until it was acknowledged, so that a death in between loses nothing.
 */
export type ItemState = 'waiting' | 'again' | 'done' | 'failed' | 'gone';

/** What only the list may say of a conversation: Gemini's titles, the names of ChatGPT's projects. */
export type ListFacts = Omit<ListedConversation, 'id'>;

/** One conversation of a list. */
export interface Item {
  site: Site;
  id: string;
  updated_at: string | null;
  state: ItemState;
  attempts: number;
  /** The run that listed it last. */
  run: number;
  /** What is read first has the highest: epoch ms of the last change; below zero, in the list's order, where the site says none. */
  rank: number;
  /** Until it is read; null from then on, as this is no second copy of what the user said. */
  facts: ListFacts | null;
}

/** What a content script is asked to do. It says the lease with everything it answers. */
export type Task =
  | { do: 'list'; lease: string; cursor: string | null }
  | { do: 'read'; lease: string; id: string; facts: ListFacts | null }
  | { do: 'wait'; lease: string; ms: number }
  | { do: 'nothing' };

/** What the store holds of a conversation. */
export interface Known {
  external_id: string;
  updated_at: string | null;
  complete: boolean;
  /** The user deleted it: it is passed over. */
  forgotten: boolean;
}

export interface Failure {
  code: ErrorCode;
  message: string;
  /** Epoch ms: the site said when it may be asked again. */
  retry_at: number | null;
}

/** A run as it is shown. Times are ISO 8601 UTC. */
export interface HistoryView {
  site: Site;
  state: RunState;
  reason: PauseReason | null;
  listed: number;
  kept: number;
  already: number;
  failed: number;
  gone: number;
  finished_at: string | null;
  last_success: string | null;
  every_hours: number | null;
  /** The site wants a pause until then; null where it does not. */
  waits_until: string | null;
  /** True while a tab works on it. */
  working: boolean;
}

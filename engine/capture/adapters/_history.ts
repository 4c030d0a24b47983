/**
 * Reading a site in the user's own session: all that is there, and one conversation whole. Reads only, one at a time.
 * The adapter says what to ask and how to read the answer; who sends it, waits, retries and counts is `engine/history`.
 */
import { EngineError } from '../../errors';
import { asObject, type JsonObject, tryParse } from '../json';
import type { CapturedConversation } from '../types';

/** One read. Nothing that changes anything at the site is ever asked; POST is for sites that read by POST. */
export interface SiteRequest {
  /** Absolute, on the site's own host. */
  url: string;
  method: 'GET' | 'POST';
  headers?: Record<string, string>;
  /** For POST: the form body. */
  body?: string;
}

/**
 * Sends one read in the user's session, when it is its turn, and resolves with the body's text.
 * @throws EngineError `not_found` (404, 410), `not_signed_in` (401, 403), `bad_input` (other 4xx: the site no longer takes this request),
 * `rate_limited` after waiting as asked did not help, `timeout`, `aborted`.
 */
export type AskSite = (request: SiteRequest) => Promise<string>;

/** What an adapter may look at of the open tab, to learn what requests need (an organisation, a token). */
export interface HistoryPage {
  /** The tab's address. */
  url: string;
  /** The cookie's value that scripts of the page can see, or null. */
  cookie(name: string): string | null;
  /** The text of the page's inline scripts, for tokens that the site puts there. */
  inlineScripts(): string[];
  /** What the page keeps under this name in its local storage, or null. */
  stored(key: string): string | null;
}

/** A conversation as the site lists it. */
export interface ListedConversation {
  id: string;
  title: string | null;
  /** ISO 8601 UTC; what tells whether we have it already. Null where the site does not say. */
  updated_at: string | null;
  archived: boolean;
  starred: boolean;
  /** The project's name (or id where it has none). */
  project: string | null;
}

export interface HistoryPageOfList {
  conversations: ListedConversation[];
  /** What to give for the next part; null at the end. Opaque; survives a restart of the browser. */
  next: string | null;
  /**
   * Where the next of the site's lists begins, null after the last one: an update passes over the rest of a list when a
   * whole part of it held nothing new. Not given where the site's order says nothing about what is newer.
   */
  next_list?: string | null;
}

export interface SiteHistory {
  /**
   * A part of the list, newest first within each of the site's lists (main, archived, starred, projects follow one another).
   * The same conversation may be in two of them.
   * @param cursor from the part before; null for the first.
   */
  list(cursor: string | null): Promise<HistoryPageOfList>;
  /**
   * One conversation, whole where the site gives all of it.
   * @throws `not_found` when the site no longer has it; `bad_input` when its answer cannot be read.
   */
  read(id: string): Promise<CapturedConversation>;
}

/**
 * An answer of the site, read with GET, as a JSON object.
 * @throws `bad_input` where it is none, and what {@link AskSite} throws.
 */
export async function askJson(ask: AskSite, url: string, headers: Record<string, string>): Promise<JsonObject> {
  const parsed = tryParse(await ask({ url, method: 'GET', headers }));
  if ('value' in parsed) return asObject(parsed.value);
  throw new EngineError('bad_input', `The site answered ${url} with something that is not JSON: ${parsed.error}`);
}

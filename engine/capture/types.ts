/**
 * What a capture is: plain JSON that crosses the content script, the outbox, the engine and the CLI unchanged.
 * Field names are those of the database and of `cli read --json`.
 */

import type { Site } from './sites';

export type { Site };

/** Services whose conversations come only with an export; names, like those of sites, are proper names. */
export const EXPORTED = {
  messenger: 'Messenger',
  perplexity: 'Perplexity',
  mistral: 'Mistral',
  grok: 'Grok',
} as const;

/** Where a conversation was held; the `source` of its document. */
export type ConversationSource = Site | keyof typeof EXPORTED;

export type Role = 'user' | 'assistant' | 'system' | 'tool';

/** An image or file that was named in a message; its bytes are not captured. */
export interface Attachment {
  kind: 'image' | 'file' | 'audio';
  name: string;
  /** The site's own pointer (`sediment://…`, a file id), so that a later version can fetch it. */
  reference: string | null;
}

/** One turn as a person saw it. */
export interface CapturedMessage {
  /** The site's message id; unique within the conversation. */
  id: string;
  parent_id: string | null;
  role: Role;
  /** Name of the tool or person where the site gives one. */
  author: string | null;
  /** Model slug as the site says it (`gpt-5-5`), null where it does not. */
  model: string | null;
  /** ISO 8601 in UTC, or null where the site does not say. */
  created_at: string | null;
  markdown: string;
  /** False while the site is still writing it. Unfinished messages are never shown as final. */
  finished: boolean;
  /** True when it is on the branch that the page shows. */
  on_active_branch: boolean;
  attachments: Attachment[];
  /**
   * What belongs to the message and is not its text. Keys that every adapter uses alike: `thinking` (Markdown, what the
   * model thought before it answered), `merged_ids` (other ids of the parts that became this message), `unknown_parts`
   * (what could not be turned into Markdown, as it came).
   */
  metadata: Record<string, unknown>;
}

/**
 * How much of the shown branch `messages` holds, which says what a merge may conclude from an absence:
 * - `all`: the whole branch; a stored message that is missing here was replaced.
 * - `tail`: everything from the first message given to the end of the branch.
 * - `some`: those that happened to be readable (a virtualised list); absence says nothing.
 */
export type Coverage = 'all' | 'tail' | 'some';

/**
 * How a conversation was read: the site's own JSON (every branch, or the shown one in pages), a shared copy, the answer's
 * own stream, or the page as it is drawn.
 */
export type Strategy = 'json-tree' | 'json-pages' | 'share' | 'stream' | 'dom';

export interface CapturedConversation {
  kind: 'conversation';
  site: ConversationSource;
  /** The site's conversation id. */
  id: string;
  url: string | null;
  title: string | null;
  /** ISO 8601 UTC. */
  created_at: string | null;
  updated_at: string | null;
  captured_at: string;
  strategy: Strategy;
  coverage: Coverage;
  /** True only when the branch is whole and its head is a finished answer. */
  complete: boolean;
  /** In the order of the branch, root first; messages off the shown branch follow, marked as such. */
  messages: CapturedMessage[];
  /**
   * Keys that every adapter uses alike: `project`, `assistant` (a GPT or Gem) as `{id, name}` with `name` null where
   * the site does not say; `archived`, `starred`, `temporary` as true.
   */
  metadata: Record<string, unknown>;
}

/** A page, selection or link that the user chose to keep, or a page that was kept because it was read. */
export interface CapturedPage {
  kind: 'page';
  /** Where it came from: `selection` and `link` name what the user clicked; `visit` was kept by being read. */
  origin: 'page' | 'selection' | 'link' | 'visit';
  /** Unique for this thing: the canonical address, plus a hash of the text for a selection. */
  id: string;
  url: string;
  title: string | null;
  author: string | null;
  site_name: string | null;
  language: string | null;
  published_at: string | null;
  captured_at: string;
  markdown: string;
  note: string | null;
  /**
   * Of a visit: `level` (`text`, or `address` where the text is only its title and address), `visits`, `read_seconds`.
   * Of a PDF: `pdf` as `{pages}`; its text has a heading `Page N` before each page.
   */
  metadata: Record<string, unknown>;
}

/** A part of an imported document that is found by itself: a highlight, a task, a mail of a thread, or the whole text. */
export interface DocumentSection {
  /** Unique within the document. */
  id: string;
  /** Who wrote it, where that is not the document's author. */
  author: string | null;
  /** ISO 8601 UTC. */
  created_at: string | null;
  markdown: string;
  /** `page` (from 1), `location`, `url`, `tags`: what its origin says of it. */
  metadata: Record<string, unknown>;
}

/** A file, a note or a saved address that was brought in from elsewhere. */
export interface CapturedDocument {
  kind: 'document';
  /** How it is filed: `page` for what is an address of the web, `note` for anything else. */
  filed_as: 'page' | 'note';
  /** Where it is from: `files`, `readwise`, `notion`, `kindle` … or the site whose export held it. */
  source: string;
  /** Unique within its source, and the same whenever the same thing is imported. */
  id: string;
  url: string | null;
  title: string | null;
  author: string | null;
  language: string | null;
  created_at: string | null;
  updated_at: string | null;
  captured_at: string;
  /** What the person wrote about it. */
  note: string | null;
  sections: DocumentSection[];
  attachments: Attachment[];
  /** `file` (its path), `tags`, `links`, `pdf` as `{pages}`; a PDF's text has a heading `Page N` before each page. */
  metadata: Record<string, unknown>;
}

export type Capture = CapturedConversation | CapturedPage | CapturedDocument;

/** The `source` that the document of a capture gets: the site of a conversation, `web` for every kept page. */
export function sourceOf(capture: Capture): string {
  if (capture.kind === 'conversation') return capture.site;
  return capture.kind === 'document' ? capture.source : 'web';
}

/** Something an adapter could not read, with where. Never an exception: the rest is kept. */
export interface ReadWarning {
  /** Stable string, e.g. `unknown_content_type`. */
  code: string;
  message: string;
  /** Message id, JSON path or selector. */
  where: string | null;
}

/** What reading a page or a body yields. */
export interface ReadResult {
  conversations: CapturedConversation[];
  warnings: ReadWarning[];
}

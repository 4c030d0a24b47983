/**
 * The Engine: the only thing the panel, the pages, the CLI and scripts talk to.
 *
 * Every method returns a promise, rejects only with an {@link EngineError} and, where work can take over 100 ms,
 * takes an `AbortSignal` last. All times are ISO 8601 UTC strings unless a name ends in `_ms`.
 */
import type { Attachment, Capture, Role } from './capture/types';
import type {
  Answer,
  AskContext,
  AskEvent,
  AskRequest,
  BuiltInModel,
  ChatSummary,
  ChatView,
  FolderFile,
  FoundServer,
  GpuFacts,
  GpuModel,
  GpuReport,
  LocalModel,
  NewProvider,
  Provider,
  SentEntry,
  VaultView,
} from './chat/types';
import type { EmbedderRefusal, EmbedderView, Reembedding } from './embedders/types';
import type { ModelPurpose, OfferedModel } from './models/types';

export type { ModelPurpose, OfferedModel } from './models/types';
export type { HealthState, PageDiagnostics } from './capture/health';
export type * from './chat/types';
export type * from './embedders/types';

export type DocumentKind = 'conversation' | 'page' | 'note';

/** One field to search with. Filters typed into `text` (`from:chatgpt`, `after:2026-05-01`) are parsed by the engine. */
export interface RecallQuery {
  text: string;
  filters?: RecallFilters;
  /** Hits wanted, 1 to 100; 20 unless told. */
  limit?: number;
  /**
   * `words` answers at once without the query's embedding; `full` fuses words and meaning (default); `meaning` is for
   * measuring what vectors find alone.
   */
  mode?: 'words' | 'full' | 'meaning';
  /** Words are taken as they are typed, whether they stand anywhere or not. */
  literal?: boolean;
}

/** Hard filters; every one narrows. */
export interface RecallFilters {
  sources?: string[];
  kinds?: DocumentKind[];
  roles?: Role[];
  /** Inclusive. */
  after?: string;
  /** Exclusive. */
  before?: string;
  document_ids?: string[];
}

/** Why a hit is there. */
export type Reason =
  | { kind: 'words'; terms: string[] }
  | { kind: 'meaning'; similarity: number }
  | { kind: 'date'; text: string }
  | { kind: 'person'; name: string };

export interface Hit {
  /** The passage; stable across queries until its text changes. */
  chunk_id: string;
  document_id: string;
  message_id: string | null;
  /** The site's own id of the message, to jump to in the original. */
  message_external_id: string | null;
  kind: DocumentKind;
  source: string;
  title: string | null;
  url: string | null;
  /** Where the original shows this very passage, when the site allows it, else `url`. */
  original_url: string | null;
  role: Role | null;
  author: string | null;
  model: string | null;
  /** When it was said, else when the document was made or captured. */
  created_at: string;
  /** Two or three lines of plain text or Markdown, best sentence first seen. */
  passage: string;
  /** UTF-16 offsets [start, end) into `passage`, ascending, not overlapping. */
  highlights: Array<[number, number]>;
  /** Comparable within one result only. */
  score: number;
  reasons: Reason[];
}

export interface RecallResult {
  hits: Hit[];
  /** How the question was understood: the words searched and the filters taken from the text. */
  understood: {
    text: string;
    filters: RecallFilters;
    /** The times it names, in its own words. */
    times?: string[];
    /** Words that stand nowhere and what was searched for instead; only of a `full` recall. `literal` searches without. */
    corrected?: Array<{ from: string; to: string }>;
  };
  /** False while the embedder is not ready or `mode` was `words`. */
  used_meaning: boolean;
  /** Engine time in milliseconds: all of it, and the part that was the query's embedding. */
  took_ms: number;
  embed_ms: number;
}

export interface DocumentSummary {
  id: string;
  kind: DocumentKind;
  source: string;
  title: string | null;
  url: string | null;
  /** Newest of what is known: last message, update, capture. */
  happened_at: string;
  message_count: number;
  /** First words, for the list: the beginning of the Markdown, cut off anywhere. */
  excerpt: string;
  complete: boolean;
}

export interface MessageView {
  id: string;
  external_id: string | null;
  role: Role;
  author: string | null;
  model: string | null;
  created_at: string | null;
  markdown: string;
  /** What the model thought before it answered, as Markdown, where the site shows it; not searched. */
  thinking: string | null;
  finished: boolean;
  attachments: Attachment[];
}

/** A document to read: the messages of the shown branch, in order. A page has one message. */
export interface DocumentView extends DocumentSummary {
  author: string | null;
  language: string | null;
  note: string | null;
  captured_at: string;
  created_at: string | null;
  messages: MessageView[];
}

export interface IngestReport {
  documents: number;
  messages_added: number;
  messages_updated: number;
  messages_unchanged: number;
  /** Captures skipped because the user deleted that document before. */
  forgotten: number;
  /** Captures skipped because they are older than the user wants to keep such things, and are not stored. */
  expired: number;
  /** Id of each document, in the order given; null where skipped. */
  document_ids: Array<string | null>;
}

/** What `forget` hid, until it is undone or purged. */
export interface ForgetReceipt {
  id: string;
  documents: number;
  messages: number;
  /** After this moment the engine purges by itself; sooner when the client that asked for it is closed. */
  purge_at: string;
}

/**
 * Which documents to forget; two fields narrow each other.
 * - `source`: conversations of one site, by the name their documents carry.
 * - `host`: whatever was kept from addresses of this host, with or without `www.`.
 * - `captured_after`: those with something that came in since then. One that began before goes as a whole; one that was
 *   only opened since is not meant.
 * - `everything` also removes what cannot be stored and waits in the outbox, and databases that were set aside.
 *
 * A capture made before and stored later, while it can be undone, comes under it too.
 */
export type ForgetScope =
  | { document_ids: string[] }
  | { source: string; captured_after?: string }
  | { host: string; captured_after?: string }
  | { captured_after: string }
  | { everything: true };

/** What a deletion would take. */
export interface ForgetCount {
  documents: number;
  messages: number;
  by_kind: Partial<Record<DocumentKind, number>>;
  /** Of those, with `captured_after`: how many hold something from before and go as a whole. */
  older: number;
}

/** What has a time of its own to be kept for; `visit` is a page kept by being read, `page` one kept by hand. */
export type RetainedKind = 'conversation' | 'page' | 'visit' | 'note';

/** Days to keep each kind after its newest known time; null keeps it forever, which is the default. */
export type Retention = Record<RetainedKind, number | null>;

export type EmbedderState =
  | { state: 'loading'; model_id: string }
  | { state: 'ready'; model_id: string; device: 'webgpu' | 'wasm' | 'cpu'; dtype: string }
  | { state: 'unavailable'; model_id: string; error: string };

/** The database as the UI may show it. */
export type StoreState =
  | { state: 'opening' }
  | { state: 'ready'; storage: 'opfs' | 'idb' | 'memory' | 'node' }
  /** Opened after damage: what was done, in words for a log, and where the broken directory lies. */
  | { state: 'restored'; storage: 'opfs' | 'idb' | 'memory' | 'node'; actions: string[]; set_aside: string | null }
  /** The crash-loop breaker or the ladder gave up; captures wait in the outbox. */
  | { state: 'failed'; code: string; message: string };

export interface EngineStatus {
  store: StoreState;
  embedder: EmbedderState;
  documents: number;
  messages: number;
  chunks: number;
  /** Chunks that still wait for their vector. */
  chunks_waiting: number;
  /** While another embedder is on its way to answering. */
  reembedding: Reembedding | null;
  /** Captures that were acknowledged and not yet stored. */
  outbox_waiting: number;
  /** Of those, how many could not be stored; they stay, and are tried again at the next start. */
  outbox_refused: number;
  outbox_full: boolean;
  room: Room;
  /** What the browser's end, or the engine's, cut off before this start; until it is put away. */
  cut_off: CutOff[];
}

/**
 * Something that was cut off, and what that left:
 * - `export`: no file, or one that is not whole and says so when it is read
 * - `merge`: whole documents; the same file again brings the others
 * - `replace`, `go_back`: everything as it was before
 * - `compact`: every table whole, some of them not written anew
 */
export interface CutOff {
  doing: 'export' | 'merge' | 'replace' | 'go_back' | 'compact';
  /** When it had begun. ISO 8601 UTC. */
  at: string;
}

/**
 * Room for more: `low` is said in time to do something about it; while it is `full` nothing is stored, and captures wait in
 * the outbox. `free` is bytes as the browser says, null where it does not.
 */
export interface Room {
  state: 'ok' | 'low' | 'full';
  free: number | null;
}

/** What takes how much, in bytes. */
export interface SpaceReport {
  /** Documents and their messages as they lie on the disk, most first. */
  by_source: Array<{ source: string; kind: DocumentKind; documents: number; bytes: number }>;
  /** The database by what it holds, each with its indexes: texts, passages to find words by, vectors, the log of changes. */
  database: { text: number; words: number; vectors: number; other: number; log: number };
  /** Of the database, what nothing uses and `compact` would give back; an estimate. */
  spare: number;
  copies: { count: number; bytes: number };
  /** Databases that were set aside; null where the storage does not tell. */
  aside: { count: number; bytes: number | null };
  /** Models that were added as files. */
  models: number;
  /** Copies of files that are being imported. */
  imports: number;
  /** A file on its way to the downloads. */
  exported: number;
  /** Captures in the outbox. */
  waiting: number;
  room: Room;
}

export interface CompactReport {
  /** Bytes of the database and its log. */
  before: number;
  after: number;
  /** Something was left as it was because there was no room to write it anew. */
  no_room: boolean;
}

export interface EngineStats extends EngineStatus {
  by_source: Array<{ source: string; kind: DocumentKind; documents: number; messages: number }>;
  /** Bytes of the database as Postgres says. */
  database_bytes: number;
  schema_version: number;
}

// ---- Everything in one file, and back ----

export interface ExportRequest {
  /**
   * What to write. `everything` is one .zip that can be brought back, the others are for reading: one file of the documents
   * chosen, as Markdown, JSON or safe HTML.
   */
  what:
    | { everything: true; /** Whether vectors go along. */ vectors?: boolean }
    | { documents: ExportSelection; as: 'markdown' | 'json' | 'html' };
  /** The file is encrypted with it, as standard age; null or missing for none. */
  password?: string | null;
  /** What the user set outside of the database; goes along with everything. */
  settings?: Record<string, unknown>;
  /** A person waits for it: it is under way until `endExport`, and where it is cut off the next start says so. */
  say_when_cut_off?: boolean;
}

/** Which documents; every field narrows. */
export interface ExportSelection extends Omit<RecallFilters, 'roles'> {
  /** Of addresses of this host, with or without `www.`. */
  host?: string;
}

export interface ExportBegun {
  id: string;
  /** A name for the file, with its ending and without a date. */
  name: string;
  /** MIME type. */
  type: string;
}

export interface ExportPiece {
  /** The next bytes of the file, about a megabyte; null after the last. */
  bytes: Uint8Array | null;
  /** Documents written and all. */
  done: number;
  total: number;
}

/** One thing that was wrong with a file. `code` is stable; `message` is for a log. */
export interface FileDamage {
  code: FileDamageCode;
  /** Name of the part inside of the file, null for the file itself. */
  part: string | null;
  /** From 1; null where it is not about a line. */
  line: number | null;
  message: string;
}

export type FileDamageCode =
  | 'cut' // the file ends too early
  | 'no_directory' // its table of contents is missing or broken; the parts were found without it
  | 'gap' // bytes that are no part
  | 'part_damaged' // what could be read of it was read
  | 'part_missing'
  | 'part_changed' // whole, and not as it was written
  | 'part_twice'
  | 'part_unknown'
  | 'record_unreadable'
  | 'record_refused' // the database does not take it
  | 'record_orphan' // a message without its document
  | 'records_missing' // fewer than the manifest says
  | 'bomb'; // made to fill the memory; the rest was not read

export interface ImportReport {
  documents: {
    /** Not here before. */
    added: number;
    /** Here, and something of the file was new or newer. */
    changed: number;
    /** Here already. */
    same: number;
    /** Deleted here, and left so. */
    forgotten: number;
    /** Older than the user keeps such things, and left out. */
    expired: number;
  };
  messages: { added: number; changed: number; same: number };
  /** Passages that got their vector from the file; others get theirs in the background. */
  vectors: number;
  /** Marks of deletions in the file. */
  marks: number;
  /** What the file holds, most documents first. */
  by_source: Array<{ source: string; kind: string; documents: number; messages: number }>;
  /** The newest time of a document in the file, ISO 8601; null in an empty one. */
  newest: string | null;
  /** As they were given to the export; null where the file has none. Nobody checked them. */
  settings: Record<string, unknown> | null;
  /** What was wrong: the first hundred by themselves, and how many of each kind. Empty for a file as it was written. */
  damage: { first: FileDamage[]; counts: Partial<Record<FileDamageCode, number>> };
}

export interface ImportRequest {
  password?: string | null;
  /**
   * `merge`: newer wins for each message, nothing that is here is lost. `replace`: a new database is made of the file, and
   * this one set aside whole (see `setAside`).
   */
  mode: 'merge' | 'replace';
  /** Whether what was deleted here comes back; not unless told. */
  bring_back?: boolean;
}

/** A copy of the database inside of the extension, read back after it was written. */
export interface DatabaseCopy {
  name: string;
  /** ISO 8601 UTC. */
  at: string;
  bytes: number;
  documents: number;
}

/** What going back to a copy would do, in documents. */
export interface CopyDifference {
  /** In the copy and not here. */
  back: number;
  /** Here and not in the copy. */
  away: number;
  /** In both, and captured differently. */
  changed: number;
  same: number;
}

/** A database that was set aside. */
export interface AsideDatabase {
  at: string;
  reason: string;
  /** It was replaced by an import and can be taken back; others are broken. */
  whole: boolean;
}

/** A file that was picked or dropped, with its path in its folder where it was in one. */
export interface ImportFile {
  path: string;
  blob: Blob;
  modified?: string | null;
}

/** What one connector found in what was given, each conversation and document once; `fresh`, `changed`, `known` and `forgotten` add up to all of it. */
export interface ImportPart {
  /** `chatgpt`, `claude`, `pdf` …: see docs/import.md. */
  connector: string;
  files: number;
  /** What it is read as, one after another: a long thread may be several. */
  items: number;
  conversations: number;
  messages: number;
  /** Other than conversations. */
  documents: number;
  from: string | null;
  to: string | null;
  /** Not here yet. */
  fresh: number;
  /** Here, in an older state. */
  changed: number;
  /** Here already. */
  known: number;
  /** Deleted by the user before; left out unless `bring_back` says otherwise. */
  forgotten: number;
}

export interface ImportChoice {
  connectors: string[];
  bring_back: boolean;
}

/**
 * An import, from the look at it to its report. `needs_files`: the browser was restarted and the files were too large to
 * be kept; they have to be picked again.
 */
export interface ImportRun {
  id: string;
  /** The files' names. */
  name: string;
  state: 'looking' | 'looked' | 'running' | 'paused' | 'needs_files' | 'done' | 'cancelled';
  parts: ImportPart[];
  choice: ImportChoice | null;
  /** Documents taken so far, and all that were chosen. */
  done: number;
  total: number;
  /** Messages and sections. */
  added: number;
  updated: number;
  unchanged: number;
  /** Documents left out because they were deleted before or are too old to be kept. */
  passed_over: number;
  /** The first 200. */
  warnings: Array<{ code: string; message: string; file: string; where: string | null }>;
  warning_count: number;
  /** The code of what made it stop; it is paused then. */
  error: string | null;
}

/** Coarse news; a listener re-reads what it shows. */
export type EngineEvent =
  /** How far looking at a file or importing it has come, in bytes; told while it goes on. */
  | { type: 'import'; doing: 'looking' | 'importing'; done: number; total: number }
  /** How far compacting has come, in bytes; over when they are equal. */
  | { type: 'compact'; done: number; total: number }
  | { type: 'status'; status: EngineStatus }
  | { type: 'changed'; document_ids: string[] }
  | { type: 'forgotten'; receipt_id: string }
  | { type: 'import_run'; run: ImportRun }
  /** How far a model that is fetched has come; a few times a second while bytes come. */
  | { type: 'model'; model: OfferedModel };

/** Whether something has to be read again. */
export interface CapturedDocument {
  external_id: string;
  /** As the site said it when it was last read; null where it did not. */
  updated_at: string | null;
  complete: boolean;
  /** The user deleted it: captures of it are passed over. */
  forgotten: boolean;
}

export interface Engine {
  status(): Promise<EngineStatus>;
  stats(): Promise<EngineStats>;

  /** Calls `listener` at once with the status and on every change until the returned function is called. */
  subscribe(listener: (event: EngineEvent) => void): Promise<() => void>;

  /** Stores captures, once each: the same capture twice changes nothing. Search by words sees them on return. */
  ingest(captures: Capture[], signal?: AbortSignal): Promise<IngestReport>;

  /** Takes what waits in the outbox, in order, until it is empty. Resolves with how many entries were stored. */
  drainOutbox(signal?: AbortSignal): Promise<number>;

  recall(query: RecallQuery, signal?: AbortSignal): Promise<RecallResult>;

  /** Newest first. `before` is the `happened_at` of the last one seen. */
  timeline(
    options: { limit?: number; before?: string; filters?: RecallFilters },
    signal?: AbortSignal,
  ): Promise<DocumentSummary[]>;

  /** @throws `not_found` when there is no such document or it was forgotten. */
  read(documentId: string, signal?: AbortSignal): Promise<DocumentView>;

  /** The document captured from this source under this id, or null. `url` finds pages. */
  find(where: { source: string; external_id: string } | { url: string }): Promise<DocumentSummary | null>;

  /** What is held of these ids of one source; an id of which nothing is known is left out. */
  captured(where: { source: string; external_ids: string[] }): Promise<CapturedDocument[]>;

  /** Hides at once, purges every trace after the undo time. */
  forget(scope: ForgetScope): Promise<ForgetReceipt>;
  /** What `forget` would take. */
  countForget(scope: ForgetScope): Promise<ForgetCount>;
  /** @throws `not_found` when it was already purged. */
  undoForget(receiptId: string): Promise<void>;
  /** The undo time of these is over: they are purged behind other work. Unknown ids are ignored. */
  endUndo(receiptIds: string[]): Promise<void>;
  /** Purges now what was forgotten (all of it, or these receipts), without waiting for the undo time. */
  purgeForgotten(receiptIds?: string[]): Promise<number>;
  /** Whether the user deleted this document, so that it is passed over when it is captured. */
  wasForgotten(where: { source: string; external_id: string }): Promise<boolean>;
  /**
   * Keeps a note; with `documentId` it becomes the text of that note. Words find it at once. Resolves with the document's id.
   * @throws `bad_input` for a note without a word, `not_found` when there is no such note; `store_full`
   */
  keepNote(text: string, documentId?: string): Promise<string>;
  /** Allows a document that was deleted before to be captured again, and shows it again where that can be undone. */
  allowAgain(where: { source: string; external_id: string }): Promise<void>;

  /** How long each kind is kept. */
  retention(): Promise<Retention>;
  /**
   * Sets it. What is older is deleted at once and then once a day, without undo and without a mark: it is kept again when
   * it lives again. @throws `bad_input` when a number of days is none.
   */
  setRetention(retention: Retention): Promise<void>;
  /** What `setRetention` would delete at once. */
  countRetention(retention: Retention): Promise<ForgetCount>;
  /** Databases that were set aside and still hold what they held: broken ones, and those that were replaced. */
  setAside(): Promise<AsideDatabase[]>;
  /** Deletes every database that was set aside. */
  discardSetAside(): Promise<void>;
  /** Makes a whole one the database again and sets this one aside. @throws `not_found` */
  takeBack(at: string): Promise<void>;

  /** What takes how much. */
  space(): Promise<SpaceReport>;
  /**
   * Gives back what nothing uses. Searches wait while a table is written anew; captures wait in the outbox. A second call
   * joins the first. Stopped or killed, it leaves every table whole.
   */
  compact(signal?: AbortSignal): Promise<CompactReport>;

  /** Copies inside of the extension, newest first: of now, and of about an hour, a day and a week ago. */
  copies(): Promise<DatabaseCopy[]>;
  /** What going back to one would do; changes nothing. @throws `not_found`, `store_corrupt` */
  lookAtCopy(name: string, signal?: AbortSignal): Promise<CopyDifference>;
  /** Makes a new database of a copy and sets this one aside whole (see `setAside`). @throws as `lookAtCopy` */
  goBack(name: string): Promise<void>;

  /** Begins a file; it is made while it is read. It ends with the client that began it. */
  beginExport(request: ExportRequest, signal?: AbortSignal): Promise<ExportBegun>;
  /** The next piece; the next one is only made when it is asked for. @throws `not_found` when the export is over */
  readExport(id: string, signal?: AbortSignal): Promise<ExportPiece>;
  /** Stops it, or says that what was read is where it belongs; an unknown id is ignored. */
  endExport(id: string): Promise<void>;
  /** The user knows of what was cut off: the status says it no more. */
  putAwayCutOff(): Promise<void>;

  /**
   * Reads a file that `beginExport` wrote and says what importing it would do. Changes nothing.
   * @throws `password_needed`, `wrong_password`; `bad_input` when it is no such file or of a newer version
   */
  lookAtImport(file: Blob, options: { password?: string | null }, signal?: AbortSignal): Promise<ImportReport>;
  /**
   * Imports it. A `merge` that is stopped leaves whole documents, and the same file again completes it; a `replace` that is
   * stopped leaves everything as it was. Words are found at once. @throws as `lookAtImport`; `store_full`
   */
  importFile(file: Blob, request: ImportRequest, signal?: AbortSignal): Promise<ImportReport>;

  /**
   * Answers from what is kept: first tells the context, then the words as they come, then resolves with the answer, its
   * citations checked. An abort and a fault of the generator end it with the words so far, they do not reject.
   * @throws `bad_input` for an empty question; `not_found` when the chat or its message is not there.
   */
  ask(request: AskRequest, onEvent: (event: AskEvent) => void, signal?: AbortSignal): Promise<Answer>;
  /**
   * What `ask` would answer from, with the prompt word for word; nothing is generated and nothing leaves. A question that leans
   * on the chat is put in full by rule here, also where `ask` has a model do it.
   */
  askContext(request: AskRequest, signal?: AbortSignal): Promise<AskContext>;
  /** Chats with one's own memory, newest first. They are documents: `forget` deletes them, with undo. */
  chats(): Promise<ChatSummary[]>;
  /** The branch that is shown, or the newest one through `messageId`. @throws `not_found`. */
  chat(id: string, messageId?: string): Promise<ChatView>;
  renameChat(id: string, title: string): Promise<void>;
  /** A copy of the chat up to this message, as a chat of its own. Resolves with its id. */
  branchChat(id: string, messageId: string): Promise<string>;
  /** The branch that is shown, as Markdown with its sources. */
  exportChat(id: string): Promise<string>;

  /** Models' servers that the person added. */
  providers(): Promise<Provider[]>;
  /**
   * Adds a model's server; its key goes into the vault and is not told again. @throws `bad_input` for an address that
   * cannot be reached from here; `vault_locked`.
   */
  addProvider(provider: NewProvider): Promise<Provider>;
  /** Its key is deleted with it. */
  removeProvider(id: string): Promise<void>;
  /** What was allowed to it for a chat or for good ends: it is asked for again. @throws `not_found`. */
  withdrawConsent(id: string): Promise<void>;
  /** How the keys of providers are kept; the keys themselves are told to nobody but their provider. */
  vault(): Promise<VaultView>;
  /**
   * Opens the keys by this passphrase from now on; null: by a key of this browser's own.
   * @throws `wrong_password` when there is a passphrase and `current` is not it; `bad_input` when it is too short.
   */
  setVaultPassphrase(passphrase: string | null, current?: string): Promise<VaultView>;
  /** @throws `wrong_password`. */
  unlockVault(passphrase: string): Promise<VaultView>;
  /** Wipes what opens it from memory; without a passphrase there is nothing to wipe. */
  lockVault(): Promise<VaultView>;
  /** Deletes all keys and the passphrase; the providers stay, without keys. */
  emptyVault(): Promise<VaultView>;
  /** Asks the usual ports of this machine for servers with models; nothing leaves it. */
  findLocalServers(signal?: AbortSignal): Promise<FoundServer[]>;
  /** Every request that was made to a model's server, newest first; 100 unless told. */
  sent(limit?: number): Promise<SentEntry[]>;

  /**
   * Looks into files: what is in them by kind, how much of it is new. Stores nothing. Progress comes as events.
   * @throws `aborted`
   */
  lookInside(files: ImportFile[], signal?: AbortSignal): Promise<ImportRun>;
  /** Begins what was looked at. It goes on behind searches, and after a restart. @throws `not_found` */
  startImport(id: string, choice: ImportChoice): Promise<ImportRun>;
  pauseImport(id: string): Promise<void>;
  /** `files` where the run asks for them. */
  resumeImport(id: string, files?: ImportFile[]): Promise<void>;
  /** Ends it, or puts the report of an ended one away; what is in stays. */
  cancelImport(id: string): Promise<void>;
  /** Those that are under way, and those that ended since the engine started. */
  imports(): Promise<ImportRun[]>;

  /** Models in this browser; null where none can run. */
  localModels(): Promise<LocalModel[] | null>;
  /**
   * Copies a GGUF file into the browser; `onProgress` is told the bytes so far. The same file again gives the model that is
   * there. @throws `bad_input` for a file that is no GGUF; `store_full`; `aborted`.
   */
  addLocalModel(
    file: Blob,
    name: string,
    onProgress: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<LocalModel>;
  /** What this machine's GPU is, and the models there is a library for; null where none can run on it. */
  gpuModels(): Promise<{ gpu: GpuFacts; models: GpuModel[] } | null>;
  /**
   * Copies a folder of weights in MLC's format into the browser, each file held against the library that is to run it;
   * `onProgress` is told the bytes so far, and of all. The same folder again gives the model that is there.
   * @throws `bad_input` for what is not whole or fits no library; `store_full`; `aborted`.
   */
  addModelFolder(
    files: FolderFile[],
    onProgress: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<LocalModel>;
  removeLocalModel(id: string): Promise<void>;
  /** Has a model of the processor (a GGUF file) tried on the graphics card, or no more. @throws `model_missing` for any other. */
  tryOnGpu(id: string, on: boolean): Promise<void>;
  /** What can be handed on about a model on the graphics card. @throws `model_missing` for any other. */
  gpuReport(id: string): Promise<GpuReport>;
  /** The browser's own model; null where it has none, or one that is not said to stay on this machine. */
  builtInModel(): Promise<BuiltInModel | null>;
  /** Who answers unless told: `none`, which quotes, or the id of a model; one that is gone counts as `none`. */
  defaultGenerator(): Promise<string>;
  setDefaultGenerator(id: string): Promise<void>;

  /** Models that can be fetched and run here, and how far each is; none where nothing can be fetched. */
  models(purpose?: ModelPurpose): Promise<OfferedModel[]>;
  /**
   * Begins to fetch a model, or goes on: the person was told from where and how much. It goes on without the panel and
   * after a restart; one is fetched at a time. Resolves at once, progress comes as events. @throws `not_found`
   */
  fetchModel(id: string): Promise<OfferedModel>;
  /** What came is kept. @throws `not_found` */
  pauseModel(id: string): Promise<OfferedModel>;
  /** Ends it and deletes what came; also a model that is whole. @throws `not_found` */
  deleteModel(id: string): Promise<OfferedModel>;

  /** The embedders there are, and which one answers; null where none can be chosen. */
  embedders(): Promise<EmbedderView[] | null>;
  /**
   * Copies an embedder's folder into the browser, each file held against the sum of the published one; `onProgress` is told the
   * bytes so far, and of all. What is refused leaves nothing behind. @throws `store_full`; `aborted`.
   */
  addEmbedder(
    files: FolderFile[],
    onProgress: (done: number, all: number) => void,
    signal?: AbortSignal,
  ): Promise<EmbedderView | EmbedderRefusal>;
  /** @throws `bad_input` for one that is in use */
  removeEmbedder(id: string): Promise<void>;
  /**
   * It is to answer. Passages get its vectors behind everything else, after a restart too, and those of the one before answer until none
   * is missing (`EngineStatus.reembedding`); then those go. The one that answers already: no other is to.
   * @throws `not_found` when its files are not here
   */
  chooseEmbedder(id: string): Promise<void>;

  /** Resolves when no job is due, e.g. all chunks have vectors. For scripts, tests and `onSuspend`. */
  idle(signal?: AbortSignal): Promise<void>;

  /** Checkpoints and closes. Every later call rejects with `engine_restarting`. */
  close(): Promise<void>;
}

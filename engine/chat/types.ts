/** Asking, as plain data: what the panel sends, sees while an answer is made, and keeps. */
import type { DocumentKind, Reason, RecallFilters } from '../api';
import type { Role } from '../capture/types';
import type { SerialisedError } from '../errors';
import type { Replaced } from '../privacy';

/** One turn of a chat that is not stored. */
export interface ChatTurn {
  role: 'user' | 'assistant';
  markdown: string;
}

export interface AskRequest {
  question: string;
  /** The chat that it goes on with; a new one is begun when null or left out. */
  chat_id?: string | null;
  /**
   * The message of the chat that it follows: what was asked after it becomes another branch. The last unless told; null
   * asks in place of the first.
   */
  after_id?: string | null;
  /** Nothing of it is written; `history` then says what was asked before. */
  temporary?: boolean;
  history?: ChatTurn[];
  /** `none`, which quotes, unless told; else the id of a {@link Provider}, a {@link LocalModel} or a {@link BuiltInModel}. */
  generator?: string;
  /** That the question and its passages may go to a provider elsewhere; without it none is asked. */
  consent?: Consent;
  /** What of it may go to a provider elsewhere; what the provider was allowed last unless told. */
  sends?: Sends;
  filters?: RecallFilters;
  /** Passages that are in the context whatever the search says, and those that are not. */
  pinned?: string[];
  dropped?: string[];
  /** Tokens that the passages may take together. */
  budget?: number;
}

/** Which passage it is, and who said it where and when. */
export interface PassageFacts {
  chunk_id: string;
  document_id: string;
  message_id: string | null;
  message_external_id: string | null;
  kind: DocumentKind;
  source: string;
  title: string | null;
  url: string | null;
  original_url: string | null;
  role: Role | null;
  /** The person's name, "You", the assistant's name, or a page's author; null where nobody is known. */
  speaker: string | null;
  said_at: string;
}

/** A passage as the generator is given it. */
export interface ContextPassage extends PassageFacts {
  /** Its number in the answer's [n], from 1; 0 when it was left out. */
  n: number;
  text: string;
  /** An estimate, its heading included. */
  tokens: number;
  /** How well it fits beside the best, 1; 0 for what the search did not find. */
  fit: number;
  /** Why it is here; empty for a neighbour and for what was pinned. */
  why: Reason[];
  pinned: boolean;
  /** The better chunk that it comes before or after in its conversation; without `why`, that is why it is here. */
  beside: { chunk_id: string; before: boolean } | null;
}

export interface PromptMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** What an answer is made of. */
export interface AskContext {
  /**
   * What was searched for: the question, or what was made of it with the chat: by a rule, or by a model on this machine that
   * is to answer it.
   */
  searched: string;
  rewritten: boolean;
  filters: RecallFilters;
  passages: ContextPassage[];
  /** Found and not given to the generator: dropped by the person, or beyond the budget. */
  left_out: ContextPassage[];
  /** Whether the passages hold an answer, as far as that can be told without a model. */
  evidence: Evidence;
  /** Tokens of the whole prompt, an estimate. */
  tokens: number;
  /** Word for word what a model is given. `none` reads the passages themselves. */
  prompt: PromptMessage[];
  /** Who would be asked elsewhere, and what of all this would go there; null when everything stays on this machine. */
  leaves_to: { name: string; host: string; sends: Sends } | null;
  /** What stands in `prompt` in the place of what is personal, in its order. */
  replaced: Replaced[];
}

/**
 * - `found`;
 * - `nothing`: no passage at all;
 * - `other_person`: what fits is said of somebody else than the person asked about;
 * - `weak`: what the question is about is not in what was found.
 */
export type Evidence = 'found' | 'nothing' | 'other_person' | 'weak';

export type SentenceState = 'supported' | 'unsupported' | 'uncited';

/** A sentence of an answer, as [start, end) of its Markdown in UTF-16 units. */
export interface AnswerSentence {
  start: number;
  end: number;
  /**
   * `supported`: what it cites says so. `unsupported`: it cited something that does not; those numbers are in `removed`.
   * `uncited`: it stands on nothing that is kept.
   */
  state: SentenceState;
  citations: number[];
  removed: number[];
}

/** A passage that the answer points at. */
export interface Citation extends PassageFacts {
  n: number;
  /** The passage; null when it is not kept any more. */
  text: string | null;
  /** The sentence of `text` that it is cited for, [start, end) in UTF-16 units. */
  span: [number, number];
}

export interface Answer {
  /** As it is shown: citations that do not hold are taken out. */
  markdown: string;
  sentences: AnswerSentence[];
  /** By their numbers, ascending; only those that stand in `markdown`. */
  citations: Citation[];
  /** Nothing that is kept answers it; `markdown` is then empty, and the context's first passages are the nearest. */
  abstained: boolean;
  generator: string;
  /** `stopped` by the person; `failed` with the words that came before it. */
  ended: 'done' | 'stopped' | 'failed';
  failure: SerialisedError | null;
  /** Milliseconds from the question to the context, to the first words, to the end. */
  timing: { context_ms: number; first_ms: number | null; total_ms: number };
  /** Where it is kept; null for a temporary chat. */
  chat_id: string | null;
  message_id: string | null;
}

export type AskEvent =
  | { type: 'context'; context: AskContext }
  /** More words, as they come; citations in them are not checked yet. */
  | { type: 'text'; text: string };

export interface ChatSummary {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  /** Questions on the branch that is shown. */
  questions: number;
}

export interface ChatMessage {
  id: string;
  parent_id: string | null;
  role: 'user' | 'assistant';
  markdown: string;
  created_at: string;
  /** Of an answer. */
  answer: Omit<Answer, 'timing' | 'chat_id' | 'message_id' | 'markdown'> | null;
  /** Other messages that follow the same one: what was asked or answered in its place. Itself is among them. */
  siblings: string[];
}

/** A chat as it is shown: the messages of one branch. */
export interface ChatView extends ChatSummary {
  messages: ChatMessage[];
}

/** A model's server that the person added. Its key is in the vault and is never told. */
export interface Provider {
  id: string;
  kind: 'openai' | 'anthropic';
  name: string;
  /** Up to and with `/v1`. */
  base_url: string;
  model: string;
  /** Tokens that a prompt and its answer may have together. */
  context_tokens: number;
  /** On this machine: nothing leaves it. */
  local: boolean;
  has_key: boolean;
  /** Whether the person allowed it for good; otherwise each answer or each chat is asked for. */
  always: boolean;
  /** What it was allowed to be sent last. Only that is allowed for good. */
  sends: Sends;
}

/** A model's server to add; its key goes into the vault. */
export interface NewProvider {
  kind: 'openai' | 'anthropic';
  name: string;
  base_url: string;
  model: string;
  key?: string;
  context_tokens?: number;
}

/**
 * - `question`: the question and nothing of what is kept;
 * - `replaced`: the question and its passages with placeholders for names, addresses and the like;
 * - `passages`: the question and its passages as they are.
 */
export type Sends = 'question' | 'replaced' | 'passages';

export type { Replaced } from '../privacy';

/** For how long the person allows that a question and its passages go to a provider. */
export type Consent = 'once' | 'chat' | 'always';

/** A model that runs in this browser. */
export interface LocalModel {
  /** What {@link AskRequest.generator} takes. */
  id: string;
  name: string;
  bytes: number;
  sha256: string;
  /** Of a model whose sum is known; null otherwise. */
  licence: string | null;
  /** Whether its bytes are those of a model that this version was tried with. */
  known: boolean;
  added_at: string;
  runs_on: 'processor' | 'gpu';
  /** That the person has a model of the processor tried on the graphics card; not yet seen on a real one. */
  tries_gpu?: true;
  /** What it was fetched as; missing for one that the person brought. */
  entry?: string;
}

/**
 * The browser's own model: it is there, the browser could download it, or is doing so. Only the panel can have it downloaded,
 * within a click.
 */
export interface BuiltInModel {
  /** What {@link AskRequest.generator} takes. */
  id: string;
  state: 'available' | 'downloadable' | 'downloading';
}

/** A file of a folder, by its path in it. */
export interface FolderFile {
  path: string;
  file: Blob;
}

/**
 * What this machine's GPU is for models: there is `none`; it is `too_small`, with what it falls short of; a driver reckons
 * in `software`, right and too slow; or it `fits`.
 */
export interface GpuFacts {
  state: 'none' | 'too_small' | 'software' | 'fits';
  name: string;
  short_of: string[];
}

/** What can be handed on about a model on the GPU: numbers, names and codes, nothing of what was asked or answered. */
export interface GpuReport {
  commonplace_model_report: 1;
  /** What runs it: a library of the package, or llama.cpp, which has no sum of its own here. */
  library: { id: string; sha256: string | null };
  weights: { sha256: string; known: boolean };
  gpu: GpuFacts;
  limits: Record<string, number>;
  /** Since the engine started. */
  happened: {
    answers: number;
    stopped: number;
    last: { first_ms: number | null; all_ms: number; pieces: number } | null;
    failures: Array<{ code: string; message: string }>;
  };
}

/** A model that the package has a library for; its weights are the person's to bring. */
export interface GpuModel {
  id: string;
  name: string;
  /** Of its weights, and of the GPU's memory that it takes with them: the compiler's estimate. */
  bytes: number;
  memory_bytes: number;
  licence: string;
  /** Where its weights are published; null where they are not. */
  published: string | null;
}

/** Where the keys of providers are. */
export interface VaultView {
  /** `empty` holds none; `locked` waits for its passphrase. */
  state: 'empty' | 'open' | 'locked';
  /** Whether it is opened by a passphrase; otherwise by a key of this browser's own. */
  passphrase: boolean;
  /** Without use it locks itself after this long. */
  idle_minutes: number;
}

/** A model's server found on this machine. */
export interface FoundServer {
  name: string;
  base_url: string;
  models: string[];
}

/** One request that was made, to whichever server. */
export interface SentEntry {
  /** ISO 8601 UTC. */
  at: string;
  provider: string;
  host: string;
  local: boolean;
  /** Of the request's body. */
  bytes: number;
  /** Ids of the passages in it. */
  passages: string[];
  /** Bytes of a model that were asked for; missing where something was sent. `provider` is then the model's name. */
  fetches?: number;
}

/** Every runtime message, typed once: what is asked, what comes back. Content scripts, pages → background. */
import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import type { PageDiagnostics } from '../../engine/api';
import type { KeepLevel } from '../../engine/capture/pages';
import type { Capture, Site } from '../../engine/capture/types';
import { EngineError, type SerialisedError } from '../../engine/errors';
import type { BackupOutcome } from './backup-run';
import type { HistoryMessages } from './history-messages';

/** Why a page is not captured now. */
export type NotNow = 'paused' | 'excluded' | 'private' | 'forgotten' | 'temporary' | 'not_permitted';

/** What a content script sees of its page; structure only, no content. */
export interface PageReport {
  site: Site;
  url: string;
  /** Null before the site has given the chat an id. */
  conversation_id: string | null;
  /** Turns read so far by whatever strategy. */
  turns: number;
  complete: boolean;
  temporary: boolean;
  /** Set when a supported page yields nothing or something unreadable: what was looked for, in words for a log. */
  broken: string | null;
  /** How well it is read, by counts; `last_success` is filled in by the background. */
  health?: PageDiagnostics;
}

/** A page that was really read. Addresses are as the page has them; what may be written down is decided by the background. */
export interface PageRead {
  url: string;
  /** What the page says its address is, where that can be true. */
  canonical: string;
  title: string;
  /** Attentive seconds. */
  seconds: number;
  /** The tab shows a PDF. */
  pdf: boolean;
}

export interface Messages extends HistoryMessages {
  /** May this tab's page be read at this moment? Asked before anything is read. */
  mayCapture: {
    input: { url: string };
    /** `temporary`: the user asked to keep the temporary chat that stands here; without it such a chat is not read. */
    output: { allowed: true; temporary?: true } | { allowed: false; reason: NotNow };
  };
  /** Resolves with the outbox's number once the capture is on disk. */
  capture: { input: Capture; output: { seq: number } | { refused: NotNow } };
  reportPage: { input: PageReport; output: null };
  /** From the panel: keeps the page of this tab. */
  rememberTab: { input: { tabId: number; note: string | null }; output: null };
  /** From the toast. */
  undoRemember: { input: { source: string; id: string }; output: null };
  /** From the panel, when the database could not be opened and the user wants to try again. */
  restartEngine: { input: null; output: null };
  addNote: { input: { capture: Capture }; output: null };
  /** From the panel: makes a backup as the plan says; resolves when it has begun. */
  backUpNow: { input: null; output: null };
  /** From where backups are made: puts what an address holds into the downloads, and resolves when it is there. */
  backupDownload: { input: { url: string; name: string; bytes: number }; output: null };
  backupEnded: { input: { outcome: BackupOutcome }; output: null };
  /** From an ordinary page: how much of it may be kept if it is read; `off` when nothing of its site is. */
  mayKeepPage: { input: { url: string }; output: { level: KeepLevel | null; off: boolean } };
  /** Resolves once it is on disk, or was refused. */
  pageRead: { input: PageRead; output: { kept: boolean } };
  /** A sign-in, an editor, a page of few words. */
  pageUnsuitable: { input: { url: string }; output: null };
}

export type MessageName = keyof Messages;
type Envelope = { target: 'commonplace:background'; name: MessageName; input: unknown };
type Answer = { ok: true; output: unknown } | { ok: false; error: SerialisedError };

export type Handlers = {
  [Name in MessageName]: (
    input: Messages[Name]['input'],
    sender: Browser.runtime.MessageSender,
  ) => Promise<Messages[Name]['output']>;
};

/** Rejects with the background's EngineError, or with the browser's own error when nobody listens. */
export async function ask<Name extends MessageName>(
  name: Name,
  input: Messages[Name]['input'],
): Promise<Messages[Name]['output']> {
  const envelope: Envelope = { target: 'commonplace:background', name, input };
  const answer = await browser.runtime.sendMessage<Envelope, Answer | undefined>(envelope);
  if (!answer) throw new EngineError('engine_restarting', `The background did not answer ${name}.`);
  if (!answer.ok) throw EngineError.revive(answer.error);
  return answer.output as Messages[Name]['output'];
}

export function isMessage(value: unknown): value is Envelope {
  return typeof value === 'object' && value !== null && (value as Envelope).target === 'commonplace:background';
}

/** Answers {@link ask}. Messages that are not ours are left to others. */
export function handleMessages(handlers: Handlers): void {
  browser.runtime.onMessage.addListener((message: unknown, sender, respond) => {
    if (!isMessage(message)) return false;
    const handle = handlers[message.name] as (input: unknown, from: typeof sender) => Promise<unknown>;
    handle(message.input, sender).then(
      (output) => {
        respond({ ok: true, output } satisfies Answer);
      },
      (error: unknown) => {
        respond({ ok: false, error: EngineError.from(error).serialise() } satisfies Answer);
      },
    );
    return true; // the answer comes later
  });
}

/** To the script that waits in an ordinary page: what was decided may no longer hold. */
export const PAGES_CHANGED = 'commonplace:pages-changed';

/** To a content script: forget what you have seen and read the page anew. */
export const READ_AGAIN = 'commonplace:read-again';

/**
 * What reading a site takes. A site's class holds only what is particular to that site; everything that is the same
 * for all of them (captured_at, health, the promise that a page is never changed) is here.
 *
 * Pure: a DOM or JSON goes in, plain data comes out. Nothing here asks the network, a clock it was not given, or the
 * page's own scripts.
 */
import { stableHash } from '../hash';
import type { CapturedConversation, ReadResult, ReadWarning, Site } from '../types';
import { type Holding, SingleBodyHolding } from './_holding';
import type { AskSite, HistoryPage, SiteHistory } from './_history';
import type { ObservedRequest, SiteWire } from './_stream';

/** What an address of the site shows. */
export interface PageAddress {
  site: Site;
  /** The site's id of the conversation the page shows, null where the address names none (a new or temporary chat). */
  conversationId: string | null;
  /** The user asked the site not to keep this chat. Never captured. */
  temporary: boolean;
  /** A public copy of a conversation; `conversationId` is then the id of the copy. */
  share: boolean;
  /** False on pages of the site that show no conversation (settings, library, search). */
  supported: boolean;
}

/** What the reader is told about what it reads. */
export interface ReadContext {
  /** The address the body or page came from. */
  url?: string | null;
  /** ISO 8601 UTC; the clock where it is not given. */
  capturedAt?: string;
  /**
   * True where nothing is being written any more (an export, a shared copy), so that an answer without a proper end
   * was stopped rather than is still to come.
   */
  settled?: boolean;
  /**
   * True where a person gave a saved page to be read: an address may then be taken from the page itself, and a page
   * without marked turns is read as one answer rather than as nothing.
   */
  saved?: boolean;
  /**
   * True where the user asked that the temporary chat which the page shows be kept: it goes by `conversationId` (what
   * its stream called it) or by an id that is made from its first turn, and is marked as temporary.
   */
  temporary?: boolean;
  conversationId?: string | null;
}

/** What a page held, so that a caller can tell "nothing here" from "we no longer understand this page". */
export interface PageHealth {
  /** Turn elements and virtualised places for turns that the page has. */
  turnsSeen: number;
  /** Those from which a message was read. */
  turnsRead: number;
  /** Places whose content is not mounted now (a virtualised list). */
  turnsUnmounted: number;
  /** True while the site writes an answer. */
  streaming: boolean;
  /**
   * - `ok`: every mounted turn was read;
   * - `partial`: some were not;
   * - `empty`: the page shows no conversation and none is expected (a new chat);
   * - `drift`: the address names a conversation and nothing could be read: the site has changed, or is still loading.
   */
  state: 'ok' | 'partial' | 'empty' | 'drift';
}

export interface DomReadResult extends ReadResult {
  health: PageHealth;
}

/** One turn as a site's class found it in the page. */
export interface DomTurn {
  /**
   * The site's message id, or null where the page does not say; the base makes a stable one then, by
   * `metadata.position` (the turn's place in the whole conversation, from 1) or else its place in the page.
   */
  id: string | null;
  /** Other ids shown in the same turn. */
  mergedIds: string[];
  /** False where turns between the one before and this one are missing. */
  follows: boolean;
  role: 'user' | 'assistant';
  author: string | null;
  model: string | null;
  createdAt: string | null;
  markdown: string;
  attachments: CapturedConversation['messages'][number]['attachments'];
  metadata: Record<string, unknown>;
}

/** What a site's class finds in a page. */
export interface DomFindings {
  title: string | null;
  turns: DomTurn[];
  turnsSeen: number;
  turnsUnmounted: number;
  /** True only when the page proves that no turn is missing. */
  whole: boolean;
  streaming: boolean;
  warnings: ReadWarning[];
  metadata: Record<string, unknown>;
  /** Where the page itself says which conversation it shows, for a saved page without an address. */
  address: string | null;
}

/** A document or an element of it. The reader promises to change nothing in it. */
export type PageRoot = Document | Element;

export abstract class Adapter {
  abstract readonly site: Site;

  /**
   * Words that stand in the site's pages, bodies and exports and hardly in another's: they tell whose a file is when
   * several sites could read it.
   */
  abstract readonly signs: RegExp;

  /** The address as a page of this site, or null when it is another site's. */
  abstract classifyPage(url: string): PageAddress | null;

  /** The request as one worth looking at, or null. `method` is as fetch gives it. */
  classifyRequest(url: string, method: string): ObservedRequest | null {
    return this.wire.classifyRequest(url, method);
  }

  /** What runs in the page's own world; a module of its own, so that the page gets no more than that. */
  abstract readonly wire: SiteWire;

  /**
   * A response as the value that {@link readJson} takes.
   * @throws SyntaxError where it is not the site's JSON (an error page, an answer cut short).
   */
  parseBody(text: string): unknown {
    return JSON.parse(text);
  }

  /** Puts together what several bodies say of one conversation. Override where the site answers in pages. */
  hold(conversationId: string): Holding {
    return new SingleBodyHolding(this, conversationId);
  }

  /** Reads the site in the user's own session; see {@link SiteHistory}. Asks nothing before it is used. */
  abstract openHistory(page: HistoryPage, ask: AskSite): SiteHistory;

  /** The conversations in a body of the site, an envelope around one, or an export. Never throws. */
  abstract readJson(body: unknown, context?: ReadContext): ReadResult;

  /** Conversations that the page carries as data (a share page's payload). Empty where there are none. */
  abstract readEmbedded(html: string, context?: ReadContext): ReadResult;

  /** What is particular to the site's pages: where the turns are and how one is read. Must not change the page. */
  protected abstract findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings;

  /** The address of a conversation, for a person to open. */
  abstract conversationUrl(id: string, share: boolean): string;

  /**
   * Reads a live or saved page. Never throws for what the page holds, never changes it.
   * Yields at most one conversation; none when no turn could be read.
   */
  readDom(root: PageRoot, url: string, context: ReadContext = {}): DomReadResult {
    const found = this.findInDom(root, url, context);
    let address = this.classifyPage(url);
    if (context.saved === true && (address === null || address.conversationId === null) && found.address !== null) {
      address = this.classifyPage(found.address);
    }
    const expected = address !== null && address.conversationId !== null;
    const health: PageHealth = {
      turnsSeen: found.turnsSeen,
      turnsRead: found.turns.length,
      turnsUnmounted: found.turnsUnmounted,
      streaming: found.streaming,
      state:
        found.turns.length > 0
          ? found.warnings.some((warning) => warning.code === 'unread_turn')
            ? 'partial'
            : 'ok'
          : expected || found.turnsSeen > 0
            ? 'drift'
            : 'empty',
    };
    if (found.turns.length === 0) return { conversations: [], warnings: found.warnings, health };

    const temporary = address?.temporary === true || context.temporary === true;
    const unnamed = context.conversationId ?? madeUpId(found.turns[0]?.markdown ?? '');
    const id = address?.conversationId ?? (context.temporary === true ? unnamed : null);
    const warnings = [...found.warnings];
    if (id === null && context.saved !== true) {
      // A live page gives a new chat its address a moment later; until then nothing says what this is.
      warnings.push({ code: 'no_conversation_id', message: 'The address names no conversation yet.', where: url });
      return { conversations: [], warnings, health };
    }
    if (id === null) {
      warnings.push({
        code: 'no_conversation_id',
        message: 'The address names no conversation; the id is made from the first turn.',
        where: url,
      });
    }
    const last = found.turns.length - 1;
    const messages = found.turns.map((turn, index) => {
      const position = turn.metadata['position'];
      return { ...turn, id: turn.id ?? `dom-${typeof position === 'number' ? position - 1 : index}` };
    });
    const headFinished = !found.streaming && messages[last]?.role === 'assistant';
    const coverage = found.whole ? 'all' : 'some';
    return {
      conversations: [
        {
          kind: 'conversation',
          site: this.site,
          id: id ?? madeUpId(messages[0]?.markdown ?? ''),
          url: id === null ? url || null : this.conversationUrl(id, address?.share ?? false),
          title: found.title,
          created_at: null,
          updated_at: null,
          captured_at: context.capturedAt ?? new Date().toISOString(),
          strategy: 'dom',
          coverage,
          complete: coverage === 'all' && headFinished,
          messages: messages.map((turn, position) => ({
            id: turn.id,
            parent_id: turn.follows ? (messages[position - 1]?.id ?? null) : null,
            role: turn.role,
            author: turn.author,
            model: turn.model,
            created_at: turn.createdAt,
            markdown: turn.markdown,
            finished: !(found.streaming && position === last && turn.role === 'assistant'),
            on_active_branch: true,
            attachments: turn.attachments,
            metadata: { ...(turn.mergedIds.length > 0 ? { merged_ids: turn.mergedIds } : {}), ...turn.metadata },
          })),
          metadata: { ...found.metadata, ...(temporary ? { temporary: true } : {}) },
        },
      ],
      warnings,
      health,
    };
  }
}

/**
 * False for a saved page that says it is another's, or of a part of the site without conversations: with no turn marked in
 * it, what it holds is no answer.
 */
export function mayBePiece(document: Document, url: string, classify: (url: string) => PageAddress | null): boolean {
  if (url !== '') return (classify(url)?.conversationId ?? null) !== null;
  const said = [
    document.querySelector('link[rel="canonical"]')?.getAttribute('href'),
    document.querySelector('meta[property="og:url"]')?.getAttribute('content'),
  ];
  return said.every((each) => !/^https?:/.test(each ?? '') || classify(each ?? '') !== null);
}

/** The id of a conversation that has none: the same whenever it begins with the same words. */
export function madeUpId(firstMessage: string): string {
  return `unidentified-${stableHash(firstMessage)}`;
}

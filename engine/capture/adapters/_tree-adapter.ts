/**
 * For a site of the usual make: one body of JSON holds a conversation with every branch, messages are lists of typed
 * parts, the page draws a row for each turn, and the past is a list in parts. A site's class says only where things are.
 */
import { EngineError } from '../../errors';
import { asArray, asId, asObject, asText, asTime, type JsonObject } from '../json';
import { dollarMath } from '../markdown';
import type { Attachment, CapturedMessage, ReadResult, ReadWarning } from '../types';
import { Adapter, type DomFindings, type PageAddress, type PageRoot, type ReadContext } from './_adapter';
import { eachRecord } from './_envelope';
import { askJson, type AskSite, type HistoryPage, type ListedConversation, type SiteHistory } from './_history';
import { type Part, readParts } from './_parts';
import { readRows, type ShownTurn } from './_rows';
import { treeConversation } from './_tree';

/** What the site says of a conversation, listed or whole; fields are the site's own and may be of any type. */
export interface FoundSummary {
  id: unknown;
  title: unknown;
  createdAt: unknown;
  updatedAt: unknown;
  /** The message the site shows last, where the body says it. */
  head: unknown;
  starred: boolean;
}

/** A conversation as the site's class found it in a body. */
export interface FoundConversation extends FoundSummary {
  /** A public copy: `id` may be missing, the address names it. */
  shared: boolean;
  /** True where the body holds only a part of the conversation that nothing can be concluded from. */
  partial: boolean;
  messages: FoundMessage[];
}

export interface FoundMessage {
  id: unknown;
  parent: unknown;
  role: 'user' | 'assistant';
  model: unknown;
  createdAt: unknown;
  /** The site says that it is still being written. */
  unfinished: boolean;
  /** Typed parts; see {@link readParts}. */
  parts: unknown;
  attachments: Attachment[];
}

/** A part of the list of past conversations. */
export interface FoundList {
  conversations: FoundSummary[];
  next: string | null;
}

export abstract class TreeAdapter extends Adapter {
  protected abstract readonly origin: string;
  /** Where conversations and public copies are, before their ids; and the pages where a chat begins. */
  protected abstract readonly paths: { chat: string; share: string; start: RegExp };
  /** Stands in every body that holds a conversation. */
  protected abstract readonly key: string;
  /** How each type of part is read. */
  protected abstract readonly kinds: Record<string, (part: JsonObject) => Part>;
  /** Marks in an answer that stand for a source; global, its number as the first group. */
  protected abstract readonly mark: RegExp;
  /** Selectors of the page's rows, the best first: the first that finds one is taken. */
  protected abstract readonly rows: string[];
  /** Part of the page's title that is not the conversation's. */
  protected abstract readonly titleNoise: RegExp;

  /** The conversation that this object of a body is, or null; objects inside of one are not asked about. */
  protected abstract find(record: JsonObject): FoundConversation | null;
  /** A row as a turn, null where it is none. Must not change the page. */
  protected abstract readRow(row: Element): ShownTurn | null;
  /** What each read needs in its headers. @throws `not_signed_in` */
  protected abstract headers(page: HistoryPage): Record<string, string>;
  /** What the site wraps its answers in, taken off. @throws `not_signed_in` and others where it says so in the body. */
  protected abstract unwrap(answer: JsonObject): JsonObject;
  /** Where a conversation (by its id, encoded) and a part of the list (`cursor` as {@link readList} gave it) are read. */
  protected abstract readonly reads: { detail(id: string): string; list(cursor: string | null): string };
  /** The site's list is newest first, starred conversations before the others. */
  protected abstract readList(body: JsonObject, cursor: string | null): FoundList;

  classifyPage(url: string): PageAddress | null {
    const address = URL.canParse(url) ? new URL(url) : null;
    if (address?.origin !== this.origin) return null;
    const after = (path: string): string | undefined =>
      address.pathname.startsWith(path) ? /^([\w-]+)\/?$/.exec(address.pathname.slice(path.length))?.[1] : undefined;
    const chat = after(this.paths.chat);
    const share = after(this.paths.share);
    return {
      site: this.site,
      conversationId: chat ?? share ?? null,
      temporary: false,
      share: share !== undefined,
      supported: (chat ?? share) !== undefined || this.paths.start.test(address.pathname),
    };
  }

  conversationUrl(id: string, share: boolean): string {
    return this.origin + (share ? this.paths.share : this.paths.chat) + encodeURIComponent(id);
  }

  readJson(body: unknown, context: ReadContext = {}): ReadResult {
    const result: ReadResult = { conversations: [], warnings: [] };
    eachRecord(body, context.url ?? null, `"${this.key}"`, (record, url) => {
      const found = this.find(record);
      if (found === null) return false;
      const id = asId(found.id) ?? this.classifyPage(url ?? '')?.conversationId ?? null;
      if (found.partial) {
        result.warnings.push({ code: 'partial_body', message: 'The body holds only a part that was new.', where: id });
        return true;
      }
      const settled = found.shared || context.settled === true;
      const conversation = treeConversation(
        {
          site: this.site,
          id,
          url: id === null ? url : this.conversationUrl(id, found.shared),
          title: asText(found.title),
          created_at: asTime(found.createdAt),
          updated_at: asTime(found.updatedAt),
          strategy: found.shared ? 'share' : 'json-tree',
          messages: found.messages.map((each, index) => this.message(each, index, settled, result.warnings)),
          head: asId(found.head),
          metadata: found.starred ? { starred: true } : {},
        },
        context,
      );
      if (conversation.messages.length === 0)
        result.warnings.push({ code: 'empty_conversation', message: 'Nothing was said in it.', where: id });
      result.conversations.push(conversation);
      return true;
    });
    return result;
  }

  private message(found: FoundMessage, index: number, settled: boolean, warnings: ReadWarning[]): CapturedMessage {
    const id = asId(found.id) ?? `message-${index}`;
    const user = found.role === 'user';
    const { markdown, attachments, metadata } = readParts(
      found.parts,
      { kinds: this.kinds, mark: this.mark, where: id },
      warnings,
    );
    return {
      id,
      parent_id: asId(found.parent),
      role: found.role,
      author: null,
      model: user ? null : asText(found.model),
      created_at: asTime(found.createdAt),
      markdown: user ? markdown : dollarMath(markdown),
      finished: user || settled || !found.unfinished,
      on_active_branch: false,
      attachments: [...found.attachments, ...attachments],
      metadata,
    };
  }

  /** Nothing: override where the site's pages carry data. */
  readEmbedded(_html: string, _context?: ReadContext): ReadResult {
    return { conversations: [], warnings: [] };
  }

  protected findInDom(root: PageRoot): DomFindings {
    const lists = this.rows.map((selector) => [...root.querySelectorAll(selector)]);
    const title = root.querySelector('title')?.textContent ?? '';
    return {
      ...readRows(lists.find((rows) => rows.length > 0) ?? [], (row) => this.readRow(row)),
      title: asText(title.replace(this.titleNoise, '')),
    };
  }

  openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
    const get = async (path: string): Promise<JsonObject> =>
      this.unwrap(await askJson(ask, this.origin + path, this.headers(page)));
    return {
      list: async (cursor) => {
        const { conversations, next } = this.readList(await get(this.reads.list(cursor)), cursor);
        // Below the last starred one nothing is newer than what stands above it.
        const ordered = conversations.at(-1)?.starred === false;
        return { conversations: conversations.flatMap(listed), next, ...(ordered && { next_list: null }) };
      },
      read: async (id) => {
        const { conversations, warnings } = this.readJson(await get(this.reads.detail(encodeURIComponent(id))));
        const found = conversations.find((each) => each.id === id);
        if (found !== undefined) return found;
        throw new EngineError(
          'bad_input',
          `The answer of ${this.origin} for the conversation ${id} cannot be read. ${warnings[0]?.message ?? ''}`.trim(),
        );
      },
    };
  }
}

function listed({ id, title, updatedAt, starred }: FoundSummary): ListedConversation[] {
  const known = asId(id);
  if (known === null) return [];
  return [{ id: known, title: asText(title), updated_at: asTime(updatedAt), archived: false, starred, project: null }];
}

/** Files as sites list them, `{id | file_id, file_name | name}`. */
export function namedFiles(given: unknown): Attachment[] {
  return asArray(given).map((each) => {
    const file = asObject(each);
    return {
      kind: 'file',
      name: asText(file['file_name']) ?? asText(file['name']) ?? 'file',
      reference: asId(file['id']) ?? asId(file['file_id']),
    };
  });
}

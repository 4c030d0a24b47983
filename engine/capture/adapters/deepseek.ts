import { EngineError } from '../../errors';
import { asArray, asId, asObject, asText, isObject, type JsonObject, tryParse } from '../json';
import { preformattedText } from '../markdown';
import type { HistoryPage } from './_history';
import type { Part } from './_parts';
import { answerMarkdown, type ShownTurn } from './_rows';
import { type FoundConversation, type FoundList, namedFiles, TreeAdapter } from './_tree-adapter';
import { deepseekWire } from './deepseek-wire';

const CODE = { block: '.md-code-block', banner: '.md-code-block-banner-wrap', language: '.md-code-block-infostring' };
const [ROWS, CITE] = ['.ds-virtual-list-visible-items >', '.ds-markdown-cite'];
const words = ({ content }: JsonObject): Part => ({ text: content });
const results = (part: JsonObject): Part => ({ sources: part['results'] });

/** chat.deepseek.com. What is known of the site, and from where, is in docs/platforms.md. */
export class DeepSeekAdapter extends TreeAdapter {
  readonly site = 'deepseek' as const;
  readonly wire = deepseekWire;
  readonly signs = /deepseek|ds-markdown|"(?:chat_session|inserted_at|fragments|thinking_enabled)"/gi;
  protected readonly origin = 'https://chat.deepseek.com';
  protected readonly paths = { chat: '/a/chat/s/', share: '/share/', start: /^\/(?:a\/chat\/?)?$/ };
  protected readonly reads = {
    detail: (id: string) => `/api/v0/chat/history_messages?chat_session_id=${id}`,
    list: (cursor: string | null) => `/api/v0/chat_session/fetch_page?count=50${cursor ?? ''}`,
  };
  protected readonly key = 'inserted_at';
  protected readonly mark = /\[citation:(\d+)\]/g;
  protected readonly rows = [`${ROWS} :has(.ds-message)`, `${ROWS} *`, '.ds-message'];
  protected readonly titleNoise = /^DeepSeek - Into the Unknown$|(?: - )?DeepSeek$/;
  protected readonly kinds = {
    REQUEST: words,
    RESPONSE: words,
    THINK: ({ content }: JsonObject): Part => ({ thinking: content }),
    SEARCH: results,
    TOOL_SEARCH: results,
    TOOL_OPEN: results,
    TIP: (): Part => ({}), // the site's own note below an answer
    FILE: ({ files }: JsonObject): Part => ({ attachments: namedFiles(files) }),
  };

  /** `{chat_session, chat_messages}`, a shared copy's `{title, messages}`, or a conversation of the official export. */
  protected find(record: JsonObject): FoundConversation | null {
    const list = asArray(record['chat_messages'] ?? record['messages']).map(asObject);
    const linked = list.map((each, index) => ({ parent_id: list[index - 1]?.['message_id'] ?? null, ...each }));
    const nodes = Object.values(asObject(record['mapping'])).map(asObject);
    const tree = nodes.map(({ id, parent, message }) => ({ message_id: id, parent_id: parent, ...asObject(message) }));
    const messages: JsonObject[] = list.length > 0 ? linked : tree;
    if (!isObject(record['chat_session']) && !messages.some((each) => this.key in each)) return null;
    return {
      ...summaryOf(asObject(record['chat_session'] ?? record)),
      shared: Array.isArray(record['messages']),
      // The page keeps what it has seen in a store of its own and then asks only for what is new.
      partial: record['cache_valid'] === true || (record['cache_control'] ?? 'REPLACE') !== 'REPLACE',
      messages: messages.map(readMessage),
    };
  }

  /** A row's key is its message's id; a question that was just asked has that of its answer, the next, negated. */
  protected readRow(row: Element): ShownTurn | null {
    const key = Number(row.getAttribute('data-virtual-list-item-key'));
    const id = Number.isInteger(key) && key !== 0 ? String(key > 0 ? key : -key - 1) : null;
    const thought = row.querySelector('.ds-think-content');
    const markdown = [...row.querySelectorAll('.ds-markdown')]
      .filter((each) => each.closest('.ds-think-content') === null)
      .map((each) => answerMarkdown(each, this.origin, CODE, CITE))
      .join('\n\n');
    const metadata = thought === null ? {} : { thinking: answerMarkdown(thought, this.origin, CODE, CITE) };
    if (thought !== null || markdown !== '') return { id, role: 'assistant', markdown, metadata };
    const question = preformattedText(row.querySelector('.ds-message') ?? row).trim();
    return question === '' ? null : { id, role: 'user', markdown: question };
  }

  protected headers(page: HistoryPage): Record<string, string> {
    const token = asText(asObject({ value: null, ...tryParse(page.stored('userToken') ?? '') }.value)['value']);
    if (token === null) throw new EngineError('not_signed_in', 'DeepSeek knows no signed-in user in this tab.');
    return { authorization: `Bearer ${token}` };
  }

  protected unwrap({ code, msg, data }: JsonObject): JsonObject {
    if (code === 40002 || code === 40003) throw new EngineError('not_signed_in', `DeepSeek: ${asText(msg)}`);
    return asObject(asObject(data)['biz_data']);
  }

  protected readList({ chat_sessions, has_more }: JsonObject, cursor: string | null): FoundList {
    const sessions = asArray(chat_sessions).map(asObject);
    const { pinned, updated_at } = sessions.at(-1) ?? {};
    const next = `&lte_cursor.pinned=${pinned === true}&lte_cursor.updated_at=${asId(updated_at)}`;
    return {
      conversations: sessions.map(summaryOf),
      // A part begins with the last of the one before; the same end again means that there is no more.
      next: has_more === true && next !== cursor ? next : null,
    };
  }
}

function summaryOf(session: JsonObject) {
  const { id, title, inserted_at: createdAt, updated_at: updatedAt, current_message_id: head } = session;
  return { id, title, createdAt, updatedAt, head, starred: session['pinned'] === true };
}

/** In older bodies the parts of a message are fields of it. */
function readMessage(record: JsonObject) {
  const { thinking_content: thoughts, search_results: found, content } = record;
  const older = [
    { type: 'THINK', content: thoughts },
    { type: 'SEARCH', results: found },
    { type: 'RESPONSE', content },
  ];
  const parts = asArray(record['fragments'] ?? older).map(asObject);
  const asked = record['role'] === 'USER' || parts.some((each) => each['type'] === 'REQUEST');
  return {
    id: record['message_id'],
    parent: record['parent_id'],
    role: asked ? ('user' as const) : ('assistant' as const),
    model: record['model'],
    createdAt: record['inserted_at'],
    unfinished: record['status'] === 'WIP',
    parts,
    attachments: namedFiles(record['files']),
  };
}

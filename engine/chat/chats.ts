/**
 * Chats with one's own memory, kept as documents like any conversation: found by a search, read, forgotten and exported
 * like the rest. Their source says whose they are, so that they are never taken for evidence.
 */
import { v7 as uuidv7 } from 'uuid';
import type { CapturedConversation, CapturedMessage, Site } from '../capture/types';
import { shortened } from '../cut';
import { EngineError } from '../errors';
import type { Queryable } from '../store';
import { dayInWords } from './extractive';
import { CHAT_SOURCE, passagesById } from './gather';
import type { Answer, AskRequest, ChatMessage, ChatSummary, ChatTurn, ChatView, Citation } from './types';

/** What is kept of an answer beside its words: no copy of what it cites, so that what is forgotten is gone. */
interface KeptAnswer {
  abstained: boolean;
  generator: string;
  ended: Answer['ended'];
  failure: Answer['failure'];
  sentences: Answer['sentences'];
  citations: Array<{ n: number; chunk_id: string; span: [number, number] }>;
}

interface MessageRow {
  external_id: string;
  parent_id: string | null;
  role: 'user' | 'assistant';
  markdown: string;
  created_at: Date | string;
  on_active_branch: boolean;
  finished: boolean;
  model: string | null;
  answer: KeptAnswer | null;
}

interface DocumentRow {
  id: string;
  external_id: string;
  title: string | null;
  created_at: Date | string;
  happened_at: Date | string;
}

/** A chat whole, with every branch. */
interface Chat {
  document: DocumentRow;
  messages: MessageRow[];
}

const TITLE_CHARACTERS = 80;

/** Newest first. */
export async function listChats(db: Queryable): Promise<ChatSummary[]> {
  const rows = await db.query<DocumentRow & { questions: number }>(
    `select d.id, d.external_id, d.title, coalesce(d.created_at, d.captured_at) as created_at, d.happened_at,
      (select count(*)::int from message where document_id = d.id and on_active_branch and role = 'user') as questions
    from document d where d.source = $1 and d.forget_id is null order by d.happened_at desc, d.id desc`,
    [CHAT_SOURCE],
  );
  return rows.map((row) => summary(row, row.questions));
}

function summary(row: DocumentRow, questions: number): ChatSummary {
  return {
    id: row.id,
    title: row.title ?? '',
    created_at: iso(row.created_at),
    updated_at: iso(row.happened_at),
    questions,
  };
}

/** @throws EngineError `not_found`. */
async function readWhole(db: Queryable, id: string): Promise<Chat> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(id)) {
    throw new EngineError('bad_input', `${id} is not a chat's id.`);
  }
  const [document] = await db.query<DocumentRow>(
    `select id, external_id, title, coalesce(created_at, captured_at) as created_at, happened_at
    from document where id = $1 and source = $2 and forget_id is null`,
    [id, CHAT_SOURCE],
  );
  if (!document) throw new EngineError('not_found', `There is no chat ${id}.`);
  const messages = await db.query<MessageRow>(
    `select external_id, parent_id, role, markdown, created_at, on_active_branch, finished, model, metadata->'ask' as answer
    from message where document_id = $1 order by position, id`,
    [id],
  );
  return { document, messages };
}

/** The branch that is shown, or the one that ends in `leafId`. @throws EngineError `not_found`. */
export async function readChat(db: Queryable, id: string, leafId?: string): Promise<ChatView> {
  const chat = await readWhole(db, id);
  const branch = leafId === undefined ? shownBranch(chat) : lineTo(chat, newestBelow(chat, leafId));
  const kept = await citedPassages(db, branch);
  const messages = branch.map((row): ChatMessage => ({
    id: row.external_id,
    parent_id: row.parent_id,
    role: row.role,
    markdown: row.markdown,
    created_at: iso(row.created_at),
    answer: row.answer ? { ...row.answer, citations: row.answer.citations.flatMap((one) => revive(one, kept)) } : null,
    siblings: chat.messages
      .filter((one) => one.parent_id === row.parent_id)
      .toSorted(byTime)
      .map((one) => one.external_id),
  }));
  return { ...summary(chat.document, messages.filter(({ role }) => role === 'user').length), messages };
}

async function citedPassages(db: Queryable, rows: MessageRow[]): Promise<Map<string, Citation>> {
  const ids = [...new Set(rows.flatMap(({ answer }) => answer?.citations.map(({ chunk_id }) => chunk_id) ?? []))];
  const found = await passagesById(db, ids);
  return new Map(
    found.map((one) => [
      one.chunk_id,
      {
        n: 0,
        chunk_id: one.chunk_id,
        document_id: one.document_id,
        message_id: one.message_id,
        message_external_id: one.message_external_id,
        kind: one.kind,
        source: one.source,
        title: one.title,
        url: one.url,
        original_url: one.original_url,
        role: one.role,
        speaker: one.speaker,
        said_at: one.created_at,
        text: one.text,
        span: [0, one.text.length],
      },
    ]),
  );
}

function revive(kept: KeptAnswer['citations'][number], passages: Map<string, Citation>): Citation[] {
  const passage = passages.get(kept.chunk_id);
  return passage ? [{ ...passage, n: kept.n, span: kept.span }] : [];
}

/** What was said before a question, and the message that it follows. @throws EngineError `not_found`. */
export async function historyOf(
  db: Queryable,
  { chat_id, after_id, temporary, history }: AskRequest,
): Promise<{ turns: ChatTurn[]; afterId: string | null }> {
  if (temporary || !chat_id) return { turns: history ?? [], afterId: null };
  const chat = await readWhole(db, chat_id);
  const branch = after_id === undefined ? shownBranch(chat) : after_id === null ? [] : lineTo(chat, after_id);
  return {
    turns: branch.map(({ role, markdown }) => ({ role, markdown })),
    afterId: branch.at(-1)?.external_id ?? null,
  };
}

function shownBranch({ messages }: Chat): MessageRow[] {
  return messages.filter(({ on_active_branch }) => on_active_branch);
}

/** From the first message to this one. */
function lineTo({ messages }: Chat, id: string): MessageRow[] {
  const byId = new Map(messages.map((message) => [message.external_id, message]));
  const line: MessageRow[] = [];
  const seen = new Set<string>();
  for (let at: string | null = id; at !== null;) {
    const message = byId.get(at);
    if (!message || seen.has(at)) throw new EngineError('not_found', `The chat has no message ${at}.`);
    seen.add(at);
    line.unshift(message);
    at = message.parent_id;
  }
  return line;
}

/** The end of the newest branch that goes through this message. */
function newestBelow({ messages }: Chat, id: string): string {
  let at = id;
  for (;;) {
    const next = messages
      .filter(({ parent_id }) => parent_id === at)
      .toSorted(byTime)
      .at(-1);
    if (!next) return at;
    at = next.external_id;
  }
}

/** Ids are made in the order of time, too. */
function byTime(a: MessageRow, b: MessageRow): number {
  return iso(a.created_at).localeCompare(iso(b.created_at)) || a.external_id.localeCompare(b.external_id);
}

/** What a question and its answer add to a chat, or begin. */
export interface Exchange {
  /** Null begins a chat. */
  chatId: string | null;
  /** The message that the question follows; null: it is the first. */
  afterId: string | null;
  question: string;
  answer: Answer;
  now: Date;
}

/**
 * The chat with the exchange in it, as a capture; what was on the branch after `afterId` becomes another branch. A
 * question asked again in the same place is not written twice: its answer stands beside the earlier one.
 */
export async function exchangeCapture(
  db: Queryable,
  { chatId, afterId, question, answer, now }: Exchange,
): Promise<{ capture: CapturedConversation; messageId: string }> {
  const chat = chatId === null ? null : await readWhole(db, chatId);
  const line = chat && afterId !== null ? lineTo(chat, afterId) : [];
  const asked = chat?.messages.find(
    ({ role, parent_id, markdown }) => role === 'user' && parent_id === afterId && markdown === question,
  );
  const questionId = asked?.external_id ?? uuidv7();
  const messageId = uuidv7();
  const at = now.toISOString();
  const added = [
    ...(asked
      ? [{ ...toCaptured(asked), on_active_branch: true }]
      : [message(questionId, afterId, 'user', question, at)]),
    {
      ...message(messageId, questionId, 'assistant', answer.markdown, at),
      model: answer.generator,
      metadata: { ask: keptAnswer(answer) },
    },
  ];
  const shown = [...line.map((row) => ({ ...toCaptured(row), on_active_branch: true })), ...added];
  const ids = new Set(shown.map(({ id }) => id));
  const others = (chat?.messages ?? [])
    .filter(({ external_id }) => !ids.has(external_id))
    .map((row) => ({ ...toCaptured(row), on_active_branch: false }));
  return {
    capture: capture(chat?.document.external_id ?? uuidv7(), chat?.document.title ?? titleOf(question), at, [
      ...shown,
      ...others,
    ]),
    messageId,
  };
}

/** A copy of a chat up to a message, as a chat of its own. @throws EngineError `not_found`. */
export async function branchCapture(
  db: Queryable,
  id: string,
  messageId: string,
  now: Date,
): Promise<CapturedConversation> {
  const chat = await readWhole(db, id);
  const line = lineTo(chat, messageId);
  const renamed = new Map(line.map(({ external_id }) => [external_id, uuidv7()]));
  return capture(
    uuidv7(),
    chat.document.title ?? '',
    now.toISOString(),
    line.map((row) => ({
      ...toCaptured(row),
      id: renamed.get(row.external_id) ?? uuidv7(),
      parent_id: row.parent_id === null ? null : (renamed.get(row.parent_id) ?? null),
      on_active_branch: true,
    })),
  );
}

/** A chat under another title. @throws EngineError `not_found`, `bad_input` for a title without a letter. */
export async function renameCapture(
  db: Queryable,
  id: string,
  title: string,
  now: Date,
): Promise<CapturedConversation> {
  const given = title.replace(/\s+/gu, ' ').trim();
  if (given === '') throw new EngineError('bad_input', 'A chat needs a title.');
  const { document, messages } = await readWhole(db, id);
  return capture(document.external_id, given, now.toISOString(), messages.map(toCaptured));
}

/** The shown branch as Markdown, with its sources beneath each answer. @throws EngineError `not_found`. */
export async function exportChat(db: Queryable, id: string): Promise<string> {
  const chat = await readChat(db, id);
  const parts = [`# ${chat.title}`, dayInWords(chat.created_at)];
  for (const one of chat.messages) {
    parts.push(
      one.role === 'user' ? `## ${one.markdown.replace(/\s+/gu, ' ')}` : one.markdown || '(No answer was found.)',
    );
    const sources = (one.answer?.citations ?? []).map((citation) => {
      const what = [citation.title, citation.speaker, dayInWords(citation.said_at)].filter(Boolean).join(', ');
      return `- [${citation.n}] ${what}${citation.original_url ? ` <${citation.original_url}>` : ''}`;
    });
    if (sources.length > 0) parts.push(sources.join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

function keptAnswer(answer: Answer): KeptAnswer {
  const { abstained, generator, ended, failure, sentences } = answer;
  const citations = answer.citations.map(({ n, chunk_id, span }) => ({ n, chunk_id, span }));
  return { abstained, generator, ended, failure, sentences, citations };
}

function toCaptured(row: MessageRow): CapturedMessage {
  return {
    ...message(row.external_id, row.parent_id, row.role, row.markdown, iso(row.created_at)),
    model: row.model,
    finished: row.finished,
    on_active_branch: row.on_active_branch,
    metadata: row.answer ? { ask: row.answer } : {},
  };
}

function message(
  id: string,
  parentId: string | null,
  role: 'user' | 'assistant',
  markdown: string,
  createdAt: string,
): CapturedMessage {
  return {
    id,
    parent_id: parentId,
    role,
    author: role === 'assistant' ? 'Commonplace' : null,
    model: null,
    created_at: createdAt,
    markdown,
    finished: true,
    on_active_branch: true,
    attachments: [],
    metadata: {},
  };
}

function capture(id: string, title: string, at: string, messages: CapturedMessage[]): CapturedConversation {
  return {
    kind: 'conversation',
    // Not a site that is captured from: the store takes any source, and only an adapter has to be one of them.
    site: CHAT_SOURCE as Site,
    id,
    url: null,
    title,
    created_at: messages[0]?.created_at ?? at,
    updated_at: at,
    captured_at: at,
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages,
    metadata: {},
  };
}

function titleOf(question: string): string {
  return shortened(question.replace(/\s+/gu, ' ').trim(), TITLE_CHARACTERS);
}

function iso(value: Date | string): string {
  return new Date(value).toISOString();
}

import { ChatGptAdapter } from '../../../../engine/capture/adapters/chatgpt/index';
import { type Body, escaped, type FaultSite, paragraphs, type Said, shown, type Talk } from './talk';

const ORIGIN = 'https://chatgpt.com';
const idOf = (talk: Talk, key: string): string => `${talk.id}-${key}`;

function record(talk: Talk, said: Said): Record<string, unknown> {
  const answer = said.role === 'assistant';
  return {
    id: idOf(talk, said.key),
    author: { role: said.role, name: null, metadata: {} },
    create_time: said.time,
    content: { content_type: 'text', parts: [said.text] },
    status: said.done ? 'finished_successfully' : 'in_progress',
    end_turn: answer && said.done ? true : null,
    metadata: answer ? { model_slug: 'gpt-5-5' } : {},
    recipient: 'all',
    channel: answer ? 'final' : null,
  };
}

function facts(talk: Talk): Record<string, unknown> {
  return {
    conversation_id: talk.id,
    title: talk.title,
    create_time: talk.said[0]?.time ?? 0,
    update_time: talk.updated,
    current_node: talk.head === null ? null : idOf(talk, talk.head),
  };
}

function tree(talk: Talk): Body[] {
  const mapping: Record<string, unknown> = { root: { id: 'root', parent: null, children: [], message: null } };
  const children = new Map<string | null, string[]>();
  for (const { key, parent } of talk.said) children.set(parent, [...(children.get(parent) ?? []), idOf(talk, key)]);
  for (const said of talk.said) {
    const id = idOf(talk, said.key);
    const parent = said.parent === null ? 'root' : idOf(talk, said.parent);
    mapping[id] = { id, parent, children: children.get(said.key) ?? [], message: record(talk, said) };
  }
  const url = `${ORIGIN}/backend-api/conversation/${talk.id}`;
  return [{ url, method: 'GET', text: JSON.stringify({ ...facts(talk), mapping }) }];
}

const PAGE = 4;

function pages(talk: Talk): Body[] {
  const url = `${ORIGIN}/backend-api/conversations/${talk.id}`;
  const records = shown(talk).map((said) => record(talk, said));
  const made: Body[] = [];
  let end = records.length;
  do {
    const start = Math.max(0, end - PAGE);
    const page = {
      ...(made.length === 0 ? facts(talk) : {}),
      messages: records.slice(start, end),
      page_info: { has_previous_page: start > 0, start_cursor: start > 0 ? records[start]?.['id'] : null },
    };
    const query = made.length === 0 ? '?num_turns=2' : `/messages?before=${String(records[end]?.['id'])}`;
    made.push({ url: url + query, method: 'GET', text: JSON.stringify(page) });
    end = start;
  } while (end > 0);
  return made;
}

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

function turn(talk: Talk, said: Said, place: number): string {
  const id = idOf(talk, said.key);
  const inside =
    said.role === 'user'
      ? `<div class="user-message-bubble-color"><div class="whitespace-pre-wrap">${escaped(said.text)}</div></div>`
      : `<div class="markdown prose">${paragraphs(said.text)}</div>`;
  return `<section data-testid="conversation-turn-${place + 1}" data-turn="${said.role}" data-turn-id="${id}"><div data-message-author-role="${said.role}" data-message-id="${id}">${inside}</div></section>`;
}

const common = (name: string, bodies: (talk: Talk) => Body[]): FaultSite => ({
  name,
  adapter: new ChatGptAdapter(),
  pageUrl: (id) => `${ORIGIN}/c/${id}`,
  elsewhere: `${ORIGIN}/`,
  bodies,
  stream: (talk, answer) => ({
    url: `${ORIGIN}/backend-api/f/conversation`,
    sent: '{}',
    pieces: [
      event({ type: 'resume_conversation_token', conversation_id: talk.id }),
      event({ v: { message: record(talk, { ...answer, text: '', done: false }), conversation_id: talk.id } }),
      event({ p: '/message/content/parts/0', o: 'append', v: answer.text }),
      event({ type: 'message_stream_complete', conversation_id: talk.id }) + 'data: [DONE]\n\n',
    ],
  }),
  page: (talk, from, to, streaming) => `<html><head><title>${escaped(talk.title)}</title></head><body><main>
    ${shown(talk)
      .map((said, place) => (place >= from && place < to ? turn(talk, said, place) : ''))
      .join('')}
    <form>${streaming ? '<button data-testid="stop-button"></button>' : ''}</form></main></body></html>`,
  edits: 'any',
  marks: true,
  namesMessages: true,
});

export const chatgptTree = common('chatgpt (the tree)', tree);
export const chatgptPages = common('chatgpt (pages)', pages);

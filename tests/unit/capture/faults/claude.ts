import { ClaudeAdapter } from '../../../../engine/capture/adapters/claude/index';
import { escaped, type FaultSite, paragraphs, shown, type Talk } from './talk';

const ORIGIN = 'https://claude.ai';
const ROOT = '00000000-0000-4000-8000-000000000000';
const api = (talk: Talk): string => `${ORIGIN}/api/organizations/o-1/chat_conversations/${talk.id}`;
const time = (seconds: number): string => new Date(seconds * 1_000).toISOString();
const idOf = (talk: Talk, key: string | null): string => (key === null ? ROOT : `${talk.id}-${key}`);

function detail(talk: Talk): unknown {
  return {
    uuid: talk.id,
    name: talk.title,
    model: 'claude-sonnet-5',
    created_at: time(talk.said[0]?.time ?? 0),
    updated_at: time(talk.updated),
    current_leaf_message_uuid: idOf(talk, talk.head),
    chat_messages: talk.said.map((said, index) => ({
      uuid: idOf(talk, said.key),
      text: '',
      content: [{ type: 'text', text: said.text, citations: [] }],
      sender: said.role === 'user' ? 'human' : 'assistant',
      index,
      created_at: time(said.time),
      updated_at: time(said.time),
      ...(said.role === 'assistant' ? { stop_reason: said.done ? 'end_turn' : null } : {}),
      attachments: [],
      files: [],
      parent_message_uuid: idOf(talk, said.parent),
    })),
  };
}

const event = (value: { type: string } & Record<string, unknown>): string =>
  `event: ${value.type}\r\ndata: ${JSON.stringify(value)}\r\n\r\n`;

export const claude: FaultSite = {
  name: 'claude',
  adapter: new ClaudeAdapter(),
  pageUrl: (id) => `${ORIGIN}/chat/${id}`,
  elsewhere: `${ORIGIN}/new`,
  bodies: (talk) => [{ url: `${api(talk)}?tree=True`, method: 'GET', text: JSON.stringify(detail(talk)) }],
  stream: (talk, answer) => ({
    url: `${api(talk)}/completion`,
    sent: '{}',
    pieces: [
      event({ type: 'message_start', message: { uuid: idOf(talk, answer.key), content: [], stop_reason: null } }),
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: answer.text } }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }) + event({ type: 'message_stop' }),
    ],
  }),
  page: (talk, from, to, streaming) => {
    const branch = shown(talk);
    const rows = branch.slice(from, to).map((said, index) => {
      const place = from + index;
      const inside =
        said.role === 'user'
          ? `<div data-user-message-bubble="true"><div data-testid="user-message">${paragraphs(said.text, ' class="whitespace-pre-wrap"')}</div></div>`
          : `<div data-is-streaming="${String(streaming && place === branch.length - 1)}"><div class="font-claude-response"><div class="standard-markdown">${paragraphs(said.text)}</div></div></div>`;
      return `<div data-index="${place}"><div role="article" aria-posinset="${place + 1}" aria-setsize="${branch.length}">${inside}</div></div>`;
    });
    return `<html><head><title>${escaped(talk.title)} - Claude</title></head><body><header data-testid="chat-header"></header>${rows.join('')}</body></html>`;
  },
  edits: 'any',
  marks: true,
  namesMessages: false,
};

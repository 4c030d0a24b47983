import { DeepSeekAdapter } from '../../../../engine/capture/adapters/deepseek';
import { escaped, type FaultSite, paragraphs, shown, type Talk } from './talk';

const ORIGIN = 'https://chat.deepseek.com';

const numbers = (talk: Talk): ((key: string | null) => number | null) => {
  const byKey = new Map(talk.said.map((each) => [each.key, each.number]));
  return (key) => byKey.get(key ?? '') ?? null;
};

function history(talk: Talk): unknown {
  const number = numbers(talk);
  return {
    code: 0,
    data: {
      biz_code: 0,
      biz_data: {
        chat_session: {
          id: talk.id,
          title: talk.title,
          inserted_at: talk.said[0]?.time ?? 0,
          updated_at: talk.updated,
          current_message_id: number(talk.head),
        },
        chat_messages: talk.said.map((said) => ({
          message_id: said.number,
          parent_id: number(said.parent),
          role: said.role === 'user' ? 'USER' : 'ASSISTANT',
          status: said.done ? 'FINISHED' : 'WIP',
          inserted_at: said.time,
          fragments: [{ type: said.role === 'user' ? 'REQUEST' : 'RESPONSE', content: said.text }],
        })),
        cache_control: 'REPLACE',
      },
    },
  };
}

export const deepseek: FaultSite = {
  name: 'deepseek',
  adapter: new DeepSeekAdapter(),
  pageUrl: (id) => `${ORIGIN}/a/chat/s/${id}`,
  elsewhere: `${ORIGIN}/`,
  bodies: (talk) => [
    {
      url: `${ORIGIN}/api/v0/chat/history_messages?chat_session_id=${talk.id}`,
      method: 'GET',
      text: JSON.stringify(history(talk)),
    },
  ],
  stream: (talk, answer) => ({
    url: `${ORIGIN}/api/v0/chat/completion`,
    sent: JSON.stringify({ chat_session_id: talk.id }),
    pieces: ['event: ready\ndata: {}\n\n', `data: ${JSON.stringify({ v: answer.text })}\n\n`],
  }),
  page: (talk, from, to) => `<html><head><title>${escaped(talk.title)} - DeepSeek</title></head><body>
    <div class="ds-virtual-list-visible-items">${shown(talk)
      .slice(from, to)
      .map((said) =>
        said.role === 'user'
          ? `<div data-virtual-list-item-key="${said.number}"><div class="ds-message"><div>${escaped(said.text)}</div></div></div>`
          : `<div data-virtual-list-item-key="${said.number}"><div class="ds-message"><div class="ds-markdown">${paragraphs(said.text)}</div></div></div>`,
      )
      .join('')}</div></body></html>`,
  edits: 'any',
  marks: false,
  namesMessages: false,
};

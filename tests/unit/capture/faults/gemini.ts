import { GeminiAdapter } from '../../../../engine/capture/adapters/gemini/index';
import { answerOf } from '../../../harness/gemini-site';
import { type Body, escaped, type FaultSite, paragraphs, type Said, shown, type Talk } from './talk';

const ORIGIN = 'https://gemini.google.com';
const DATA = `${ORIGIN}/_/BardChatUi/data/`;
/** A turn is a question and its answers; its id is that of the question. */
const idOf = (talk: Talk, question: Said): string => `${talk.id.slice(4)}${String(question.number).padStart(4, '0')}`;

interface Turn {
  question: Said;
  answer: Said | null;
}

function turns(talk: Talk): Turn[] {
  const made: Turn[] = [];
  for (const said of shown(talk)) {
    const last = made.at(-1);
    if (said.role === 'user') made.push({ question: said, answer: null });
    else if (last !== undefined) last.answer = said;
  }
  return made;
}

function candidate(talk: Talk, question: Said, answer: Said): unknown[] {
  const made: unknown[] = Array.from({ length: 38 }, () => null);
  made[0] = `rc_${idOf(talk, question)}${answer.number}`;
  made[1] = [answer.text];
  made[8] = [answer.done ? 2 : 1];
  return made;
}

function record(talk: Talk, { question, answer }: Turn, before: Turn | undefined): unknown[] {
  const reply: unknown[] = Array.from({ length: 22 }, () => null);
  const drafts = talk.said.filter((each) => each.parent === question.key && each.key !== answer?.key);
  if (answer !== null) {
    reply[0] = [answer, ...drafts].map((each) => candidate(talk, question, each));
    reply[3] = `rc_${idOf(talk, question)}${answer.number}`;
    reply[21] = '3 Pro';
  }
  return [
    [`c_${talk.id}`, `r_${idOf(talk, question)}`],
    before === undefined ? null : [`c_${talk.id}`, `r_${idOf(talk, before.question)}`, 'rc_0'],
    [[question.text], 1, null, 0, '9d8ca3786ebdfbea', 0],
    answer === null ? null : reply,
    [Math.floor(answer?.time ?? question.time), 250_000_000],
  ];
}

const PAGE = 3;

function asked(talk: Talk, token: string | null): string {
  const args = [`c_${talk.id}`, PAGE, token, 1, [1], [4], null, 1];
  return new URLSearchParams({
    'f.req': JSON.stringify([[['hNvQHb', JSON.stringify(args), null, 'generic']]]),
  }).toString();
}

function bodies(talk: Talk): Body[] {
  const all = turns(talk);
  const records = all.map((turn, index) => record(talk, turn, all[index - 1])).reverse();
  const made: Body[] = [];
  for (let from = 0; from === 0 || from < records.length; from += PAGE) {
    const next = from + PAGE < records.length ? `turns-${from + PAGE}` : null;
    made.push({
      url: `${DATA}batchexecute?rpcids=hNvQHb&source-path=%2Fapp%2F${talk.id}&rt=c`,
      method: 'POST',
      sent: asked(talk, from === 0 ? null : `turns-${from}`),
      text: answerOf('hNvQHb', [records.slice(from, from + PAGE), next, null, []]),
    });
  }
  return made;
}

const chunk = (frames: unknown[]): string => {
  const text = `\n${JSON.stringify(frames)}\n`;
  return `${text.length}${text}`;
};
const frame = (payload: unknown): string => chunk([['wrb.fr', null, JSON.stringify(payload)]]);

export const gemini: FaultSite = {
  name: 'gemini',
  adapter: new GeminiAdapter(),
  pageUrl: (id) => `${ORIGIN}/app/${id}`,
  elsewhere: `${ORIGIN}/app`,
  bodies,
  stream: (talk, answer) => {
    const question = talk.said.find((each) => each.key === answer.parent);
    if (question === undefined) throw new Error('an answer without a question');
    const all = turns(talk);
    const at = all.findIndex((each) => each.question.key === question.key);
    const before = all[at - 1];
    const asked: unknown[] = Array.from({ length: 46 }, () => null);
    asked[0] = [question.text, 0, null, []];
    asked[2] = before === undefined ? ['', '', ''] : [`c_${talk.id}`, `r_${idOf(talk, before.question)}`, 'rc_0'];
    const ids = [`c_${talk.id}`, `r_${idOf(talk, question)}`];
    const half = { ...answer, text: answer.text.slice(0, 12), done: false };
    return {
      url: `${DATA}assistant.lamda.BardFrontendService/StreamGenerate?bl=x&rt=c`,
      sent: new URLSearchParams({ 'f.req': JSON.stringify([null, JSON.stringify(asked)]) }).toString(),
      pieces: [
        `)]}'\n\n${frame([null, ids])}`,
        frame([null, ids, null, null, [candidate(talk, question, half)]]),
        frame([null, ids, null, null, [candidate(talk, question, answer)]]) + chunk([['e', 4, null, null, 131]]),
      ],
    };
  },
  // Older turns are loaded when they are scrolled to and none is taken out again: the page shows all from some turn on.
  // (Its turns have no number: of two that had nothing in common, nothing would say which came first.)
  page: (talk, from, _to, streaming) => {
    const all = turns(talk);
    const containers = all.map((turn, index) => {
      const first = index * 2;
      if (first + 1 < from) return '';
      const { question, answer } = turn;
      const busy = streaming && index === all.length - 1;
      const reply =
        answer === null
          ? ''
          : `<model-response><message-content><div class="markdown" aria-busy="${String(busy)}">${paragraphs(answer.text)}</div></message-content></model-response>`;
      return `<div class="conversation-container" id="${idOf(talk, question)}"><user-query><div class="query-text">${paragraphs(question.text, ' class="query-text-line"')}</div></user-query>${reply}</div>`;
    });
    return `<html><head><title>${escaped(talk.title)} - Gemini</title></head><body><infinite-scroller>${containers.join('')}</infinite-scroller>${streaming ? '<button class="send-button stop"></button>' : ''}</body></html>`;
  },
  edits: 'last',
  marks: true,
  namesMessages: true,
};

/**
 * How well questions are answered, by the engine's own asking: `npm run bench:ask`; see HELP.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { answerQuestion, buildContext, extractiveGenerator } from '../../../engine/chat';
import type { Answer, AskContext, Generator } from '../../../engine/chat';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import type { Store } from '../../../engine/store';
import { fillStore, haystackOf } from '../recall/haystack';
import { keepEmbeddings } from '../recall/kept-embeddings';
import { type Conversation, type Question, type QuestionSet, readQuestionSet } from '../recall/question-sets';
import { mutations } from './mutations';
import { tokenF1 } from './token-f1';

const HELP = `How well questions are answered from what is kept.

Usage: npm run bench:ask [-- options]

The sets in the directory COMMONPLACE_DATA (locomo.json, beam-100k-1-10.json), each conversation as a store of its own.

  --data FILE      Another set of that format. May be given several times.
  --take N         Only the first N conversations of each set.
  --skip N         Without the first N.
  --foreign        Also each conversation's store asked the questions of the next one: nothing there answers them.
  --answers FILE   A line of JSON per question: the answer and what it cites.
  --help           This text.`;

const ROOT = resolve(import.meta.dirname, '../../..');
const DAY = 86_400_000;

interface Asked {
  category: string;
  /** Whether something in the store answers it. */
  answerable: boolean;
  hasGold: boolean;
  answered: boolean;
  /** Whether a gold turn is cited; the share of gold turns that are; the share of cited turns that are gold. */
  anyGold: boolean;
  goldShare: number;
  citedGold: number;
  cited: number;
  f1: number;
  sentences: number;
  unsupported: number;
  ms: number;
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', multiple: true, default: [] },
      take: { type: 'string' },
      skip: { type: 'string' },
      foreign: { type: 'boolean', default: false },
      answers: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const directory = process.env.COMMONPLACE_DATA;
  const files =
    values.data.length > 0
      ? values.data
      : directory
        ? ['locomo.json', 'beam-100k-1-10.json'].map((file) => join(directory, file))
        : [];
  if (files.length === 0) {
    console.error('Neither --data FILE nor COMMONPLACE_DATA is given; see --help.');
    return 2;
  }
  if (values.answers !== undefined) writeFileSync(values.answers, '');
  const embedder = keepEmbeddings(startNodeEmbedder(join(ROOT, 'models')), join(ROOT, '.cache', 'embeddings'));
  const generator = extractiveGenerator();
  try {
    await embedder.embed(['ready?'], 'query');
    for (const file of files) {
      const set = readQuestionSet(file);
      const from = Number(values.skip ?? 0);
      const conversations = set.conversations.slice(from, from + Number(values.take ?? Infinity));
      const asked: Asked[] = [];
      const falsified = { sentences: 0, shown: 0 };
      for (const [place, conversation] of conversations.entries()) {
        const haystack = haystackOf([conversation]);
        const store = await fillStore(haystack, embedder);
        try {
          const turnName = (externalId: string | null) => String(haystack.turns[Number(externalId)]?.turn.id);
          for (const question of conversation.questions) {
            const { answer, context, ms } = await ask(store, embedder, generator, conversation, question.text);
            const one = judgeAnswer(set, question, answer, turnName, ms);
            asked.push(one);
            await falsify(answer, context, falsified);
            if (values.answers !== undefined) {
              const cited = answer.citations.map((citation) => turnName(citation.message_external_id));
              const { markdown, abstained } = answer;
              const line = { question: question.id, abstained, markdown, cited, evidence: context.evidence };
              appendFileSync(values.answers, `${JSON.stringify(line)}\n`);
            }
          }
          const other = conversations[(place + 1) % conversations.length];
          if (values.foreign && other && other !== conversation) {
            for (const question of other.questions.filter((_, i) => i % 8 === 0)) {
              const { answer, ms } = await ask(store, embedder, generator, conversation, question.text);
              const none = { ...question, category: 'asked of another conversation', gold: [] };
              asked.push({ ...judgeAnswer(set, none, answer, turnName, ms), answerable: false });
            }
          }
        } finally {
          await store.close();
        }
        console.error(`${set.name} ${conversation.id}`);
      }
      print(set.name, generator, asked, falsified);
    }
  } finally {
    await embedder.close();
  }
  return 0;
}

async function ask(
  store: Store,
  embedder: Embedder,
  generator: Generator,
  conversation: Conversation,
  question: string,
): Promise<{ answer: Answer; context: AskContext; ms: number }> {
  const last = Math.max(...conversation.sessions.map(({ date }) => date?.getTime() ?? 0));
  const now = last > 0 ? new Date(last + DAY) : new Date();
  const { contextTokens } = generator;
  const { signal } = new AbortController();
  const started = process.cpuUsage();
  const contexts: AskContext[] = [];
  const answer = await answerQuestion(
    {
      context: () => buildContext({ question }, [], { store, embedder, now, contextTokens, signal }),
      embedder,
      generator,
    },
    (event) => {
      if (event.type === 'context') contexts.push(event.context);
    },
    signal,
  );
  const { user, system } = process.cpuUsage(started);
  return { answer, context: contexts[0] as AskContext, ms: (user + system) / 1000 };
}

function judgeAnswer(
  set: QuestionSet,
  question: Question,
  answer: Answer,
  turnName: (externalId: string | null) => string,
  ms: number,
): Asked {
  const answerable = !set.apart.includes(question.category) && question.category !== 'abstention';
  const gold = new Set(question.gold.map(String));
  const cited = new Set(answer.citations.map((citation) => turnName(citation.message_external_id)));
  const found = [...gold].filter((id) => cited.has(id)).length;
  return {
    category: question.category,
    answerable,
    hasGold: gold.size > 0,
    answered: !answer.abstained,
    anyGold: found > 0,
    goldShare: gold.size > 0 ? found / gold.size : 0,
    citedGold: found,
    cited: cited.size,
    f1: question.answer === undefined ? Number.NaN : tokenF1(answer.markdown, question.answer),
    sentences: answer.sentences.length,
    unsupported: answer.sentences.filter(({ state }) => state !== 'supported').length,
    ms,
  };
}

/** Sentences of the answer made false, cited as before: how many the check still shows as supported. */
async function falsify(
  answer: Answer,
  context: AskContext,
  counted: { sentences: number; shown: number },
): Promise<void> {
  const { checkAnswer } = await import('../../../engine/chat/check');
  const sentences = answer.sentences.slice(0, 3).map(({ start, end, citations }) => {
    const text = answer.markdown.slice(start, end);
    return /\[\d+\]/u.test(text) ? text : `${text} [${citations[0] ?? 1}]`;
  });
  for (const changed of sentences.flatMap(mutations)) {
    const checked = await checkAnswer(changed, context.passages, async () => null);
    counted.sentences += 1;
    if (checked.sentences.some(({ state }) => state === 'supported')) counted.shown += 1;
  }
}

function print(
  name: string,
  generator: Generator,
  asked: Asked[],
  falsified: { sentences: number; shown: number },
): void {
  const percent = (share: number) => (Number.isFinite(share) ? (100 * share).toFixed(1) : '–');
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(`\n**${name}**, generator \`${generator.id}\`\n`);
  console.log(
    '| | questions | answered | a gold turn cited, of all | … of those answered | gold turns cited | cited that are gold | token F1 | CPU ms |',
  );
  console.log(`|${' --- |'.repeat(9)}`);
  const row = (label: string, rows: Asked[]) => {
    if (rows.length === 0) return;
    const answered = rows.filter((one) => one.answered);
    const withGold = rows.filter((one) => one.hasGold);
    const cells = [
      rows.length,
      percent(answered.length / rows.length),
      percent(mean(withGold.map(({ anyGold }) => Number(anyGold)))),
      percent(mean(withGold.filter((one) => one.answered).map(({ anyGold }) => Number(anyGold)))),
      percent(mean(withGold.map(({ goldShare }) => goldShare))),
      percent(
        withGold.reduce((sum, { citedGold }) => sum + citedGold, 0) /
          withGold.reduce((sum, { cited }) => sum + cited, 0),
      ),
      percent(mean(rows.map(({ f1 }) => f1).filter((f1) => !Number.isNaN(f1)))),
      mean(rows.map(({ ms }) => ms)).toFixed(0),
    ];
    console.log(`| ${[label, ...cells].join(' | ')} |`);
  };
  row(
    'have an answer',
    asked.filter(({ answerable }) => answerable),
  );
  row(
    'have none',
    asked.filter(({ answerable }) => !answerable),
  );
  for (const category of [...new Set(asked.map((one) => one.category))].sort()) {
    row(
      category,
      asked.filter((one) => one.category === category),
    );
  }
  const sentences = asked.reduce((sum, one) => sum + one.sentences, 0);
  const unsupported = asked.reduce((sum, one) => sum + one.unsupported, 0);
  console.log(`\nSentences: ${sentences}, not supported: ${unsupported}.`);
  console.log(
    `Sentences made false (a number, a name, a "not"): ${falsified.sentences}, shown as supported: ${falsified.shown} (${percent(falsified.shown / falsified.sentences)} %).`,
  );
}

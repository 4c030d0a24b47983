/**
 * How well questions are answered, by the engine's own asking: `npm run bench:ask`; see HELP.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { answerQuestion, buildContext, extractiveGenerator } from '../../../engine/chat';
import type { Answer, AskContext, Generator } from '../../../engine/chat';
import { checkAnswer, citationsIn } from '../../../engine/chat/check';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import type { Store } from '../../../engine/store';
import { fillStore, haystackOf } from '../recall/haystack';
import { keepEmbeddings } from '../recall/kept-embeddings';
import type { Completed } from '../page/models';
import { type Conversation, type Question, type QuestionSet, readQuestionSet } from '../recall/question-sets';
import { type BrowserModel, openBrowserModel } from './browser-models';
import { mutations } from './mutations';
import { tokenF1 } from './token-f1';

const HELP = `How well questions are answered from what is kept.

Usage: npm run bench:ask [-- options]

The sets in the directory COMMONPLACE_DATA (locomo.json, beam-100k-1-10.json), each conversation as a store of its own.

  --data FILE      Another set of that format. May be given several times.
  --take N         Only the first N conversations of each set.
  --skip N         Without the first N.
  --every N        Only every Nth question.
  --generator NAME \`none\`, which quotes (the default), or a small model in a Chromium: \`llama\` (the file: tests/harness/gguf.ts)
                   or \`webllm\` (COMMONPLACE_MODELS; on a software GPU, which reads a token a second). May be given several
                   times. A model's words are judged besides as they came, without the check.
  --budget N       Tokens that the passages may take together.
  --longest N      Tokens of a model's answer at most.
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
      every: { type: 'string', default: '1' },
      generator: { type: 'string', multiple: true, default: [] },
      budget: { type: 'string' },
      longest: { type: 'string' },
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
  const names = values.generator.length > 0 ? values.generator : ['none'];
  const models: BrowserModel[] = [];
  try {
    await embedder.embed(['ready?'], 'query');
    const ways: Way[] = [];
    for (const name of names) {
      const model =
        name === 'none' ? null : await openBrowserModel(modelName(name), Number(values.longest ?? Infinity));
      if (model) models.push(model);
      ways.push({ generator: model?.generator ?? extractiveGenerator(), model });
    }
    const every = Number(values.every);
    const from = Number(values.skip ?? 0);
    for (const file of files) {
      const set = readQuestionSet(file);
      const conversations = set.conversations.slice(from, from + Number(values.take ?? Infinity));
      const { foreign, budget, answers } = values;
      for (const tally of await askSet(set, conversations, { embedder, ways, every, foreign, budget, answers }))
        printTally(set.name, tally);
    }
    for (const { generator, load_ms, completed, memoryMb } of models)
      printSpeed(generator.id, load_ms, completed, memoryMb());
  } finally {
    for (const model of models) await model.close();
    await embedder.close();
  }
  return 0;
}

interface Way {
  generator: Generator;
  model: BrowserModel | null;
}

/** What came of one way of answering. */
interface Tally {
  way: Way;
  asked: Asked[];
  /** The same answers as the model wrote them. */
  unchecked: Asked[];
  falsified: { sentences: number; shown: number };
}

interface AskSetOptions {
  embedder: Embedder;
  ways: Way[];
  every: number;
  foreign: boolean;
  budget: string | undefined;
  /** File that a line of JSON goes to for each answer. */
  answers: string | undefined;
}

async function askSet(set: QuestionSet, conversations: Conversation[], options: AskSetOptions): Promise<Tally[]> {
  const { embedder, ways, every, foreign, budget, answers } = options;
  const tallies = ways.map((way): Tally => ({ way, asked: [], unchecked: [], falsified: { sentences: 0, shown: 0 } }));
  let number = 0;
  for (const [place, conversation] of conversations.entries()) {
    const haystack = haystackOf([conversation]);
    const store = await fillStore(haystack, embedder);
    const asking = { store, embedder, conversation, budget };
    const turnName = (externalId: string | null) => String(haystack.turns[Number(externalId)]?.turn.id);
    try {
      for (const question of conversation.questions.filter(() => number++ % every === 0)) {
        for (const { way, asked, unchecked, falsified } of tallies) {
          const { answer, context, raw, ms } = await ask(asking, way.generator, question.text);
          asked.push(judgeAnswer(set, question, answer, turnName, ms));
          if (way.model) unchecked.push(judgeWords(set, question, answer, { raw, context, turnName, ms }));
          await falsify(answer, context, falsified);
          if (answers === undefined) continue;
          const cited = answer.citations.map((citation) => turnName(citation.message_external_id));
          const { markdown, abstained, generator, sentences } = answer;
          const { evidence } = context;
          const line = { question: question.id, generator, abstained, markdown, raw, sentences, cited, evidence };
          appendFileSync(answers, `${JSON.stringify(line)}\n`);
        }
      }
      const other = conversations[(place + 1) % conversations.length];
      if (!foreign || !other || other === conversation) continue;
      for (const question of other.questions.filter((_, i) => i % 8 === 0)) {
        const none = { ...question, category: 'asked of another conversation', gold: [] };
        for (const { way, asked } of tallies) {
          const { answer, ms } = await ask(asking, way.generator, question.text);
          asked.push({ ...judgeAnswer(set, none, answer, turnName, ms), answerable: false });
        }
      }
    } finally {
      await store.close();
      console.error(`${set.name} ${conversation.id}`);
    }
  }
  return tallies;
}

function modelName(name: string): 'llama' | 'webllm' {
  if (name !== 'llama' && name !== 'webllm') throw new Error(`There is no generator ${name}; see --help.`);
  return name;
}

interface Asking {
  store: Store;
  embedder: Embedder;
  conversation: Conversation;
  budget: string | undefined;
}

async function ask(
  { store, embedder, conversation, budget }: Asking,
  generator: Generator,
  question: string,
): Promise<{ answer: Answer; context: AskContext; raw: string; ms: number }> {
  const last = Math.max(...conversation.sessions.map(({ date }) => date?.getTime() ?? 0));
  const now = last > 0 ? new Date(last + DAY) : new Date();
  const { signal } = new AbortController();
  const started = process.cpuUsage();
  const contexts: AskContext[] = [];
  let raw = '';
  const request = { question, ...(budget === undefined ? {} : { budget: Number(budget) }) };
  const answer = await answerQuestion(
    {
      context: () => buildContext(request, [], { store, embedder, now, generator, signal }),
      embedder,
      generator,
    },
    (event) => {
      if (event.type === 'context') contexts.push(event.context);
      if (event.type === 'text') raw += event.text;
    },
    signal,
  );
  // one that came to its longest is an answer all the same
  if (answer.failure && answer.failure.code !== 'answer_cut') throw new Error(JSON.stringify(answer.failure));
  const { user, system } = process.cpuUsage(started);
  return { answer, context: contexts[0] as AskContext, raw, ms: (user + system) / 1000 };
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

/** A model's answer as it came: what it cites is believed, and nothing is marked. */
function judgeWords(
  set: QuestionSet,
  question: Question,
  answer: Answer,
  {
    raw,
    context,
    turnName,
    ms,
  }: { raw: string; context: AskContext; turnName: (externalId: string | null) => string; ms: number },
): Asked {
  const numbers = citationsIn(raw);
  const citations = context.passages.filter(({ n }) => numbers.includes(n)) as unknown as Answer['citations'];
  return judgeAnswer(set, question, { ...answer, markdown: raw, citations }, turnName, ms);
}

/** Sentences of the answer made false, cited as before: how many the check still shows as supported. */
async function falsify(
  answer: Answer,
  context: AskContext,
  counted: { sentences: number; shown: number },
): Promise<void> {
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

function printTally(set: string, { way, asked, unchecked, falsified }: Tally): void {
  const { id } = way.generator;
  print(set, `generator \`${id}\``, asked);
  console.log(
    `Sentences made false (a number, a name, a "not"): ${falsified.sentences}, shown as supported: ${falsified.shown} (${percent(falsified.shown / falsified.sentences)} %).`,
  );
  if (way.model) print(set, `\`${id}\`'s words as they came, nothing checked`, unchecked);
}

const percent = (share: number) => (Number.isFinite(share) ? (100 * share).toFixed(1) : '–');
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function print(name: string, what: string, asked: Asked[]): void {
  console.log(`\n**${name}**, ${what}\n`);
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
}

function printSpeed(id: string, loadMs: number, completed: Completed[], memoryMb: number): void {
  const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const rates = completed
    .filter(({ pieces }) => pieces > 1)
    .map(({ pieces, first_ms, all_ms }) => (1000 * (pieces - 1)) / (all_ms - first_ms));
  console.log(
    `\n\`${id}\`: ${completed.length} answers; loaded in ${(loadMs / 1000).toFixed(1)} s; first token after ` +
      `${(middle(completed.map(({ first_ms }) => first_ms)) / 1000).toFixed(1)} s, then ${middle(rates).toFixed(1)} tokens a second, ` +
      `${middle(completed.map(({ pieces }) => pieces))} tokens an answer (medians); memory of the browser's pages ${memoryMb.toFixed(0)} MB.`,
  );
}

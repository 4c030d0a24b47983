/**
 * How well recall finds what answers a question, beside plainer searches: `npm run bench:recall`; see HELP.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { E5_SMALL_V2, EMBEDDERS } from '../../../models';
import { fillStore, haystackOf, type Haystack } from './haystack';
import { keepEmbeddings } from './kept-embeddings';
import { type Conversation, type Id, type Question, type QuestionSet, readQuestionSet } from './question-sets';
import { type Counted, FIGURES, type Figures, judge, meanFigures } from './score';
import { ABLATIONS, BASELINES, ENGINE, type System } from './systems';

const HELP = `How well recall finds what answers a question.

Usage: npm run bench:recall [-- options]

Without --data: the sets in the directory COMMONPLACE_DATA (locomo.json, beam-100k-1-10.json), each conversation as a
store of its own, each set in one store, and all sets in one store.

  --data FILE          Another set, of the same format or LongMemEval's official one, as JSON or a value a line. May be
                       given several times.
  --merged             Only with all conversations in one store; without it and with --data, each in its own.
  --out RANKS.jsonl    A line per question: {"question", "turns": 50 ids at most, "sessions": [ids]}, best first, of the
                       fused search, which alone is run then, unless --only says more. In one store, an id of another conversation than the question's is
                       "CONVERSATION/ID".
  --only NAMES         Only these searches, by name and with commas: ${[...ENGINE, ...BASELINES].map((s) => s.name).join(', ')}.
  --write              With all of it, writes docs/recall.md; --ablate is part of it.
  --ablate             What each ingredient is good for: the fused search with all of them, and without each in turn.
  --take N             Only the first N conversations of each set.
  --most N             Only so many questions of each set, evenly from all of it.
  --embedder ID        Another model than e5-small-v2, from the directory COMMONPLACE_MODELS.
  --json FILE          The figures as JSON, too.
  --help               This text.`;

/** Ids written to RANKS.jsonl for a question. */
const RANKS = 50;

const ROOT = resolve(import.meta.dirname, '../../..');

/** Which conversations share a store. */
type Setting = 'own' | 'set' | 'all';
const SETTINGS: Record<Setting, string> = {
  own: 'each conversation its own store',
  set: 'the set in one store',
  all: 'all sets in one store',
};

export interface Answered extends Counted {
  set: string;
  conversation: string;
  counted: boolean;
}

/** Answers of one system in one setting. */
export type Answers = Map<string, Answered[]>;

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      data: { type: 'string', multiple: true, default: [] },
      merged: { type: 'boolean', default: false },
      out: { type: 'string' },
      only: { type: 'string' },
      ablate: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      take: { type: 'string' },
      most: { type: 'string' },
      embedder: { type: 'string', default: E5_SMALL_V2.id },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const files = values.data.length > 0 ? values.data : ownSets();
  if (files.length === 0) {
    console.error('Neither --data FILE nor COMMONPLACE_DATA is given; see --help.');
    return 2;
  }
  const names = (values.only ?? (values.out === undefined ? undefined : 'fused'))
    ?.split(',')
    .map((name) => name.trim());
  const chosen = ({ name }: System) => names?.includes(name) ?? true;
  const systems = [
    ...(values.ablate ? [] : [...ENGINE, ...BASELINES].filter(chosen)),
    ...(values.ablate || values.write ? ABLATIONS.filter(chosen) : []),
  ];
  const sets = files.map((file) =>
    taken(readQuestionSet(file), Number(values.take ?? Infinity), Number(values.most ?? Infinity)),
  );
  const settings: Setting[] =
    values.data.length === 0 && !values.merged && values.out === undefined
      ? ['own', 'set', ...(sets.length > 1 ? (['all'] as const) : [])]
      : [values.merged ? 'all' : 'own'];
  const model = EMBEDDERS.find(({ id }) => id === values.embedder);
  if (!model) {
    console.error(`There is no embedder ${values.embedder}; there are ${EMBEDDERS.map(({ id }) => id).join(', ')}.`);
    return 2;
  }
  const models = model.packaged ? join(ROOT, 'models') : (process.env.COMMONPLACE_MODELS ?? '');
  const embedder = keepEmbeddings(startNodeEmbedder(models, { model }), join(ROOT, '.cache', 'embeddings'));
  const ranks: string[] = [];
  const report: Line[] = [];
  const lines: string[] = [];
  const say = (line: string) => {
    lines.push(line);
    console.log(line);
  };
  try {
    // also waits for the model: recall itself would go on without it
    await embedder.embed(['ready?'], 'query');
    for (const setting of settings) {
      // with all in one store the ingredients would say nothing new
      const here = setting === 'all' && values.write ? systems.filter((one) => !ABLATIONS.includes(one)) : systems;
      const answers = await measure(sets, setting, here, embedder, (line) => ranks.push(line));
      for (const set of sets) report.push(...tables(set, setting, answers, say));
    }
    const ablated = report.filter(({ name }) => ABLATIONS.some((system) => system.name === name));
    if (ablated.length > 0) ablationTable(ablated, say);
  } finally {
    await embedder.close();
  }
  if (values.out !== undefined) writeFileSync(values.out, ranks.map((line) => `${line}\n`).join(''));
  if (values.write) {
    const part = values.most === undefined ? '' : ` over at most ${values.most} questions of each set`;
    const head = HEAD.replace('{date}', new Date().toISOString().slice(0, 10)).replace('{part}', part);
    writeFileSync(join(ROOT, 'docs', 'recall.md'), `${[head, ...lines].join('\n').trim()}\n`);
  }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  return 0;
}

function ownSets(): string[] {
  const directory = process.env.COMMONPLACE_DATA;
  return directory ? ['locomo.json', 'beam-100k-1-10.json'].map((file) => join(directory, file)) : [];
}

function taken(set: QuestionSet, count: number, most: number): QuestionSet {
  const conversations = set.conversations.slice(0, count);
  const every = Math.max(1, Math.ceil(conversations.flatMap(({ questions }) => questions).length / most));
  let n = 0;
  return {
    ...set,
    conversations: conversations.map((conversation) => ({
      ...conversation,
      questions: conversation.questions.filter(() => n++ % every === 0),
    })),
  };
}

/** Asks every question of every system. */
export async function measure(
  sets: QuestionSet[],
  setting: Setting,
  systems: System[],
  embedder: Embedder,
  onRanks: (line: string) => void = () => {},
): Promise<Answers> {
  const answers: Answers = new Map(systems.map(({ name }) => [name, []]));
  const setOf = new Map(sets.flatMap((set) => set.conversations.map((conversation) => [conversation, set] as const)));
  const stores: Conversation[][] =
    setting === 'own'
      ? [...setOf.keys()].map((conversation) => [conversation])
      : setting === 'set'
        ? sets.map((set) => set.conversations)
        : [[...setOf.keys()]];
  for (const [n, conversations] of stores.entries()) {
    console.error(`${SETTINGS[setting]}: store ${n + 1} of ${stores.length}`);
    const haystack = haystackOf(conversations);
    const store = await fillStore(haystack, embedder);
    try {
      for (const system of systems) {
        const ask = await system.over(haystack, store, embedder);
        for (const conversation of conversations) {
          const set = setOf.get(conversation) as QuestionSet;
          for (const question of conversation.questions) {
            const turns = await ask({ text: question.text, now: question.asked ?? afterAll(conversation) });
            const ranked = { turns, sessions: sessionsOf(haystack, turns) };
            if (system.name === 'fused') onRanks(ranksLine(haystack, conversation, question, ranked));
            if (question.goldSessions.length === 0) continue;
            answers.get(system.name)?.push({
              set: set.name,
              conversation: conversation.id,
              category: question.category,
              counted: !set.apart.includes(question.category),
              hasTurns: question.gold.length > 0,
              figures: judge({
                turns: turns.map((turn) => nameOf(haystack, conversation, turn)),
                sessions: ranked.sessions.map((turn) => nameOf(haystack, conversation, turn, 'session')),
                gold: new Set(question.gold.map(String)),
                goldSessions: new Set(question.goldSessions),
              }),
            });
          }
        }
      }
    } finally {
      await store.close();
    }
  }
  return answers;
}

const DAY = 86_400_000;

/** A day after the last session: where the file does not say when a question is asked. */
function afterAll({ sessions }: Conversation): Date {
  const last = Math.max(...sessions.map(({ date }) => date?.getTime() ?? 0));
  return last > 0 ? new Date(last + DAY) : new Date();
}

/** One turn of each session, sessions in the order of their best turns. */
function sessionsOf({ turns }: Haystack, ranked: number[]): number[] {
  const seen = new Set<unknown>();
  return ranked.filter((turn) => {
    const session = turns[turn]?.session;
    if (seen.has(session)) return false;
    seen.add(session);
    return true;
  });
}

/** The id of a turn, or of its session, as one reads it beside a question of this conversation. */
function nameOf({ turns }: Haystack, asked: Conversation, turn: number, of: 'turn' | 'session' = 'turn'): string {
  return String(idOf(turns, asked, turn, of));
}

function idOf(turns: Haystack['turns'], asked: Conversation, number: number, of: 'turn' | 'session'): Id {
  const place = turns[number];
  if (!place) throw new Error(`There is no turn ${number}.`);
  const { id } = place[of];
  return place.conversation === asked ? id : `${place.conversation.id}/${id}`;
}

function ranksLine(
  { turns }: Haystack,
  conversation: Conversation,
  question: Question,
  ranked: { turns: number[]; sessions: number[] },
): string {
  return JSON.stringify({
    question: question.id,
    turns: distinct(ranked.turns.map((turn) => idOf(turns, conversation, turn, 'turn'))).slice(0, RANKS),
    sessions: distinct(ranked.sessions.map((turn) => idOf(turns, conversation, turn, 'session'))).slice(0, RANKS),
  });
}

function distinct(ids: Id[]): Id[] {
  return [...new Set(ids)];
}

interface Line extends Figures {
  set: string;
  setting: Setting;
  name: string;
  questions: number;
}

/** Says the tables of a set and returns the rows of the whole set as data. */
function tables(set: QuestionSet, setting: Setting, answers: Answers, say: (line: string) => void): Line[] {
  const rows: Line[] = [];
  const mine = [...answers].map(([name, all]) => [name, all.filter((answer) => answer.set === set.name)] as const);
  const line = (name: string, counted: Answered[]) => {
    const figures = meanFigures(counted);
    if (!figures) return null;
    const cells = FIGURES.map((figure) => (100 * figures[figure]).toFixed(1));
    say(`| ${[name, counted.length, ...cells].join(' | ')} |`);
    return figures;
  };
  const head = (title: string) => {
    say(`\n**${set.name}**, ${SETTINGS[setting]}: ${title}\n`);
    say(`|  | questions | ${FIGURES.join(' | ')} |`);
    say(`| --- |${' ---: |'.repeat(FIGURES.length + 1)}`);
  };
  head(
    set.apart.length > 0 ? `the whole, without category ${set.apart.join(', ')}, by search` : 'the whole, by search',
  );
  for (const [name, all] of mine) {
    const counted = all.filter((answer) => answer.counted);
    const figures = line(name, counted);
    if (figures) rows.push({ set: set.name, setting, name, questions: counted.length, ...figures });
  }
  for (const [title, key] of [
    ['by category', 'category'],
    ['by conversation', 'conversation'],
  ] as const) {
    if (key === 'conversation' && set.conversations.length > 20) continue;
    const shown = mine.filter(
      ([name]) => name === 'fused' || (key === 'category' && ENGINE.some((system) => system.name === name)),
    );
    if (shown.length === 0) continue;
    head(title);
    for (const [name, all] of shown) {
      for (const value of [...new Set(all.map((answer) => answer[key]))].sort()) {
        line(
          `${value}, ${name}`,
          all.filter((answer) => answer[key] === value && (key === 'category' || answer.counted)),
        );
      }
    }
  }
  return rows;
}

/** What each ingredient is good for: a row for each that is left out, a column for each set and setting. */
function ablationTable(lines: readonly Line[], say: (line: string) => void): void {
  const columns = [...new Set(lines.map(({ set, setting }) => `${set}, ${SETTINGS[setting]}`))];
  const cell = (name: string, column: string) => {
    const found = lines.find((line) => line.name === name && `${line.set}, ${SETTINGS[line.setting]}` === column);
    return found ? FIGURES_ABLATED.map((figure) => (100 * found[figure]).toFixed(1)).join(' / ') : '';
  };
  say(`\n**What each ingredient is good for**: ${FIGURES_ABLATED.join(' / ')}\n`);
  say(`|  | ${columns.join(' | ')} |`);
  say(`| --- |${' ---: |'.repeat(columns.length)}`);
  const names = new Set(lines.map(({ name }) => name));
  for (const name of names) say(`| ${[name, ...columns.map((column) => cell(name, column))].join(' | ')} |`);
}

const FIGURES_ABLATED = ['turn fraction@10', 'turn hit@1', 'session any@5'] as const;

const HEAD = `# How well recall finds

Written by \`npm run bench:recall -- --write\` on {date}{part}, with \`recall()\` itself on PGlite in Node and the model of the extension.
Figures are percent. Sets: LoCoMo (people talking; its fifth category asks about what was never said and is left out) and BEAM-100K, chats 1 to 10
(long conversations with an assistant). Nothing here reorders by a cross-encoder: none with a licence and files that could be shipped was at hand.
`;

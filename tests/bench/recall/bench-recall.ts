/**
 * How well recall finds what answers a question, beside plainer searches: `npm run bench:recall`; see HELP.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Embedder } from '../../../engine/embed';
import { startNodeEmbedder } from '../../../engine/embed/node';
import { fillStore, haystackOf, type Haystack } from './haystack';
import { keepEmbeddings } from './kept-embeddings';
import { type Conversation, type Id, type Question, type QuestionSet, readQuestionSet } from './question-sets';
import { type Counted, FIGURES, judge, meanFigures } from './score';
import { BASELINES, ENGINE, type System } from './systems';

const HELP = `How well recall finds what answers a question.

Usage: npm run bench:recall [-- options]

Without --data: the sets in the directory COMMONPLACE_DATA (locomo.json, beam-100k-1-10.json), each conversation as a
store of its own, each set in one store, and all sets in one store.

  --data FILE          Another set, of the same format or LongMemEval's official one. May be given several times.
  --merged             Only with all conversations in one store; without it and with --data, each in its own.
  --out RANKS.jsonl    A line per question: {"question", "turns": 50 ids at most, "sessions": [ids]}, best first, of the
                       fused search. In one store, an id of another conversation than the question's is
                       "CONVERSATION/ID".
  --only NAMES         Only these searches, by name and with commas: ${[...ENGINE, ...BASELINES].map((s) => s.name).join(', ')}.
  --take N             Only the first N conversations of each set.
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
      take: { type: 'string' },
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
  const names = values.only?.split(',').map((name) => name.trim());
  const systems = [...ENGINE, ...BASELINES].filter((system) => names?.includes(system.name) ?? true);
  const sets = files.map((file) => taken(readQuestionSet(file), Number(values.take ?? Infinity)));
  const settings: Setting[] =
    values.data.length === 0 && !values.merged && values.out === undefined
      ? ['own', 'set', ...(sets.length > 1 ? (['all'] as const) : [])]
      : [values.merged ? 'all' : 'own'];
  const embedder = keepEmbeddings(startNodeEmbedder(join(ROOT, 'models')), join(ROOT, '.cache', 'embeddings'));
  const ranks: string[] = [];
  const report: unknown[] = [];
  try {
    // also waits for the model: recall itself would go on without it
    await embedder.embed(['ready?'], 'query');
    for (const setting of settings) {
      const answers = await measure(sets, setting, systems, embedder, (line) => ranks.push(line));
      for (const set of sets) report.push(...print(set, setting, answers));
    }
  } finally {
    await embedder.close();
  }
  if (values.out !== undefined) writeFileSync(values.out, ranks.map((line) => `${line}\n`).join(''));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  return 0;
}

function ownSets(): string[] {
  const directory = process.env.COMMONPLACE_DATA;
  return directory ? ['locomo.json', 'beam-100k-1-10.json'].map((file) => join(directory, file)) : [];
}

function taken(set: QuestionSet, count: number): QuestionSet {
  return { ...set, conversations: set.conversations.slice(0, count) };
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
  for (const conversations of stores) {
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
    turns: ranked.turns.slice(0, RANKS).map((turn) => idOf(turns, conversation, turn, 'turn')),
    sessions: ranked.sessions.slice(0, RANKS).map((turn) => idOf(turns, conversation, turn, 'session')),
  });
}

/** Prints the tables of a set and returns the same rows as data. */
function print(set: QuestionSet, setting: Setting, answers: Answers): unknown[] {
  const rows: unknown[] = [];
  const mine = [...answers].map(([name, all]) => [name, all.filter((answer) => answer.set === set.name)] as const);
  const line = (name: string, counted: Answered[]) => {
    const figures = meanFigures(counted);
    if (!figures) return;
    const cells = FIGURES.map((figure) => (100 * figures[figure]).toFixed(1));
    console.log(`| ${[name, counted.length, ...cells].join(' | ')} |`);
    rows.push({ set: set.name, setting, name, questions: counted.length, ...figures });
  };
  const head = (title: string) => {
    console.log(`\n**${set.name}**, ${SETTINGS[setting]}: ${title}\n`);
    console.log(`| | questions | ${FIGURES.join(' | ')} |`);
    console.log(`|${' --- |'.repeat(FIGURES.length + 2)}`);
  };
  head(
    set.apart.length > 0 ? `the whole, without category ${set.apart.join(', ')}, by search` : 'the whole, by search',
  );
  for (const [name, all] of mine)
    line(
      name,
      all.filter(({ counted }) => counted),
    );
  for (const [title, key] of [
    ['by category', 'category'],
    ['by conversation', 'conversation'],
  ] as const) {
    if (key === 'conversation' && set.conversations.length > 20) continue;
    head(title);
    for (const [name, all] of mine) {
      if (!ENGINE.some((system) => system.name === name) || (key === 'conversation' && name !== 'fused')) continue;
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

/**
 * Reads sets of conversations with questions: the format of the research sets (LoCoMo, BEAM) and LongMemEval's official
 * one, into one shape.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** As the file has it: BEAM numbers its turns, others name them. */
export type Id = string | number;

export interface Turn {
  id: Id;
  speaker: string;
  /** Null where two people talk. */
  role: 'user' | 'assistant' | null;
  text: string;
}

export interface Session {
  id: string;
  /** When it began; null where the file's date cannot be read. */
  date: Date | null;
  turns: Turn[];
}

export interface Question {
  id: string;
  text: string;
  category: string;
  /** Ids of the turns that answer it; none where nothing does, and then it is not counted. */
  gold: Id[];
  /** What the set says is right; left out where it does not say. */
  answer?: string;
  /** Ids of the sessions that answer it. */
  goldSessions: string[];
  /** When it is asked, null where the file does not say: after the last session. */
  asked: Date | null;
}

export interface Conversation {
  id: string;
  sessions: Session[];
  questions: Question[];
}

export interface QuestionSet {
  name: string;
  conversations: Conversation[];
  /** Categories that are shown but not counted in the whole. */
  apart: string[];
}

/** What a file may leave out or have in another form is optional here. */
interface RawSet {
  id?: Id;
  sessions: Array<{ id?: Id; date?: string | number | null; turns?: RawTurn[] | null }>;
  questions?: Array<{
    id?: Id;
    q?: string;
    question?: string;
    a?: string | number | null;
    category?: Id;
    gold?: Id | Id[] | null;
    date?: string | number | null;
  }> | null;
}

interface RawTurn {
  id?: Id;
  speaker?: string | null;
  role?: string | null;
  text?: string | null;
  content?: string | null;
  caption?: string | null;
}

interface RawLongMemEval {
  question_id: string;
  question_type?: string;
  question?: string;
  question_date?: string | null;
  answer_session_ids?: string[] | null;
  haystack_dates?: Array<string | null> | null;
  haystack_session_ids?: string[] | null;
  haystack_sessions: Array<Array<{ role?: string; content?: string | null; has_answer?: boolean }>>;
}

/**
 * @param file a JSON array of either format, or one value a line; which format is seen from its first element.
 * @throws Error naming the file when it is neither.
 */
export function readQuestionSet(file: string): QuestionSet {
  const name = basename(file).replace(/\.jsonl?$/i, '');
  const text = readFileSync(file, 'utf8');
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) throw new Error(`${file} is no JSON.`, { cause: error });
    raw = lines.map((line, n) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (cause) {
        throw new Error(`${file} is no JSON, nor is its line ${n + 1}.`, { cause });
      }
    });
  }
  return questionSet(name, raw);
}

/** The same from parsed JSON; a single conversation needs no array around it. */
export function questionSet(name: string, raw: unknown): QuestionSet {
  const all = (Array.isArray(raw) ? raw : [raw]) as unknown[];
  const first = all[0];
  if (typeof first === 'object' && first !== null && 'haystack_sessions' in first) {
    return { name, conversations: (all as RawLongMemEval[]).map(fromLongMemEval), apart: [] };
  }
  if (typeof first === 'object' && first !== null && 'sessions' in first) {
    const conversations = (all as RawSet[]).map(fromSet);
    // LoCoMo's fifth category asks about what was never said; its evidence is the passage that misleads.
    const categories = new Set(conversations.flatMap((c) => c.questions.map((q) => q.category)));
    const locomo = categories.has('5') && [...categories].every((category) => /^[1-5]$/.test(category));
    return { name, conversations, apart: locomo ? ['5'] : [] };
  }
  throw new Error(
    `${name} is no question set: neither [{id, sessions, questions}] nor LongMemEval's [{haystack_sessions, …}].`,
  );
}

function fromSet(raw: RawSet, c: number): Conversation {
  const id = String(raw.id ?? c + 1);
  const sessions: Session[] = raw.sessions.map((session, s) => {
    const name = String(session.id ?? s + 1);
    return {
      id: name,
      date: readDate(session.date),
      turns: (session.turns ?? []).map((turn, t) => ({
        id: turn.id ?? `${name}:${t + 1}`,
        speaker: turn.speaker ?? turn.role ?? '',
        role: turn.role === 'user' || turn.role === 'assistant' ? turn.role : null,
        text: [turn.text ?? turn.content, turn.caption && `[${turn.caption}]`].filter(Boolean).join(' '),
      })),
    };
  });
  // Ids that a file has twice name every turn that has them.
  const sessionsOf = new Map<string, string[]>();
  for (const session of sessions) {
    for (const turn of session.turns) {
      sessionsOf.set(String(turn.id), [...(sessionsOf.get(String(turn.id)) ?? []), session.id]);
    }
  }
  return {
    id,
    sessions,
    questions: (raw.questions ?? []).map((question, q) => {
      const gold = [...new Set([question.gold ?? []].flat())].filter((turn) => sessionsOf.has(String(turn)));
      return {
        id: String(question.id ?? `${id}:${q + 1}`),
        text: question.q ?? question.question ?? '',
        category: String(question.category ?? ''),
        gold,
        ...(question.a === undefined || question.a === null ? {} : { answer: String(question.a) }),
        goldSessions: [...new Set(gold.flatMap((turn) => sessionsOf.get(String(turn)) ?? []))],
        asked: readDate(question.date),
      };
    }),
  };
}

/** One question and its haystack. A turn is named as in the official evaluation: session, `_`, place from 1. */
function fromLongMemEval(raw: RawLongMemEval): Conversation {
  const seen = new Map<string, number>();
  const gold: Id[] = [];
  const sessions = raw.haystack_sessions.map((turns, s) => {
    const name = raw.haystack_session_ids?.[s] ?? String(s);
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    const id = times === 0 ? name : `${name}~${times}`;
    return {
      id,
      date: readDate(raw.haystack_dates?.[s]),
      turns: turns.map((turn, t) => {
        if (turn.has_answer === true) gold.push(`${id}_${t + 1}`);
        const role = turn.role === 'assistant' ? ('assistant' as const) : ('user' as const);
        return { id: `${id}_${t + 1}`, speaker: role, role, text: turn.content ?? '' };
      }),
    };
  });
  // As the official evaluation does: a question that nothing answers has no evidence to find.
  const unanswerable = raw.question_id.includes('_abs');
  return {
    id: raw.question_id,
    sessions,
    questions: [
      {
        id: raw.question_id,
        text: raw.question ?? '',
        category: raw.question_type ?? '',
        gold: unanswerable ? [] : gold,
        goldSessions: unanswerable ? [] : (raw.answer_session_ids ?? []).filter((id) => seen.has(id)),
        asked: readDate(raw.question_date),
      },
    ],
  };
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * "1:56 pm on 8 May, 2023", "March-15-2024", "2023/05/20 (Sat) 02:21", ISO 8601 or a number of seconds or milliseconds
 * since 1970; without a zone taken for UTC. Null for anything else.
 */
export function readDate(text: string | number | null | undefined): Date | null {
  if (typeof text === 'number') return valid(new Date(text < 1e11 ? 1000 * text : text));
  if (!text) return null;
  if (/^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)$/.test(text)) return valid(new Date(text));
  const clock = /(\d{1,2}):(\d{2})\s*(am|pm)?/i.exec(text);
  const half = clock?.[3]?.toLowerCase();
  const hour = clock ? (Number(clock[1]) % (half ? 12 : 24)) + (half === 'pm' ? 12 : 0) : 9;
  const at = (year: string, month: number, day: string) =>
    month < 0 || month > 11 || Number(day) < 1 || Number(day) > 31
      ? null
      : new Date(Date.UTC(Number(year), month, Number(day), hour, Number(clock?.[2] ?? 0)));
  const month = (name: string) => MONTHS.indexOf(name.slice(0, 3).toLowerCase());
  const numbers = /\b(\d{4})[-/](\d{1,2})[-/](\d{1,2})/.exec(text);
  if (numbers) return at(numbers[1] as string, Number(numbers[2]) - 1, numbers[3] as string);
  const dayFirst = /\b(\d{1,2})[ -]([a-z]{3,})\.?,?[ -](\d{4})/i.exec(text);
  if (dayFirst) return at(dayFirst[3] as string, month(dayFirst[2] as string), dayFirst[1] as string);
  const monthFirst = /\b([a-z]{3,})\.?[ -](\d{1,2}),?[ -](\d{4})/i.exec(text);
  if (monthFirst) return at(monthFirst[3] as string, month(monthFirst[1] as string), monthFirst[2] as string);
  return null;
}

function valid(date: Date): Date | null {
  return Number.isNaN(date.getTime()) ? null : date;
}

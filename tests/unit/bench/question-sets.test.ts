import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { questionSet, readDate, readQuestionSet } from '../../bench/recall/question-sets';

describe('question sets', () => {
  it('keeps ids as the file has them and finds the sessions of the evidence', () => {
    const set = questionSet('mine', [
      {
        id: 'c',
        sessions: [
          { id: 's1', date: 'March-15-2024', turns: [{ id: 0, speaker: 'user', role: 'user', text: 'a' }] },
          { id: 's2', date: '', turns: [{ id: 1, speaker: 'Ann', text: 'b', caption: 'a dog' }] },
        ],
        questions: [{ id: 'q', q: 'what?', category: 'x', gold: [1, 99] }],
      },
    ]);
    const [conversation] = set.conversations;
    expect(conversation?.sessions.map((s) => s.date?.toISOString() ?? null)).toEqual([
      '2024-03-15T09:00:00.000Z',
      null,
    ]);
    expect(conversation?.sessions[1]?.turns[0]).toEqual({ id: 1, speaker: 'Ann', role: null, text: 'b [a dog]' });
    expect(conversation?.questions[0]).toMatchObject({ gold: [1], goldSessions: ['s2'] });
    expect(set.apart).toEqual([]);
  });

  it('sets LoCoMo’s fifth category apart', () => {
    const ask = (category: number) => ({ id: `q${category}`, q: '', category, gold: [] });
    expect(questionSet('l', [{ id: 'c', sessions: [], questions: [1, 2, 5].map(ask) }]).apart).toEqual(['5']);
  });

  it('reads LongMemEval’s official form, and asks nothing of a question without an answer', () => {
    const record = (id: string) => ({
      question_id: id,
      question_type: 'single-session-user',
      question: 'which?',
      question_date: '2023/05/30 (Tue) 23:40',
      answer_session_ids: ['answer_1'],
      haystack_dates: ['2023/05/20 (Sat) 02:21', '2023/05/21 (Sun) 10:00'],
      haystack_session_ids: ['other', 'answer_1'],
      haystack_sessions: [
        [{ role: 'user', content: 'hello' }],
        [
          { role: 'user', content: 'this', has_answer: true },
          { role: 'assistant', content: 'ok', has_answer: false },
        ],
      ],
    });
    const { conversations } = questionSet('lme', [record('q1'), record('q2_abs')]);
    expect(conversations[0]?.questions[0]).toEqual({
      id: 'q1',
      text: 'which?',
      category: 'single-session-user',
      gold: ['answer_1_1'],
      goldSessions: ['answer_1'],
      asked: new Date('2023-05-30T23:40:00Z'),
    });
    expect(conversations[0]?.sessions[0]?.date).toEqual(new Date('2023-05-20T02:21:00Z'));
    expect(conversations[1]?.questions[0]).toMatchObject({ gold: [], goldSessions: [] });
  });

  it('reads a file that leaves out what it can', () => {
    const [conversation] = questionSet('sparse', {
      sessions: [
        { turns: [{ text: 'a' }, { content: 'b', role: 'system' }, {}] },
        { id: 7, date: 1684000000, turns: null },
        {
          id: 7,
          date: 'some day',
          turns: [
            { id: 'x', text: null },
            { id: 'x', text: 'twice' },
          ],
        },
      ],
      questions: [
        { question: 'which?', gold: 'x' },
        { q: 'none?', gold: null },
      ],
    }).conversations;
    expect(conversation?.id).toBe('1');
    expect(conversation?.sessions.map(({ id, date }) => [id, date?.getUTCFullYear() ?? null])).toEqual([
      ['1', null],
      ['7', 2023],
      ['7', null],
    ]);
    expect(conversation?.sessions[0]?.turns).toEqual([
      { id: '1:1', speaker: '', role: null, text: 'a' },
      { id: '1:2', speaker: 'system', role: null, text: 'b' },
      { id: '1:3', speaker: '', role: null, text: '' },
    ]);
    expect(conversation?.questions).toEqual([
      { id: '1:1', text: 'which?', category: '', gold: ['x'], goldSessions: ['7'], asked: null },
      { id: '1:2', text: 'none?', category: '', gold: [], goldSessions: [], asked: null },
    ]);
    expect(questionSet('no questions', [{ id: 'c', sessions: [] }]).conversations[0]?.questions).toEqual([]);
  });

  it('reads a file with a value a line, and names the line that is none', () => {
    const directory = mkdtempSync(join(tmpdir(), 'set-'));
    const file = join(directory, 'lines.jsonl');
    const conversation = (id: string) => JSON.stringify({ id, sessions: [], questions: [] });
    writeFileSync(file, `${conversation('a')}\n\n${conversation('b')}\n`);
    expect(readQuestionSet(file)).toMatchObject({ name: 'lines', conversations: [{ id: 'a' }, { id: 'b' }] });
    writeFileSync(file, `${conversation('a')}\n{"id": `);
    expect(() => readQuestionSet(file)).toThrow(/lines\.jsonl is no JSON, nor is its line 2/);
    rmSync(directory, { recursive: true });
  });

  it('says what it is when it is neither', () => {
    expect(() => questionSet('x.json', [{ a: 1 }])).toThrow(/x\.json is no question set/);
  });

  it('reads the dates that the sets write', () => {
    expect(readDate('1:56 pm on 8 May, 2023')).toEqual(new Date('2023-05-08T13:56:00Z'));
    expect(readDate('12:05 am on 1 January, 2024')).toEqual(new Date('2024-01-01T00:05:00Z'));
    expect(readDate('2024-03-01')).toEqual(new Date('2024-03-01T09:00:00Z'));
    expect(readDate('2024-03-01T23:30:00+02:00')).toEqual(new Date('2024-03-01T21:30:00Z'));
    expect(readDate(1709328600)).toEqual(new Date('2024-03-01T21:30:00Z'));
    expect(readDate('2024-13-41')).toBeNull();
    expect(readDate('soon')).toBeNull();
    expect(readDate(null)).toBeNull();
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../engine/recall';
import { LOOKED_AT, WEIGHTS } from '../../../engine/recall/constants';
import { secondLook } from '../../../engine/recall/second-look';
import type { Row } from '../../../engine/recall/sql';

const NOW = new Date('2026-06-15T12:00:00Z');
const NONE = new Map<string, number>();

let made = 0;
function row(text: string, more: Partial<Row> = {}): Row {
  made++;
  return {
    chunk_id: `c${String(made).padStart(6, '0')}`,
    document_id: `d${made}`,
    message_id: `m${made}`,
    message_external_id: null,
    kind: 'conversation',
    source: 'chatgpt',
    title: null,
    url: null,
    role: 'user',
    author: null,
    model: null,
    created_at: Date.parse('2026-01-01T00:00:00Z'),
    text,
    score: 1,
    words: 1,
    similarity: null,
    time: null,
    language: 'en',
    context: '',
    terms: null,
    ...more,
  };
}

const look = (question: string, rows: Row[], rarities: ReadonlyMap<string, number> = NONE) =>
  secondLook(rows, parseQuery({ text: question }, NOW), rarities, WEIGHTS);
const texts = (rows: Row[]) => rows.map(({ text }) => text);

describe('near-duplicates', () => {
  const long =
    'We agreed that the old greenhouse comes down after the harvest and the bricks go to the neighbours for their path';

  it('become the newest in the place of the best', () => {
    const rows = [
      row(long, { score: 3, created_at: Date.parse('2026-01-01T00:00:00Z') }),
      row('Something else', { score: 2 }),
      row(`${long}!`, { score: 1, created_at: Date.parse('2026-03-01T00:00:00Z') }),
    ];
    expect(texts(look('greenhouse', rows))).toEqual([`${long}!`, 'Something else']);
  });

  it.each([
    ['one word of many differs', `${long} this year`, `${long.replace('harvest', 'summer')} this year`],
    ['other signs stand between', long, `“${long.replaceAll(' and ', '—and… ').toUpperCase()}”🎉`],
    ['a word stands twice', long, long.replace('the old', 'the old, old')],
    ['letters of any script are the same', 'Ёлка Über Größe 東京へ行く', 'ёлка, über; größe: 東京へ行く。'],
  ])('are one where %s', (_, one, other) => {
    expect(look('q', [row(one), row(other)])).toHaveLength(1);
  });

  it.each([
    [
      'a number differs',
      'The rent of our flat by the old harbour is now 900 euros each month, due before noon on every first, as that contract from our landlord says',
      'The rent of our flat by the old harbour is now 950 euros each month, due before noon on every first, as that contract from our landlord says',
      {},
    ],
    ['another person says it', 'Happy birthday to you', 'Happy birthday to you', { author: 'Ann' }],
    ['the other side says it', 'Happy birthday to you', 'Happy birthday to you', { role: 'assistant' as const }],
    ['a word of few differs', 'book the red cabin', 'book the blue cabin', {}],
    ['there are no words', '🎉🎉', '🦀🦀', {}],
  ])('they are not where %s', (_, one, other, more) => {
    expect(look('q', [row(one), row(other, more)])).toHaveLength(2);
  });

  it('take nothing away that is not there in other words of it', () => {
    const words = fc.array(fc.constantFrom('ant', 'bee', 'cat', 'dog', 'elk', 'fox', '7', '8'), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), (all) => {
        const rows = all.map((list, i) => row(list.join(' '), { score: 20 - i }));
        const left = look('q', rows);
        const bags = new Set(left.map(({ text }) => [...new Set(text.split(' '))].sort().join(' ')));
        for (const { text } of rows) expect(bags).toContain([...new Set(text.split(' '))].sort().join(' '));
        expect(new Set(texts(left)).size).toBe(left.length);
      }),
    );
  });
});

describe('the second look', () => {
  it('prefers a conversation that has more of the words, rare ones counting more', () => {
    const rarities = new Map([
      ['loom', 5],
      ['blue', 1],
    ]);
    const rows = [
      row('the blue one', { document_id: 'a' }),
      row('the one', { document_id: 'b' }),
      row('a loom', { document_id: 'b', score: 0.5 }),
    ];
    expect(texts(look('blue loom', rows, rarities))[0]).toBe('the one');
  });

  it('prefers a text that tells a time when the question asks for one', () => {
    const rows = [row('We went sailing with the club.'), row('We went sailing last Friday.')];
    expect(texts(look('When did they go sailing?', rows))[0]).toContain('Friday');
    expect(texts(look('Where did they go sailing?', rows))[0]).not.toContain('Friday');
  });

  it('puts a turn that itself asks behind, where people talk, and only there', () => {
    const said = (author: string | null) => [
      row('Did you adopt the dog?', { author }),
      row('She adopted the dog.', { author }),
    ];
    expect(texts(look('who adopted a dog', said('Ann')))[0]).toBe('She adopted the dog.');
    expect(texts(look('who adopted a dog', said(null)))[0]).toBe('Did you adopt the dog?');
  });

  it.each([
    [
      'said by the person whom the question names',
      'Where does Ann live?',
      { author: 'Bob' },
      'By the sea.',
      { author: 'Ann' },
      'By the sea.',
    ],
    ['said of the speaker', 'who lives by the sea', {}, 'Some live by the sea.', {}, 'I live by the sea.'],
    [
      'said of the speaker in another language',
      'wer wohnt am Meer',
      {},
      'Man wohnt am Meer.',
      { language: 'de' },
      'Ich wohne am Meer.',
    ],
    [
      'that tells a time, where people talk',
      'the sea',
      { author: 'Ann' },
      'The sea was wild.',
      { author: 'Ann' },
      'The sea was wild last week.',
    ],
    [
      'of what is liked, when help is asked for',
      'How should I plan a day by the sea?',
      {},
      'My day by the sea.',
      {},
      'I prefer my days by the sea short.',
    ],
  ])('prefers a text %s', (_, question, ofOther, other, ofBetter, better) => {
    const found = look(question, [row(other, ofOther), row(better, ofBetter)]);
    expect(found[0]).toMatchObject({ text: better, ...ofBetter });
  });

  it('takes what is liked for nothing more where the past is asked for, or among people', () => {
    const rows = (author: string | null) => [
      row('My day by the sea.', { author }),
      row('I prefer my days by the sea short.', { author }),
    ];
    expect(texts(look('How did I plan my day by the sea?', rows(null)))[0]).toBe('My day by the sea.');
    expect(texts(look('How should I plan a day by the sea?', rows('Ann')))[0]).toBe('My day by the sea.');
  });

  it('leaves what it does not look at behind the rest, best first', () => {
    const rows = Array.from({ length: LOOKED_AT + 10 }, (_, i) =>
      row(`text ${i}?`, { author: 'Ann', score: 1 - i / 1000 }),
    );
    const left = look('q', rows);
    expect(texts(left)).toEqual(texts(rows));
    for (let i = 1; i < left.length; i++) expect(left[i]?.score).toBeLessThanOrEqual(left[i - 1]?.score ?? NaN);
  });
});

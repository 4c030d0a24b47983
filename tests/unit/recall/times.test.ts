import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedTimes } from '../../../engine/recall/times';

// A Monday. The tests run in any time zone, so days are compared as local ones.
const NOW = new Date(2026, 5, 15, 12);

const local = (time: number) => {
  const date = new Date(time);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return date.getHours() === 0 ? day : `${day} ${date.getHours()}h`;
};
const spans = (text: string) => namedTimes(text, NOW).map(({ from, to }) => `${local(from)} to ${local(to)}`);

/** The question without the words of its times. */
const rest = (text: string) =>
  namedTimes(text, NOW)
    .toReversed()
    .reduce((left, { words }) => (words ? left.slice(0, words[0]) + left.slice(words[1]) : left), text);

describe('times named in a question', () => {
  it.each([
    ['yesterday', '2026-06-14 to 2026-06-15'],
    ['yesterday evening', '2026-06-14 17h to 2026-06-15'],
    ['the day before yesterday', '2026-06-13 to 2026-06-14'],
    ['3 days ago', '2026-06-12 to 2026-06-13'],
    ['two weeks ago', '2026-05-29 to 2026-06-05'],
    ['fifteen days ago', '2026-05-31 to 2026-06-01'],
    ['a year and two days ago', '2025-06-13 to 2025-06-14'],
    ['this morning', '2026-06-15 4h to 2026-06-15 12h'],
    ['last Sept', '2025-09-01 to 2025-10-01'],
    ['on thurs.', '2026-06-11 to 2026-06-12'],
    ['5/6/2025', '2025-05-06 to 2025-05-07'],
    ['last week', '2026-06-08 to 2026-06-15'],
    ['last month', '2026-05-01 to 2026-06-01'],
    ['last year', '2025-01-01 to 2026-01-01'],
    ['last quarter', '2026-01-01 to 2026-04-01'],
    ['last summer', '2025-06-01 to 2025-09-01'],
    ['last Monday', '2026-06-08 to 2026-06-09'],
    ['on Friday', '2026-06-12 to 2026-06-13'],
    ['over the weekend', '2026-06-13 to 2026-06-15'],
    ['in March', '2026-03-01 to 2026-04-01'],
    ['in december', '2025-12-01 to 2026-01-01'],
    ['in may', '2026-05-01 to 2026-06-01'],
    ['early May', '2026-05-01 to 2026-05-11 8h'],
    ['May 2023', '2023-05-01 to 2023-06-01'],
    ['on 7 May 2023', '2023-05-07 to 2023-05-08'],
    ['in 2023', '2023-01-01 to 2024-01-01'],
    ['Q3 2025', '2025-07-01 to 2025-10-01'],
    ['in the spring of 2024', '2024-03-01 to 2024-06-01'],
    ['between March and May', '2026-03-01 to 2026-06-01'],
    ['from March to May 2024', '2024-03-01 to 2024-06-01'],
    ['between 2022 and 2024', '2022-01-01 to 2025-01-01'],
    ['since June', '2026-06-01 to 2026-06-15 13h'],
    ['in the last 3 days', '2026-06-12 to 2026-06-15 13h'],
    ['2026-05-01', '2026-05-01 to 2026-05-02'],
    ['2026-05', '2026-05-01 to 2026-06-01'],
    ['easter 2024', '2024-03-30 to 2024-04-02'],
    ['last christmas', '2025-12-24 to 2025-12-27'],
  ])('%s is %s', (text, span) => {
    expect(spans(`the tea ${text}`)).toEqual([span]);
  });

  it.each([
    ['de', 'was habe ich letzte Woche über Tee gesagt', '2026-06-08 to 2026-06-15'],
    ['de', 'Rezept vor 3 Tagen', '2026-06-12 to 2026-06-13'],
    ['de', 'was war im März los', '2026-03-01 to 2026-04-01'],
    ['fr', 'ce que j’ai dit hier', '2026-06-14 to 2026-06-15'],
    ['fr', "qu'est-ce que j'ai dit le mois dernier", '2026-05-01 to 2026-06-01'],
    ['es', 'qué dije hace 3 días', '2026-06-12 to 2026-06-13'],
    ['es', 'lo que dije en marzo de 2024', '2024-03-01 to 2024-04-01'],
    ['pt', 'o que eu disse na semana passada', '2026-06-08 to 2026-06-15'],
    ['it', 'cosa ho detto la settimana scorsa', '2026-06-08 to 2026-06-15'],
    ['nl', 'wat zei ik vorige week', '2026-06-08 to 2026-06-15'],
    ['sv', 'vad sa jag förra veckan om te', '2026-06-08 to 2026-06-15'],
    ['pl', 'co mówiłem w zeszłym tygodniu', '2026-06-08 to 2026-06-15'],
    ['tr', 'geçen hafta ne dedim', '2026-06-08 to 2026-06-15'],
    ['ru', 'что я писал в марте', '2026-03-01 to 2026-04-01'],
    ['ar', 'ماذا قلت الأسبوع الماضي', '2026-06-08 to 2026-06-15'],
    ['hi', 'मैंने 3 दिन पहले क्या कहा', '2026-06-12 to 2026-06-13'],
    ['ja', '先週お茶について何を言った', '2026-06-08 to 2026-06-15'],
    ['ja', '3日前に言ったこと', '2026-06-12 to 2026-06-13'],
    ['zh', '2023年5月说了什么', '2023-05-01 to 2023-06-01'],
    ['ko', '지난주에 뭐라고 했지', '2026-06-08 to 2026-06-15'],
  ])('are read in %s: %s', (_language, text, span) => {
    expect(spans(text)).toContain(span);
  });

  it.each([
    'tea',
    'may I ask',
    'fall in love with spring',
    'march of progress',
    'the second sun',
    '2023 budget',
    'at 3 o’clock',
    'ten minutes ago',
    '14 hours ago',
    'two weeks earlier',
    'before the launch',
    'plans for tomorrow',
    'next week',
    'el mar y el sol',
    '',
    '🎉',
  ])('are not made out of "%s"', (text) => {
    expect(spans(text)).toEqual([]);
  });

  it('seen from now leave the question with the small words that lead to them', () => {
    expect(rest('what did I say about tea in the last week')).toBe('what did I say about tea ');
    expect(rest('tea a few days ago')).toBe('tea ');
    expect(rest('christmas presents')).toBe('christmas presents');
  });

  it('weigh more the narrower and the surer they are, and end the softer the vaguer', () => {
    const [day, week, year, vague] = ['yesterday', 'last week', 'in 2023', 'a couple of months ago'].map(
      (text) => namedTimes(text, NOW)[0],
    );
    expect(day?.weight).toBeGreaterThan(week?.weight ?? 1);
    expect(week?.weight).toBeGreaterThan(year?.weight ?? 1);
    expect(vague?.edge).toBeGreaterThan(week?.edge ?? 0);
  });

  it('are spans of the past within the text, whatever is typed and whenever', () => {
    const said = fc.constantFrom('last', 'week', 'march', 'to', 'May', '2024', 'between', 'and', 'ago', '3', 'since', 'before', 'Q1', 'the', 'monday', 'vor', 'Tagen', 'hier', '先週', 'İ', '2', 'months', 'easter'); // prettier-ignore
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 120, unit: 'grapheme' }),
          fc.array(said, { maxLength: 12 }).map((all) => all.join(' ')),
        ),
        fc.date({ min: new Date('2001-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
        (text, now) => {
          for (const time of namedTimes(text, now)) {
            expect(time.to).toBeGreaterThan(time.from);
            expect(time.edge).toBeGreaterThan(0);
            expect(time.weight).toBeGreaterThan(0);
            expect(time.weight).toBeLessThanOrEqual(1);
            if (time.words) expect(text.slice(...time.words).length).toBe(time.words[1] - time.words[0]);
          }
        },
      ),
    );
  });
});

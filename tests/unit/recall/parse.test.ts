import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../engine/recall';

const NOW = new Date(2026, 5, 15, 12);
const asked = (text: string) => parseQuery({ text }, NOW);

describe('operators', () => {
  it('are read in any case, several of a kind together', () => {
    const { text, filters, hosts, excluded, phrases } = asked(
      'FROM:ChatGPT from:web Kind:pages role:me Site:https://www.Example.org/x tea -milk -"green tea" "hot water"',
    );
    expect(text).toBe('tea hot water');
    expect(filters).toEqual({ sources: ['chatgpt', 'web'], kinds: ['page'], roles: ['user'] });
    expect(hosts).toEqual(['example.org']);
    expect(excluded).toEqual(['milk', 'green tea']);
    expect(phrases).toEqual(['hot water']);
  });

  it('leave out what they name behind a minus', () => {
    const { text, without, filters } = asked('tea -from:claude -site:example.org -kind:page -role:assistant');
    expect(text).toBe('tea');
    expect(without).toEqual({ sources: ['claude'], hosts: ['example.org'], kinds: ['page'], roles: ['assistant'] });
    expect(filters).toEqual({});
  });

  it.each([
    ['after:2026-03', new Date(2026, 2, 1), undefined],
    ['since:2026-03', new Date(2026, 2, 1), undefined],
    ['before:march', undefined, new Date(2026, 2, 1)],
    ['before:may', undefined, new Date(2026, 4, 1)],
    ['-before:2025', new Date(2025, 0, 1), undefined],
    ['on:yesterday', new Date(2026, 5, 14), new Date(2026, 5, 15)],
    ['on:"last month"', new Date(2026, 4, 1), new Date(2026, 5, 1)],
    ['after:last-week', new Date(2026, 5, 8), undefined],
    ['after:gestern', new Date(2026, 5, 14), undefined],
  ])('take times as hard filters: %s', (text, after, before) => {
    const { filters, text: left } = asked(`tea ${text}`);
    expect(left).toBe('tea');
    expect(filters).toEqual({
      ...(after && { after: after.toISOString() }),
      ...(before && { before: before.toISOString() }),
    });
  });

  it.each(['foo:bar tea', 'kind:zebra', 'after:never', 'https://example.org/a?b=c:d', 'from:', 'role:king'])(
    'are text when they are none: %s',
    (text) => {
      expect(asked(text)).toMatchObject({ text, filters: {}, hosts: [], excluded: [] });
    },
  );

  it('say who spoke with from:me', () => {
    expect(asked('from:me tea').filters).toEqual({ roles: ['user'] });
  });

  it('are not looked for in what was pasted', () => {
    const pasted = `ls -la --all && grep "from:me" x ${'lorem ipsum '.repeat(40)}`;
    expect(asked(pasted)).toMatchObject({ excluded: [], phrases: [], filters: {} });
  });

  it('take typographic quotation marks for quotation marks', () => {
    expect(asked('“hot water” tea').phrases).toEqual(['hot water']);
  });

  it.each(['When did I read "Little Women"?', 'what Ana took away from "Little Women"', '“Little Women” 是什么？'])(
    'are no condition where a whole sentence quotes something: %s',
    (text) => {
      expect(asked(text)).toMatchObject({ phrases: [], quoted: ['Little Women'] });
    },
  );
});

describe('words for times', () => {
  it.each([
    ['green tea last week', 'green tea'],
    ['letzte Woche über Tee', 'über Tee'],
    ['先週お茶', 'お茶'],
  ])('that only say when, seen from now, are not searched for: %s', (text, about) => {
    expect(asked(text)).toMatchObject({ text, about, times: [expect.anything()] });
  });

  it.each(['tea in March', 'tea on Monday', 'christmas 2023', 'tea on 7 May 2023'])(
    'that stand in what was said are: %s',
    (text) => {
      expect(asked(text)).toMatchObject({ text, about: text, times: [expect.anything()] });
    },
  );

  it.each(['last week', 'the last week', 'vor 3 Tagen'])('are, when nothing else is left: %s', (text) => {
    expect(asked(text)).toMatchObject({ text, about: text, times: [expect.anything()] });
  });
});

describe('whose words are asked for in other languages', () => {
  it.each([
    ['Was hast du mir gegen Schnecken empfohlen?', 'assistant'],
    ['Was habe ich über den Garten gesagt?', 'user'],
    ["Qu'est-ce que tu m'as conseillé pour le jardin ?", 'assistant'],
    ['¿Qué me recomendaste para la espalda?', 'assistant'],
    ['Cosa mi hai consigliato per il giardino?', 'assistant'],
    ['Что ты посоветовал мне от улиток?', 'assistant'],
    ['Что я говорил о саде?', 'user'],
    ['你建议我怎么做', 'assistant'],
    ['おすすめしてくれた本は何', 'assistant'],
    ['Garten und Schnecken', null],
  ])('%s: %s', (text, whose) => {
    expect(asked(text).asksFor).toBe(whose);
  });
});

describe('any text', () => {
  it('is read, and something that can be searched for stays', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 20, unit: 'binary' }),
      fc.constantFrom(
        'from:',
        'site:',
        '-',
        '"',
        '-"',
        'kind:page',
        'before:',
        'last week',
        '“',
        ':',
        '\ud83c',
        '\0',
        '-from:x',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const parsed = asked(pieces.join(' '));
        expect(parsed.text.isWellFormed()).toBe(true);
        expect(parsed.about === '').toBe(parsed.text === '');
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { showPassage } from '../../../engine/recall/passage';
import { searchStems } from '../../../engine/recall/stem';
import { languageOf, searchTerms, wordsOf } from '../../../engine/words';

describe('the words of a text', () => {
  it.each([
    ["don't l'eau it’s", ['don', 'l', 'eau', 'it']],
    ['Python 3.11, v0.5.14', ['python', '3.11', 'v0', '5', '14']],
    ['self-care by e-mail', ['self', 'care', 'selfcar', 'by', 'e', 'mail', 'email']],
    ['2026-05-01', ['2026', '05', '01']],
    ['CAFÉ cafe Straße strasse', ['cafe', 'cafe', 'strass', 'strass']],
    ['日本語', ['日', '日本', '本', '本語', '語']],
    ['ｶﾀｶﾅ カタカナ', ['カタ', 'タカ', 'カナ', 'カタ', 'タカ', 'カナ']],
    ['น้ำชา', ['น้ำ', 'ำช', 'ชา']],
    ['PostgreSQLのインデックス', ['postgresql', 'のイ', 'イン', 'ンデ', 'デッ', 'ック', 'クス']],
    ['🎉 -- §', []],
  ])('%s', (text, stems) => {
    expect([...wordsOf(text)].map(({ stem }) => stem)).toEqual(stems);
  });

  it('are the same with and without accents, in the languages that have them', () => {
    for (const [language, a, b] of [
      ['es', 'canción', 'cancion'],
      ['fr', 'élève', 'eleve'],
      ['tr', 'kitabı', 'kitabi'],
      ['ar', 'كِتَاب', 'كتاب'],
    ] as const) {
      expect(searchTerms(a, language), a).toBe(searchTerms(b, language));
    }
  });

  it.each([
    ['She bought, buys and is buying it', ['buy', 'buy', 'buy']],
    ['written by children and women', ['write', 'child', 'woman']],
    ['a bit of what he saw there', ['bit', 'saw']],
    ['of agenda and data', ['agenda', 'data']],
  ])('of an irregular word are of its base: %s', (text, stems) => {
    expect(searchTerms(text, null).split(' ')).toEqual(stems);
  });

  it('lie in the text in order, and what is found is what is marked', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ maxLength: 60, unit: 'grapheme' }), fc.lorem()),
        fc.constantFrom(null, 'de', 'fr', 'ru', 'tr', 'ar', 'ja'),
        (text, language) => {
          let at = 0;
          for (const word of wordsOf(text, language)) {
            expect(text.slice(word.start, word.end)).toBe(word.text);
            expect(word.end).toBeGreaterThanOrEqual(at);
            at = word.end;
          }
          const terms = new Set(searchTerms(text, language).split(' ').filter(Boolean));
          const asked = searchStems(text.slice(0, 20), [language]);
          const found = [...asked].some((stem) => terms.has(stem));
          if (found) expect(showPassage(text, asked, [], language).highlights.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('tell no language where there are too few of them, or too many', () => {
    for (const text of ['', 'tea', '2026', 'Rezept', 'end of March', 'ten minutes', '🎉']) {
      expect(languageOf(text), text).toBeNull();
    }
    expect(languageOf('We met in Köln and it was late, so that we took the train.')).toBe('en');
  });
});

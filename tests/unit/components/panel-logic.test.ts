import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayStart, heading, inWords } from '../../../components/dates';
import { chipsOf, takeFilters, toggle, withTime } from '../../../components/filters';
import { heldCount, holdRows } from '../../../components/hold';
import { locate, squeeze } from '../../../components/locate';
import { dollarMath, parseMarkdown, safeAddress } from '../../../components/markdown';
import { shownPassage } from '../../../components/passage';
import { count, setWords, words } from '../../../components/words';

beforeAll(() => {
  const messages = JSON.parse(
    readFileSync(new URL('../../../public/_locales/en/messages.json', import.meta.url), 'utf8'),
  ) as Record<string, { message: string }>;
  setWords((key, values) =>
    (messages[key]?.message ?? '').replace(/\$(\d)/gu, (_, digit: string) => values[Number(digit) - 1] ?? ''),
  );
});

describe('rows', () => {
  const key = (row: string) => row;
  const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 12 });

  it('do not move while somebody is on them, whatever arrives', () => {
    fc.assert(
      fc.property(ids, ids, fc.nat(14), (shown, next, on) => {
        const held = heldCount(Math.min(on, shown.length - 1));
        const rows = holdRows(shown, next, held, key);
        expect(rows.slice(0, held)).toEqual(shown.slice(0, held));
      }),
    );
  });

  it('hold everything that arrived, once', () => {
    fc.assert(
      fc.property(ids, ids, fc.nat(14), (shown, next, held) => {
        const rows = holdRows(shown, next, held, key);
        expect(new Set(rows).size).toBe(rows.length);
        expect(rows).toEqual(expect.arrayContaining(next));
      }),
    );
  });

  it('are simply the new ones when nobody is on them', () => {
    expect(holdRows(['a', 'b'], ['b', 'c'], heldCount(null, null), key)).toEqual(['b', 'c']);
  });
});

describe('a passage', () => {
  const text = (runs: ReturnType<typeof shownPassage>) => runs.map((run) => run.text).join('');
  const marked = (passage: string, ...terms: string[]) =>
    shownPassage(
      passage,
      terms.map((term) => [passage.indexOf(term), passage.indexOf(term) + term.length] as const),
    );

  it('is read without its Markdown, the matched words marked', () => {
    const runs = marked(
      '## Yeast\n\n- the **poke test** is `unreliable`, see [the book](https://example.org)',
      'poke test',
      'book',
    );
    expect(text(runs)).toBe('Yeast the poke test is unreliable, see the book');
    expect(runs.filter((run) => run.marked).map((run) => run.text)).toEqual(['poke test', 'book']);
  });

  it('keeps names with underscores and prices', () => {
    expect(text(shownPassage('set plan_cache_mode to 5 * 3, for $5', []))).toBe('set plan_cache_mode to 5 * 3, for $5');
  });

  it('leaves what stands in code and formulas as it is', () => {
    const read = (passage: string) => text(shownPassage(passage, []));
    expect(read('Slow:\n\n```sql\nselect count(*) from __all__ -- `job`\n```\n\nWhy is it **slow**?')).toBe(
      'Slow: select count(*) from __all__ -- `job` Why is it slow?',
    );
    expect(read('Cut off:\n```js\nreturn a ** b;\n# not a heading')).toBe('Cut off: return a ** b; # not a heading');
    expect(read('Call `__init__` and `*args`, *then* wait')).toBe('Call __init__ and *args, then wait');
    expect(read('It is \\(c = c_{\\text{start}}\\), so *a lot*')).toBe('It is c = c_{\\text{start}}, so a lot');
    expect(read('That is $c_{1} * c_{2}$ and *not* $5 or *maybe* $6')).toBe(
      'That is $c_{1} * c_{2}$ and not $5 or maybe $6',
    );
  });

  it('starts near the first match when that is far away', () => {
    const runs = marked(`${'Something else entirely. '.repeat(20)}Then the kiln cracked.`, 'kiln');
    expect(text(runs).length).toBeLessThan(160);
    expect(text(runs)).toMatch(/^… /u);
    expect(runs.some((run) => run.marked && run.text === 'kiln')).toBe(true);
  });

  it('loses no letter of a matched word', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.stringMatching(/^[a-z]{1,8}$/u),
        (around, word) => {
          const passage = `${around} ${word} ${around}`;
          const start = around.length + 1;
          const runs = shownPassage(passage, [[start, start + word.length]]);
          // Inside a fence line or a link's address everything is syntax; those are not prose.
          if (/[`~[\]()]/u.test(around)) return;
          expect(
            runs
              .filter((run) => run.marked)
              .map((run) => run.text)
              .join(''),
          ).toBe(word);
        },
      ),
    );
  });
});

describe('filters', () => {
  it('leave the text once they are finished, and only those that are understood', () => {
    expect(takeFilters('from:chatgpt', {})).toEqual({ text: 'from:chatgpt', filters: {} });
    expect(takeFilters('yeast from:chatgpt kind:pages from:gem', {})).toEqual({
      text: 'yeast from:gem',
      filters: { sources: ['chatgpt'], kinds: ['page'] },
    });
    expect(takeFilters('kind:zebra yeast ', {}).text).toBe('kind:zebra yeast ');
    expect(takeFilters('role:me after:2026-05-01 ', {}).filters).toEqual({
      roles: ['user'],
      after: new Date(2026, 4, 1).toISOString(),
    });
  });

  it('are chips, each of which takes away just itself', () => {
    const filters = withTime(toggle(toggle({}, 'sources', 'chatgpt'), 'kinds', 'page'), '2026-05-01T00:00:00Z', null);
    const chips = chipsOf(filters);
    expect(chips.map((chip) => chip.id)).toEqual(['source:chatgpt', 'kind:page', 'time']);
    for (const chip of chips) {
      expect(chipsOf(chip.without).map(({ id }) => id)).toEqual(
        chips.map(({ id }) => id).filter((id) => id !== chip.id),
      );
    }
  });
});

describe('times', () => {
  const now = new Date(2026, 4, 12, 9, 0);
  const at = (...parts: [number, number, number, number]) => new Date(...parts).toISOString();

  it('are said as a person says them', () => {
    expect(inWords(at(2026, 4, 12, 8), now)).toBe('1 hour ago');
    expect(inWords(at(2026, 4, 11, 23), now)).toBe('yesterday');
    expect(inWords(at(2026, 4, 9, 12), now)).toBe('3 days ago');
    expect(inWords(at(2026, 2, 2, 12), now)).toMatch(/Mar/u);
    expect(inWords(at(2025, 2, 2, 12), now)).toMatch(/2025/u);
  });

  it('stand under today, yesterday, this week, then months', () => {
    const headings = [at(2026, 4, 12, 1), at(2026, 4, 11, 1), at(2026, 4, 8, 1), at(2026, 3, 1, 1), at(2025, 3, 1, 1)];
    expect(headings.map((iso) => heading(iso, now))).toEqual([
      'Today',
      'Yesterday',
      'Earlier this week',
      'April',
      'April 2025',
    ]);
  });

  it('refuse a day that is none', () => {
    expect(dayStart('2026-02-30')).toBeNull();
    expect(dayStart('tomorrow')).toBeNull();
    expect(dayStart('2026-02-28', 1)).toBe(new Date(2026, 2, 1).toISOString());
  });
});

describe('finding a passage in what is drawn', () => {
  it('sees through Markdown', () => {
    const drawn = 'Most flat loaves are under-fermented, not badly shaped.';
    expect(locate(drawn, 'flat loaves are **under-fermented**, not')).toEqual([[5, 41]]);
  });

  it('falls back to the sentences that are there', () => {
    const drawn = 'The first sentence is here. The third sentence is here.';
    const ranges = locate(
      drawn,
      'The first sentence is here. A second was drawn as a picture. The third sentence is here.',
    );
    expect(ranges.map(([start, end]) => drawn.slice(start, end))).toEqual([
      'The first sentence is here',
      'The third sentence is here',
    ]);
  });

  it('gives offsets that fall on the letters they name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { letters, offsets } = squeeze(text);
        expect(offsets.length).toBe(letters.length);
        expect(offsets.every((offset) => offset < text.length)).toBe(true);
      }),
    );
  });
});

describe('Markdown', () => {
  it('takes the assistants’ formulas and leaves code and money alone', () => {
    expect(dollarMath('so \\(a+b\\) and `\\(code\\)`')).toBe('so $$a+b$$ and `\\(code\\)`');
    expect(dollarMath('```\n\\[x\\]\n```\n\\[y\\]')).toBe('```\n\\[x\\]\n```\n\n$$\ny\n$$\n');
    const [paragraph] = parseMarkdown('It costs $5 and then $6.').children;
    expect(paragraph).toMatchObject({
      type: 'paragraph',
      children: [{ type: 'text', value: 'It costs $5 and then $6.' }],
    });
  });

  it('follows only addresses a person may follow', () => {
    expect(safeAddress('https://example.org/')).toBe('https://example.org/');
    for (const address of [
      'javascript:alert(1)',
      ' JaVaScRiPt:1',
      'data:text/html,x',
      'file:///etc',
      '//x.y',
      'blob:x',
      '',
    ]) {
      expect(safeAddress(address), address).toBeNull();
    }
  });
});

describe('counts', () => {
  it('agree with their number', () => {
    expect([count('turns', 1), count('turns', 2), count('turns', 1240)]).toEqual([
      '1 message',
      '2 messages',
      '1,240 messages',
    ]);
    expect(words('indexing', 3120, 9800)).toBe('Reading 3,120 of 9,800');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BrokenItem,
  type JsonItem,
  jsonItems,
  type JsonItemsOptions,
} from '../../../engine/connectors/json-items';

async function all(text: string, options: JsonItemsOptions & { piece?: number } = {}) {
  const size = options.piece ?? text.length + 1;
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size));
  const items: Array<JsonItem | BrokenItem> = [];
  for await (const item of jsonItems(pieces, options)) items.push(item);
  return items;
}
const values = (items: Array<JsonItem | BrokenItem>) => items.flatMap((item) => ('value' in item ? [item.value] : []));
const broken = (items: Array<JsonItem | BrokenItem>) => items.flatMap((item) => ('problem' in item ? [item] : []));

describe('taking a JSON file apart', () => {
  it('gives the items of an array as JSON.parse does, wherever its pieces end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue()),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (items, piece, wide) => {
          const text = JSON.stringify(items, null, wide ? 2 : 0);
          expect(values(await all(text, { piece }))).toEqual(JSON.parse(text));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives one object as one record, and JSON Lines line by line', async () => {
    const object = { messages: [{ a: 1 }], b: { c: [1, 2] } };
    expect(values(await all(JSON.stringify(object, null, 2), { piece: 3 }))).toEqual([object]);
    expect(values(await all('{"a":1}\n{"a":[2]}\n\n{"a":"}\\n"}', { piece: 2 }))).toEqual([
      { a: 1 },
      { a: [2] },
      { a: '}\n' },
    ]);
  });

  it('gives the items of the arrays that were asked for in an object', async () => {
    const text = JSON.stringify(
      { user: { conversations: [0] }, conversations: [{ a: 1 }, 2, [3]], other: [4], more: [5] },
      null,
      1,
    );
    for (const piece of [1, 2, 7, 1000]) {
      const items = await all(text, { piece, fields: /^(conversations|more)$/ });
      expect(items.map((item) => ('value' in item ? [item.field, item.value] : item.problem))).toEqual([
        ['conversations', { a: 1 }],
        ['conversations', 2],
        ['conversations', [3]],
        ['more', 5],
      ]);
    }
  });

  it('says the line and number of each record that is broken and goes on with the next', async () => {
    const record = (n: number, text = 'x') => `  {"title": "t${n}", "mapping": {"a": "${text}"}}`;
    const whole = [1, 2, 3, 4, 5].map((n) => record(n));
    const faults: Array<[string, string]> = [
      ['a lost quote', record(3).replace('"t3"', '"t3')],
      ['a lost end', record(3).slice(0, -2)],
      ['an end too many', `${record(3)}}`],
      ['a wrong token', record(3).replace('"x"', 'undefined')],
      ['a raw line break', record(3, 'a\nb')],
    ];
    for (const [fault, text] of faults) {
      for (const piece of [5, 1000]) {
        const items = await all(`[\n${[whole[0], whole[1], text, whole[3], whole[4]].join(',\n')}\n]`, { piece });
        const read = values(items).map((value) => (value as { title: string }).title);
        expect(
          read.filter((title) => title !== 't3'),
          fault,
        ).toEqual(['t1', 't2', 't4', 't5']);
        for (const { line } of broken(items)) expect(line, fault).toBe(4);
        if (fault !== 'an end too many') expect(broken(items), fault).toHaveLength(1);
      }
    }
  });

  it('says where a file was cut off', async () => {
    const text = JSON.stringify([{ a: 'one' }, { a: 'two' }, { a: 'three' }], null, 1);
    for (let at = 1; at < text.length - 1; at++) {
      const items = await all(text.slice(0, at), { piece: 4 });
      expect(broken(items), text.slice(0, at)).toHaveLength(1);
      expect(values(items)).toEqual((JSON.parse(text) as unknown[]).slice(0, values(items).length));
    }
  });

  it('ends soon on what is made to be read over and over', async () => {
    const deep = '[' + '{"a":'.repeat(60_000);
    expect(broken(await all(deep)).length).toBeGreaterThan(0);
    const odd = `[${'{"a":"'.repeat(50_000)}`;
    expect(broken(await all(odd)).length).toBeGreaterThan(0);
    const many = `[${',{"a":x}'.repeat(50_000)}]`;
    expect(broken(await all(many, { piece: 100_000 })).length).toBeGreaterThan(0);
  });

  it('leaves out a record that is too long to be held, and no more', async () => {
    const text = `[{"a":"1"},{"a":"${'x'.repeat(5_000)}"},{"a":"3"}]`;
    const items = await all(text, { piece: 100, most: 1_000 });
    expect(values(items)).toEqual([{ a: '1' }, { a: '3' }]);
    expect(broken(items).length).toBeGreaterThan(0);
  });
});

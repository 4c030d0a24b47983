import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Coverage, Strategy } from '../../../engine/capture/types';
import {
  type Incoming,
  type IncomingMessage,
  type MergePlan,
  planMerge,
  type Stored,
} from '../../../engine/ingest/merge';
import { message } from './captures';

function incoming(messages: IncomingMessage[], more: Partial<Incoming> = {}): Incoming {
  return { coverage: 'all', strategy: 'json-tree', captured_at: 1_000, updated_at: null, messages, ...more };
}

function turn(id: string, text = id, more: Partial<IncomingMessage> = {}): IncomingMessage {
  return { ...message(id, text), content_hash: text, ...more };
}

const NOTHING: Stored = { captured_at: Number.NEGATIVE_INFINITY, updated_at: null, branch_at: null, messages: [] };

/** What the database holds after a plan. */
function apply(stored: Stored, capture: Incoming, plan: MergePlan = planMerge(stored, capture)): Stored {
  const messages = new Map(stored.messages.map((each) => [each.external_id, each]));
  const write = (each: IncomingMessage, withText: boolean) => {
    const before = messages.get(each.id);
    messages.set(each.id, {
      external_id: each.id,
      parent_id: each.parent_id,
      author: each.author,
      model: each.model,
      created_at: each.created_at === null ? null : Date.parse(each.created_at),
      finished: each.finished,
      on_active_branch: false,
      position: 0,
      content_hash: withText || !before ? each.content_hash : before.content_hash,
      length: withText || !before ? each.markdown.length : before.length,
      captured_at: withText || !before ? capture.captured_at : before.captured_at,
      strategy: withText || !before ? capture.strategy : before.strategy,
    });
  };
  for (const each of plan.add) write(each, true);
  for (const each of plan.update) write(each.message, each.with_text);
  return {
    captured_at: plan.newer ? capture.captured_at : Math.max(stored.captured_at, capture.captured_at),
    updated_at: capture.updated_at === null ? stored.updated_at : Math.max(stored.updated_at ?? 0, capture.updated_at),
    branch_at: plan.whole ? capture.captured_at : stored.branch_at,
    messages: plan.order.map(({ id, active }, position) => {
      const each = messages.get(id);
      if (!each) throw new Error(`the order names ${id}, which is not stored`);
      return { ...each, position, on_active_branch: active };
    }),
  };
}

const store = (...captures: Incoming[]) => captures.reduce((stored, capture) => apply(stored, capture), NOTHING);
const branch = (stored: Stored) =>
  stored.messages.filter((each) => each.on_active_branch).map((each) => each.external_id);
const turns = (ids: string) => [...ids].map((id) => turn(id));

describe('the shown branch', () => {
  test('`all` replaces it: what is missing was replaced, and stays stored off the branch', () => {
    const after = store(incoming(turns('abcd')), incoming(turns('abXY'), { captured_at: 2_000 }));
    expect(branch(after)).toEqual([...'abXY']);
    expect(after.messages.map((each) => each.external_id)).toEqual([...'abXYcd']);
  });

  test('`all` without a message changes nothing', () => {
    expect(branch(store(incoming(turns('abc')), incoming([], { captured_at: 2_000 })))).toEqual([...'abc']);
  });

  test.each([
    ['from a message that is stored', turns('cX'), 'abcX'],
    ['after a parent that is stored', [turn('X', 'X', { parent_id: 'b' }), turn('Y')], 'abXY'],
    ['with nothing in common', turns('XY'), 'abcdXY'],
    ['that begins with something new', turns('XcY'), 'abXcY'],
  ])('`tail` splices %s', (_name, messages, expected) => {
    const after = store(incoming(turns('abcd')), incoming(messages, { coverage: 'tail', captured_at: 2_000 }));
    expect(branch(after)).toEqual([...expected]);
  });

  test.each([
    ['the middle', 'bc', 'abcd'],
    ['something new between', 'bXc', 'abXcd'],
    ['something new before', 'Xb', 'aXbcd'],
    ['something new before all', 'Xa', 'Xabcd'],
    ['something new after', 'dX', 'abcdX'],
    ['nothing that is known', 'XY', 'abcdXY'],
  ])('`some` of %s adds and never takes away', (_name, given, expected) => {
    const after = store(incoming(turns('abcd')), incoming(turns(given), { coverage: 'some', captured_at: 2_000 }));
    expect(branch(after)).toEqual([...expected]);
  });

  test('a capture older than the last whole view does not bring back what was replaced', () => {
    const after = store(incoming(turns('aX'), { captured_at: 2_000 }), incoming(turns('abc'), { captured_at: 1_000 }));
    expect(branch(after)).toEqual([...'aX']);
    expect(after.messages.map((each) => each.external_id)).toEqual([...'aXbc']);
  });

  test('a capture that came late and was held to what goes beyond does not pass for the whole when it comes again', () => {
    const late = incoming(turns('d'), { captured_at: 1_000 });
    const before = [
      incoming([turn('a', 'a', { on_active_branch: false })], { captured_at: 3_000, updated_at: 100 }),
      incoming(turns('a'), { coverage: 'some', captured_at: 1_000, updated_at: 200 }),
    ];
    expect(branch(store(...before, late))).toEqual(['a']);
    expect(branch(store(...before, late, late))).toEqual(['a']);
  });
});

describe('looks at a page', () => {
  const look = (given: string, more: Partial<Incoming> = {}) =>
    incoming(
      [...given].map((id, index) => turn(id, id, { parent_id: given[index - 1] ?? null })),
      { coverage: 'some', strategy: 'dom', ...more },
    );
  const numbered = (given: string, from: number, captured_at: number) => {
    const seen = look(given, { captured_at });
    seen.messages.forEach((each, index) => (each.metadata = { turn: from + index }));
    return seen;
  };

  test('that have nothing in common are put in the order that a later one shows', () => {
    const after = store(look('cdef'), look('ab', { captured_at: 2_000 }), look('bcd', { captured_at: 3_000 }));
    expect(branch(after)).toEqual([...'abcdef']);
  });

  test('that have nothing in common are put by the turns that the page counts', () => {
    const stored = store(numbered('cd', 3, 1_000));
    stored.messages.forEach((each, index) => (each.turn = 3 + index));
    expect(branch(apply(stored, numbered('ab', 1, 2_000)))).toEqual([...'abcd']);
    expect(branch(apply(stored, numbered('ef', 5, 2_000)))).toEqual([...'cdef']);
  });

  test('of a tab that was left open take nothing from what was said in another', () => {
    const left = look('ab', { coverage: 'all', captured_at: 2_000 });
    expect(branch(store(look('abc'), left))).toEqual([...'abc']);
    expect(branch(store(look('bc'), left))).toEqual([...'abc']);
    // Other words in the place of the second: what had followed is gone.
    const edited = { ...left, messages: [turn('a'), turn('b', 'other', { parent_id: 'a' })] };
    expect(branch(store(look('abc'), edited))).toEqual([...'ab']);
  });

  test("give way to the site's data, whatever the clock of its tab says", () => {
    const after = store(look('ab', { coverage: 'all', captured_at: 5_000 }), incoming(turns('xy'), { updated_at: 1 }));
    expect(branch(after)).toEqual([...'xy']);
  });
});

describe('the text of a message', () => {
  const text = (...captures: Incoming[]) => store(...captures).messages[0]?.content_hash;
  const one = (words: string, more: Partial<IncomingMessage> = {}, capture: Partial<Incoming> = {}) =>
    incoming([turn('a', words, more)], capture);

  test('a newer one replaces an older one, in whatever order they come', () => {
    expect(text(one('old'), one('new', {}, { captured_at: 2_000 }))).toBe('new');
    expect(text(one('new', {}, { captured_at: 2_000 }), one('old'))).toBe('new');
  });

  test('a half never replaces a whole, a whole always replaces a half', () => {
    expect(text(one('whole answer'), one('whole', { finished: false }, { captured_at: 2_000 }))).toBe('whole answer');
    expect(text(one('who', { finished: false }, { captured_at: 2_000 }), one('whole'))).toBe('whole');
  });

  test('a half only grows', () => {
    const half = { finished: false };
    expect(text(one('a long half', half), one('a', half, { captured_at: 2_000 }))).toBe('a long half');
    expect(text(one('a', half, { captured_at: 2_000 }), one('a long half', half))).toBe('a long half');
  });

  test("what the page shows does not replace what the site's data says", () => {
    const dom: Strategy = 'dom';
    expect(text(one('from data'), one('from page', {}, { strategy: dom, captured_at: 2_000 }))).toBe('from data');
    expect(text(one('from page', {}, { strategy: dom, captured_at: 2_000 }), one('from data'))).toBe('from data');
  });

  test('an empty one replaces nothing', () => {
    expect(text(one('said'), one('', {}, { captured_at: 2_000 }))).toBe('said');
  });

  test('a poorer capture keeps the model, the time and the parent that a richer one gave', () => {
    const facts = { model: 'gpt-5', created_at: '2026-05-01T10:00:00.000Z', parent_id: 'root' };
    const [kept] = store(one('said', facts), one('said', {}, { captured_at: 2_000, strategy: 'dom' })).messages;
    expect(kept).toMatchObject({ model: 'gpt-5', created_at: Date.parse(facts.created_at), parent_id: 'root' });
  });
});

describe('laws', () => {
  const anyTurn = fc
    .record({
      id: fc.constantFrom(...'abcdefgh'),
      text: fc.constantFrom('', 'x', 'xy', 'xyz'),
      finished: fc.boolean(),
      active: fc.boolean(),
    })
    .map(({ id, text, finished, active }) => turn(id, text, { finished, on_active_branch: active }));
  const anyCapture = fc.record({
    coverage: fc.constantFrom<Coverage>('all', 'tail', 'some'),
    strategy: fc.constantFrom<Strategy>('json-tree', 'dom'),
    captured_at: fc.constantFrom(1_000, 2_000, 3_000),
    updated_at: fc.constantFrom(null, 100, 200),
    messages: fc.uniqueArray(anyTurn, { selector: ({ id }) => id, maxLength: 8 }),
  });

  test('taking a capture twice is taking it once', () => {
    fc.assert(
      fc.property(fc.array(anyCapture, { maxLength: 5 }), anyCapture, (before, capture) => {
        const once = store(...before, capture);
        expect(apply(once, capture)).toEqual(once);
      }),
      { numRuns: 2_000 },
    );
  });

  test('every message has one place, and the branch comes first', () => {
    fc.assert(
      fc.property(fc.array(anyCapture, { maxLength: 6 }), (captures) => {
        const { messages } = store(...captures);
        expect(new Set(messages.map((each) => each.external_id)).size).toBe(messages.length);
        const active = messages.map((each) => each.on_active_branch);
        expect(active).toEqual([...active].sort((a, b) => Number(b) - Number(a)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('`some` never makes a branch shorter, and keeps its order', () => {
    fc.assert(
      fc.property(fc.array(anyCapture, { maxLength: 4 }), anyCapture, (before, capture) => {
        const stored = store(...before);
        const after = branch(apply(stored, { ...capture, coverage: 'some' }));
        expect(after.filter((id) => branch(stored).includes(id))).toEqual(branch(stored));
      }),
      { numRuns: 1_000 },
    );
  });

  test('no message is lost, and no finished one becomes unfinished', () => {
    fc.assert(
      fc.property(fc.array(anyCapture, { maxLength: 6 }), (captures) => {
        const { messages } = store(...captures);
        for (const each of captures.flatMap((capture) => capture.messages)) {
          const kept = messages.find((stored) => stored.external_id === each.id);
          expect(kept).toBeDefined();
          if (each.finished) expect(kept?.finished).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

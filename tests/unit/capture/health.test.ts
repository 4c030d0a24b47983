import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressKind,
  compareReadings,
  diagnose,
  type Disagreement,
  type Looked,
  type Strategies,
} from '../../../engine/capture/health';
import { message } from '../ingest/captures';

const strategies = (json: Partial<Strategies['json']>, dom: Partial<Strategies['dom']>): Strategies => ({
  json: { bodies: 1, unreadable: 0, turns: 0, last_error_code: null, ...json },
  dom: { turns_seen: 0, turns_read: 0, turns_unmounted: 0, state: 'ok', ...dom },
  stream: { begun: 0, ended: 0 },
});
const looked = (more: Partial<Looked> = {}): Looked => ({
  expected: true,
  settled: true,
  strategies: strategies({ turns: 4 }, { turns_seen: 4, turns_read: 4 }),
  disagreement: null,
  ...more,
});
const none: Disagreement = { json_turns: 4, dom_turns: 4, missing_in_json: 0, missing_in_dom: 0, differing: 0 };

describe('a page is', () => {
  it.each<[string, Partial<Looked>, ReturnType<typeof diagnose>]>([
    ['ok when both ways agree', {}, { state: 'ok', reasons: [] }],
    [
      'ok when most of it is not mounted and the rest was read',
      { strategies: strategies({ turns: 90 }, { turns_seen: 90, turns_read: 6, turns_unmounted: 84 }) },
      { state: 'ok', reasons: [] },
    ],
    [
      'ok by the page alone, where the site gave no data',
      { strategies: strategies({ bodies: 0 }, { turns_seen: 4, turns_read: 4 }) },
      { state: 'ok', reasons: [] },
    ],
    [
      'idle where no conversation is expected',
      { expected: false, strategies: strategies({}, {}) },
      { state: 'idle', reasons: [] },
    ],
    [
      'not broken while it loads',
      { settled: false, strategies: strategies({ unreadable: 1 }, {}) },
      { state: 'waiting', reasons: [] },
    ],
    [
      'broken when a supported page yields nothing',
      { strategies: strategies({ bodies: 0 }, { state: 'drift' }) },
      { state: 'broken', reasons: ['nothing_read'] },
    ],
    [
      'broken for two reasons when its data had a shape that cannot be read',
      { strategies: strategies({ unreadable: 2 }, { turns_seen: 3, state: 'drift' }) },
      { state: 'broken', reasons: ['nothing_read', 'data_unreadable'] },
    ],
    [
      'partial when only the page can be read',
      { strategies: strategies({ unreadable: 1 }, { turns_seen: 4, turns_read: 4 }) },
      { state: 'partial', reasons: ['data_unreadable'] },
    ],
    [
      'partial when turns stand there that cannot be read',
      { strategies: strategies({ turns: 4 }, { turns_seen: 4, turns_read: 2, turns_unmounted: 1, state: 'partial' }) },
      { state: 'partial', reasons: ['turns_unreadable'] },
    ],
    [
      'partial when the page shows nothing of what the data has',
      { strategies: strategies({ turns: 4 }, { state: 'drift' }) },
      { state: 'partial', reasons: ['page_unreadable'] },
    ],
    [
      'ok when the page was not looked at',
      { strategies: strategies({ turns: 4 }, { state: 'unread' }) },
      { state: 'ok', reasons: [] },
    ],
    [
      'in disagreement when the page shows what the data lacks',
      { disagreement: { ...none, missing_in_json: 1 } },
      { state: 'disagree', reasons: ['turns_missing'] },
    ],
    [
      'in disagreement when the same turn has other words',
      { disagreement: { ...none, differing: 1 } },
      { state: 'disagree', reasons: ['texts_differ'] },
    ],
  ])('%s', (_, more, expected) => {
    expect(diagnose(looked(more))).toEqual(expected);
  });
});

describe('two readings', () => {
  const long = (word: string) => Array.from({ length: 12 }, (_, index) => `${word}${index}`).join(' ');
  const turns = ['q1', 'a1', 'q2', 'a2', 'q3'].map((id, index) =>
    message(id, long(id), { role: index % 2 === 0 ? 'user' : 'assistant' }),
  );

  it('agree with themselves, and with any run of themselves', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(5), (start, length) => {
        expect(compareReadings(turns, turns.slice(start, start + length))).toBeNull();
      }),
    );
  });

  it('agree when the words are the same in another form, and when a turn was put together of parts', () => {
    const drawn = turns.map((turn) => ({ ...turn, markdown: `**${turn.markdown.replaceAll(' ', '*\n')}**` }));
    expect(compareReadings(turns, drawn)).toBeNull();
    const merged = turns.map((turn) => ({ ...turn, id: `${turn.id}-last`, metadata: { merged_ids: [turn.id] } }));
    expect(compareReadings(merged, turns)).toBeNull();
  });

  it('disagree on a turn in between that one of them lacks', () => {
    expect(compareReadings(turns, turns.toSpliced(2, 1))).toMatchObject({ missing_in_json: 0, missing_in_dom: 1 });
    expect(compareReadings(turns.toSpliced(2, 1), turns)).toMatchObject({ missing_in_json: 1, missing_in_dom: 0 });
  });

  it('disagree on other words and on another speaker', () => {
    const other = turns.map((turn, index) => (index === 1 ? { ...turn, markdown: long('else') } : turn));
    expect(compareReadings(turns, other)).toMatchObject({ differing: 1 });
    const speaker = turns.map((turn, index) => (index === 1 ? { ...turn, role: 'user' as const } : turn));
    expect(compareReadings(turns, speaker)).toMatchObject({ differing: 1 });
  });

  it('without ids in common are judged by their number alone', () => {
    const anonymous = turns.map((turn, index) => ({ ...turn, id: `x${index}` }));
    expect(compareReadings(turns, anonymous)).toBeNull();
    expect(compareReadings(turns.slice(0, 3), anonymous)).toMatchObject({ missing_in_json: 2 });
  });

  it('leave out what is off the shown branch', () => {
    const more = [...turns, message('edited', long('edited'), { on_active_branch: false })];
    expect(compareReadings(more, turns)).toBeNull();
  });
});

describe('an address', () => {
  it.each([
    ['https://chatgpt.com/c/68a1-77', '/c/<id>'],
    ['https://chatgpt.com/g/g-p-123-my-diary/c/68a1?q=secret#hash', '/g/<id>/c/<id>'],
    ['https://claude.ai/chat/0b1c', '/chat/<id>'],
    ['https://gemini.google.com/u/1/app/abc', '/u/<id>/app/<id>'],
    ['https://claude.ai/new', '/new'],
    ['https://chatgpt.com/', '/'],
    ['nothing', '<none>'],
  ])('%s is said as %s', (url, kind) => {
    expect(addressKind(url)).toBe(kind);
  });

  it('never says a word of the user', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{3,12}$/u)), (parts) => {
        const kind = addressKind(`https://chatgpt.com/secret/${parts.join('/')}?title=secret`);
        expect(kind).not.toContain('secret');
      }),
    );
  });
});

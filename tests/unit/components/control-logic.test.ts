import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { lacksBackup } from '../../../components/backups';
import { diagnosticsText } from '../../../components/diagnostics';
import { kindsInWords } from '../../../components/forget';
import { typedHost } from '../../../components/settings';
import { siteHost, SITES, sourceName } from '../../../components/sites';
import { setWords } from '../../../components/words';
import { ALL_SITES, SITES as CAPTURED } from '../../../engine/capture/sites';

beforeAll(() => {
  const messages = JSON.parse(
    readFileSync(new URL('../../../public/_locales/en/messages.json', import.meta.url), 'utf8'),
  ) as Record<string, { message: string }>;
  setWords((key, values) =>
    (messages[key]?.message ?? '').replace(/\$(\d)/gu, (_, digit: string) => values[Number(digit) - 1] ?? ''),
  );
});

it('the panel knows every site that is captured, by the same name and host', () => {
  expect(SITES).toEqual(CAPTURED);
  for (const site of ALL_SITES) {
    expect(sourceName(site)).toBe(CAPTURED[site].name);
    expect(siteHost(site)).toBe(CAPTURED[site].host);
  }
});

it('what would be deleted is said by kinds, those that there are', () => {
  expect(kindsInWords({ page: 3, conversation: 1_042 })).toBe('1,042 conversations, 3 pages');
  expect(kindsInWords({ conversation: 1, page: 0, note: 1 })).toBe('1 conversation, 1 note');
  expect(kindsInWords({})).toBe('');
});

it('a backup is lacking where there is much and never was one, or where the last one is a month old', () => {
  const now = Date.parse('2026-11-22T12:00:00.000Z');
  const made = (daysAgo: number) => {
    const at = new Date(now - daysAgo * 86_400_000).toISOString();
    return { at, documents: 5, bytes: 1, encrypted: false };
  };
  expect(lacksBackup(null, 0, now)).toBe(false);
  expect(lacksBackup(null, 19, now)).toBe(false);
  expect(lacksBackup(null, 20, now)).toBe(true);
  expect(lacksBackup(made(3), 5_000, now)).toBe(false);
  expect(lacksBackup(made(30), 5_000, now)).toBe(false);
  expect(lacksBackup(made(31), 5, now)).toBe(true);
  // a clock that was set back
  expect(lacksBackup(made(-400), 5_000, now)).toBe(false);
});

it.each([
  ['example.org', 'example.org'],
  ['  https://Sub.Example.org:8443/path?q#h ', 'sub.example.org:8443'],
  ['http://user@example.org', 'example.org'],
  ['localhost', null],
  ['two words.org', null],
  ['javascript:alert(1)', null],
  ['', null],
])('the host of “%s” is %s', (typed, host) => {
  expect(typedHost(typed)).toBe(host);
});

describe('diagnostics', () => {
  it('are text that says what it is', () => {
    expect(JSON.parse(diagnosticsText({ site: 'claude' } as never))).toEqual({
      commonplace_diagnostics: 1,
      site: 'claude',
    });
  });
});

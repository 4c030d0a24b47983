import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const LOCALES = join(ROOT, 'public/_locales');
type Messages = Record<string, { message: string }>;
const read = (locale: string) => JSON.parse(readFileSync(join(LOCALES, locale, 'messages.json'), 'utf8')) as Messages;
const english = read('en');

const sources = ['components', 'entrypoints']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true }).map((file) => join(ROOT, folder, String(file))),
  )
  .filter((file) => /\.tsx?$/u.test(file))
  .concat(join(ROOT, 'wxt.config.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** Every string that stands in the code: keys are always written out, never put together, save where a list says so. */
const written = new Set(
  [...sources.matchAll(/'([a-z][a-z0-9_]*)'|__MSG_([a-z0-9_]+)__/gu)].map((match) => match[1] ?? match[2] ?? ''),
);
/** Keys that are put together in the code: `menu_remember_${context}`. */
const patterns = [...sources.matchAll(/`([a-z]+_[a-z_]*)\$\{/gu)].map((match) => match[1] ?? '');

function isUsed(key: string): boolean {
  const base = key.replace(/_(?:one|other)$/u, '');
  return written.has(key) || written.has(base) || patterns.some((start) => key.startsWith(start));
}

describe('the words', () => {
  it('are all used somewhere', () => {
    expect(Object.keys(english).filter((key) => !isUsed(key))).toEqual([]);
  });

  it('are there for every key that the code asks for by name', () => {
    const asked = [
      ...sources.matchAll(/\bwords\(\s*(?:[a-z][\w.?() ]*\?\s*)?'([a-z0-9_]+)'/gu),
      ...sources.matchAll(/\bgetMessage\(\s*'([a-z0-9_]+)'/gu),
      ...sources.matchAll(/\btitle\('([a-z0-9_]+)'\)/gu),
      ...sources.matchAll(/__MSG_([a-z0-9_]+)__/gu),
    ].map((match) => match[1] ?? '');
    expect(asked.length).toBeGreaterThan(100);
    expect([...new Set(asked)].filter((key) => !(key in english))).toEqual([]);
  });

  it('come in the singular and the plural alike', () => {
    const counted = Object.keys(english).filter((key) => /_(?:one|other)$/u.test(key));
    for (const key of counted) {
      expect(english).toHaveProperty(key.replace(/_one$/u, '_other'));
      expect(english).toHaveProperty(key.replace(/_other$/u, '_one'));
    }
  });

  it('never shout, and keep to plain words', () => {
    for (const [key, { message }] of Object.entries(english)) {
      expect(message, key).not.toMatch(/[!]|\b(?:oops|embedding|vector|token|chunk)s?\b/iu);
    }
  });

  it('are the same keys with the same places in every language', () => {
    const places = (messages: Messages) =>
      Object.fromEntries(
        Object.entries(messages).map(([key, { message }]) => [key, [...new Set(message.match(/\$\d/gu) ?? [])].sort()]),
      );
    for (const locale of readdirSync(LOCALES)) expect(places(read(locale)), locale).toEqual(places(english));
  });
});

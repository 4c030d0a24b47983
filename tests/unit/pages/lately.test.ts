import { describe, expect, it } from 'vitest';
import { isNews, type Noted, noteKept } from '../../../engine/capture/pages';
import { page } from '../ingest/captures';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const read = page({ origin: 'visit', metadata: { level: 'text', read_seconds: 30 } });

describe('a page that was kept lately', () => {
  const lately = noteKept(read, [], NOW);

  it('is written again after a day, not before', () => {
    expect(isNews(read, [], NOW)).toBe(true);
    expect(isNews(read, lately, NOW + 23 * HOUR)).toBe(false);
    expect(isNews({ ...read, metadata: { ...read.metadata, read_seconds: 90 } }, lately, NOW + HOUR)).toBe(false);
    expect(isNews(read, lately, NOW + 24 * HOUR)).toBe(true);
  });

  it('is written again when its text changed, or was not kept before', () => {
    expect(isNews({ ...read, markdown: 'Flour.' }, lately, NOW + HOUR)).toBe(true);
    expect(isNews({ ...read, metadata: { level: 'address' } }, lately, NOW + HOUR)).toBe(true);
  });

  it('is not silenced by a clock that was set back', () => {
    expect(isNews(read, lately, NOW - HOUR)).toBe(true);
  });

  it('is forgotten after five hundred others, and is never named', () => {
    let list: Noted[] = lately;
    for (let n = 0; n < 600; n++) list = noteKept(page({ id: `https://example.org/${n}` }), list, NOW + n);
    expect(list).toHaveLength(500);
    expect(isNews(read, list, NOW + HOUR)).toBe(true);
    expect(JSON.stringify(list)).not.toContain('example');
  });
});

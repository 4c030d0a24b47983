import { describe, expect, it } from 'vitest';
import type { CapturedPage } from '../../../engine/capture/types';
import { ingest } from '../../../engine/ingest';
import type { Store } from '../../../engine/store';
import { page } from '../ingest/captures';
import { withStore } from '../store/with-store';

let store: Store;
withStore((opened) => {
  store = opened;
}, 'document, forgotten, forget_receipt, job cascade');

const day = (number: number) => new Date(Date.UTC(2026, 4, number, 10)).toISOString();
const visit = (number: number, more: Partial<CapturedPage> = {}): CapturedPage =>
  page({
    origin: 'visit',
    captured_at: day(number),
    ...more,
    metadata: { level: 'text', visits: 1, read_seconds: 30, ...more.metadata },
  });
const bare = (number: number): CapturedPage =>
  visit(number, {
    markdown: '[On bread](https://example.org/bread)',
    author: null,
    language: null,
    metadata: { level: 'address' },
  });

async function stored() {
  const [row, ...others] = await store.query<{
    title: string;
    note: string | null;
    metadata: Record<string, unknown>;
    markdown: string;
    changed: string;
    happened_at: Date;
  }>(
    `select d.title, d.note, d.metadata, d.happened_at, m.markdown, m.xmin::text as changed
    from document d join message m on m.document_id = d.id`,
  );
  expect(others).toEqual([]);
  if (!row) throw new Error('Nothing is stored.');
  return row;
}

describe('a page that is read again', () => {
  it('is one document, which counts its visits', async () => {
    await ingest(store, [visit(1)]);
    const first = await stored();
    await ingest(store, [visit(2), visit(3)]);
    const last = await stored();
    expect(last.metadata).toMatchObject({ origin: 'visit', level: 'text', visits: 3, read_seconds: 90 });
    expect(last.happened_at.toISOString()).toBe(day(3));
    // its text was not written again
    expect(last.changed).toBe(first.changed);
  });

  it('counts a visit once, however often it arrives', async () => {
    await ingest(store, [visit(1), visit(2)]);
    await ingest(store, [visit(2), visit(1), visit(2)]);
    expect((await stored()).metadata).toMatchObject({ visits: 2, read_seconds: 60 });
  });

  it('has the newest text, whichever arrives last', async () => {
    await ingest(store, [visit(1)]);
    await ingest(store, [visit(3, { markdown: 'Flour, water, salt, time.' })]);
    await ingest(store, [visit(2, { markdown: 'Flour.' })]);
    expect((await stored()).markdown).toBe('Flour, water, salt, time.');
    const found = await store.query('select text from chunk where level = 1');
    expect(found).toEqual([{ text: 'Flour, water, salt, time.' }]);
  });

  it('stays one that was kept by hand, with its note', async () => {
    await ingest(store, [page({ note: 'For Ana' })]);
    await ingest(store, [visit(3, { markdown: 'Flour, water, salt, time.' })]);
    expect(await stored()).toMatchObject({
      note: 'For Ana',
      markdown: 'Flour, water, salt, time.',
      metadata: { origin: 'page', visits: 1 },
    });
  });

  it('becomes one that was kept by hand when it is', async () => {
    await ingest(store, [visit(1)]);
    await ingest(store, [page({ captured_at: day(2) })]);
    expect((await stored()).metadata).toMatchObject({ origin: 'page', visits: 1, read_seconds: 30 });
  });

  it('never loses its text to a visit that keeps only the address, or to a link', async () => {
    await ingest(store, [visit(1), bare(2)]);
    const link = page({
      origin: 'link',
      title: 'here',
      markdown: '[here](https://example.org/bread)',
      captured_at: day(4),
    });
    await ingest(store, [link]);
    expect(await stored()).toMatchObject({
      title: 'On bread',
      markdown: 'Flour, water, salt.',
      metadata: { origin: 'visit', level: 'text', visits: 2 },
    });
  });

  it('has its text from the first visit that keeps it, and from the user', async () => {
    await ingest(store, [bare(1), bare(2)]);
    expect(await stored()).toMatchObject({
      markdown: '[On bread](https://example.org/bread)',
      metadata: { level: 'address', visits: 2 },
    });
    await ingest(store, [visit(3)]);
    expect(await stored()).toMatchObject({ markdown: 'Flour, water, salt.', metadata: { level: 'text', visits: 3 } });
    await store.exec('truncate document cascade');
    await ingest(store, [bare(1), page({ captured_at: day(2) }), bare(3)]);
    expect(await stored()).toMatchObject({
      markdown: 'Flour, water, salt.',
      metadata: { origin: 'page', level: 'text' },
    });
  });
});

import { describe, expect, it } from 'vitest';
import { capturePdf } from '../../../engine/capture/pages/pdf';
import { pdfOf } from './pdf-file';

const options = {
  url: 'https://harbour.example/files/tide-tables.pdf?utm_source=mail',
  capturedAt: '2026-11-01T00:00:00.000Z',
};

describe('keeping a PDF', () => {
  it('takes its text page by page, its title, author and date', async () => {
    const file = pdfOf(
      [
        'The tide tables of the har-\nbour are printed once a year.\n\n\nThe pilots keep a copy.',
        'The fog signal is explained\non the second page.',
      ],
      { title: 'Tide tables', author: 'Nora Quill', made: "D:20260304093000+01'00'" },
    );
    const page = await capturePdf(file, { ...options, note: 'For Ana' });
    expect(page).toMatchObject({
      kind: 'page',
      origin: 'page',
      id: 'https://harbour.example/files/tide-tables.pdf',
      title: 'Tide tables',
      author: 'Nora Quill',
      published_at: '2026-03-04T08:30:00.000Z',
      note: 'For Ana',
      metadata: { pdf: { pages: 2 } },
    });
    expect(page.markdown).toBe(
      [
        '## Page 1',
        'The tide tables of the harbour are printed once a year.',
        'The pilots keep a copy.',
        '## Page 2',
        'The fog signal is explained on the second page.',
      ].join('\n\n'),
    );
  });

  it('goes by the name of the file where its title says nothing', async () => {
    for (const title of ['', 'Untitled', 'tables.docx', 'Microsoft Word - tables'])
      expect((await capturePdf(pdfOf(['The tide tables of the harbour.'], { title }), options)).title).toBe(
        'tide-tables',
      );
  });

  it('keeps the number of a page where others are empty, and lets no text pass for a heading', async () => {
    const page = await capturePdf(
      pdfOf(['# The tide tables of the harbour, printed', '', 'The third page speaks of fog signals.']),
      options,
    );
    expect(page.markdown).toBe(
      '## Page 1\n\n\\# The tide tables of the harbour, printed\n\n## Page 3\n\nThe third page speaks of fog signals.',
    );
  });

  it('takes what was printed twice in one place, to look bold, once', async () => {
    const bold = 'The fog) Tj 0.4 0 Td (The fog) Tj 0 0.3 Td (The fog signal) Tj 0.2 0 Td (The fog signal';
    const page = await capturePdf(pdfOf([`${bold}\nThe fog signal is on the pier.`]), options);
    expect(page.markdown).toBe('## Page 1\n\nThe fog signal The fog signal is on the pier.');
  });

  it('says so when its letters are in an encoding that is not known', async () => {
    await expect(
      capturePdf(pdfOf(['The tide tables of the harbour.'], { encoding: '90ms-RKSJ-H' }), options),
    ).rejects.toMatchObject({ code: 'pdf_without_text', message: expect.stringContaining('90ms-RKSJ-H') as string });
  });

  it('says so when its pages are pictures', async () => {
    await expect(capturePdf(pdfOf(['', '', '']), options)).rejects.toMatchObject({ code: 'pdf_without_text' });
  });

  it('says so when it is locked', async () => {
    await expect(
      capturePdf(pdfOf(['The tide tables of the harbour.'], { locked: true }), options),
    ).rejects.toMatchObject({
      code: 'pdf_locked',
    });
  });

  it('says so when it is no PDF', async () => {
    await expect(capturePdf(new TextEncoder().encode('<html>Not found</html>'), options)).rejects.toMatchObject({
      code: 'bad_input',
    });
  });
});

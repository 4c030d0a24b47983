/** What comes of files, notes, highlights and links. */
import { describe, expect, it } from 'vitest';
import { pdfOf } from '../pages/pdf-file';
import { conversations, documents, folder, readAll, textFile, zip } from './given';

const warned = ({ warnings }: Awaited<ReturnType<typeof readAll>>) =>
  warnings.map(({ code, file, where }) => [code, file, where]);

/** What the platform only reads: bytes are looked for that are read as each letter. */
function encoded(label: string, text: string): Uint8Array<ArrayBuffer> {
  const decoder = new TextDecoder(label);
  const of = new Map<string, number[]>();
  for (let one = 0; one < 256; one++) of.set(decoder.decode(new Uint8Array([one])), [one]);
  // Node takes this one for Latin-1 at times
  if (label === 'windows-1252') of.set('–', [0x96]);
  else
    for (let one = 0x81; one < 0xff; one++)
      for (let two = 0x40; two < 0xff; two++) {
        const letter = decoder.decode(new Uint8Array([one, two]));
        if ([...letter].length === 1 && !of.has(letter)) of.set(letter, [one, two]);
      }
  return new Uint8Array([...text].flatMap((letter) => of.get(letter) ?? []));
}

describe('PDF', () => {
  it('has a heading before the text of each page, its title, author and date', async () => {
    const bytes = pdfOf(['The first page says hello.', 'The second page says goodbye.'], {
      title: 'Two pages',
      author: 'Ana',
      made: "D:20260304083000+01'00'",
    });
    const [two] = documents(await readAll([textFile('two.pdf', bytes)]));
    expect(two).toMatchObject({
      title: 'Two pages',
      author: 'Ana',
      created_at: '2026-03-04T07:30:00.000Z',
      filed_as: 'note',
      source: 'files',
      metadata: { pdf: { pages: 2 }, file: 'two.pdf' },
    });
    expect(two?.sections[0]?.markdown).toBe(
      '## Page 1\n\nThe first page says hello.\n\n## Page 2\n\nThe second page says goodbye.',
    );
  });

  it('says that it is locked, scanned or no PDF', async () => {
    const read = await readAll([
      textFile('locked.pdf', pdfOf(['Secret words on a page.'], { locked: true })),
      textFile('scan.pdf', pdfOf(['', ''])),
      textFile('not.pdf', 'hello'),
    ]);
    expect(read.items).toEqual([]);
    expect(warned(read)).toEqual([
      ['pdf_locked', 'locked.pdf', null],
      ['unreadable_file', 'not.pdf', null],
      ['pdf_without_text', 'scan.pdf', null],
    ]);
  });
});

describe('documents', () => {
  it('Word: headings, links, tables, and what the file says of itself', async () => {
    const [report] = documents(await readAll(await folder('docx')));
    expect(report).toMatchObject({
      title: 'Kiln & glaze',
      author: 'Ana',
      created_at: '2026-02-03T04:05:06.000Z',
      updated_at: '2026-02-04T04:05:06.000Z',
    });
    expect(report?.sections[0]?.markdown).toContain(
      '# Firing\n\nHeat it **slowly**, see [the kiln](https://example.com/kiln).',
    );
    expect(report?.sections[0]?.markdown).toContain('| 06 | 1000 |');
  });

  it('EPUB: a section for each part in the order of reading; says what is missing', async () => {
    const read = await readAll(await folder('epub'));
    expect(documents(read)[0]).toMatchObject({
      id: 'book:urn:isbn:1',
      title: 'Rivers & roads',
      author: 'Ivo Lind',
      language: 'en',
      created_at: '2020-05-06T00:00:00.000Z',
    });
    expect(documents(read)[0]?.sections.map(({ id, markdown }) => [id, markdown])).toEqual([
      ['OEBPS/text/one.xhtml', '# One\n\nThe river begins.'],
      ['OEBPS/two b.xhtml', '# Two\n\nThe road ends.'],
    ]);
    expect(warned(read)).toEqual([['missing_part', 'book.epub', 'gone.xhtml']]);
  });

  it('mail: in their own encodings, with dates, people and the names of what is attached', async () => {
    const all = documents(await readAll(await folder('mail')));
    expect(
      all.map(({ id, title, author, created_at, sections }) => [id, title, author, created_at, sections[0]?.markdown]),
    ).toEqual([
      ['<a1@example.com>', 'One', 'Ana', '2026-05-05T08:00:00.000Z', 'Příště v pět.\nFrom here it is far.'],
      ['<a2@example.com>', 'Re: One', 'jana@example.com', '2026-05-05T09:00:00.000Z', 'Yes.'],
      [
        '<m1@example.com>',
        'The key 🗝',
        'Jana Nováková',
        '2026-05-05T08:00:00.000Z',
        expect.stringContaining('Klíč je'),
      ],
    ]);
    expect(all[2]?.attachments).toEqual([{ kind: 'image', name: 'door.jpg', reference: null }]);
  });

  it('mail of Gmail: its labels; what was thrown away is left out, and said', async () => {
    const one = (labels: string, subject: string) =>
      `From 1@xxx Fri May 01 10:00:00 +0000 2026\nX-Gmail-Labels: ${labels}\nFrom: Ana <ana@example.com>\nSubject: ${subject}\nMessage-ID: <${subject}@example.com>\n\nText.\n\n`;
    const read = await readAll([
      textFile(
        'All mail Including Spam and Trash.mbox',
        one('=?UTF-8?Q?Wichtig,Reise_M=C3=BCnchen?=', 'Trip') + one('Spam,Unread', 'Win') + one('Papierkorb', 'Old'),
      ),
    ]);
    expect(documents(read)).toMatchObject([{ title: 'Trip', metadata: { tags: ['Wichtig', 'Reise München'] } }]);
    expect(warned(read)).toEqual([['deleted', 'All mail Including Spam and Trash.mbox', null]]);
  });

  it('Markdown: title, links and tags', async () => {
    const [plan] = documents(await readAll(await folder('markdown')));
    expect(plan).toMatchObject({
      title: 'The plan',
      updated_at: '2026-10-01T00:00:00.000Z',
      metadata: { tags: ['may'], links: ['https://example.com/office'] },
    });
  });

  it('Markdown: front matter as clippers, blogs and older vaults write it; a text between two rules is text', async () => {
    const read = await readAll([
      textFile(
        'a.md',
        '---\ntitle: >-\n  The slow\n  book\nauthor:\n  - "[[Mara Ellison]]"\n  - Jan Kos\npublished: 05.03.2026\ntags: reading, lakes\ntopics: [one, "two, three"]\nÜbersetzt: ja\n---\nText.',
      ),
      textFile(
        'b.md',
        '+++\ntitle = "Lakes"\ndate = 2026-01-02T03:04:05Z\ntags = ["go", "web"]\n\n[params]\nx = 1\n+++\n\nOf lakes.',
      ),
      textFile('c.md', '---\n\nWhat stands between rules.\n\n---\n\nAnd after.'),
    ]);
    const [slow, lakes, rules] = documents(read);
    expect(slow).toMatchObject({
      title: 'The slow book',
      author: 'Mara Ellison, Jan Kos',
      created_at: new Date(2026, 2, 5).toISOString(),
      metadata: {
        tags: ['reading', 'lakes'],
        links: ['Mara Ellison'],
        properties: { topics: ['one', 'two, three'], übersetzt: 'ja' },
      },
    });
    expect(slow?.sections[0]?.markdown).toBe('Text.');
    expect(lakes).toMatchObject({
      title: 'Lakes',
      created_at: '2026-01-02T03:04:05.000Z',
      metadata: { tags: ['go', 'web'] },
    });
    expect(lakes?.sections[0]?.markdown).toBe('Of lakes.');
    expect(rules?.sections[0]?.markdown).toContain('What stands between rules.');
  });

  it('a saved page: its readable part under the address it was saved from', async () => {
    const [page] = documents(await readAll(await folder('pages')));
    expect(page).toMatchObject({
      filed_as: 'page',
      url: 'https://example.com/why-slow',
      title: 'Why slow?',
      author: 'Mara Ellison',
      language: 'en',
    });
    expect(page?.sections[0]?.markdown).toContain('[more](https://example.com/more)');
  });

  it('a table with whatever separates it, its heading with every part', async () => {
    const [prices] = documents(await readAll(await folder('csv')));
    expect(prices?.sections[0]?.markdown).toBe(
      '| Item | Price | Note |\n| --- | --- | --- |\n| Eggs | 3,20 | large; brown |\n| Flour | 1,10 |  |',
    );
  });

  it('a table as banks and Excel write it: lines above the heading, more columns than it names, its separator said', async () => {
    const read = await readAll([
      textFile(
        'bank.csv',
        'Account;DE12\n\nDate;Text;Sum;In\n01.05.2026;Eggs;-3,20;EUR\n02.05.2026;Flour;-1,10;EUR;late\n',
      ),
      textFile('excel.csv', 'sep=;\r\nItem;Price\r\n"Eggs, large";3,20\r\n'),
    ]);
    expect(documents(read).map(({ sections }) => sections.map(({ markdown }) => markdown))).toEqual([
      [
        'Account DE12',
        '| Date | Text | Sum | In | Column 5 |\n| --- | --- | --- | --- | --- |\n| 01.05.2026 | Eggs | -3,20 | EUR |  |\n| 02.05.2026 | Flour | -1,10 | EUR | late |',
      ],
      ['| Item | Price |\n| --- | --- |\n| Eggs, large | 3,20 |'],
    ]);
    expect(warned(read)).toEqual([['unreadable_record', 'bank.csv', 'row 2']]);
  });

  it('JSON that nothing knows, as lists', async () => {
    const [kiln] = documents(await readAll(await folder('json')));
    expect(kiln?.title).toBe('Kiln');
    expect(kiln?.sections[0]?.markdown).toContain('- **degrees**: 1000');
  });

  it('text in other encodings is read as it was written', async () => {
    const all = documents(await readAll(await folder('text')));
    expect(all.map(({ title, sections }) => [title, sections[0]?.markdown.split('\n')[0]])).toEqual([
      ['README', 'A file without an ending.'],
      ['utf16', 'Řeka teče pomalu.'],
      ['windows', 'Straße nach München – fünf Kilometer'],
    ]);
  });

  it.each([
    ['shift_jis', '灯台は毎晩、同じ間隔で光る。船はそれを見て港を知る。'],
    ['euc-jp', '灯台は毎晩、同じ間隔で光る。船はそれを見て港を知る。'],
    ['gb18030', '灯塔每天晚上都会发光，船上的人看到它就知道这是哪个港口。'],
    ['big5', '燈塔每天晚上都會發光，船上的人看到它就知道這是哪個港口。'],
    ['euc-kr', '등대는 밤마다 같은 간격으로 빛난다. 배는 그것을 보고 항구를 안다.'],
    ['windows-1251', 'Маяк светит каждую ночь, и корабли узнают по нему гавань.'],
    ['koi8-r', 'Маяк светит каждую ночь, и корабли узнают по нему гавань.'],
    ['windows-1253', 'Ο φάρος ανάβει κάθε νύχτα και τα πλοία γνωρίζουν το λιμάνι.'],
    ['windows-1252', 'Übermäßig große Äpfel – daß, près, où, déjà, mañana.'],
  ])('text in %s that does not say so', async (label, text) => {
    const read = await readAll([textFile('notes.txt', encoded(label, text))]);
    expect(documents(read)[0]?.sections[0]?.markdown).toBe(text);
  });

  it('one broken byte leaves the rest of a text as it is', async () => {
    const bytes = new TextEncoder().encode('灯台は毎晩、同じ間隔で光る。船はそれを見て港を知る。');
    bytes[0] = 0xff;
    const read = await readAll([textFile('notes.txt', bytes)]);
    expect(documents(read)[0]?.sections[0]?.markdown).toContain('台は毎晩、同じ間隔で光る。');
  });

  it('a page is read in the encoding that it names', async () => {
    const page = (charset: string, bytes: number[]) =>
      new Uint8Array([
        ...new TextEncoder().encode(`<html><head><meta charset="${charset}"><title>`),
        ...bytes,
        ...new TextEncoder().encode('</title></head><body><p>One paragraph that says something, and enough of it.</p>'),
      ]);
    const read = await readAll([
      textFile('a.html', page('Shift_JIS', [0x93, 0xfa, 0x96, 0x7b])),
      textFile('b.html', page('gb2312', [0xd6, 0xd0, 0xce, 0xc4])),
      textFile('c.html', page('koi8-r', [0xed, 0xc9, 0xd2])),
      textFile('d.html', page('iso-2022-jp', [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42])),
      textFile('e.html', page('none-such', [0xc4, 0x70])),
    ]);
    expect(documents(read).map(({ title }) => title)).toEqual(['日本', '中文', 'Мир', '日本', 'Äp']);
  });

  it('of pictures, their names', async () => {
    const [holiday] = documents(await readAll(await folder('pictures')));
    expect(holiday).toMatchObject({
      title: 'holiday',
      sections: [{ markdown: '- [Image: beach.jpg]\n- [Image: sea.png]' }],
    });
  });

  it('says of a file that is not known that it is not, with its name', async () => {
    const read = await readAll([textFile('model.stl', 'solid')]);
    expect(read.warnings).toEqual([
      {
        code: 'unknown_file',
        message: 'What model.stl is, is not known; it is left out.',
        file: 'model.stl',
        where: null,
      },
    ]);
  });

  it('two files of one name are two documents, one file in two folders is one', async () => {
    const read = await readAll([
      textFile('a/notes.txt', 'one'),
      textFile('b/notes.txt', 'two'),
      textFile('c/notes.txt', 'one'),
    ]);
    const ids = documents(read).map(({ id }) => id);
    expect(ids[0]).toBe(ids[2]);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe('notes and highlights', () => {
  it('Readwise: a book a document, a highlight a section with its place, time and note; what was thrown away is not', async () => {
    const all = documents(await readAll(await folder('readwise')));
    expect(all.map(({ title, author }) => [title, author])).toEqual([
      ['Quiet Machines', 'Ada Stone'],
      ['The Slow Book', 'Mara Ellison'],
      ['Field Notes', 'Ivo Lind'],
    ]);
    expect(all[0]).toMatchObject({
      id: '77',
      url: 'https://example.com/quiet',
      note: 'For the talk',
      metadata: { tags: ['work'] },
    });
    expect(all[0]?.sections).toMatchObject([
      {
        id: '1',
        markdown: '> A gear that is heard is a gear that wears.\n\nuse this',
        created_at: '2025-01-02T03:04:05.000Z',
        metadata: { location: '55', tags: ['favourite'] },
      },
    ]);
    expect(all[1]?.sections).toMatchObject([
      {
        markdown: '> Attention is trained,\n> not given.\n\nKey idea',
        created_at: '2024-10-05T10:15:30.000Z',
        metadata: { page: '12', tags: ['focus', 'reading'] },
      },
      { markdown: '> She said "hello".', metadata: { location: '345' } },
    ]);
  });

  it("Readwise's Reader: its tags as it writes them, and none where there are none", async () => {
    const read = await readAll([
      textFile(
        'reader.csv',
        `Title,URL,ID,Document tags,Saved date,Reading progress,Location,Seen\nLakes,https://example.com/a,01g,"['lakes', ""ships' logs""]",2026-05-06 04:33:50+00:00,0,new,True\nTowers,https://example.com/b,01h,[],2026-05-06 04:33:50+00:00,0,new,True\n`,
      ),
    ]);
    expect(documents(read).map(({ metadata }) => metadata['tags'])).toEqual([['lakes', "ships' logs"], undefined]);
  });

  it('Notion: names without their ids, dates, links between pages, tables whole', async () => {
    const read = await readAll([await zip([await zip(await folder('notion'), 'Export-1-Part-1.zip')])]);
    const [garden, seeds, tools] = documents(read).sort((a, b) => (a.title ?? '').localeCompare(b.title ?? ''));
    expect(documents(read)).toHaveLength(3);
    expect(garden).toMatchObject({
      source: 'notion',
      title: 'Garden',
      id: '0123456789abcdef0123456789abcdef',
      created_at: new Date(2026, 4, 3, 10).toISOString(),
      metadata: { tags: ['home', 'plants'] },
    });
    expect(garden?.sections[0]?.markdown).toContain('[Tools](https://www.notion.so/fedcba9876543210fedcba9876543210)');
    expect(garden?.sections[0]?.markdown).toContain('[Image: roses.jpg]');
    expect(tools).toMatchObject({ title: 'Tools', metadata: { folder: 'Garden' } });
    expect(seeds).toMatchObject({ title: 'Seeds', metadata: { rows: 2 } });
  });

  it('Notion in HTML: what the page says, its properties, the same id as in Markdown, and no list of pages', async () => {
    const id = '0123456789abcdef0123456789abcdef';
    const styles = '<style>/* cspell:disable-file */</style>';
    const read = await readAll([
      textFile(
        `Export-1/Garden ${id}.html`,
        `<html><head><title>Garden</title>${styles}</head><body><article id="01234567-89ab-cdef-0123-456789abcdef" class="page sans"><header><h1 class="page-title">Garden</h1><p class="page-description"></p><table class="properties"><tbody><tr class="property-row property-row-multi_select"><th>Tags</th><td><span class="selected-value">home</span><span class="selected-value">plants</span></td></tr><tr class="property-row property-row-checkbox"><th>Watered</th><td><div class="checkbox checkbox-on"></div></td></tr><tr class="property-row property-row-created_time"><th>Seit</th><td><time>@May 3, 2026 10:00 AM</time></td></tr></tbody></table></header><div class="page-body"><nav class="table_of_contents"><a href="#a">Beds</a></nav><h1>Beds</h1><ul class="to-do-list"><li><div class="checkbox checkbox-on"></div> <span>Dig</span></li></ul><figure class="image"><a href="Garden%20${id}/roses.jpg"><img src="Garden%20${id}/roses.jpg"/></a></figure><figure class="link-to-page"><a href="Garden%20${id}/Tools%20fedcba9876543210fedcba9876543210.html">Tools</a></figure></div></article></body></html>`,
      ),
      textFile(`Export-1/Garden ${id}/roses.jpg`, 'x'),
      textFile(
        'Export-1/index.html',
        '<html><head>\n<title>Export-12345678-1234-1234-1234-123456789abc</title></head><body><ul><li>Garden</li></ul></body></html>',
      ),
    ]);
    expect(read.warnings).toEqual([]);
    expect(documents(read)).toMatchObject([
      {
        source: 'notion',
        id,
        title: 'Garden',
        created_at: new Date(2026, 4, 3, 10).toISOString(),
        metadata: { tags: ['home', 'plants'] },
      },
    ]);
    expect(documents(read)[0]?.sections[0]?.markdown).toBe(
      'Tags: home, plants\nWatered: Yes\nSeit: May 3, 2026 10:00 AM\n\n# Beds\n\n- [x] Dig\n\n[Image: roses.jpg]\n\n[Tools](https://www.notion.so/fedcba9876543210fedcba9876543210)',
    );
  });

  it('Todoist: a project a document, a task a section, comments below it', async () => {
    const read = await readAll(await folder('todoist'));
    expect(documents(read)[0]).toMatchObject({ title: 'Trip', id: '2203306141' });
    expect(documents(read)[0]?.sections).toMatchObject([
      {
        author: 'Ana',
        markdown: '- [ ] Book flights @travel\n\nWindow seat\n\nDue: 2026-12-06\n\nThe cheap ones leave at six',
        metadata: { part: 'Before', tags: ['travel'] },
      },
      { markdown: '- [ ] Find the passport\n\nDue: every week', metadata: { depth: 1, due: 'every week' } },
    ]);
    expect(warned(read)).toEqual([['unreadable_record', 'Trip [2203306141].csv', 'row 5']]);
  });

  it('Todoist: a deadline stands beside the day that a task is due', async () => {
    const read = await readAll([
      textFile('Home.csv', 'TYPE,CONTENT,PRIORITY,INDENT,DATE,DEADLINE\ntask,Fix the tap,1,1,2026-05-04,2026-05-20\n'),
    ]);
    expect(documents(read)[0]?.sections[0]?.markdown).toBe(
      '- [ ] Fix the tap\n\nDue: 2026-05-04\n\nDeadline: 2026-05-20',
    );
  });

  it('Obsidian: front matter, links between notes, and the same note when it is written on', async () => {
    const files = await folder('obsidian');
    const [may, jana] = documents(await readAll(files));
    expect(may).toMatchObject({
      source: 'obsidian',
      id: 'vault/Daily/2026-05-01.md',
      title: 'First of May',
      created_at: '2026-05-01T00:00:00.000Z',
      metadata: {
        tags: ['daily', 'walks', 'lake/north'],
        links: ['People/Jana', 'Old maps', 'https://example.com/lake'],
        aliases: ['May Day'],
      },
    });
    expect(may?.sections[0]?.markdown).toContain('[Image: lake.png]');
    expect(jana?.title).toBe('Jana');
    const changed = files.map((file) => (file.path.endsWith('Jana.md') ? textFile(file.path, 'Jana moved.') : file));
    expect(documents(await readAll(changed)).map(({ id }) => id)).toEqual([may?.id, jana?.id]);
  });

  it('bookmarks: an address a document, with its folder, tags and date; scripts are none', async () => {
    const read = await readAll(await folder('bookmarks'));
    expect(
      documents(read).map(({ url, title, created_at, metadata }) => [url, title, created_at, metadata['folder']]),
    ).toEqual([
      ['https://example.com/bread?a=1&b=2', 'Bread & butter', '2023-11-14T22:13:21.000Z', 'Cooking'],
      ['https://example.com/soup', 'Soup', '2023-11-14T22:13:22.000Z', 'Cooking / Soups'],
      ['https://example.com/', 'Home', null, undefined],
    ]);
    expect(documents(read)[0]?.sections[0]?.markdown).toContain('The one with rye');
    expect(documents(read)[0]?.metadata['tags']).toEqual(['bread', 'slow']);
    expect(read.warnings).toEqual([]);
  });

  it('bookmarks of Raindrop and Instapaper: an address a document there, too, with what was noted about it', async () => {
    const read = await readAll([
      textFile(
        'raindrop.csv',
        'id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n1,Lakes,Go there,"Of lakes, all",https://example.com/lakes,Travel / North,"water, may",2026-05-01T10:00:00.000Z,,,true\n',
      ),
      textFile(
        'instapaper-export.csv',
        'URL,Title,Selection,Folder,Timestamp,Tags\nhttps://example.com/towers,Towers,They blink,Archive,1767225600,[]\n',
      ),
    ]);
    expect(documents(read)).toMatchObject([
      {
        id: 'https://example.com/towers',
        created_at: '2026-01-01T00:00:00.000Z',
        metadata: { folder: 'Archive' },
        sections: [{ markdown: '[Towers](https://example.com/towers)\n\nThey blink\n\nArchive' }],
      },
      {
        id: 'https://example.com/lakes',
        source: 'bookmarks',
        title: 'Lakes',
        created_at: '2026-05-01T10:00:00.000Z',
        metadata: { tags: ['water', 'may'], folder: 'Travel / North' },
        sections: [{ markdown: expect.stringContaining('Go there\n\nOf lakes, all') as string }],
      },
    ]);
  });

  it('Pocket: the list, the page and the highlights', async () => {
    const read = await readAll(await folder('pocket'));
    expect(documents(read).map(({ id, title }) => [id, title])).toEqual([
      ['highlights:https://example.com/rust', 'Rust, that is'],
      ['https://example.com/rust', 'Rust, that is'],
      ['https://example.com/moss', 'Moss'],
      ['https://example.com/ferns', 'https://example.com/ferns'],
    ]);
    expect(warned(read)).toEqual([['unreadable_record', 'part_000000.csv', 'row 2']]);
  });

  it('Kindle in several languages; a highlight made longer is one', async () => {
    const read = await readAll(await folder('kindle'));
    expect(
      documents(read).map(({ title, author, sections }) => [
        title,
        author,
        sections.map(({ markdown, metadata }) => [markdown, metadata['page'] ?? null, metadata['location'] ?? null]),
      ]),
    ).toEqual([
      [
        'The Slow Book',
        'Ellison, Mara',
        [
          ['> Attention is trained, not given.', '12', '156-159'],
          ['Read this again', '12', '158'],
        ],
      ],
      ['Im Westen nichts Neues', 'Erich Maria Remarque', [['> Wir sind alle nur eine Generation.', null, '234-236']]],
      ['Cien años de soledad', 'Gabriel García Márquez', [['> Muchos años después.', '12', '100-102']]],
    ]);
    expect(documents(read)[1]?.sections[0]?.created_at).toBe(new Date(2021, 0, 4, 9, 15).toISOString());
    expect(warned(read)).toEqual([['unreadable_record', 'My Clippings.txt', 'line 31']]);
  });

  it('Kindle: page, location and kind wherever the language puts them; no location out of a date', async () => {
    const clipping = (facts: string, text: string) =>
      `The Slow Book (Mara Ellison)\n- ${facts}\n\n${text}\n==========\n`;
    const read = await readAll([
      textFile(
        'My Clippings.txt',
        clipping('22ページ|位置No. 336のメモ |作成日: 2023年6月10日土曜日 9:18:40', 'one') +
          clipping('您在第 7 页（位置 #114-116）的标注 | 添加于 2019年9月30日星期一 18:00:39', 'two') +
          clipping('Your Highlight on page 14-14 | Added on Saturday, 23 December 2017 09:46:53', 'three') +
          clipping('Highlight on Page 10 | Added on Monday, 3 December 12 19:51:33 Greenwich Mean Time', 'four'),
      ),
    ]);
    expect(documents(read)[0]?.sections.map(({ metadata }) => metadata)).toEqual([
      { type: 'note', page: '22', location: '336' },
      { type: 'highlight', page: '7', location: '114-116' },
      { type: 'highlight', page: '14' },
      { type: 'highlight', page: '10' },
    ]);
  });

  it('Keep: lists, labels and times', async () => {
    const [groceries] = documents(await readAll(await folder('keep')));
    expect(groceries).toMatchObject({
      title: 'Groceries',
      created_at: '2023-07-22T04:26:40.000Z',
      sections: [{ markdown: '- [x] eggs\n- [ ] flour' }],
      metadata: { tags: ['home'] },
    });
  });

  it('all of it at once, each by its own', async () => {
    const names = ['chatgpt', 'claude', 'readwise', 'obsidian', 'kindle', 'docx', 'text'];
    const files = (
      await Promise.all(
        names.map(async (name) => (await folder(name)).map((file) => ({ ...file, path: `${name}/${file.path}` }))),
      )
    ).flat();
    const read = await readAll(files);
    expect(read.by.toSorted()).toEqual([...names].toSorted());
    expect(conversations(read)).toHaveLength(3);
  });
});

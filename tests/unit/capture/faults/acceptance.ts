/** What every site's way through adapter, live conversation and engine must stand. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { liveConversation, type CapturedConversation } from '../../../../engine/capture';
import { parseHtml } from '../../../../scripts/cli-read';
import { type Body, type FaultSite, say, type Talk } from './talk';
import { given, go, type Opened } from './traffic';

/** The same runs each time; more of them, and others, are asked for from outside to search on. */
const RUNS = Number(process.env['FAULT_RUNS'] ?? 14);
const SEED = Number(process.env['FAULT_SEED'] ?? 4);
const END_ON_FAILURE = process.env['FAULT_FAST'] !== undefined;

async function hold(site: FaultSite, opened: () => Opened, json: boolean): Promise<void> {
  await fc.assert(
    fc.asyncProperty(given(site, json), async (each) => {
      const run = await go(site, opened(), each);
      const { site: theirs, ours, complete, finished } = await run.compare();
      expect(ours, run.log.join('\n')).toEqual(theirs);
      // What broke off in a page without JSON is known to be whole only when the page is loaded again.
      if (json || each.anew) expect(finished, `unfinished\n${run.log.join('\n')}`).toBe(true);
      if (json) expect(complete, `incomplete\n${run.log.join('\n')}`).toBe(true);
    }),
    { numRuns: RUNS, seed: SEED, endOnFailure: END_ON_FAILURE },
  );
}

export function faultSuite(site: FaultSite, opened: () => Opened): void {
  it('loses nothing, shows nothing twice and makes no half final, whatever happens to its traffic', async () => {
    await hold(site, opened, true);
  });

  it('does so from the page alone', async () => {
    await hold(site, opened, false);
  });

  it('keeps hostile words as words, and what stands beside them', async () => {
    const talk = talkOf(HOSTILE.flatMap((text, index) => [`Question ${index}`, text]));
    const { engine } = opened();
    const report = await engine.ingest(heard(site, talk));
    const view = await engine.read(report.document_ids[0] ?? '');
    const read = view.messages.map(({ markdown }) => markdown);
    expect(read).toHaveLength(HOSTILE.length * 2);
    HOSTILE.forEach((text, index) => {
      expect(read[index * 2]).toBe(`Question ${index}`);
      // Postgres has no NUL and no half of a character.
      const letters = (each: string): string => each.replaceAll('\0', '').toWellFormed().replace(/\s+/gu, '');
      expect(letters(read[index * 2 + 1] ?? '')).toBe(letters(text));
    });
  });

  it('reads a hostile page without an error, its script as no words, and the turns beside it', async () => {
    const mark = 'HOSTILE-HERE';
    const talk = talkOf(['Before?', 'First.', 'Between?', mark, 'After?', 'Last.']);
    const { engine } = opened();
    for (const [index, html] of HOSTILE_HTML.entries()) {
      const each = { ...talk, id: talk.id.replace(/.{3}$/, `e${index}f`) };
      const page = site.page(each, 0, 99, false).replace(mark, `kept ${html}`);
      const url = site.pageUrl(each.id);
      const live = liveConversation(site.adapter);
      live.observe({ type: 'navigated', url });
      const { changed } = live.observe({ type: 'dom', url, result: site.adapter.readDom(parseHtml(page), url) });
      const report = await engine.ingest(changed);
      const { messages } = await engine.read(report.document_ids[0] ?? '');
      const read = messages.map(({ markdown }) => markdown);
      expect([read[0], read[1], read[2], read[4], read[5]]).toEqual([
        'Before?',
        'First.',
        'Between?',
        'After?',
        'Last.',
      ]);
      expect(read[3]).toContain('kept');
      expect(read[3]).not.toContain('stolen');
    }
  });

  it('holds 20 MB of one conversation whole, and the page alone where the body was too large', () => {
    const long = 'Word after word. '.repeat(12_000);
    const talk = talkOf(Array.from({ length: 100 }, (_, index) => `${index} ${long}`));
    const captures = heard(site, talk);
    const { messages, complete, coverage } = captures.at(-1) ?? nothing();
    expect({ count: messages.length, complete, coverage }).toEqual({ count: 100, complete: true, coverage: 'all' });
    expect(messages.map(({ markdown }) => markdown.trim())).toEqual(talk.said.map(({ text }) => text.trim()));
    expect(JSON.stringify(messages).length).toBeGreaterThan(20_000_000);

    // The observer gives no body that is larger than it copies: there is only the page, in windows.
    const url = site.pageUrl(talk.id);
    const live = liveConversation(site.adapter);
    live.observe({ type: 'navigated', url });
    const short = { ...talk, said: talk.said.map((each) => ({ ...each, text: each.text.slice(0, 40).trim() })) };
    const result = site.adapter.readDom(parseHtml(site.page(short, 90, 100, false)), url);
    const view = live.observe({ type: 'dom', url, result });
    expect(view.changed.at(-1)).toMatchObject({ strategy: 'dom', coverage: 'some', complete: false });
    expect(view.current?.messages).toHaveLength(10);
    expect(view.wanted).toMatchObject({ reason: 'never-seen' });
  });

  it('is made no shorter and no older by bodies of every earlier state that come late, in this tab or in another', async () => {
    const { engine } = opened();
    const texts = Array.from({ length: 10 }, (_, index) => `${index % 2 === 0 ? 'Question' : 'Answer'} ${index}`);
    const whole = talkOf(texts);
    const url = site.pageUrl(whole.id);
    const live = liveConversation(site.adapter);
    const hears = async (tab: typeof live, { url, method, sent, text }: Body): Promise<void> => {
      const before = site.adapter.wire.classifyRequest(url, method, sent)?.before ?? null;
      const { changed } = tab.observe({ type: 'body', url, method, body: site.adapter.parseBody(text), before });
      await engine.ingest(changed);
    };
    live.observe({ type: 'navigated', url });
    for (const body of site.bodies(whole)) await hears(live, body);
    const found = await engine.find({ source: site.adapter.site, external_id: whole.id });
    const stored = await engine.read(found?.id ?? '');
    expect(stored.messages.map(({ markdown }) => markdown)).toEqual(texts);
    for (let length = 2; length < texts.length; length += 2) {
      const said = whole.said.slice(0, length);
      const late = { ...whole, said, head: said.at(-1)?.key ?? null, updated: said.at(-1)?.time ?? 0 };
      const other = liveConversation(site.adapter);
      other.observe({ type: 'navigated', url });
      for (const tab of [live, other])
        for (const body of [...site.bodies(late), ...site.bodies(late).reverse()]) await hears(tab, body);
      const { messages, complete, happened_at } = await engine.read(stored.id);
      expect(messages.map(({ markdown }) => markdown)).toEqual(texts);
      expect({ complete, happened_at }).toEqual({ complete: true, happened_at: stored.happened_at });
    }
    const { messages, complete } = live.view().current ?? nothing();
    expect([messages.map(({ markdown }) => markdown), complete]).toEqual([texts, true]);
  });

  it('is not undone by a tab whose clock is a day behind, which says what is newer all the same', async () => {
    const { engine } = opened();
    const shared = talkOf([]).id;
    const [one, two] = [talkOf(['A?', 'One.']), talkOf(['A?', 'One.', 'B?', 'Two.'])].map((talk) => ({
      ...talk,
      id: shared,
    })) as [Talk, Talk];
    const day = 24 * 3_600_000;
    const id = async (captures: CapturedConversation[]): Promise<string> =>
      (await engine.ingest(captures)).document_ids.at(-1) ?? '';
    await id(heard(site, two));
    const late = await engine.read(await id(heard(site, one, -day)));
    expect(late.messages.map(({ markdown }) => markdown)).toEqual(['A?', 'One.', 'B?', 'Two.']);
    const late2 = await engine.read(await id(heard(site, one)));
    expect(late2.messages.map(({ markdown }) => markdown)).toEqual(['A?', 'One.', 'B?', 'Two.']);
    const three = { ...talkOf(['A?', 'One.', 'B?', 'Two.', 'C?', 'Three.']), id: two.id };
    const newer = await engine.read(await id(heard(site, three, -day)));
    expect(newer.messages.map(({ markdown }) => markdown)).toEqual(['A?', 'One.', 'B?', 'Two.', 'C?', 'Three.']);
    expect(newer.complete).toBe(true);
  });
}

/** 5,000 messages that come again and again with one more each: for one site, because all share the way in. */
export function growthSuite(site: FaultSite, opened: () => Opened): void {
  it('rewrites nothing of a conversation of 5,000 messages that comes again with one more', async () => {
    const { engine } = opened();
    const talk = talkOf(Array.from({ length: 5_000 }, (_, index) => `Message number ${index}`));
    let [added, updated] = [0, 0];
    for (let last = 4_995; last <= 5_000; last++) {
      const said = talk.said.slice(0, last);
      const now = { ...talk, said, head: said.at(-1)?.key ?? null, updated: said.at(-1)?.time ?? 0 };
      const report = await engine.ingest(heard(site, now));
      if (last > 4_995) expect(report).toMatchObject({ messages_added: 1, messages_unchanged: last - 1 });
      added += report.messages_added;
      updated += report.messages_updated;
    }
    expect({ added, updated }).toEqual({ added: 5_000, updated: 0 });
  }, 180_000);
}

/** Question and answer in turns, one a minute, until just now. */
function talkOf(texts: string[]): Talk {
  const start = Math.floor(Date.now() / 1_000) - 6_000 * 60;
  let talk: Talk = {
    id: `ta1c${(talks++).toString(16).padStart(12, '0')}`,
    title: 'T',
    said: [],
    head: null,
    updated: start,
  };
  texts.forEach((text, index) => {
    const role = index % 2 === 0 ? 'user' : 'assistant';
    talk = say(talk, { key: `m${index}`, role, parent: talk.head, text, done: true, time: start + index * 60 });
  });
  return talk;
}
let talks = 0;

function nothing(): never {
  throw new Error('nothing was captured');
}

/** What a tab gives that hears the conversation's bodies. */
function heard(site: FaultSite, talk: Talk, skew = 0): CapturedConversation[] {
  const live = liveConversation(site.adapter, { now: () => Date.now() + skew });
  live.observe({ type: 'navigated', url: site.pageUrl(talk.id) });
  for (const { url, method, text } of site.bodies(talk))
    live.observe({ type: 'body', url, method, body: site.adapter.parseBody(text) });
  const { current } = live.view();
  return current === null ? nothing() : [current];
}

const HOSTILE = [
  '<script>alert(1)</script><img src=x onerror="alert(1)">',
  '<x-evil onclick="a()"><template><slot></slot></template></x-evil>',
  'zero\u200bwidth \u202eright to left\u202c \u2066isolated\u2069',
  'a NUL \u0000 within',
  'half \ud83d a character \udc00 twice',
  `one line ${'x'.repeat(1_000_000)}`,
  '<div>'.repeat(100_000),
  `[link](javascript:alert(1)) {{constructor}} '; drop table message; --`,
];

const HOSTILE_HTML = [
  '<script>stolen()</script>',
  '<img src="x" onerror="stolen()">',
  '<x-evil onclick="stolen()">words</x-evil>',
  '<style>p { content: "stolen" }</style>',
  '\u200b\u202e\u2066',
  `${'<span>'.repeat(400)}deep${'</span>'.repeat(400)}`,
  `<b>${'y'.repeat(1_000_000)}</b>`,
];

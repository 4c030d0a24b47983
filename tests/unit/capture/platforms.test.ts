/** docs/platforms.md: what each fixture yields. `UPDATE=1` writes it; without, it must be as it was written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { allAdapters } from '../../../engine/capture/adapters/all';
import {
  ALL_SITES,
  type CapturedConversation,
  type CapturedMessage,
  type Site,
  SITES,
} from '../../../engine/capture/index';
import { EngineError } from '../../../engine/errors';
import { parseHtml } from '../../../scripts/cli-read';
import { blockMath, codeBlocks, dateOf, fixture, fixtures, inlineMath, listed, readFixture } from './fixtures';

const page = new URL('../../../docs/platforms.md', import.meta.url);
const BEGIN = '<!-- begin fixtures: written by tests/unit/capture/platforms.test.ts -->';
const END = '<!-- end fixtures -->';

interface Reading {
  file: string;
  date: string;
  conversations: CapturedConversation[];
  /** Turns of the shown branch that the site's data and the drawn page give, each read alone; null where it has none. */
  data: number | null;
  page: number | null;
  codes: string[];
}

function read(file: string, site: Site): Reading {
  const name = basename(file);
  const alone = eachAlone(name, site);
  try {
    const { conversations, warnings } = readFixture(name, site);
    // whose it is was found out, not given
    expect(conversations.map((conversation) => conversation.site)).toEqual(conversations.map(() => site));
    const codes = [...new Set(warnings.map((warning) => warning.code))];
    return { file: name, date: dateOf(file), conversations, ...alone, codes };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { file: name, date: dateOf(file), conversations: [], ...alone, codes: [error.code] };
  }
}

const shownTurns = (conversations: CapturedConversation[]): number =>
  conversations.flatMap(({ messages }) => messages).filter((message) => message.on_active_branch).length;

/** A page that carries data is read twice: by the data alone, and by what it draws alone. */
function eachAlone(name: string, site: Site): { data: number | null; page: number | null } {
  const text = readFileSync(fixture(name, site), 'utf8');
  const adapter = allAdapters().find((each) => each.site === site);
  if (adapter === undefined) throw new Error(`no adapter for ${site}`);
  if (!name.endsWith('.html')) {
    try {
      return { data: shownTurns(readFixture(name, site).conversations), page: null };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { data: 0, page: null };
    }
  }
  const embedded = adapter.readEmbedded(text, { saved: true }).conversations;
  const html = /<html[\s>]/i.test(text) ? text : `<!DOCTYPE html><html><head></head><body>${text}</body></html>`;
  const drawn = adapter.readDom(parseHtml(html), '', { saved: true }).conversations;
  return { data: embedded.length > 0 ? shownTurns(embedded) : null, page: shownTurns(drawn) };
}

interface Yield {
  turns: number;
  times: number;
  models: number;
  thinking: number;
  left: number;
  code: number;
  math: number;
  tables: number;
  citations: number;
  images: number;
  files: number;
}

function yieldOf(conversations: CapturedConversation[]): Yield {
  const messages = conversations.flatMap((conversation) => conversation.messages);
  const shown = messages.filter((message) => message.on_active_branch);
  const sum = (each: (message: CapturedMessage) => number): number =>
    messages.reduce((total, message) => total + each(message), 0);
  const attached = (kind: string): number =>
    sum((message) => message.attachments.filter((attachment) => attachment.kind === kind).length);
  return {
    turns: shown.length,
    times: shown.filter((message) => message.created_at !== null).length,
    models: shown.filter((message) => message.model !== null).length,
    thinking: sum((message) => (typeof message.metadata['thinking'] === 'string' ? 1 : 0)),
    left: messages.length - shown.length,
    code: sum(({ markdown }) => codeBlocks(markdown)),
    math: sum(({ markdown }) => inlineMath(markdown) + blockMath(markdown)),
    tables: sum(({ markdown }) => (markdown.match(/^[ \t>]*\|(?: --- \||[ :-]+\|)+$/gm) ?? []).length),
    citations: sum(({ metadata }) => (Array.isArray(metadata['citations']) ? metadata['citations'].length : 0)),
    images: attached('image'),
    files: attached('file'),
  };
}

const table = (head: string[], rows: Array<Array<string | number>>): string =>
  [head, head.map((_, at) => (at === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

function fixturesOf(readings: Reading[]): string {
  const rows = readings.map(({ file, date, conversations, data, page, codes }) => {
    const of = (role: string): number =>
      conversations
        .flatMap(({ messages }) => messages)
        .filter((message) => message.on_active_branch && message.role === role).length;
    const { left, code, math, tables, citations, images, files } = yieldOf(conversations);
    const readAs = [...new Set(conversations.map(({ strategy, coverage }) => `${strategy}, ${coverage}`))].join('; ');
    return [
      file.replace(/__/g, ' / '),
      date,
      ...[conversations.length, of('user'), of('assistant'), left, code, math, tables, citations, images, files],
      data ?? '–',
      page ?? '–',
      readAs,
      codes.join(', '),
    ];
  });
  return table(
    'fixture,last changed,conversations,user,assistant,left branches,code,math,tables,citations,images,files,turns from data alone,turns from the page alone,read as,warnings'.split(
      ',',
    ),
    rows,
  );
}

/** What each way of reading a site has given over all of its fixtures. */
function strategiesOf(all: Array<[Site, Reading[]]>): string {
  const rows = all.flatMap(([site, readings]) =>
    ['json-tree', 'json-pages', 'share', 'stream', 'dom'].flatMap((strategy) => {
      const conversations = readings.flatMap((reading) =>
        reading.conversations.filter((conversation) => conversation.strategy === strategy),
      );
      if (conversations.length === 0) return [];
      return [
        [SITES[site].name, strategy, conversations.length, ...Object.values<number>({ ...yieldOf(conversations) })],
      ];
    }),
  );
  return table(
    'site,read as,conversations,turns,with a time,with a model,with thinking,left branches,code,math,tables,citations,images,files'.split(
      ',',
    ),
    rows,
  );
}

it.skipIf(!fixtures)('every fixture yields what docs/platforms.md says', () => {
  const all = ALL_SITES.map((site): [Site, Reading[]] => [site, listed(site).map((file) => read(file, site))]).filter(
    ([, readings]) => readings.length > 0,
  );
  expect(all.flatMap(([, readings]) => readings).length).toBeGreaterThanOrEqual(60);
  const written = [
    strategiesOf(all),
    ...all.flatMap(([site, readings]) => [`### ${SITES[site].name}`, fixturesOf(readings)]),
  ].join('\n\n');
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  expect(after).toBeDefined();
  const wanted = `${before ?? ''}${BEGIN}\n\n${written}\n\n${END}${after ?? ''}`;
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
});

/** docs/platforms.md: what each fixture yields. `UPDATE=1` writes it; without, it must be as it was written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { ALL_SITES, type ReadResult, type Site, SITES } from '../../../engine/capture/index';
import { EngineError } from '../../../engine/errors';
import { blockMath, codeBlocks, fixtures, inlineMath, listed, readFixture } from './fixtures';

const page = new URL('../../../docs/platforms.md', import.meta.url);
const BEGIN = '<!-- begin fixtures: written by tests/unit/capture/platforms.test.ts -->';
const END = '<!-- end fixtures -->';

function row(file: string, site: Site): string {
  let read: ReadResult;
  try {
    read = readFixture(basename(file), site);
  } catch (error) {
    const { code } = EngineError.from(error);
    return `| ${[basename(file).replace(/__/g, ' / '), 0, ...Array<number | string>(9).fill(0), '', code].join(' | ')} |`;
  }
  const { conversations, warnings } = read;
  expect(conversations.map((conversation) => conversation.site)).toEqual(conversations.map(() => site));
  const messages = conversations.flatMap((conversation) => conversation.messages);
  const text = messages.map((message) => message.markdown);
  const sum = (each: (markdown: string) => number): number =>
    text.reduce((total, markdown) => total + each(markdown), 0);
  const shown = messages.filter((message) => message.on_active_branch);
  const of = (role: string): number => shown.filter((message) => message.role === role).length;
  const citations = messages.reduce(
    (total, message) =>
      total + (Array.isArray(message.metadata['citations']) ? message.metadata['citations'].length : 0),
    0,
  );
  const images = messages
    .flatMap((message) => message.attachments)
    .filter((attachment) => attachment.kind === 'image').length;
  const files = messages
    .flatMap((message) => message.attachments)
    .filter((attachment) => attachment.kind === 'file').length;
  const strategies = [
    ...new Set(conversations.map((conversation) => `${conversation.strategy}, ${conversation.coverage}`)),
  ].join('; ');
  const codes = [...new Set(warnings.map((warning) => warning.code))].join(', ');
  const cells = [
    basename(file).replace(/__/g, ' / '),
    conversations.length,
    of('user'),
    of('assistant'),
    messages.length - shown.length,
    sum(codeBlocks),
    sum((markdown) => inlineMath(markdown) + blockMath(markdown)),
    sum((markdown) => (markdown.match(/^[ \t>]*\|(?: --- \||[ :-]+\|)+$/gm) ?? []).length),
    citations,
    images,
    files,
    strategies,
    codes,
  ];
  return `| ${cells.join(' | ')} |`;
}

it.skipIf(!fixtures)('every fixture yields what docs/platforms.md says', () => {
  const tables = ALL_SITES.map((site) =>
    [
      `### ${SITES[site].name}`,
      '',
      '| fixture | conversations | user | assistant | left branches | code | math | tables | citations | images | files | read as | warnings |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |',
      ...listed(site).map((file) => row(file, site)),
    ].join('\n'),
  );
  const table = tables.join('\n\n');
  expect(table.split('\n').length).toBeGreaterThanOrEqual(60);
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  expect(after).toBeDefined();
  const wanted = `${before ?? ''}${BEGIN}\n\n${table}\n\n${END}${after ?? ''}`;
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted);
  else expect(text).toBe(wanted);
});

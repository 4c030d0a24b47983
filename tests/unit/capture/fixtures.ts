import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CapturedConversation, ReadResult, Site } from '../../../engine/capture/index';
import { readFile } from '../../../scripts/cli-read';

/** Where the shared fixtures lie; unset on machines that have none. */
export const fixtures = process.env['COMMONPLACE_FIXTURES'];

/** The fixtures of a site that the manifest lists, without the expected outputs of another tool. */
export function listed(site: Site = 'chatgpt'): string[] {
  const manifest = join(fixtures ?? '', 'manifest.tsv');
  if (fixtures === undefined || !existsSync(manifest)) return [];
  return readFileSync(manifest, 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[0] ?? '')
    .filter((file) => file.startsWith(`${site}/`) && !file.endsWith('.md'))
    .sort();
}

/** `2026-07-17`, or less where less is known. */
export function dateOf(file: string): string {
  const line = readFileSync(join(fixtures ?? '', 'manifest.tsv'), 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${file}\t`));
  return /\d{4}(?:-\d\d){0,2}/.exec(line?.split('\t')[5] ?? '')?.[0] ?? '';
}

export function fixture(name: string, site: Site = 'chatgpt'): string {
  return join(fixtures ?? '', site, name);
}

/** Read as a person's file is: whose it is, is found out. */
export function readFixture(name: string, site: Site = 'chatgpt'): ReadResult {
  return readFile(fixture(name, site));
}

export function only(result: ReadResult): CapturedConversation {
  const [conversation, second] = result.conversations;
  if (conversation === undefined || second !== undefined)
    throw new Error(`one conversation was expected, ${result.conversations.length} were read`);
  return conversation;
}

export const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
/** Fenced code blocks: every other fence line opens one. */
export const codeBlocks = (text: string): number => count(text, /^[ \t>]*```/gm) / 2;
export const inlineMath = (text: string): number =>
  count(
    text.replace(/^[ \t>]*```[\s\S]*?^[ \t>]*```/gm, '').replace(/`[^`\n]*`/g, ''),
    /(?<![\\$])\$(?![\s$])[^$\n]*[^\s$\\]\$(?!\$)/g,
  );
export const blockMath = (text: string): number => count(text, /^[ \t>]*\$\$\n[\s\S]*?\n[ \t>]*\$\$$/gm);

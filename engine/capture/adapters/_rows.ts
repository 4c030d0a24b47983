/** Pages that draw one element for each turn. */
import { copyToMarkdown, inertCopy } from '../markdown';
import type { DomFindings, DomTurn } from './_adapter';

/** What a site's class reads of a row; everything else of the turn is as if the page did not say it. */
export type Row = Pick<DomTurn, 'role' | 'markdown'> & Partial<DomTurn>;

/**
 * The turns of the rows that `read` makes something of; null is a row that is no turn, words that are empty a turn that
 * could not be read, which is a warning. Nothing is claimed about turns that are not mounted.
 */
export function readRows(rows: Iterable<Element>, read: (row: Element) => Row | null): DomFindings {
  const found: DomFindings = {
    title: null,
    turns: [],
    turnsSeen: 0,
    turnsUnmounted: 0,
    whole: false,
    streaming: false,
    warnings: [],
    metadata: {},
    address: null,
  };
  let unbroken = false;
  for (const row of rows) {
    const turn = read(row);
    if (turn === null) continue;
    found.turnsSeen++;
    const { markdown, attachments = [], metadata = {} } = turn;
    const empty = markdown === '' && attachments.length === 0 && Object.keys(metadata).length === 0;
    if (empty)
      found.warnings.push({
        code: 'unread_turn',
        message: 'A turn of the page has no words that could be read.',
        where: turn.id ?? null,
      });
    else
      found.turns.push({
        id: null,
        mergedIds: [],
        follows: unbroken,
        author: null,
        model: null,
        createdAt: null,
        attachments: [],
        metadata: {},
        ...turn,
      });
    unbroken = !empty;
  }
  return found;
}

/**
 * The Markdown of an answer. `code` names the site's blocks of code, the banner above each, which is no part of the
 * answer, and where in it the language stands.
 */
export function answerMarkdown(
  answer: Element,
  base: string,
  code: { block: string; banner: string; language: string },
): string {
  const copy = inertCopy(answer);
  for (const each of copy.querySelectorAll(code.block)) {
    each
      .querySelector('pre')
      ?.setAttribute('data-language', each.querySelector(code.language)?.textContent?.trim() ?? '');
    each.querySelector(code.banner)?.remove();
  }
  return copyToMarkdown(copy, base).markdown;
}

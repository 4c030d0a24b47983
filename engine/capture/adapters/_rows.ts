/** Pages that draw one element for each turn. */
import { copyToMarkdown, inertCopy } from '../markdown';
import type { DomFindings } from './_adapter';
import { findingsWith, type ShownTurn, turnOf } from './_dom';

export type { ShownTurn };

/**
 * The turns of the rows that `read` makes something of; null is a row that is no turn, words that are empty a turn that
 * could not be read, which is a warning. Nothing is claimed about turns that are not mounted.
 */
export function readRows(rows: Iterable<Element>, read: (row: Element) => ShownTurn | null): DomFindings {
  const found = findingsWith();
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
    else found.turns.push(turnOf({ follows: unbroken, ...turn }));
    unbroken = !empty;
  }
  return found;
}

/**
 * The Markdown of an answer. `code` names the site's blocks of code, the banner above each, which is no part of the
 * answer, and where in it the language stands; `cite` its marks of citations, of which only the number is kept.
 */
export function answerMarkdown(
  answer: Element,
  base: string,
  code: { block: string; banner: string; language: string },
  cite: string,
): string {
  const copy = inertCopy(answer);
  for (const each of copy.querySelectorAll(cite))
    each.textContent = /\d+/.exec(each.textContent ?? '')?.[0] ?? each.textContent;
  for (const each of copy.querySelectorAll(code.block)) {
    each
      .querySelector('pre')
      ?.setAttribute('data-language', each.querySelector(code.language)?.textContent?.trim() ?? '');
    each.querySelector(code.banner)?.remove();
  }
  return copyToMarkdown(copy, base).markdown;
}

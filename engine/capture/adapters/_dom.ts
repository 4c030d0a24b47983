/** What the readers of pages have in common. */
import { inertCopy } from '../markdown';
import type { DomFindings, DomTurn, PageRoot } from './_adapter';

export function documentOf(root: PageRoot): Document {
  return root.nodeType === 9 ? (root as Document) : (root.ownerDocument as Document);
}

/** In one line, with one blank where there was any white space. */
export function squeezed(text: string | null | undefined): string {
  return (text ?? '').replace(/\s+/g, ' ').trim();
}

/** Those that are in none of the others, in the order given. */
export function outermost(elements: Element[]): Element[] {
  const set = new Set(elements);
  return elements.filter((element) => {
    for (let above = element.parentElement; above !== null; above = above.parentElement)
      if (set.has(above)) return false;
    return true;
  });
}

/** The first of each address. */
export function distinctUrls<T extends { url: string }>(citations: T[]): T[] {
  const seen = new Set<string>();
  return citations.filter((each) => !seen.has(each.url) && seen.add(each.url));
}

/** What a page shows of a turn; of what is left out it says nothing. */
export type ShownTurn = Pick<DomTurn, 'role' | 'markdown'> & Partial<DomTurn>;

export function turnOf(shown: ShownTurn): DomTurn {
  return {
    id: null,
    mergedIds: [],
    follows: true,
    author: null,
    model: null,
    createdAt: null,
    attachments: [],
    metadata: {},
    ...shown,
  };
}

/** What is known of a page before its turns are read. */
export function findingsWith(known: Partial<DomFindings> = {}): DomFindings {
  return {
    title: null,
    turns: [],
    turnsSeen: 0,
    turnsUnmounted: 0,
    whole: false,
    streaming: false,
    warnings: [],
    metadata: {},
    address: null,
    ...known,
  };
}

/** A copy of a saved piece of a page in which no turn is marked, without what stands around an answer; null for an empty page. */
export function unmarkedPiece(root: PageRoot): Element | null {
  const body: Element | null =
    root.nodeType === 9 ? ((root as Document).querySelector('main') ?? (root as Document).body) : (root as Element);
  if (body === null) return null;
  const copy = inertCopy(body);
  for (const around of copy.querySelectorAll('nav, header, footer, form, aside')) around.remove();
  return copy;
}

/** Adds what such a piece holds as one answer, as far as can be told; a few words are none. */
export function addUnmarked(findings: DomFindings, read: Omit<ShownTurn, 'role'>): void {
  if (read.markdown.length < 20) return;
  findings.warnings.push({
    code: 'no_turns',
    message: 'No turn is marked in the page; what it holds is read as one answer.',
    where: null,
  });
  findings.turns.push(turnOf({ role: 'assistant', ...read }));
}

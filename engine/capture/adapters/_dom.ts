/** What the readers of pages have in common. */
import type { PageRoot } from './_adapter';

export function documentOf(root: PageRoot): Document {
  return root.nodeType === 9 ? (root as Document) : (root.ownerDocument as Document);
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

/** The order of messages that were seen in pieces. Pure. */
import type { CapturedMessage } from './types';

/**
 * Looks at a page that scrolls may come in any order, and two that have nothing in common are put one after the other as
 * they came. A later look that shows what lies between says which is first: then each piece goes after the one that its
 * first message follows. Where `seen` does not contradict the order it stays as it is.
 *
 * @param ids every message, in the order so far.
 * @param seen what was seen now, among others; a message follows the one before it where that is its parent.
 * @param parentOf what is known of a message's parent apart from `seen`.
 */
export function inParentsOrder(
  ids: string[],
  seen: Array<Pick<CapturedMessage, 'id' | 'parent_id'>>,
  parentOf: (id: string) => string | null,
): string[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  const follows = new Map<string, string>();
  seen.forEach(({ id, parent_id }, index) => {
    if (parent_id !== null && parent_id === seen[index - 1]?.id) follows.set(id, parent_id);
  });
  const isBefore = (id: string, other: string): boolean => (place.get(id) ?? 0) < (place.get(other) ?? 0);
  if (![...follows].some(([id, parent]) => isBefore(id, parent))) return ids;

  const parent = (id: string): string | null => follows.get(id) ?? parentOf(id);
  const pieces: string[][] = [];
  for (const id of ids) {
    const last = pieces.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && parent(id) === before) last.push(id);
    else pieces.push([id]);
  }
  const byEnd = new Map(pieces.map((piece) => [piece.at(-1), piece]));
  const next = new Map<string[], string[]>();
  const placed = new Set<string[]>();
  for (const piece of pieces) {
    const before = byEnd.get(parent(piece[0] ?? '') ?? undefined);
    if (before === undefined || before === piece || next.has(before)) continue;
    next.set(before, piece);
    placed.add(piece);
  }
  const ordered = pieces
    .filter((piece) => !placed.has(piece))
    .flatMap((piece) => {
      const chain = [piece];
      for (let at = next.get(piece); at !== undefined; at = next.get(at)) chain.push(at);
      return chain.flat();
    });
  // Parents that go round in a circle order nothing.
  return ordered.length === ids.length ? ordered : ids;
}

/** What the page says of a turn's place, so that two looks with nothing in common have an order; null where nothing. */
export function turnOf({ id, metadata }: Pick<CapturedMessage, 'id' | 'metadata'>): number | null {
  const said = metadata['position'] ?? metadata['turn'] ?? (/^\d{1,6}$/.test(id) ? Number(id) : null);
  return typeof said === 'number' ? said : null;
}

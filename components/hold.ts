/**
 * Keeps rows where they are while somebody is on them.
 *
 * Better results may arrive at any moment; a row must not slip away from under the pointer or the selection. So everything
 * down to the lowest row that is held stays exactly as it was shown, and the better order begins below it.
 */

/** How many rows from the top must not move: one more than the lowest held index. */
export function heldCount(...indexes: Array<number | null>): number {
  return Math.max(0, ...indexes.map((index) => (index === null ? 0 : index + 1)));
}

/**
 * `next`, with the first `held` rows of `shown` in front, unchanged, and none twice. `gone` names rows that must leave
 * although they are held (they were deleted).
 */
export function holdRows<Row>(
  shown: readonly Row[],
  next: readonly Row[],
  held: number,
  key: (row: Row) => string,
  gone: ReadonlySet<string> = new Set(),
): Row[] {
  const kept = shown.slice(0, held).filter((row) => !gone.has(key(row)));
  const seen = new Set(kept.map(key));
  return [...kept, ...next.filter((row) => !seen.has(key(row)))];
}

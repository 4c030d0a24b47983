/** Bounds of one transaction: at most this many rows and about this much text, so that a search never waits long. */
const SLICE_ROWS = 200;
const SLICE_CHARACTERS = 500_000;

/** Consecutive parts of `items` within the bounds; an item that is too large alone is a part alone. */
export function* slices<Item>(items: Item[], characters: (item: Item) => number): Generator<Item[]> {
  let part: Item[] = [];
  let size = 0;
  for (const item of items) {
    const length = characters(item);
    if (part.length > 0 && (part.length >= SLICE_ROWS || size + length > SLICE_CHARACTERS)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(item);
    size += length;
  }
  if (part.length > 0) yield part;
}

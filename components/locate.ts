/**
 * Finds a passage in what is drawn of it.
 *
 * A passage is a cut of the Markdown, the page shows the Markdown drawn, so neither is a substring of the other. Both are
 * compared by their letters and digits alone, which the drawing keeps in order.
 */

const WORD_CHARACTER = /[\p{L}\p{N}]/u;

/** The letters and digits of `text`, lower case, with the UTF-16 offset each came from. */
export function squeeze(text: string): { letters: string; offsets: number[] } {
  let letters = '';
  const offsets: number[] = [];
  let at = 0;
  for (const character of text) {
    if (WORD_CHARACTER.test(character)) {
      const lower = character.toLowerCase();
      letters += lower;
      for (let i = 0; i < lower.length; i++) offsets.push(at);
    }
    at += character.length;
  }
  return { letters, offsets };
}

/** Shortest part of a passage that is believed to be it, in letters. */
const ENOUGH = 12;

/**
 * UTF-16 ranges [start, end) of `text` that hold the passage: the whole of it if it is found, else those of its lines
 * and sentences that are. Ascending.
 */
export function locate(text: string, passage: string): Array<[number, number]> {
  const { letters, offsets } = squeeze(text);
  const found = (part: string, from: number): [number, number, number] | null => {
    const wanted = squeeze(part).letters;
    if (wanted.length === 0) return null;
    const start = letters.indexOf(wanted, from);
    if (start < 0) return null;
    return [offsets[start] ?? 0, (offsets[start + wanted.length - 1] ?? 0) + 1, start + wanted.length];
  };
  const whole = found(passage, 0);
  if (whole) return [[whole[0], whole[1]]];
  const ranges: Array<[number, number]> = [];
  let from = 0;
  for (const part of passage.split(/\n+|(?<=[.!?。؟])\s+/u)) {
    if (squeeze(part).letters.length < ENOUGH) continue;
    const range = found(part, from);
    if (!range) continue;
    ranges.push([range[0], range[1]]);
    from = range[2];
  }
  return ranges;
}

/** The DOM range of a range of `root.textContent`. */
export function domRange(root: Node, start: number, end: number): Range | null {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  let at = 0;
  let started = false;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (!started && start < at + length) {
      range.setStart(node, start - at);
      started = true;
    }
    if (started && end <= at + length) {
      range.setEnd(node, end - at);
      return range;
    }
    at += length;
  }
  return null;
}

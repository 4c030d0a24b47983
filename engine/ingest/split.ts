/**
 * Splits Markdown into sections and passages. Pure.
 *
 * Every character that is no white space is in exactly one passage, in order.
 */

/**
 * Version of everything that decides where a text is cut, what its header says and which words it is found by
 * (`engine/words`). Raise it with any such change: chunks of an older version are then made anew in the background, and
 * a text that is still the same keeps its vector. 2: irregular words of English by their base.
 */
export const SPLITTER_VERSION = 2;

/**
 * How long a passage may grow, in UTF-16 units; a heading with what follows it, or a short rest, may exceed it a little.
 * Measured in docs/decisions/0003-passages-and-fusion.md: on LoCoMo and BEAM 550, 1,100 and 1,800 differ by less than the
 * questions can tell; 1,100 has 44 % more rows than 1,800 and halves what a question waits for behind a passage.
 */
export const PASSAGE_CHARACTERS = 1_100;

export interface Section {
  /** The heading it begins with, without its marks; null for text before the first one. */
  heading: string | null;
  /** What a person would call it: its heading, else its first words. */
  label: string;
  passages: string[];
}

/** [start, end) in the text. */
interface Span {
  start: number;
  end: number;
}

interface Block extends Span {
  kind: 'text' | 'lines' | 'heading';
  /** Of a heading: 1 to 6. */
  level: number;
}

const FENCE = /^\s*(`{3,}(?!.*`)|~{3,})/u;
const HEADING = /^ {0,3}(#{1,6})(?:\s|$)/u;
const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s/u;
const TABLE_ROW = /^\s*\|/u;
const LABEL_CHARACTERS = 120;

export function split(markdown: string, size: number = PASSAGE_CHARACTERS): Section[] {
  const sections: Section[] = [];
  for (const blocks of groupBySection(parseBlocks(markdown), size)) {
    const passages = pack(markdown, toUnits(markdown, blocks, size), size)
      .map(({ start, end }) => trimmed(markdown.slice(start, end)))
      .filter((text) => text !== '');
    if (passages.length === 0) continue;
    const first = blocks[0];
    const heading =
      first?.kind === 'heading'
        ? markdown
            .slice(first.start, first.end)
            .replace(/^\s*#+\s*|\s*#*\s*$/gu, '')
            .slice(0, LABEL_CHARACTERS) || null
        : null;
    const label = heading ?? (passages[0] ?? '').slice(0, LABEL_CHARACTERS).replace(/\s+/gu, ' ').trim();
    sections.push({ heading, label, passages });
  }
  return sections;
}

/** Without blank lines around it; the first line keeps its indentation, which says what it is in a list or in code. */
function trimmed(text: string): string {
  return text.replace(/^(?:[^\S\n]*\n)+/u, '').trimEnd();
}

/** Blocks that follow each other without a gap: paragraphs, list items, tables, fenced code, headings. */
function parseBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let fence: string | null = null;
  let afterBlank = true;

  const begin = (start: number, kind: Block['kind'], level = 0): Block => {
    const block = { start, end: start, kind, level };
    blocks.push(block);
    return block;
  };

  for (let start = 0; start < text.length;) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline + 1;
    const line = text.slice(start, end);
    let block = blocks.at(-1);

    if (fence !== null) {
      const mark = FENCE.exec(line)?.[1];
      if (mark?.startsWith(fence) && line.trim() === mark) {
        fence = null;
        afterBlank = true; // whatever follows the closing fence is a block of its own
      }
    } else if (line.trim() === '') {
      afterBlank = true;
      block ??= begin(start, 'text');
    } else {
      const mark = FENCE.exec(line)?.[1];
      const hashes = HEADING.exec(line)?.[1];
      if (mark) {
        fence = mark;
        block = begin(start, 'lines');
      } else if (hashes) {
        block = begin(start, 'heading', hashes.length);
        afterBlank = true;
      } else if (TABLE_ROW.test(line)) {
        if (afterBlank || block?.kind !== 'lines') block = begin(start, 'lines');
        afterBlank = false;
      } else {
        if (afterBlank || block?.kind !== 'text' || LIST_ITEM.test(line)) block = begin(start, 'text');
        afterBlank = false;
      }
    }
    if (block) block.end = end;
    start = end;
  }
  return blocks;
}

/** A heading of the first three levels begins a section, unless the section before it is still too short to stand. */
function groupBySection(blocks: Block[], size: number): Block[][] {
  const sections: Block[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const block of blocks) {
    const last = sections.at(-1);
    if (!last || (block.kind === 'heading' && block.level <= 3 && length >= size / 2)) {
      sections.push([block]);
      length = 0;
    } else {
      last.push(block);
    }
    length += block.end - block.start;
  }
  return sections;
}

/** What must not be cut: blocks that fit, the parts of those that do not, headings together with what they head. */
function toUnits(text: string, blocks: Block[], size: number): Span[] {
  const units: Span[] = [];
  let heading: Span | null = null;
  for (const block of blocks) {
    if (block.kind === 'heading' && block.end - block.start <= size / 2) {
      heading = heading ? { start: heading.start, end: block.end } : block;
      // A text of nothing but headings would otherwise never be cut.
      if (heading.end - heading.start <= size / 2) continue;
      units.push(heading);
      heading = null;
      continue;
    }
    const [first, ...rest] = block.end - block.start <= size ? [block] : cut(text, block, size);
    if (first) units.push(heading ? { start: heading.start, end: first.end } : first);
    units.push(...rest);
    heading = null;
  }
  if (heading) units.push(heading);
  return units;
}

/** Parts of one long block, each at most `size` long. */
function cut(text: string, block: Block, size: number): Span[] {
  const parts = block.kind === 'lines' ? lines(text, block) : sentences(text, block);
  return parts.flatMap((part) => (part.end - part.start <= size ? [part] : cutAnywhere(text, part, size)));
}

function lines(text: string, { start, end }: Span): Span[] {
  const spans: Span[] = [];
  for (let from = start; from < end;) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 || newline >= end ? end : newline + 1;
    spans.push({ start: from, end: to });
    from = to;
  }
  return spans;
}

let segmenter: Intl.Segmenter | null = null;

function sentences(text: string, { start, end }: Span): Span[] {
  // Segmenting is by Unicode's rules (UAX #29); the locale only adds a few abbreviations.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'sentence' });
  return Array.from(segmenter.segment(text.slice(start, end)), ({ index, segment }) => ({
    start: start + index,
    end: start + index + segment.length,
  }));
}

/** At the last white space before the limit, else at the limit, but never within a character. */
function cutAnywhere(text: string, { start, end }: Span, size: number): Span[] {
  const spans: Span[] = [];
  let from = start;
  while (end - from > size) {
    let to = from + size;
    for (let at = to; at > from + size / 2; at--) {
      if (/\s/u.test(text.charAt(at - 1))) {
        to = at;
        break;
      }
    }
    const last = text.charCodeAt(to - 1);
    if (last >= 0xd800 && last <= 0xdbff && to - 1 > from) to -= 1;
    spans.push({ start: from, end: to });
    from = to;
  }
  spans.push({ start: from, end });
  return spans;
}

/** Units joined into passages, as many as fit; a short rest joins the passage before it. */
function pack(text: string, units: Span[], size: number): Span[] {
  const passages: Span[] = [];
  for (const unit of units) {
    const last = passages.at(-1);
    if (last && contentEnd(text, unit) - last.start <= size) last.end = unit.end;
    else passages.push({ ...unit });
  }
  const rest = passages.at(-1);
  const before = passages.at(-2);
  if (rest && before && rest.end - rest.start < size / 5 && rest.end - before.start <= size * 1.2) {
    before.end = rest.end;
    passages.pop();
  }
  return passages;
}

/** Where a span's text ends, its closing white space left out: blank lines do not count against the size. */
function contentEnd(text: string, { start, end }: Span): number {
  let at = end;
  while (at > start && /\s/u.test(text.charAt(at - 1))) at--;
  return at;
}

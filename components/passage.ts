/** A hit's passage as a line of prose: Markdown's marks taken out, the matched words kept marked. */

export interface Run {
  text: string;
  marked: boolean;
}

/** Code and formulas, whose signs are their own. Of each match its one group stays; the rest is dropped. */
const LITERALS =
  /^[ \t]*```[^\n]*\n([\s\S]*?)(?:^[ \t]*```[ \t]*$|(?![\s\S]))|`+([^`\n]+)`+|\$\$([^$]+)\$\$|\\\(([^\n]+?)\\\)|\\\[([\s\S]+?)\\\]|(\$(?=\S)[^$\n]+(?<=\S)\$(?!\d))/dgmu;

/** What is syntax and not words, elsewhere. Each match's captured group, where it has one, stays; the rest is dropped. */
const SYNTAX = [
  /^[ \t]*(?:```|~~~)[^\n]*$/dgmu, // fences without their other end
  /^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,3}[.)])[ \t]+/dgmu, // headings, quotes, list marks
  /^[ \t]*\|?[ \t:|-]*-{3,}[ \t:|-]*$/dgmu, // table rules, thematic breaks
  /!?\[([^\]\n]*)\]\([^)\s]*(?:[ \t]+"[^"\n]*")?\)/dgu, // links and images keep their text
  /\*\*|__|~~|`+|\$\$|\\[()[\]]/dgu,
  /(?<![\p{L}\p{N}])[*_](?=\S)|(?<=\S)[*_](?![\p{L}\p{N}])/dgu, // emphasis, not snake_case
];

const NOWHERE = [0, 0] as const;

/** Longest text put before the first match, in characters; farther back the passage is cut at a word. */
const LEAD = 110;

/**
 * @param highlights UTF-16 offsets [start, end) into `passage`, ascending.
 * @returns runs of one line; their text joined is what is read.
 */
export function shownPassage(passage: string, highlights: ReadonlyArray<readonly [number, number]>): Run[] {
  const literal = new Uint8Array(passage.length);
  const drop = new Uint8Array(passage.length);
  for (const { indices = [] } of passage.matchAll(LITERALS)) {
    const [[start, end] = NOWHERE, ...groups] = indices;
    const [from, to] = groups.find((group) => group !== undefined) ?? NOWHERE;
    drop.fill(1, start, from).fill(1, to, end);
    literal.fill(1, from, to);
  }
  for (const pattern of SYNTAX) {
    for (const { indices = [] } of passage.matchAll(pattern)) {
      const [[start, end] = NOWHERE, [from, to] = [end, end]] = indices;
      if (!literal[start]) drop.fill(1, start, from).fill(1, to, end);
    }
  }
  const marked = new Uint8Array(passage.length);
  for (const [start, end] of highlights) marked.fill(1, Math.max(0, start), Math.min(passage.length, end));

  const runs: Run[] = [];
  let space = true; // swallows leading and repeated white space
  for (let at = 0; at < passage.length; at++) {
    if (drop[at]) continue;
    let character = passage.charAt(at);
    if (/\s/u.test(character) || character === '|') {
      if (space) continue;
      character = ' ';
      space = true;
    } else space = false;
    const last = runs.at(-1);
    if (last && last.marked === (marked[at] === 1)) last.text += character;
    else runs.push({ text: character, marked: marked[at] === 1 });
  }
  return startNearMatch(runs);
}

/** Cuts the text before the first match so that the match is among the first lines. */
function startNearMatch(runs: Run[]): Run[] {
  const [first, second] = runs;
  if (!first || !second || first.marked || first.text.length <= LEAD) return runs;
  const tail = first.text.slice(-LEAD);
  const sentence = tail.search(/(?<=[.!?。؟] )\S/u);
  const from = sentence >= 0 ? sentence : tail.indexOf(' ') + 1;
  return [{ text: `… ${tail.slice(from)}`, marked: false }, ...runs.slice(1)];
}

/**
 * The HTML of Takeout's answers as Markdown. It is plain (what a Markdown renderer writes: paragraphs, lists, tables,
 * code), and it is read where there is no document: in the engine's worker.
 */

type Token = { text: string } | { tag: string; closing: boolean; attributes: Record<string, string> };

const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|<!--[\s\S]*?-->|<![^>]*>/g;
const ATTRIBUTE = /([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g;

function tokens(html: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  for (const match of html.matchAll(TAG)) {
    if (match.index > at) found.push({ text: html.slice(at, match.index) });
    at = match.index + match[0].length;
    if (match[2] === undefined) continue;
    const attributes: Record<string, string> = {};
    for (const [, name, double, single, bare] of (match[3] ?? '').matchAll(ATTRIBUTE))
      attributes[(name ?? '').toLowerCase()] = decode(double ?? single ?? bare ?? '');
    found.push({ tag: match[2].toLowerCase(), closing: match[1] === '/', attributes });
  }
  if (at < html.length) found.push({ text: html.slice(at) });
  return found;
}

const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
};

/** Character references as characters. */
export function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));/g, (all, decimal, hex, name) => {
    const code =
      decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex as string, 16) : null;
    if (code === null) return NAMED[(name as string).toLowerCase()] ?? all;
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      ? code === 160
        ? ' '
        : String.fromCodePoint(code)
      : '\ufffd';
  });
}

const SKIPPED = new Set(['script', 'style', 'template', 'noscript', 'svg', 'iframe']);
const MARKS: Record<string, string> = { b: '**', strong: '**', i: '*', em: '*', s: '~~', del: '~~' };
const BLOCKS = new Set(['p', 'div', 'section', 'article', 'figure', 'table', 'pre', 'blockquote', 'ul', 'ol', 'hr']);

interface Inside {
  tag: string;
  /** What was written since it began. */
  out: string;
  href?: string;
  start?: number;
  language?: string;
}

/** Never throws; tags that do not match are closed where their parent ends. */
export function htmlToMarkdown(html: string): string {
  const stack: Inside[] = [{ tag: '', out: '' }];
  const top = (): Inside => stack.at(-1) as Inside;
  const within = (tag: string): boolean => stack.some((each) => each.tag === tag);
  let skipping: string | null = null;
  let row: string[] = [];
  let rows = 0;

  const block = (text: string): void => {
    const into = top();
    into.out = `${into.out.replace(/[ \t\n]+$/, '')}${into.out.trim() === '' ? '' : '\n\n'}${text}\n\n`;
  };
  const close = (): void => {
    const done = stack.pop() as Inside;
    const text = done.out;
    const mark = MARKS[done.tag];
    if (mark !== undefined) {
      const words = text.trim();
      const [lead, tail] = [/^\s*/.exec(text)?.[0] ?? '', /\s*$/.exec(text)?.[0] ?? ''];
      top().out += words === '' ? text : `${lead}${mark}${words}${mark}${tail}`;
    } else if (/^h[1-6]$/.test(done.tag))
      block(`${'#'.repeat(Number(done.tag[1]))} ${text.trim().replace(/\s+/g, ' ')}`);
    else if (done.tag === 'code') top().out += within('pre') ? text : `\`${text}\``;
    else if (done.tag === 'pre') {
      const ticks = '`'.repeat(Math.max(3, ...[...text.matchAll(/`{3,}/g)].map(([run]) => run.length + 1)));
      block(`${ticks}${done.language ?? ''}\n${text.replace(/^\n|\s+$/g, '')}\n${ticks}`);
    } else if (done.tag === 'a') {
      const words = text.trim();
      top().out +=
        done.href === undefined || !/^(?:https?:|mailto:)/.test(done.href) || words === ''
          ? text
          : `[${words}](${done.href})`;
    } else if (done.tag === 'li') {
      const list = top();
      const marker = list.tag === 'ol' ? `${list.start ?? 1}. ` : '- ';
      if (list.tag === 'ol') list.start = (list.start ?? 1) + 1;
      const item = text.trim().replace(/\n{2,}(?=\s*(?:- |\d+\. ))/g, '\n');
      list.out += `${marker}${item.replace(/\n(?=[^\n])/g, `\n${' '.repeat(marker.length)}`)}\n`;
    } else if (done.tag === 'blockquote') block(text.trim().replace(/^/gm, '> ').replace(/^> $/gm, '>'));
    else if (done.tag === 'td' || done.tag === 'th')
      row.push(
        text
          .trim()
          .replace(/\s*\n+\s*/g, ' ')
          .replace(/\|/g, '\\|'),
      );
    else if (done.tag === 'tr') {
      if (row.length > 0) {
        top().out += `| ${row.join(' | ')} |\n`;
        if (rows === 0) top().out += `|${' --- |'.repeat(row.length)}\n`;
        rows++;
      }
    } else if (BLOCKS.has(done.tag)) block(done.tag === 'table' ? text.replace(/\n{2,}/g, '\n').trim() : text.trim());
    else top().out += text;
  };

  for (const token of tokens(html)) {
    if ('text' in token) {
      if (skipping !== null) continue;
      const text = decode(token.text);
      const into = top();
      if (within('pre')) into.out += text;
      else if (['ul', 'ol', 'table', 'thead', 'tbody', 'tr'].includes(into.tag)) continue;
      else
        into.out += text
          .replace(/\s+/g, /\s$/.test(into.out) || into.out === '' ? ' ' : ' ')
          .replace(/^ /, into.out === '' || /\s$/.test(into.out) ? '' : ' ');
      continue;
    }
    const { tag, closing, attributes } = token;
    if (skipping !== null) {
      if (closing && tag === skipping) skipping = null;
      continue;
    }
    if (SKIPPED.has(tag)) {
      if (!closing) skipping = tag;
      continue;
    }
    if (tag === 'br') top().out += within('pre') ? '\n' : '\n';
    else if (tag === 'hr') block('---');
    else if (tag === 'img') {
      const name = (attributes['alt'] ?? '').replace(/[[\]\n]/g, ' ').trim();
      top().out += name === '' ? '[Image]' : `[Image: ${name}]`;
    } else if (closing) {
      const at = stack.findLastIndex((each) => each.tag === tag);
      if (at > 0) while (stack.length > at) close();
    } else {
      // A new item or paragraph ends the one before that was not closed.
      if ((tag === 'li' || tag === 'p') && top().tag === tag) close();
      if (tag === 'tr') row = [];
      if (tag === 'table') rows = 0;
      const language = /(?:language|lang)-([\w+#.-]+)/.exec(attributes['class'] ?? '')?.[1];
      if (tag === 'code' && language !== undefined && top().tag === 'pre') top().language = language;
      if ((tag === 'ul' || tag === 'ol') && top().tag === 'li') top().out = `${top().out.trimEnd()}\n`;
      stack.push({
        tag,
        out: '',
        ...(attributes['href'] === undefined ? {} : { href: attributes['href'] }),
        ...(tag === 'ol' ? { start: Number.parseInt(attributes['start'] ?? '1', 10) || 1 } : {}),
        ...(language === undefined ? {} : { language }),
      });
    }
  }
  while (stack.length > 1) close();
  return top()
    .out.split(/(^[ \t]*`{3,}[^\n]*\n[\s\S]*?^[ \t]*`{3,}[ \t]*$)/m)
    .map((piece, index) => (index % 2 === 1 ? piece : piece.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n')))
    .join('')
    .trim();
}

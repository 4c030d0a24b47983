/**
 * HTML, as a site or a page renders it, to Markdown. Turndown does the walking; what is here prepares a copy:
 * code from editors and highlighters, math from KaTeX and MathML, tables, images as words, citations as links.
 *
 * The element given is never changed. The copy is made in a document of its own that no window shows, so that copying
 * an image does not fetch it and copying a custom element does not run it.
 */
import TurndownService from 'turndown';
import { texOf } from './mathml';
import type { Attachment } from './types';

/** Element names and the like are compared in lower case: XHTML and linkedom differ in it. */
export interface MarkdownResult {
  markdown: string;
  images: Attachment[];
  citations: Array<{ title: string | null; url: string }>;
}

const NOISE = [
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'input',
  'textarea',
  'select',
  'canvas',
  'iframe',
  'object',
  'link',
  'meta',
  // how the letters below are read: in a row with them it breaks their words
  'rt',
  'rp',
  '.sr-only',
  '.cdk-visually-hidden',
  '[hidden]',
].join(',');

/** A copy of the element that can be changed at will. */
export function inertCopy(element: Element): Element {
  // linkedom has no `implementation`, and no window that would fetch anything.
  const implementation = element.ownerDocument.implementation as DOMImplementation | undefined;
  const copy =
    implementation === undefined
      ? (element.cloneNode(true) as Element)
      : implementation.createHTMLDocument('').importNode(element, true);
  // linkedom splits text at every entity, and what begins a line is asked of whole texts.
  copy.normalize();
  return copy;
}

/** Markdown of an element. `base` resolves relative links where it is given. */
export function elementToMarkdown(element: Element, base?: string): MarkdownResult {
  return copyToMarkdown(inertCopy(element), base);
}

/** As {@link elementToMarkdown}, for a copy that may be changed. */
export function copyToMarkdown(copy: Element, base?: string): MarkdownResult {
  const result: MarkdownResult = { markdown: '', images: [], citations: [] };
  prepareMath(copy);
  prepareCode(copy);
  prepareCopied(copy);
  prepareMarks(copy);
  prepareLines(copy);
  for (const each of all(copy, NOISE)) if (!insideCode(each)) each.remove();
  prepareCitations(copy, result);
  prepareImages(copy, result);
  prepareButtons(copy);
  prepareTables(copy);
  for (const each of all(copy, '[aria-hidden="true"]')) if (!insideCode(each)) each.remove();
  prepareLinks(copy, base);
  result.markdown = tidy(escapeLineStarts(turndown().turndown(copy as HTMLElement)));
  return result;
}

/** The text of an element as it is laid out where white space counts (`pre`, `white-space: pre-wrap`). */
export function preformattedText(element: Element): string {
  let text = '';
  const walk = (node: Node): void => {
    if (node.nodeType === 3) text += node.nodeValue ?? '';
    else if (node.nodeType === 1) {
      const name = nameOf(node as Element);
      if (name === 'br') text += '\n';
      else if (name === 'img' || name === 'button' || name === 'svg' || name === 'script' || name === 'style') return;
      else {
        const line = /(?:^|\s)(?:cm-line|view-line)(?:\s|$)/.test((node as Element).getAttribute('class') ?? '');
        if (line && text !== '' && !text.endsWith('\n')) text += '\n';
        node.childNodes.forEach(walk);
        if (line) text += '\n';
      }
    }
  };
  element.childNodes.forEach(walk);
  return text;
}

/**
 * The text that a person typed, which a page shows with its white space. Where a tool has formatted the page's source,
 * the lines it broke are joined: the sites' own pages have no white space between elements.
 */
export function typedText(element: Element): string {
  const text = preformattedText(element).replace(/\u00a0/g, ' ');
  const before = element.previousSibling ?? element.parentElement?.firstChild ?? null;
  const indent = [before, element.firstChild]
    .map((node) => (node?.nodeType === 3 ? (/^\s*\n([ \t]{4,})/.exec(node.nodeValue ?? '')?.[1]?.length ?? 0) : 0))
    .find((length) => length > 0);
  const joined =
    indent === undefined
      ? text
      : text.replace(
          new RegExp(`((?:[ \\t]*\\n)+)[ \\t]{${Math.max(4, indent - 2)},}(?=\\S)`, 'g'),
          (_broken, lines: string) => (lines.split('\n').length > 2 ? '\n\n' : ' '),
        );
  return joined.replace(/[ \t]+\n/g, '\n').trim();
}

/** Math that a text writes as `\(…\)` or `\[…\]`, as `$…$` and `$$…$$`, outside code. */
export function dollarMath(text: string): string {
  if (!/\\[([]/.test(text)) return text;
  return text
    .split(/(^[ \t]*(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^[ \t]*\2[ \t]*$|(?![\s\S]))|`[^`\n]+`)/m)
    .filter((_piece, index) => index % 3 !== 2)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
        : piece
            .replace(
              /^([ \t]*)\\\[([\s\S]+?)\\\][ \t]*$/gm,
              (_all, indent: string, tex: string) => `${indent}$$\n${indent}${tex.trim()}\n${indent}$$`,
            )
            .replace(/\\\[([\s\S]+?)\\\]/g, (_all, tex: string) => `$$${tex.trim()}$$`)
            .replace(/\\\(([\s\S]+?)\\\)/g, (_all, tex: string) => `$${tex.trim()}$`),
    )
    .join('');
}

function all(root: Element, selector: string): Element[] {
  return [...root.querySelectorAll(selector)];
}

function nameOf(element: Element): string {
  return element.nodeName.toLowerCase();
}

function make(near: Element, name: string, text = ''): Element {
  const element = near.ownerDocument.createElement(name);
  element.textContent = text;
  return element;
}

function insideCode(element: Element): boolean {
  return element.closest('pre[data-code]') !== null;
}

/** Math becomes an element that holds its TeX; Turndown's rules write the dollars. */
function prepareMath(copy: Element): void {
  const put = (target: Element, tex: string, block: boolean): void => {
    const math = make(target, 'code', tex.trim());
    math.setAttribute('data-math', block ? 'block' : 'inline');
    target.replaceWith(math);
  };
  for (const source of all(copy, '[data-math-source]')) {
    if (source === copy || !copy.contains(source)) continue;
    const block =
      source.getAttribute('data-math-display') === 'true' ||
      /display:\s*block/.test(source.getAttribute('style') ?? '') ||
      source.querySelector('.katex-display') !== null;
    put(source, source.getAttribute('data-math-source') ?? '', block);
  }
  for (const annotation of all(copy, 'annotation[encoding="application/x-tex"]')) {
    if (!copy.contains(annotation)) continue;
    const display = annotation.closest('.katex-display');
    const math = annotation.closest('math');
    const target = display ?? annotation.closest('.katex') ?? annotation.closest('mjx-container') ?? math;
    if (target !== null && target !== copy)
      put(target, annotation.textContent ?? '', display !== null || math?.getAttribute('display') === 'block');
  }
  // Defuddle's own form, which has lost the encoding of the annotation.
  for (const math of all(copy, 'math[data-latex]:not([data-latex=""])'))
    put(math, math.getAttribute('data-latex') ?? '', math.getAttribute('display') === 'block');
  for (const source of all(copy, 'script[type^="math/tex"]'))
    put(source, source.textContent ?? '', (source.getAttribute('type') ?? '').includes('mode=display'));
  for (const math of all(copy, 'math')) {
    const target = math.closest('mjx-container') ?? math;
    if (copy.contains(target) && target !== copy) put(target, texOf(math), math.getAttribute('display') === 'block');
  }
  for (const source of all(copy, '[data-math]')) {
    if (nameOf(source) === 'code') continue;
    put(source, source.getAttribute('data-math') ?? '', /block|display/.test(source.getAttribute('class') ?? ''));
  }
  for (const image of all(
    copy,
    'img.mwe-math-fallback-image-inline, img.mwe-math-fallback-image-display, img.tex, img.latex',
  )) {
    const tex = image.getAttribute('alt') ?? '';
    if (tex !== '') put(image, tex, (image.getAttribute('class') ?? '').includes('display'));
  }
}

/** What a page shows with its line breaks keeps them; blocks inside of it are laid out anew. */
function prepareLines(copy: Element): void {
  const kept = '[class*="whitespace-pre"], [style*="white-space: pre"], [style*="white-space:pre"]';
  const inline = /^(?:a|abbr|b|code|em|i|mark|s|small|span|strong|sub|sup|u)$/;
  const walk = (node: Node, edge: boolean): void => {
    if (node.nodeType === 3) {
      const text = node.nodeValue ?? '';
      // A line that begins far in was broken by a tool that formats sources.
      if (!text.includes('\n') || (edge && text.trim() === '')) return;
      const lines = text.split(/\n(?! {4}|\t)/);
      const pieces = lines.flatMap((line, index) =>
        index === 0 ? [line] : [make(node.parentElement as Element, 'br'), line],
      );
      (node as ChildNode).replaceWith(...pieces);
    } else if (node.nodeType === 1 && inline.test(nameOf(node as Element))) {
      for (const each of [...node.childNodes]) walk(each, false);
    }
  };
  for (const element of [copy, ...all(copy, kept)]) {
    if (!element.matches(kept) || insideCode(element) || nameOf(element) === 'pre') continue;
    for (const each of [...element.childNodes]) walk(each, element.querySelector('p, div, ul, ol, li') !== null);
  }
}

/** Code blocks of every kind become `pre > code.language-x` with nothing but text in it. */
function prepareCode(copy: Element): void {
  const blocks = 'pre, .cm-editor, [data-markdown-copy="code-block"]';
  for (const found of all(copy, blocks)) {
    const block = found;
    if (!copy.contains(block)) continue;
    const around = block.parentElement?.closest(blocks) ?? null;
    if (around !== null && copy.contains(around)) continue;
    // An interface's own line above the code: its name of the language, its buttons.
    const line = block.querySelector('[data-markdown-copy="exclude"]');
    const editor =
      nameOf(block) === 'pre'
        ? (block.querySelector('.cm-content') ?? block.querySelector('.view-lines'))
        : block.querySelector('.cm-content');
    const code = editor ?? block.querySelector('code') ?? block;
    const language = languageOf(block, code) || (line === null ? '' : labelIn(line));
    line?.remove();
    if (code === block) for (const header of all(block, '.sticky, button, [role="button"]')) header.remove();
    const text = preformattedText(code)
      .replace(/\u00a0/g, ' ')
      .replace(/\u200b/g, '')
      .replace(/^\n+|\s+$/g, '');
    if (text === '') continue;
    const clean = make(block, 'pre');
    clean.setAttribute('data-code', language);
    const inner = make(block, 'code', text);
    if (language !== '') inner.setAttribute('class', `language-${language}`);
    clean.appendChild(inner);
    block.replaceWith(clean);
  }
}

const LANGUAGES: Record<string, string> = {
  'c++': 'cpp',
  'c#': 'csharp',
  'f#': 'fsharp',
  'objective-c': 'objectivec',
  shell: 'shell',
  'plain text': '',
  plaintext: '',
  text: '',
  code: '',
};

function languageOf(block: Element, code: Element): string {
  for (const element of [
    code,
    ...all(code, 'code'),
    block,
    block.parentElement,
    block.parentElement?.parentElement ?? null,
  ]) {
    if (element === null) continue;
    const named = /(?:^|\s)(?:language|lang|highlight-source|brush:)-?\s*([A-Za-z0-9+#._-]+)/.exec(
      element.getAttribute('class') ?? '',
    )?.[1];
    const said = named ?? element.getAttribute('data-language') ?? element.getAttribute('data-lang');
    if (said !== null && said !== '') return canonical(said);
  }
  // The label above the code: the text of the first element that does not hold the code, without its buttons.
  // Its buttons may stand in an element of their own, which sticks to the top.
  for (const header of [block.querySelector('.sticky'), firstBeside(block, code)]) {
    const label = header === null || header.contains(code) ? '' : labelIn(header);
    if (label !== '') return label;
  }
  return '';
}

function labelIn(header: Element): string {
  const copy = header.cloneNode(true) as Element;
  for (const button of all(copy, 'button, [role="button"]')) button.remove();
  return canonical((copy.textContent ?? '').trim());
}

function firstBeside(block: Element, code: Element): Element | null {
  for (let at: Element | null = code; at !== null && at !== block; at = at.parentElement) {
    let before = at.previousElementSibling;
    while (before !== null && (before.textContent ?? '').trim() === '') before = before.previousElementSibling;
    if (before !== null && nameOf(before) !== 'button') {
      let first: Element = before;
      while (first.previousElementSibling !== null) first = first.previousElementSibling;
      return first;
    }
  }
  return null;
}

function canonical(label: string): string {
  const name = label.toLowerCase();
  const known = LANGUAGES[name];
  if (known !== undefined) return known;
  return /^[a-z0-9][a-z0-9+#._-]{0,24}$/.test(name) ? name : '';
}

/** What a page says of itself as Markdown: pieces that copying leaves out, inline code, documents in a frame. */
function prepareCopied(copy: Element): void {
  for (const each of all(copy, '[data-markdown-copy="exclude"]')) each.remove();
  for (const code of all(copy, '[data-markdown-copy="inline-code"]'))
    if (!insideCode(code) && nameOf(code) !== 'code') code.replaceWith(make(code, 'code', code.textContent ?? ''));
  for (const block of all(copy, '[data-markdown-copy="rich-block"]')) {
    const content = block.querySelector('[data-markdown-copy-content]');
    if (content !== null) block.replaceWith(content);
  }
}

const RAISED: Record<string, string> = {
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((raised, digit) => [String(digit), raised])),
  '+': '⁺',
  '-': '⁻',
  '\u2212': '⁻',
};

/** Ticks of a task list, raised numbers and marks of footnotes, which are elements on the page, as the text they are. */
function prepareMarks(copy: Element): void {
  for (const box of all(copy, 'input[type="checkbox"]')) {
    if (box.closest('li') !== null && !insideCode(box)) box.replaceWith(box.hasAttribute('checked') ? '[x] ' : '[ ] ');
  }
  // 10⁶ is no 106
  for (const raised of all(copy, 'sup')) {
    const text = (raised.textContent ?? '').trim();
    if (/^[-+\u2212]?\d{1,9}$/.test(text) && raised.querySelector('a') === null && !insideCode(raised))
      raised.replaceWith(text.replace(/./gu, (sign) => RAISED[sign] ?? sign));
  }
  // as GitHub writes them, and as Defuddle writes those of all pages
  for (const mark of all(copy, 'a[data-footnote-ref], sup > a[id*="fnref"], sup[id^="fnref"] > a')) {
    const label = /\d+|\w+$/.exec(mark.textContent ?? '')?.[0] ?? '';
    if (label !== '') mark.replaceWith(`[^${label}]`);
  }
  for (const back of all(copy, 'a[data-footnote-backref], a.footnote-backref')) back.remove();
  const notes = 'section[data-footnotes] li[id*="fn-"], .footnotes li[id*="fn-"], #footnotes li[id^="fn:"]';
  for (const note of all(copy, notes)) {
    const label = /fn[-:](.+)$/.exec(note.getAttribute('id') ?? '')?.[1] ?? '';
    const list = note.parentElement;
    if (list === null || label === '') continue;
    for (const link of all(note, 'a')) if (/^(?:\s|\u21a9|\ufe0e)*$/u.test(link.textContent ?? '')) link.remove();
    const block = make(note, 'div');
    block.append(...note.childNodes);
    (block.querySelector('p') ?? block).prepend(`[^${label}]: `);
    list.parentElement?.insertBefore(block, list);
    note.remove();
    if (list.children.length === 0) list.remove();
  }
}

/** A citation pill is a link whose words are the first site it names; favicons and "+2" are not. */
function prepareCitations(copy: Element, result: MarkdownResult): void {
  for (const pill of all(copy, '[data-testid="webpage-citation-pill"]')) {
    const anchors = (nameOf(pill) === 'a' ? [pill] : all(pill, 'a[href]')).filter((a) =>
      /^https?:/.test(a.getAttribute('href') ?? ''),
    );
    const words = make(pill, 'span');
    anchors.forEach((anchor, index) => {
      const url = anchor.getAttribute('href') ?? '';
      const title = firstWords(anchor) || hostOf(url);
      if (!result.citations.some((known) => known.url === url)) result.citations.push({ title, url });
      const link = make(pill, 'a', title);
      link.setAttribute('href', url);
      words.append(index === 0 ? ' (' : ', ', link);
    });
    if (anchors.length > 0) words.append(')');
    else words.textContent = firstWords(pill);
    pill.replaceWith(words);
  }
  for (const pill of all(copy, 'a[data-testid="chatgpt-citation"]')) {
    const label = (pill.getAttribute('aria-label') ?? '').replace(/\s+/g, ' ').trim();
    const named = /^(.*?)(?:,\s*)?(https?:\/\/[^\s,]+(?:,[^\s,]+)*)/.exec(label);
    const url = pill.getAttribute('href') ?? named?.[2] ?? '';
    const shown = firstWords(pill);
    if (!/^https?:/.test(url)) {
      pill.remove();
      continue;
    }
    const title = (shown === '' ? (named?.[1] ?? '').replace(/:.*$/, '').trim() : shown) || hostOf(url);
    if (!result.citations.some((known) => known.url === url)) result.citations.push({ title, url });
    const words = make(pill, 'span');
    const link = make(pill, 'a', title);
    link.setAttribute('href', url);
    words.append(/\s$/.test(textBefore(pill)) ? '(' : ' (', link, ')');
    pill.replaceWith(words);
  }
  for (const list of all(copy, '[data-testid="nav-list-widget"]')) {
    const items = make(list, 'ul');
    for (const anchor of all(list, 'a[href]')) {
      const url = anchor.getAttribute('href') ?? '';
      const title =
        anchor.querySelector('img[alt]:not([alt=""])')?.getAttribute('alt') ??
        ((anchor.textContent ?? '').trim() || hostOf(url));
      if (!result.citations.some((known) => known.url === url)) result.citations.push({ title, url });
      const link = make(list, 'a', title);
      link.setAttribute('href', url);
      const item = make(list, 'li');
      item.appendChild(link);
      items.appendChild(item);
    }
    list.replaceWith(items);
  }
  for (const anchor of all(copy, 'sup[data-testid="citation"] a[href], [data-testid="sources"] a[href]')) {
    const url = anchor.getAttribute('href') ?? '';
    const title = (anchor.textContent ?? '').replace(/\s+/g, ' ').trim();
    const known = result.citations.find((each) => each.url === url);
    if (known === undefined) result.citations.push({ title: title === '' ? null : title, url });
    else if (known.title === null || /^\d+$/.test(known.title)) known.title = title;
  }
}

/** The text right before an element, within its paragraph's inline elements. */
function textBefore(element: Element): string {
  for (let at: Element | null = element, steps = 0; at !== null && steps < 4; at = at.parentElement, steps++) {
    const before = at.previousSibling;
    if (before !== null) return before.textContent ?? '';
  }
  return '';
}

/** The first text in an element that is not a count such as "+2". */
function firstWords(element: Element): string {
  let found = '';
  const walk = (node: Node): void => {
    if (found !== '') return;
    if (node.nodeType === 3) {
      const text = (node.nodeValue ?? '').replace(/\s+/g, ' ').trim();
      if (text !== '' && !/^\+\d+$/.test(text)) found = text;
    } else node.childNodes.forEach(walk);
  };
  walk(element);
  return found;
}

function hostOf(url: string): string {
  return /^https?:\/\/(?:www\.)?([^/?#]+)/.exec(url)?.[1] ?? url;
}

/** Buttons go, except those that are part of a sentence: a file that an answer cites, an entity that it names. */
function prepareButtons(copy: Element): void {
  for (const button of all(copy, 'button, [role="button"]')) {
    if (!copy.contains(button) || insideCode(button)) continue;
    const file = button.querySelector('.not-prose');
    const text = (button.textContent ?? '').replace(/\s+/g, ' ').trim();
    if (button.querySelector('[data-words]') !== null) {
      const words = make(button, 'span');
      words.append(...all(button, '[data-words]'));
      button.replaceWith(words);
    } else if (file !== null && text !== '') button.replaceWith(make(button, 'span', `(${text})`));
    else if (/entity/.test(button.getAttribute('class') ?? '') && text !== '')
      button.replaceWith(make(button, 'span', text));
    else button.remove();
  }
}

/** Images become words, so that showing the Markdown fetches nothing. */
function prepareImages(copy: Element, result: MarkdownResult): void {
  for (const image of all(copy, 'img')) {
    if (insideCode(image)) continue;
    const alt = (image.getAttribute('alt') ?? '')
      .replace(/\s+/g, ' ')
      .replace(/^[\s,;，、؛،]+/, '')
      .trim();
    const source = image.getAttribute('src') ?? image.getAttribute('data-src') ?? '';
    const decoration =
      alt === '' &&
      (source === '' || /favicon|sprite|logo|icon|avatar|^data:/i.test(source) || image.closest('a, th') !== null);
    if (decoration || /s2\/favicons|faviconV2/.test(source)) {
      image.remove();
      continue;
    }
    const said = /^https?:/.test(alt) ? (image.closest('[aria-label]')?.getAttribute('aria-label') ?? alt) : alt;
    const name =
      said === ''
        ? 'image'
        : said
            .replace(/^Open image details for /, '')
            .replace(/[[\]]/g, '')
            .slice(0, 300);
    result.images.push({ kind: 'image', name, reference: source === '' || source.startsWith('data:') ? null : source });
    const words = make(image, 'span', name === 'image' ? '[Image]' : `[Image: ${name}]`);
    words.setAttribute('data-words', '');
    // "+4" over the last picture of a row.
    const over = image.closest('button')?.nextElementSibling ?? null;
    if (over !== null && /^\s*\+?\d+\s*$/.test(over.textContent ?? '')) over.remove();
    const link = image.closest('a');
    // A picture that is a link is a picture here: its link is mostly to itself.
    if (link !== null && copy.contains(link) && (link.textContent ?? '').trim() === '') link.replaceWith(words);
    else image.replaceWith(words);
  }
}

/** Tables that only lay a page out, as mails are built: what is in their cells stands one below the other. */
function prepareTables(copy: Element): void {
  for (const table of all(copy, 'table')) {
    if (insideCode(table)) continue;
    const rows = all(table, 'tr').filter((row) => row.closest('table') === table);
    const cells = rows.map((row) => [...row.children].filter((cell) => /^t[hd]$/i.test(cell.nodeName)));
    const lays =
      table.querySelector('table') !== null ||
      /^(?:presentation|none)$/.test(table.getAttribute('role') ?? '') ||
      cells.every((row) => row.length <= 1 && row.every((cell) => nameOf(cell) === 'td'));
    if (!lays) continue;
    const blocks = cells.flat().map((cell) => {
      const block = make(cell, 'div');
      block.append(...cell.childNodes);
      return block;
    });
    table.replaceWith(...all(table, 'caption').filter((each) => each.closest('table') === table), ...blocks);
  }
}

/** A copy whose blocks do not run into one another. */
function spaced(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  for (const block of all(copy, 'div, p, h1, h2, h3, h4, li')) block.prepend(' ');
  return copy;
}

function prepareLinks(copy: Element, base: string | undefined): void {
  for (const anchor of all(copy, 'a[href]')) {
    const href = anchor.getAttribute('href') ?? '';
    if ((anchor.textContent ?? '').trim() === '') {
      // What it was around is not kept: a picture without words.
      anchor.remove();
      continue;
    }
    // A card is a link around blocks; in a text it is a link around words.
    if (
      anchor.querySelector('div, p, h1, h2, h3, h4, li, br') !== null &&
      anchor.querySelector('pre, table') === null
    ) {
      const shown = preformattedText(spaced(anchor)).replace(/\s+/g, ' ').trim();
      anchor.replaceChildren(shown);
    }
    if (/^\s*(?:javascript|data):/i.test(href)) {
      anchor.removeAttribute('href');
      continue;
    }
    if (base !== undefined && !href.startsWith('#')) {
      try {
        anchor.setAttribute('href', new URL(href, base).href);
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        anchor.removeAttribute('href');
      }
    }
  }
}

/**
 * Stands where a backslash is needed if that turns out to be the start of a line. No page shows it. (Not one of Unicode's
 * noncharacters: Chromium takes no content script that has one in it.)
 */
const MAYBE = '\u0001';

/** A text begins after bold words as often as at the start of a line: only the whole line shows which it is. */
function escapeLineStarts(markdown: string): string {
  if (!markdown.includes(MAYBE)) return markdown;
  return markdown
    .split('\n')
    .map((line) => {
      const at = line.indexOf(MAYBE);
      if (at < 0) return line;
      const before = line.slice(0, at);
      const starts = /^(?:\s|>|[-*+]\s|\d+[.)]\s)*\d*$/.test(before);
      return before + (starts ? '\\' : '') + line.slice(at).replaceAll(MAYBE, '');
    })
    .join('\n');
}

let service: TurndownService | null = null;

function turndown(): TurndownService {
  if (service !== null) return service;
  const made = new TurndownService({
    headingStyle: 'atx',
    hr: '---',
    bulletListMarker: '-',
    codeBlockStyle: 'fenced',
    emDelimiter: '*',
  });
  // Escaping everything that could be Markdown makes text that nobody can search or read. Only what would turn a
  // paragraph into something else at the start of a line is escaped; tags stay text, as the site shows them.
  made.escape = (text) =>
    text
      .replaceAll(MAYBE, '')
      .replace(/^(\s*)([-+*])(?=\s)/, `$1${MAYBE}$2`)
      .replace(/^(\s*)(#{1,6})(?=\s)/, `$1${MAYBE}$2`)
      .replace(/^(\s*)>/, `$1${MAYBE}>`)
      .replace(/^(\s*\d+)([.)])(?=\s)/, `$1${MAYBE}$2`);
  made.addRule('math', {
    filter: (node) => nameOf(node) === 'code' && node.getAttribute('data-math') !== null,
    replacement: (_content, node) => {
      const tex = node.textContent ?? '';
      return (node as Element).getAttribute('data-math') === 'block' ? `\n\n$$\n${tex}\n$$\n\n` : `$${tex}$`;
    },
  });
  made.addRule('listItem', {
    filter: 'li',
    replacement: (content, node, options) => {
      const parent = node.parentElement;
      let marker = `${options.bulletListMarker ?? '-'} `;
      if (parent !== null && nameOf(parent) === 'ol') {
        const start = Number.parseInt(parent.getAttribute('start') ?? '1', 10);
        const index = [...parent.children].indexOf(node);
        marker = `${(Number.isNaN(start) ? 1 : start) + index}. `;
      }
      const text = content
        .replace(/^\n+/, '')
        .replace(/\n+$/, '\n')
        .replace(/\n(?=[^\n])/g, `\n${' '.repeat(marker.length)}`);
      return (
        marker +
        text.replace(/^([^\n]+)\n\n( *)(?=(?:- |\d+\. ))/, '$1\n$2').replace(/[ \t]+$/, '') +
        (node.nextSibling !== null && !/\n$/.test(text) ? '\n' : '')
      );
    },
  });
  made.addRule('strikethrough', {
    filter: ['del', 's'],
    replacement: (content) => (content.trim() === '' ? content : `~~${content}~~`),
  });
  made.addRule('cell', {
    filter: ['th', 'td'],
    replacement: (content) =>
      ` ${content
        .trim()
        .replace(/\s*\n+\s*/g, ' ')
        .replace(/(?<!\\)\|/g, '\\|')} |`,
  });
  made.addRule('row', {
    filter: 'tr',
    replacement: (content, node) => {
      const row = node;
      const table = row.closest('table');
      const cells = [...row.children].filter((cell) => /^t[hd]$/i.test(cell.nodeName));
      if (cells.length === 0) return '';
      const first = table?.querySelector('tr') === row;
      if (!first) return `|${content}\n`;
      const rule = `|${cells.map(() => ' --- |').join('')}\n`;
      const headed =
        cells.some((cell) => nameOf(cell) === 'th') ||
        (row.parentElement !== null && nameOf(row.parentElement) === 'thead');
      return headed ? `|${content}\n${rule}` : `|${cells.map(() => '  |').join('')}\n${rule}|${content}\n`;
    },
  });
  made.addRule('tableParts', { filter: ['thead', 'tbody', 'tfoot'] as never, replacement: (content) => content });
  made.addRule('table', {
    filter: 'table',
    replacement: (content) => `\n\n${content.replace(/^\n+|\n+$/g, '').replace(/\n{2,}/g, '\n')}\n\n`,
  });
  service = made;
  return made;
}

/** At most one empty line between blocks, none inside code touched, no blanks at line ends other than a hard break. */
function tidy(markdown: string): string {
  return markdown
    .split(/(^[ \t]*(?:`{3,}|~{3,})[^\n]*\n[\s\S]*?^[ \t]*(?:`{3,}|~{3,})[ \t]*$)/m)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
        : piece
            .replace(/\u00a0/g, ' ')
            .replace(/[\u200b\u2060]/g, '')
            .replace(/[ \t]+\n(?=\n)/g, '\n')
            .replace(/(\S) \n/g, '$1\n')
            .replace(/\n{3,}/g, '\n\n'),
    )
    .join('')
    .trim();
}

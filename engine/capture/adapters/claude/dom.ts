/**
 * Where the turns of claude.ai are in the page, and what of one is the conversation. The fallback for when no JSON was
 * seen: the list is virtual since 2026-07, only the rows near the viewport are mounted. Roles, positions and test ids
 * are used before classes; labels are localised and not read. The page gives no message ids and no times: a turn is
 * named by its position, which the rows say.
 */
import { stableHash } from '../../hash';
import { copyToMarkdown, dollarMath, inertCopy, typedText } from '../../markdown';
import type { Attachment, ReadWarning } from '../../types';
import { type DomFindings, type DomTurn, mayBePiece, type PageRoot, type ReadContext } from '../_adapter';
import { addUnmarked, documentOf, findingsWith, outermost, turnOf, unmarkedPiece } from '../_dom';
import { classifyPage } from './addresses';
import { artifactWords, oneLine } from './artifacts';
import type { Citation } from './citations';
import { fileWords } from './content';

const USER = '[data-testid="user-message"], [data-user-message-bubble], .font-user-message, .\\!font-user-message';
/** The answer's own words. `font-claude-message` until 2025; the first is the one attribute-grade signal. */
const ANSWER = '[data-is-streaming], [data-testid="assistant-message"]';
const ANSWER_BODY = '.font-claude-response, .font-claude-message';
/** A piece of an answer as Markdown: what stands beside such pieces is interface. */
const PIECE = '.standard-markdown, .progressive-markdown, [data-perf-reply-text]';
const STREAMING = '[data-is-streaming="true"]';
const ROW = '[role="article"]';
const OLD_ROW = '[data-test-render-count]';
/** Rows that say only their place; their message has no element of its own. */
const INDEXED = '[data-rs-index], [data-index]';
/** A document shown beside the conversation. */
const PANEL = '[data-skill-file-viewer], #markdown-artifact, #wiggle-file-content';
/** What is never a part of one. */
const BESIDE = `${PANEL}, nav, aside, form, fieldset, [data-chat-input-container]`;
const ARTIFACT = '.artifact-block-cell, [class*="artifact-block-cell"]:not([class*="preview"])';
/** On what was put into a copy in place of something that is shown. */
const SAID = 'data-commonplace-said';
/** A file name with an ending: the tiles of images and files carry it as test id. */
const FILE_NAME = /^[^/\\]{1,200}\.[A-Za-z0-9]{1,8}$/;

interface Place {
  element: Element;
  position: number | null;
}

export function findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
  const document = documentOf(root);
  const findings = findingsWith({
    title: titleOf(root, document),
    streaming: root.querySelector(STREAMING) !== null,
    metadata: metadataOf(root),
    address: addressIn(root, document),
  });
  const { places, total, virtual } = placesIn(root);
  const positions = new Set(places.map((place) => place.position));

  let before: number | null = 0;
  let open = 0;
  for (const place of places) {
    const follows: boolean = place.position === null || before === null || place.position === before + 1;
    before = place.position;
    const read = readOnce(place, findings.warnings, follows);
    if (read === 'unmounted') open++;
    else if (read !== null) findings.turns.push({ ...read, follows: read.follows && open === 0 });
  }
  const unmarked = findings.turns.length === 0 && places.length === 0 && context.saved === true;
  if (unmarked && mayBePiece(document, url, classifyPage)) readUnmarked(root, findings);

  if (context.saved === true) readBeside(root, findings);

  findings.turnsUnmounted = (total === null ? 0 : Math.max(0, total - positions.size)) + open;
  findings.turnsSeen = Math.max(places.length, total ?? 0);
  findings.whole =
    places.length > 0 &&
    findings.turnsUnmounted === 0 &&
    !findings.warnings.some((warning) => warning.code === 'unread_turn' || warning.code === 'unreadable_frame') &&
    (total === null
      ? !virtual && findings.turns[0]?.role === 'user' && hasFrame(root, document)
      : positions.size === total && places.every((place, index) => place.position === index + 1));
  return findings;
}

/** The turns' elements in the order of the conversation, and how many the page says there are. */
function placesIn(root: PageRoot): { places: Place[]; total: number | null; virtual: boolean } {
  const rows = outermost(
    [...root.querySelectorAll(ROW)].filter(
      (row) =>
        row.closest(BESIDE) === null &&
        (row.hasAttribute('aria-posinset') ||
          row.parentElement?.hasAttribute('data-index') === true ||
          row.querySelector(`${OLD_ROW}, ${USER}, ${ANSWER}`) !== null),
    ),
  );
  if (rows.length > 0) {
    const places = rows.map((element) => ({ element, position: positionOf(element) }));
    const totals = rows.map(totalOf).filter((each) => each !== null);
    const numbered = places.every((place) => place.position !== null);
    // Rows of a virtual list are placed by transforms: the order in the page is not always that of the conversation.
    if (numbered) places.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
    return { places, total: numbered && totals.length > 0 ? Math.max(...totals) : null, virtual: rows.some(isVirtual) };
  }
  const old = outermost([...root.querySelectorAll(OLD_ROW)].filter((row) => row.closest(BESIDE) === null));
  if (old.length > 0) {
    const places = old.flatMap((element) => splitRow(element));
    return {
      places: places.map((element) => ({ element, position: null })),
      total: null,
      virtual: old.some(isVirtual),
    };
  }
  const indexed = outermost([...root.querySelectorAll(INDEXED)]).filter(
    (row) => row.closest(BESIDE) === null && row.querySelector(`${USER}, ${ANSWER}, ${ANSWER_BODY}, ${PIECE}`) !== null,
  );
  if (indexed.length > 0) {
    const places = indexed.map((element) => ({ element, position: indexOf(element) }));
    return { places, total: null, virtual: true };
  }
  const places = messagesIn(root);
  return {
    places: places.map((element) => ({ element, position: null })),
    total: null,
    virtual: places.some(isVirtual),
  };
}

/** A wrapper around several messages is not a turn. */
function splitRow(row: Element): Element[] {
  const inside = messagesIn(row);
  return inside.length > 1 &&
    row.querySelector(USER) !== null &&
    row.querySelector(`${ANSWER}, ${ANSWER_BODY}`) !== null
    ? inside
    : [row];
}

/** Messages by what marks their words, where nothing marks the turns. */
function messagesIn(root: PageRoot): Element[] {
  const answers = root.querySelector(`${ANSWER}, ${ANSWER_BODY}`) === null ? PIECE : `${ANSWER}, ${ANSWER_BODY}`;
  const marked = [...root.querySelectorAll(`${USER}, ${answers}`)].filter((each) => {
    if (each.closest(BESIDE) !== null) return false;
    // The same class dresses other words of the page; a message is more than a label.
    return (
      each.matches(`${USER}, ${ANSWER}, ${PIECE}`) ||
      each.closest(ANSWER) !== null ||
      each.closest('article, [data-testid*="message"]') !== null ||
      each.querySelector('p, pre, li, h1, h2, h3, table') !== null
    );
  });
  return outermost(marked);
}

function isVirtual(row: Element): boolean {
  return row.closest('[data-index]') !== null;
}

function numberIn(element: Element, name: string): number | null {
  const value = Number.parseInt(element.getAttribute(name) ?? '', 10);
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** "Message 1 of 2" in whatever language: the smaller number of two. */
function labelled(row: Element): [number, number] | null {
  const numbers = (row.getAttribute('aria-label') ?? '').match(/\p{Nd}+/gu)?.map(Number) ?? [];
  const [a, b] = numbers;
  return numbers.length === 2 && a !== undefined && b !== undefined && a > 0 && b > 0
    ? [Math.min(a, b), Math.max(a, b)]
    : null;
}

function indexOf(row: Element): number | null {
  const index = Number.parseInt(row.getAttribute('data-index') ?? row.getAttribute('data-rs-index') ?? '', 10);
  return Number.isSafeInteger(index) && index >= 0 ? index + 1 : null;
}

function positionOf(row: Element): number | null {
  const said = numberIn(row, 'aria-posinset');
  if (said !== null) return said;
  const index = Number.parseInt(row.parentElement?.getAttribute('data-index') ?? '', 10);
  return labelled(row)?.[0] ?? (Number.isSafeInteger(index) && index >= 0 ? index + 1 : null);
}

function totalOf(row: Element): number | null {
  return numberIn(row, 'aria-setsize') ?? labelled(row)?.[1] ?? null;
}

/** Turns that were read before and are the same still: while an answer is written, only its turn is read again. */
const readBefore = new WeakMap<
  Element,
  { print: string; read: DomTurn | 'unmounted' | null; warnings: ReadWarning[] }
>();

function readOnce(place: Place, warnings: ReadWarning[], follows: boolean): DomTurn | 'unmounted' | null {
  const { element, position } = place;
  const print = [
    stableHash(element.textContent ?? ''),
    element.querySelectorAll('*').length,
    element.querySelectorAll('img[src]').length,
    position,
  ].join(' ');
  const before = readBefore.get(element);
  if (before?.print === print) {
    warnings.push(...before.warnings);
    return before.read === null || before.read === 'unmounted' ? before.read : { ...before.read, follows };
  }
  const found: ReadWarning[] = [];
  const read = readPlace(place, found, follows);
  readBefore.set(element, { print, read, warnings: found });
  warnings.push(...found);
  return read;
}

function readPlace(
  { element, position }: Place,
  warnings: ReadWarning[],
  follows: boolean,
): DomTurn | 'unmounted' | null {
  const turn = turnOf({ role: 'user', markdown: '', follows, metadata: position === null ? {} : { position } });
  const answer = element.matches(ANSWER)
    ? element
    : (element.querySelector(ANSWER) ?? (element.matches(ANSWER_BODY) ? element : null));
  const isQuestion = element.matches(USER) || element.querySelector(USER) !== null;
  const body =
    answer ??
    (isQuestion
      ? null
      : (element.querySelector(ANSWER_BODY) ??
        (element.matches(PIECE) || element.querySelector(PIECE) !== null ? element : null)));
  if (body !== null) {
    turn.role = 'assistant';
    // Warnings and buttons stand in the turn beside the words.
    const [words, second] = outermost([...body.querySelectorAll(ANSWER_BODY)]);
    readAnswer(words !== undefined && second === undefined ? words : body, turn);
    // An answer that has only begun says nothing yet.
    return turn.markdown === '' && turn.attachments.length === 0 ? null : turn;
  }
  const bubbles = element.matches(USER) ? [element] : outermost([...element.querySelectorAll(USER)]);
  readQuestion(element, bubbles, turn);
  if (turn.markdown !== '') return turn;
  const text = (element.textContent ?? '').trim();
  if (text === '' && element.querySelector('img, iframe, canvas') === null) return 'unmounted';
  warnings.push({
    code: 'unread_turn',
    message: 'A turn is neither a question nor an answer that is known; it is left out.',
    where: position === null ? null : `message ${position}`,
  });
  return null;
}

function readQuestion(place: Element, bubbles: Element[], turn: DomTurn): void {
  const texts: string[] = [];
  for (const bubble of bubbles) {
    const words = bubble.querySelector('[data-testid="user-message"]') ?? bubble;
    if (words.querySelector('pre, ul, ol, table, h1, h2, h3, blockquote') !== null) {
      texts.push(copyToMarkdown(withoutNoise(inertCopy(words))).markdown);
      continue;
    }
    const paragraphs = [...words.querySelectorAll('p')];
    const pieces = (paragraphs.length > 0 ? paragraphs : [words]).map(typedText);
    texts.push(pieces.filter((piece) => piece !== '').join('\n\n'));
  }
  turn.attachments = filesIn(place, bubbles);
  const text = texts.filter((each) => each !== '').join('\n\n');
  const pictures = turn.attachments.filter((each) => each.kind === 'image' || text === '').map(fileWords);
  turn.markdown = [text, ...pictures].filter((each) => each !== '').join('\n\n');
}

/** Files and pictures that a question came with: tiles beside its words. */
function filesIn(place: Element, bubbles: Element[]): Attachment[] {
  const files: Attachment[] = [];
  const outside = (element: Element): boolean =>
    !bubbles.some((bubble) => bubble.querySelector('[data-testid="user-message"]')?.contains(element));
  const add = (kind: Attachment['kind'], name: string, reference: string | null): void => {
    const clean = oneLine(name);
    if (
      clean !== '' &&
      !files.some(
        (each) =>
          each.name === clean && (each.reference === null || reference === null || each.reference === reference),
      )
    )
      files.push({ kind, name: clean, reference });
  };
  for (const image of place.querySelectorAll('img')) {
    const source = image.getAttribute('src') ?? '';
    const alt = image.getAttribute('alt') ?? '';
    const id = /\/files\/([^/?]+)\//.exec(source)?.[1] ?? null;
    if (outside(image) && (id !== null || FILE_NAME.test(alt)))
      add('image', alt === '' ? 'image' : alt, id ?? (source === '' ? null : source));
  }
  for (const tile of place.querySelectorAll('[data-testid]')) {
    const said = tile.getAttribute('data-testid') ?? '';
    if (!outside(tile)) continue;
    if (FILE_NAME.test(said)) {
      if (tile.querySelector('img') === null) add('file', said, null);
    } else if (/^file-thumbnail|^attachment/.test(said) && tile.querySelector('img') === null) {
      const name = tile.querySelector('h3, [class*="truncate"], [class*="line-clamp"]')?.textContent ?? '';
      // The tile of a pasted text shows its beginning, not a name.
      add('file', FILE_NAME.test(oneLine(name)) ? name : 'Pasted text', null);
    }
  }
  return files;
}

function readAnswer(place: Element, turn: DomTurn): void {
  const copy = inertCopy(place);
  const thinking: string[] = [];
  const tools: Array<Record<string, unknown>> = [];
  const artifacts: string[] = [];

  prepareCode(copy);
  for (const frame of all(copy, 'iframe[title]')) {
    const title = oneLine((frame.getAttribute('title') ?? '').replace(/^[\w -]{1,40}:\s+/, ''));
    if (title === '') continue;
    artifacts.push(title);
    const whole = frame.closest('[data-find-omitted]');
    replaceWith(whole !== null && whole !== copy && copy.contains(whole) ? whole : frame, artifactWords(title));
  }
  for (const cell of all(copy, ARTIFACT)) {
    if (!copy.contains(cell)) continue;
    const title = oneLine(
      cell.querySelector('[class*="leading-tight"], [class*="line-clamp"]')?.textContent ?? cell.textContent ?? '',
    );
    const whole =
      cell.closest('button, [role="button"]') ?? cell.parentElement?.closest('[class*="group/artifact-block"]') ?? null;
    const target = whole !== null && whole !== copy && copy.contains(whole) ? whole : cell;
    if (title === '') target.remove();
    else {
      artifacts.push(title);
      replaceWith(target, artifactWords(title));
    }
  }
  for (const beside of all(copy, ASIDE)) {
    if (!copy.contains(beside)) continue;
    if (!beside.matches('h1, h2, h3, .sr-only')) readAside(beside, thinking, tools);
    beside.remove();
  }
  // What a line of the answer unfolds: thoughts and the steps of tools.
  for (const unfolded of all(copy, '[class*="transition-[grid-template-rows]"]')) {
    const line = lineAbove(unfolded);
    if (!copy.contains(unfolded) || line === null) continue;
    const box = copy.ownerDocument.createElement('div');
    unfolded.before(...all(unfolded, `[${SAID}]`));
    unfolded.replaceWith(box);
    box.append(line, unfolded);
    readAside(box, thinking, tools);
    box.remove();
  }
  for (const box of all(copy, '[class*="transition-all"]')) {
    if (!copy.contains(box) || !isCollapsible(box)) continue;
    readAside(box, thinking, tools);
    box.remove();
  }
  const citations: Citation[] = [];
  for (const pill of all(copy, 'a[class*="group/tag"][href]')) putCitation(pill, citations);
  withoutNoise(copy);
  withoutInterface(copy, thinking, tools);

  const read = copyToMarkdown(copy);
  turn.markdown = dollarMath(read.markdown);
  turn.attachments = read.images;
  if (thinking.length > 0) turn.metadata['thinking'] = thinking.join('\n\n');
  if (tools.length > 0) turn.metadata['tools'] = tools;
  if (citations.length > 0) turn.metadata['citations'] = citations;
  if (artifacts.length > 0) turn.metadata['artifacts'] = [...new Set(artifacts)];
}

/** What the model thought and which tools it used: shown on demand, between the words of an answer. */
const ASIDE = ['[data-find-omitted]', 'details', '[data-testid*="thinking"]', '[data-testid*="thought"]'].join(',');

/** In or beside an answer, but not part of what was said. */
const NOT_SAID = [
  '[data-find-omitted]',
  '[data-message-action-bar]',
  '[role="toolbar"]',
  '[role="group"][aria-label]',
  '[role="status"]',
  '[data-testid="message-warning"]',
  '[inert]',
  '.sr-only',
  'time',
].join(',');

function withoutNoise(copy: Element): Element {
  for (const each of all(copy, NOT_SAID))
    if (each.querySelector('p, pre, table') === null || each.matches('[inert], .sr-only, [data-testid]')) each.remove();
  return copy;
}

/** Where the words are in pieces: what tools showed between them ("Done", a row of icons) goes, prose there is thought. */
function withoutInterface(copy: Element, thinking: string[], tools: Array<Record<string, unknown>>): void {
  const pieces = all(copy, PIECE);
  if (copy.matches(PIECE) || !pieces.some((piece) => (piece.textContent ?? '').trim() !== '')) return;
  const kept = [...pieces, ...all(copy, `[${SAID}], img[src*="/files/"], img[src^="blob:"]`)];
  const above = new Set<Node>(kept);
  for (const each of kept)
    for (let at = each.parentElement; at !== null && at !== copy && !above.has(at); at = at.parentElement)
      above.add(at);
  for (const at of [copy, ...above]) {
    if (at !== copy && kept.includes(at as Element)) continue;
    for (const child of [...at.childNodes]) {
      if (above.has(child)) continue;
      child.remove();
      const box = child.nodeType === 1 ? (child as Element) : null;
      if (box !== null && box.querySelector('button') !== null && box.querySelector('p, li') !== null)
        readAside(box, thinking, tools);
    }
  }
}

/** A framed box whose first element is the button that opens it: thoughts, or what a search found. */
function isCollapsible(box: Element): boolean {
  const [first, second] = box.children;
  if (first === undefined || second === undefined) return false;
  const opens = /^button$/i.test(first.nodeName) ? first : first.querySelector('button[aria-expanded]');
  return opens !== null && opens !== undefined && box.querySelector('pre') === null;
}

/** The line that opens what is below it, a button or little more; what is read aloud of it may stand between. */
function lineAbove(unfolded: Element): Element | null {
  let line = unfolded.previousElementSibling;
  if (line?.matches('.sr-only') === true) line = line.previousElementSibling;
  if (line === null || /^button$/i.test(line.nodeName)) return line;
  const isMore = line.matches(PIECE) || line.querySelector(`${PIECE}, p, pre, table`) !== null;
  return !isMore && line.querySelector('button') !== null ? line : null;
}

function readAside(box: Element, thinking: string[], tools: Array<Record<string, unknown>>): void {
  const sources = all(box, 'a[href]')
    .map((link) => ({
      title: oneLine(link.querySelector('p')?.textContent ?? link.textContent ?? ''),
      url: link.getAttribute('href') ?? '',
    }))
    .filter((source) => /^https?:/.test(source.url));
  const label = oneLine(firstWords(box.querySelector('button')));
  const pieces = outermost(all(box, PIECE));
  if (sources.length > 0) {
    tools.push({ name: 'web_search', message: label, sources: sources.slice(0, 30) });
    // What was thought beside the search is Markdown; all else is what was found.
    if (pieces.length === 0) return;
  }
  for (const part of all(box, 'button, .sr-only, [role="status"], summary')) part.remove();
  const text = (pieces.length > 0 ? pieces : [box])
    .map((piece) => copyToMarkdown(piece).markdown)
    .filter((each) => each !== '')
    .join('\n\n');
  // The pill's own words are a summary of the thought; the thought itself is there only while it is open.
  const said = text === '' ? label : text;
  if (said !== '' && !thinking.includes(said)) thinking.push(said);
}

/** The first text in an element. */
function firstWords(element: Element | null): string {
  for (const open: Node[] = element === null ? [] : [element]; open.length > 0;) {
    const node = open.pop();
    if (node?.nodeType === 3 && (node.nodeValue ?? '').trim() !== '') return node.nodeValue ?? '';
    if (node !== undefined) open.push(...[...node.childNodes].reverse());
  }
  return '';
}

/** A pill after a sentence names a site that it is from. */
function putCitation(pill: Element, citations: Citation[]): void {
  const url = pill.getAttribute('href') ?? '';
  const title = oneLine(pill.textContent ?? '').replace(/\s*\+\d+$/, '');
  if (!/^https?:/.test(url)) return;
  if (!citations.some((known) => known.url === url)) citations.push({ title: title === '' ? null : title, url });
  const words = pill.ownerDocument.createElement('span');
  const link = pill.ownerDocument.createElement('a');
  link.setAttribute('href', url);
  link.textContent = title === '' ? url : title;
  words.append(' (', link, ')');
  pill.replaceWith(words);
}

/** A code block stands in a frame with its language as a label and a button; the code itself says the language too. */
function prepareCode(copy: Element): void {
  for (const code of all(copy, 'pre')) {
    if (!copy.contains(code) || (code.parentElement?.closest('pre') ?? null) !== null) continue;
    const named =
      /(?:^|\s)language-([^\s]+)/.exec(code.querySelector('code')?.getAttribute('class') ?? '')?.[1] ?? null;
    let frame: Element | null = code.closest('[class*="group/copy"]');
    if (frame !== null && (!copy.contains(frame) || frame === copy || frame.querySelectorAll('pre').length > 1))
      frame = null;
    if (frame === null && named !== null) {
      // The frame's classes may change: it is the element above that has nothing else but the label.
      for (
        let above = code.parentElement, steps = 0;
        above !== null && above !== copy && steps < 4;
        above = above.parentElement, steps++
      ) {
        const label = (above.textContent ?? '')
          .replace(code.textContent ?? '', '')
          .trim()
          .toLowerCase();
        if (label === named.toLowerCase() && above.querySelectorAll('pre').length === 1) frame = above;
      }
    }
    if (frame === null) continue;
    if (named === null) {
      const label = [...frame.querySelectorAll('div, span')].find(
        (each) =>
          !each.contains(code) &&
          !code.contains(each) &&
          each.children.length === 0 &&
          /^[A-Za-z0-9+#._-]{1,25}$/.test((each.textContent ?? '').trim()) &&
          each.closest('button') === null,
      );
      if (label !== undefined) code.setAttribute('data-language', (label.textContent ?? '').trim());
    }
    frame.replaceWith(code);
  }
}

/** The document that a saved page shows beside the conversation: there is nowhere else to read it from. */
function readBeside(root: PageRoot, findings: DomFindings): void {
  const panel = root.querySelector(PANEL);
  if (panel === null) return;
  const { markdown } = copyToMarkdown(inertCopy(panel));
  if (markdown === '') return;
  let title: string | null = null;
  for (
    let above = panel.parentElement, steps = 0;
    above !== null && title === null && steps < 5;
    above = above.parentElement, steps++
  )
    title = above.querySelector('h2[title]')?.getAttribute('title') ?? null;
  findings.metadata['open_artifact'] = { title, markdown };
}

function replaceWith(element: Element, words: string): void {
  const paragraph = element.ownerDocument.createElement('p');
  paragraph.setAttribute(SAID, '');
  paragraph.textContent = words;
  element.replaceWith(paragraph);
}

function all(root: Element, selector: string): Element[] {
  return [...root.querySelectorAll(selector)];
}

/** Things of the page around a conversation, by which a whole page is told from a piece of one. */
function hasFrame(root: PageRoot, document: Document): boolean {
  const frame =
    '[data-testid="page-header"], [data-testid="chat-header"], [data-testid^="chat-title"], [data-testid="chat-input"], [data-testid="model-selector-dropdown"]';
  return root.querySelector(frame) !== null || document.querySelector(frame) !== null;
}

function titleOf(root: PageRoot, document: Document): string | null {
  const clean = (text: string | null | undefined): string | null => {
    const title = (text ?? '')
      .replace(/\s+/g, ' ')
      .replace(/\s*[-–—|\\]\s*Claude\s*$/, '')
      .replace(/^\s*Claude\s*[-–—|]\s*/, '')
      .trim();
    return title === '' || title === 'Claude' ? null : title;
  };
  const split = root.querySelector('[data-testid="chat-title-split"]');
  return (
    clean(root.querySelector('[data-testid="chat-title-button"]')?.textContent) ??
    clean((split?.querySelector('button') ?? split)?.textContent) ??
    clean(document.querySelector('title')?.textContent)
  );
}

/** What the page says of the conversation: the project it is in, the model that would answer next. */
function metadataOf(root: PageRoot): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  const model = root.querySelector('[data-testid="model-selector-dropdown"]');
  const words: string[] = [];
  const walk = (node: Node): void => {
    // Icons are letters of a font of their own.
    if (node.nodeType === 3) words.push((node.nodeValue ?? '').replace(/[\ue000-\uf8ff]/g, '').trim());
    node.childNodes.forEach(walk);
  };
  if (model !== null) walk(model);
  if (words.join('') !== '') metadata['model'] = oneLine(words.join(' '));
  const header = root.querySelector('header, [data-testid="chat-header"], [data-testid="page-header"]');
  const project = header?.querySelector('a[href*="/project/"]');
  const id = /\/project\/([^/?#]+)/.exec(project?.getAttribute('href') ?? '')?.[1];
  if (id !== undefined)
    metadata['project'] = { id, name: oneLine((project?.textContent ?? '').replace(/\/\s*$/, '')) || null };
  if (root.querySelector('[data-testid*="incognito"][data-testid*="chat"], [data-testid="incognito-banner"]') !== null)
    metadata['temporary'] = true;
  return metadata;
}

/** What a saved page says about its address: its canonical link, its own metadata, the marked entry of the sidebar. */
function addressIn(root: PageRoot, document: Document): string | null {
  const said = [
    document.querySelector('link[rel="canonical"]')?.getAttribute('href'),
    document.querySelector('meta[property="og:url"]')?.getAttribute('content'),
    root
      .querySelector('a[aria-current="page"][href*="/chat/"], a[data-active="true"][href*="/chat/"]')
      ?.getAttribute('href'),
  ];
  for (const address of said) {
    if (address === null || address === undefined) continue;
    if ((classifyPage(address)?.conversationId ?? null) !== null) return new URL(address, 'https://claude.ai').href;
  }
  return null;
}

/** A saved piece of a page without a marked turn: what it holds is one answer, as far as can be told. */
function readUnmarked(root: PageRoot, findings: DomFindings): void {
  const piece = unmarkedPiece(root);
  if (piece === null) return;
  const turn = turnOf({ role: 'assistant', markdown: '' });
  readAnswer(piece, turn);
  addUnmarked(findings, turn);
}

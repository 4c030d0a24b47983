/**
 * Where the turns of chatgpt.com are in the page, and what of one is the conversation. The fallback for when no JSON
 * was seen: the page shows only what is near the viewport. Attributes are used, never tag names or styling classes
 * (a turn was `article` until 2026-03 and is `section` since); labels are localised and used only as a last resort.
 */
import { copyToMarkdown, dollarMath, inertCopy, typedText } from '../../markdown';
import { stableHash } from '../../hash';
import type { Attachment, ReadWarning } from '../../types';
import { type DomFindings, type DomTurn, mayBePiece, type PageRoot, type ReadContext } from '../_adapter';
import {
  addUnmarked,
  distinctUrls,
  documentOf,
  findingsWith,
  outermost,
  squeezed,
  turnOf,
  unmarkedPiece,
} from '../_dom';
import { classifyPage } from './addresses';
import { conversationIn, pairsIn, readPair } from './units';

const TURN = '[data-testid^="conversation-turn-"]';
const MESSAGE = '[data-message-author-role]';
const SHELL = '[data-turn-id-container]';
/** A canvas document, drawn beside the messages of the answer that made it. */
const CANVAS = '[id^="textdoc-message-"]';
const STOP = [
  'button[data-testid="stop-button"]',
  'button[data-testid="stop-generating-button"]',
  'button[aria-label^="Stop streaming" i]',
  'button[aria-label^="Stop generating" i]',
  'button[aria-label^="Stop response" i]',
  'form[data-chatgpt-composer] button[aria-label^="Stop" i]',
  '[data-markdown-text-style][data-markdown-animated="true"]',
  '.result-streaming',
].join(',');

/** Below the end of a thread, also where none is drawn. */
const FOOT = '#thread-bottom-container, form[data-type="unified-composer"], #prompt-textarea';

/** Shown in or beside an answer, but not part of what was said. */
const NOT_SAID = [
  '[data-testid="thinking"]',
  'details[data-testid*="thought"]',
  '[data-testid$="turn-action-button"]',
  'time',
  '[role="separator"]',
].join(',');

interface FoundMessage {
  id: string | null;
  role: 'user' | 'assistant';
  model: string | null;
  markdown: string;
  images: Attachment[];
  citations: Array<{ title: string | null; url: string }>;
  author: string | null;
  createdAt: string | null;
  frame: boolean;
}

export function findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
  const document = documentOf(root);
  const findings = findingsWith({
    title: titleOf(root, document),
    streaming: root.querySelector(STOP) !== null || document.querySelector(STOP) !== null,
    address: addressIn(root, document),
  });

  const turns = outermost([...root.querySelectorAll(TURN)]);
  const address = classifyPage(url);
  const pairs =
    turns.length > 0 || root.querySelector(MESSAGE) !== null
      ? []
      : pairsIn(root, address === null || address.share ? null : address.conversationId);
  if (pairs.length > 0) {
    readPairs(pairs, findings);
    return findings;
  }
  // Older pages, and pages other tools saved, mark only the messages.
  const places = turns.length > 0 ? turns : outermost([...root.querySelectorAll(MESSAGE)]);
  const shells = [...root.querySelectorAll(SHELL)].filter(
    (shell) => !isBookkeeping(shell.getAttribute('data-turn-id-container') ?? ''),
  );
  findings.turnsUnmounted = shells.filter(
    (shell) => !shell.matches(TURN) && shell.querySelector(`${TURN},${MESSAGE}`) === null,
  ).length;
  findings.turnsSeen = places.length + findings.turnsUnmounted;

  // Places in page order, so that a place that is not mounted parts the turns around it.
  const mounted = new Set(places);
  let follows = true;
  let number: number | null = null;
  for (const place of inOrder([...places, ...shells])) {
    if (!mounted.has(place)) {
      if (place.querySelector(`${TURN},${MESSAGE}`) === null && !place.matches(`${TURN},${TURN} *`)) follows = false;
      continue;
    }
    const own = numberOf(place);
    if (own !== null && own !== (number ?? 0) + 1) follows = false;
    number = own;
    const read = readOnce(place, findings, places.indexOf(place), follows);
    if (read === 'unmounted') {
      findings.turnsUnmounted++;
      follows = false;
    } else if (read !== null) {
      addTurn(findings.turns, read);
      follows = true;
    }
  }

  if (findings.turns.length === 0 && places.length === 0 && context.saved === true) {
    const isPiece = mayBePiece(document, url, classifyPage);
    readBlocks(root, isPiece ? BLOCK : `main ${BLOCK}`, findings);
    if (findings.turns.length === 0 && isPiece) readUnmarked(root, findings);
  }
  findings.whole = isWhole(root, document, url, turns, findings);
  return findings;
}

/** Turns of a question and its answer each. The page keeps only a few of them and says nothing of how many there are. */
function readPairs(pairs: Element[], findings: DomFindings): void {
  let follows = true;
  for (const pair of pairs) {
    const units = readPair(pair);
    if (units === null) {
      findings.turnsUnmounted++;
      follows = false;
      continue;
    }
    for (const { frame, ...unit } of units) {
      if (frame)
        findings.warnings.push({
          code: 'unreadable_frame',
          message: 'The answer is in a sandboxed frame that only the site can read; a placeholder stands for it.',
          where: unit.id,
        });
      findings.turns.push({ ...unit, follows });
      follows = true;
    }
  }
  findings.turnsSeen = findings.turns.length + findings.turnsUnmounted;
}

function inOrder(elements: Element[]): Element[] {
  // DOCUMENT_POSITION_FOLLOWING
  return [...new Set(elements)].sort((a, b) => ((a.compareDocumentPosition(b) & 4) !== 0 ? -1 : 1));
}

/** The turn's number in the thread, where the page says it. */
function numberOf(place: Element): number | null {
  const number = Number.parseInt((place.getAttribute('data-testid') ?? '').slice('conversation-turn-'.length), 10);
  return Number.isNaN(number) ? null : number;
}

function isBookkeeping(id: string): boolean {
  return /-root$/.test(id) || id.startsWith('paginated-root');
}

/**
 * Turns that were read before and are the same still: while an answer is written, only its turn is read again. What
 * a turn shows is told apart by its text, its elements and its pictures.
 */
const readBefore = new WeakMap<
  Element,
  { print: string; read: DomTurn | 'unmounted' | null; warnings: ReadWarning[] }
>();

function readOnce(
  place: Element,
  findings: DomFindings,
  position: number,
  follows: boolean,
): DomTurn | 'unmounted' | null {
  const print = [
    stableHash(place.textContent ?? ''),
    place.querySelectorAll('*').length,
    place.querySelectorAll('img[src]').length,
    place.querySelector('[data-message-id]')?.getAttribute('data-message-id') ?? place.getAttribute('data-message-id'),
    position,
  ].join(' ');
  const before = readBefore.get(place);
  if (before?.print === print) {
    findings.warnings.push(...before.warnings);
    return before.read === null || before.read === 'unmounted' ? before.read : { ...before.read, follows };
  }
  const known = findings.warnings.length;
  const read = readPlace(place, findings, position, follows);
  readBefore.set(place, { print, read, warnings: findings.warnings.slice(known) });
  return read;
}

/** One turn: its messages in order, merged. Null for a turn that says nothing. */
function readPlace(
  place: Element,
  findings: DomFindings,
  position: number,
  follows: boolean,
): DomTurn | 'unmounted' | null {
  const turnRole = roleIn(place.getAttribute('data-turn'));
  const asked = turnRole === 'user' || place.querySelector('[data-message-author-role="user"]') !== null;
  const pieces = asked ? MESSAGE : `${MESSAGE}, ${CANVAS}`;
  const marked = place.matches(MESSAGE) ? [place] : outermost([...place.querySelectorAll(pieces)]);
  const where = place.getAttribute('data-testid') ?? `message ${position + 1}`;
  let messages: FoundMessage[] = marked
    .map((element) => (element.matches(CANVAS) ? readCanvas(element) : readMessage(element, place)))
    .filter((message) => message !== null);

  if (marked.length === 0) {
    if (turnRole === null) {
      if (place.querySelector('[data-message-id]') !== null) {
        findings.warnings.push({
          code: 'unread_turn',
          message: 'A turn says neither who speaks nor that it is a message; it is left out.',
          where,
        });
      }
      return null;
    }
    // A picture, or a frame the page itself cannot look into, comes without a message element.
    const bare = readBare(place, turnRole);
    if (bare === null) return turnRole === 'user' ? 'unmounted' : null;
    messages = [bare];
  } else {
    const bare = turnRole === 'assistant' ? readPictures(place, marked) : null;
    if (bare !== null) messages.push(bare);
  }
  const said = messages.filter((message) => message.markdown !== '' || message.images.length > 0);
  if (said.length === 0) return null;
  for (const message of said) {
    if (message.frame)
      findings.warnings.push({
        code: 'unreadable_frame',
        message: 'The answer is in a sandboxed frame that only the site can read; a placeholder stands for it.',
        where,
      });
  }
  const role = said[0]?.role ?? 'user';
  const parts = said.filter((message) => message.role === role);
  const ids = parts.map((message) => message.id).filter((id) => id !== null);
  const id = ids.at(-1) ?? realId(place.getAttribute('data-turn-id')) ?? testIdNumber(place);
  const citations = parts.flatMap((message) => message.citations);
  return {
    id,
    mergedIds: ids.filter((each) => each !== id),
    follows,
    role,
    author: parts.find((message) => message.author !== null)?.author ?? null,
    model:
      parts.map((message) => message.model).findLast((model) => model !== null) ??
      attributeNear(place, ['data-message-model-slug', 'data-model']),
    createdAt: parts.find((message) => message.createdAt !== null)?.createdAt ?? timeOf(place),
    markdown: parts
      .map((message) => message.markdown)
      .filter((text) => text !== '')
      .join('\n\n'),
    attachments: distinct([
      ...parts.flatMap((message) => message.images),
      ...(role === 'user' ? filesIn(place) : canvasesIn(place)),
    ]),
    metadata: {
      ...(numberOf(place) === null ? {} : { turn: numberOf(place) }),
      ...(citations.length > 0 ? { citations: distinctUrls(citations) } : {}),
    },
  };
}

/** Two answers in a row are parts of one (an empty thinking turn, then the answer). */
function addTurn(turns: DomTurn[], turn: DomTurn): void {
  const last = turns.at(-1);
  // Drawn twice while the list is moved: the fuller one counts.
  if (last !== undefined && turn.id !== null && last.id === turn.id && last.role === turn.role) {
    if (turn.markdown.length > last.markdown.length) turns[turns.length - 1] = { ...turn, follows: last.follows };
    return;
  }
  if (last === undefined || last.role !== 'assistant' || turn.role !== 'assistant' || !turn.follows) {
    turns.push(turn);
    return;
  }
  turns[turns.length - 1] = {
    ...last,
    ...turn,
    follows: last.follows,
    mergedIds: [...last.mergedIds, ...(last.id === null ? [] : [last.id]), ...turn.mergedIds],
    author: turn.author ?? last.author,
    model: turn.model ?? last.model,
    createdAt: last.createdAt ?? turn.createdAt,
    markdown: [last.markdown, turn.markdown].filter((text) => text !== '').join('\n\n'),
    attachments: distinct([...last.attachments, ...turn.attachments]),
    metadata: { ...last.metadata, ...turn.metadata },
  };
}

/** In 2024 the message itself kept its lines: its words are its last part, files stand before them. */
function wordsIn(element: Element): Element | null {
  if (!element.matches('.whitespace-pre-wrap')) return null;
  const isBare = (part: Element): boolean =>
    [...part.childNodes].some((node) => node.nodeType === 3 && (node.nodeValue ?? '').trim() !== '');
  let words: Element | undefined = element;
  while (words !== undefined && !isBare(words))
    words = [...words.children].findLast((part) => (part.textContent ?? '').trim() !== '');
  return words ?? null;
}

function readMessage(element: Element, place: Element): FoundMessage | null {
  const role = roleIn(element.getAttribute('data-message-author-role'));
  if (role === null) return null;
  const found: FoundMessage = {
    id: element.getAttribute('data-message-id'),
    role,
    model: attributeNear(element, ['data-message-model-slug', 'data-model']),
    markdown: '',
    images: [],
    citations: [],
    author: element.getAttribute('data-participant-name'),
    createdAt: timeOf(element),
    frame: false,
  };
  const bubble =
    role === 'user'
      ? (element.querySelector('.user-message-bubble-color .whitespace-pre-wrap') ??
        element.querySelector('.whitespace-pre-wrap') ??
        wordsIn(element))
      : null;
  if (bubble !== null && element.querySelector('.markdown') === null) {
    found.markdown = typedText(bubble);
    const images = copyToMarkdown(withoutNoise(inertCopy(element), '.whitespace-pre-wrap')).images;
    found.images = images;
    if (images.length > 0) {
      const words = images.map((image) => (image.name === 'image' ? '[Image]' : `[Image: ${image.name}]`)).join('\n\n');
      found.markdown = found.markdown === '' ? words : `${found.markdown}\n\n${words}`;
    }
    return found;
  }
  const frame = frameIn(element);
  const copy = withoutNoise(inertCopy(element), role === 'user' ? FILE_TILE : NOTHING);
  // It opens when it is clicked, but it is no button.
  for (const canvas of copy.querySelectorAll(CANVAS)) canvas.removeAttribute('role');
  const read = copyToMarkdown(copy);
  found.markdown = dollarMath(read.markdown);
  found.images = read.images;
  found.citations = read.citations;
  if (found.markdown === '' && frame !== null && place.contains(element)) {
    found.markdown = frame;
    found.frame = true;
  }
  return found;
}

/** A canvas: its name and what is in it, as the JSON of the site is read. */
function readCanvas(element: Element): FoundMessage {
  const copy = inertCopy(element);
  const body = copy.querySelector('.ProseMirror, .cm-editor');
  body?.remove();
  for (const button of [...copy.querySelectorAll('button, [role="button"]')]) button.remove();
  const name = squeezed(copy.textContent);
  copy.replaceChildren(...(body === null ? [] : [body]));
  const { markdown, images, citations } = copyToMarkdown(copy);
  return {
    id: null,
    role: 'assistant',
    model: null,
    markdown: [name === '' ? '' : `**${name}**`, dollarMath(markdown)].filter((text) => text !== '').join('\n\n'),
    images,
    citations,
    author: null,
    createdAt: null,
    frame: false,
  };
}

const NOTHING = '[data-commonplace-nothing]';
const FILE_TILE = '[role="group"][aria-label]';

function withoutNoise(copy: Element, ...more: string[]): Element {
  for (const each of [...copy.querySelectorAll([NOT_SAID, ...more].join(','))]) each.remove();
  return copy;
}

/** A turn without a message element: pictures, or a frame. */
function readBare(place: Element, role: 'user' | 'assistant'): FoundMessage | null {
  const found = readPictures(place, []);
  const frame = frameIn(place);
  if (found !== null) return { ...found, role };
  if (frame !== null)
    return {
      id: null,
      role,
      model: null,
      markdown: frame,
      images: [],
      citations: [],
      author: null,
      createdAt: null,
      frame: true,
    };
  // Words without a message element: the body of an answer whose wrapper lost its attributes.
  const body = place.querySelector('.markdown');
  if (body === null) return null;
  const read = copyToMarkdown(withoutNoise(inertCopy(body), NOTHING));
  return {
    id: null,
    role,
    model: null,
    markdown: dollarMath(read.markdown),
    images: read.images,
    citations: read.citations,
    author: null,
    createdAt: null,
    frame: false,
  };
}

/** Pictures the answer made: they stand beside the messages of a turn. */
function readPictures(place: Element, outside: Element[]): FoundMessage | null {
  const images = new Map<string, Attachment>();
  for (const image of place.querySelectorAll(
    '[class*="imagegen-image"] img, [id^="image-"] img, img[alt="Generated image" i], img[src*="/backend-api/estuary/"], img[src*="oaiusercontent.com"]',
  )) {
    if (outside.some((message) => message.contains(image))) continue;
    const reference = image.getAttribute('src');
    const alt = squeezed(image.getAttribute('alt'));
    const key = reference?.replace(/[?#].*$/, '') ?? alt;
    const id = reference === null ? null : /[?&]id=(file[-_][A-Za-z0-9]+)/.exec(reference)?.[1];
    // A picture is drawn several times over one another: sharp, blurred, as a backdrop.
    if (!images.has(id ?? key))
      images.set(id ?? key, { kind: 'image', name: alt === '' ? 'image' : alt.replace(/[[\]]/g, ''), reference });
  }
  if (images.size === 0) return null;
  const list = [...images.values()];
  const words = list.map((image) => (image.name === 'image' ? '[Image]' : `[Image: ${image.name}]`)).join('\n\n');
  return {
    id: null,
    role: 'assistant',
    model: null,
    markdown: words,
    images: list,
    citations: [],
    author: null,
    createdAt: null,
    frame: false,
  };
}

function frameIn(element: Element): string | null {
  const title = element.querySelector('iframe[title^="internal://"]')?.getAttribute('title');
  if (title === null || title === undefined) return null;
  return title.includes('deep-research')
    ? '[Deep Research report: shown in a frame that cannot be read]'
    : `[Shown in a frame that cannot be read: ${title.replace('internal://', '')}]`;
}

/** Files a person added to a question: their tiles carry the name as label, in 2024 and 2025 as their first line. */
function filesIn(place: Element): Attachment[] {
  const files: Attachment[] = [];
  for (const tile of place.querySelectorAll(`${MESSAGE} ${FILE_TILE}`)) {
    const name = tile.getAttribute('aria-label') ?? '';
    if (name !== '' && tile.querySelector('img') === null) files.push({ kind: 'file', name, reference: null });
  }
  for (const line of place.querySelectorAll(`${MESSAGE} .truncate.font-semibold`)) {
    const name = squeezed(line.textContent);
    if (name !== '' && line.closest(FILE_TILE) === null) files.push({ kind: 'file', name, reference: null });
  }
  return files;
}

function canvasesIn(place: Element): Attachment[] {
  const cards = [...place.querySelectorAll('[data-testid="file-card"], [data-testid="artifact-card"]')].map((card) => ({
    kind: 'file' as const,
    name: squeezed(card.querySelector('span, div, p')?.textContent ?? card.textContent),
    reference: null,
  }));
  const panels = [...place.querySelectorAll('[data-testid="canvas-panel"]')].map((panel) => ({
    kind: 'file' as const,
    name: panel.getAttribute('data-title') ?? 'Canvas',
    reference: panel.querySelector('a[href]')?.getAttribute('href') ?? null,
  }));
  return [...cards.filter((card) => card.name !== ''), ...panels];
}

function roleIn(value: string | null): 'user' | 'assistant' | null {
  return value === 'user' || value === 'assistant' ? value : value === 'tool' ? 'assistant' : null;
}

/** `request-WEB:…` is the page's own name for a turn whose answer had no id when it was drawn. */
function realId(id: string | null): string | null {
  return id === null || id === '' ? null : id;
}

function testIdNumber(place: Element): string | null {
  const id = place.getAttribute('data-testid');
  return id !== null && id.startsWith('conversation-turn-') ? id : null;
}

function attributeNear(element: Element, names: string[]): string | null {
  for (const name of names) {
    const value = element.getAttribute(name) ?? element.closest(`[${name}]`)?.getAttribute(name) ?? null;
    if (value !== null && value !== '') return value;
  }
  return null;
}

function timeOf(element: Element): string | null {
  const said =
    element.getAttribute('data-created-at') ??
    element.querySelector('time[datetime]')?.getAttribute('datetime') ??
    null;
  const ms = said === null ? NaN : Date.parse(said);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function titleOf(root: PageRoot, document: Document): string | null {
  const clean = (text: string | null | undefined): string | null => {
    const title = (text ?? '')
      .replace(/\s+/g, ' ')
      .replace(/^\s*ChatGPT\s*[-–—|]\s*/, '')
      .replace(/\s*[-–—|]\s*ChatGPT\s*$/, '')
      .trim();
    return title === '' || title === 'ChatGPT' ? null : title;
  };
  return (
    clean(document.querySelector('title')?.textContent) ??
    clean(root.querySelector('a[data-active]:not([data-testid])')?.textContent)
  );
}

/** What a saved page says about its address: its canonical link, its own metadata, the marked entry of the sidebar. */
function addressIn(root: PageRoot, document: Document): string | null {
  const shown = conversationIn(root);
  const said = [
    document.querySelector('link[rel="canonical"]')?.getAttribute('href'),
    document.querySelector('meta[property="og:url"]')?.getAttribute('content'),
    root.querySelector('a[data-active][href*="/c/"]')?.getAttribute('href'),
    shown === null ? null : `https://chatgpt.com/c/${shown}`,
  ];
  for (const address of said) {
    if (address === null || address === undefined) continue;
    if ((classifyPage(address)?.conversationId ?? null) !== null) return new URL(address, 'https://chatgpt.com').href;
  }
  return null;
}

/**
 * True only where the page shows that nothing is missing: turns numbered from 1 without a gap, every place mounted,
 * no older pages to load, and the end of the thread in view of the reader. Everything else is `some`.
 */
function isWhole(root: PageRoot, document: Document, url: string, turns: Element[], findings: DomFindings): boolean {
  if (turns.length === 0 || findings.turnsUnmounted > 0) return false;
  if (findings.warnings.some((warning) => warning.code === 'unreadable_frame' || warning.code === 'unread_turn'))
    return false;
  if (root.querySelector('[data-turn-id-container^="paginated-root"]') !== null) return false;
  const numbers = turns.map((turn) =>
    Number((turn.getAttribute('data-testid') ?? '').slice('conversation-turn-'.length)),
  );
  if (numbers.some((number, index) => number !== index + 1)) return false;
  const shared = classifyPage(url)?.share === true;
  return shared || document.querySelector(FOOT) !== null;
}

const BLOCK = '.group[class*="border-b"]';

/** Until 2023 nothing marked a turn: the thread was blocks, and only an answer's had Markdown in it. */
function readBlocks(root: PageRoot, selector: string, findings: DomFindings): void {
  const blocks = outermost([...root.querySelectorAll(selector)]).filter(
    (block) => block.querySelector('.whitespace-pre-wrap, .markdown') !== null,
  );
  for (const block of blocks) {
    const answers = outermost([...block.querySelectorAll('.markdown')]);
    if (answers.length > 0) {
      // What stands beside the words is code that was run; the pictures that came of it are part of the answer.
      const said = answers.filter((each) => each.closest('.whitespace-pre-wrap') !== null);
      const parts = [...block.querySelectorAll('.markdown, [class~="empty:hidden"]')].filter((each) =>
        answers.includes(each)
          ? said.length === 0 || said.includes(each)
          : each.querySelector('img') !== null && each.querySelector('.markdown') === null,
      );
      for (const part of parts) {
        const { markdown, images } = copyToMarkdown(inertCopy(part));
        if (markdown === '') continue;
        addTurn(findings.turns, turnOf({ role: 'assistant', markdown: dollarMath(markdown), attachments: images }));
      }
      continue;
    }
    const question = block.querySelector('.whitespace-pre-wrap');
    if (question === null) continue;
    const words = wordsIn(question) ?? question;
    const attachments = [...question.querySelectorAll('.truncate')]
      .filter((tile) => tile.querySelector('.truncate') === null)
      .map((tile) => ({ kind: 'file' as const, name: (tile.textContent ?? '').trim(), reference: null }));
    const markdown = words.matches('.truncate') ? '' : typedText(words);
    if (markdown !== '' || attachments.length > 0)
      addTurn(findings.turns, turnOf({ role: 'user', markdown, attachments }));
  }
  findings.turnsSeen = Math.max(findings.turnsSeen, findings.turns.length);
}

/** A saved piece of a page without a marked turn: what it holds is one answer, as far as can be told. */
function readUnmarked(root: PageRoot, findings: DomFindings): void {
  // The site's own page with no turn drawn: all that it shows are its own words.
  if (root.querySelector(`${FOOT}, [data-testid="thread-disclaimer"]`) !== null) return;
  const piece = unmarkedPiece(root);
  if (piece === null) return;
  const { markdown, images, citations } = copyToMarkdown(withoutNoise(piece));
  addUnmarked(findings, {
    markdown: dollarMath(markdown),
    attachments: images,
    metadata: citations.length > 0 ? { citations } : {},
  });
}

function distinct(attachments: Attachment[]): Attachment[] {
  const seen = new Set<string>();
  return attachments.filter((each) => {
    const key = `${each.kind} ${each.reference ?? each.name}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

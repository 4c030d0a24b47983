/**
 * The page of chatgpt.com since 2026-09 ("app shell"): a `[data-turn-key]` holds a question and its answer, each a unit
 * that names its messages. An answer names the thing it was, its last id being the reply's own; a question is told by
 * its bubble or its group. What a unit shows outside the message itself is thinking and tools.
 */
import { stableHash } from '../../hash';
import { copyToMarkdown, dollarMath, inertCopy, preformattedText } from '../../markdown';
import type { Attachment } from '../../types';
import type { DomTurn, PageRoot } from '../_adapter';
import { outermost } from '../_dom';

const PAIR = '[data-turn-key]';
const UNIT = '[data-chatgpt-search-message-ids]';
const BUBBLE = '[data-user-message-bubble]';
const ASKED = `${BUBBLE}, [class~="group/user-message"], [data-chatgpt-search-unit-key$=":user"]`;
const MESSAGE = '[data-chatgpt-selection-message-id]';
const PROSE = '[data-markdown-text-style="assistant-message"]';
const MADE = '[data-testid="generated-image-gallery"] img, [data-testid="generated-image-preview"] img';
const FRAME = '[data-mcp-app-frame] iframe, iframe[src*="deep-research"], iframe[title^="internal://"]';
const FILE = '[class~="group/resource-card"] > button[aria-label]';
const ACTIVITY = '[class*="group/activity-header"]';
const CONVERSATION = 'data-chatgpt-selection-conversation-id';

/** In a unit, but not part of what was said. */
const NOT_SAID = `${ACTIVITY}, .turn-action-controls, [role="separator"], [role="status"], [data-conversation-role], [data-thread-find-skip], time, form`;

/** The page that is shown: those that were open before stay in the document. */
function shownPage(root: PageRoot): PageRoot {
  const page = root.querySelector('[data-app-shell-active-page="true"]');
  return page === null || page.querySelector(PAIR) === null ? root : page;
}

/** Which conversation the shown turns are of, where an answer says it. */
export function conversationIn(root: PageRoot): string | null {
  return namedBy(shownPage(root));
}

/** A new chat's answers carry a name of the page's own until it has an address. */
function namedBy(root: PageRoot): string | null {
  const id = root.querySelector(`[${CONVERSATION}]`)?.getAttribute(CONVERSATION) ?? '';
  return /^[0-9a-f-]{36}$/i.test(id) ? id : null;
}

/**
 * The turns of the shown page that are mounted, in their order. The site keeps conversations that were open before in
 * the document and changes its address before it hides them: turns of another conversation than `id` are left out.
 */
export function pairsIn(root: PageRoot, id: string | null): Element[] {
  const pairs = outermost([...shownPage(root).querySelectorAll(PAIR)]);
  const wanted = id ?? conversationIn(root);
  if (wanted === null) return pairs;
  const own = pairs.filter((pair) => (namedBy(pair) ?? wanted) === wanted);
  return own.length === pairs.length || own.some((pair) => namedBy(pair) !== null) ? own : [];
}

/** The units of a turn in their order: a question, an answer, or both; none where the turn is not mounted. */
function unitsOf(pair: Element): Element[] {
  return outermost([...pair.querySelectorAll(`${UNIT}, ${BUBBLE}, ${MESSAGE}, ${PROSE}`)]);
}

export interface ReadUnit extends Omit<DomTurn, 'follows'> {
  /** A part of it is in a frame that the page itself cannot look into. */
  frame: boolean;
}

/** Turns that were read before and are the same still: while an answer is written, only its turn is read again. */
const readBefore = new WeakMap<Element, { print: string; read: ReadUnit[] }>();

/** What a turn says, a question and its answer; null where it is not mounted. */
export function readPair(pair: Element): ReadUnit[] | null {
  const units = unitsOf(pair);
  if (units.length === 0) return null;
  const print = [
    stableHash(pair.textContent ?? ''),
    pair.querySelectorAll('*').length,
    pair.querySelectorAll('img[src]').length,
    ...units.map((unit) => idsOf(unit).at(-1)),
  ].join(' ');
  const before = readBefore.get(pair);
  if (before?.print === print) return before.read;
  const read: ReadUnit[] = [];
  for (const unit of units) {
    const isQuestion = unit.matches(ASKED) || unit.querySelector(ASKED) !== null;
    const said = isQuestion ? readQuestion(unit, pair) : readAnswer(unit);
    // An answer that has only begun says nothing yet.
    if (said.markdown === '' && said.attachments.length === 0) continue;
    const last = read.at(-1);
    if (last?.role === 'assistant' && said.role === 'assistant') read[read.length - 1] = joined(last, said);
    else read.push(said);
  }
  readBefore.set(pair, { print, read });
  return read;
}

/** Two answers in one turn (pictures, then words) are parts of one. */
function joined(first: ReadUnit, second: ReadUnit): ReadUnit {
  const thinking = [first.metadata['thinking'], second.metadata['thinking']].filter((each) => typeof each === 'string');
  return {
    ...second,
    mergedIds: [...new Set([...first.mergedIds, first.id, ...second.mergedIds])].filter(
      (id): id is string => id !== null && id !== second.id,
    ),
    markdown: [first.markdown, second.markdown].filter((text) => text !== '').join('\n\n'),
    attachments: [...first.attachments, ...second.attachments],
    metadata: {
      ...first.metadata,
      ...second.metadata,
      ...(thinking.length > 0 ? { thinking: thinking.join('\n\n') } : {}),
    },
    frame: first.frame || second.frame,
  };
}

function idsOf(unit: Element): string[] {
  const said = [
    ...(unit.getAttribute('data-chatgpt-search-message-ids') ?? '').split(/\s+/),
    ...[unit, ...unit.querySelectorAll(MESSAGE)].map((each) => each.getAttribute('data-chatgpt-selection-message-id')),
  ];
  return [...new Set(said.filter((id): id is string => id !== null && id !== ''))];
}

function readQuestion(unit: Element, pair: Element): ReadUnit {
  const ids = idsOf(unit);
  const bubble = unit.matches(BUBBLE) ? unit : (unit.querySelector(BUBBLE) ?? unit.querySelector(MESSAGE));
  const rich =
    bubble?.querySelector('[data-markdown-text-tone="user-message"], [data-markdown-copy="code-block"]') ?? null;
  let text = '';
  if (bubble !== null && rich !== null) {
    text = copyToMarkdown(withoutNoise(inertCopy(bubble))).markdown;
  } else if (bubble !== null) {
    const copy = inertCopy(bubble.querySelector('.whitespace-pre-wrap') ?? bubble);
    // Typed `code` is drawn as code, without its backticks.
    for (const code of [...copy.querySelectorAll('code')]) code.replaceWith(`\`${code.textContent ?? ''}\``);
    for (const each of [...copy.querySelectorAll('.sr-only')]) each.remove();
    text = preformattedText(copy)
      .replace(/\u00a0/g, ' ')
      .replace(/[ \t]+\n/g, '\n')
      .trim();
  }
  const attachments: Attachment[] = [];
  const order = [...pair.querySelectorAll('*')];
  const isOf = (each: Element): boolean =>
    unit.contains(each) || (each.closest(UNIT) === null && order.indexOf(each) < order.indexOf(unit));
  for (const tile of pair.querySelectorAll(FILE)) {
    const name = (tile.getAttribute('aria-label') ?? '').trim();
    if (name !== '' && isOf(tile)) attachments.push({ kind: 'file', name, reference: null });
  }
  // A picture stands in its unit, or in the turn before it.
  for (const image of pair.querySelectorAll('img')) {
    if (!isOf(image) || bubble?.contains(image) === true) continue;
    const alt = (image.getAttribute('alt') ?? '').replace(/\s+/g, ' ').replace(/[[\]]/g, '').trim();
    const source = image.getAttribute('src') ?? '';
    attachments.push({
      kind: 'image',
      name: alt === '' ? 'image' : alt,
      reference: source === '' || source.startsWith('data:') ? null : source,
    });
  }
  const pictures = attachments.filter((each) => each.kind === 'image').map((each) => words(each.name));
  return {
    id: ids.at(-1) ?? pair.getAttribute('data-turn-key'),
    mergedIds: [],
    role: 'user',
    author: null,
    model: null,
    createdAt: null,
    markdown: [text, ...pictures].filter((part) => part !== '').join('\n\n'),
    attachments,
    metadata: {},
    frame: false,
  };
}

function readAnswer(unit: Element): ReadUnit {
  const ids = idsOf(unit);
  const messages = unit.matches(MESSAGE) ? [unit] : outermost([...unit.querySelectorAll(MESSAGE)]);
  const prose = unit.matches(PROSE) ? [unit] : outermost([...unit.querySelectorAll(PROSE)]);
  const isThought = (each: Element): boolean =>
    messages.length > 0
      ? !messages.some((message) => message === each || message.contains(each) || each.contains(message))
      : isBelowActivity(each, unit);
  const thoughts = prose.filter(isThought);
  const said = prose.filter((each) => !thoughts.includes(each));
  const bodies = messages.length > 0 ? messages : said.length > 0 ? said : thoughts.length > 0 ? [] : [unit];
  const attachments: Attachment[] = [];
  const citations: Array<{ title: string | null; url: string }> = [];
  const texts: string[] = [];
  for (const body of bodies) {
    const copy = withoutNoise(inertCopy(body));
    for (const image of [...copy.querySelectorAll(MADE)]) image.remove();
    const read = copyToMarkdown(copy);
    texts.push(dollarMath(read.markdown));
    attachments.push(...read.images);
    for (const each of read.citations) if (!citations.some((known) => known.url === each.url)) citations.push(each);
  }
  for (const image of unit.querySelectorAll(MADE)) {
    const name = (image.getAttribute('alt') ?? '').replace(/\s+/g, ' ').replace(/[[\]]/g, '').trim() || 'image';
    const reference = image.getAttribute('src');
    if (attachments.some((each) => each.reference === reference && each.name === name)) continue;
    attachments.push({ kind: 'image', name, reference });
    texts.push(words(name));
  }
  let markdown = texts.filter((text) => text !== '').join('\n\n');
  const frame = unit.querySelector(FRAME);
  if (frame !== null) {
    const isReport = /deep[ -]research/i.test(
      `${frame.getAttribute('title') ?? ''} ${frame.getAttribute('src') ?? ''}`,
    );
    const placeholder = isReport
      ? '[Deep Research report: shown in a frame that cannot be read]'
      : '[Shown in a frame that cannot be read]';
    markdown = markdown === '' ? placeholder : `${markdown}\n\n${placeholder}`;
  }
  const thinking = thoughts
    .map((each) => dollarMath(copyToMarkdown(withoutNoise(inertCopy(each))).markdown))
    .filter((text) => text !== '');
  const id = ids.at(-1) ?? null;
  return {
    id,
    mergedIds: ids.filter((each) => each !== id),
    role: 'assistant',
    author: null,
    model: null,
    createdAt: null,
    markdown,
    attachments,
    metadata: {
      ...(thinking.length > 0 ? { thinking: thinking.join('\n\n') } : {}),
      ...(citations.length > 0 ? { citations } : {}),
    },
    frame: frame !== null,
  };
}

/** Prose that unfolds below the line of an activity ("Thought for 3s") is not the answer. */
function isBelowActivity(prose: Element, unit: Element): boolean {
  for (let at: Element | null = prose; at !== null && at !== unit; at = at.parentElement) {
    for (let before = at.previousElementSibling; before !== null; before = before.previousElementSibling)
      if (before.matches(ACTIVITY)) return true;
  }
  return false;
}

const words = (name: string): string => (name === 'image' ? '[Image]' : `[Image: ${name}]`);

function withoutNoise(copy: Element): Element {
  for (const each of [...copy.querySelectorAll(NOT_SAID)]) each.remove();
  return copy;
}

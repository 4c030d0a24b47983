/**
 * Where the turns of gemini.google.com are in the page, and what of one is the conversation. The fallback for when no
 * JSON was seen. Angular's custom elements are what stays (`user-query`, `model-response`, `message-content`), the ids of
 * turns are those of the JSON, and `aria-busy` says whether an answer is being written; labels are localised and are
 * used only as a last resort. A canvas or a report is drawn beside the chat, and belongs to the answer that made it.
 */
import { stableHash } from '../../hash';
import { copyToMarkdown, dollarMath, inertCopy, preformattedText } from '../../markdown';
import type { Attachment, ReadWarning } from '../../types';
import type { DomFindings, DomTurn, PageRoot, ReadContext } from '../_adapter';
import { distinctUrls, documentOf, findingsWith, outermost, squeezed, turnOf } from '../_dom';
import { bare, classifyPage, gemIn } from './addresses';

// A shared copy has places and answers of its own.
const CONTAINER = '.conversation-container, share-turn-viewer';
const SPEAKERS = 'user-query, model-response, response-container';
const THOUGHTS = 'model-thoughts, .thoughts-container, thinking-overlay, thinking-panel, .model-thoughts';
const PANELS = 'deep-research-immersive-panel, code-immersive-panel, immersive-editor, extended-response-panel';
const STOP =
  'button.stop, .send-button.stop, button[aria-label^="Stop response" i], button[data-test-id="stop-button"]';
const TEMPORARY = '.temp-chat-on, chat-window.is-temporary-chat, .temporary-chat-card-container, .temporary-chat-card';
const CHIP = 'immersive-entry-chip, generated-file';

/** Shown in or beside a message, but not part of what was said. */
const NOT_SAID = [
  THOUGHTS,
  'sources-list',
  'sources-carousel-inline',
  'sources-carousel',
  'source-footnote',
  'source-inline-chip',
  'message-actions',
  'model-response-label-announcer',
  '.model-response-label-announcer',
  '.response-footer',
  '.response-container-header',
  '.response-container-footer',
  '.table-footer',
  '.mpr-rendered',
  '.mpr-toggle',
  'mat-icon',
  'gem-icon',
  'bard-avatar',
  'tts-control',
  'processing-state',
  'sensitive-memories-banner',
  'freemium-rag-disclaimer',
  'time',
  '[data-test-id="creation-timestamp"]',
].join(',');

export function findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
  const document = documentOf(root);
  const findings = findingsWith({
    title: titleOf(root, document, url),
    metadata: metadataOf(root, document, url),
    address: addressIn(root, document),
  });
  const containers = outermost([...root.querySelectorAll(CONTAINER)]).filter(outsidePanels);
  const places: Place[] =
    containers.length > 0
      ? containers.map((container) => ({
          element: container,
          speakers: outermost([...container.querySelectorAll(SPEAKERS)]),
          id: container.getAttribute('id'),
        }))
      : pairs(outermost([...root.querySelectorAll(SPEAKERS)]).filter(outsidePanels));
  findings.turnsSeen = places.length;
  const panels = outermost([...root.querySelectorAll(PANELS)])
    .map((panel) => readPanel(panel, findings.warnings))
    .filter((panel) => panel !== null);

  let follows = true;
  places.forEach((place, position) => {
    if (place.speakers.length === 0) {
      // Turns that are not loaded have an empty place.
      findings.turnsUnmounted++;
      follows = false;
      return;
    }
    const read = readOnce(place, position);
    findings.warnings.push(...read.warnings);
    for (const turn of read.turns) {
      findings.turns.push({ ...turn, follows });
      follows = true;
    }
  });
  addPanels(findings.turns, panels);

  const last = places.at(-1)?.element;
  findings.streaming =
    last !== undefined &&
    (busyIn(last) !== null ||
      root.querySelector(STOP) !== null ||
      (documentOf(root) !== root && document.querySelector(STOP) !== null));
  if (findings.turns.length === 0 && places.length === 0 && context.saved === true) readPiece(root, findings);
  findings.whole = isWhole(root, url, findings);
  return findings;
}

interface Place {
  element: Element;
  speakers: Element[];
  /** The turn's id as the page gives it, with or without `r_`. */
  id: string | null;
}

const outsidePanels = (element: Element): boolean => element.closest(PANELS) === null;
const nameOf = (element: Element): string => element.nodeName.toLowerCase();

/** Pages of other tools, and pieces, have no containers: a question and the answer after it are one place. */
function pairs(speakers: Element[]): Place[] {
  const places: Place[] = [];
  for (const speaker of speakers) {
    const before = places.at(-1);
    const answers =
      nameOf(speaker) !== 'user-query' &&
      before?.speakers.length === 1 &&
      before.speakers[0] !== undefined &&
      nameOf(before.speakers[0]) === 'user-query';
    if (answers) before.speakers.push(speaker);
    else places.push({ element: speaker, speakers: [speaker], id: null });
  }
  return places;
}

interface ReadPlace {
  turns: DomTurn[];
  warnings: ReadWarning[];
}

/** Turns that were read before and are the same still: while an answer is written, only its turn is read again. */
const readBefore = new WeakMap<Element, { print: string; read: ReadPlace }>();

function readOnce(place: Place, position: number): ReadPlace {
  const print = [
    place.id,
    position,
    ...place.speakers.flatMap((speaker) => [
      stableHash(speaker.textContent ?? ''),
      speaker.querySelectorAll('*').length,
      speaker.querySelectorAll('img[src]').length,
    ]),
  ].join(' ');
  const before = readBefore.get(place.element);
  if (before?.print === print) return before.read;
  const read = readPlace(place, position);
  readBefore.set(place.element, { print, read });
  return read;
}

function readPlace(place: Place, position: number): ReadPlace {
  const warnings: ReadWarning[] = [];
  const id = replyId(place);
  const turns: DomTurn[] = [];
  for (const speaker of place.speakers) {
    const isUser = nameOf(speaker) === 'user-query';
    const said = isUser ? readQuestion(speaker) : readAnswer(speaker, warnings);
    if (said.markdown === '' && said.attachments.length === 0) {
      // An answer that has only begun has no words yet.
      if (busyIn(speaker) === null && !isUser && speaker.querySelector('message-content, .markdown') === null)
        warnings.push({
          code: 'unread_turn',
          message: 'A turn has no words that can be read; it is left out.',
          where: place.id ?? `turn ${position + 1}`,
        });
      continue;
    }
    const role = isUser ? 'user' : 'assistant';
    turns.push(turnOf({ id: id === null ? null : isUser ? `${id}:user` : id, role, ...said }));
  }
  return { turns, warnings };
}

/** The id that the JSON gives the turn. */
function replyId(place: Place): string | null {
  if (place.id !== null && place.id !== '') return `r_${bare(place.id)}`;
  for (const speaker of place.speakers) {
    for (const element of speaker.querySelectorAll('message-content[id], .markdown[id]')) {
      const id = /r_[A-Za-z0-9]+$/.exec(element.getAttribute('id') ?? '')?.[0];
      if (id !== undefined) return id;
    }
    for (const element of speaker.querySelectorAll('[jslog*="r_"]')) {
      const id = /"(r_[A-Za-z0-9]+)"/.exec(element.getAttribute('jslog') ?? '')?.[1];
      if (id !== undefined) return id;
    }
  }
  return null;
}

/** The part of an answer that is being written, or null. */
function busyIn(element: Element): Element | null {
  return (
    [...element.querySelectorAll('.markdown[aria-busy="true"]')].find((each) => each.closest(THOUGHTS) === null) ?? null
  );
}

type Said = Pick<DomTurn, 'markdown' | 'attachments' | 'metadata'>;

function readQuestion(element: Element): Said {
  const copy = inertCopy(element);
  const attachments = filesIn(copy);
  for (const each of [
    ...copy.querySelectorAll(
      `.cdk-visually-hidden, user-query-file-preview, user-query-file-carousel, .file-preview-container, button, ${NOT_SAID}`,
    ),
  ])
    each.remove();
  for (const each of [...copy.querySelectorAll('[data-user-latex-original]')])
    each.textContent = each.getAttribute('data-user-latex-original');
  const words = copy.querySelector('.query-text') ?? copy.querySelector('[role="heading"]') ?? copy;
  const lines = [...words.querySelectorAll('.query-text-line')];
  const blocks = lines.length > 0 ? lines : [...words.querySelectorAll('p')];
  const text =
    blocks.length > 0
      ? blocks.map((line) => lineOf(preformattedText(line))).join('\n')
      : preformattedText(words)
          .split('\n')
          .map((line) => line.trim())
          .join('\n');
  const pictures = attachments.filter((file) => file.kind === 'image').map((file) => named(file.name));
  return {
    markdown: [text.replace(/\u00a0/g, ' ').trim(), ...pictures].filter((part) => part !== '').join('\n\n'),
    attachments,
    metadata: {},
  };
}

const named = (name: string): string => (name === 'image' ? '[Image]' : `[Image: ${name}]`);

/** The template puts a blank around each line, which is one element; a page that was indented puts line breaks in it. */
function lineOf(text: string): string {
  return text.includes('\n') ? squeezed(text) : text.replace(/^ /, '').replace(/\s+$/, '');
}

function filesIn(question: Element): Attachment[] {
  const found = new Map<string, Attachment>();
  const add = (kind: Attachment['kind'], name: string, reference: string | null): void => {
    const key = `${kind} ${name} ${name === 'image' ? (reference ?? '') : ''}`;
    if (!found.has(key)) found.set(key, { kind, name, reference });
  };
  const previews = outermost([
    ...question.querySelectorAll('user-query-file-preview, .file-preview-chip, .file-upload-link'),
  ]);
  for (const preview of previews) {
    const image = preview.querySelector('img:not(.favicon)');
    const shown = squeezed(
      preview.querySelector('.new-file-name, [data-test-id="file-name"], .file-name')?.textContent,
    );
    const type = squeezed(preview.querySelector('.new-file-type')?.textContent).toLowerCase();
    const label = squeezed(
      preview.querySelector('[aria-label]')?.getAttribute('aria-label') ?? preview.getAttribute('aria-label'),
    );
    const alt = squeezed(image?.getAttribute('alt'));
    const source = image?.getAttribute('src') ?? null;
    const reference = source === null || /^(?:data|blob):/.test(source) ? null : source;
    const isFile = /\.[A-Za-z0-9]{1,8}$/;
    const name =
      shown !== ''
        ? isFile.test(shown) || type === ''
          ? shown
          : `${shown}.${type}`
        : isFile.test(label)
          ? label
          : isFile.test(alt)
            ? alt
            : null;
    if (name !== null) add(/\.(?:png|jpe?g|webp|gif|bmp|heic|avif)$/i.test(name) ? 'image' : 'file', name, reference);
    else if (image !== null) add('image', 'image', reference);
    else if (label !== '') add('file', label, null);
  }
  if (previews.length === 0)
    for (const image of question.querySelectorAll(
      '.file-preview-container img, img[data-test-id="uploaded-img"], .preview-image',
    )) {
      const source = image.getAttribute('src');
      add('image', 'image', source === null || /^(?:data|blob):/.test(source) ? null : source);
    }
  return [...found.values()];
}

function readAnswer(element: Element, warnings: ReadWarning[]): Said {
  const copy = inertCopy(element);
  const metadata: Record<string, unknown> = {};
  const thinking = thoughtsIn(copy);
  if (thinking !== '') metadata['thinking'] = thinking;
  const sources = linksIn(
    copy,
    'sources-list a[href], sources-carousel-inline a[href], sources-carousel a[href], source-footnote a[href], source-inline-chip a[href]',
  );
  for (const each of [...copy.querySelectorAll(NOT_SAID)]) each.remove();
  const contents = outermost([...copy.querySelectorAll('message-content')]);
  const bodies = contents.length > 0 ? contents : outermost([...copy.querySelectorAll('.markdown')]);
  const read = (bodies.length > 0 ? bodies : [copy]).map((body) => readProse(body));
  const citations = [...read.flatMap((each) => each.citations), ...sources];
  if (citations.length > 0) metadata['citations'] = distinctUrls(citations);
  if (read.some((each) => each.hasFrame))
    warnings.push({
      code: 'unreadable_frame',
      message: 'A part of the answer is in a frame that cannot be read.',
      where: element.parentElement?.getAttribute('id') ?? null,
    });
  return {
    markdown: read
      .map((each) => each.markdown)
      .filter((text) => text !== '')
      .join('\n\n'),
    attachments: read.flatMap((each) => each.attachments),
    metadata,
  };
}

interface Prose {
  markdown: string;
  attachments: Attachment[];
  citations: Array<{ title: string | null; url: string }>;
  hasFrame: boolean;
}

/** Markdown of an answer's or a document's body. The element is a copy. */
function readProse(body: Element): Prose {
  const attachments: Attachment[] = [];
  const make = (name: string, text: string): Element => {
    const made = body.ownerDocument.createElement(name);
    made.textContent = text;
    return made;
  };
  for (const each of [...body.querySelectorAll(NOT_SAID)]) each.remove();
  for (const chip of outermost([...body.querySelectorAll(CHIP)])) {
    const name = chipTitle(chip);
    attachments.push({ kind: 'file', name, reference: null });
    chip.replaceWith(make('p', placeholder(name)));
  }
  for (const widget of [...body.querySelectorAll('deep-research-confirmation-widget')]) {
    const title = make('p', '');
    title.append(make('strong', squeezed(widget.querySelector('[data-test-id="title"]')?.textContent)));
    const list = make('ol', '');
    for (const step of widget.querySelectorAll('.research-step')) {
      const words = ['.research-step-title', '.research-step-description']
        .map((part) => squeezed(step.querySelector(part)?.textContent))
        .filter((part) => part !== '');
      if (words.length > 0) list.append(make('li', words.join(': ')));
    }
    const plan = make('div', '');
    plan.append(title, list);
    widget.replaceWith(plan);
  }
  for (const block of outermost([...body.querySelectorAll('code-block, .code-block')])) {
    const code = block.querySelector('pre') ?? block.querySelector('[data-test-id="code-content"], code');
    if (code === null) continue;
    const header = block.querySelector('.code-block-decoration, [slot="header"]');
    const label = squeezed(header?.querySelector('span')?.textContent ?? header?.textContent);
    const language = block.getAttribute('language') ?? label;
    const pre = nameOf(code) === 'pre' ? code : make('pre', '');
    if (pre !== code) pre.append(code.cloneNode(true));
    if (pre.querySelector('[class*="language-"]') === null && language !== '')
      pre.setAttribute('data-language', language);
    block.replaceWith(pre);
  }
  // What the site draws as a block is one in the text too; a link stands in its sentence.
  for (const element of [...body.querySelectorAll('response-element')]) {
    const isLink = element.querySelector('link-block') !== null && element.querySelector('p, pre, table, li') === null;
    const block = make(isLink ? 'span' : 'div', '');
    block.append(...element.childNodes);
    element.replaceWith(block);
  }
  const hasFrame = body.querySelector('iframe') !== null;
  const read = copyToMarkdown(body, 'https://gemini.google.com/');
  return {
    markdown: dollarMath(read.markdown),
    attachments: [...read.images, ...attachments],
    citations: read.citations,
    hasFrame,
  };
}

function chipTitle(chip: Element): string {
  const said =
    chip.querySelector('[data-test-id="artifact-text"], .card-title, .title, [data-test-id="file-name"]') ?? chip;
  // Of a file that was made the page shows the name without its ending.
  const name = said.matches('[data-test-id="file-name"]') ? said.getAttribute('title') : null;
  return squeezed(name ?? said.textContent).replace(/[[\]]/g, '') || 'Document';
}

const placeholder = (name: string): string => `[Document: ${name}]`;

/** What was thought before the answer, where it is unfolded. */
function thoughtsIn(copy: Element): string {
  const parts: string[] = [];
  for (const thoughts of outermost([...copy.querySelectorAll(THOUGHTS)])) {
    const items = [...thoughts.querySelectorAll('thought-item')];
    for (const item of items) {
      const header = squeezed(item.querySelector('[data-test-id="thought-header"]')?.textContent);
      const body = squeezed(item.querySelector('[data-test-id="thought-body"]')?.textContent);
      const text = [header === '' ? '' : `**${header}**`, body].filter((part) => part !== '').join('\n\n');
      if (text !== '') parts.push(text);
    }
    if (items.length > 0) continue;
    for (const body of outermost([...thoughts.querySelectorAll('message-content, .markdown')])) {
      const { markdown } = copyToMarkdown(inertCopy(body));
      if (markdown !== '') parts.push(markdown);
    }
  }
  return parts.join('\n\n');
}

function linksIn(copy: Element, selector: string): Array<{ title: string | null; url: string }> {
  return [...copy.querySelectorAll(selector)].flatMap((anchor) => {
    const url = anchor.getAttribute('href') ?? '';
    if (!/^https?:/.test(url)) return [];
    const title = squeezed((anchor.querySelector('.sub-title, .title') ?? withoutHidden(anchor)).textContent);
    return [{ title: title === '' ? null : title, url }];
  });
}

function withoutHidden(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  for (const each of [...copy.querySelectorAll('.cdk-visually-hidden, mat-icon')]) each.remove();
  return copy;
}

interface Panel {
  title: string;
  markdown: string;
  citations: Array<{ title: string | null; url: string }>;
  thinking: string;
  attachments: Attachment[];
}

/** A canvas or a Deep Research report, open beside the chat. */
function readPanel(panel: Element, warnings: ReadWarning[]): Panel | null {
  const copy = inertCopy(panel);
  const title = squeezed(copy.querySelector('.title-text, [data-test-id="title"], h2')?.textContent);
  const thinking = thoughtsIn(copy);
  const citations = linksIn(copy, USED);
  linkNotes(copy);
  for (const each of [
    ...copy.querySelectorAll(
      `${THOUGHTS}, toolbar, .toolbar, deep-research-source-lists, .source-list, collapsible-button, toc-menu`,
    ),
  ])
    each.remove();
  const code = copy.querySelector('.view-lines') ?? copy.querySelector('.cm-content, .monaco-editor');
  const body = code ?? copy.querySelector('message-content .markdown, .markdown, .ProseMirror') ?? null;
  if (body === null) return null;
  if (code !== null) {
    // An editor draws only the lines in view.
    warnings.push({
      code: 'partial_document',
      message: `Only the lines of "${title}" that are drawn can be read.`,
      where: null,
    });
    const lines = linesOf(code)
      .replace(/\u00a0/g, ' ')
      .replace(/\s+$/, '');
    const markdown = lines === '' ? '' : `**${title}**\n\n\`\`\`\n${lines}\n\`\`\``;
    return { title, markdown, citations, thinking, attachments: [] };
  }
  const read = readProse(body);
  if (read.markdown === '') return null;
  const markdown = /^#{1,3} /.test(read.markdown) || title === '' ? read.markdown : `## ${title}\n\n${read.markdown}`;
  return { title, markdown, citations: [...citations, ...read.citations], thinking, attachments: read.attachments };
}

const USED = '.used-sources a[href]';

/** A report's notes say by its place, from 1, which of the sources below it they stand for; the page draws each as a link. */
function linkNotes(copy: Element): void {
  const sources = [...copy.querySelectorAll(USED)];
  for (const note of [...copy.querySelectorAll('source-footnote')]) {
    const place = note.querySelector('[data-turn-source-index]')?.getAttribute('data-turn-source-index');
    const source = sources[Number(place ?? 0) - 1];
    const address = source?.getAttribute('href') ?? '';
    if (source === undefined || !URL.canParse(address)) continue;
    const title = squeezed(source.querySelector('.sub-title, .title')?.textContent);
    const link = copy.ownerDocument.createElement('a');
    link.setAttribute('href', address);
    link.textContent = title === '' ? new URL(address).host : title;
    const mark = copy.ownerDocument.createElement('span');
    mark.append(' (', link, ')');
    // What the site wraps a note in is else a block, which would part the sentence.
    const around = note.parentElement;
    const alone = around !== null && nameOf(around) === 'response-element' && around.children.length === 1;
    (alone ? around : note).replaceWith(mark);
  }
}

/** An editor puts the lines it draws anew after those it keeps; where each stands is in its style. */
function linesOf(code: Element): string {
  const lines = [...code.querySelectorAll('.view-line')].map((line) => ({
    line,
    top: Number(/(?:^|[;\s])top:\s*(-?[\d.]+)px/.exec(line.getAttribute('style') ?? '')?.[1] ?? NaN),
  }));
  if (lines.length === 0 || lines.some(({ top }) => Number.isNaN(top))) return preformattedText(code);
  return lines
    .sort((a, b) => a.top - b.top)
    .map(({ line }) => preformattedText(line))
    .join('\n');
}

/** Puts each document where the answer that made it names it. */
function addPanels(turns: DomTurn[], panels: Panel[]): void {
  for (const panel of panels) {
    const names = (turn: DomTurn): boolean =>
      turn.role === 'assistant' && turn.markdown.includes(placeholder(panel.title));
    const at = Math.max(
      turns.findLastIndex(names),
      turns.some(names)
        ? -1
        : turns.findLastIndex((turn) => turn.role === 'assistant' && turn.markdown.includes('[Document: ')),
    );
    const index = at >= 0 ? at : turns.findLastIndex((turn) => turn.role === 'assistant');
    const turn = turns[index];
    if (turn === undefined) continue;
    const place = placeholder(panel.title);
    const known = turn.metadata['thinking'];
    const cited = Array.isArray(turn.metadata['citations']) ? (turn.metadata['citations'] as Panel['citations']) : [];
    const citations = distinctUrls([...cited, ...panel.citations]);
    const thinking = [typeof known === 'string' ? known : '', panel.thinking]
      .filter((part) => part !== '')
      .join('\n\n');
    turns[index] = {
      ...turn,
      markdown: turn.markdown.includes(place)
        ? turn.markdown
            .split(place)
            .join(`\n\n${panel.markdown}\n\n`)
            .replace(/\n{3,}/g, '\n\n')
            .trim()
        : `${turn.markdown}\n\n${panel.markdown}`,
      attachments: [...turn.attachments, ...panel.attachments],
      metadata: {
        ...turn.metadata,
        ...(citations.length > 0 ? { citations } : {}),
        ...(thinking === '' ? {} : { thinking }),
      },
    };
  }
}

function titleOf(root: PageRoot, document: Document, url: string): string | null {
  const open = classifyPage(url)?.conversationId ?? null;
  const current = [
    ...root.querySelectorAll(
      '[data-test-id="conversation"] a[aria-current], a[data-test-id="conversation"][aria-current]',
    ),
    ...document.querySelectorAll('[data-test-id="conversation"].selected'),
  ].find((item) => {
    const address = item.getAttribute('href');
    const said = address === null ? null : (classifyPage(address)?.conversationId ?? null);
    // Just after a change of address the sidebar still marks the one before.
    return said === null || open === null || said === open;
  });
  const said = [
    current?.querySelector('.title-text, .conversation-title')?.textContent ?? current?.getAttribute('aria-label'),
    document.querySelector('[data-test-id="conversation-title"], .conversation-title-container .conversation-title')
      ?.textContent,
    document.querySelector('share-landing-page h1, .share-title-section h1, h1.share-title')?.textContent,
    document.querySelector('title')?.textContent,
  ];
  for (const text of said) {
    const title = squeezed(text)
      .replace(/[\u200e\u200f\u202a-\u202e]/g, '')
      .replace(/^(?:Google )?Gemini\s*[-–—|]\s*/, '')
      .replace(/\s*[-–—|]\s*(?:Google )?Gemini$/, '')
      .trim();
    if (title !== '' && !/^(?:Google )?Gemini$/.test(title)) return title;
  }
  return null;
}

function metadataOf(root: PageRoot, document: Document, url: string): Record<string, unknown> {
  const gem = gemIn(url);
  const card = document.querySelector(
    '.bot-info-card .bot-name-container, .bot-name-container, [data-test-id="bot-name"]',
  );
  const name = card === null ? '' : squeezed(withoutBadges(card).textContent);
  const mode = squeezed(root.querySelector('[data-test-id="bard-mode-menu-button"] .picker-primary-text')?.textContent);
  return {
    // What is chosen for the next question; not the model of any answer.
    ...(mode === '' ? {} : { mode }),
    ...(gem === null && name === '' ? {} : { assistant: { id: gem, name: name === '' ? null : name } }),
    ...(document.querySelector(TEMPORARY) === null ? {} : { temporary: true }),
  };
}

function withoutBadges(card: Element): Element {
  const copy = card.cloneNode(true) as Element;
  for (const each of [...copy.querySelectorAll('bot-experiment-badge, .bot-name-container-animation-box, mat-icon')])
    each.remove();
  return copy;
}

/** What a saved page says about its address. */
function addressIn(root: PageRoot, document: Document): string | null {
  const said = [
    document.querySelector('link[rel="canonical"]')?.getAttribute('href'),
    document.querySelector('meta[property="og:url"]')?.getAttribute('content'),
    root.querySelector('[data-test-id="conversation"] a[aria-current][href]')?.getAttribute('href'),
  ];
  for (const address of said) {
    if (address === null || address === undefined) continue;
    if ((classifyPage(address)?.conversationId ?? null) !== null)
      return new URL(address, 'https://gemini.google.com').href;
  }
  for (const element of root.querySelectorAll('model-response [jslog*="c_"], .conversation-container [jslog*="c_"]')) {
    const id = /"c_([A-Za-z0-9]+)"/.exec(element.getAttribute('jslog') ?? '')?.[1];
    if (id !== undefined) return `https://gemini.google.com/app/${id}`;
  }
  return null;
}

/**
 * The history loads older turns when it is scrolled to its top, and nothing in the page says that there are none: only
 * a shared copy, which is whole, and a page without that scroller can be.
 */
function isWhole(root: PageRoot, url: string, findings: DomFindings): boolean {
  if (findings.turns.length === 0 || findings.turnsUnmounted > 0) return false;
  if (findings.warnings.some((warning) => warning.code !== 'partial_document')) return false;
  return classifyPage(url)?.share === true || root.querySelector('infinite-scroller') === null;
}

/** A saved piece of an answer. */
function readPiece(root: PageRoot, findings: DomFindings): void {
  const body = root.nodeType === 9 ? (root as Document).body : (root as Element);
  if (
    (body as Element | null) === null ||
    body.querySelector('message-content, response-element, code-block, .markdown-main-panel') === null
  )
    return;
  const shown = body.querySelector(PANELS);
  const panel = shown === null ? null : readPanel(shown, findings.warnings);
  const read = panel ?? readProse(inertCopy(body));
  if (read.markdown === '') return;
  findings.warnings.push({
    code: 'part_of_page',
    message: 'This is a piece of an answer; who asked what is not in it.',
    where: null,
  });
  const { markdown, attachments, citations } = read;
  findings.turns.push(
    turnOf({ role: 'assistant', markdown, attachments, metadata: citations.length > 0 ? { citations } : {} }),
  );
}

/**
 * What one turn of gemini.google.com's JSON says. A turn is an array without names: places in it have moved before, so
 * what has a shape of its own (ids, times, candidates, files) is found by that, and a place is only looked at first.
 *
 * Turn: `[[c_…, r_…], [parent's ids], [[question, …files], …], [[candidates], …, chosen rc_…, …, model], [s, ns]]`.
 * Candidate: `[rc_…, [Markdown], …]` with 8 the state (2: finished), 12 cards and pictures, 22 the text behind a card,
 * 30 documents (canvas, Deep Research), 37 thoughts.
 */
import { asArray, asText, asTime, isObject } from '../../json';
import type { Attachment, CapturedMessage, ReadWarning } from '../../types';
import { bare } from './addresses';

/** Nodes looked at for one purpose in one candidate. */
const MAX_NODES = 50_000;

export interface Answer {
  /** `rc_…`; empty where the site gives none. */
  id: string;
  markdown: string;
  attachments: Attachment[];
  /** What the state says; null where there is none. */
  finished: boolean | null;
  metadata: Record<string, unknown>;
}

export interface Turn {
  /** Without `r_`. */
  id: string;
  conversationId: string | null;
  /** The id of the turn before; null where the body does not say. */
  parent: string | null;
  question: { markdown: string; attachments: Attachment[] } | null;
  /** The one that is shown first. */
  answers: Answer[];
  model: string | null;
  /** When it was asked; the site gives no other time. */
  time: string | null;
}

const REPLY = /^r_[A-Za-z0-9_-]+$/;
const CONVERSATION = /^c_[A-Za-z0-9_-]+$/;
const CANDIDATE = /^rc_[A-Za-z0-9_-]+$/;

/** True where a value has a turn's ids and something said. */
export function isTurn(value: unknown): value is unknown[] {
  if (!Array.isArray(value) || value.length < 2) return false;
  const ids = idsOf(value);
  return ids.reply !== null && (candidatesIn(value).length > 0 || asArray(value[2]).length > 0);
}

/** The ids that an array begins with. */
function idsOf(turn: unknown[]): { reply: string | null; conversation: string | null } {
  const head = Array.isArray(turn[0]) ? (turn[0] as unknown[]) : turn.slice(0, 2);
  const find = (pattern: RegExp): string | null => {
    const id = head.find((each) => typeof each === 'string' && pattern.test(each)) as string | undefined;
    return id === undefined ? null : bare(id);
  };
  return { reply: find(REPLY), conversation: find(CONVERSATION) };
}

/** The lists of turns in a payload, outermost first; each as the site orders it. */
export function turnsIn(payload: unknown): unknown[][] {
  let level: unknown[] = [payload];
  for (let depth = 0; depth < 7 && level.length > 0 && level.length < MAX_NODES; depth++) {
    const found = level.map((node) => asArray(node).filter(isTurn)).filter((turns) => turns.length > 0);
    if (found.length > 0) return found;
    level = level.flatMap((node) => (isObject(node) ? Object.values(node) : asArray(node)));
  }
  return [];
}

/** A list of candidates: `[["rc_…", …], …]`, wherever it is in the turn or the stream's payload. */
export function candidatesIn(turn: unknown[]): unknown[][] {
  const isCandidate = (each: unknown): each is unknown[] =>
    Array.isArray(each) && typeof each[0] === 'string' && CANDIDATE.test(each[0]);
  const near = asArray(asArray(turn[3])[0]).filter(isCandidate);
  if (near.length > 0) return near;
  let level: unknown[] = turn;
  for (let depth = 0; depth < 4; depth++) {
    const found = level.filter(isCandidate);
    if (found.length > 0) return found;
    level = level.flatMap(asArray);
  }
  return [];
}

/** `[seconds, nanos]` as ISO 8601 UTC; null where it is none. */
export function stamp(value: unknown): string | null {
  if (!Array.isArray(value) || value.length < 1 || value.length > 2) return null;
  const [seconds, nanos] = value as unknown[];
  if (typeof seconds !== 'number' || seconds < 1_000_000_000 || seconds > 7_000_000_000) return null;
  return asTime(seconds * 1000 + (typeof nanos === 'number' ? Math.floor(nanos / 1e6) : 0));
}

/** @returns null where a value is no turn. */
export function readTurn(value: unknown, warnings: ReadWarning[]): Turn | null {
  if (!isTurn(value)) return null;
  const ids = idsOf(value);
  const id = ids.reply ?? '';
  const reply = asArray(value[3]);
  const candidates = candidatesIn(value);
  const chosen = reply.find((each, index) => index > 0 && typeof each === 'string' && CANDIDATE.test(each));
  const answers = candidates.map((candidate) => readCandidate(candidate, `r_${id}`, warnings));
  const shown = Math.max(
    0,
    answers.findIndex((answer) => answer.id === chosen),
  );
  const parent = asArray(value[1]).find((each) => typeof each === 'string' && REPLY.test(each)) as string | undefined;
  return {
    id,
    conversationId: ids.conversation,
    parent: parent === undefined ? null : bare(parent),
    question: readQuestion(value),
    answers: [...answers.slice(shown, shown + 1), ...answers.filter((_answer, index) => index !== shown)],
    model: modelIn(reply),
    time: [value[4], value[1], ...value.slice(4).reverse()].map(stamp).find((time) => time !== null) ?? null,
  };
}

/** "3 Pro", "2.5 Flash", "3.5 Flash Extended": the only short text of a reply that begins with a version. */
function modelIn(reply: unknown[]): string | null {
  const isLabel = (each: unknown): each is string =>
    typeof each === 'string' && each.length < 60 && /^(?:Gemini )?\d+(?:\.\d+)? [A-Z]/.test(each);
  return isLabel(reply[21]) ? reply[21] : (reply.find(isLabel) ?? null);
}

function readQuestion(turn: unknown[]): Turn['question'] {
  const said = asArray(turn[2]);
  const first: unknown = said[0];
  const text = typeof first === 'string' ? first : asArray(first).find((each) => typeof each === 'string');
  // Not in the words themselves: a question may end in a file's name.
  const attachments = filesIn(first === text ? said.slice(1) : asArray(first).filter((each) => each !== text));
  const markdown = typeof text === 'string' ? text.trim() : '';
  const pictures = attachments.filter((file) => file.kind === 'image').map((file) => named(file.name));
  const whole = [markdown, ...pictures].filter((part) => part !== '').join('\n\n');
  return whole === '' && attachments.length === 0 ? null : { markdown: whole, attachments };
}

const named = (name: string): string => (name === 'image' ? '[Image]' : `[Image: ${name}]`);

const FILE_NAME = /^[^\\/:*?"<>|\n]{1,200}\.[A-Za-z0-9]{1,8}$/;
const PICTURE = /\.(?:png|jpe?g|webp|gif|bmp|heic|heif|svg|avif|tiff?)$/i;
const SOUND = /\.(?:mp3|wav|m4a|ogg|flac|aac)$/i;

/** Files that were added to a question: arrays that hold a file's name, or a type and an address. */
function filesIn(value: unknown): Attachment[] {
  const files = new Map<string, Attachment>();
  walk(value, (node) => {
    const texts = node.filter((each): each is string => typeof each === 'string');
    const name = texts.find((each) => FILE_NAME.test(each) && !/^https?:/.test(each));
    const type = texts.find((each) => /^(?:image|audio|video|application|text)\/[\w.+-]+$/.test(each));
    const address = texts.find(isMedia) ?? asArray(node.find((each) => Array.isArray(each))).find(isMedia);
    if (name === undefined && (type === undefined || address === undefined)) return true;
    const kind =
      PICTURE.test(name ?? '') || type?.startsWith('image/') === true
        ? 'image'
        : SOUND.test(name ?? '') || type?.startsWith('audio/') === true
          ? 'audio'
          : 'file';
    const file: Attachment = { kind, name: name ?? kind, reference: typeof address === 'string' ? address : null };
    const key = name ?? String(address);
    if (!files.has(key)) files.set(key, file);
    return false;
  });
  return [...files.values()];
}

const isMedia = (value: unknown): boolean =>
  typeof value === 'string' &&
  (/^https?:\/\/[^/]*(?:googleusercontent|usercontent\.google|drive\.google|gstatic|ggpht)\b/.test(value) ||
    /^\/contrib_service\//.test(value));

/** Goes down from a value until `visit` says not to. */
function walk(value: unknown, visit: (node: unknown[]) => boolean): void {
  const stack = [value];
  for (let seen = 0; stack.length > 0 && seen < MAX_NODES; seen++) {
    const node = stack.pop();
    if (Array.isArray(node)) {
      if (visit(node)) for (let index = node.length - 1; index >= 0; index--) stack.push(node[index]);
    } else if (isObject(node)) stack.push(...Object.values(node).reverse());
  }
}

function readCandidate(candidate: unknown[], where: string, warnings: ReadWarning[]): Answer {
  const metadata: Record<string, unknown> = {};
  const attachments: Attachment[] = [];
  const unknown: unknown[] = [];
  const cards = candidate[12];
  const documents = documentsIn(candidate);
  const pictures = picturesIn(cards);
  const citations = citationsIn(
    candidate,
    documents.flatMap((document) => document.sources),
  );
  const plan = planIn(candidate);

  const said = texts(candidate[1]);
  const behind = texts(candidate[22]);
  let markdown =
    /^https?:\/\/googleusercontent\.com\/card_content\/\d+\s*$/.test(said.trim()) && behind !== '' ? behind : said;
  const placed = new Set<unknown>();
  /** What stands in the text for something that the page shows there. */
  markdown = markdown.replace(CHIP, (_all, kind: string, place: string) => {
    const index = Number(place);
    if (kind === 'immersive_entry_chip') {
      const document = documents[index] ?? documents.find((each) => !placed.has(each));
      if (document !== undefined && !placed.has(document)) {
        placed.add(document);
        return `\n\n${document.markdown}\n\n`;
      }
      return document === undefined ? missing(kind) : '';
    }
    if (kind === 'deep_research_confirmation_content' && plan !== null) {
      placed.add(plan);
      return `\n\n${plan}\n\n`;
    }
    if (/image|photo/.test(kind)) {
      const picture = pictures[index] ?? pictures.find((each) => !placed.has(each));
      if (picture === undefined || placed.has(picture)) return '';
      placed.add(picture);
      return `\n\n${named(picture.name)}\n\n`;
    }
    return missing(kind);
  });
  function missing(kind: string): string {
    const links = linksIn(cards);
    unknown.push({ type: kind, value: cards ?? null });
    warnings.push({ code: 'unknown_content_type', message: `A card of the kind "${kind}" is kept as it came.`, where });
    return `\n\n${links.length > 0 ? links.map((link) => `- [${link.title}](${link.url})`).join('\n') : `[${kind.replace(/_/g, ' ')}]`}\n\n`;
  }

  const tagged = taggedPictures(cards, pictures);
  const drawn = (tag: string): string => {
    const picture = tagged.get(IMAGE_TAG.exec(tag)?.[0] ?? '');
    const said = /\bcaption="([^"]+)"/.exec(tag)?.[1] ?? /\balt="([^"]+)"/.exec(tag)?.[1];
    const name = (said ?? picture?.name ?? 'image').replace(/[[\]\n]/g, ' ').trim();
    if (picture !== undefined) {
      picture.name = name;
      placed.add(picture);
    }
    return named(name);
  };
  markdown = clean(markdown, drawn).replace(/\[cite: ([\d, ]+)\]/g, (_all, numbers: string) => {
    const cited = numbers
      .split(',')
      .map((number) => citations[Number(number) - 1])
      .filter((citation) => citation !== undefined);
    return cited.length === 0 ? '' : `(${cited.map((each) => `[${each.title ?? each.url}](${each.url})`).join(', ')})`;
  });
  markdown = markdown.replace(/\[Image of ([^\]\n]+)\]/g, (_all, name: string) => named(name));
  const after = [
    ...(plan !== null && !placed.has(plan) && documents.length === 0 ? [plan] : []),
    ...documents.filter((each) => !placed.has(each)).map((each) => each.markdown),
    ...pictures
      .filter((each) => !placed.has(each) && !markdown.includes(named(each.name)))
      .map((each) => named(each.name)),
  ];
  markdown = [markdown, ...after]
    .filter((part) => part !== '')
    .join('\n\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  attachments.push(
    ...pictures,
    ...documents.map((document) => ({ kind: 'file' as const, name: document.name, reference: document.id })),
    ...soundsIn(cards),
  );

  const thinking = texts(asArray(candidate[37])[0]).trim();
  if (thinking !== '') metadata['thinking'] = thinking;
  if (citations.length > 0) metadata['citations'] = citations;
  if (markdown === '' && attachments.length === 0 && holdsText(cards)) {
    unknown.push({ type: 'candidate', value: cards });
    warnings.push({ code: 'unknown_content_type', message: 'An answer without text is kept as it came.', where });
    markdown = '[Something that cannot be shown here]';
  }
  if (unknown.length > 0) metadata['unknown_parts'] = unknown;
  const state: unknown = asArray(candidate[8])[0];
  const id = candidate[0] as string;
  return {
    id,
    markdown,
    attachments,
    finished: typeof state === 'number' ? state === 2 : null,
    metadata: { ...metadata, candidate: id },
  };
}

/** A place in the text where the page shows a card: `http://googleusercontent.com/<kind>/<index>`. */
const CHIP = /[ \t]*\[?https?:\/\/googleusercontent\.com\/([a-z]+(?:_[a-z]+)+)\/(\d+)\]?[ \t]*/g;

function texts(value: unknown): string {
  if (typeof value === 'string') return value;
  return asArray(value)
    .filter((each) => typeof each === 'string')
    .join('');
}

function holdsText(value: unknown): boolean {
  let found = false;
  walk(value, (node) => {
    found ||= node.some((each) => typeof each === 'string' && each.trim().length > 3);
    return !found;
  });
  return found;
}

const IMAGE_TAG = /\bimage_agent_tag_\d+/;
const INSIDE = '(?:[^>"]|"[^"]*")*';
/** A picture in the text, as a tag or as its address alone. */
const IMAGE = new RegExp(`<Image\\b${INSIDE}/>|https?://googleusercontent\\.com/image_agent_tag_\\d+`, 'g');
/** Questions that the page offers to ask next. */
const OFFERS = new RegExp(
  `<ElicitationsGroup\\b${INSIDE}>[\\s\\S]*?</ElicitationsGroup>|<(?:FollowUp|Elicitation)\\b${INSIDE}/>`,
  'g',
);

/** Leftovers of the site's own marks, outside of code where they could be meant; `drawn` says what stands for a picture. */
function clean(text: string, drawn: (tag: string) => string): string {
  const unfolded = !text.includes('\n') && /\\n.*\\n/.test(text) ? text.replace(/\\n/g, '\n') : text;
  return unfolded
    .replace(/^([ \t]*`{3,}[^\s`?]+)\?\S*$/gm, '$1')
    .split(/(^[ \t]*`{3,}[^\n]*\n[\s\S]*?(?:^[ \t]*`{3,}[ \t]*$|(?![\s\S]))|`[^`\n]+`)/m)
    .map((piece, index) =>
      index % 2 === 1
        ? piece
        : piece
            .replace(OFFERS, '')
            .replace(IMAGE, drawn)
            .replace(/\[cite_start\]/g, '')
            .replace(/&(?:#39|apos);/g, "'")
            .replace(/&quot;/g, '"')
            .replace(/&nbsp;/g, ' '),
    )
    .join('')
    .trim();
}

interface Source {
  title: string | null;
  url: string;
}

interface Document {
  id: string | null;
  name: string;
  markdown: string;
  sources: Source[];
}

/**
 * Canvas documents and Deep Research reports: `[…, id, title, …, text, …, [newer text], file name, kind]`. The text is
 * the longest there is; edits put the newer one at 8.
 */
function documentsIn(candidate: unknown[]): Document[] {
  const near = asArray(candidate[30])
    .map(readDocument)
    .filter((each) => each !== null);
  if (near.length > 0) return near;
  const chips = new Set(texts(candidate[1]).match(/immersive_entry_chip\/\d+/g) ?? []).size;
  if (chips === 0) return [];
  for (const [index, value] of candidate.entries()) {
    if (index < 2 || index === 22 || index === 37) continue;
    const found = asArray(value)
      .map(readDocument)
      .filter((each) => each !== null);
    if (found.length > 0) return found;
  }
  return [];
}

function readDocument(value: unknown): Document | null {
  if (!Array.isArray(value)) return null;
  const item = value as unknown[];
  const flat = item.filter((each): each is string => typeof each === 'string');
  const edited = longest(item[8]);
  const own = (edited.includes('\n') || edited.length >= 40 ? edited : '') || asText(item[4]) || longest(item[4]);
  const text = own || longestOf(flat);
  if (text === '' || isIdentifier(text) || (own === '' && !text.includes('\n') && text.length < 80)) return null;
  const short = flat.filter((each) => each !== text && each.length < 300 && !each.includes('\n'));
  const file = short.find((each) => FILE_NAME.test(each)) ?? null;
  const title =
    asText(item[2]) !== null && item[2] !== text && !isIdentifier(item[2] as string)
      ? (item[2] as string)
      : (short.find((each) => each !== file && !isIdentifier(each) && !/^https?:/.test(each)) ?? null);
  const name = (title ?? file ?? 'Document').trim();
  const language = languageOf(file);
  const sources: Source[] = [];
  for (const each of item) if (Array.isArray(each)) sources.push(...linksIn(each));
  const body = text.trim();
  return {
    id: flat.find(isIdentifier) ?? null,
    name,
    markdown:
      language === null
        ? /^#{1,3} /.test(body)
          ? body
          : `## ${name}\n\n${body}`
        : `**${file ?? name}**\n\n${fenced(body, language)}`,
    sources,
  };
}

function fenced(code: string, language: string): string {
  const ticks = '`'.repeat(Math.max(3, ...[...code.matchAll(/`{3,}/g)].map(([run]) => run.length + 1)));
  return `${ticks}${language}\n${code.replace(/\n$/, '')}\n${ticks}`;
}

const isIdentifier = (text: string): boolean =>
  /^(?:rc?_|c_|d_)?[0-9a-f]{8,}$/i.test(text) ||
  /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/i.test(text) ||
  /^(?:rc?|c|d)_[A-Za-z0-9_-]+$/.test(text);

const PROSE = new Set(['md', 'markdown', 'txt', 'text', 'doc', 'docx', 'gdoc']);
const LANGUAGES: Record<string, string> = {
  js: 'javascript',
  ts: 'typescript',
  py: 'python',
  htm: 'html',
  sh: 'bash',
  rs: 'rust',
  rb: 'ruby',
  kt: 'kotlin',
  cs: 'csharp',
  yml: 'yaml',
};

/** The language of a file by its name's end; null for prose. */
function languageOf(file: string | null): string | null {
  const end = /\.([A-Za-z0-9]{1,8})$/.exec(file ?? '')?.[1]?.toLowerCase();
  return end === undefined || PROSE.has(end) ? null : (LANGUAGES[end] ?? end);
}

function longestOf(flat: string[]): string {
  return flat.reduce((best, each) => (each.length > best.length && !/^https?:\S+$/.test(each) ? each : best), '');
}

function longest(value: unknown): string {
  if (typeof value === 'string') return value;
  let best = '';
  walk(value, (node) => {
    const own = longestOf(node.filter((each): each is string => typeof each === 'string'));
    if (own.length > best.length) best = own;
    return true;
  });
  return best;
}

/** Pictures of the web (`[[[address], …, alt], …]`) and made ones (`[…, file name, address, …]`). */
function picturesIn(cards: unknown): Attachment[] {
  const found = new Map<string, Attachment>();
  const add = (name: string | null, reference: string): void => {
    const key = reference.replace(/[=?#].*$/, '');
    if (!found.has(key))
      found.set(key, { kind: 'image', name: (name ?? 'image').replace(/[[\]\n]/g, ' ').trim() || 'image', reference });
  };
  for (const each of asArray(asArray(cards)[1])) {
    const about = asArray(asArray(each)[0]);
    const address = asText(asArray(about[0])[0]);
    if (address !== null && /^https?:/.test(address)) add(asText(about[4]), address);
  }
  walk(cards, (node) => {
    const [, , name, address] = node;
    const isMade =
      typeof address === 'string' &&
      /^https?:/.test(address) &&
      ((typeof name === 'string' && PICTURE.test(name)) ||
        (typeof node[11] === 'string' && node[11].startsWith('image/')));
    if (isMade) add(asText(name), address);
    return !isMade;
  });
  return [...found.values()];
}

/** Videos and music that an answer made: addresses of media files. */
function soundsIn(cards: unknown): Attachment[] {
  const found = new Map<string, Attachment>();
  walk(cards, (node) => {
    for (const [index, each] of node.entries()) {
      if (typeof each !== 'string' || !/^(?:video|audio)\/[\w.+-]+$/.test(each)) continue;
      const name = node.find((one): one is string => typeof one === 'string' && FILE_NAME.test(one)) ?? each;
      const address = node.find((one): one is string => typeof one === 'string' && /^https?:/.test(one)) ?? null;
      const kind = each.startsWith('audio/') ? 'audio' : 'file';
      found.set(`${name} ${address ?? index}`, { kind, name, reference: address });
    }
    return true;
  });
  return [...found.values()];
}

/** Pictures of the web by the tag that names them in the text; an entry has it beside the address. */
function taggedPictures(cards: unknown, pictures: Attachment[]): Map<string, Attachment> {
  const found = new Map<string, Attachment>();
  for (const entry of asArray(asArray(cards)[1])) {
    const address: unknown = asArray(asArray(asArray(entry)[0])[0])[0];
    const picture = pictures.find(({ reference }) => reference === address);
    const tags = asArray(entry).flatMap((each) => texts(each).match(IMAGE_TAG) ?? []);
    for (const tag of tags) if (picture !== undefined) found.set(tag, picture);
  }
  return found;
}

const INTERNAL =
  /^https?:\/\/(?:[^/]*\.)?(?:googleusercontent\.com|gstatic\.com|ggpht\.com|usercontent\.google\.com)\b|^https?:\/\/(?:www\.)?google\.com\/s2\/|faviconV2|^https?:\/\/gemini\.google\.com\//;

/** Pairs of an address and a title, wherever they are. */
function linksIn(value: unknown): Array<{ title: string; url: string }> {
  const found = new Map<string, { title: string; url: string }>();
  walk(value, (node) => {
    const url = node.find((each): each is string => typeof each === 'string' && /^https?:\/\/\S+$/.test(each));
    if (url === undefined || INTERNAL.test(url)) return true;
    const title = node.find(
      (each): each is string =>
        typeof each === 'string' &&
        each.length >= 2 &&
        each.length <= 300 &&
        /\p{L}/u.test(each) &&
        !/^https?:/.test(each) &&
        !isIdentifier(each) &&
        !/^[a-z]{2}(?:-[A-Z]{2})?$|^[a-z]+\/[\w.+-]+$/.test(each),
    );
    if (title !== undefined && !found.has(url))
      found.set(url, { title: title.replace(/\s+/g, ' ').replace(/[[\]]/g, '').trim(), url });
    return true;
  });
  return [...found.values()];
}

/** What the answer names as its sources. Cards with pictures have addresses too, which are no sources. */
function citationsIn(candidate: unknown[], more: Source[]): Source[] {
  const cards = asArray(candidate[12]).map((each, index) => (index === 0 || index === 1 || index === 7 ? null : each));
  const found = new Map<string, Source>();
  const rest = candidate.filter((_each, index) => index > 1 && ![12, 22, 30, 37].includes(index));
  for (const each of [...linksIn(rest), ...linksIn(cards), ...more])
    if (!found.has(each.url)) found.set(each.url, each);
  return [...found.values()];
}

/** The plan that Deep Research shows before it starts, under the key "56" or "57": `[title, [[…, label, text], …], …]`. */
function planIn(candidate: unknown[]): string | null {
  let plan: unknown[] | null = null;
  const stack: unknown[] = [candidate[12], ...candidate.slice(13).filter(isObject)];
  for (let seen = 0; stack.length > 0 && plan === null && seen < MAX_NODES; seen++) {
    const node = stack.pop();
    if (Array.isArray(node)) stack.push(...(node as unknown[]));
    else if (isObject(node)) {
      const found = node['56'] ?? node['57'];
      if (Array.isArray(found) && asText(found[0]) !== null && Array.isArray(found[1])) plan = found;
      else stack.push(...Object.values(node));
    }
  }
  if (plan === null) return null;
  const steps = asArray(plan[1])
    .map((step) => {
      const [, label, text] = asArray(step);
      return [asText(label), asText(text)].filter((part) => part !== null).join(': ');
    })
    .filter((step) => step !== '');
  return `**${String(plan[0])}**\n\n${steps.map((step, index) => `${index + 1}. ${step.replace(/\n+/g, ' ')}`).join('\n')}`.trim();
}

/**
 * The messages of turns given oldest first. A turn that another one with the same parent came after was edited or
 * asked again: it and what followed it are off the shown branch.
 */
export function messagesOf(
  turns: Turn[],
  given: { settled: boolean; replaced?: ReadonlySet<string> },
): { messages: CapturedMessage[]; headFinished: boolean } {
  const lastChild = new Map<string, string>();
  for (const turn of turns) if (turn.parent !== null) lastChild.set(turn.parent, turn.id);
  const left = new Set<string>(given.replaced);
  for (const turn of turns) {
    if (turn.parent === null) continue;
    if (left.has(turn.parent) || lastChild.get(turn.parent) !== turn.id) left.add(turn.id);
  }
  const known = new Set(turns.map((turn) => turn.id));
  const active: CapturedMessage[] = [];
  const others: CapturedMessage[] = [];
  const head = turns.findLast((turn) => !left.has(turn.id));
  let headFinished = false;
  let before: string | null = null;
  for (const turn of turns) {
    const on = !left.has(turn.id);
    const into = on ? active : others;
    const parent: string | null = turn.parent !== null && known.has(turn.parent) ? `r_${turn.parent}` : before;
    const base = { author: null, on_active_branch: on };
    let above = parent;
    if (turn.question !== null) {
      above = `r_${turn.id}:user`;
      into.push({
        ...base,
        id: above,
        parent_id: parent,
        role: 'user',
        model: null,
        created_at: turn.time,
        markdown: turn.question.markdown,
        finished: true,
        attachments: turn.question.attachments,
        metadata: {},
      });
    }
    turn.answers.forEach((answer, index) => {
      const state = answer.finished ?? true;
      const finished = turn !== head || given.settled || state;
      if (answer.markdown === '' && answer.attachments.length === 0) return;
      if (turn === head && index === 0) headFinished = finished;
      (index === 0 ? into : others).push({
        ...base,
        id: index === 0 ? `r_${turn.id}` : answer.id,
        parent_id: above,
        role: 'assistant',
        model: turn.model,
        created_at: turn.time,
        markdown: answer.markdown,
        finished,
        on_active_branch: on && index === 0,
        attachments: answer.attachments,
        metadata: answer.metadata,
      });
    });
    if (on && active.length > 0) before = active.at(-1)?.id ?? before;
  }
  return { messages: [...active, ...others], headFinished };
}

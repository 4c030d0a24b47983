/**
 * One message of claude.ai as Markdown. What it says is in `content`, a list of blocks; `text` is empty in the site's
 * own answers and holds a sentence about unsupported blocks in exports, so it is read only where `content` says nothing.
 */
import { asArray, asId, asObject, asText, asTime, isObject, type JsonObject } from '../../json';
import { dollarMath } from '../../markdown';
import type { Attachment, ReadWarning, Role } from '../../types';
import {
  type ArtifactPart,
  artifactWords,
  baseName,
  changeIn,
  fence,
  inputOf,
  languageOfName,
  oneLine,
  replay,
  type Shelf,
  showArtifact,
  splitTags,
} from './artifacts';
import { citeText, type Citation, sourcesOf } from './citations';

/** A message taken apart: its words in order, and what is beside them. Artifacts are not yet what they became. */
export interface MessageParts {
  id: string;
  role: Role;
  author: string | null;
  /** Only where the message itself says it; the site gives one model for the whole conversation, the current one. */
  model: string | null;
  created_at: string | null;
  /** `glued`: goes on where the part before it stopped. */
  parts: Array<{ kind: 'words'; text: string; glued: boolean } | ArtifactPart>;
  attachments: Attachment[];
  citations: Citation[];
  thinking: string[];
  tools: JsonObject[];
  unknown: unknown[];
  thoughtSeconds: number;
  stopReason: string | null;
  /** True where the message has a field for why it stopped, even an empty one. */
  saysWhyItStopped: boolean;
}

/** Characters of a pasted text or a file that are kept with the message. */
export const PASTED_LIMIT = 50_000;
/** Characters of a tool's input or result that are kept. */
const TOOL_LIMIT = 2_000;
const CODE_LIMIT = 8_000;
const SOURCES_LIMIT = 30;
/** A block that is not known and larger than this is kept as the beginning of its JSON. */
const UNKNOWN_LIMIT = 64_000;

const ROLES: Record<string, Role> = {
  human: 'user',
  user: 'user',
  assistant: 'assistant',
  claude: 'assistant',
  model: 'assistant',
  ai: 'assistant',
  system: 'system',
  tool: 'tool',
};

/** Who a message is by; null where it does not say. */
export function senderOf(message: JsonObject): string | null {
  const author = message['author'];
  return asText(message['sender']) ?? asText(message['role']) ?? asText(asObject(author)['role']) ?? asText(author);
}

export function roleOf(message: JsonObject): Role | null {
  const sender = senderOf(message);
  return sender === null ? null : (ROLES[sender.toLowerCase()] ?? null);
}

/** Takes a message apart. `id` is used where the message has none. Never throws. */
export function takeApart(message: JsonObject, id: string, warnings: ReadWarning[]): MessageParts {
  const sender = senderOf(message);
  const known = roleOf(message);
  const ownId = asId(message['uuid']) ?? asId(message['id']) ?? id;
  if (known === null) {
    warnings.push({
      code: 'unknown_role',
      message: `The message is by nobody known (${sender ?? 'nobody named'}); it is kept as the system's.`,
      where: ownId,
    });
  }
  const taken: MessageParts = {
    id: ownId,
    role: known ?? 'system',
    author: known === null ? sender : null,
    model: asText(message['model']) ?? asText(asObject(message['metadata'])['model']),
    created_at: asTime(message['created_at']) ?? asTime(message['timestamp']) ?? asTime(message['updated_at']),
    parts: [],
    attachments: [],
    citations: [],
    thinking: [],
    tools: [],
    unknown: [],
    thoughtSeconds: 0,
    stopReason: asText(message['stop_reason']),
    saysWhyItStopped: 'stop_reason' in message,
  };
  if (taken.role !== 'assistant') taken.model = null;

  const reader = new BlockReader(taken, warnings);
  const content = message['content'];
  for (const block of Array.isArray(content) ? content : content === null || content === undefined ? [] : [content])
    reader.read(block);
  if (!reader.understood) {
    const text = withoutPoison(asText(message['text']) ?? '');
    const unread = taken.parts.splice(0);
    if (text !== '') reader.read({ type: 'text', text, citations: message['citations'] });
    taken.parts.push(...unread);
  }
  readAttachments(message, taken);
  return taken;
}

const POISON = 'This block is not supported on your current device yet';
const POISONED =
  /(^|\n)(?:[ \t]*`{3,}[^\n]*\n)?[ \t]*This block is not supported on your current device yet\.?[ \t]*(?:\n[ \t]*`{3,}[ \t]*)?(?=\n|$)/g;

/** The text that exports give, without the sentence that stands for every block other than text. */
function withoutPoison(text: string): string {
  return text.includes(POISON)
    ? text
        .replace(POISONED, '$1')
        .replace(/\n{3,}/g, '\n\n')
        .trim()
    : text;
}

class BlockReader {
  /** Calls by their id, so that a result is kept with its call. */
  private readonly calls = new Map<string, JsonObject>();
  private afterText = false;
  /** A block said something to a person, and was of a type that is known. */
  understood = false;

  constructor(
    private readonly taken: MessageParts,
    private readonly warnings: ReadWarning[],
  ) {}

  read(value: unknown): void {
    if (typeof value === 'string') {
      this.text(value, []);
      return;
    }
    if (!isObject(value)) {
      if (value !== null && value !== undefined) this.unknown(value, typeof value);
      return;
    }
    const type = asText(value['type']) ?? (typeof value['text'] === 'string' ? 'text' : '');
    const follows = this.afterText;
    this.afterText = false;
    switch (type) {
      case 'text':
        this.afterText = follows;
        if (typeof value['text'] === 'string') this.text(value['text'], asArray(value['citations']));
        else if (value['text'] !== null && value['text'] !== undefined) this.unknown(value, type);
        return;
      case 'thinking':
        this.thinking(value);
        return;
      case 'redacted_thinking':
      case 'token_budget':
      case 'injected_prompt_block': // the date, what is remembered: put to the question by the site, seen by nobody
        return;
      case 'flag':
        this.taken.unknown.push(asItCame(value, type));
        return;
      case 'voice_note':
        this.voice(value);
        return;
      case 'image':
        this.file(value, 'image');
        return;
      case 'document':
      case 'file':
      case 'local_resource':
        this.file(value, 'file');
        return;
      case 'code_block':
        if (typeof value['code'] === 'string') this.words(fence(value['code'], asText(value['language']) ?? ''));
        else this.unknown(value, type);
        return;
      case 'json_block':
        if (typeof value['json_block'] === 'string') this.words(fence(value['json_block'], 'json'));
        else this.unknown(value, type);
        return;
    }
    if (/(?:^|_)tool_use$/.test(type)) this.call(value);
    else if (/(?:^|_)tool_result$/.test(type)) this.result(value);
    else this.unknown(value, type === '' ? 'unknown' : type);
  }

  private words(text: string, understood = true): void {
    if (text.trim() === '') return;
    if (understood) this.understood = true;
    this.taken.parts.push({ kind: 'words', text, glued: false });
  }

  private text(raw: string, citations: unknown[]): void {
    if (raw === '') return;
    if (this.taken.role !== 'assistant') {
      this.words(raw);
      return;
    }
    const cited = citeText(raw, citations);
    for (const citation of cited.citations)
      if (!this.taken.citations.some((known) => known.url === citation.url)) this.taken.citations.push(citation);
    let text = cited.text;
    if (text.includes('<antThinking')) {
      text = text.replace(/<antThinking>([\s\S]*?)(?:<\/antThinking>|$)/g, (_all, thought: string) => {
        if (thought.trim() !== '') this.taken.thinking.push(thought.trim());
        return '';
      });
    }
    if (text.includes('cite')) text = text.replace(/<\/?(?:antml:)?cite\b[^<>]*>/g, '');
    for (const piece of splitTags(text)) {
      if (typeof piece !== 'string') {
        this.understood = true;
        this.taken.parts.push(piece);
        this.afterText = false;
        continue;
      }
      if (piece === '') continue;
      const before = this.taken.parts.at(-1);
      const glued =
        this.afterText && before?.kind === 'words' && (/\s$/.test(before.text) || /^[\s,.;:!?)\]]/.test(piece));
      if (piece.trim() === '' && !glued) continue;
      this.taken.parts.push({ kind: 'words', text: dollarMath(piece), glued });
      if (piece.trim() !== '') this.understood = true;
      this.afterText = true;
    }
  }

  private thinking(block: JsonObject): void {
    const summaries = asArray(block['summaries'])
      .map((each) => asText(each) ?? asText(asObject(each)['summary']))
      .filter((each) => each !== null);
    // What the model thought is often withheld; the page then shows only the summaries.
    const thought = asText(block['thinking']) ?? asText(block['text']) ?? (summaries.join('\n\n') || null);
    if (thought !== null) this.taken.thinking.push(thought.trim());
    const from = asTime(block['start_timestamp']);
    const to = asTime(block['stop_timestamp']);
    if (from !== null && to !== null)
      this.taken.thoughtSeconds += Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
  }

  private voice(block: JsonObject): void {
    const said = asText(block['text']) ?? asText(block['transcript']);
    if (said !== null) this.words(said);
    const name = oneLine(asText(block['title']) ?? 'voice note');
    this.taken.attachments.push({
      kind: 'audio',
      name,
      reference: asText(block['file_uuid']) ?? asText(block['uuid']),
    });
    if (said === null) this.words(`[Voice note: ${name}]`);
  }

  private file(block: JsonObject, kind: 'image' | 'file'): void {
    const attachment = fileOf(block, kind);
    this.taken.attachments.push(attachment);
    this.words(fileWords(attachment));
  }

  private call(block: JsonObject): void {
    const part = changeIn(block);
    const name = asText(block['name']) ?? 'tool';
    const input = inputOf(block);
    if (part !== null) {
      this.understood = true;
      this.taken.parts.push(part);
      const cited = part.change.kind === 'write' && part.change.content !== null ? asArray(input['md_citations']) : [];
      if (cited.length > 0 && part.change.kind === 'write' && part.change.content !== null) {
        const { text, citations } = citeText(part.change.content, cited);
        part.change = { ...part.change, content: text };
        for (const citation of citations)
          if (!this.taken.citations.some((known) => known.url === citation.url)) this.taken.citations.push(citation);
      }
      return;
    }
    const shown = cardWords(name, input);
    if (shown !== '') this.words(shown);
    const integration = asText(block['integration_name']);
    const message = asText(block['message']);
    const tool: JsonObject = {
      name,
      ...(integration === null ? {} : { integration }),
      ...(message === null ? {} : { message }),
      ...(Object.keys(input).length === 0
        ? {}
        : { input: compact(input, typeof input['code'] === 'string' ? CODE_LIMIT : TOOL_LIMIT) }),
    };
    this.taken.tools.push(tool);
    const id = asText(block['id']);
    if (id !== null) this.calls.set(id, tool);
    // Some bodies put the result into its call.
    if (isObject(block['tool_result'])) this.result({ tool_use_id: id, ...block['tool_result'] });
  }

  private result(block: JsonObject): void {
    const call = this.calls.get(asText(block['tool_use_id']) ?? '');
    const content = block['content'];
    const texts: string[] = [];
    const sources: Array<{ title: string | null; url: string }> = [];
    const others: string[] = [];
    for (const each of Array.isArray(content) ? content : [content]) {
      if (typeof each === 'string') {
        texts.push(each);
        continue;
      }
      const item = asObject(each);
      const found = sourcesOf(item);
      if (item['type'] === 'local_resource') {
        const path = asText(item['file_path']);
        const name = baseName(path) ?? asText(item['name']) ?? 'file';
        if (!this.taken.attachments.some((known) => known.reference === path && known.name === name))
          this.taken.attachments.push({ kind: 'file', name, reference: path ?? asText(item['uuid']) });
      } else if (found.length > 0)
        sources.push(...found.map((source) => ({ ...source, title: asText(item['title']) ?? source.title })));
      else if (typeof item['text'] === 'string') texts.push(item['text']);
      else if (Object.keys(item).length > 0) others.push(asText(item['type']) ?? 'unknown');
    }
    const name = asText(block['name']);
    // "OK" from the tool that made an artifact says nothing.
    const isArtifact =
      call === undefined && name !== null && /artifact|create_file|str_replace|present_files|show_widget/.test(name);
    if (isArtifact && block['is_error'] !== true) return;
    const kept: JsonObject = {
      ...(texts.join('').trim() === '' ? {} : { result: cut(texts.join('\n').trim(), TOOL_LIMIT) }),
      ...(sources.length === 0 ? {} : { sources: sources.slice(0, SOURCES_LIMIT) }),
      ...(others.length === 0 ? {} : { result_types: [...new Set(others)].slice(0, SOURCES_LIMIT) }),
      ...(block['is_error'] === true ? { error: true } : {}),
    };
    if (call !== undefined) Object.assign(call, kept);
    else if (Object.keys(kept).length > 0) this.taken.tools.push({ name: name ?? 'tool', ...kept });
  }

  private unknown(block: unknown, type: string): void {
    this.taken.unknown.push(asItCame(block, type));
    const said = isObject(block)
      ? (asText(block['text']) ?? asText(block['markdown']) ?? asText(block['content']))
      : null;
    this.words(said ?? `[${oneLine(type)}]`, false);
    this.warnings.push({
      code: 'unknown_content_type',
      message: `A block of type "${type.slice(0, 80)}" is not known; it is kept in the metadata as it came${said === null ? '' : ', and its text is shown'}.`,
      where: this.taken.id,
    });
  }
}

/** Cards that tools draw into an answer, where they hold words of their own: drafts, questions, named cards. */
function cardWords(name: string, input: JsonObject): string {
  if (/^message_compose/.test(name)) {
    return asArray(input['variants'])
      .map(asObject)
      .map((draft) => [asText(draft['label']), asText(draft['subject']), asText(draft['body'])])
      .filter((draft) => draft.at(-1) !== null)
      .map(([label, subject, body]) =>
        [label, subject].map((each) => (each ? `**${oneLine(each)}**` : '')).concat(body ?? ''),
      )
      .map((pieces) => pieces.filter((piece) => piece !== '').join('\n\n'))
      .join('\n\n');
  }
  if (/^(?:ask_user|questions_v)/.test(name)) {
    return asArray(input['questions'])
      .map(asObject)
      .map((each) =>
        [
          asText(each['question']) ?? asText(each['title']) ?? '',
          ...asArray(each['options'])
            .map((option) => asText(option) ?? asText(asObject(option)['label']) ?? '')
            .filter((option) => option !== '')
            .map((option) => `- ${oneLine(option)}`),
        ].join('\n'),
      )
      .join('\n\n');
  }
  const card = /^(.+)_display(?:_v\d+)?$/.exec(name)?.[1];
  if (card === undefined) return '';
  const title = asText(input['title']) ?? asText(input['name']);
  return `[${oneLine(card.replace(/_/g, ' '))}${title === null ? '' : `: ${oneLine(title)}`}]`;
}

function readAttachments(message: JsonObject, taken: MessageParts): void {
  const known = new Set(taken.attachments.map((each) => each.name));
  const named: Attachment[] = [];
  // An export lists every attachment among the files, too; a pasted text has no name in either.
  const isPasted = asArray(message['attachments']).some((each) => asObject(each)['file_name'] === '');
  for (const file of [...asArray(message['files_v2']), ...asArray(message['files'])]) {
    if (!isObject(file) || (isPasted && file['file_name'] === '')) continue;
    const attachment = fileOf(file, 'file');
    const twin = named.find(
      (each) =>
        (each.reference !== null && each.reference === attachment.reference) ||
        (each.name === attachment.name && (each.reference === null || attachment.reference === null)),
    );
    if (twin !== undefined || (known.has(attachment.name) && attachment.reference === null)) continue;
    named.push(attachment);
  }
  for (const source of asArray(message['sync_sources']).filter(isObject)) {
    const name =
      asText(source['name']) ??
      asText(source['title']) ??
      asText(asObject(source['config'])['title']) ??
      asText(asObject(source['config'])['name']);
    if (name !== null) named.push({ kind: 'file', name: oneLine(name), reference: asText(source['uuid']) });
  }
  for (const each of named)
    if (each.kind === 'image') taken.parts.push({ kind: 'words', text: fileWords(each), glued: false });
  taken.attachments.push(...named);

  for (const pasted of asArray(message['attachments'])) {
    if (!isObject(pasted)) continue;
    const given = asText(pasted['file_name']) ?? asText(pasted['name']);
    const name = given === null ? 'Pasted text' : oneLine(given);
    if (given === null || !taken.attachments.some((each) => each.name === name))
      taken.attachments.push({ kind: 'file', name, reference: asText(pasted['id']) ?? asText(pasted['file_uuid']) });
    const content = asText(pasted['extracted_content']);
    if (content !== null) {
      const note =
        content.length > PASTED_LIMIT
          ? `\n\n[The first ${PASTED_LIMIT} of ${content.length} characters of ${name}]`
          : '';
      taken.parts.push({
        kind: 'words',
        text: `**${name.replace(/\*/g, '')}**\n\n${fence(content.slice(0, PASTED_LIMIT).replace(/^\n+|\s+$/g, ''), languageOfName(name))}${note}`,
        glued: false,
      });
    }
  }
  // A message of nothing but files still says which.
  if (taken.parts.length === 0)
    for (const each of taken.attachments) taken.parts.push({ kind: 'words', text: fileWords(each), glued: false });
}

function fileOf(file: JsonObject, otherwise: 'image' | 'file'): Attachment {
  const kind = asText(file['file_kind']) ?? asText(file['mime_type']) ?? asText(file['file_type']) ?? '';
  const name =
    asText(file['file_name']) ??
    asText(file['name']) ??
    asText(file['title']) ??
    baseName(asText(file['file_path'])) ??
    (otherwise === 'image' ? 'image' : 'file');
  return {
    kind:
      /^image/.test(kind) || (kind === '' && /\.(?:png|jpe?g|gif|webp|heic|avif|bmp)$/i.test(name))
        ? 'image'
        : /^audio/.test(kind)
          ? 'audio'
          : otherwise,
    name: oneLine(name),
    reference:
      asText(file['file_uuid']) ??
      asText(file['uuid']) ??
      asText(file['file_path']) ??
      asText(asObject(file['source'])['url']),
  };
}

/** How a file stands in the Markdown: its name, and nothing that fetches when it is shown. */
export function fileWords(file: Attachment): string {
  const what = file.kind === 'image' ? 'Image' : file.kind === 'audio' ? 'Audio' : 'File';
  return file.name === '' || file.name === 'image' ? `[${what}]` : `[${what}: ${file.name}]`;
}

/** Makes the message's changes to artifacts. A change that cannot be made is kept with what could not be read. */
export function replayParts(
  taken: MessageParts,
  shelf: Shelf,
  lasts: Map<string, ArtifactPart>,
  warnings: ReadWarning[],
): void {
  for (const part of taken.parts) {
    if (part.kind === 'artifact' && !replay(part, shelf, lasts, warnings, taken.id))
      taken.unknown.push({ artifact: part.key, ...part.change });
  }
}

/** The message's Markdown, after the changes of the whole branch are made. */
export function render(taken: MessageParts): string {
  let markdown = '';
  const add = (text: string, glued: boolean): void => {
    const piece = glued ? text : text.replace(/^\s*\n/, '');
    if (markdown === '') markdown = piece.trim() === '' ? '' : piece;
    else if (glued) markdown += piece;
    else if (piece.trim() !== '') markdown = `${markdown.trimEnd()}\n\n${piece}`;
  };
  const standing = new Set<string>();
  for (const part of taken.parts) if (part.kind === 'artifact' && part.last) standing.add(part.key);
  for (const part of taken.parts) {
    if (part.kind === 'words') add(part.text, part.glued);
    else if (part.last && part.result !== null) add(showArtifact(part.result), false);
    else if (!standing.has(part.key)) {
      standing.add(part.key);
      add(artifactWords(part.name), false);
    }
  }
  return markdown.trim();
}

/** A block to keep, whole unless it is out of all measure. */
function asItCame(block: unknown, type: string): unknown {
  if (typeof block !== 'object') return block;
  const json = jsonOf(block);
  return json.length <= UNKNOWN_LIMIT && json !== '' ? block : { type, cut: json.slice(0, UNKNOWN_LIMIT) };
}

/** As JSON; empty where it is nested so deep that no stack holds it. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}

function compact(value: JsonObject, limit: number): unknown {
  const text = jsonOf(value);
  if (text !== '' && text.length <= limit) return value;
  const short: JsonObject = {};
  for (const [key, each] of Object.entries(value).slice(0, 20))
    short[key] = cut(typeof each === 'string' ? each : jsonOf(each), Math.floor(limit / 2));
  return short;
}

function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}…`;
}

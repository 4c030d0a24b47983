/** One message record of the site's JSON: what of it a person sees, as Markdown. */
import { asArray, asId, asObject, asText, asTime, isObject, tryParse, type JsonObject } from '../../json';
import type { Attachment, ReadWarning, Role } from '../../types';
import { dollarMath } from '../../markdown';
import { resolveReferences, stripMarkers, type Citation } from './references';

/** A record, read. */
export interface ReadRecord {
  id: string;
  role: Role;
  /** `visible`: shown in the transcript. `aside`: part of the turn but not shown (a tool's work); kept as `tool`. */
  shown: 'visible' | 'aside' | 'hidden';
  author: string | null;
  model: string | null;
  created_at: string | null;
  markdown: string;
  attachments: Attachment[];
  citations: Citation[];
  /** A tool call or its output, cut to a sane size. */
  tool: JsonObject | null;
  metadata: JsonObject;
  status: string | null;
  endTurn: boolean | null;
  channel: string | null;
  /** What the record is, whether shown or not: decides whether the branch's head is an answer. */
  isAnswer: boolean;
  /** The answer was cut at the token limit: the next part goes on in the middle of a sentence. */
  cutShort: boolean;
  /** White space that stood before and after what is in `markdown`: between the parts of such an answer it counts. */
  around: [before: string, after: string];
  parentId: string | null;
}

/** Content that the page never shows, or only behind "thought for 12s". */
const INNER_CONTENT = new Set(['thoughts', 'reasoning_recap', 'user_editable_context', 'model_editable_context']);

/** Tool content that is never part of the transcript. */
const TOOL_CONTENT = new Set([
  'tether_browsing_display',
  'tether_browsing_code',
  'tether_quote',
  'system_error',
  'computer_initialize_state',
  'computer_output',
  'citable_code_output',
  'sonic_webpage',
  'super_widget',
  'app_pairing_content',
]);

/** Characters of a tool's input or output that are kept. */
const TOOL_TEXT_LIMIT = 8_000;

const ROLES: Record<string, Role> = {
  user: 'user',
  human: 'user',
  you: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  bot: 'assistant',
  model: 'assistant',
  gpt: 'assistant',
  chatgpt: 'assistant',
  system: 'system',
  developer: 'system',
  tool: 'tool',
  function: 'tool',
  critic: 'tool',
};

/** The state that a later record needs of an earlier one: the canvas documents of the branch, by id. */
export interface Reading {
  canvas: Map<string, { name: string; type: string; content: string }>;
  lastCanvas: string | null;
  warnings: ReadWarning[];
}

export function newReading(warnings: ReadWarning[]): Reading {
  return { canvas: new Map(), lastCanvas: null, warnings };
}

export function roleOf(message: JsonObject): Role | null {
  const author = message['author'];
  const said =
    (isObject(author) ? asText(author['role']) : asText(author)) ??
    asText(message['role']) ??
    asText(message['sender']) ??
    asText(message['from']);
  return said === null ? null : (ROLES[said.toLowerCase()] ?? null);
}

/** Reads one record. `id` is used where the record has none of its own. */
export function readRecord(message: JsonObject, id: string, reading: Reading): ReadRecord {
  const author = asObject(message['author']);
  const metadata = asObject(message['metadata']);
  const given = roleOf(message);
  const role: Role = given ?? 'system';
  const ownId = asId(message['id']) ?? id;
  const content = contentOf(message);
  const type = asText(content['content_type']) ?? '';
  const recipient = asText(message['recipient']) ?? 'all';
  const finish = asObject(metadata['finish_details']);
  const said = asText(message['status']);
  // In 2023 an answer that its reader stopped went on saying that it was being written.
  const status = said === 'in_progress' && finish['type'] === 'interrupted' ? 'finished_partial_completion' : said;
  const channel = asText(message['channel']);

  const record: ReadRecord = {
    id: ownId,
    role,
    shown: 'hidden',
    author: role === 'tool' || role === 'assistant' ? asText(author['name']) : null,
    model:
      role === 'assistant'
        ? (asText(metadata['model_slug']) ?? asText(metadata['resolved_model_slug']) ?? asText(message['model']))
        : null,
    created_at:
      asTime(message['create_time']) ??
      asTime(message['created_at']) ??
      asTime(message['timestamp']) ??
      asTime(message['date']),
    markdown: '',
    attachments: [],
    citations: [],
    tool: null,
    metadata: {},
    status,
    endTurn: typeof message['end_turn'] === 'boolean' ? message['end_turn'] : null,
    channel,
    isAnswer: false,
    cutShort: finish['type'] === 'max_tokens',
    around: ['', ''],
    parentId: asId(metadata['parent_id']) ?? asId(message['parent_id']) ?? asId(message['parent']),
  };
  if (given === null) {
    reading.warnings.push({
      code: 'unknown_role',
      message: `The message is by nobody known (${describe(message['author'] ?? message['role'])}); it is left out.`,
      where: ownId,
    });
    return record;
  }

  const hidden =
    metadata['is_visually_hidden_from_conversation'] === true ||
    metadata['is_user_system_message'] === true ||
    role === 'system' ||
    isPreamble(message) ||
    INNER_CONTENT.has(type) ||
    isInner(channel);

  const report = reportOf(metadata);
  if (report !== null) {
    // The text of a Deep Research answer is in the widget's state, not in the message that carries the widget.
    const resolved = resolveReferences(dollarMath(report.text), report.metadata);
    return {
      ...record,
      role: 'assistant',
      author: null,
      shown: 'visible',
      isAnswer: true,
      markdown: resolved.text.trim(),
      citations: resolved.citations,
      metadata: { deep_research: true },
    };
  }
  if (hidden) {
    // The turn of an answer of pictures alone ends with an empty message that the page does not show.
    record.isAnswer = role === 'assistant' && type === 'text' && recipient === 'all' && !isInner(channel);
    return record;
  }

  if (role === 'tool') return readTool(record, content, type, message, reading);
  if (role === 'assistant' && recipient !== 'all') {
    const canvas = readCanvas(recipient, textOf(content), reading);
    if (canvas !== null) return { ...record, shown: 'visible', markdown: canvas, metadata: { canvas: true } };
    if (isKnown(type) || textOf(content) === '') {
      record.shown = 'aside';
      // Code the answer ran can be opened on the page; other calls are the site's own affair.
      record.tool = {
        to: recipient,
        content_type: type,
        ...(recipient === 'python' ? { text: cut(textOf(content)) } : {}),
      };
      return record;
    }
  }

  const body = readContent(content, type, metadata, role, ownId, reading);
  record.markdown = body.markdown.trim();
  record.around = [/^\s*/.exec(body.markdown)?.[0] ?? '', /\s*$/.exec(body.markdown)?.[0] ?? ''];
  record.attachments = body.attachments;
  record.citations = body.citations;
  record.metadata = body.metadata;
  record.isAnswer = role === 'assistant';
  record.shown =
    record.markdown !== '' || body.attachments.length > 0 || body.metadata['unread'] !== undefined
      ? 'visible'
      : 'hidden';
  // A record that is empty because it is only now being written must still count as the branch's head.
  if (record.shown === 'hidden' && role === 'assistant' && status === 'in_progress') record.shown = 'aside';
  return record;
}

/** What was said on the way to an answer, which the page folds into its thoughts as soon as that is there. */
export function isPreamble(message: JsonObject): boolean {
  return asObject(message['metadata'])['is_thinking_preamble_message'] === true;
}

/** Channels of what is said to oneself. */
function isInner(channel: string | null): boolean {
  return channel === 'analysis' || channel === 'justify';
}

function contentOf(message: JsonObject): JsonObject {
  const content = message['content'];
  if (isObject(content)) return content;
  if (typeof content === 'string') return { content_type: 'text', parts: [content] };
  if (Array.isArray(content)) return { content_type: 'multimodal_text', parts: content };
  const text =
    asText(message['text']) ?? asText(message['markdown']) ?? asText(message['body']) ?? asText(message['value']);
  return text === null ? {} : { content_type: 'text', parts: [text] };
}

function isKnown(type: string): boolean {
  return (
    ['', 'text', 'code', 'execution_output', 'multimodal_text'].includes(type) ||
    INNER_CONTENT.has(type) ||
    TOOL_CONTENT.has(type)
  );
}

interface Body {
  markdown: string;
  attachments: Attachment[];
  citations: Citation[];
  metadata: JsonObject;
}

function readContent(
  content: JsonObject,
  type: string,
  metadata: JsonObject,
  role: Role,
  id: string,
  reading: Reading,
): Body {
  const body: Body = { markdown: '', attachments: attachmentsOf(metadata), citations: [], metadata: {} };
  let text: string;
  switch (type) {
    case '':
    case 'text':
    case 'multimodal_text': {
      text = readParts(content, body);
      const [unread] = asArray(body.metadata['unread']);
      if (unread === undefined) break;
      const kind = asText(asObject(unread)['content_type']) ?? 'a part without a type';
      reading.warnings.push({
        code: 'unknown_content_type',
        message: `Content type "${kind}" is not known; it is kept in the metadata as it came.`,
        where: id,
      });
      if (text === '') text = `[Unread content: ${kind}]`;
      break;
    }
    case 'code':
      text = fence(textOf(content), asText(content['language']));
      break;
    case 'execution_output':
      text = fence(textOf(content), null);
      break;
    default: {
      text = readParts(content, body);
      if (text === '')
        text =
          asText(content['text']) ??
          asText(content['content']) ??
          asText(content['result']) ??
          asText(content['summary']) ??
          '';
      reading.warnings.push({
        code: 'unknown_content_type',
        message: `Content type "${type}" is not known; ${text === '' ? 'it is kept in the metadata as it came' : 'its text is kept as it came'}.`,
        where: id,
      });
      if (text === '') {
        body.metadata['unread'] = content;
        text = `[Unread content: ${type}]`;
      }
    }
  }
  if (role === 'user') {
    // What a person typed is shown as typed.
    body.markdown = stripMarkers(text);
  } else {
    // before links are put in: their titles have escaped brackets that look like math
    const resolved = resolveReferences(dollarMath(text), metadata);
    body.markdown = unwrapWritingBlocks(resolved.text);
    body.citations = resolved.citations;
    for (const [, label, path] of body.markdown.matchAll(/\[([^\]]*)\]\(sandbox:([^)\s]+)\)/g)) {
      body.attachments.push({
        kind: 'file',
        name: path?.split('/').pop() ?? label ?? 'file',
        reference: `sandbox:${path ?? ''}`,
      });
    }
  }
  body.attachments = distinct(body.attachments);
  return body;
}

/** The parts in order; images and sounds become placeholders that fetch nothing when the Markdown is shown. */
function readParts(content: JsonObject, body: Body): string {
  const parts = Array.isArray(content['parts'])
    ? content['parts']
    : asText(content['text']) === null
      ? []
      : [content['text']];
  const texts: string[] = [];
  for (const part of parts) {
    if (typeof part === 'string') {
      if (part.trim() !== '') texts.push(part);
      continue;
    }
    const piece = asObject(part);
    const type = asText(piece['content_type']) ?? asText(piece['type']) ?? '';
    const pointer = asText(piece['asset_pointer']);
    if (type === 'audio_transcription') {
      const said = asText(piece['text']);
      if (said !== null) texts.push(said);
    } else if (/audio|video/.test(type)) {
      const sound = pointer ?? asText(asObject(piece['audio_asset_pointer'])['asset_pointer']);
      body.attachments.push({ kind: 'audio', name: 'audio', reference: sound });
    } else if (pointer !== null || /^image/.test(type)) {
      const reference =
        pointer ?? asText(asObject(piece['image_url'])['url']) ?? asText(piece['image_url']) ?? asText(piece['url']);
      const name = imageName(piece, reference, body.attachments);
      body.attachments.push({ kind: 'image', name, reference });
      texts.push(imageWords(name));
    } else {
      const said = asText(piece['text']) ?? asText(piece['content']) ?? asText(piece['summary']);
      if (said !== null) texts.push(said);
      else if (Object.keys(piece).length > 0) body.metadata['unread'] = [...asArray(body.metadata['unread']), piece];
    }
  }
  return texts.join('\n\n');
}

/** How an image stands in the Markdown: its name, and nothing that fetches when it is shown. */
export function imageWords(name: string): string {
  return name === '' || name === 'image' ? '[Image]' : `[Image: ${name}]`;
}

function imageName(piece: JsonObject, reference: string | null, named: Attachment[]): string {
  const fileId = reference?.replace(/^[a-z-]+:\/\//, '').replace(/[?#].*$/, '') ?? '';
  const upload = named.find(
    (each) =>
      each.reference !== null && fileId !== '' && (each.reference.includes(fileId) || fileId.includes(each.reference)),
  );
  if (upload !== undefined) return upload.name;
  const metadata = asObject(piece['metadata']);
  const title =
    asText(asObject(metadata['dalle'])['prompt']) ??
    asText(metadata['title']) ??
    asText(asObject(metadata['generation'])['prompt']) ??
    asText(piece['alt']);
  return title === null ? 'image' : title.replace(/\s+/g, ' ').trim().slice(0, 300).replace(/[[\]]/g, '');
}

function attachmentsOf(metadata: JsonObject): Attachment[] {
  return asArray(metadata['attachments'])
    .filter(isObject)
    .map((file) => {
      const mime = asText(file['mime_type']) ?? asText(file['mimeType']) ?? '';
      return {
        kind: mime.startsWith('image/')
          ? ('image' as const)
          : mime.startsWith('audio/')
            ? ('audio' as const)
            : ('file' as const),
        name: asText(file['name']) ?? 'file',
        reference: asText(file['file_id']) ?? asText(file['id']),
      };
    });
}

/** An uploaded image is named in `attachments` and again as a part: one entry, the part's pointer. */
function distinct(attachments: Attachment[]): Attachment[] {
  const kept: Attachment[] = [];
  for (const each of attachments) {
    const twin = kept.findIndex(
      (other) =>
        (other.reference === each.reference && each.reference !== null) ||
        (other.name === each.name && each.name !== 'image' && each.kind === 'image' && other.kind !== 'audio'),
    );
    if (twin < 0) kept.push(each);
    else kept[twin] = { ...each, name: kept[twin]?.name ?? each.name };
  }
  return kept;
}

/** A tool's record: pictures it made are part of the answer; the rest is kept aside. */
function readTool(
  record: ReadRecord,
  content: JsonObject,
  type: string,
  message: JsonObject,
  reading: Reading,
): ReadRecord {
  const metadata = asObject(message['metadata']);
  const body: Body = { markdown: '', attachments: [], citations: [], metadata: {} };
  if (type === 'multimodal_text') {
    readParts({ parts: asArray(content['parts']).filter((part) => typeof part !== 'string') }, body);
  }
  for (const run of asArray(asObject(metadata['aggregate_result'])['messages']).filter(isObject)) {
    if (run['message_type'] === 'image')
      body.attachments.push({ kind: 'image', name: 'chart', reference: asText(run['image_url']) });
  }
  const images = distinct(body.attachments.filter((each) => each.kind === 'image'));
  const text = textOf(content);
  if (text !== '' || type !== 'text') {
    record.tool = {
      from: record.author,
      content_type: type,
      ...(record.author === 'python' ? { text: cut(text) } : {}),
    };
    if (type !== '' && !isKnown(type)) {
      reading.warnings.push({
        code: 'unknown_content_type',
        message: `A tool's content of type "${type}" is not known; it is kept aside.`,
        where: record.id,
      });
    }
  }
  const internal = /^(file_search|myfiles_browser|web|browser|python_internal|container)/.test(record.author ?? '');
  if (images.length === 0 || (internal && type === 'multimodal_text'))
    return { ...record, shown: record.tool === null ? 'hidden' : 'aside' };
  return {
    ...record,
    role: 'assistant',
    author: null,
    shown: 'visible',
    isAnswer: true,
    attachments: images,
    markdown: images.map((image) => imageWords(image.name)).join('\n\n'),
  };
}

/**
 * A canvas document, as the answer's turn shows it: whole when it is made, and whole again after each change.
 * Null when the call is not one that writes a canvas.
 */
function readCanvas(recipient: string, text: string, reading: Reading): string | null {
  if (!/^canmore\./.test(recipient) || text === '') return null;
  const parsed = tryParse(text);
  if (!('value' in parsed) || !isObject(parsed.value)) return null;
  const call = parsed.value;
  if (recipient.endsWith('create_textdoc')) {
    const content = asText(call['content']);
    if (content === null) return null;
    const doc = { name: asText(call['name']) ?? 'Canvas', type: asText(call['type']) ?? 'document', content };
    reading.lastCanvas = doc.name;
    reading.canvas.set(doc.name, doc);
    return showCanvas(doc);
  }
  const last = reading.lastCanvas === null ? undefined : reading.canvas.get(reading.lastCanvas);
  if (!recipient.endsWith('update_textdoc') || last === undefined) return null;
  let content = last.content;
  for (const update of asArray(call['updates']).filter(isObject)) {
    const pattern = asText(update['pattern']);
    const replacement = typeof update['replacement'] === 'string' ? update['replacement'] : '';
    if (pattern === null) continue;
    // The site's patterns are Python's; `.*` means the whole document.
    if (pattern === '.*' || pattern === '^.*$') {
      content = replacement;
      continue;
    }
    try {
      content = content.replace(new RegExp(pattern, update['multiple'] === true ? 'gs' : 's'), () => replacement);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      reading.warnings.push({
        code: 'canvas_update_unread',
        message: `A change to the canvas "${last.name}" could not be applied: ${error.message}`,
        where: recipient,
      });
    }
  }
  const doc = { ...last, content };
  reading.canvas.set(doc.name, doc);
  return showCanvas(doc);
}

function showCanvas(doc: { name: string; type: string; content: string }): string {
  const language = doc.type.startsWith('code/') ? doc.type.slice('code/'.length) : null;
  return `**${doc.name}**\n\n${language === null ? doc.content : fence(doc.content, language)}`;
}

/** The report of a Deep Research answer: `chatgpt_sdk.widget_state` is JSON in a string that holds a message. */
function reportOf(metadata: JsonObject): { text: string; metadata: JsonObject } | null {
  const sdk = asObject(metadata['chatgpt_sdk']);
  let state: unknown = sdk['widget_state'] ?? metadata['widget_state'];
  if (typeof state === 'string') {
    const parsed = tryParse(state);
    state = 'value' in parsed ? parsed.value : null;
  }
  const report = asObject(state)['report_message'];
  if (typeof report === 'string') return report.trim() === '' ? null : { text: report, metadata: {} };
  if (!isObject(report)) return null;
  const text = textOf(contentOf(report));
  return text === '' ? null : { text, metadata: asObject(report['metadata']) };
}

/** Every string of a content, whatever its type. */
function textOf(content: JsonObject): string {
  const parts = asArray(content['parts'])
    .map((part) => (typeof part === 'string' ? part : (asText(asObject(part)['text']) ?? '')))
    .filter((part) => part !== '');
  if (parts.length > 0) return parts.join('\n\n');
  return asText(content['text']) ?? asText(content['content']) ?? asText(content['result']) ?? '';
}

function fence(text: string, language: string | null): string {
  if (text === '') return '';
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language === null || language === 'unknown' ? '' : language}\n${text.replace(/\n$/, '')}\n${ticks}`;
}

/**
 * `:::writing{…} … :::` frames a draft (a mail, a post) that the page shows in a box under its subject or title: the words
 * stay, the frame goes. One that is only begun has no end yet.
 */
function unwrapWritingBlocks(text: string): string {
  if (!text.includes(':::writing')) return text;
  return text.replace(
    /^[ \t]*:::writing(?:\{((?:"[^"\n]*"|[^"}\n])*)\})?[ \t]*\n?([\s\S]*?)(?:\n[ \t]*:::[ \t]*$|(?![\s\S]))/gm,
    (_all, attributes: string | undefined, inner: string) => {
      const name = /(?:subject|title)="([^"]*)"/.exec(attributes ?? '')?.[1];
      return name === undefined || name === '' ? inner : `**${name}**\n\n${inner}`;
    },
  );
}

function cut(text: string): string {
  return text.length <= TOOL_TEXT_LIMIT ? text : `${text.slice(0, TOOL_TEXT_LIMIT)}…`;
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 80);
}

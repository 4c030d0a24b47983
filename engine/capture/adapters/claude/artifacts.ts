/**
 * Artifacts and files that an answer makes: they are created in one message and changed in later ones, a piece at a
 * time. The changes are replayed along a branch, and each artifact stands once, as it is in the end, in the message
 * where it was last changed. Where it was made or changed before, a line names it.
 */
import { asObject, asText, tryParse, type JsonObject } from '../../json';
import type { ReadWarning } from '../../types';

export interface Artifact {
  title: string;
  /** A media type such as `text/html` or `application/vnd.ant.react`; null for a file. */
  type: string | null;
  language: string | null;
  content: string;
}

/** What one call or tag does to an artifact. */
export type Change =
  | { kind: 'write'; title: string | null; type: string | null; language: string | null; content: string | null }
  | { kind: 'replace'; title: string | null; from: string; to: string }
  | { kind: 'insert'; line: number; text: string };

export interface ArtifactPart {
  kind: 'artifact';
  /** What the artifact is called from call to call: the site's id, or the path of a file. */
  key: string;
  change: Change;
  /** The artifact after the change; null where the change could not be made. */
  result: Artifact | null;
  /** The title it has, for a line that only names it. */
  name: string;
  /** No later change of it on this branch. */
  last: boolean;
}

/** Artifacts by key, as they are after the messages read so far. */
export type Shelf = Map<string, Artifact>;

function part(key: string, change: Change, name: string): ArtifactPart {
  return { kind: 'artifact', key, change, result: null, name, last: false };
}

/** Tools whose output is shown as an artifact although their input is code that is run. */
const RUNS = /bash|shell|repl|analysis|exec|python|javascript|terminal|view|read|search|fetch/i;

/** The change that a tool call makes to an artifact or a file; null when it is another kind of call. */
export function changeIn(block: JsonObject): ArtifactPart | null {
  const tool = (asText(block['name']) ?? '').split(/[:.]/).at(-1) ?? '';
  const input = inputOf(block);
  if (/^(?:create_|update_|rewrite_)?artifacts?$/.test(tool)) return artifactChange(tool, input, block);
  const path = asText(input['path']) ?? asText(input['file_path']) ?? asText(input['filename']);
  const command = asText(input['command']);
  if (
    /^(?:create_file|write_file)$/.test(tool) ||
    (/^str_replace_(?:based_edit_tool|editor)/.test(tool) && command === 'create')
  ) {
    const shown = displayed(block);
    const name = path ?? shown?.filename ?? null;
    const content = string(input['file_text']) ?? string(input['content']) ?? shown?.code ?? null;
    if (name === null && content === null) return null;
    return part(
      `file:${name ?? asText(block['id']) ?? ''}`,
      { kind: 'write', title: baseName(name), type: null, language: shown?.language ?? null, content },
      baseName(name) ?? 'File',
    );
  }
  if (path !== null && (tool === 'str_replace' || tool === 'edit_file' || command === 'str_replace')) {
    const from = string(input['old_str']) ?? string(input['old_string']);
    if (from === null) return null;
    const to = string(input['new_str']) ?? string(input['new_string']) ?? '';
    return part(`file:${path}`, { kind: 'replace', title: null, from, to }, baseName(path) ?? 'File');
  }
  if (path !== null && command === 'insert' && typeof input['insert_line'] === 'number') {
    const text = string(input['insert_text']) ?? string(input['new_str']) ?? '';
    return part(`file:${path}`, { kind: 'insert', line: input['insert_line'], text }, baseName(path) ?? 'File');
  }
  const widget = string(input['widget_code']);
  if (widget !== null) {
    const title = (asText(input['title']) ?? 'Widget').replace(/_/g, ' ');
    const language = /^\s*<svg/i.test(widget) ? 'svg' : 'html';
    return part(
      `widget:${asText(block['id']) ?? title}`,
      { kind: 'write', title, type: null, language, content: widget },
      title,
    );
  }
  const shown = RUNS.test(tool) ? null : displayed(block);
  if (shown !== null && shown.filename !== null) {
    const title = baseName(shown.filename) ?? 'File';
    return part(
      `file:${shown.filename}`,
      { kind: 'write', title, type: null, language: shown.language, content: shown.code },
      title,
    );
  }
  return null;
}

function artifactChange(tool: string, input: JsonObject, block: JsonObject): ArtifactPart {
  const title = asText(input['title']);
  const key =
    asText(input['id']) ??
    asText(input['identifier']) ??
    asText(input['artifact_id']) ??
    title ??
    asText(block['id']) ??
    '';
  const command = asText(input['command']) ?? tool.split('_')[0] ?? 'create';
  const name = title ?? 'Untitled';
  const from = string(input['old_str']);
  if (command === 'update' && from !== null)
    return part(key, { kind: 'replace', title, from, to: string(input['new_str']) ?? '' }, name);
  return part(
    key,
    {
      kind: 'write',
      title,
      type: asText(input['type']),
      language: asText(input['language']),
      content: string(input['content']) ?? displayed(block)?.code ?? null,
    },
    name,
  );
}

/** What the page shows of a call, where it is code: `code_block`, or `json_block` with the same as JSON in a string. */
function displayed(block: JsonObject): { code: string; language: string | null; filename: string | null } | null {
  const shown = asObject(block['display_content']);
  let said = shown;
  if (shown['type'] === 'json_block') {
    const parsed = tryParse(asText(shown['json_block']) ?? '');
    said = 'value' in parsed ? asObject(parsed.value) : {};
  } else if (shown['type'] !== 'code_block') return null;
  const code = string(said['code']) ?? string(said['content']);
  if (code === null) return null;
  return { code, language: asText(said['language']), filename: asText(said['filename']) ?? asText(said['file_name']) };
}

/** The input of a call; some bodies give it as JSON in a string. */
export function inputOf(block: JsonObject): JsonObject {
  const input = block['input'];
  if (typeof input !== 'string') return asObject(input);
  const parsed = tryParse(input);
  return 'value' in parsed ? asObject(parsed.value) : {};
}

function string(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function baseName(path: string | null): string | null {
  const name =
    path
      ?.replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '';
  return name === '' ? null : name;
}

const OPEN = /<antArtifact((?:\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*\/?>/g;
const CLOSE = '</antArtifact>';

/** Until 2025 artifacts stood in the text, in tags; what of a text is an artifact and what is words, in order. */
export function splitTags(text: string): Array<string | ArtifactPart> {
  if (!text.includes('<antArtifact')) return [text];
  const pieces: Array<string | ArtifactPart> = [];
  const fences = fencedRanges(text);
  let at = 0;
  OPEN.lastIndex = 0;
  for (let tag = OPEN.exec(text); tag !== null; tag = OPEN.exec(text)) {
    const start = tag.index;
    // A tag inside a code block before any artifact is being talked about, not used.
    if (fences.some(([from, to]) => from >= at && from < start && start < to)) continue;
    const attributes = attributesOf(tag[1] ?? '');
    const bodyAt = start + tag[0].length;
    const end = tag[0].endsWith('/>') ? bodyAt : text.indexOf(CLOSE, bodyAt);
    const content = text.slice(bodyAt, end < 0 ? undefined : end).replace(/^\r?\n|\r?\n$/g, '');
    const title = attributes.get('title') ?? null;
    const key = attributes.get('identifier') ?? attributes.get('id') ?? title ?? '';
    pieces.push(
      text.slice(at, start),
      part(
        key,
        {
          kind: 'write',
          title,
          type: attributes.get('type') ?? null,
          language: attributes.get('language') ?? null,
          content: tag[0].endsWith('/>') ? null : content,
        },
        title ?? 'Untitled',
      ),
    );
    at = end < 0 ? text.length : text.startsWith(CLOSE, end) ? end + CLOSE.length : end;
    OPEN.lastIndex = at;
  }
  pieces.push(text.slice(at));
  return pieces;
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(/([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g))
    found.set(
      (name ?? '').toLowerCase(),
      (double ?? single ?? '')
        .replace(/&quot;/g, '"')
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&'),
    );
  return found;
}

/** Where fenced code begins and ends, as offsets. */
export function fencedRanges(text: string): Array<[number, number]> {
  const ranges: Array<[number, number]> = [];
  let open: { at: number; mark: string } | null = null;
  for (const line of text.matchAll(/^[ \t]*(`{3,}|~{3,})([^\n]*)$/gm)) {
    const mark = line[1] ?? '';
    if (open === null) open = { at: line.index, mark };
    else if (mark.startsWith(open.mark) && (line[2] ?? '').trim() === '') {
      ranges.push([open.at, line.index + line[0].length]);
      open = null;
    }
  }
  if (open !== null) ranges.push([open.at, text.length]);
  return ranges;
}

/**
 * Makes a change. `shelf` is changed; the part gets its result and is marked as the last of its artifact, which
 * `lasts` remembers. A change that cannot be made leaves the artifact as it was, with a warning.
 * @returns false where it could not be made.
 */
export function replay(
  each: ArtifactPart,
  shelf: Shelf,
  lasts: Map<string, ArtifactPart>,
  warnings: ReadWarning[],
  where: string,
): boolean {
  const before = shelf.get(each.key);
  const made = apply(each.change, before, each.name);
  if (typeof made === 'string') {
    each.name = before?.title ?? each.name;
    warnings.push({
      code: 'artifact_change_unread',
      message: `A change to "${each.name}" could not be made: ${made}`,
      where,
    });
    return false;
  }
  each.name = made?.title ?? before?.title ?? each.name;
  if (made === null) return true;
  each.result = made;
  shelf.set(each.key, made);
  const last = lasts.get(each.key);
  if (last !== undefined) last.last = false;
  each.last = true;
  lasts.set(each.key, each);
  return true;
}

/** The artifact after the change; what is wrong, in words; null where nothing is known but the name. */
function apply(change: Change, before: Artifact | undefined, name: string): Artifact | string | null {
  if (change.kind === 'write') {
    if (change.content === null) return null;
    return {
      title: change.title ?? before?.title ?? name,
      type: change.type ?? before?.type ?? null,
      language: change.language ?? before?.language ?? null,
      content: change.content,
    };
  }
  if (before === undefined) return 'what it changes is not here.';
  if (change.kind === 'insert') {
    const lines = before.content.split('\n');
    lines.splice(Math.max(0, Math.min(lines.length, change.line)), 0, change.text.replace(/\n$/, ''));
    return { ...before, content: lines.join('\n') };
  }
  const at = change.from === '' ? -1 : before.content.indexOf(change.from);
  if (at < 0) return 'the text that it replaces is not there.';
  return {
    ...before,
    title: change.title ?? before.title,
    content: before.content.slice(0, at) + change.to + before.content.slice(at + change.from.length),
  };
}

/** An artifact under its title: a document as the Markdown it is, everything else as a code block. */
export function showArtifact(artifact: Artifact): string {
  const title = `**${oneLine(artifact.title).replace(/\*/g, '')}**`;
  const content = artifact.content.replace(/^\n+|\s+$/g, '');
  if (content === '') return title;
  const language = languageOf(artifact);
  return `${title}\n\n${language === 'markdown' ? content : fence(content, language)}`;
}

/** How an artifact stands where only its name does. */
export function artifactWords(name: string): string {
  return `[Artifact: ${oneLine(name)}]`;
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[[\]]/g, '').trim().slice(0, 300);
}

const LANGUAGE_OF_TYPE: Record<string, string> = {
  'text/markdown': 'markdown',
  'text/html': 'html',
  'text/css': 'css',
  'text/csv': 'csv',
  'text/javascript': 'javascript',
  'application/javascript': 'javascript',
  'application/json': 'json',
  'image/svg+xml': 'svg',
  'application/vnd.ant.mermaid': 'mermaid',
  'application/vnd.ant.react': 'jsx',
};

const LANGUAGE_OF_EXTENSION: Record<string, string> = {
  md: 'markdown',
  markdown: 'markdown',
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  cjs: 'javascript',
  ts: 'typescript',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  yml: 'yaml',
  cs: 'csharp',
  kt: 'kotlin',
  h: 'c',
  cc: 'cpp',
  hpp: 'cpp',
  htm: 'html',
  mmd: 'mermaid',
  txt: '',
  log: '',
};

/** Extensions that are the language's own name. */
const SAME_NAME =
  /^(?:jsx|tsx|html|css|scss|json|sql|go|java|c|cpp|swift|php|r|svg|mermaid|csv|xml|toml|yaml|ini|lua|vue|svelte|tex|diff|proto|graphql)$/;

export function languageOfName(name: string): string {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return LANGUAGE_OF_EXTENSION[extension] ?? (SAME_NAME.test(extension) ? extension : '');
}

function languageOf(artifact: Artifact): string {
  const type = artifact.type?.toLowerCase().split(';')[0]?.trim() ?? '';
  const known = LANGUAGE_OF_TYPE[type];
  if (known !== undefined) return known;
  const said = artifact.language?.toLowerCase() ?? '';
  if (/^(?:md|markdown)$/.test(said)) return 'markdown';
  return /^[a-z0-9][a-z0-9+#._-]{0,24}$/.test(said) ? said : languageOfName(artifact.title);
}

/** Fenced with more ticks than the text has. */
export function fence(text: string, language: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${language}\n${text.replace(/\n$/, '')}\n${ticks}`;
}

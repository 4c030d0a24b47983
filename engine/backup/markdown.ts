/** A document as a Markdown file that a person reads and any notes program opens. Pure. */

/** The fields of a record that stand in the text. */
export interface DocumentFacts {
  id: string;
  kind: string;
  source: string;
  url: string | null;
  title: string | null;
  author: string | null;
  language: string | null;
  note: string | null;
  created_at: string | null;
  updated_at: string | null;
  captured_at: string;
  happened_at: string;
  complete: boolean;
}

export interface MessageFacts {
  role: string;
  author: string | null;
  model: string | null;
  created_at: string | null;
  on_active_branch: boolean;
  finished: boolean;
  markdown: string;
  attachments: unknown[];
  metadata: Record<string, unknown>;
}

const NAME_CHARACTERS = 60;

/**
 * A path that every file system takes and that stays when the document is exported again: by day, title and the end of
 * the id. Nothing of it can climb out of its folder.
 */
export function fileName(
  document: Pick<DocumentFacts, 'id' | 'source' | 'title' | 'happened_at'>,
  idDigits = 12,
): string {
  const day = /^\d{4}-\d\d-\d\d/.exec(document.happened_at)?.[0] ?? 'undated';
  const title = plain(document.title ?? '', NAME_CHARACTERS);
  const id = document.id.replaceAll('-', '').slice(-idDigits);
  return `documents/${plain(document.source, 30) || 'other'}/${[day, title, id].filter(Boolean).join(' ')}.md`;
}

/** Letters, digits and single spaces, cut between characters. */
function plain(text: string, most: number): string {
  const words = text
    .normalize('NFC')
    .replace(/[^\p{Letter}\p{Mark}\p{Number}._-]+/gu, ' ')
    .replace(/[. ]{2,}/gu, ' ');
  // 120 bytes at most: with day and id it stays below the 255 that file systems allow
  let cut = '';
  for (const character of [...words].slice(0, most)) {
    if (new TextEncoder().encode(cut + character).length > 120) break;
    cut += character;
  }
  return cut.replace(/^[. _-]+|[. _-]+$/gu, '');
}

/** Front matter in YAML (JSON strings are YAML strings) and the title. */
export function markdownHead(document: DocumentFacts): string {
  const facts: Array<[string, string | boolean | null]> = [
    ['title', document.title],
    ['id', document.id],
    ['kind', document.kind],
    ['source', document.source],
    ['url', document.url],
    ['author', document.author],
    ['language', document.language],
    ['created', document.created_at],
    ['updated', document.updated_at],
    ['captured', document.captured_at],
    ['complete', document.complete],
  ];
  const lines = facts.flatMap(([key, value]) => (value === null ? [] : [`${key}: ${yaml(value)}`]));
  const note = document.note === null ? '' : `\n${quoted(document.note)}\n`;
  const title = document.title === null ? '' : `\n# ${oneLine(document.title)}\n`;
  return `---\n${lines.join('\n')}\n---\n${title}${note}`;
}

/** One message; a page is only its text. */
export function markdownMessage(message: MessageFacts, kind: string): string {
  const { markdown, metadata, attachments } = message;
  const thinking = typeof metadata.thinking === 'string' ? `\n${quoted(`Thinking: ${metadata.thinking}`)}\n` : '';
  const files = attachments.map((one) => `- ${attachmentLine(one)}\n`).join('');
  const body = `${thinking}${markdown === '' ? '' : `\n${markdown}\n`}${files === '' ? '' : `\n${files}`}`;
  return kind === 'conversation' ? `\n## ${markdownSpeaker(message)}\n${body}` : body;
}

export function markdownSpeaker({ role, author, model, created_at, on_active_branch, finished }: MessageFacts): string {
  const who = author ?? (role === 'user' ? 'You' : role === 'assistant' ? 'Assistant' : role);
  return [
    model === null ? oneLine(who) : `${oneLine(who)} (${oneLine(model)})`,
    created_at === null ? null : `${created_at.slice(0, 16).replace('T', ' ')} UTC`,
    on_active_branch ? null : 'replaced',
    finished ? null : 'unfinished',
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

function attachmentLine(value: unknown): string {
  const { kind, name } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return `${typeof kind === 'string' ? kind : 'file'}: ${typeof name === 'string' ? oneLine(name) : ''}`;
}

function yaml(value: string | boolean): string {
  return typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}

const oneLine = (text: string) => text.replace(/\s+/gu, ' ').trim();
const quoted = (text: string) => text.replace(/^/gmu, '> ');

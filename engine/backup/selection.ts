/** Some documents as one file for reading: Markdown, JSON, or HTML in which nothing is alive. */
import type { ExportSelection } from '../api';
import { EngineError } from '../errors';
import type { Queryable } from '../store';
import { type DocumentFacts, markdownHead, markdownMessage, markdownSpeaker, type MessageFacts } from './markdown';
import { documentsAfter, messagesOf } from './rows';

export type SelectionForm = 'markdown' | 'json' | 'html';

export interface SelectionOptions {
  signal?: AbortSignal;
  pause?: () => Promise<void>;
  progress?: (done: number, total: number) => void;
}

/** The documents of `selection`, by id, piece by piece. The same data gives the same bytes. */
export async function* exportSelection(
  db: Queryable,
  selection: ExportSelection,
  form: SelectionForm,
  { signal, pause = async () => {}, progress }: SelectionOptions = {},
): AsyncGenerator<Uint8Array> {
  const only = condition(selection);
  const [{ total } = { total: 0 }] = await db.query<{ total: number }>(
    `select count(*)::int as total from document d where d.forget_id is null and ${only.sql}`,
    only.values,
  );
  const { start, between, end, document, message, close } = FORMS[form];
  yield utf8(start);
  let done = 0;
  for (let after: string | null = null; ;) {
    signal?.throwIfAborted();
    const page: Array<{ id: string; line: string }> = await documentsAfter(db, after, only);
    for (const { id, line } of page) {
      const facts = JSON.parse(line) as DocumentFacts;
      yield utf8(`${done === 0 ? '' : between}${document(facts, line)}`);
      let nth = 0;
      for await (const said of messagesOf(db, id)) {
        signal?.throwIfAborted();
        yield utf8(message(JSON.parse(said) as MessageFacts, facts, said, nth++));
      }
      yield utf8(close);
      progress?.(++done, Math.max(total, done));
      await pause();
    }
    after = page.at(-1)?.id ?? null;
    if (after === null) break;
  }
  yield utf8(end);
}

interface Form {
  start: string;
  between: string;
  end: string;
  document: (facts: DocumentFacts, line: string) => string;
  message: (said: MessageFacts, facts: DocumentFacts, line: string, nth: number) => string;
  close: string;
}

const FORMS: Record<SelectionForm, Form> = {
  markdown: {
    start: '',
    between: '\n',
    end: '',
    document: (facts) => markdownHead(facts),
    message: (said, facts) => markdownMessage(said, facts.kind),
    close: '',
  },
  json: {
    start: '{"documents":[',
    between: ',',
    end: '\n]}\n',
    document: (_facts, line) => `\n${line.slice(0, -1)},"messages":[`,
    message: (_said, _facts, line, nth) => `${nth === 0 ? '' : ','}\n${line}`,
    close: ']}',
  },
  html: {
    // No script runs here and nothing is loaded, whatever a text says.
    start: `<!doctype html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>Commonplace</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:65ch;margin:2rem auto;padding:0 1rem}
.text{white-space:pre-wrap;overflow-wrap:anywhere}.meta,.replaced{opacity:.7}h2{font-size:1rem;margin-top:2rem}</style>
</head><body>
`,
    between: '<hr>\n',
    end: '</body></html>\n',
    document: (facts) => {
      const { title, source, url, happened_at, note } = facts;
      const where =
        url !== null && /^https?:\/\//iu.test(url)
          ? `<a rel="noreferrer" href="${escaped(url)}">${escaped(url)}</a>`
          : '';
      return `<article><h1>${escaped(title ?? source)}</h1>
<p class="meta">${escaped(source)} · ${escaped(happened_at.slice(0, 10))} ${where}</p>
${note === null ? '' : `<blockquote class="text">${escaped(note)}</blockquote>\n`}`;
    },
    message: (said, { kind }) =>
      `<section${said.on_active_branch ? '' : ' class="replaced"'}>${
        kind === 'conversation' ? `<h2>${escaped(markdownSpeaker(said))}</h2>` : ''
      }<div class="text" dir="auto">${escaped(said.markdown)}</div></section>\n`,
    close: '</article>\n',
  },
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => `&#${character.charCodeAt(0)};`);
}

function condition(selection: ExportSelection): { sql: string; values: unknown[] } {
  const parts: string[] = [];
  const values: unknown[] = [];
  const add = (value: unknown, sql: (place: string) => string) => {
    if (value === undefined) return;
    values.push(value);
    parts.push(sql(`$${values.length}`));
  };
  add(selection.document_ids, (place) => `d.id::text = any(${place}::text[])`);
  add(selection.sources, (place) => `d.source = any(${place}::text[])`);
  add(selection.kinds, (place) => `d.kind = any(${place}::text[])`);
  add(moment(selection.after, 'after'), (place) => `d.happened_at >= ${place}::timestamptz`);
  add(moment(selection.before, 'before'), (place) => `d.happened_at < ${place}::timestamptz`);
  add(
    selection.host?.toLowerCase().replace(/^www\./u, ''),
    (place) =>
      `regexp_replace(substring(lower(d.url) from '^https?://(?:[^/?#@]*@)?([^/:?#]+)'), '^www\\.', '') = ${place}::text`,
  );
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), values };
}

function moment(value: string | undefined, name: string): string | undefined {
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new EngineError('bad_input', `${name} is not a time: ${value}`);
  return new Date(time).toISOString();
}

const utf8 = (text: string) => new TextEncoder().encode(text);

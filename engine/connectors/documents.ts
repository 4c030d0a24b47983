/** Makes documents of what connectors read. */
import { stableHash } from '../capture/files';
import type { CapturedDocument, DocumentSection } from '../capture/types';
import { baseName, type Read, type ReadOptions, type SourceFile } from './port';

/** Characters that are kept of one section; the longest novels have three million. */
const MOST_CHARACTERS = 4_000_000;

export interface DocumentFacts {
  file: SourceFile;
  options: ReadOptions;
  source: string;
  id: string;
  title: string | null;
  sections: DocumentSection[];
  filed_as?: 'page' | 'note';
  url?: string | null;
  author?: string | null;
  language?: string | null;
  created_at?: string | null;
  updated_at?: string | null;
  note?: string | null;
  attachments?: CapturedDocument['attachments'];
  metadata?: Record<string, unknown>;
}

export function document(facts: DocumentFacts): Read {
  const { file, options, source, id, title, sections } = facts;
  const title_ = title?.replace(/\s+/gu, ' ').trim().slice(0, 500);
  return {
    file: file.path,
    item: {
      kind: 'document',
      filed_as: facts.filed_as ?? 'note',
      source,
      id,
      url: facts.url ?? null,
      title: title_ === undefined || title_ === '' ? null : title_,
      author: facts.author ?? null,
      language: facts.language ?? null,
      created_at: facts.created_at ?? null,
      updated_at: facts.updated_at ?? null,
      captured_at: options.now,
      note: facts.note ?? null,
      // A document without a word is found by its title alone.
      sections: sections.length > 0 ? distinct(sections) : [section('text', title_ ?? '')],
      attachments: facts.attachments ?? [],
      metadata: { file: file.path, ...facts.metadata },
    },
  };
}

export function section(
  id: string,
  markdown: string,
  more: Partial<Omit<DocumentSection, 'id' | 'markdown'>> = {},
): DocumentSection {
  const cut = markdown.length > MOST_CHARACTERS;
  return {
    id,
    author: more.author ?? null,
    created_at: more.created_at ?? null,
    markdown: cut ? markdown.slice(0, MOST_CHARACTERS) : markdown,
    metadata: { ...more.metadata, ...(cut ? { truncated: true } : {}) },
  };
}

/** Ids that come twice are told apart by their order. */
function distinct(sections: DocumentSection[]): DocumentSection[] {
  const seen = new Map<string, number>();
  return sections.map((each) => {
    const count = seen.get(each.id) ?? 0;
    seen.set(each.id, count + 1);
    return count === 0 ? each : { ...each, id: `${each.id}~${count + 1}` };
  });
}

/**
 * The id of a file that says none: its name and what is in it, so that another file of the same name is another document
 * and the same file from another folder is the same.
 */
export function fileId(path: string, text: string): string {
  return `${baseName(path)}#${stableHash(text)}`;
}

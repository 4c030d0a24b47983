/** The filters under the field: taken from typing, shown as chips, handed to the engine as hard filters. */
import type { DocumentKind, RecallFilters } from '../engine/api';
import { day, dayStart } from './dates';
import { speaker } from './speaker';
import { sourceName } from './sites';
import { words, type WordKey } from './words';

const KINDS: Record<DocumentKind, WordKey> = {
  conversation: 'kind_conversation',
  page: 'kind_page',
  note: 'kind_note',
};

/** What may be typed for a kind and a speaker; the same words as the engine's own operators. */
const KIND_WORDS: Record<string, DocumentKind> = {
  conversation: 'conversation',
  conversations: 'conversation',
  chat: 'conversation',
  chats: 'conversation',
  page: 'page',
  pages: 'page',
  note: 'note',
  notes: 'note',
};
type Role = NonNullable<RecallFilters['roles']>[number];
const ROLE_WORDS: Record<string, Role> = {
  me: 'user',
  user: 'user',
  assistant: 'assistant',
  ai: 'assistant',
  tool: 'tool',
};

export function kindName(kind: DocumentKind): string {
  return words(KINDS[kind]);
}

export interface Chip {
  id: string;
  label: string;
  /** The filters without this one. */
  without: RecallFilters;
}

/**
 * Takes finished filters (`from:chatgpt ` with the space after it) out of what is typed. What is not understood stays in
 * the text, for the engine to judge.
 */
export function takeFilters(text: string, filters: RecallFilters): { text: string; filters: RecallFilters } {
  let taken = filters;
  const rest = text.replace(
    /(?:^|\s)(from|kind|role|after|before):([^\s:]+)(?=\s)/giu,
    (whole: string, name: string, value: string) => {
      const next = withFilter(taken, name.toLowerCase(), value.toLowerCase());
      if (!next) return whole;
      taken = next;
      return '';
    },
  );
  return taken === filters ? { text, filters } : { text: rest.trimStart(), filters: taken };
}

function withFilter(filters: RecallFilters, name: string, value: string): RecallFilters | null {
  if (name === 'from') return { ...filters, sources: together(filters.sources, value) };
  if (name === 'kind') {
    const kind = KIND_WORDS[value];
    return kind === undefined ? null : { ...filters, kinds: together(filters.kinds, kind) };
  }
  if (name === 'role') {
    const role = ROLE_WORDS[value];
    return role === undefined ? null : { ...filters, roles: together(filters.roles, role) };
  }
  if (name === 'after' || name === 'before') {
    const time = dayStart(value);
    return time === null ? null : { ...filters, [name]: time };
  }
  return null;
}

function together<Value>(values: Value[] | undefined, value: Value): Value[] {
  return values?.includes(value) ? values : [...(values ?? []), value];
}

/** Adds the value when it is absent and takes it away when it is there. */
export function toggle(filters: RecallFilters, which: 'sources' | 'kinds' | 'roles', value: string): RecallFilters {
  const values = filters[which] ?? [];
  const next = values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
  return withoutEmpty({ ...filters, [which]: next });
}

/** Sets or, with null, clears the span of time; the other filters stay. */
export function withTime(filters: RecallFilters, after: string | null, before: string | null): RecallFilters {
  return withoutEmpty({ ...filters, after: after ?? '', before: before ?? '' });
}

function withoutEmpty(filters: RecallFilters): RecallFilters {
  return Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== '' && (!Array.isArray(value) || value.length > 0)),
  );
}

export function isFiltered(filters: RecallFilters): boolean {
  return Object.keys(withoutEmpty(filters)).length > 0;
}

/** One removable chip for each filter, in the order source, kind, speaker, time. */
export function chipsOf(filters: RecallFilters): Chip[] {
  const chips: Chip[] = [];
  for (const source of filters.sources ?? []) {
    chips.push({ id: `source:${source}`, label: sourceName(source), without: toggle(filters, 'sources', source) });
  }
  for (const kind of filters.kinds ?? []) {
    chips.push({ id: `kind:${kind}`, label: kindName(kind), without: toggle(filters, 'kinds', kind) });
  }
  for (const role of filters.roles ?? []) {
    chips.push({ id: `role:${role}`, label: speaker({ role, author: null }), without: toggle(filters, 'roles', role) });
  }
  const { after, before } = filters;
  if (after ?? before) {
    chips.push({ id: 'time', label: spanInWords(after, before), without: withTime(filters, null, null) });
  }
  return chips;
}

/** "since 12 May 2026", "before 12 May 2026", "1 May 2026 to 31 May 2026"; `before` is exclusive. */
export function spanInWords(after: string | undefined, before: string | undefined): string {
  const last = before === undefined ? undefined : new Date(Date.parse(before) - 1).toISOString();
  if (after !== undefined && last !== undefined) {
    const [from, to] = [day(after), day(last)];
    return from === to ? from : words('time_between', from, to);
  }
  if (after !== undefined) return words('time_since', day(after));
  return words('time_until', day(last ?? ''));
}

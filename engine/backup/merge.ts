/**
 * What a document of a file changes in the same document here. Pure.
 *
 * Newer wins for each message, nothing is lost, and the second time changes nothing.
 */
import { timeOf } from './format';

/** A document's row, as a record has it. */
export interface DocumentRow {
  id: string;
  kind: string;
  source: string;
  external_id: string;
  url: string | null;
  title: string | null;
  author: string | null;
  language: string | null;
  note: string | null;
  created_at: string | null;
  updated_at: string | null;
  captured_at: string;
  happened_at: string;
  branch_at: string | null;
  complete: boolean;
  content_hash: string;
  metadata: Record<string, unknown>;
}

/** A message without its text. */
export interface MessageRow {
  id: string;
  external_id: string;
  position: number;
  on_active_branch: boolean;
  finished: boolean;
  captured_at: string;
  strategy: string;
  content_hash: string;
  /** Characters of its text. */
  length: number;
}

const at = (value: string | null) => (value === null ? Number.NEGATIVE_INFINITY : timeOf(value));
/** By time, and by its text where a millisecond holds both. */
const later = (a: string | null, b: string | null) => at(a) > at(b) || (at(a) === at(b) && (a ?? '') > (b ?? ''));
const latest = <Time extends string | null>(a: Time, b: Time): Time => (later(b, a) ? b : a);

/** The document as it will be; `ours` itself where nothing changes. */
export function mergeDocument(ours: DocumentRow, theirs: DocumentRow): DocumentRow {
  const newer = later(theirs.captured_at, ours.captured_at);
  const pick = <Key extends 'url' | 'title' | 'author' | 'language' | 'note' | 'created_at'>(key: Key) =>
    newer ? (theirs[key] ?? ours[key]) : (ours[key] ?? theirs[key]);
  const merged: DocumentRow = {
    ...ours,
    url: pick('url'),
    title: pick('title'),
    author: pick('author'),
    language: pick('language'),
    note: pick('note'),
    created_at: pick('created_at'),
    updated_at: latest(ours.updated_at, theirs.updated_at),
    captured_at: latest(ours.captured_at, theirs.captured_at),
    happened_at: latest(ours.happened_at, theirs.happened_at),
    branch_at: latest(ours.branch_at, theirs.branch_at),
    complete: newer ? theirs.complete : ours.complete,
    metadata: newer ? { ...ours.metadata, ...theirs.metadata } : { ...theirs.metadata, ...ours.metadata },
  };
  return sameFacts(ours, merged) ? ours : merged;
}

function sameFacts(a: DocumentRow, b: DocumentRow): boolean {
  return (Object.keys(a) as Array<keyof DocumentRow>).every((key) => canonical(a[key]) === canonical(b[key]));
}

/** Equal for values that Postgres takes as equal JSON. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([x], [y]) => (x < y ? -1 : 1)))
      : part,
  );
}

/** Whether the file's text of a message replaces ours: the rules by which a capture would. */
export function takesTheirs(ours: MessageRow, theirs: MessageRow): boolean {
  if (ours.content_hash === theirs.content_hash) return theirs.finished && !ours.finished;
  if ((theirs.length === 0) !== (ours.length === 0)) return ours.length === 0;
  if (ours.finished !== theirs.finished) return theirs.finished;
  if (!theirs.finished && ours.length !== theirs.length) return theirs.length > ours.length;
  if ((ours.strategy === 'dom') !== (theirs.strategy === 'dom')) return ours.strategy === 'dom';
  return later(theirs.captured_at, ours.captured_at);
}

export interface MessagesPlan {
  /** The file's messages that are not here. */
  add: string[];
  /** Those whose text here is older. */
  replace: string[];
  /** Both have the same, or ours is newer: the file's fills what ours lacks. */
  keep: string[];
  /** Where each message goes, by external_id; only those that move or are new. */
  places: Map<string, { position: number; active: boolean }>;
}

/** What the messages of a document become. Both lists in any order, each external_id once. */
export function planMessages(
  oursDocument: Pick<DocumentRow, 'branch_at' | 'captured_at'>,
  ours: readonly MessageRow[],
  theirsDocument: Pick<DocumentRow, 'branch_at' | 'captured_at'>,
  theirs: readonly MessageRow[],
): MessagesPlan {
  const here = new Map(ours.map((message) => [message.external_id, message]));
  const plan: MessagesPlan = { add: [], replace: [], keep: [], places: new Map() };
  for (const message of theirs) {
    const before = here.get(message.external_id);
    if (!before) plan.add.push(message.external_id);
    else if (takesTheirs(before, message)) plan.replace.push(message.external_id);
    else plan.keep.push(message.external_id);
  }
  // Who saw the whole branch last says what is on it.
  const theirsLead =
    later(theirsDocument.branch_at, oursDocument.branch_at) ||
    (oursDocument.branch_at === theirsDocument.branch_at &&
      later(theirsDocument.captured_at, oursDocument.captured_at));
  const [lead, other] = theirsLead ? [theirs, ours] : [ours, theirs];
  const since = (theirsLead ? theirsDocument : oursDocument).branch_at;
  for (const { id, position, active } of order(lead, other, since)) {
    const before = here.get(id);
    if (before?.position !== position || before.on_active_branch !== active) plan.places.set(id, { position, active });
  }
  return plan;
}

const byPosition = (messages: readonly MessageRow[]) =>
  [...messages].sort((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));

function order(
  lead: readonly MessageRow[],
  other: readonly MessageRow[],
  since: string | null,
): Array<{ id: string; position: number; active: boolean }> {
  const known = new Set(lead.map(({ external_id }) => external_id));
  const more = byPosition(other).filter(({ external_id }) => !known.has(external_id));
  const first = byPosition(lead);
  if (more.length === 0)
    return first.map(({ external_id, position, on_active_branch }) => ({
      id: external_id,
      position,
      active: on_active_branch,
    }));
  const branch = first.filter((message) => message.on_active_branch).map(({ external_id }) => external_id);
  const onBranch = new Set(branch);
  // What came after the whole branch was last seen goes on from it; what was there before and is missing was replaced.
  const otherBranch = byPosition(other).filter((message) => message.on_active_branch);
  const woven = new Set(
    more
      .filter((message) => message.on_active_branch && later(message.captured_at, since))
      .map(({ external_id }) => external_id),
  );
  const followers = new Map<string | null, string[]>();
  let after: string | null = branch.at(-1) ?? null;
  for (const { external_id } of otherBranch) {
    if (!woven.has(external_id)) {
      if (onBranch.has(external_id)) after = external_id;
      continue;
    }
    const list = followers.get(after);
    if (list) list.push(external_id);
    else followers.set(after, [external_id]);
  }
  const active = [...(followers.get(null) ?? []), ...branch.flatMap((id) => [id, ...(followers.get(id) ?? [])])];
  const rest = [...first, ...more]
    .filter(
      (message) => !message.on_active_branch || (!known.has(message.external_id) && !woven.has(message.external_id)),
    )
    .map(({ external_id }) => external_id);
  return [...active.map((id) => ({ id, active: true })), ...rest.map((id) => ({ id, active: false }))].map(
    (place, position) => ({ ...place, position }),
  );
}

/**
 * What a capture changes in what is stored. Pure.
 *
 * Captures of one conversation arrive in any order, of any part, read in several ways, more than once.
 */
import { inParentsOrder, turnOf } from '../capture';
import type { CapturedMessage, Coverage, Strategy } from '../capture/types';

/** A stored message without its text. Times are epoch milliseconds. */
export interface StoredMessage {
  external_id: string;
  parent_id: string | null;
  author: string | null;
  model: string | null;
  created_at: number | null;
  finished: boolean;
  on_active_branch: boolean;
  position: number;
  content_hash: string;
  /** Characters of its text. */
  length: number;
  captured_at: number;
  strategy: string;
  /** Its turn in the conversation as a page counted it; only where that was asked for. */
  turn?: number | null;
}

export interface IncomingMessage extends CapturedMessage {
  /** Of role, text and attachments. */
  content_hash: string;
}

export interface Incoming {
  coverage: Coverage;
  strategy: Strategy;
  captured_at: number;
  /** When the site says that the conversation last changed, epoch milliseconds; null where it does not say. */
  updated_at: number | null;
  messages: IncomingMessage[];
}

export interface Stored {
  captured_at: number;
  /** The newest that the site said of any capture. */
  updated_at: number | null;
  /** `captured_at` of the newest capture that held the whole branch. */
  branch_at: number | null;
  messages: StoredMessage[];
}

/** A stored message that changes: with the new text, or only what describes it. */
export interface Update {
  message: IncomingMessage;
  with_text: boolean;
}

export interface MergePlan {
  add: IncomingMessage[];
  update: Update[];
  unchanged: number;
  /** Every message of the conversation in its new order; the position is the index. The shown branch comes first. */
  order: Array<{ id: string; active: boolean }>;
  /** Whether this capture may change what is said of the whole document. */
  newer: boolean;
  /** Whether the stored branch is from now on what this capture shows, no more and no less. */
  whole: boolean;
}

export function planMerge(stored: Stored, incoming: Incoming): MergePlan {
  const messages = uniqueById(incoming.messages);
  const known = new Map(stored.messages.map((message) => [message.external_id, message]));
  const order = bySite(stored, incoming);
  const plan: MergePlan = {
    add: [],
    update: [],
    unchanged: 0,
    order: [],
    newer: order === 0 ? incoming.captured_at >= stored.captured_at : order > 0,
    whole: false,
  };
  const rule = branchRule(stored, incoming, order, plan.newer);
  plan.whole = plan.newer && rule === 'all' && messages.length > 0;

  for (const message of messages) {
    const before = known.get(message.id);
    if (!before) {
      plan.add.push(message);
      continue;
    }
    const newer = order === 0 ? incoming.captured_at >= Math.max(before.captured_at, stored.branch_at ?? 0) : order > 0;
    const withText =
      message.content_hash !== before.content_hash && takesText(before, message, incoming.strategy, newer);
    const merged = mergeFields(before, message, newer);
    const changed =
      withText ||
      merged.finished !== before.finished ||
      merged.author !== before.author ||
      merged.model !== before.model ||
      merged.parent_id !== before.parent_id ||
      toTime(merged.created_at) !== before.created_at;
    if (changed) plan.update.push({ message: merged, with_text: withText });
    else plan.unchanged += 1;
  }

  const before = [...stored.messages].sort((a, b) => a.position - b.position);
  const shown = messages.filter((message) => message.on_active_branch);
  const was = before.filter((message) => message.on_active_branch);
  const changed = new Set(plan.update.filter(({ with_text }) => with_text).map(({ message }) => message.id));
  const earlier = rule === 'all' && incoming.strategy === 'dom' ? afterEarlierLook(was, shown, changed, known) : null;
  if (earlier !== null) plan.whole = false;
  const branch =
    earlier ??
    mergeBranch(
      was.map((message) => message.external_id),
      shown,
      rule,
      known,
    );
  const active = new Set(branch);
  const rest = [...before.map((message) => message.external_id), ...plan.add.map((message) => message.id)];
  plan.order = [
    ...branch.map((id) => ({ id, active: true })),
    ...rest.filter((id) => !active.has(id)).map((id) => ({ id, active: false })),
  ];
  return plan;
}

/** Times as compared and stored: milliseconds, null for none and for what is no time. */
export function toTime(value: string | null): number | null {
  const time = value === null ? Number.NaN : Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

/** The last of each id, at the place of the first. */
function uniqueById<Message extends { id: string }>(messages: Message[]): Message[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()];
}

/** Whether another text of the same message replaces the stored one. */
function takesText(before: StoredMessage, message: IncomingMessage, strategy: Strategy, newer: boolean): boolean {
  const length = message.markdown.length;
  if (before.length === 0) return length > 0 || message.attachments.length > 0;
  if (message.markdown.trim() === '') return false;
  // A finished text is never replaced by a half, and always replaces one.
  if (before.finished !== message.finished) return message.finished;
  // A text that grows has only one direction, whatever order its captures arrive in.
  if (!message.finished) return length > before.length || (length === before.length && newer);
  // The page shows less than the site's own data says (citations, code in its language).
  if (strategy === 'dom' && before.strategy !== 'dom') return false;
  if (strategy !== 'dom' && before.strategy === 'dom') return true;
  return newer;
}

/** What describes the message; what one side lacks the other gives. */
function mergeFields(before: StoredMessage, message: IncomingMessage, newer: boolean): IncomingMessage {
  const pick = <Value>(ours: Value | null, theirs: Value | null) => (newer ? (theirs ?? ours) : (ours ?? theirs));
  const createdAt = pick(before.created_at, toTime(message.created_at));
  return {
    ...message,
    parent_id: pick(before.parent_id, message.parent_id),
    author: pick(before.author, message.author),
    model: pick(before.model, message.model),
    created_at: createdAt === null ? null : new Date(createdAt).toISOString(),
    finished: before.finished || message.finished,
  };
}

/**
 * Which of two states is the later by the site's own clock: above 0 where the capture's is, below 0 where what is stored
 * is, 0 where the site does not say. Our own clock may be set between two captures; two tabs may hold two states.
 */
function bySite(stored: Stored, { updated_at, coverage, strategy }: Incoming): number {
  if (updated_at === null || strategy === 'dom') return 0;
  // So far there were only looks at the page.
  if (stored.updated_at === null) {
    const looks = stored.messages.every((message) => message.strategy === 'dom');
    return coverage !== 'some' && (looks || (coverage === 'all' && stored.branch_at === null)) ? 1 : 0;
  }
  const order = Math.sign(updated_at - stored.updated_at);
  // The first time that this state is seen whole.
  return order === 0 && coverage === 'all' && stored.branch_at === null ? 1 : order;
}

type BranchRule = Coverage | 'beyond';

function branchRule(stored: Stored, incoming: Incoming, order: number, newer: boolean): BranchRule {
  if (order > 0) return incoming.coverage;
  const late = order < 0 || (stored.branch_at !== null && incoming.captured_at < stored.branch_at);
  if (late && stored.branch_at !== null) return 'beyond';
  if (newer) return incoming.coverage;
  // Older than something, newer than the last whole view: it can fill gaps, its absences say nothing any more.
  return 'some';
}

/**
 * A page that shows all of its conversation may be one that was left open while more was said in another tab: where it
 * shows nothing but what is stored, and what is stored goes on from there, it says nothing of the rest. Null where that
 * is not so. Where an edit gave a message other words, what had followed it is older than they are.
 *
 * @param changed the messages that get another text by this look.
 */
function afterEarlierLook(
  branch: StoredMessage[],
  shown: IncomingMessage[],
  changed: ReadonlySet<string>,
  known: ReadonlyMap<string, StoredMessage>,
): string[] | null {
  const end = branch.findIndex((message) => message.external_id === shown.at(-1)?.id);
  const [last, next] = branch.slice(Math.max(0, end), end + 2);
  if (end < 0 || last === undefined || next === undefined) return null;
  const given = new Set(shown.map((message) => message.id));
  const same = shown.every(({ id, content_hash }) => {
    const held = known.get(id);
    // what goes by a name of the site's own data was found to say the same
    return !changed.has(id) && (held?.strategy !== 'dom' || held.content_hash === content_hash);
  });
  const all = branch.slice(0, end + 1).every(({ external_id }) => given.has(external_id));
  const rest = branch.slice(end + 1).map((message) => message.external_id);
  const goesOn = last.captured_at <= next.captured_at && !rest.some((id) => given.has(id));
  return same && all && goesOn ? [...given, ...rest] : null;
}

/** The ids of the shown branch after a capture that shows `shown`. */
function mergeBranch(
  branch: string[],
  shown: CapturedMessage[],
  rule: BranchRule,
  known: ReadonlyMap<string, StoredMessage>,
): string[] {
  const ids = shown.map((message) => message.id);
  if (ids.length === 0) return branch;
  if (rule === 'all' || branch.length === 0) return ids;
  if (rule === 'beyond') return withBeyond(branch, ids, known);
  if (rule === 'tail') return spliceTail(branch, shown);
  return inParentsOrder(weaveIn(branch, shown, known), shown, (id) => known.get(id)?.parent_id ?? null);
}

/**
 * A capture of an earlier state changes nothing of the branch. What goes on from its very end and was never seen before
 * is no earlier state, whatever the clocks say.
 */
function withBeyond(branch: string[], ids: string[], known: ReadonlyMap<string, unknown>): string[] {
  const head = ids.lastIndexOf(branch.at(-1) ?? '');
  const beyond = head < 0 ? [] : ids.slice(head + 1);
  return beyond.some((id) => known.has(id)) ? branch : [...branch, ...beyond];
}

/** All from the first message given is as given; what is stored before it stays. */
function spliceTail(branch: string[], shown: CapturedMessage[]): string[] {
  const ids = shown.map((message) => message.id);
  const given = new Set(ids);
  const place = new Map(branch.map((id, index) => [id, index]));
  const parent = shown[0]?.parent_id;
  const first = place.get(ids[0] ?? '');
  const afterParent = parent ? place.get(parent) : undefined;
  const anchor = ids.map((id) => place.get(id)).find((index) => index !== undefined);
  const keep = first ?? (afterParent === undefined ? (anchor ?? branch.length) : afterParent + 1);
  return [...branch.slice(0, keep).filter((id) => !given.has(id)), ...ids];
}

/** The stored branch in its order, with what is new put next to the neighbours it was seen with. */
function weaveIn(branch: string[], shown: CapturedMessage[], known: ReadonlyMap<string, StoredMessage>): string[] {
  const stored = new Set(branch);
  const followers = new Map<string | null, string[]>(); // the stored message they come after; null: before all
  const firstKnown = shown.findIndex((message) => stored.has(message.id));
  // Nothing in common: it was seen later, so it comes after, unless a parent or the page's count of turns says better.
  let after: string | null = branch.at(-1) ?? null;
  const turn = shown[0] === undefined || firstKnown >= 0 ? null : turnOf(shown[0]);
  const counted = branch.filter((id) => (known.get(id)?.turn ?? null) !== null);
  if (turn !== null && counted.length > 0) {
    const later = counted.find((id) => (known.get(id)?.turn ?? 0) > turn);
    if (later !== undefined) after = branch[branch.indexOf(later) - 1] ?? null;
  }
  if (firstKnown > 0) {
    const index = branch.indexOf(shown[firstKnown]?.id ?? '');
    after = branch[index - 1] ?? null;
  }
  for (const message of shown) {
    if (stored.has(message.id)) {
      after = message.id;
      continue;
    }
    if (message.parent_id !== null && stored.has(message.parent_id)) after = message.parent_id;
    const list = followers.get(after);
    if (list) list.push(message.id);
    else followers.set(after, [message.id]);
  }
  return [...(followers.get(null) ?? []), ...branch.flatMap((id) => [id, ...(followers.get(id) ?? [])])];
}

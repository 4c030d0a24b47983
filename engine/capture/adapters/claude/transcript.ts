/**
 * From the flat list of all branches to the transcript that a person sees: the shown branch in order, then the
 * branches that were left (edits, regenerations), each message with the artifacts as its own branch made them.
 * Loops, not recursion: a conversation may be one branch of many thousand messages.
 */
import { asId, asTime, isObject, type JsonObject } from '../../json';
import type { CapturedMessage, ReadWarning } from '../../types';
import type { Transcript } from '../_bodies';
import { type ArtifactPart, type Shelf } from './artifacts';
import { type MessageParts, render, replayParts, takeApart } from './content';

export interface TranscriptOptions {
  /** The message the site shows last; null where the body does not say. */
  currentLeaf: string | null;
  /** Nothing is being written any more. */
  settled: boolean;
  /** One branch only, whatever the links say (a shared copy). */
  linear: boolean;
  /** The model that the site says is current, for an answer that was only just written; see {@link readMessages}. */
  liveModel: { model: string; since: number } | null;
}

interface Node {
  id: string;
  parent: string | null;
  children: Node[];
  message: JsonObject;
  /** Where in the body it stood; the site gives messages in the order they were made. */
  order: number;
  time: number;
}

/** The parent of a first message. */
const ROOT = /^0{8}-0{4}-4?0{3,4}-8?0{3,4}-0{12}$/;

/**
 * Reads `chat_messages`.
 *
 * The site gives no model per message: only the conversation's current one, which changes whenever the user picks
 * another. It is put on the head of the branch alone, and only where that answer was written within the minutes before
 * the capture (`liveModel.since`, ms since the epoch); all other messages have null unless they say it themselves.
 */
export function readMessages(
  records: unknown[],
  options: TranscriptOptions,
  warnings: ReadWarning[],
  where: string,
): Transcript {
  const nodes = nodesOf(records, options.linear, warnings, where);
  // A list without links is one branch, whatever it says of its leaf.
  const isList = records.every((record) => !isObject(record) || asId(record['parent_message_uuid']) === null);
  const path = activePath(nodes, isList ? null : options.currentLeaf, warnings, where);
  const shown = new Set(path.nodes);

  const messages: CapturedMessage[] = [];
  /** For messages that say nothing and are left out: what their answers hang on. */
  const standsFor = new Map<Node, string | null>();
  /** Artifacts as they are where branches part. */
  const shelves = new Map<Node, Shelf>();

  const readRun = (run: Node[], shelf: Shelf, active: boolean): void => {
    const lasts = new Map<string, ArtifactPart>();
    const taken = run.map((node) => {
      const parts = takeApart(node.message, node.id, warnings);
      replayParts(parts, shelf, lasts, warnings);
      if (node.children.length > 1) shelves.set(node, new Map(shelf));
      return parts;
    });
    run.forEach((node, index) => {
      const parts = taken[index];
      const above = nodes.byId.get(node.parent ?? '');
      const parent = above === undefined ? null : (standsFor.get(above) ?? null);
      const message = parts === undefined ? null : toMessage(parts, node.id, parent, active);
      if (message !== null) messages.push(message);
      standsFor.set(node, message?.id ?? parent);
    });
  };

  readRun(path.nodes, new Map(), true);
  const head = path.nodes.at(-1);
  const last = messages.at(-1);
  const headFinished = head !== undefined && isFinished(head, last, options.settled);
  if (last !== undefined && head !== undefined && last.id === head.id) {
    if (last.role === 'assistant') last.finished = headFinished;
    const live = options.liveModel;
    if (
      live !== null &&
      last.role === 'assistant' &&
      last.model === null &&
      Date.parse(last.created_at ?? '') >= live.since
    )
      last.model = live.model;
  }

  // Branches that were left, each from where it parts from the shown one; what hangs on nothing comes last.
  const read = new Set(shown);
  const parting = nodes.list.filter((node) => {
    const above = nodes.byId.get(node.parent ?? '');
    return !shown.has(node) && (above === undefined || shown.has(above));
  });
  for (const start of [...parting, ...nodes.list]) {
    const open = [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (read.has(at)) continue;
      const run: Node[] = [];
      let forks: Node[] = [];
      for (let next: Node | undefined = at; next !== undefined;) {
        read.add(next);
        run.push(next);
        forks = next.children.filter((child) => !read.has(child));
        next = forks.length === 1 ? forks[0] : undefined;
      }
      const above = nodes.byId.get(at.parent ?? '');
      readRun(run, new Map(above === undefined ? undefined : shelves.get(above)), false);
      open.push(...(forks.length > 1 ? forks.reverse() : []));
    }
  }

  return {
    messages,
    coverage: path.closed ? 'all' : 'tail',
    headFinished: headFinished && last?.role === 'assistant' && last.id === head?.id,
  };
}

interface Nodes {
  list: Node[];
  byId: Map<string, Node>;
}

function nodesOf(records: unknown[], linear: boolean, warnings: ReadWarning[], where: string): Nodes {
  const byId = new Map<string, Node>();
  const said = records.some((record) => isObject(record) && asId(record['parent_message_uuid']) !== null);
  const ordered = said && !linear ? records : inOrder(records);
  let before: string | null = null;
  ordered.forEach((record, index) => {
    if (!isObject(record)) {
      warnings.push({
        code: 'unreadable_record',
        message: 'The record is not a message.',
        where: `${where}[${index}]`,
      });
      return;
    }
    const id = asId(record['uuid']) ?? asId(record['id']) ?? `message-${index}`;
    const parentSaid = asId(record['parent_message_uuid']);
    const parent =
      linear || !said || !('parent_message_uuid' in record)
        ? before
        : parentSaid === null || ROOT.test(parentSaid) || parentSaid === id
          ? null
          : parentSaid;
    const known = byId.get(id);
    // A record that comes twice was updated: the later one counts, in the place of the first.
    if (known !== undefined) {
      known.message = record;
      if (said && !linear) known.parent = parent;
      return;
    }
    const time = asTime(record['created_at']);
    byId.set(id, {
      id,
      parent,
      children: [],
      message: record,
      order: index,
      time: time === null ? Number.NaN : Date.parse(time),
    });
    before = id;
  });
  const list = [...byId.values()];
  for (const node of list) if (node.parent !== null) byId.get(node.parent)?.children.push(node);
  return { list, byId };
}

/**
 * A list without links is one branch: by its numbers, or by its times (exports of 2025 mix their messages), where every
 * message has one, else as it stands.
 */
function inOrder(records: unknown[]): unknown[] {
  const places = (of: (record: JsonObject) => number): number[] =>
    records.map((record) => (isObject(record) ? of(record) : Number.NaN));
  const numbers = places(({ index }) => (typeof index === 'number' ? index : Number.NaN));
  const keys = numbers.every(Number.isFinite)
    ? numbers
    : places(({ created_at }) => Date.parse(asTime(created_at) ?? ''));
  if (!keys.every(Number.isFinite)) return records;
  return records
    .map((record, at) => ({ record, key: keys[at] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ record }) => record);
}

function activePath(
  nodes: Nodes,
  current: string | null,
  warnings: ReadWarning[],
  where: string,
): { nodes: Node[]; closed: boolean } {
  let head = current === null ? undefined : nodes.byId.get(current);
  if (head === undefined) {
    if (current !== null && !ROOT.test(current) && nodes.list.length > 0) {
      warnings.push({
        code: 'unknown_head',
        message: `The shown message "${current}" is not in the body; the newest branch is taken.`,
        where,
      });
    }
    head = newestLeaf(nodes.list);
  }
  const path: Node[] = [];
  const seen = new Set<Node>();
  for (let at = head; at !== undefined;) {
    if (seen.has(at)) {
      warnings.push({
        code: 'broken_chain',
        message: 'The messages form a circle; it is cut here.',
        where: `${where}.${at.id}`,
      });
      return { nodes: path.reverse(), closed: false };
    }
    seen.add(at);
    path.push(at);
    if (at.parent === null) break;
    const above = nodes.byId.get(at.parent);
    if (above === undefined) {
      warnings.push({
        code: 'broken_chain',
        message: `The message before this one ("${at.parent}") is not in the body.`,
        where: `${where}.${at.id}`,
      });
      return { nodes: path.reverse(), closed: false };
    }
    at = above;
  }
  return { nodes: path.reverse(), closed: true };
}

/** The branch that was written to last, where the body does not say which one is shown: an export does not. */
function newestLeaf(list: Node[]): Node | undefined {
  let best: Node | undefined;
  for (const node of list) {
    if (node.children.length > 0) continue;
    if (best === undefined || !(node.time < best.time)) best = node;
  }
  return best ?? list.at(-1);
}

/**
 * Only the head is asked. An answer that was stopped (`user_canceled`, `max_tokens`) is finished too: nothing more
 * comes of it. Exports say nothing of it, and nothing is being written there.
 */
function isFinished(head: Node, last: CapturedMessage | undefined, settled: boolean): boolean {
  if (last === undefined || last.id !== head.id || last.role !== 'assistant') return false;
  const reason = head.message['stop_reason'];
  return settled || (typeof reason === 'string' && reason !== '');
}

/** Null for a message that says nothing at all. */
function toMessage(parts: MessageParts, id: string, parentId: string | null, active: boolean): CapturedMessage | null {
  const markdown = render(parts);
  const thinking = parts.thinking.join('\n\n').trim();
  if (markdown === '' && parts.attachments.length === 0 && thinking === '' && parts.tools.length === 0) return null;
  const metadata: JsonObject = {};
  if (thinking !== '') metadata['thinking'] = thinking;
  if (parts.thoughtSeconds >= 1) metadata['thought_seconds'] = Math.round(parts.thoughtSeconds);
  if (parts.citations.length > 0) metadata['citations'] = parts.citations;
  if (parts.tools.length > 0) metadata['tools'] = parts.tools;
  if (parts.unknown.length > 0) metadata['unknown_parts'] = parts.unknown;
  const artifacts = parts.parts.filter((part) => part.kind === 'artifact').map((part) => part.name);
  if (artifacts.length > 0) metadata['artifacts'] = [...new Set(artifacts)];
  if (parts.stopReason !== null && parts.stopReason !== 'end_turn' && parts.stopReason !== 'stop_sequence')
    metadata['finish_reason'] = parts.stopReason;
  return {
    id,
    parent_id: parentId,
    role: parts.role,
    author: parts.author,
    model: parts.model,
    created_at: parts.created_at,
    markdown,
    finished: true,
    on_active_branch: active,
    attachments: parts.attachments,
    metadata,
  };
}

/**
 * From records to the transcript a person sees: the branch in order, the parts of one answer as one message, and the
 * branches that were left (edits, regenerations) after it.
 */
import { asArray, asId, asObject, asText, asTime, isObject, type JsonObject } from '../../json';
import type { CapturedMessage, ReadWarning } from '../../types';
import type { Transcript } from '../_bodies';
import { thoughtWords } from '../_parts';
import { isPreamble, newReading, readRecord, type ReadRecord } from './content';
import { stripMarkers } from './references';

interface Node {
  id: string;
  parent: string | null;
  children: string[];
  message: JsonObject | null;
  time: number | null;
}

/** Records that only hold the tree together: `client-created-root`, `paginated-root:<conversation>`, `root`. */
const BOOKKEEPING = /(?:^|[-:])root(?:$|:)/i;

/** Reads the `mapping` tree of the detail body, the export and the share page. */
export function readTree(
  mapping: unknown,
  currentNode: unknown,
  warnings: ReadWarning[],
  where: string,
  settled: boolean,
): Transcript {
  const nodes = nodesOf(mapping, warnings, where);
  const path = activePath(nodes, asId(currentNode), warnings, where);
  const onPath = new Set(path.ids);
  const warned: ReadWarning[] = [];
  const active = assemble(
    path.ids.map((id) => nodes.get(id)),
    warned,
    true,
    null,
    settled,
  );

  const lastShown = new Map<string, string | null>();
  let latest: string | null = null;
  for (const id of path.ids) {
    latest = active.shownAfter.get(id) ?? latest;
    lastShown.set(id, latest);
  }

  const others: CapturedMessage[] = [];
  const walked = new Set(onPath);
  const walk = (start: string, parentShown: string | null): void => {
    const stack: Array<{ id: string; parent: string | null }> = [{ id: start, parent: parentShown }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const run: string[] = [];
      let at: string | undefined = next.id;
      let forks: string[] = [];
      while (at !== undefined && !walked.has(at)) {
        walked.add(at);
        run.push(at);
        const open: string[] = (nodes.get(at)?.children ?? []).filter((child) => !walked.has(child));
        if (open.length !== 1) {
          forks = open;
          break;
        }
        at = open[0];
      }
      const side = assemble(
        run.map((id) => nodes.get(id)),
        warned,
        false,
        next.parent,
        true,
      );
      others.push(...side.messages);
      const parent = side.messages.at(-1)?.id ?? next.parent;
      for (const fork of forks.reverse()) stack.push({ id: fork, parent });
    }
  };
  for (const id of path.ids)
    for (const child of nodes.get(id)?.children ?? []) if (!walked.has(child)) walk(child, lastShown.get(id) ?? null);
  for (const [id, node] of nodes)
    if (!walked.has(id) && (node.parent === null || !nodes.has(node.parent))) walk(id, null);

  warnings.push(...warned);
  return {
    messages: unique([...active.messages, ...others]),
    coverage: path.closed ? 'all' : 'tail',
    headFinished: active.headFinished,
  };
}

/** Reads a flat list, oldest first: the paginated body, `linear_conversation`, or a bare list of messages. */
export function readList(
  records: unknown[],
  currentNode: unknown,
  warnings: ReadWarning[],
  where: string,
  settled: boolean,
): Transcript {
  const seen = new Map<string, Node>();
  records.forEach((record, index) => {
    const wrapped = asObject(record);
    const message = isObject(wrapped['message']) ? wrapped['message'] : wrapped;
    if (
      Object.keys(message).length === 0 ||
      (isObject(record) && 'message' in wrapped && wrapped['message'] === null)
    ) {
      if (!isObject(record))
        warnings.push({
          code: 'unreadable_record',
          message: 'The record is not a message.',
          where: `${where}[${index}]`,
        });
      return;
    }
    const id = asId(message['id']) ?? asId(wrapped['id']) ?? `message-${index}`;
    if (BOOKKEEPING.test(id) && asObject(message['author'])['role'] === undefined && message['role'] === undefined)
      return;
    // A record that comes twice was updated: the later one counts, in the place of the first.
    seen.set(id, { id, parent: null, children: [], message, time: null });
  });
  const nodes = [...seen.values()];
  const read = assemble(nodes, warnings, true, null, settled, asId(currentNode));
  return { messages: unique(read.messages), coverage: 'all', headFinished: read.headFinished };
}

function nodesOf(mapping: unknown, warnings: ReadWarning[], where: string): Map<string, Node> {
  const nodes = new Map<string, Node>();
  const entries: Array<[string, unknown]> = Array.isArray(mapping)
    ? mapping.map((value, index): [string, unknown] => [asId(asObject(value)['id']) ?? `node-${index}`, value])
    : Object.entries(asObject(mapping));
  for (const [key, value] of entries) {
    if (!isObject(value)) {
      if (value !== null)
        warnings.push({ code: 'unreadable_record', message: 'The node is not an object.', where: `${where}.${key}` });
      continue;
    }
    const bare = !('message' in value) && ('author' in value || 'content' in value) ? value : null;
    const message = bare ?? (isObject(value['message']) ? value['message'] : null);
    const time = asTime(message?.['create_time']);
    nodes.set(key, {
      id: key,
      parent: asId(value['parent']) ?? asId(value['parent_id']),
      children: asArray(value['children']).filter((child): child is string => typeof child === 'string'),
      message,
      time: time === null ? null : Date.parse(time),
    });
  }
  // Either direction may be missing: complete each from the other.
  for (const node of nodes.values()) {
    const parent = node.parent === null ? undefined : nodes.get(node.parent);
    if (parent !== undefined && parent !== node && !parent.children.includes(node.id)) parent.children.push(node.id);
    for (const child of node.children) {
      const below = nodes.get(child);
      if (below !== undefined && below.parent === null && below !== node) below.parent = node.id;
    }
    node.children = node.children.filter((child) => nodes.has(child));
  }
  return nodes;
}

function activePath(
  nodes: Map<string, Node>,
  current: string | null,
  warnings: ReadWarning[],
  where: string,
): { ids: string[]; closed: boolean } {
  const all = [...nodes.values()];
  if (all.every((node) => node.parent === null && node.children.length === 0) && all.length > 1) {
    warnings.push({
      code: 'no_links',
      message: 'The messages say nothing of their order; they are taken as they stand.',
      where,
    });
    const timed = all.every((node) => node.time !== null || node.message === null);
    return {
      ids: (timed ? [...all].sort((a, b) => (a.time ?? 0) - (b.time ?? 0)) : all).map((node) => node.id),
      closed: true,
    };
  }
  let head =
    current === null ? undefined : (nodes.get(current) ?? all.find((node) => asId(node.message?.['id']) === current));
  if (head === undefined) {
    if (current !== null && all.length > 0) {
      warnings.push({
        code: 'unknown_head',
        message: `The shown message "${current}" is not in the body; the newest branch is taken.`,
        where,
      });
    }
    head = newestLeaf(all);
  }
  const ids: string[] = [];
  const seen = new Set<string>();
  let at: Node | undefined = head;
  let closed = true;
  while (at !== undefined) {
    if (seen.has(at.id)) {
      warnings.push({
        code: 'broken_chain',
        message: 'The messages form a circle; it is cut here.',
        where: `${where}.${at.id}`,
      });
      closed = false;
      break;
    }
    seen.add(at.id);
    ids.unshift(at.id);
    if (at.parent === null) break;
    const above: Node | undefined = nodes.get(at.parent);
    if (above === undefined && !BOOKKEEPING.test(at.parent)) {
      warnings.push({
        code: 'broken_chain',
        message: `The message before this one ("${at.parent}") is not in the body.`,
        where: `${where}.${at.id}`,
      });
      closed = false;
    }
    at = above;
  }
  return { ids, closed };
}

/** The branch that was written to last, where the body does not say which one is shown. */
function newestLeaf(all: Node[]): Node | undefined {
  let best: Node | undefined;
  for (const node of all) {
    if (node.children.length > 0 || node.message === null) continue;
    if (best === undefined || (node.time ?? -1) >= (best.time ?? -1)) best = node;
  }
  return best ?? all.at(-1);
}

interface Assembled {
  messages: CapturedMessage[];
  headFinished: boolean;
  /** Node id to the id of the message it ended up in. */
  shownAfter: Map<string, string>;
}

/** Records of one path, in order, as messages: the parts of one answer become one. */
function assemble(
  nodes: Array<Node | undefined>,
  warnings: ReadWarning[],
  active: boolean,
  parentId: string | null,
  settled: boolean,
  currentId: string | null = null,
): Assembled {
  const reading = newReading(warnings);
  const messages: CapturedMessage[] = [];
  const shownAfter = new Map<string, string>();
  /** Records of the message being put together. */
  let open: { message: CapturedMessage; nodeIds: string[]; cutShort: boolean; after: string } | null = null;
  let tools: JsonObject[] = [];
  /** Seconds of thinking said by a record before the answer that they belong to. */
  let thought: number | null = null;
  /** What was thought before the answer that it belongs to. */
  let thoughts: string[] = [];
  let headRecord: ReadRecord | null = null;
  let currentRecord: ReadRecord | null = null;

  for (const node of nodes) {
    if (node?.message === null || node?.message === undefined) continue;
    const record = readRecord(node.message, node.id, reading);
    const thinking = record.shown === 'hidden' && record.role === 'assistant';
    if (record.shown !== 'hidden' || thinking) headRecord = record;
    if (currentId !== null && (record.id === currentId || node.id === currentId)) currentRecord = record;
    const metadata = asObject(node.message['metadata']);
    const seconds = metadata['finished_duration_sec'];

    if (record.shown !== 'visible') {
      if (record.tool !== null) tools.push(record.tool);
      if (record.role === 'user' && record.shown === 'hidden') continue;
      if (typeof seconds === 'number' && record.role === 'assistant') thought = seconds;
      thoughts.push(...thoughtsOf(node.message));
      continue;
    }
    const extra: JsonObject = { ...record.metadata };
    if (asText(metadata['turn_exchange_id']) !== null) extra['turn_exchange_id'] = metadata['turn_exchange_id'];
    if (record.role === 'assistant') {
      if (typeof seconds === 'number') thought = seconds;
      if (thought !== null) extra['thought_seconds'] = thought;
      thought = null;
      if (thoughts.length > 0) extra['thinking'] = thoughts.join('\n\n');
      thoughts = [];
    }
    if (record.citations.length > 0) extra['citations'] = record.citations;
    const finish = asText(asObject(metadata['finish_details'])['type']);
    if (finish !== null && finish !== 'stop') extra['finish_reason'] = finish;

    if (open !== null && record.role === 'assistant' && open.message.role === 'assistant') {
      const target = open.message;
      const merged: string[] = [
        ...asArray(target.metadata['merged_ids']).filter((id): id is string => typeof id === 'string'),
        target.id,
      ];
      const citations = [...asArray(target.metadata['citations']), ...record.citations];
      const earlier = asText(target.metadata['thinking']);
      if (earlier !== null && extra['thinking'] !== undefined)
        extra['thinking'] = `${earlier}\n\n${asText(extra['thinking']) ?? ''}`;
      Object.assign(target.metadata, extra);
      target.metadata['merged_ids'] = merged;
      if (citations.length > 0) target.metadata['citations'] = citations;
      target.markdown = [target.markdown, record.markdown]
        .filter((text) => text !== '')
        .join(open.cutShort ? open.after + record.around[0] : '\n\n');
      target.attachments.push(...record.attachments);
      target.model = record.model ?? target.model;
      target.author = record.author ?? target.author;
      target.id = record.id;
      open.nodeIds.push(node.id);
      open.cutShort = record.cutShort;
      open.after = record.around[1];
    } else {
      const message: CapturedMessage = {
        id: record.id,
        parent_id: messages.at(-1)?.id ?? parentId,
        role: record.role,
        author: record.author,
        model: record.model,
        created_at: record.created_at,
        markdown: record.markdown,
        finished: true,
        on_active_branch: active,
        attachments: record.attachments,
        metadata: extra,
      };
      // The one before is closed: its id is final now.
      messages.push(message);
      open = { message, nodeIds: [node.id], cutShort: record.cutShort, after: record.around[1] };
    }
    if (record.role === 'assistant' && tools.length > 0) {
      open.message.metadata['tools'] = [...asArray(open.message.metadata['tools']), ...tools];
      tools = [];
    }
    for (const id of open.nodeIds) shownAfter.set(id, open.message.id);
  }

  const headFinished = isFinished(currentRecord ?? headRecord, settled);
  const last = messages.at(-1);
  const head = currentRecord ?? headRecord;
  if (last?.role === 'assistant') {
    last.finished = headFinished || (settled && head?.status !== 'in_progress');
  }
  return {
    messages,
    headFinished: headFinished || (settled && last?.role === 'assistant' && last.finished),
    shownAfter,
  };
}

/**
 * Only the head is asked: a finished conversation still holds earlier thoughts that say `in_progress`.
 * Exports and older bodies give neither `status` nor `end_turn`; nothing is being written there.
 */
function isFinished(head: ReadRecord | null, settled: boolean): boolean {
  if (head === null || !head.isAnswer) return false;
  if (head.status !== null && !head.status.startsWith('finished')) return settled && head.status !== 'in_progress';
  if (head.endTurn === true || head.channel === 'final' || settled) return true;
  // A stopped answer has no proper end, and an old export says nothing at all.
  return head.status === 'finished_partial_completion' || (head.status === null && head.endTurn === null);
}

/** Ids are unique within a conversation; a body that repeats one gets a suffix rather than a lost message. */
function unique(messages: CapturedMessage[]): CapturedMessage[] {
  const seen = new Set<string>();
  for (const message of messages) {
    let id = message.id;
    for (let n = 2; seen.has(id); n++) id = `${message.id}#${n}`;
    message.id = id;
    seen.add(id);
  }
  return messages;
}

/**
 * `{content_type: 'thoughts', thoughts: [{summary, content}]}`: each as its summary in bold and its text; what was said
 * on the way to the answer as it stands.
 */
function thoughtsOf(message: JsonObject): string[] {
  const { thoughts, parts } = asObject(message['content']);
  if (isPreamble(message)) {
    const said = asArray(parts).map((part) => stripMarkers(asText(part) ?? '').trim());
    return said.filter((text) => text !== '');
  }
  return asArray(thoughts).flatMap((each) => {
    const { summary, content } = asObject(each);
    const text = thoughtWords(summary, content);
    return text === '' ? [] : [text];
  });
}

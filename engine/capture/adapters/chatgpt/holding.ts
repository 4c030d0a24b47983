/**
 * A conversation of ChatGPT from its bodies: the mapping tree, which is whole, or pages of messages that are joined by
 * their cursors as they come, in any order.
 */
import { asArray, asId, asObject, asTime, isObject, type JsonObject } from '../../json';
import type { CapturedConversation } from '../../types';
import type { Holding } from '../_holding';
import type { ObservedRequest } from '../_stream';
import { conversationUrl } from './addresses';
import { bodyId, isPaged, isTemporary, readBodies } from './bodies';

export class ChatGptHolding implements Holding {
  temporary = false;
  private shape: 'json-tree' | 'json-pages' | null = null;
  private tree: JsonObject | null = null;
  /** Records of the paginated shape, oldest first, and the newest page's other fields. */
  private records: unknown[] = [];
  private head: JsonObject | null = null;
  private closed = false;
  /** Where older records are; null when there are none, or they cannot be reached. */
  private cursor: string | null = null;
  private readonly cursorsUsed = new Set<string>();
  /** Older pages that came before the page they continue. */
  private readonly orphans = new Map<string, JsonObject>();

  constructor(private readonly id: string) {}

  get open(): boolean {
    return this.shape === 'json-pages' && !this.closed && this.cursor !== null;
  }

  add(request: ObservedRequest, value: unknown): 'newest' | 'older' | 'ignored' {
    if (!isObject(value)) return 'ignored';
    const said = bodyId(value);
    // A payload that names another conversation than its address is not to be trusted for either.
    if (said !== null && said !== this.id && asId(value['conversation_id']) !== null) return 'ignored';
    if (isTemporary(value)) this.temporary = true;
    if (request.kind === 'page') {
      if (!isPaged(value)) return 'ignored';
      this.addOlder(request.before ?? '', value);
      return 'older';
    }
    if (isObject(value['mapping'])) {
      if (!this.isNewer(idsOfTree(value), value)) return 'ignored';
      this.tree = value;
      this.shape = 'json-tree';
      return 'newest';
    }
    if (!isPaged(value) || !this.isNewer(idsOfRecords(value['messages']), value)) return 'ignored';
    this.addNewest(value);
    return 'newest';
  }

  read(capturedAt: string): CapturedConversation | null {
    const source = this.shape === 'json-tree' ? this.tree : this.joined();
    if (source === null) return null;
    const { conversations } = readBodies(source, { capturedAt });
    const read = conversations.find((conversation) => conversation.id === this.id) ?? conversations[0];
    return read === undefined
      ? null
      : { ...read, id: this.id, url: conversationUrl(this.id, read.strategy === 'share') };
  }

  private joined(): JsonObject | null {
    if (this.head === null) return null;
    return {
      ...this.head,
      conversation_id: this.id,
      messages: this.records,
      page_info: { has_previous_page: !this.closed, start_cursor: this.cursor },
    };
  }

  private isNewer(ids: Set<string>, value: JsonObject): boolean {
    const held = this.shape === 'json-tree' ? this.tree : this.head;
    if (held === null) return true;
    const heldTime = asTime(held['update_time']);
    const time = asTime(value['update_time']);
    if (heldTime !== null && time !== null && heldTime !== time) return time > heldTime;
    const heldHead = asId(held['current_node']);
    const head = asId(value['current_node']);
    if (heldHead === null || head === null || heldHead === head) return true;
    const heldIds =
      this.shape === 'json-tree' && this.tree !== null ? idsOfTree(this.tree) : idsOfRecords(this.records);
    return !(heldIds.has(head) && !ids.has(heldHead));
  }

  private addNewest(value: JsonObject): void {
    const page = asArray(value['messages']);
    const info = asObject(value['page_info']);
    const ids = idsOfRecords(page);
    const from = this.records.findIndex((record) => ids.has(asId(asObject(record)['id']) ?? ''));
    this.head = { ...value, messages: undefined };
    this.shape = 'json-pages';
    if (info['has_previous_page'] !== true) {
      this.records = page;
      this.closed = true;
      this.cursor = null;
    } else if (from >= 0) {
      const held = idsOfRecords(this.records);
      const reachesFurther = from === 0 && !held.has(asId(asObject(page[0])['id']) ?? '');
      // What was before the page stays; what followed is as the page says now (an edit, a new answer).
      this.records = [...this.records.slice(0, from), ...page];
      if (reachesFurther) this.continueAt(asId(info['start_cursor']));
    } else {
      this.records = page;
      this.continueAt(asId(info['start_cursor']));
    }
    this.adoptOrphans();
  }

  private continueAt(cursor: string | null): void {
    this.closed = false;
    this.cursor = cursor;
    this.cursorsUsed.clear();
  }

  private addOlder(before: string, value: JsonObject): void {
    this.orphans.set(before, value);
    if (this.head !== null) this.adoptOrphans();
  }

  /** Puts before the records what belongs there, until nothing more does. */
  private adoptOrphans(): void {
    for (let joined = true; joined;) {
      joined = false;
      for (const [before, page] of this.orphans) {
        if (!this.join(before, page)) continue;
        this.orphans.delete(before);
        joined = true;
      }
    }
  }

  /**
   * An older page goes before the records where it was asked for with their cursor, or where it ends in what they begin
   * with: a later newest page has another cursor, and so have the pages that are asked for after it. False where neither
   * is so yet.
   */
  private join(before: string, value: JsonObject): boolean {
    if (this.cursorsUsed.has(before)) return true;
    const page = asArray(value['messages']);
    const held = idsOfRecords(this.records);
    const idOf = (record: unknown): string => asId(asObject(record)['id']) ?? '';
    const first = idOf(this.records[0]);
    const meets = page.findIndex((record) => idOf(record) === first);
    if (before !== this.cursor && meets < 0) return page.every((record) => held.has(idOf(record)));
    this.cursorsUsed.add(before);
    if (this.closed) return true;
    const fresh = meets < 0 ? page.filter((record) => !held.has(idOf(record))) : page.slice(0, meets);
    this.records = [...fresh, ...this.records];
    const info = asObject(value['page_info']);
    const next = asId(info['start_cursor']);
    this.closed = info['has_previous_page'] === false;
    this.cursor = this.closed || fresh.length === 0 || next === null || this.cursorsUsed.has(next) ? null : next;
    return true;
  }
}

function idsOfTree(body: JsonObject): Set<string> {
  const ids = new Set<string>();
  for (const [key, node] of Object.entries(asObject(body['mapping']))) {
    ids.add(key);
    const id = asId(asObject(asObject(node)['message'])['id']);
    if (id !== null) ids.add(id);
  }
  return ids;
}

function idsOfRecords(records: unknown): Set<string> {
  return new Set(
    asArray(records)
      .map((record) => asId(asObject(record)['id']))
      .filter((id) => id !== null),
  );
}

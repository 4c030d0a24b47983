/**
 * What a site's own JSON has said of one conversation so far. Bodies come late, twice, out of order, or for an older
 * state of the conversation; a holding takes what makes it truer and leaves the rest.
 */
import type { CapturedConversation } from '../types';
import type { Adapter } from './_adapter';
import type { ObservedRequest } from './_stream';

export interface Holding {
  /** True when the site said that the user asked it not to keep this chat. */
  readonly temporary: boolean;
  /**
   * Takes a body, parsed.
   * - `newest`: it shows the conversation as it is now, so that nothing of what the page alone showed is newer;
   * - `older`: it was an older page, taken or kept for later;
   * - `ignored`: it is of another conversation, of an older state, or not to be read.
   */
  add(request: ObservedRequest, body: unknown): 'newest' | 'older' | 'ignored';
  /** The conversation as far as the bodies go, or null. `capturedAt`: ISO 8601 UTC. */
  read(capturedAt: string): CapturedConversation | null;
  /** True when the bodies leave out messages of the beginning that the site has. */
  readonly open: boolean;
}

/** For a site that gives a conversation in one body. */
export class SingleBodyHolding implements Holding {
  private held: CapturedConversation | null = null;
  temporary = false;

  constructor(
    private readonly adapter: Adapter,
    private readonly id: string,
  ) {}

  get open(): boolean {
    return this.held !== null && this.held.coverage !== 'all';
  }

  add(_request: ObservedRequest, body: unknown): 'newest' | 'ignored' {
    const { conversations } = this.adapter.readJson(body);
    const read = conversations.find((conversation) => conversation.id === this.id);
    // A chat in which nothing was said yet says nothing of what the page shows already.
    if (read === undefined || read.messages.length === 0) return 'ignored';
    if (read.metadata['temporary'] === true) this.temporary = true;
    if (this.held !== null && isOlder(read, this.held)) return 'ignored';
    this.held = read;
    return 'newest';
  }

  read(capturedAt: string): CapturedConversation | null {
    return this.held === null
      ? null
      : {
          ...this.held,
          url: this.adapter.conversationUrl(this.id, this.held.strategy === 'share'),
          captured_at: capturedAt,
        };
  }
}

/** By what the site says, else by whether the one's last message is already part of the other. */
function isOlder(read: CapturedConversation, held: CapturedConversation): boolean {
  if (read.updated_at !== null && held.updated_at !== null && read.updated_at !== held.updated_at)
    return read.updated_at < held.updated_at;
  const head = read.messages.findLast((message) => message.on_active_branch)?.id;
  const heldHead = held.messages.findLast((message) => message.on_active_branch)?.id;
  if (head === undefined || heldHead === undefined || head === heldHead) return false;
  const ids = (conversation: CapturedConversation) => new Set(conversation.messages.map((message) => message.id));
  return ids(held).has(head) && !ids(read).has(heldHead);
}

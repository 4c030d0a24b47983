/**
 * Puts the pages of a conversation together, and the turns that were streamed since. The site gives turns newest first
 * with a token for older ones; which token a page was asked with is not in its address, so pages are joined by their
 * turns: the same turn in both, or a turn that names its parent.
 */
import type { CapturedConversation, ReadWarning } from '../../types';
import type { Holding } from '../_holding';
import type { ObservedRequest } from '../_stream';
import { conversationUrl } from './addresses';
import { conversationOf, type GeminiBody, type Joined, readBody } from './body';
import type { Turn } from './content';

interface Page {
  /** Oldest first. */
  turns: Turn[];
  /** The token for what is before; null at the beginning, undefined where a page does not say (a stream). */
  next: string | null | undefined;
  /** What it was asked with, where that is known. */
  before: string | null;
}

export class GeminiHolding implements Holding {
  temporary = false;
  /** Newest first, without turns in common, joined where that is certain. */
  private pages: Page[] = [];
  private readonly replaced = new Set<string>();
  private title: string | null = null;
  private strategy: 'json-pages' | 'share' | 'stream' = 'stream';

  constructor(private readonly id: string) {}

  get open(): boolean {
    return this.pages.length > 0 && !this.isWhole;
  }

  /** The token for the turns before those that are held together with the newest; null where there is none. */
  get wanted(): string | null {
    return this.pages[0]?.next ?? null;
  }

  add(request: ObservedRequest, value: unknown, warnings: ReadWarning[] = []): 'newest' | 'older' | 'ignored' {
    const body = readBody(value, warnings);
    return body === null ? 'ignored' : this.take(body, request);
  }

  /** As {@link add}, for a body that was read. */
  take(body: GeminiBody, request: Pick<ObservedRequest, 'conversationId' | 'before'>): 'newest' | 'older' | 'ignored' {
    if (body.turns.length === 0) return 'ignored';
    // A shared copy is known by its own id, which only the address says.
    if (body.id !== this.id && !(body.share && request.conversationId === this.id)) return 'ignored';
    this.title = body.title ?? this.title;
    if (body.streamed !== null) return this.addStreamed(body.turns[0], body.streamed.first);
    if (this.strategy === 'stream') this.strategy = body.share ? 'share' : 'json-pages';
    return this.addPage({ turns: body.turns, next: body.next, before: request.before });
  }

  read(capturedAt: string): CapturedConversation | null {
    const joined = this.joined();
    return joined === null ? null : conversationOf(joined, { capturedAt });
  }

  /** The newest turns that certainly follow one another. */
  joined(): Joined | null {
    const [newest] = this.pages;
    if (newest === undefined) return null;
    return {
      id: this.id,
      title: this.title,
      turns: newest.turns,
      coverage: this.isWhole ? 'all' : 'tail',
      strategy: this.strategy,
      url: conversationUrl(this.id, this.strategy === 'share'),
      replaced: this.replaced,
    };
  }

  private get isWhole(): boolean {
    return this.pages.length === 1 && this.pages[0]?.next === null;
  }

  /** An answer just given: the newest turn there is. Without its question it is not a turn, unless it is known. */
  private addStreamed(turn: Turn | undefined, first: boolean | null): 'newest' | 'ignored' {
    const [newest] = this.pages;
    const at = newest?.turns.findIndex((each) => each.id === turn?.id) ?? -1;
    if (turn === undefined || (at < 0 && turn.question === null)) return 'ignored';
    const held = newest?.turns[at];
    if (newest !== undefined && held !== undefined) {
      newest.turns[at] = merge(held, turn);
      return 'newest';
    }
    const follows = newest?.turns.findIndex((each) => each.id === turn.parent) ?? -1;
    if (newest === undefined || (turn.parent !== null && follows < 0)) {
      // It follows something that is not held, or nothing.
      this.pages.unshift({ turns: [turn], next: first === true ? null : undefined, before: null });
      return 'newest';
    }
    // Asked again from an earlier place: what had followed from there was left.
    if (follows >= 0 || first === true) for (const left of newest.turns.slice(follows + 1)) this.replaced.add(left.id);
    newest.turns.push(turn);
    return 'newest';
  }

  private addPage(page: Page): 'newest' | 'older' | 'ignored' {
    const head = this.pages[0]?.turns.at(-1);
    const last = page.turns.at(-1);
    if (last === undefined) return 'ignored';
    const ids = new Set(page.turns.map((turn) => turn.id));
    const holdsHead = head === undefined || ids.has(head.id);
    const known = this.pages.some((each) => each.turns.some((turn) => turn.id === last.id));
    const isNewest = holdsHead || (!known && head !== undefined && isAfter(last, head, page.before));
    const brings =
      page.turns.some((turn) => !this.pages.some((each) => each.turns.some((one) => one.id === turn.id))) ||
      (page.next === null && this.open);
    if (!isNewest && !brings) return 'ignored';
    if (isNewest && head !== undefined) this.markReplaced(ids);
    // What the site gives again is not left.
    for (const id of ids) this.replaced.delete(id);
    if (isNewest) this.pages.unshift(page);
    else this.pages.push(page);
    this.settle();
    return isNewest ? 'newest' : 'older';
  }

  /** A newest page that goes back beyond turns it does not have: they were edited or asked again. */
  private markReplaced(ids: Set<string>): void {
    const [newest] = this.pages;
    if (newest === undefined) return;
    const from = newest.turns.findIndex((turn) => ids.has(turn.id));
    if (from < 0) return;
    for (const turn of newest.turns.slice(from)) if (!ids.has(turn.id)) this.replaced.add(turn.id);
  }

  /** Joins what belongs together, until nothing more does. */
  private settle(): void {
    for (let joined = true; joined;) {
      joined = false;
      for (let newer = 0; newer < this.pages.length && !joined; newer++) {
        for (let older = 0; older < this.pages.length && !joined; older++) {
          const [a, b] = [this.pages[newer], this.pages[older]];
          if (a === undefined || b === undefined || a === b || !joins(a, b)) continue;
          this.pages[newer] = union(a, b);
          this.pages.splice(older, 1);
          joined = true;
        }
      }
    }
  }
}

/** True where `b` is what comes right before `a`, or holds some of the same turns. */
function joins(a: Page, b: Page): boolean {
  if (b.before !== null && b.before === a.next) return true;
  const ids = new Set(b.turns.map((turn) => turn.id));
  if (a.turns.some((turn) => ids.has(turn.id))) return true;
  const parent = a.turns[0]?.parent ?? null;
  return parent !== null && ids.has(parent);
}

/** The newer page's word counts; whichever goes back further says what is before. */
function union(a: Page, b: Page): Page {
  const position = new Map(a.turns.map((turn, index) => [turn.id, index]));
  const common = b.turns.findIndex((turn) => position.has(turn.id));
  const before = common < 0 ? b.turns : b.turns.slice(0, common);
  const further = common < 0 || position.get(b.turns[common]?.id ?? '') === 0;
  const others = new Map(b.turns.map((turn) => [turn.id, turn]));
  const turns = a.turns.map((turn) => {
    const other = others.get(turn.id);
    return other === undefined ? turn : merge(other, turn);
  });
  const missing = b.turns.slice(Math.max(0, common)).filter((turn) => common >= 0 && !position.has(turn.id));
  // Turns that only the older page has after the common one: replaced since, or newer than a late answer knew.
  return {
    turns: further ? [...before, ...place(turns, missing, b.turns)] : place(turns, missing, b.turns),
    next: before.length > 0 || a.next === undefined ? b.next : a.next,
    before: a.before,
  };
}

function place(turns: Turn[], missing: Turn[], order: Turn[]): Turn[] {
  const placed = [...turns];
  for (const turn of missing) {
    const previous = order[order.indexOf(turn) - 1]?.id;
    const at = placed.findIndex((each) => each.id === previous);
    placed.splice(at < 0 ? placed.length : at + 1, 0, turn);
  }
  return placed;
}

/** The same turn twice: the newer answer, the older drafts, and nothing lost that only one of them had. */
function merge(older: Turn, newer: Turn): Turn {
  const ids = new Set(newer.answers.map((answer) => answer.id));
  const kept = older.answers.filter((answer) => !ids.has(answer.id));
  const [first] = newer.answers;
  const was = older.answers.find((answer) => answer.id === first?.id);
  // A late answer that is still being written does not replace the finished one.
  const answers =
    was !== undefined && first !== undefined && was.finished === true && first.finished !== true
      ? [was, ...newer.answers.slice(1)]
      : newer.answers;
  return {
    ...newer,
    parent: newer.parent ?? older.parent,
    question: newer.question ?? older.question,
    answers: [...answers, ...kept],
    model: newer.model ?? older.model,
    time: newer.time ?? older.time,
  };
}

function isAfter(turn: Turn, head: Turn, before: string | null): boolean {
  if (before !== null) return false;
  if (turn.parent === head.id) return true;
  if (turn.time !== null && head.time !== null) return turn.time > head.time;
  return false;
}

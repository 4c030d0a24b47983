/**
 * Puts the pages of a conversation together, and the turns that were streamed since. The site gives turns newest first
 * with a token for older ones. Pages are joined by their turns: the same turn in both, or a turn that names its parent;
 * by their token only where no turn says otherwise, because a token may only count.
 *
 * The site gives a turn one time, the same when it is asked and when it is answered, and the conversation none. Which of
 * two states is the later is told by their last turns: what lacks turns that are held after its last one is earlier; of
 * two last turns the one with the later time is later; of the same turn twice, what lacks the answer that is shown, or
 * has it unfinished or shorter, is earlier.
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
  /** The newest turns that certainly follow one another; among them those that were left, see `replaced`. */
  private newest: Page | null = null;
  /** What nothing joins to the newest yet. */
  private apart: Page[] = [];
  private readonly replaced = new Set<string>();
  private title: string | null = null;
  private strategy: 'json-pages' | 'share' | 'stream' = 'stream';

  constructor(private readonly id: string) {}

  get open(): boolean {
    return this.newest === null ? this.apart.length > 0 : !this.isWhole;
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
    const { newest } = this;
    if (newest === null) return null;
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
    return this.newest?.next === null;
  }

  /** An answer just given: the newest turn there is. Without its question it is not a turn, unless it is known. */
  private addStreamed(turn: Turn | undefined, first: boolean | null): 'newest' | 'ignored' {
    const { newest } = this;
    const at = newest?.turns.findIndex((each) => each.id === turn?.id) ?? -1;
    if (turn === undefined || (at < 0 && turn.question === null)) return 'ignored';
    const held = newest?.turns[at];
    if (newest !== null && held !== undefined) {
      newest.turns[at] = merge(held, turn);
      return 'newest';
    }
    const follows = newest?.turns.findIndex((each) => each.id === turn.parent) ?? -1;
    if (newest === null || (turn.parent !== null && follows < 0) || isOpen(newest.turns[follows])) {
      // It follows something that is not held, or not held as it became: what was read when its answer was being written.
      if (newest !== null) this.apart.unshift(newest);
      this.newest = { turns: [turn], next: first === true ? null : undefined, before: null };
      this.settle();
      return 'newest';
    }
    // Asked again from an earlier place: what had followed from there was left.
    if (follows >= 0 || first === true) for (const left of newest.turns.slice(follows + 1)) this.replaced.add(left.id);
    newest.turns.push(turn);
    return 'newest';
  }

  private addPage(page: Page): 'newest' | 'older' | 'ignored' {
    // What was asked for with a token has newer turns after it, known or not.
    if (page.before === null && this.order(page) >= 0) {
      const held = this.newest;
      // What the site gives again is not left.
      for (const turn of page.turns) this.replaced.delete(turn.id);
      this.newest = page;
      if (held !== null && !this.takeOver(page, held)) this.apart.unshift(held);
      this.settle();
      return 'newest';
    }
    const isNew = (turn: Turn): boolean =>
      ![this.newest, ...this.apart].some((each) => each !== null && has(each, turn.id));
    if (!page.turns.some(isNew) && !(page.next === null && this.open)) return 'ignored';
    this.apart.push(page);
    this.settle();
    return 'older';
  }

  /** Above 0 where a page shows a later state than what is held, below 0 where an earlier one. */
  private order({ turns }: Page): number {
    const head = this.newest?.turns.findLast((turn) => !this.replaced.has(turn.id));
    const last = turns.at(-1);
    if (head === undefined || last === undefined) return 1;
    if (last.id === head.id) return orderOfAnswers(last, head);
    if (last.parent === head.id || turns.some((turn) => turn.id === head.id)) return 1;
    if (this.replaced.has(last.id) || [this.newest, ...this.apart].some((each) => each !== null && has(each, last.id)))
      return -1;
    return last.time !== null && head.time !== null && last.time > head.time ? 1 : -1;
  }

  /**
   * Takes what was held into the page that comes now. What the page goes back beyond and does not have was edited or
   * asked again. False where they have nothing to do with each other, as far as is known.
   */
  private takeOver(page: Page, held: Page): boolean {
    const common = held.turns.findIndex((turn) => has(page, turn.id));
    const parent = held.turns.findIndex((turn) => turn.id === page.turns[0]?.parent);
    const from = common >= 0 ? common : parent >= 0 ? parent + 1 : -1;
    const extended = extend(page, held);
    if (extended === null) return false;
    const left = from < 0 ? [] : held.turns.slice(from).filter((turn) => !has(page, turn.id));
    for (const turn of left) this.replaced.add(turn.id);
    this.newest = { ...extended, turns: place(extended.turns, left, held.turns) };
    return true;
  }

  /** Puts before the newest what belongs there, until nothing more does. */
  private settle(): void {
    for (let joined = true; joined;) {
      joined = false;
      for (const page of this.apart) {
        const extended = this.newest === null ? null : extend(this.newest, page);
        if (extended === null) continue;
        this.newest = extended;
        this.apart = this.apart.filter((each) => each !== page);
        joined = true;
      }
    }
  }
}

function has(page: Page, id: string): boolean {
  return page.turns.some((turn) => turn.id === id);
}

/**
 * A page with what an older one has before it; whichever goes back further says what is before that. What the older one
 * has after the place where they meet was left since, or the page would have it.
 *
 * @returns null where nothing says that they meet.
 */
function extend(page: Page, older: Page): Page | null {
  const [first] = page.turns;
  if (first === undefined) return null;
  const others = new Map(older.turns.map((turn, index) => [turn.id, index]));
  const meets = page.turns.find((turn) => others.has(turn.id));
  let to = meets === first ? (others.get(first.id) ?? 0) : 0;
  if (meets === undefined) {
    const parent = first.parent === null ? undefined : others.get(first.parent);
    const byToken = first.parent === null && older.before !== null && older.before === page.next;
    if (parent === undefined && !byToken) return null;
    // The last turn of its time, read before it had its answer: what it became is to be read again.
    if (older.before === null && parent === older.turns.length - 1 && isOpen(older.turns[parent])) return null;
    to = parent === undefined ? older.turns.length : parent + 1;
  }
  const turns = page.turns.map((turn) => {
    const other = older.turns[others.get(turn.id) ?? -1];
    return other === undefined ? turn : merge(other, turn);
  });
  let { next } = page;
  if (to > 0) next = older.next;
  else if (meets === first && next !== null && older.next !== undefined)
    next = older.next === null ? null : (next ?? older.next);
  return { turns: [...older.turns.slice(0, to), ...turns], next, before: page.before };
}

/** Its answer was still to come, as far as the site said. */
function isOpen(turn: Turn | undefined): boolean {
  return turn !== undefined && (turn.answers[0]?.finished ?? turn.answers.length > 0) === false;
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

/** Of two states of the last turn; 0 where nothing tells them apart. */
function orderOfAnswers(given: Turn, held: Turn): number {
  const [shown] = held.answers;
  if (shown === undefined) return 0;
  const same = given.answers.find((answer) => answer.id === shown.id);
  if (same === undefined)
    return given.answers.some((answer) => held.answers.every(({ id }) => id !== answer.id)) ? 1 : -1;
  // Another answer is shown than before: the one that is held is a draft now.
  if (given.answers[0] !== same) return 0;
  if (same.finished === true || shown.finished === true)
    return Number(same.finished === true) - Number(shown.finished === true);
  return Math.sign(same.markdown.length - shown.markdown.length);
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

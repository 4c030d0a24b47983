/**
 * What was sent, what was acknowledged, and what must therefore be there after any kill. Pure: it makes captures and
 * judges what was read; the browser is elsewhere.
 */
import type { Capture, CapturedConversation, CapturedMessage, CapturedPage } from '../../engine/capture/types';
import type { Random } from './random';

/** A message as the audit compares it, in the order it is shown. */
export interface Shown {
  id: string;
  role: string;
  markdown: string;
  finished: boolean;
}

/** What the engine showed of one document; null when it has none. */
export type Seen = { id: string; messages: Shown[] } | null;

/** One capture on its way, and what a reader must be shown once it is stored. */
export interface Sending {
  capture: Capture;
  shown: Shown[];
}

interface Document {
  source: string;
  external_id: string;
  /** The newest acknowledged version, or what the last audit found; null before the first acknowledgement. */
  held: Shown[] | null;
  /** The conversation as it stands at `held`, which the next capture grows from. */
  branch: CapturedMessage[];
  /** Sent and not answered: after a kill it may be there or not, but not in part. */
  sent: { shown: Shown[]; branch: CapturedMessage[] } | null;
  deletion: 'none' | 'asked' | 'done';
  /** Every version that was sent, with the moments (epoch ms) between which it was acknowledged. */
  history: Array<{ shown: Shown[]; sent_at: number; acknowledged_at: number | null }>;
  /** Captured or deleted since the last audit. */
  touched: boolean;
}

export interface Verdict {
  lost: string[];
  duplicated: string[];
  /** Deleted, acknowledged as such, and there again. */
  returned: string[];
}

const WORDS =
  'tide lantern oolong quarry ferment basalt sparrow ledger cinnamon harbour velvet monsoon rye glacier thimble orchard copper meadow saffron drift kiln marrow pebble anvil clover dusk ember fathom gable heron'.split(
    ' ',
  );
const START = Date.UTC(2026, 0, 5);

export class Ledger {
  readonly #random: Random;
  readonly #documents = new Map<string, Document>();
  #counter = 0;
  #clock = START;
  acknowledged = 0;
  /**
   * Given straight to the engine and not answered. A kill may have left such a capture stored in part, which nobody
   * was promised otherwise; who sent it sends it again, and then it must be there whole and once.
   */
  unanswered: Sending[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * The next capture of a conversation that has none under way: a new one, one that grew, was answered anew, was
   * edited, is half written, or is seen again in part; now and then a page.
   */
  next(): Sending {
    const random = this.#random;
    const free = [...this.#documents.values()].filter(
      (document) => document.source === 'chatgpt' && document.sent === null && document.deletion === 'none',
    );
    let sending: Sending;
    if (random.chance(0.06)) sending = this.#page();
    else if (free.length === 0 || random.chance(0.4)) sending = this.#begin();
    else sending = this.#continue(random.pick(free));
    return sending;
  }

  /** The engine, or the outbox, said that it is kept. */
  acknowledge({ capture }: Sending): void {
    const document = this.#of(capture);
    if (!document.sent) throw new Error(`${capture.id} was acknowledged and never sent`);
    document.held = document.sent.shown;
    document.branch = document.sent.branch;
    document.sent = null;
    const version = document.history.at(-1);
    if (version) version.acknowledged_at = Date.now();
    this.acknowledged += 1;
  }

  /** The ledger as it stood at an earlier moment (epoch ms): for a power loss that comes before the end of a run. */
  at(moment: number): Ledger {
    const past = new Ledger(this.#random);
    for (const [key, document] of this.#documents) {
      const known = document.history.filter(({ sent_at }) => sent_at <= moment);
      const kept = known.filter(({ acknowledged_at }) => acknowledged_at !== null && acknowledged_at <= moment);
      const last = known.at(-1);
      if (!last) continue;
      const held = kept.at(-1)?.shown ?? null;
      past.#documents.set(key, {
        ...document,
        held,
        branch: [],
        sent: last.shown === held ? null : { shown: last.shown, branch: [] },
        deletion: 'none',
        history: [],
        touched: true,
      });
      past.acknowledged += kept.length;
    }
    return past;
  }

  /** Documents that could be deleted now: kept whole, with nothing under way. */
  deletable(count: number): string[] {
    const live = [...this.#documents.values()].filter(
      (document) => document.deletion === 'none' && document.held && !document.sent,
    );
    const chosen = new Set<string>();
    for (let tries = 0; tries < count * 3 && chosen.size < count && live.length > 0; tries++) {
      const { source, external_id } = this.#random.pick(live);
      chosen.add(keyOf(source, external_id));
    }
    return [...chosen];
  }

  askDeletion(keys: string[]): void {
    for (const key of keys) Object.assign(this.#get(key), { deletion: 'asked', touched: true });
  }

  deleted(keys: string[]): void {
    for (const key of keys) this.#get(key).deletion = 'done';
  }

  /** What to read: everything, or only what was touched since the last audit. */
  keys(which: 'all' | 'touched'): string[] {
    return [...this.#documents].filter(([, { touched }]) => which === 'all' || touched).map(([key]) => key);
  }

  /** Judges what was read and takes it as what is held from here on, so that one fault is counted once. */
  judge(seen: Map<string, Seen>): Verdict {
    const verdict: Verdict = { lost: [], duplicated: [], returned: [] };
    for (const [key, found] of seen) {
      const document = this.#get(key);
      judgeOne(key, document, found, verdict);
      settle(document, found);
      if (document.held === null && document.deletion !== 'done') this.#documents.delete(key);
    }
    return verdict;
  }

  /** Documents and shown messages that should be there, by the engine's own count. Valid after {@link judge}. */
  expected(): { documents: number; messages: number } {
    const live = [...this.#documents.values()].filter(({ deletion, held }) => deletion === 'none' && held);
    return { documents: live.length, messages: live.reduce((sum, { held }) => sum + (held?.length ?? 0), 0) };
  }

  /** A word that only one message has, and that message: what a search for it must bring. */
  aWordOf(count: number): Array<{ word: string; key: string; message: string }> {
    const live = [...this.#documents].filter(([, { deletion, held }]) => deletion === 'none' && held);
    if (live.length === 0) return [];
    return Array.from({ length: count }, () => {
      const [key, document] = this.#random.pick(live);
      const message = this.#random.pick(document.held ?? []);
      // what is still being written is not searched
      const word = message.finished ? (/^\S+/.exec(message.markdown)?.[0] ?? '') : '';
      return { word, key, message: message.id };
    }).filter(({ word }) => word !== '');
  }

  #get(key: string): Document {
    const document = this.#documents.get(key);
    if (!document) throw new Error(`${key} is not in the ledger`);
    return document;
  }

  #of(capture: Capture): Document {
    return this.#get(keyOf(capture.kind === 'conversation' ? capture.site : 'web', capture.id));
  }

  #begin(): Sending {
    const id = this.#id('c');
    const document: Document = {
      source: 'chatgpt',
      external_id: id,
      held: null,
      branch: [],
      sent: null,
      deletion: 'none',
      history: [],
      touched: true,
    };
    this.#documents.set(keyOf('chatgpt', id), document);
    const branch = this.#turns(null, this.#random.between(1, 3));
    return this.#send(document, branch, branch, { coverage: 'all' });
  }

  #continue(document: Document): Sending {
    const random = this.#random;
    const before = document.branch;
    const last = before.at(-1);
    if (!last) return this.#grow(document);
    if (!last.finished) {
      // the answer that was being written is written to its end
      const whole = { ...last, finished: true, markdown: `${last.markdown} ${this.#prose()}` };
      const branch = [...before.slice(0, -1), whole];
      return this.#send(document, branch, branch, { coverage: 'all' });
    }
    const kind = random.next();
    if (kind < 0.4) return this.#grow(document);
    if (kind < 0.55) {
      // an answer that is still being written
      const [question, answer] = this.#turns(last.id, 1);
      if (!question || !answer) throw new Error('a turn has two messages');
      const branch = [...before, question, { ...answer, finished: false }];
      return this.#send(document, branch, branch, { coverage: 'all' });
    }
    if (kind < 0.75) {
      // regenerated: another answer in the place of the last
      const answer = this.#message('assistant', last.parent_id);
      const branch = [...before.slice(0, -1), answer];
      return this.#send(document, branch, [...branch, { ...last, on_active_branch: false }], { coverage: 'all' });
    }
    if (kind < 0.9) {
      // edited: a question in the middle is another one, and what came after it is gone from the page
      const at = 2 * random.between(0, Math.floor((before.length - 1) / 2));
      const branch = [...before.slice(0, at), ...this.#turns(before[at]?.parent_id ?? null, 1)];
      return this.#send(document, branch, branch, { coverage: 'all' });
    }
    // scrolled past: some of what is known, read from the page; it says nothing new
    const start = random.between(0, before.length - 1);
    return this.#send(document, before, before.slice(start, start + 3), { coverage: 'some', strategy: 'dom' });
  }

  #grow(document: Document): Sending {
    const before = document.branch;
    const branch = [...before, ...this.#turns(before.at(-1)?.id ?? null, this.#random.between(1, 2))];
    if (before.length > 2 && this.#random.chance(0.5)) {
      const tail = branch.slice(this.#random.between(1, before.length));
      return this.#send(document, branch, tail, { coverage: 'tail', strategy: 'json-pages' });
    }
    return this.#send(document, branch, branch, { coverage: 'all' });
  }

  #send(
    document: Document,
    branch: CapturedMessage[],
    messages: CapturedMessage[],
    how: Pick<CapturedConversation, 'coverage'> & Partial<CapturedConversation>,
  ): Sending {
    const now = this.#now();
    const shown = branch.map(toShown);
    document.sent = { shown, branch };
    document.history.push({ shown, sent_at: Date.now(), acknowledged_at: null });
    document.touched = true;
    const capture: CapturedConversation = {
      kind: 'conversation',
      site: 'chatgpt',
      id: document.external_id,
      url: `https://chatgpt.com/c/${document.external_id}`,
      title: `About ${document.external_id}`,
      created_at: branch[0]?.created_at ?? now,
      updated_at: now,
      captured_at: now,
      strategy: 'json-tree',
      complete: how.coverage !== 'some' && branch.at(-1)?.finished === true,
      messages,
      metadata: {},
      ...how,
    };
    return { capture, shown };
  }

  #page(): Sending {
    const id = `https://example.org/${this.#id('p')}`;
    const message = this.#message('user', null);
    const shown = [toShown(message)];
    this.#documents.set(keyOf('web', id), {
      source: 'web',
      external_id: id,
      held: null,
      branch: [],
      sent: { shown, branch: [] },
      deletion: 'none',
      history: [{ shown, sent_at: Date.now(), acknowledged_at: null }],
      touched: true,
    });
    const now = this.#now();
    const capture: CapturedPage = {
      kind: 'page',
      origin: 'page',
      id,
      url: id,
      title: `Page ${id}`,
      author: null,
      site_name: null,
      language: 'en',
      published_at: null,
      captured_at: now,
      markdown: message.markdown,
      note: null,
      metadata: {},
    };
    return { capture, shown };
  }

  #turns(parent: string | null, count: number): CapturedMessage[] {
    const turns: CapturedMessage[] = [];
    for (let turn = 0; turn < count; turn++) {
      const question = this.#message('user', turns.at(-1)?.id ?? parent);
      turns.push(question, this.#message('assistant', question.id));
    }
    return turns;
  }

  #message(role: 'user' | 'assistant', parent: string | null): CapturedMessage {
    return {
      id: this.#id('m'),
      parent_id: parent,
      role,
      author: null,
      model: role === 'assistant' ? 'gpt-5-5' : null,
      created_at: this.#now(),
      markdown: this.#prose(),
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    };
  }

  /** Begins with a word of its own. Most are short, a few are as long as a pasted file. */
  #prose(): string {
    const random = this.#random;
    const own = `w${(++this.#counter).toString(36)}q${random.between(1000, 9999)}`;
    const length = random.chance(0.02) ? random.between(2_000, 5_000) : random.between(5, 150);
    const words = Array.from({ length }, () => random.pick(WORDS));
    const lines: string[] = [];
    while (words.length > 0) lines.push(words.splice(0, random.between(8, 40)).join(' '));
    if (random.chance(0.1)) lines.push('```python', `print("${own}")`, '```');
    return `${own} ${lines.join('.\n\n')}`;
  }

  #id(kind: string): string {
    const hex = () => this.#random.between(0, 0xffff).toString(16).padStart(4, '0');
    return `${kind}${(++this.#counter).toString(36)}-${hex()}${hex()}`;
  }

  /** Ever later, a minute at least, so that no two things have one time. */
  #now(): string {
    this.#clock += this.#random.between(60_000, 120_000);
    return new Date(this.#clock).toISOString();
  }
}

export function keyOf(source: string, externalId: string): string {
  return `${source} ${externalId}`;
}

export function fromKey(key: string): { source: string; external_id: string } {
  const space = key.indexOf(' ');
  return { source: key.slice(0, space), external_id: key.slice(space + 1) };
}

function toShown({ id, role, markdown, finished }: CapturedMessage): Shown {
  return { id, role, markdown, finished };
}

function judgeOne(key: string, document: Document, found: Seen, verdict: Verdict): void {
  if (document.deletion === 'done') {
    if (found) verdict.returned.push(`${key} was deleted and is there`);
    return;
  }
  if (!found) {
    if (document.held && document.deletion === 'none') verdict.lost.push(`${key} is not there`);
    return;
  }
  const ids = found.messages.map(({ id }) => id);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  if (twice.length > 0) verdict.duplicated.push(`${key} shows ${twice.join(', ')} twice`);
  const allowed = [document.held, document.sent?.shown].filter((version) => version !== null && version !== undefined);
  if (!allowed.some((version) => same(version, found.messages, key)))
    verdict.lost.push(`${key} ${difference(document.held ?? document.sent?.shown ?? [], found.messages, key)}`);
}

/** From here on what is there is what is expected. */
function settle(document: Document, found: Seen): void {
  if (document.deletion === 'asked') document.deletion = found ? 'none' : 'done';
  const { sent } = document;
  const isPage = document.source === 'web';
  if (found && sent && same(sent.shown, found.messages, isPage ? 'web' : '')) {
    document.held = sent.shown;
    document.branch = sent.branch;
  } else if (!found) {
    document.held = null;
    document.branch = [];
  } else if (!document.held || !same(document.held, found.messages, isPage ? 'web' : '')) {
    document.held = found.messages;
    document.branch = document.branch.filter(({ id }) => found.messages.some((message) => message.id === id));
  }
  document.sent = null;
  document.touched = false;
}

/** A page's one message has an id and a role of the engine's making; its text is what counts. */
function same(expected: Shown[], found: Shown[], key: string): boolean {
  const isPage = key.startsWith('web');
  return (
    expected.length === found.length &&
    expected.every((message, index) => {
      const other = found[index];
      if (other?.markdown !== message.markdown || other.finished !== message.finished) return false;
      return isPage || (other.id === message.id && other.role === message.role);
    })
  );
}

function difference(expected: Shown[], found: Shown[], key: string): string {
  if (expected.length !== found.length)
    return `shows ${found.length} messages (${found.map(({ id }) => id).join(' ')}), not ${expected.length} (${expected.map(({ id }) => id).join(' ')})`;
  const at = expected.findIndex((message, index) => !same([message], found.slice(index, index + 1), key));
  const [wanted, got] = [expected[at], found[at]];
  if (!wanted || !got) return 'is as it should be';
  if (wanted.id !== got.id) return `shows ${got.id} in place ${at}, not ${wanted.id}`;
  if (wanted.finished !== got.finished) return `says finished ${String(got.finished)} of ${got.id}`;
  return `has ${got.markdown.length} characters of ${got.id}, not ${wanted.markdown.length}`;
}

/** Conversations that are invented, what of them was acknowledged, and what must therefore be there after any kill. Pure. */
import type { CapturedConversation } from '../../engine/capture/types';
import type { SiteConversation } from '../harness/chatgpt-site';
import { keyOf, type Seen, type Verdict } from './ledger';
import type { Random } from './random';

/** A conversation of which every message begins with a word of its own. */
export interface Talk {
  id: string;
  title: string;
  /** Epoch seconds. */
  at: number;
  said: string[];
}

const WORDS =
  'tide lantern oolong quarry ferment basalt sparrow ledger cinnamon harbour velvet monsoon rye glacier thimble orchard copper meadow saffron drift kiln marrow pebble anvil clover dusk ember fathom gable heron'.split(
    ' ',
  );
const START = Date.UTC(2026, 0, 5) / 1_000;
const GROWN = 0.3;

export class World {
  readonly #random: Random;
  #counter = 0;
  /** What must be there, by key. */
  #said = new Map<string, string[]>();
  /** Captured and not answered: it may be there too, or instead. */
  #sent = new Map<string, string[]>();
  #gone = new Set<string>();
  /** What came by a capture and may be deleted or go on. */
  #captured = new Map<string, Talk>();
  acknowledged = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#said.size;
  }

  talks(count: number): Talk[] {
    return Array.from({ length: count }, () => {
      const number = ++this.#counter;
      return {
        id: idOf(number),
        title: `Talk ${number}`,
        at: START + number * 600,
        said: Array.from({ length: 2 * this.#random.between(1, 3) }, () => this.#prose()),
      };
    });
  }

  /** The next capture: a new conversation, or one that went on. */
  next({ grown }: { grown: boolean }): Talk {
    const free = [...this.#captured].filter(([one]) => grown && !this.#sent.has(one) && this.#said.has(one));
    const talk = free.length > 0 && this.#random.chance(GROWN) ? this.#grown(free) : this.talks(1)[0];
    if (!talk) throw new Error('There is nothing to say.');
    this.#sent.set(key(talk), talk.said);
    this.#captured.set(key(talk), talk);
    return talk;
  }

  kept(talks: Talk[]): void {
    for (const talk of talks) {
      this.#said.set(key(talk), talk.said);
      this.#sent.delete(key(talk));
    }
    this.acknowledged += talks.length;
  }

  capturedToo(talks: Talk[]): void {
    for (const talk of talks) this.#captured.set(key(talk), talk);
    this.kept(talks);
  }

  /** Some that may be deleted, by key. */
  deletable(share: number): string[] {
    return [...this.#captured.keys()].filter((one) => this.#said.has(one) && this.#random.chance(share));
  }

  deleted(keys: string[]): void {
    for (const one of keys) {
      this.#said.delete(one);
      this.#captured.delete(one);
      this.#gone.add(one);
    }
  }

  /** As it stands; see {@link become}. */
  now(): Map<string, string[]> {
    return new Map(this.#said);
  }

  become(said: Map<string, string[]>): void {
    this.#said = new Map(said);
    this.#sent.clear();
  }

  keys(): string[] {
    return [...new Set([...this.#said.keys(), ...this.#sent.keys(), ...this.#gone])];
  }

  /** Judges what was read and takes it as what is held from here on, so that one fault is counted once. */
  judge(seen: Map<string, Seen>): Verdict {
    const verdict: Verdict = { lost: [], duplicated: [], returned: [] };
    for (const [one, found] of seen) {
      const [held, sent] = [this.#said.get(one), this.#sent.get(one)];
      const texts = textsOf(found);
      if (this.#gone.has(one) && texts) verdict.returned.push(`${one} was deleted and is there`);
      else if (held && !texts) verdict.lost.push(`${one} is not there`);
      else if (texts && ![held, sent].some((said) => said && same(said, texts)))
        verdict.lost.push(`${one} has ${texts.length} messages, not ${(held ?? sent ?? []).length}`);
      const ids = found?.messages.map(({ id }) => id) ?? [];
      if (new Set(ids).size < ids.length) verdict.duplicated.push(`${one} shows a message twice`);
      if (texts) this.#said.set(one, texts);
      else this.#said.delete(one);
    }
    this.#sent.clear();
    return verdict;
  }

  messages(): number {
    return [...this.#said.values()].reduce((sum, said) => sum + said.length, 0);
  }

  /** A word that only one message of these has. */
  aWordOf(said: Map<string, string[]>): { key: string; word: string } {
    const [one, texts] = this.#random.pick([...said]);
    return { key: one, word: this.#random.pick(texts).split(' ', 1)[0] ?? '' };
  }

  #grown(free: Array<[string, Talk]>): Talk {
    const [one, talk] = this.#random.pick(free);
    const said = [...(this.#said.get(one) ?? talk.said), this.#prose(), this.#prose()];
    return { ...talk, at: talk.at + 60, said };
  }

  #prose(): string {
    const random = this.#random;
    const own = `w${(++this.#counter).toString(36)}q${random.between(1000, 9999)}`;
    const length = random.chance(0.03) ? random.between(1_000, 3_000) : random.between(5, 150);
    return [own, ...Array.from({ length }, () => random.pick(WORDS))].join(' ');
  }
}

export const key = ({ id }: Talk) => keyOf('chatgpt', id);
export const saidOf = (talks: Talk[]) => new Map(talks.map((talk) => [key(talk), talk.said]));
export const textsOf = (seen: Seen | undefined) => seen?.messages.map(({ markdown }) => markdown) ?? null;
export const same = (one: string[], other: string[]) =>
  one.length === other.length && one.every((text, index) => text === other[index]);

export function captureOf(talk: Talk): CapturedConversation {
  const at = (turn: number) => new Date((talk.at + turn) * 1_000).toISOString();
  const said = talk.said.length;
  return {
    kind: 'conversation',
    site: 'chatgpt',
    id: talk.id,
    url: `https://chatgpt.com/c/${talk.id}`,
    title: talk.title,
    created_at: at(0),
    updated_at: at(said),
    captured_at: at(said + 1),
    strategy: 'json-tree',
    coverage: 'all',
    complete: true,
    messages: talk.said.map((markdown, turn) => ({
      id: messageId(talk, turn),
      parent_id: turn === 0 ? null : messageId(talk, turn - 1),
      role: turn % 2 === 0 ? 'user' : 'assistant',
      author: null,
      model: null,
      created_at: at(turn),
      markdown,
      finished: true,
      on_active_branch: true,
      attachments: [],
      metadata: {},
    })),
    metadata: {},
  };
}

export function siteConversationOf(talk: Talk): SiteConversation {
  return {
    id: talk.id,
    title: talk.title,
    messages: talk.said.map((text, turn) => ({
      id: messageId(talk, turn),
      role: turn % 2 === 0 ? 'user' : 'assistant',
      text,
      time: talk.at + turn,
    })),
  };
}

const idOf = (number: number) => `0c0ffee0-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
const messageId = ({ id }: Talk, turn: number) => id.replace('-8000-', `-9${String(turn).padStart(3, '0')}-`);

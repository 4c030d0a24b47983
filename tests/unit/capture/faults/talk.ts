import type { Adapter } from '../../../../engine/capture';

/** A conversation as a site has it: every branch, each message as far as it is written. Plain data, never changed. */
export interface Said {
  /** Names it, and begins its words: `Q7`, `A8`. */
  key: string;
  /** From 1, in the order they were made. */
  number: number;
  parent: string | null;
  role: 'user' | 'assistant';
  text: string;
  /** The site writes no more of it. */
  done: boolean;
  /** Epoch seconds by the site's clock. */
  time: number;
}

export interface Talk {
  /** 16 hex digits: what every site takes for an id. */
  id: string;
  title: string;
  said: Said[];
  /** The message that the page shows last. */
  head: string | null;
  /** Epoch seconds by the site's clock: the last change. */
  updated: number;
}

/** The shown branch, from its beginning. */
export function shown(talk: Talk): Said[] {
  const byKey = new Map(talk.said.map((each) => [each.key, each]));
  const branch: Said[] = [];
  for (let at = byKey.get(talk.head ?? ''); at !== undefined; at = byKey.get(at.parent ?? '')) branch.push(at);
  return branch.reverse();
}

/** Another message at the end of the branch that ends in `parent`. */
export function say(talk: Talk, said: Omit<Said, 'number'>): Talk {
  const made = { ...said, number: talk.said.length + 1 };
  return { ...talk, said: [...talk.said, made], head: said.key, updated: Math.max(talk.updated, said.time) };
}

export function write(talk: Talk, key: string, text: string, done: boolean, time: number): Talk {
  return {
    ...talk,
    said: talk.said.map((each) => (each.key === key ? { ...each, text, done } : each)),
    updated: Math.max(talk.updated, time),
  };
}

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (unit) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[unit] ?? unit);

/** Paragraphs as pages draw them. */
export const paragraphs = (text: string, attributes = ''): string =>
  text
    .split('\n\n')
    .map((part) => `<p${attributes}>${escaped(part)}</p>`)
    .join('');

export interface Body {
  url: string;
  method: string;
  /** The form that is sent, where it says which page is asked for. */
  sent?: string;
  text: string;
}

/** How one site puts a conversation into bodies, a stream and a page: all that a suite needs to know of it. */
export interface FaultSite {
  name: string;
  adapter: Adapter;
  pageUrl(id: string): string;
  /** A page of the site that shows no conversation. */
  elsewhere: string;
  /** The bodies that say all of a conversation, newest first. */
  bodies(talk: Talk): Body[];
  /** The request that writes the answer `answer` is, and what comes back, cut into pieces; the last one says it is over. */
  stream(talk: Talk, answer: Said): { url: string; sent: string; pieces: string[] };
  /** The page with the turns from `from` to `to` (places in the shown branch, `to` not included). */
  page(talk: Talk, from: number, to: number, streaming: boolean): string;
  /** Which question of the branch can be asked in other words: any, or only the last. */
  edits: 'any' | 'last';
  /** The page says, without a stream, that an answer is being written. */
  marks: boolean;
  /** The page names its messages, so that a conversation that is shown under another's address is known. */
  namesMessages: boolean;
}

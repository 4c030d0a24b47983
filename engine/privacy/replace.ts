/**
 * Placeholders in the place of what is personal, and back. The same text gets the same placeholder for as long as the key
 * and the chat are the same; nothing is stored, and without the key a placeholder does not tell what it stands for.
 */
import { findPersonal } from './find';
import type { PersonalKind } from './spans';

/** A text that does not leave, and what goes in its place. */
export interface Replaced {
  kind: PersonalKind | 'text';
  placeholder: string;
  text: string;
}

const LABELS: Record<Replaced['kind'], string> = {
  name: 'PERSON',
  email: 'EMAIL',
  phone: 'PHONE',
  address: 'ADDRESS',
  card: 'CARD',
  iban: 'IBAN',
  key: 'KEY',
  id: 'ID',
  // what looked like a placeholder before
  text: 'TEXT',
};
/** Letters that make no words. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const CODE = 4;
const ANY = `(?:${Object.values(LABELS).join('|')})`;
/** As models write them: in other case, the mark escaped for Markdown, or left out. */
const PLACEHOLDER = new RegExp(
  `(?<![\\p{L}\\p{N}])(${ANY})(?:\\\\?_|-| )([${LETTERS}]{${CODE}})(?![\\p{L}\\p{N}_])`,
  'giu',
);
/** Between texts, so that nothing is found across two of them. */
const BETWEEN = '\n\u0000\n';

export interface ReplaceOptions {
  /** HMAC, SHA-256. */
  key: CryptoKey;
  /** What the chat is told from others by. */
  chat: string;
  /** Names of people that the texts may name. */
  known?: Iterable<string>;
}

/** The texts with placeholders, and what stands for what, in the order in which it first stands there. */
export async function replacePersonal(
  texts: string[],
  { key, chat, known = [] }: ReplaceOptions,
): Promise<{ texts: string[]; replaced: Replaced[] }> {
  const whole = texts.join(BETWEEN);
  const found = findPersonal(whole, known).filter(({ start, end }) => !whole.slice(start, end).includes('\u0000'));
  const literal = [...whole.matchAll(PLACEHOLDER)].map(({ 0: text, index }) => ({
    kind: 'text' as const,
    start: index,
    end: index + text.length,
  }));
  const spans = [
    ...found.filter((span) => !literal.some(({ start, end }) => span.start < end && start < span.end)),
    ...literal,
  ].toSorted((a, b) => a.start - b.start);
  // Each word of a name has its own, so that "Ana" is seen to be the Ana of "Ana Novak".
  const pieces = spans.flatMap((span) => (span.kind === 'name' ? wordsOfName(whole, span) : [span]));

  const replaced = new Map<string, Replaced>();
  const taken = new Map<string, string>();
  let out = '';
  let at = 0;
  for (const { kind, start, end } of pieces) {
    const text = whole.slice(start, end);
    const id = `${kind}\u0000${kind === 'name' ? text.normalize('NFC').toLowerCase() : text}`;
    let one = replaced.get(id);
    if (!one) {
      one = { kind, text, placeholder: await placeholderFor(LABELS[kind], id, { key, chat }, taken) };
      replaced.set(id, one);
      taken.set(one.placeholder, id);
    } else if (/^\p{Lu}\p{Ll}/u.test(text)) one.text = text; // it is put back as names are written
    out += whole.slice(at, start) + one.placeholder;
    at = end;
  }
  out += whole.slice(at);
  return { texts: out.split(BETWEEN), replaced: [...replaced.values()] };
}

function wordsOfName(whole: string, span: { start: number; end: number }) {
  return [...whole.slice(span.start, span.end).matchAll(/\S+/gu)]
    .filter(([word]) => !/^\p{Ll}+\.?$/u.test(word) || !/\s/u.test(whole.slice(span.start, span.end)))
    .map((match) => ({
      kind: 'name' as const,
      start: span.start + match.index,
      end: span.start + match.index + match[0].length,
    }));
}

async function placeholderFor(
  label: string,
  id: string,
  { key, chat }: Pick<ReplaceOptions, 'key' | 'chat'>,
  taken: ReadonlyMap<string, string>,
): Promise<string> {
  for (let turn = 0; ; turn++) {
    const said = new TextEncoder().encode(`${chat}\u0000${id}\u0000${turn}`);
    const bytes = new Uint8Array(await crypto.subtle.sign('HMAC', key, said));
    const code = [...bytes.subarray(0, CODE)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const placeholder = `${label}_${code}`;
    if (!taken.has(placeholder)) return placeholder;
  }
}

/** What placeholders stand for, put in their place. One that was not given out stays. */
export function putBack(text: string, replaced: Replaced[]): string {
  const by = new Map(replaced.map((one) => [one.placeholder, one.text]));
  return text.replace(
    PLACEHOLDER,
    (whole: string, label: string, code: string) => by.get(`${label.toUpperCase()}_${code.toUpperCase()}`) ?? whole,
  );
}

/** The same for a text that comes in pieces: what may be the beginning of a placeholder is held until it is told. */
export async function* putBackStream(pieces: AsyncIterable<string>, replaced: Replaced[]): AsyncGenerator<string> {
  if (replaced.length === 0) {
    yield* pieces;
    return;
  }
  let held = '';
  try {
    for await (const piece of pieces) {
      held += piece;
      const until = held.length - pending(held);
      if (until > 0) {
        yield putBack(held.slice(0, until), replaced);
        held = held.slice(until);
      }
    }
  } catch (error) {
    // The words that came before a fault are kept.
    if (held !== '') yield putBack(held, replaced);
    throw error;
  }
  if (held !== '') yield putBack(held, replaced);
}

const TAIL = new RegExp(`(?<![\\p{L}\\p{N}])(\\p{L}{1,7}(?:\\\\_?|[_ -])?[${LETTERS}]{0,${CODE}})$`, 'iu');

/** Characters at the end that may become a placeholder, or are one whose end is not certain yet. */
function pending(text: string): number {
  const tail = TAIL.exec(text)?.[1] ?? '';
  const read = tail.toUpperCase().replace(/\\_?|[ -]/u, '_');
  const may = Object.values(LABELS).some((label) => `${label}_`.startsWith(read) || read.startsWith(`${label}_`));
  return tail !== '' && may ? tail.length : 0;
}

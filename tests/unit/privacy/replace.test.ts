import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { putBack, putBackStream, type Replaced, replacePersonal } from '../../../engine/privacy/replace';
import { markedLines } from './personal-lines';

let key: CryptoKey;
const newKey = () => crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
beforeAll(async () => {
  key = await newKey();
});
const replace = (...texts: string[]) => replacePersonal(texts, { key, chat: 'Who comes?' });
async function streamed(pieces: string[], replaced: Replaced[]): Promise<string[]> {
  const out: string[] = [];
  const source = (async function* () {
    yield* pieces;
  })();
  for await (const piece of putBackStream(source, replaced)) out.push(piece);
  return out;
}

describe('placeholders', () => {
  test('stand for what is personal, and say what kind of thing it was', async () => {
    const { texts, replaced } = await replace('Write to Hannah Whitlock, hannah@fern.example, +49 170 1234567.');
    expect(texts[0]).toMatch(/^Write to PERSON_[A-Z]{4} PERSON_[A-Z]{4}, EMAIL_[A-Z]{4}, PHONE_[A-Z]{4}\.$/u);
    expect(replaced.map(({ text }) => text)).toEqual(['Hannah', 'Whitlock', 'hannah@fern.example', '+49 170 1234567']);
  });
  test('are the same for a name by itself and in a full name, in every text and whenever they are made', async () => {
    const one = await replace('Hannah Whitlock called.', 'And then Hannah’s brother.');
    const [first] = one.replaced;
    expect(one.texts[1]).toBe(`And then ${first?.placeholder}’s brother.`);
    const later = await replace('What did Hannah say?');
    expect(later.texts[0]).toBe(`What did ${first?.placeholder} say?`);
  });
  test('are others in another chat and under another key, so that they tell nothing about each other', async () => {
    const [one] = (await replace('Ask Hannah.')).replaced;
    const [two] = (await replacePersonal(['Ask Hannah.'], { key, chat: 'Another' })).replaced;
    const [three] = (await replacePersonal(['Ask Hannah.'], { key: await newKey(), chat: 'Who comes?' })).replaced;
    expect(new Set([one, two, three].map((found) => found?.placeholder)).size).toBe(3);
  });
  test('replace whoever is known to speak, in whatever list their name is not', async () => {
    const { texts } = await replacePersonal(['Trip | Xqzt Vrool | 8 May: Vrool will pay.'], {
      key,
      chat: '',
      known: ['Xqzt Vrool'],
    });
    expect(texts[0]).not.toMatch(/Xqzt|Vrool/u);
  });
  test('leave nothing of two texts that only beside each other look like something', async () => {
    const { texts } = await replace('the code is 415', '555 2671 is the sum');
    expect(texts).toEqual(['the code is 415', '555 2671 is the sum']);
  });
  test('put back are the text again, for any text', async () => {
    const lines = markedLines();
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(...[...lines.tuned, ...lines.held].map(({ text }) => text)),
      fc.constantFrom('PERSON_KTBM', 'person ktbm', 'TEXT_BBBB', 'EMAIL\\_XXXX', 'KEY_', '\u0000', '\n'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 4 }), async (pieces) => {
        const text = pieces.join(' ').replaceAll('\n\u0000\n', '');
        const { texts, replaced } = await replace(text);
        // A name comes back in one form: "ANA" and "ana" are Ana.
        expect(putBack(texts[0] ?? '', replaced).toLowerCase()).toBe(text.toLowerCase());
      }),
      { numRuns: 150 },
    );
  });
});

describe('an answer with placeholders', () => {
  const replaced: Replaced[] = [
    { kind: 'name', placeholder: 'PERSON_KTBM', text: 'Hannah' },
    { kind: 'phone', placeholder: 'PHONE_QRST', text: '+49 170 1234567' },
  ];
  const said = '**PERSON_KTBM** (PHONE_QRST), person_ktbm’s, PERSON\\_KTBM, PERSON_ZZZZ; a person, a phone [1].';
  const meant = '**Hannah** (+49 170 1234567), Hannah’s, Hannah, PERSON_ZZZZ; a person, a phone [1].';

  test('has what they stand for put back, as models write them, and no other', () => {
    expect(putBack(said, replaced)).toBe(meant);
    expect(putBack('PERSON_KTBMX and XPERSON_KTBM', replaced)).toBe('PERSON_KTBMX and XPERSON_KTBM');
  });
  test('has it put back wherever the stream is cut', async () => {
    for (let one = 0; one <= said.length; one++) {
      for (let two = one; two <= said.length; two += 3) {
        const pieces = [said.slice(0, one), said.slice(one, two), said.slice(two)];
        const out = await streamed(pieces, replaced);
        expect(out.join('')).toBe(meant);
      }
    }
    expect((await streamed([...said], replaced)).join('')).toBe(meant);
  });
  test('holds back no more than what may become one', async () => {
    const out = await streamed(['It is said that ', 'PERS', 'ONAL things ', 'end'], replaced);
    expect(out).toEqual(['It is said that ', 'PERSONAL things ', 'end']);
  });
  test('keeps the words before a fault', async () => {
    const broken = (async function* () {
      yield 'Ask PERSON_KTBM';
      throw new Error('gone');
    })();
    const out: string[] = [];
    await expect(async () => {
      for await (const piece of putBackStream(broken, replaced)) out.push(piece);
    }).rejects.toThrow('gone');
    expect(out.join('')).toBe('Ask Hannah');
  });
});

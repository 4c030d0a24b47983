/** An invented ChatGPT export as the site hands it out: a ZIP with conversations, and pictures where it is to be large. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { tree } from '../harness/chatgpt-site';
import { createCorpus, randomFrom } from './page/corpus';

export interface ChatGptExport {
  conversations: number;
  messages: number;
  pictures: number;
  bytes: number;
  /** Bytes of `conversations.json`. */
  text_bytes: number;
  /** A word of the last conversation, which stands nowhere else. */
  last_word: string;
}

const PICTURE_BYTES = 10_000_000;
const LAST_WORD = 'quixotically';
/** 1 January 2024, in seconds. */
const BEGAN = 1_704_067_200;

/** Writes it piece by piece. @param atLeast pictures fill it up to so many bytes */
export function writeChatGptExport(
  path: string,
  { conversations, messages, atLeast = 0 }: { conversations: number; messages: number; atLeast?: number },
): ChatGptExport {
  const file = openSync(path, 'w');
  let bytes = 0;
  let textBytes = 0;
  const archive = new Zip((error, data) => {
    if (error) throw error;
    for (let at = 0; at < data.length;) at += writeSync(file, data, at);
    bytes += data.length;
  });
  try {
    const corpus = createCorpus(conversations);
    const list = new ZipDeflate('conversations.json', { level: 1 });
    archive.add(list);
    const put = (text: string, last = false) => {
      const data = new TextEncoder().encode(text);
      textBytes += data.length;
      list.push(data, last);
    };
    put('[');
    for (let number = 0; number < conversations; number++) {
      const id = idOf(1, number);
      const began = BEGAN + number * 3_600;
      const talk = tree({
        id,
        title: corpus.text().slice(0, 50),
        messages: Array.from({ length: messages }, (_, index) => ({
          id: idOf(2, number * messages + index),
          role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
          text: number === conversations - 1 && index === 0 ? `${LAST_WORD} ${corpus.text()}` : corpus.text(),
          time: began + index * 30,
        })),
      });
      put(`${number === 0 ? '' : ','}\n${JSON.stringify(talk)}`);
    }
    put(']\n', true);
    const picture = noise(PICTURE_BYTES);
    let pictures = 0;
    for (; bytes + PICTURE_BYTES <= atLeast; pictures++) {
      const entry = new ZipPassThrough(`file_${pictures.toString(16).padStart(8, '0')}.dat`);
      archive.add(entry);
      entry.push(picture, true);
    }
    archive.end();
    return {
      conversations,
      messages: conversations * messages,
      pictures,
      bytes,
      text_bytes: textBytes,
      last_word: LAST_WORD,
    };
  } finally {
    closeSync(file);
  }
}

const idOf = (kind: number, number: number) => `${kind}0000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

/** Bytes that do not get smaller, as those of a picture. */
function noise(length: number): Uint8Array {
  const random = randomFrom(3);
  return Uint8Array.from({ length }, () => random() * 256);
}

/** What a message of Messenger says, and the letters that Facebook's export breaks. */
import { asArray, asObject, asText, type JsonObject } from '../capture/files';
import type { Attachment } from '../capture/types';
import { baseName } from './port';

const MEDIA: Array<[string, Attachment['kind']]> = [
  ['photos', 'image'],
  ['gifs', 'image'],
  ['videos', 'file'],
  ['audio_files', 'audio'],
  ['files', 'file'],
  ['media', 'file'],
];

/** @param words a text of the export as it was written, null where there is none */
export function contentOf(message: JsonObject, words: (value: unknown) => string | null) {
  const attachments = MEDIA.flatMap(([field, kind]) =>
    asArray(message[field]).flatMap((each): Attachment[] => {
      const uri = asText(asObject(each)['uri']);
      const picture = uri !== null && /\.(?:jpe?g|png|gif|webp|heic)$/i.test(uri);
      return uri === null ? [] : [{ kind: picture ? 'image' : kind, name: baseName(uri), reference: uri }];
    }),
  );
  const share = asObject(message['share']);
  const link = asText(share['link']);
  const parts = [
    words(message['content']) ?? words(message['text']),
    words(share['share_text']),
    link === null ? null : `<${link}>`,
    ...attachments.filter(({ kind }) => kind === 'image').map(({ name }) => `[Image: ${name}]`),
    asText(asObject(message['sticker'])['uri']) === null ? null : '[Sticker]',
  ].filter((part): part is string => part !== null && part.trim() !== '');
  const reactions = asArray(message['reactions'])
    .map(asObject)
    .map(({ reaction, actor }) => ({ reaction: words(reaction), actor: words(actor) }));
  const seconds = message['call_duration'];
  return {
    markdown: parts.join('\n\n').trim(),
    attachments,
    metadata: {
      ...(reactions.length > 0 && { reactions }),
      ...(typeof seconds === 'number' && seconds > 0 && { call_seconds: seconds }),
    },
  };
}

/** What UTF-8 read as Latin-1 was; text that cannot be that stays. */
export function mended(text: string): string {
  // eslint-disable-next-line no-control-regex -- bytes are what is looked for
  if (!/[\u0080-\u00ff]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(text, (unit) => unit.charCodeAt(0)));
  } catch (error) {
    if (error instanceof TypeError) return text;
    throw error;
  }
}

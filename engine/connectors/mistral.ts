/**
 * Mistral's export (Le Chat, later Vibe): `chat-<id>.json` with an array of messages, files in `chat-<id>-files/`; as
 * described by public readers of it (2026).
 */
import { asArray, asId, asObject, asText, asTime, treeConversation } from '../capture/files';
import type { Attachment, CapturedMessage } from '../capture/types';
import { baseName, type Connector, type SourceFile, warning } from './port';
import { recordsOf } from './records';

const MESSAGES = /^\uFEFF?\s*\[\s*\{[\s\S]*"chatId"\s*:/;
const ASSETS = /(?:^|\/)chat-[0-9a-f-]{36}-files\//i;

export const mistral: Connector = {
  id: 'mistral',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) if (/\.json$/i.test(file.path) && MESSAGES.test(await peek(file))) taken.push(file);
    return taken.length === 0 ? [] : [...taken, ...files.filter(({ path }) => ASSETS.test(path))];
  },

  async *read(files, options) {
    for (const file of files.filter(({ path }) => /\.json$/i.test(path) && !ASSETS.test(path))) {
      options.signal?.throwIfAborted();
      const messages: CapturedMessage[] = [];
      let id: string | null = null;
      for await (const item of recordsOf(file)) {
        if ('broken' in item) {
          yield item.broken;
          continue;
        }
        const said = asObject(item.value);
        id ??= asId(said['chatId']);
        const role =
          said['role'] === 'user' ? ('user' as const) : said['role'] === 'assistant' ? ('assistant' as const) : null;
        if (role === null) {
          yield warning(file, 'unreadable_record', 'A message of neither side; it is left out.', item.where);
          continue;
        }
        const chunks = asArray(said['contentChunks']).map(asObject);
        const text = chunks.flatMap(({ type, text }) => (type === 'text' ? (asText(text) ?? []) : [])).join('');
        const canvas = asArray(said['canvas'])
          .map(asObject)
          .flatMap(({ title, content }) =>
            asText(content) === null
              ? []
              : [[asText(title) === null ? '' : `### ${asText(title)}`, asText(content)].join('\n\n')],
          );
        // Pictures that an answer made; the export has their addresses and not themselves.
        const made = chunks.flatMap(({ type, imageUrl }): Attachment[] => {
          const reference = type === 'image_url' ? asText(imageUrl) : null;
          const name = reference?.replace(/[?#].*$/, '').replace(/^.*\//, '') || 'image';
          return reference === null ? [] : [{ kind: 'image', name, reference }];
        });
        const given = asArray(said['files']).map((each): Attachment => {
          const name = asText(asObject(each)['name']) ?? 'file';
          return { kind: asObject(each)['type'] === 'image' ? 'image' : 'file', name, reference: null };
        });
        const attachments = [...given, ...made];
        const words = text.trim() === '' ? (asText(said['content']) ?? '') : text.trim();
        const markdown = [words, ...made.map(({ name }) => `[Image: ${name}]`), ...canvas].join('\n\n').trim();
        if (markdown === '' && attachments.length === 0) continue;
        messages.push({
          id: asId(said['id']) ?? `message-${messages.length}`,
          parent_id: null,
          role,
          author: null,
          model: role === 'assistant' ? asText(said['model']) : null,
          created_at: asTime(said['createdAt']),
          markdown,
          finished: true,
          on_active_branch: true,
          attachments,
          metadata: {},
        });
      }
      if (messages.length === 0) {
        yield warning(file, 'empty_conversation', 'Nothing was said in it; it is left out.');
        continue;
      }
      messages.sort((a, b) => (a.created_at ?? '').localeCompare(b.created_at ?? ''));
      const updated = messages.at(-1)?.created_at ?? null;
      const known = id ?? baseName(file.path).replace(/^chat-|\.json$/g, '');
      yield {
        file: file.path,
        item: treeConversation(
          {
            site: 'mistral',
            id: known,
            url: `https://chat.mistral.ai/chat/${encodeURIComponent(known)}`,
            // The export has no titles.
            title: null,
            created_at: messages[0]?.created_at ?? null,
            updated_at: updated,
            strategy: 'json-tree',
            messages: messages.map((each, index) => ({ ...each, parent_id: messages[index - 1]?.id ?? null })),
            head: messages.at(-1)?.id ?? null,
            metadata: {},
          },
          { capturedAt: updated ?? file.modified ?? options.now },
        ),
      };
    }
  },
};

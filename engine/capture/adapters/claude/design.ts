/**
 * Conversations of Claude Design. The site's export has them in files of their own (`design_chats/`), and there a message's
 * `content` is an object with the words or with `contentBlocks`. Known from what others wrote down of real exports
 * (PiniShv/AnthropicReader: docs/export-format.md, Sinity/polylogue: polylogue/sources/parsers/claude), not from an export.
 */
import { asArray, asId, asObject, asText, isObject, type JsonObject } from '../../json';

/** The messages as `chat_messages` names them, each after the one before; null where the object is no such conversation. */
export function designMessages(chat: JsonObject): unknown[] | null {
  const given = asArray(chat['messages']);
  if (!given.some((each) => asText(asObject(asObject(each)['content'])['role']) !== null)) return null;
  const messages: unknown[] = [];
  /** What a question is called within: some are there twice, one after the other. */
  let asked: string | null = null;
  let before: string | null = null;
  /** Files that it wrote whole: changes to others cannot be followed. */
  const written = new Set<unknown>();
  const add = (id: string, message: JsonObject): void => {
    messages.push({ ...message, uuid: id, parent_message_uuid: before });
    before = id;
  };
  for (const [index, each] of given.entries()) {
    if (!isObject(each)) {
      messages.push(each);
      continue;
    }
    const said = asObject(each['content']);
    const own = asId(said['id']);
    if (own !== null && own === asked) continue;
    asked = own;
    const id = asId(each['uuid']) ?? own ?? `message-${index}`;
    const facts = {
      // A notice of the site's own, not typed by a person.
      sender: said['pill'] === true ? 'system' : (each['role'] ?? said['role']),
      created_at: each['created_at'] ?? said['timestamp'],
      attachments: attachmentsOf(said),
    };
    let blocks: unknown[] = [];
    let part = 0;
    for (const block of blocksOf(said)) {
      if (asObject(block)['type'] !== 'user_interjection') {
        blocks.push(...readBlock(block, written));
        continue;
      }
      // What the person said while the answer was written stands between its two halves.
      if (blocks.length > 0) add(part++ === 0 ? id : `${id}:${part}`, { ...facts, content: blocks });
      blocks = [];
      const words = asObject(asObject(block)['message']);
      add(asId(words['id']) ?? `${id}:said-${messages.length}`, {
        sender: 'user',
        created_at: words['timestamp'],
        content: blocksOf(words),
        attachments: attachmentsOf(words),
      });
    }
    if (blocks.length > 0 || part === 0) add(part === 0 ? id : `${id}:${part + 1}`, { ...facts, content: blocks });
  }
  return messages;
}

/** What the site puts before the words of a question. */
const PUT_BEFORE = /^\s*<(system-info|attached_files)\b[\s\S]*?<\/\1>\s*/;

function blocksOf(said: JsonObject): unknown[] {
  const blocks = asArray(said['contentBlocks']);
  if (blocks.length > 0) return blocks;
  const content = said['content'];
  if (typeof content === 'string') return [content.replace(PUT_BEFORE, '')];
  return Array.isArray(content) ? content : [];
}

/** One block as the site names blocks elsewhere. */
function readBlock(block: unknown, written: Set<unknown>): unknown[] {
  const { type, text, toolCall, message } = asObject(block);
  if (type === 'thinking') return [{ type, thinking: text }];
  if (type === 'error') return [{ type: 'text', text: asText(message) ?? '' }];
  if (type !== 'tool_call') return [block];
  const { id, name, input, output } = asObject(toolCall);
  const { path, edits, ...edit } = asObject(input);
  if (name === 'write_file') written.add(path);
  if (name === 'str_replace_edit' && written.has(path))
    return (Array.isArray(edits) ? edits.map(asObject) : [edit]).map((each) => ({
      type: 'tool_use',
      id,
      name: 'str_replace',
      input: { ...each, path },
    }));
  const call = { type: 'tool_use', id, name, input };
  return output === undefined ? [call] : [call, { type: 'tool_result', tool_use_id: id, name, content: output }];
}

/** Files by name, with their text; of a skill the name alone, and nothing that was hidden. */
function attachmentsOf(said: JsonObject): JsonObject[] {
  return asArray(said['attachments'])
    .map(asObject)
    .filter(({ hidden }) => hidden !== true)
    .map(({ id, name, type, content }) => ({
      id,
      file_name: name,
      ...(type !== 'skill' && { extracted_content: content }),
    }));
}

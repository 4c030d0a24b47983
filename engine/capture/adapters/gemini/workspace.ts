/**
 * Gemini beside Gmail, Docs and the like, in Google Takeout: `Gemini in Workspace/Conversation History/conversation_<n>.txt`,
 * JSON in spite of its name, one conversation each: `{title, creation_time, last_modification_time, conversation_turns:
 * [{user_turn} | {system_turn}]}`, as described by public readers of real exports (2026). Nothing in it names the
 * conversation; the number of the file is the second it began in. `turn_index` counts the turns of both sides, and again
 * where one was edited or asked anew.
 */
import { stableHash } from '../../hash';
import { asArray, asObject, asText, asTime, isObject, type JsonObject } from '../../json';
import type { Attachment, CapturedConversation, CapturedMessage, ReadWarning } from '../../types';
import type { ReadContext } from '../_adapter';
import { thoughtWords } from '../_parts';
import { treeConversation } from '../_tree';

/** True for the content of such a file. */
export function isWorkspaceChat(value: unknown): value is JsonObject {
  if (!isObject(value)) return false;
  return asArray(value['conversation_turns'])
    .map(asObject)
    .some((turn) => isObject(turn['user_turn']) || isObject(turn['system_turn']));
}

export function readWorkspaceChat(
  chat: JsonObject,
  context: ReadContext,
): { conversation: CapturedConversation; warnings: ReadWarning[] } {
  const messages: CapturedMessage[] = [];
  /** The newest message of each place so far, and how many there were. */
  const newest = new Map<number, { id: string; times: number }>();
  let deleted = 0;
  asArray(chat['conversation_turns']).forEach((each, index) => {
    const { user_turn: asked, system_turn: answered } = asObject(each);
    const said = isObject(asked) ? asked : isObject(answered) ? answered : null;
    if (said === null) return;
    const place = typeof said['turn_index'] === 'number' ? said['turn_index'] : index;
    const times = (newest.get(place)?.times ?? 0) + 1;
    const id = `turn-${place}${times > 1 ? `-${times}` : ''}`;
    const parent = newest.get(place - 1)?.id ?? messages.at(-1)?.id ?? null;
    newest.set(place, { id, times });
    const gone = asText(said['turn_deleted_time']) !== null;
    if (gone) deleted++;
    const { markdown, attachments, metadata } = gone
      ? { markdown: '', attachments: [], metadata: {} }
      : said === asked
        ? contentOf([asText(said['prompt'])], said)
        : contentOf(asArray(said['text']).map(asObject).flatMap(textOf), said);
    messages.push({
      id,
      parent_id: parent,
      role: said === asked ? 'user' : 'assistant',
      author: null,
      model: null,
      created_at: asTime(said['turn_last_modified']),
      markdown,
      finished: true,
      on_active_branch: true,
      attachments,
      metadata,
    });
  });
  const created = asTime(chat['creation_time']);
  const title = asText(chat['title']);
  const began =
    created === null ? stableHash(`${title} ${messages[0]?.markdown}`) : Math.floor(Date.parse(created) / 1000);
  const conversation = treeConversation(
    {
      site: 'gemini',
      id: `workspace-${began}`,
      url: null,
      title,
      created_at: created,
      updated_at: asTime(chat['last_modification_time']) ?? messages.at(-1)?.created_at ?? created,
      strategy: 'json-pages',
      messages,
      head: newest.get(Math.max(...newest.keys()))?.id ?? null,
      metadata: { export: 'takeout-workspace' },
    },
    context,
  );
  const warnings: ReadWarning[] =
    deleted === 0
      ? []
      : [
          {
            code: 'deleted_turns',
            message: `${deleted} ${deleted === 1 ? 'turn was' : 'turns were'} deleted; left out.`,
            where: conversation.id,
          },
        ];
  return { conversation, warnings };
}

/** A part's lead-in, its text, and what it shows in cards. */
function textOf(part: JsonObject): Array<string | null> {
  const cards = asArray(part['cards']).map((card) => asText(asObject(card)['content']));
  return [asText(part['preamble']), asText(part['data']), ...cards];
}

function contentOf(
  texts: Array<string | null>,
  said: JsonObject,
): Pick<CapturedMessage, 'markdown' | 'attachments' | 'metadata'> {
  const attachments = asArray(said['images']).flatMap((name): Attachment[] =>
    asText(name) === null ? [] : [{ kind: 'image', name: String(name), reference: String(name) }],
  );
  const thinking = asArray(said['model_thoughts'])
    .map(asObject)
    .map(({ headline, description }) => thoughtWords(headline, description))
    .filter((text) => text !== '')
    .join('\n\n');
  return {
    markdown: [...texts, ...attachments.map(({ name }) => `[Image: ${name}]`)]
      .map((text) => text?.trim() ?? '')
      .filter((text) => text !== '')
      .join('\n\n'),
    attachments,
    metadata: thinking === '' ? {} : { thinking },
  };
}

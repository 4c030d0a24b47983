/**
 * ChatGPT's official export: `conversations.json`, or `conversations-000.json` … since early 2026, each an array of trees;
 * pictures and files beside them, under ids that `conversation_asset_file_names.json` gives names to. Where only
 * `chat.html` is there, the data in its script.
 */
import { ChatGptAdapter } from '../capture';
import { asArray, asId, asObject, asText, isObject, type JsonObject } from '../capture/files';
import type { CapturedConversation } from '../capture/types';
import { baseName, type Connector, type SourceFile } from './port';
import { beside, readExport } from './records';
import { textOf, textPieces } from './text';

const CONVERSATIONS = /"mapping"\s*:\s*[{[]/;
const PAGE = /(?:var|let|const)\s+jsonData\s*=\s*/;
/** DeepSeek's export has the same frame. */
const OTHERS = /"fragments"\s*:|"inserted_at"\s*:/;
/** What stands beside the conversations and is read with them, or says nothing to keep. */
const COMPANIONS =
  /^(?:chat\.html|(?:user|user_settings|message_feedback|shared_conversations|model_comparisons|export_manifest|conversation_asset_file_names|library_files|sectioned_conversations|group_chats|custom_gpts|gpts|gizmos|projects|ads|sora|shopping|codex|tasks)\.json|(?:file|dalle|user|sites)[-_/].*|[0-9a-f-]{36}\/.*|.*\.dat)$/i;

const folder = (path: string) => path.slice(0, path.length - baseName(path).length);

export const chatgpt: Connector = {
  id: 'chatgpt',

  async recognises(files, peek) {
    const found: SourceFile[] = [];
    for (const file of files) {
      if (!/\.(?:json|html?)$/i.test(file.path)) continue;
      const text = await peek(file);
      const isList = /^\uFEFF?\s*\[/.test(text) && CONVERSATIONS.test(text) && !OTHERS.test(text);
      const isEmpty = /(?:^|\/)conversations-\d+\.json$/i.test(file.path) && text.trim() === '[]';
      if (isList || isEmpty || (/chat\.html$/i.test(file.path) && PAGE.test(text))) found.push(file);
    }
    const roots = new Set(found.map(({ path }) => folder(path)));
    const taken = new Set(found);
    for (const file of files) {
      const root = [...roots].find((each) => file.path.startsWith(each));
      if (root === undefined) continue;
      // In the archive that ChatGPT made everything is its own; in a folder there may be other things.
      if (/\.zip\/$/i.test(root) || COMPANIONS.test(file.path.slice(root.length))) taken.add(file);
    }
    return [...taken];
  },

  async *read(files, options) {
    const adapter = new ChatGptAdapter();
    const finish = finisher(
      await namesIn(files),
      new Map(
        asArray(await beside(files, /(?:^|\/)shared_conversations\.json$/, textOf)).flatMap((each) => {
          const { id, conversation_id } = asObject(each);
          const [share, conversation] = [asId(id), asId(conversation_id)];
          return share === null || conversation === null ? [] : [[conversation, share]];
        }),
      ),
      await titlesIn(files),
    );
    const lists = files.filter(
      (file) => /conversations(?:-\d+)?\.json$|\.json$/i.test(file.path) && !isCompanion(file),
    );
    for (const file of lists) yield* readExport(file, adapter, options, { finish });
    // The page repeats what the lists say.
    const pages = lists.length > 0 ? [] : files.filter(({ path }) => /chat\.html$/i.test(path));
    for (const page of pages)
      yield* readExport(page, adapter, options, { finish, pieces: dataIn(page), items: { alone: true } });
  },
};

function isCompanion(file: SourceFile): boolean {
  return COMPANIONS.test(baseName(file.path)) || /(?:^|\/)[0-9a-f-]{36}\/|\/sites\//.test(file.path);
}

async function* dataIn(page: SourceFile): AsyncGenerator<string> {
  let before: string | null = '';
  for await (const piece of textPieces(page)) {
    if (before === null) {
      yield piece;
      continue;
    }
    before += piece;
    const at: RegExpExecArray | null = PAGE.exec(before);
    if (at === null) continue;
    yield before.slice(at.index + at[0].length);
    before = null;
  }
}

/** Names of files by the id that messages point to: as the export maps them, else as the files themselves are called. */
async function namesIn(files: SourceFile[]): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const id = (name: string) => /file[-_][A-Za-z0-9]+/.exec(name)?.[0];
  for (const { path } of files) {
    const name = baseName(path);
    const pointer = id(name);
    if (pointer === undefined) continue;
    const rest = name.slice(name.indexOf(pointer) + pointer.length).replace(/^[-_]/, '');
    names.set(pointer, /^\.(?!dat$)|^$|\.dat$/.test(rest) ? name : rest);
  }
  const mapped = asObject(await beside(files, /(?:^|\/)conversation_asset_file_names\.json$/, textOf));
  for (const [stored, said] of Object.entries(mapped)) {
    const pointer = id(stored);
    if (pointer !== undefined && asText(said) !== null) names.set(pointer, baseName(asText(said) ?? ''));
  }
  return names;
}

/** Names of GPTs and projects by id, where some file of the export lists them; a guess at files not seen yet. */
async function titlesIn(files: SourceFile[]): Promise<Map<string, string>> {
  const titles = new Map<string, string>();
  for (const name of ['custom_gpts', 'gpts', 'gizmos', 'projects']) {
    const listed = await beside(files, new RegExp(`(?:^|/)${name}\\.json$`), textOf);
    for (const each of asArray(isObject(listed) ? Object.values(listed).flat() : listed)) {
      const { id, name: called, title, display } = asObject(each);
      const said = asText(called) ?? asText(title) ?? asText(asObject(display)['name']);
      if (asId(id) !== null && said !== null) titles.set(asId(id) ?? '', said);
    }
  }
  return titles;
}

function finisher(names: Map<string, string>, shares: Map<string, string>, titles: Map<string, string>) {
  return (conversation: CapturedConversation, record: JsonObject): CapturedConversation => {
    const metadata = { ...conversation.metadata };
    const share = shares.get(conversation.id);
    if (share !== undefined) metadata['shared'] = [`https://chatgpt.com/share/${share}`];
    const gizmo = asId(record['gizmo_id']) ?? asId(record['conversation_template_id']);
    if (gizmo !== null) {
      const said = asText(record['gizmo_name']) ?? asText(record['project_name']);
      metadata[gizmo.startsWith('g-p-') ? 'project' : 'assistant'] = { id: gizmo, name: titles.get(gizmo) ?? said };
    }
    const messages = conversation.messages.map((message) => {
      let { markdown } = message;
      const attachments = message.attachments.map((attachment) => {
        const pointer = /file[-_][A-Za-z0-9]+/.exec(attachment.reference ?? '')?.[0];
        const name = pointer === undefined ? undefined : names.get(pointer);
        if (name === undefined || !/^(?:image|audio|file|chart|file[-_].*)$/i.test(attachment.name)) return attachment;
        const words = attachment.name === 'image' ? '[Image]' : `[Image: ${attachment.name}]`;
        markdown = markdown.replace(words, () => `[Image: ${name.replace(/[[\]]/g, '')}]`);
        return { ...attachment, name };
      });
      return { ...message, markdown, attachments };
    });
    return { ...conversation, metadata, messages };
  };
}

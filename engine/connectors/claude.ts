/**
 * Claude's official export: `conversations.json`, `projects.json` or a file for each project, `memories.json`. Since
 * September 2026 it is a manifest and an archive for each of these (`conversations-000.zip` …, `light_metadata-000.zip` for
 * the account), and Claude Design's conversations are in it (`design_chats/`). What is said of the account is not kept, nor the manifest.
 */
import { adapterOf, asId, asObject, asText } from '../capture/files';
import { readMemories, readProjects } from './claude-projects';
import type { Connector, Peek, SourceFile } from './port';
import { readExport } from './records';

const CONVERSATIONS = /"chat_messages"\s*:/;
const DESIGNS = /"messages"\s*:/;
const PROJECTS = /"uuid"\s*:[\s\S]*"(?:prompt_template|docs|is_starter_project)"\s*:/;
const MEMORIES = /"(?:conversations_memory|project_memories|memory_files)"\s*:/;
const ACCOUNT = /"(?:email_address|verified_phone_number)"\s*:/;
const MANIFEST = /"data_files"\s*:[\s\S]*"export_url"\s*:/;
/** The archive, or its folder, of what the export says of the account. */
const ACCOUNT_PART = /(?:^|\/)light_metadata[^/]*\//i;

type Kind = 'conversations' | 'designs' | 'projects' | 'memories' | 'manifest' | 'account';

/** What a file of the export is; null for one that is not of it. */
function kindOf(path: string, beginning: string): Kind | null {
  const isList = /^\uFEFF?\s*\[/.test(beginning);
  if (CONVERSATIONS.test(beginning) && (isList || /(?:^|\/)conversations[^/]*$/i.test(path))) return 'conversations';
  if (/(?:^|\/)design_chats[^/]*\//i.test(path) && DESIGNS.test(beginning)) return 'designs';
  if (MEMORIES.test(beginning)) return 'memories';
  if (/projects[^/]*(?:\.json$|\/)/i.test(path) && PROJECTS.test(beginning)) return 'projects';
  if (/(?:^|\/)manifest[^/]*$/i.test(path) && MANIFEST.test(beginning)) return 'manifest';
  if (/(?:^|\/)login_history\.json$/i.test(path)) return 'account';
  return /(?:^|\/)users\.json$/i.test(path) && ACCOUNT.test(beginning) ? 'account' : null;
}

async function sorted(files: SourceFile[], peek: Peek): Promise<Record<Kind, SourceFile[]>> {
  const kinds: Record<Kind, SourceFile[]> = {
    conversations: [],
    designs: [],
    projects: [],
    memories: [],
    manifest: [],
    account: [],
  };
  for (const file of files) {
    const kind = /\.json$/i.test(file.path) ? kindOf(file.path, await peek(file)) : null;
    if (kind !== null) kinds[kind].push(file);
  }
  return kinds;
}

export const claude: Connector = {
  id: 'claude',

  async recognises(files, peek) {
    const { account, ...own } = await sorted(files, peek);
    const taken = Object.values(own).flat();
    // an account's file is Claude's only beside something else of Claude's, or in the part that is for it
    return taken.length > 0 ? [...taken, ...account] : account.filter(({ path }) => ACCOUNT_PART.test(path));
  },

  async *read(files, options) {
    const adapter = adapterOf('claude');
    const { conversations, designs, projects, memories } = await sorted(files, options.peek);
    const names = new Map<string, string>();
    for (const file of projects) yield* readProjects(file, options, names);
    for (const file of memories) yield* readMemories(file, options, names);
    for (const file of conversations)
      yield* readExport(file, adapter, options, {
        items: { fields: /^(?:conversations|data)$/ },
        finish(conversation, record) {
          const id = asId(asObject(record['project'])['uuid']) ?? asId(record['project_uuid']);
          const name = asText(asObject(record['project'])['name']) ?? names.get(id ?? '') ?? null;
          return id === null
            ? conversation
            : { ...conversation, metadata: { ...conversation.metadata, project: { id, name } } };
        },
      });
    for (const file of designs) yield* readExport(file, adapter, options);
  },
};

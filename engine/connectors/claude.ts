/**
 * Claude's official export: `conversations.json` (large ones as `conversations-000.zip` …), `projects.json` or a file for
 * each project, `memories.json`. What `users.json` says of the account is not kept.
 */
import { allAdapters, asArray, asId, asObject, asText, asTime, type JsonObject } from '../capture/files';
import { document, section } from './documents';
import { baseName, type Connector, type Peek, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { readExport, recordsOf } from './records';

const CONVERSATIONS = /"chat_messages"\s*:/;
const PROJECTS = /"uuid"\s*:[\s\S]*"(?:prompt_template|docs|is_starter_project)"\s*:/;
const MEMORIES = /"(?:conversations_memory|project_memories)"\s*:/;
const ACCOUNT = /"(?:email_address|verified_phone_number)"\s*:/;

type Kind = 'conversations' | 'projects' | 'memories' | 'account';

/** What a file of the export is; null for one that is not of it. */
function kindOf(path: string, beginning: string): Kind | null {
  const isList = /^\uFEFF?\s*\[/.test(beginning);
  if (CONVERSATIONS.test(beginning) && (isList || /(?:^|\/)conversations[^/]*$/i.test(path))) return 'conversations';
  if (MEMORIES.test(beginning)) return 'memories';
  if (/(?:^|\/)projects(?:\.json$|\/)/i.test(path) && PROJECTS.test(beginning)) return 'projects';
  return /(?:^|\/)users\.json$/i.test(path) && ACCOUNT.test(beginning) ? 'account' : null;
}

async function sorted(files: SourceFile[], peek: Peek): Promise<Record<Kind, SourceFile[]>> {
  const kinds: Record<Kind, SourceFile[]> = { conversations: [], projects: [], memories: [], account: [] };
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
    // an account's file is Claude's only beside something else of Claude's
    return taken.length > 0 ? [...taken, ...account] : [];
  },

  async *read(files, options) {
    const adapter = allAdapters().find(({ site }) => site === 'claude');
    if (adapter === undefined) return;
    const { conversations, projects, memories } = await sorted(files, options.peek);
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
  },
};

/** A project with its instructions as one document, and each of its documents as one more. */
async function* readProjects(
  file: SourceFile,
  options: ReadOptions,
  projects: Map<string, string>,
): AsyncGenerator<Read> {
  for await (const item of recordsOf(file)) {
    if ('broken' in item) {
      yield item.broken;
      continue;
    }
    const project = asObject(item.value);
    const id = asId(project['uuid']) ?? asId(project['id']);
    const name = asText(project['name']);
    if (id === null) {
      yield warning(file, 'unreadable_record', 'A project without an id; it is left out.', item.where);
      continue;
    }
    projects.set(id, name ?? '');
    const docs = asArray(project['docs']).map(asObject);
    const facts = {
      file,
      source: 'claude',
      created_at: asTime(project['created_at']),
      updated_at: asTime(project['updated_at']),
      options,
    };
    const link = `https://claude.ai/project/${encodeURIComponent(id)}`;
    const texts: Array<[string, string | null]> = [
      ['description', asText(project['description'])],
      ['instructions', asText(project['prompt_template'])],
      ['documents', docs.map((doc) => `- ${fileName(doc)}`).join('\n')],
    ];
    yield document({
      ...facts,
      id: `project:${id}`,
      title: name,
      url: link,
      sections: texts.flatMap(([key, text]) => (text === null || text === '' ? [] : [section(key, text)])),
      metadata: { type: 'project', project: { id, name } },
    });
    for (const [index, doc] of docs.entries()) {
      const text = asText(doc['content']);
      if (text === null) continue; // named in the list above
      yield document({
        ...facts,
        id: `project-document:${id}:${asId(doc['uuid']) ?? fileName(doc)}`,
        title: fileName(doc),
        url: link,
        created_at: asTime(doc['created_at']) ?? facts.created_at,
        sections: [section('text', text)],
        metadata: { type: 'project-document', project: { id, name }, position: index },
      });
    }
  }
}

const fileName = (doc: JsonObject): string => asText(doc['filename']) ?? asText(doc['file_name']) ?? 'document';

/** What Claude noted about the person and their projects. */
async function* readMemories(
  file: SourceFile,
  options: ReadOptions,
  projects: Map<string, string>,
): AsyncGenerator<Read> {
  for await (const item of recordsOf(file)) {
    if ('broken' in item) {
      yield item.broken;
      continue;
    }
    const memories = asObject(item.value);
    const all = [
      ['conversations', asText(memories['conversations_memory'])] as const,
      ...Object.entries(asObject(memories['project_memories'])).map(([id, text]) => [id, asText(text)] as const),
    ];
    for (const [id, text] of all) {
      if (text === null) continue;
      const of = id === 'conversations' ? 'your conversations' : (projects.get(id) ?? id);
      yield document({
        file,
        source: 'claude',
        id: `memory:${asId(memories['account_uuid']) ?? baseName(file.path)}:${id}`,
        title: `What Claude remembers of ${of}`,
        updated_at: file.modified,
        sections: [section('text', text)],
        metadata: { type: 'memory' },
        options,
      });
    }
  }
}

/** What Claude's export holds beside conversations: projects with their documents, and what Claude remembers. */
import { asArray, asId, asObject, asText, asTime, type JsonObject } from '../capture/files';
import { document, section } from './documents';
import { frontMatter } from './markdown';
import { baseName, type Read, type ReadOptions, type SourceFile, warning } from './port';
import { recordsOf } from './records';

/** A project with its instructions as one document, and each of its documents as one more. */
export async function* readProjects(
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
export async function* readMemories(
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
    const account = asId(memories['account_uuid']) ?? baseName(file.path);
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
        id: `memory:${account}:${id}`,
        title: `What Claude remembers of ${of}`,
        updated_at: file.modified,
        sections: [section('text', text)],
        metadata: { type: 'memory' },
        options,
      });
    }
    // Since September 2026 most of it is in files, Markdown with a description before it.
    for (const [index, each] of asArray(memories['memory_files']).map(asObject).entries()) {
      const content = asText(each['content']);
      if (content === null) continue;
      const path = asText(each['path']) ?? String(index + 1);
      const { fields, body } = frontMatter(content.replaceAll('\r\n', '\n'));
      const texts: Array<[string, string | null]> = [
        ['description', asText([fields['description']].flat()[0])],
        ['text', asText(body)],
      ];
      yield document({
        file,
        source: 'claude',
        id: `memory:${account}:${path}`,
        title: `What Claude remembers: ${path.replace(/^\/|\.md$/g, '')}`,
        updated_at: asTime(each['updated_at']) ?? file.modified,
        sections: texts.flatMap(([key, text]) => (text === null ? [] : [section(key, text.trim())])),
        metadata: { type: 'memory' },
        options,
      });
    }
  }
}

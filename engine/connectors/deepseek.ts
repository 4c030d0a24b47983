/** DeepSeek's export: `conversations.json`, an array of trees whose messages are fragments, beside `user.json`. */
import { adapterOf } from '../capture/files';
import { type Connector, type SourceFile } from './port';
import { readExport } from './records';

const CONVERSATIONS = /"mapping"\s*:[\s\S]*(?:"fragments"|"inserted_at")\s*:|"inserted_at"\s*:[\s\S]*"mapping"\s*:/;

export const deepseek: Connector = {
  id: 'deepseek',

  async recognises(files, peek) {
    const taken: SourceFile[] = [];
    for (const file of files) {
      if (!/\.json$/i.test(file.path)) continue;
      const text = await peek(file);
      if (/^\uFEFF?\s*\[/.test(text) && CONVERSATIONS.test(text)) taken.push(file);
    }
    const folders = taken.map(({ path }) => path.slice(0, path.lastIndexOf('/') + 1));
    return [...taken, ...files.filter(({ path }) => folders.some((folder) => path === `${folder}user.json`))];
  },

  async *read(files, options) {
    for (const file of files.filter(({ path }) => !/(?:^|\/)user\.json$/.test(path)))
      yield* readExport(file, adapterOf('deepseek'), options);
  },
};

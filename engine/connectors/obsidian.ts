/** An Obsidian vault: the folder that `.obsidian` is in. A note is the same note as long as it keeps its path. */
import { readNote } from './markdown';
import { type Connector, extension, type SourceFile } from './port';

const SETTINGS = /(?:^|\/)\.obsidian\//;

/** The vaults' folders, each with its `/`; an empty one where the vault is what was given. */
function vaultsIn(files: SourceFile[]): string[] {
  return [
    ...new Set(files.flatMap(({ path }) => (SETTINGS.test(path) ? [path.slice(0, path.search(/\.obsidian\//))] : []))),
  ];
}

export const obsidian: Connector = {
  id: 'obsidian',

  async recognises(files) {
    const vaults = vaultsIn(files);
    return files.filter(
      ({ path }) =>
        SETTINGS.test(path) ||
        (/^(?:md|canvas|base|png|jpe?g|gif|webp|svg)$/.test(extension(path)) &&
          vaults.some((vault) => path.startsWith(vault)) &&
          !/(?:^|\/)\.trash\//.test(path)),
    );
  },

  async *read(files, options) {
    const vaults = vaultsIn(files);
    for (const file of files.filter(({ path }) => extension(path) === 'md' && !SETTINGS.test(path))) {
      options.signal?.throwIfAborted();
      const vault = vaults.find((each) => file.path.startsWith(each)) ?? '';
      const name = vault
        .replace(/\/$/, '')
        .replace(/^.*\//, '')
        .replace(/\.zip$/i, '');
      const path = file.path.slice(vault.length);
      yield* readNote(file, options, {
        source: 'obsidian',
        id: `${name}/${path}`,
        metadata: { vault: name, folder: path.slice(0, Math.max(0, path.lastIndexOf('/'))) },
      });
    }
  },
};

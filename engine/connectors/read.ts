/** From what was given to what is in it: each file by the connector that knows it. */
import { CONNECTORS } from './all';
import { gather, type GivenFile } from './files';
import {
  type Connector,
  type ImportWarning,
  type Peek,
  type Read,
  type ReadOptions,
  type SourceFile,
  warning,
} from './port';
import { peeker } from './text';

/** What one connector will read. */
export interface Part {
  connector: Connector;
  files: SourceFile[];
}

export interface Sorted {
  parts: Part[];
  /** Archives that cannot be opened, and files that no connector knows. */
  warnings: ImportWarning[];
  options: ReadOptions;
}

/** @param options without `peek`: files are looked into once, for telling and for reading them. */
export async function sortFiles(given: GivenFile[], options: Omit<ReadOptions, 'peek'>): Promise<Sorted> {
  const gathered = await gather(given, options.signal);
  const peek = peeker(gathered.files.length);
  const own = await ownExports(gathered.files, peek);
  let left = gathered.files.filter(({ path }) => !own.some((root) => path.startsWith(root)));
  const parts: Part[] = [];
  for (const connector of CONNECTORS) {
    options.signal?.throwIfAborted();
    if (left.length === 0) break;
    const files = await connector.recognises(left, peek);
    if (files.length === 0) continue;
    parts.push({ connector, files });
    const taken = new Set(files);
    left = left.filter((file) => !taken.has(file));
  }
  const ours = own.map((root) => ({
    code: 'own_export',
    message: 'This was written by Commonplace itself, to be brought back whole: see Settings, Your data.',
    file: root.replace(/\/$/, ''),
    where: null,
  }));
  const unknown = left.map((file) => ({
    code: 'unknown_file',
    message: `What ${file.path} is, is not known; it is left out.`,
    file: file.path,
    where: null,
  }));
  return { parts, warnings: [...gathered.warnings, ...ours, ...unknown], options: { ...options, peek } };
}

/** Where in what was given an export of Commonplace's own lies; it has a way of its own, that loses nothing. */
async function ownExports(files: SourceFile[], peek: Peek): Promise<string[]> {
  const roots: string[] = [];
  for (const file of files)
    if (/(?:^|\/)commonplace\.json$/.test(file.path) && /^\s*\{\s*"commonplace"\s*:\s*"export"/.test(await peek(file)))
      roots.push(file.path.slice(0, -'commonplace.json'.length));
  return roots;
}

/** All that the parts hold, one after another; the same each time. */
export async function* readParts({
  parts,
  options,
}: Pick<Sorted, 'parts' | 'options'>): AsyncGenerator<Read & { connector: string }> {
  for (const { connector, files } of parts) {
    let nothing = true;
    for await (const read of connector.read(files, options)) {
      options.signal?.throwIfAborted();
      nothing = false;
      yield { ...read, connector: connector.id };
    }
    const [first] = files;
    if (!nothing || first === undefined) continue;
    yield { ...warning(first, 'empty_file', `${first.path} holds nothing to keep.`), connector: connector.id };
  }
}

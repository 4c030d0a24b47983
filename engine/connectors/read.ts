/** From what was given to what is in it: each file by the connector that knows it. */
import { CONNECTORS } from './all';
import { gather, type GivenFile } from './files';
import { type Connector, type ImportWarning, type Read, type ReadOptions, type SourceFile, warning } from './port';
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
  const peek = peeker();
  const gathered = await gather(given, options.signal);
  let left = gathered.files;
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
  const unknown = left.map((file) => ({
    code: 'unknown_file',
    message: `What ${file.path} is, is not known; it is left out.`,
    file: file.path,
    where: null,
  }));
  return { parts, warnings: [...gathered.warnings, ...unknown], options: { ...options, peek } };
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

/** Stops the build when a packaged model file is missing or is not the pinned one. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { E5_SMALL_V2, type ModelFile } from '../models';
import { WEBLLM_LIBRARIES } from '../models/webllm';

export async function main(): Promise<number> {
  const { golden, weights } = E5_SMALL_V2;
  const embedder = [...E5_SMALL_V2.files, ...Object.values(weights), ...(golden ? [golden.file] : [])];
  const files: ModelFile[] = [
    ...embedder.map((file) => ({ ...file, path: join(E5_SMALL_V2.id, file.path) })),
    ...WEBLLM_LIBRARIES.map(({ library }) => library),
  ];
  let wrong = 0;
  for (const file of files) {
    const path = join(import.meta.dirname, '..', 'models', file.path);
    const bytes = await readFile(path).catch(() => null);
    const found = bytes === null ? 'missing' : createHash('sha256').update(bytes).digest('hex');
    if (found === file.sha256) continue;
    wrong++;
    console.error(`${path}: expected sha256 ${file.sha256}, found ${found}`);
  }
  if (wrong === 0) console.log(`${files.length} files of models are the pinned ones.`);
  return wrong === 0 ? 0 : 1;
}

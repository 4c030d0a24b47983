import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { nodeShelf } from '../../../engine/store/shelf-node';
import { acceptance } from './acceptance';
import { dataDirectory } from './prebuilt';

describe('a store in a directory of Node', () => {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((directory) => rm(directory, { recursive: true, force: true }))));
  acceptance(it, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'commonplace-store-'));
    made.push(directory);
    const settings = { dataDirectory: await dataDirectory() };
    return { shelf: () => nodeShelf(directory), settings, lasting: true, exclusive: false };
  });
});

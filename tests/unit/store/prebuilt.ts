import { readFile } from 'node:fs/promises';
import { main } from '../../../scripts/build-data-dir';

/** The data directory the extension ships, built when it is not there. */
export async function dataDirectory(): Promise<Blob> {
  await main([]);
  return new Blob([await readFile('.cache/data-dir.tar.gz')], { type: 'application/gzip' });
}

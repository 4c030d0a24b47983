import { builtDataDirectory } from '../../../engine/store/shelf-node';
import { main } from '../../../scripts/build-data-dir';

let built: Promise<Blob> | undefined;

/** The data directory the extension ships, built when it is not there; unpacked, which every opening would else do again. */
export function dataDirectory(): Promise<Blob> {
  built ??= main([]).then(async () => {
    const directory = await builtDataDirectory();
    if (!directory) throw new Error('scripts/build-data-dir.ts left nothing.');
    return directory;
  });
  return built;
}

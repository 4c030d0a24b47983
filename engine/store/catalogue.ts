import { EngineError } from '../errors';
import type { Shelf } from './shelf';
import type { SetAside } from './store';

/**
 * What lies on a shelf: which directory is the database, who made it, and which ones were set aside.
 * It is read before Postgres is started, so that a database of another version is never touched by mistake.
 */
export interface Catalogue {
  format: 1;
  current: Entry | null;
  /** Oldest first. */
  aside: SetAside[];
  /** Number of the next directory. */
  next: number;
  /** Directories that are being made or removed: where that was cut off, the next start removes them. */
  leaving?: string[];
  /** What opening did to the database, until the engine has taken up what the database then lacks. */
  restored?: Restored;
}

export interface Restored {
  actions: string[];
  set_aside: string | null;
}

export interface Entry {
  directory: string;
  pglite: string;
  /** Major version of Postgres, which decides whether the files can be read at all. */
  postgres: number;
  schema: number;
}

const NAME = 'catalogue';

/** The catalogue, `none` on an empty shelf, or `lost` when there are databases and no catalogue that is whole. */
export async function readCatalogue(shelf: Shelf): Promise<Catalogue | 'none' | 'lost'> {
  const bytes = await shelf.read(NAME);
  if (!bytes) return (await shelf.databases()).length > 0 ? 'lost' : 'none';
  const catalogue = JSON.parse(new TextDecoder().decode(bytes)) as Catalogue;
  if ((catalogue.format as number) !== 1) {
    throw new EngineError(
      'store_unavailable',
      `The catalogue has format ${String(catalogue.format)}, this version reads 1.`,
      {
        remedy: 'Update Commonplace.',
      },
    );
  }
  return catalogue;
}

export async function writeCatalogue(shelf: Shelf, catalogue: Catalogue): Promise<void> {
  await shelf.write(NAME, new TextEncoder().encode(JSON.stringify(catalogue)));
}

export function directoryName(number: number): string {
  return `database-${number}`;
}

export function directoryNumber(directory: string): number {
  return Number(/^database-(\d+)$/.exec(directory)?.[1] ?? 0);
}

/** Fetching models, as plain data. */
import type { ModelPurpose } from '../../models/downloads';
import type { SerialisedError } from '../errors';

export type { ModelPurpose } from '../../models/downloads';

/** A model that can be fetched here, and how far it is. */
export interface OfferedModel {
  id: string;
  name: string;
  purpose: ModelPurpose;
  runs_on: 'processor' | 'gpu';
  /** Who would be asked, and for which repository. */
  host: string;
  repository: string;
  licence: string;
  /** About what it takes while it is loaded; null where nobody knows. */
  memory_bytes: number | null;
  /** Of its files in all: about, until the hub was asked. */
  bytes: number;
  /** Of them, what lies here. */
  done: number;
  /**
   * - `none`: not asked for;
   * - `waiting` for another to be fetched;
   * - `running`: bytes come, are checked or are put where they are read from;
   * - `paused` by the person, or by a `failure`; what came is kept;
   * - `done`: whole, and each file is the one that its sum says.
   */
  state: 'none' | 'waiting' | 'running' | 'paused' | 'done';
  /** Bytes a second, while it is running and once that can be said. */
  speed: number | null;
  /** Until then nothing is asked, because the hub said so or did not answer; ISO 8601 UTC. */
  waits_until: string | null;
  /** Why it paused by itself. */
  failure: SerialisedError | null;
  /** The version that is fetched: a commit of the repository, the same until the model is deleted. */
  commit: string | null;
  /** Where the sums of its large files are from: this package, or the hub when it was first asked. */
  sums: 'package' | 'hub' | null;
}

/** A file of a model, as it was pinned. */
export interface PinnedFile {
  path: string;
  bytes: number;
  /** Known beforehand, named by the hub, or reckoned when a file that has only a `git` id was whole. */
  sha256: string | null;
  /** Git's id of its content (SHA-1), where the hub names no sha256. */
  git: string | null;
  /** It came whole and was checked. */
  whole: boolean;
}

/** Exactly what a model is made of. */
export interface Pin {
  commit: string;
  files: PinnedFile[];
}

/** Bytes of a model that are asked for, said before they are. */
export interface Fetching {
  host: string;
  model: string;
  bytes: number;
}

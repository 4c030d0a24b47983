import type { EmbedderModel } from '../../models';

/** A model that makes the vectors that are searched by meaning. */
export interface EmbedderView extends Pick<
  EmbedderModel,
  'id' | 'name' | 'languages' | 'packaged' | 'licence' | 'source' | 'revision'
> {
  /** Of all its files. */
  bytes: number;
  /** Its files are here: those of the package always, others once they were added and found to be the published ones. */
  here: boolean;
  /** `answering`: its vectors are searched. `next`: passages are being embedded by it, then it answers. */
  use: 'answering' | 'next' | null;
}

/**
 * Why a folder was not taken: a file is `missing`; one is not the published one (`changed`); it is none of the models that are
 * known here (`unknown`); or it makes vectors of another length (`dimensions`).
 */
export type EmbedderRefusal =
  | { refused: 'missing'; file: string; name: string }
  | { refused: 'changed'; file: string; name: string }
  | { refused: 'unknown' }
  | { refused: 'dimensions'; dimensions: number };

/** Passages are being embedded by another model, while the vectors of the one before answer. */
export interface Reembedding {
  /** The model that is to answer. */
  id: string;
  name: string;
  done: number;
  total: number;
  /** Why it does not come on: the model cannot run here. */
  error: string | null;
}

/** Which model makes the vectors: those there are, the one that answers, and going over from one to another. */
export { type Embedders, type EmbeddersOptions, openEmbedders } from './choice';
export type * from './types';

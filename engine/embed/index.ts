export type { Embedder, EmbedKind } from './port';

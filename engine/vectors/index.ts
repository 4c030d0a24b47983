/** The indexes of vectors: which there are, how one is asked, and making and unmaking them while others go on. */
export { coarse, coarseColumn, halfvecText, vectorIndexes, type VectorIndex } from './indexes';
export { dropIndexes, dropModel, EXACT_AT_MOST, indexVectors, modelsWithVectors, renewIndexes } from './upkeep';

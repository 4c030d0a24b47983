/** Takes captures into the database: merges them with what is there and cuts them into what is searched. */
export { ingest, type IngestOptions } from './ingest';
export { dropOldWords, isOnlyPassage, makeTerms, rechunk, staleDocuments } from './chunks';
export { PASSAGE_CHARACTERS, split, SPLITTER_VERSION } from './split';

/** Connectors: what other services' exports and a person's files hold, as documents. */
export { CONNECTORS } from './all';
export type { GivenFile } from './files';
export type { Connector, ImportedItem, ImportWarning, Read, ReadOptions, SourceFile } from './port';
export { type Part, readParts, type Sorted, sortFiles } from './read';
export { Importer, type ImporterOptions, type ImportShelf } from './importer';
export { opfsShelf } from './shelf-opfs';
export { reconcile } from './reconcile';

/** Everything in one file and back: export, import, and what was wrong with a file. */
export { enciphered } from './cipher';
export { type Exchange, exchange } from './exchange';
export { exportAll, type ExportOptions, streamOf } from './export';
export { DERIVED, FORMAT, recordSchema, TABLES } from './format';
export { importExport, type ImportOptions } from './import';
export { exportSelection } from './selection';
export { openUnderWay } from './under-way';

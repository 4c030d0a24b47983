export { crc32 } from './crc32';
export { fetchEngineFiles } from './engine-files';
export { openStore } from './open';
export type { OpenSettings, Place } from './open';
export type { KeyValue } from './breaker';
export { REPLACED } from './store';
export type { Maintenance, Queryable, SetAside, SnapshotReport, Storage, Store } from './store';

export { openStore } from './open';
export type { OpenSettings, Place } from './open';
export type { KeyValue } from './breaker';
export type { Maintenance, Queryable, SetAside, SnapshotReport, Storage, Store } from './store';

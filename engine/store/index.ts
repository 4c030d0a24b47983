export { openStore } from './open';
export type { Queryable, Store } from './store';

/** What keeps things from leaving unseen: the vault for keys, the list of what was sent, and what is personal in a text. */
export { memoryShelf, openPrivacyShelf, type PrivacyShelf } from './shelf';
export type { Replaced, ReplaceOptions } from './replace';
export type { PersonalKind, PersonalSpan } from './spans';

/** Its lists of names are large: loaded when something is to be replaced. */
export const loadReplacing = () => import('./replace');
export { IDLE_LOCK_MS, openVault, type Vault, type VaultState } from './vault';

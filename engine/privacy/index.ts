/** What keeps things from leaving unseen: the vault for keys, and the list of what was sent. */
export { memoryShelf, openPrivacyShelf, type PrivacyShelf } from './shelf';
export { openVault, type Vault, type VaultState } from './vault';

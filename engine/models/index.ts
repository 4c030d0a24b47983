/** Models fetched from a hub: pinned, in ranges, resumed, checked by their sums. */
export { type DownloadHooks, type Downloads, type DownloadsOptions, openDownloads } from './downloads';
export { opfsModelStorage } from './opfs';
export type { ModelStorage, OpenFile } from './port';
export type * from './types';

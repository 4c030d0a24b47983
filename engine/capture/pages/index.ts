/**
 * Pages that are kept by being read: which, when, and under what address. Pure and small: the script that waits in every
 * page is made of this. The text of a page is read by `engine/capture/page`, loaded only once a page was read.
 */
export { canonicalAddress } from '../address';
export { keptAddress } from './addresses';
export { isNews, type Noted, noteKept } from './lately';
export { NEVER_CATEGORIES, type NeverCategory } from './never';
export {
  type Decision,
  decidePage,
  type KeepLevel,
  neverByCategory,
  neverEntry,
  type NotKept,
  PAGES_OFF,
  type PagesSetting,
  settingOf,
  siteName,
} from './policy';
export { isPrivateHost } from './private-hosts';
export { AWAY_AFTER_SECONDS, countWords, isRead, PDF_SECONDS, type ReadSoFar, startReading } from './reading';
export { judgePage, type Judged, type Unsuitable } from './suitable';

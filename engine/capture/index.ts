/**
 * Capture: what a site's pages and bodies hold, as plain data. Pure: nothing here asks the network or the clock's
 * owner, and no page that is read is changed.
 *
 * This surface is small enough for a content script on a supported site. The readable text of any other page is a
 * second surface, `engine/capture/page`, loaded only when the user keeps a page.
 */
export * from './types';
export { ALL_SITES, matchesOf, siteAtHost, SITES, type SiteEntry } from './sites';
export {
  Adapter,
  type DomReadResult,
  type PageAddress,
  type PageHealth,
  type PageRoot,
  type ReadContext,
} from './adapters/_adapter';
export { ChatGptAdapter } from './adapters/chatgpt/index';
export type { Holding } from './adapters/_holding';
export type {
  AskSite,
  HistoryPage,
  HistoryPageOfList,
  ListedConversation,
  SiteHistory,
  SiteRequest,
} from './adapters/_history';
export type { ObservedRequest, SiteWire, StreamNews, StreamReader } from './adapters/_stream';
export {
  addressKind,
  compareReadings,
  diagnose,
  type Disagreement,
  type HealthReason,
  type HealthState,
  type Looked,
  type PageDiagnostics,
  type Strategies,
} from './health';
export { liveConversation, type LiveConversation, type LiveEvent, type LiveView, type Wanted } from './live';
export { inParentsOrder, turnOf } from './order';
export { saysTheSame } from './words';
export { readText, type ReadOptions } from './read';

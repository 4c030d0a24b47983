/**
 * Capture: what a site's pages and bodies hold, as plain data. Pure: nothing here asks the network or the clock's
 * owner, and no page that is read is changed.
 *
 * This surface is small enough for a content script on a supported site. The readable text of any other page is a
 * second surface, `engine/capture/page`, loaded only when the user keeps a page.
 */
export * from './types';
export {
  Adapter,
  type DomReadResult,
  type ObservedRequest,
  type PageAddress,
  type PageHealth,
  type PageRoot,
  type ReadContext,
} from './adapters/_adapter';
export { ChatGptAdapter } from './adapters/chatgpt/index';
export { detailUrl, olderUrl } from './adapters/chatgpt/addresses';
export { liveConversation, type LiveConversation, type LiveEvent, type LiveView, type Wanted } from './live';
export { readText, type ReadOptions } from './read';
export { readStream, type StreamNews, type StreamReader } from './adapters/chatgpt/stream';

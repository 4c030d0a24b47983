/**
 * What reading files takes: every site's adapter and the readers they are made of. The third surface of this folder, for
 * `engine/connectors`; it brings all sites at once, so no content script loads it.
 */
export { adapterOf, allAdapters } from './adapters/all';
export { eachRecord } from './adapters/_envelope';
export { linkTo } from './adapters/_sources';
export { treeConversation } from './adapters/_tree';
export { stableHash } from './hash';
export { asArray, asId, asObject, asText, asTime, isObject, type JsonObject, tryParse } from './json';
export { dollarMath, elementToMarkdown } from './markdown';

/** Questions answered from what is kept, with citations that are checked, and the chats they make. */
export { answerQuestion, type AskOptions } from './ask';
export { BUILT_IN, builtInGenerator } from './built-in';
export { branchCapture, exchangeCapture, exportChat, historyOf, listChats, readChat, renameCapture } from './chats';
export { buildContext } from './context';
export { extractiveGenerator } from './extractive';
export { CHAT_SOURCE } from './gather';
export { asSent } from './leaving';
export {
  isLocal,
  type LocalModels,
  type ModelFiles,
  type OpenLlama,
  openLocalModels,
  opfsModelFiles,
  packagedLlama,
} from './local-models';
export { openProviders, type Providers } from './providers';
export { inFull } from './in-full';
export type { Generator, GeneratorInput } from './port';
export { packagedWebLlm, type WebLlm } from './webllm';
export type * from './types';

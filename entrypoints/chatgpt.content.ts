import { defineContentScript } from 'wxt/utils/define-content-script';
import { ChatGptAdapter } from '../engine/capture/adapters/chatgpt/index';
import { watchSite } from './shell/watch-site';

/** Watches chatgpt.com. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://chatgpt.com/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    watchSite(new ChatGptAdapter(), ctx.signal);
  },
});

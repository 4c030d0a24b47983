import { browser } from 'wxt/browser';
import { defineContentScript } from 'wxt/utils/define-content-script';
import { ChatGptAdapter } from '../engine/capture';
import { watchConversations } from './shell/watch-conversations';

/** Watches chatgpt.com. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://chatgpt.com/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    if (browser.extension.inIncognitoContext) return;
    watchConversations(new ChatGptAdapter(), ctx.signal);
  },
});

import { browser } from 'wxt/browser';
import { defineContentScript } from 'wxt/utils/define-content-script';
import { ChatGptAdapter } from '../engine/capture';
import { READ_AGAIN } from './shell/messages';
import { watchConversations } from './shell/watch-conversations';

/** Watches chatgpt.com. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://chatgpt.com/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    if (browser.extension.inIncognitoContext) return;
    const watch = () => {
      const watching = new AbortController();
      watchConversations(new ChatGptAdapter(), AbortSignal.any([ctx.signal, watching.signal]));
      return watching;
    };
    let watching = watch();
    browser.runtime.onMessage.addListener((message: unknown) => {
      if (message !== READ_AGAIN) return;
      watching.abort();
      watching = watch();
    });
  },
});

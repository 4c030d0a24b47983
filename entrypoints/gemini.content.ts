import { defineContentScript } from 'wxt/utils/define-content-script';
import { GeminiAdapter } from '../engine/capture/adapters/gemini/index';
import { watchSite } from './shell/watch-site';

/** Watches gemini.google.com. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://gemini.google.com/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    watchSite(new GeminiAdapter(), ctx.signal);
  },
});

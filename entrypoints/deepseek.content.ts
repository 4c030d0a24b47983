import { defineContentScript } from 'wxt/utils/define-content-script';
import { DeepSeekAdapter } from '../engine/capture/adapters/deepseek';
import { watchSite } from './shell/watch-site';

/** Watches chat.deepseek.com. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://chat.deepseek.com/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    watchSite(new DeepSeekAdapter(), ctx.signal);
  },
});

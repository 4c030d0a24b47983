import { defineContentScript } from 'wxt/utils/define-content-script';
import { ClaudeAdapter } from '../engine/capture/adapters/claude/index';
import { watchSite } from './shell/watch-site';

/** Watches claude.ai. What is read and when is the same for every site; see watch-conversations.ts. */
export default defineContentScript({
  matches: ['https://claude.ai/*'],
  runAt: 'document_start',
  allFrames: false,
  main(ctx) {
    watchSite(new ClaudeAdapter(), ctx.signal);
  },
});

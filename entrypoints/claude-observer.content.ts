import { defineContentScript } from 'wxt/utils/define-content-script';
import { claudeWire } from '../engine/capture/adapters/claude/wire';
import { observePage } from './shell/observe-page';

/** In the page's own world, before its first script: copies what the page of claude.ai fetches. */
export default defineContentScript({
  matches: ['https://claude.ai/*'],
  world: 'MAIN',
  runAt: 'document_start',
  allFrames: false,
  main() {
    observePage(claudeWire);
  },
});

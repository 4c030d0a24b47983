import { defineContentScript } from 'wxt/utils/define-content-script';
import { deepseekWire } from '../engine/capture/adapters/deepseek-wire';
import { observePage } from './shell/observe-page';

/** In the page's own world, before its first script: copies what the page of chat.deepseek.com fetches. */
export default defineContentScript({
  matches: ['https://chat.deepseek.com/*'],
  world: 'MAIN',
  runAt: 'document_start',
  allFrames: false,
  main() {
    observePage(deepseekWire);
  },
});

import { defineContentScript } from 'wxt/utils/define-content-script';
import { chatgptWire } from '../engine/capture/adapters/chatgpt/wire';
import { observePage } from './shell/observe-page';

/** In the page's own world, before its first script: copies what the page of chatgpt.com fetches. */
export default defineContentScript({
  matches: ['https://chatgpt.com/*'],
  world: 'MAIN',
  runAt: 'document_start',
  allFrames: false,
  main() {
    observePage(chatgptWire);
  },
});

import { defineContentScript } from 'wxt/utils/define-content-script';
import { geminiWire } from '../engine/capture/adapters/gemini/wire';
import { observePage } from './shell/observe-page';

/** In the page's own world, before its first script: copies what the page of gemini.google.com fetches. */
export default defineContentScript({
  matches: ['https://gemini.google.com/*'],
  world: 'MAIN',
  runAt: 'document_start',
  allFrames: false,
  main() {
    observePage(geminiWire);
  },
});

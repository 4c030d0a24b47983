import { CHROMIUM } from '../../harness/browser';
import { describeLlama } from './llama-suite';

describeLlama(CHROMIUM);

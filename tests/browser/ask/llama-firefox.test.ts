import { FIREFOX } from '../../harness/browser';
import { describeLlama } from './llama-suite';

describeLlama(FIREFOX);

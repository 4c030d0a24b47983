import { CHROMIUM } from '../../harness/browser';
import { describeEndToEnd } from './suite';

describeEndToEnd(CHROMIUM);

import { CHROMIUM } from '../../harness/browser';
import { describeAsking } from './suite';

describeAsking(CHROMIUM);

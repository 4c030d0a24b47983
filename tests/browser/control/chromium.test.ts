import { CHROMIUM } from '../../harness/browser';
import { describeControl } from './suite';

describeControl(CHROMIUM);

import { CHROMIUM } from '../../harness/browser';
import { describeImport } from './suite';

describeImport(CHROMIUM);

import { CHROMIUM } from '../../harness/browser';
import { describeBackup } from './suite';

describeBackup(CHROMIUM);

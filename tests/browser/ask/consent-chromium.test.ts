import { CHROMIUM } from '../../harness/browser';
import { describeConsent } from './consent-suite';

describeConsent(CHROMIUM);

import { FIREFOX } from '../../harness/browser';
import { describeConsent } from './consent-suite';

describeConsent(FIREFOX);

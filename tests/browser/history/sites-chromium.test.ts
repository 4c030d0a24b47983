import { CHROMIUM } from '../../harness/browser';
import { describeSites } from './sites';

describeSites(CHROMIUM);

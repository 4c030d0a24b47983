import { FIREFOX } from '../../harness/browser';
import { describeSites } from './sites';

describeSites(FIREFOX);

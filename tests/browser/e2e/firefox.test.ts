import { FIREFOX } from '../../harness/browser';
import { describeEndToEnd } from './suite';

describeEndToEnd(FIREFOX);

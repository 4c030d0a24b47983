import { FIREFOX } from '../../harness/browser';
import { describeControl } from './suite';

describeControl(FIREFOX);

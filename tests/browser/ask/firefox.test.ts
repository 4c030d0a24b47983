import { FIREFOX } from '../../harness/browser';
import { describeAsking } from './suite';

describeAsking(FIREFOX);

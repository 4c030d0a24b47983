import { FIREFOX } from '../../harness/browser';
import { describeImport } from './suite';

describeImport(FIREFOX);

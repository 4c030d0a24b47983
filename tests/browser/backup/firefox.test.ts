import { FIREFOX } from '../../harness/browser';
import { describeBackup } from './suite';

describeBackup(FIREFOX);

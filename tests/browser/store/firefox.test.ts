import { describeStore } from './suite';

describeStore('firefox');

import { describeStore } from './suite';

describeStore('chrome');

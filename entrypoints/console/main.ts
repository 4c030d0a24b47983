/** For people who script their own memory, and for the tests: the engine in the developer tools' console. */
import { connectEngine } from '../shell/engine-connection';
import { ask } from '../shell/messages';

Object.assign(globalThis, { engine: connectEngine(), ask });

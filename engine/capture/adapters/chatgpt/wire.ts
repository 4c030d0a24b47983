import type { SiteWire } from '../_stream';
import { classifyRequest } from './addresses';
import { readStream } from './stream';

export const chatgptWire: SiteWire = { classifyRequest, readStream };

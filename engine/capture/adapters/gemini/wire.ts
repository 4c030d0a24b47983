import type { SiteWire } from '../_stream';
import { classifyRequest } from './addresses';
import { readStream } from './stream';

export const geminiWire: SiteWire = { classifyRequest, readStream };

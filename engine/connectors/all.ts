/** Every connector, those of whole exports before those of single files: each is offered what is left. */
import { chatgpt } from './chatgpt';
import { chats } from './chats';
import { claude } from './claude';
import { deepseek } from './deepseek';
import { gemini } from './gemini';
import { grok } from './grok';
import { messenger } from './messenger';
import { mistral } from './mistral';
import { perplexity } from './perplexity';
import type { Connector } from './port';

export const CONNECTORS: Connector[] = [deepseek, chatgpt, claude, gemini, messenger, grok, mistral, perplexity, chats];

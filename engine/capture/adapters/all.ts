/** Every site's adapter, for what reads files of any site. A content script imports its own alone. */
import type { Site } from '../types';
import type { Adapter } from './_adapter';
import { ChatGptAdapter } from './chatgpt/index';
import { ClaudeAdapter } from './claude/index';
import { DeepSeekAdapter } from './deepseek';
import { GeminiAdapter } from './gemini/index';

export function allAdapters(): Adapter[] {
  return [new ChatGptAdapter(), new ClaudeAdapter(), new GeminiAdapter(), new DeepSeekAdapter()];
}

export function adapterOf(site: Site): Adapter {
  const found = allAdapters().find((adapter) => adapter.site === site);
  if (found === undefined) throw new Error(`There is no adapter for ${site}.`);
  return found;
}

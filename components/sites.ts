import { words } from './words';

/** Sites that are kept as they are used, as `engine/capture/sites.ts` has them. Proper names, not translated. */
export const SITES: Record<string, { name: string; host: string }> = {
  chatgpt: { name: 'ChatGPT', host: 'chatgpt.com' },
  claude: { name: 'Claude', host: 'claude.ai' },
  gemini: { name: 'Gemini', host: 'gemini.google.com' },
  deepseek: { name: 'DeepSeek', host: 'chat.deepseek.com' },
};

/** The source of chats with one's own memory. */
export const CHATS = 'commonplace';

export function sourceName(source: string): string {
  if (source === 'web') return words('source_web');
  if (source === CHATS) return words('app_name');
  return SITES[source]?.name ?? source;
}

export function siteHost(site: string): string {
  return SITES[site]?.host ?? site;
}

/** The host of an address without `www.`, or the text itself when it is no address. */
export function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^www\./u, '');
  } catch (error) {
    if (error instanceof TypeError) return url;
    throw error;
  }
}

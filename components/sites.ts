import { words, type WordKey } from './words';

/** Sites that are kept as they are used, as `engine/capture/sites.ts` has them. Proper names, not translated. */
export const SITES: Record<string, { name: string; host: string }> = {
  chatgpt: { name: 'ChatGPT', host: 'chatgpt.com' },
  claude: { name: 'Claude', host: 'claude.ai' },
  gemini: { name: 'Gemini', host: 'gemini.google.com' },
  deepseek: { name: 'DeepSeek', host: 'chat.deepseek.com' },
};

/** The source of chats with one's own memory. */
export const CHATS = 'commonplace';
/** The source of notes that were written in the panel. */
export const NOTES = 'notes';

/** Where imported things come from: proper names too, as `engine/capture/types.ts` and the connectors have them. */
const SERVICES: Record<string, string> = {
  grok: 'Grok',
  keep: 'Google Keep',
  kindle: 'Kindle',
  messenger: 'Messenger',
  mistral: 'Mistral',
  notion: 'Notion',
  obsidian: 'Obsidian',
  perplexity: 'Perplexity',
  pocket: 'Pocket',
  readwise: 'Readwise',
  todoist: 'Todoist',
};

const SOURCES: Record<string, WordKey> = {
  bookmarks: 'source_bookmarks',
  files: 'source_files',
  [CHATS]: 'app_name',
  mail: 'source_mail',
  [NOTES]: 'source_notes',
  web: 'source_web',
};

export function sourceName(source: string): string {
  const key = SOURCES[source];
  return key === undefined ? (SITES[source]?.name ?? SERVICES[source] ?? source) : words(key);
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

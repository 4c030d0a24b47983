/** The AI sites whose conversations are captured: their names and where they are. Everything else asks here. */

export interface SiteEntry {
  /** A proper name; not translated. */
  name: string;
  /** The host that content scripts run on; conversations open there. */
  host: string;
}

/** By the `source` that documents of the site get. */
export const SITES = {
  chatgpt: { name: 'ChatGPT', host: 'chatgpt.com' },
  claude: { name: 'Claude', host: 'claude.ai' },
  gemini: { name: 'Gemini', host: 'gemini.google.com' },
  deepseek: { name: 'DeepSeek', host: 'chat.deepseek.com' },
} as const satisfies Record<string, SiteEntry>;

/** A supported AI site. Also the `source` of its documents. */
export type Site = keyof typeof SITES;

export const ALL_SITES = Object.keys(SITES) as Site[];

/** The site at a host name (lower case, without a port), or null. */
export function siteAtHost(host: string): Site | null {
  return ALL_SITES.find((site) => SITES[site].host === host) ?? null;
}

/** What a content script of the site matches. */
export function matchesOf(site: Site): string {
  return `https://${SITES[site].host}/*`;
}

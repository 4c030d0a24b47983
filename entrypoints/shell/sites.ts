import { ALL_SITES, matchesOf, type Site, siteAtHost } from '../../engine/capture/sites';

export const MATCHES = ALL_SITES.map(matchesOf);

/** Host of a web address, lower case; null for anything a memory cannot be about (about:, chrome:, files). */
export function hostOf(url: string | undefined): string | null {
  if (!url) return null;
  const parsed = URL.parse(url);
  return parsed && (parsed.protocol === 'https:' || parsed.protocol === 'http:') ? parsed.host : null;
}

export function siteOf(url: string | undefined): Site | null {
  return siteAtHost(hostOf(url) ?? '');
}

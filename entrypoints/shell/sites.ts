import type { Site } from '../../engine/capture/types';

/** The sites whose conversations are captured, by host. */
export const SITES: Record<string, Site> = { 'chatgpt.com': 'chatgpt' };

export const MATCHES = Object.keys(SITES).map((host) => `https://${host}/*`);

/** Host of a web address, lower case; null for anything a memory cannot be about (about:, chrome:, files). */
export function hostOf(url: string | undefined): string | null {
  if (!url) return null;
  const parsed = URL.parse(url);
  return parsed && (parsed.protocol === 'https:' || parsed.protocol === 'http:') ? parsed.host : null;
}

export function siteOf(url: string | undefined): Site | null {
  return SITES[hostOf(url) ?? ''] ?? null;
}

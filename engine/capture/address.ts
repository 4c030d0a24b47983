/** The address that names a page. */

/** Parts of an address that say who sent the reader, not what is read. */
const TRACKING = /^(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_cid|mc_eid|igshid|yclid|_hsenc|_hsmi|ref_src)$/;

/**
 * The address that names the page however it was reached: its canonical link where that can be true (the same site,
 * not the front page of it), without tracking parameters and fragment.
 */
export function canonicalAddress(document: Document, url: string): string {
  const opened = resolve(url);
  const said = document.querySelector('link[rel="canonical"]')?.getAttribute('href');
  const canonical = said === null || said === undefined ? null : resolve(said, url);
  const site = (host: string): string => host.split('.').slice(-2).join('.');
  const believable =
    canonical !== null &&
    opened !== null &&
    /^https?:$/.test(canonical.protocol) &&
    site(canonical.hostname) === site(opened.hostname) &&
    (canonical.pathname !== '/' || opened.pathname === '/');
  return tidyAddress(believable ? canonical.href : url);
}

/** The address without tracking parameters and fragment. */
export function tidyAddress(url: string): string {
  const address = resolve(url);
  if (address === null) return url;
  for (const name of parameterNames(address)) if (TRACKING.test(name)) address.searchParams.delete(name);
  // A fragment is a place in the page; only one that routes (`#/…`, `#!…`) names another page.
  if (!/^#[!/]/.test(address.hash)) address.hash = '';
  return address.href;
}

/** Null for what is no address. */
export function resolve(url: string, base?: string): URL | null {
  try {
    return base === undefined ? new URL(url) : new URL(url, base);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/** Names of the address's parameters, each once. */
export function parameterNames(address: URL): string[] {
  // not `keys()`: in a content script of Firefox its iterator is the page's and cannot be iterated
  const names = new Set<string>();
  address.searchParams.forEach((_value, name) => names.add(name));
  return [...names];
}

/** Which pages are kept by being read. What the user said of a site comes before the list, the list before "everywhere". */
import { isPrivateStep, isSearch, keptAddress } from './addresses';
import { NEVER, NEVER_CATEGORIES, type NeverCategory } from './never';
import { isPrivateHost } from './private-hosts';

/** How much of a page is kept: its text, or its address and title. */
export type KeepLevel = 'text' | 'address';

export interface PagesSetting {
  /** Null: only the sites named. */
  everywhere: KeepLevel | null;
  /** By {@link siteName}; the longest name that fits decides. */
  sites: Record<string, KeepLevel | 'off'>;
  /** The user's changes to the list of {@link NEVER}: what is new in a later list reaches everybody. */
  never: { added: string[]; removed: string[] };
}

export const PAGES_OFF: PagesSetting = { everywhere: null, sites: {}, never: { added: [], removed: [] } };

export type NotKept = 'off' | 'not_web' | 'private_address' | 'never_list' | 'private_step' | 'search';
export type Decision =
  /** `url` is what may be written down. */
  { keep: KeepLevel; url: string } | { keep: null; why: NotKept };

/** Private addresses, steps of an account and search results are kept by no setting. */
export function decidePage(address: string, setting: PagesSetting): Decision {
  const url = keptAddress(address);
  const parsed = url === null ? null : URL.parse(address);
  if (url === null || parsed === null) return { keep: null, why: 'not_web' };
  if (isPrivateHost(parsed.hostname)) return { keep: null, why: 'private_address' };
  const said = settingOf(parsed.hostname, setting);
  const keep = said === 'off' ? null : (said ?? setting.everywhere);
  if (keep === null) return { keep: null, why: 'off' };
  if (isPrivateStep(parsed)) return { keep: null, why: 'private_step' };
  if (isSearch(parsed)) return { keep: null, why: 'search' };
  // the user asked for this very site: the list that came with the extension gives way, theirs does not
  const list = said === null ? neverList(setting) : setting.never.added;
  if (isListed(parsed, list)) return { keep: null, why: 'never_list' };
  return { keep, url };
}

/** A host as settings name it: without `www.` and port, lower case. */
export function siteName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/u, '')
    .replace(/\.$/u, '')
    .replace(/^www\./u, '');
}

/** What was said of this host or the nearest one above it. */
export function settingOf(hostname: string, setting: PagesSetting): KeepLevel | 'off' | null {
  const labels = siteName(hostname).split('.');
  for (let from = 0; from < labels.length; from++) {
    const said = setting.sites[labels.slice(from).join('.')];
    if (said !== undefined) return said;
  }
  return null;
}

/** The list as it stands. */
export function neverList({ never }: PagesSetting): string[] {
  const removed = new Set(never.removed);
  return [
    ...NEVER_CATEGORIES.flatMap((category) => NEVER[category]).filter((entry) => !removed.has(entry)),
    ...never.added,
  ];
}

export function neverByCategory({
  never,
}: PagesSetting): Array<{ category: NeverCategory | 'own'; entries: string[] }> {
  const removed = new Set(never.removed);
  return [
    { category: 'own', entries: never.added },
    ...NEVER_CATEGORIES.map((category) => ({
      category,
      entries: NEVER[category].filter((entry) => !removed.has(entry)),
    })),
  ];
}

/** An entry as the user may type it (an address too), as the list holds it; null where it names no host. */
export function neverEntry(typed: string): string | null {
  const text = typed
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//u, '')
    .replace(/[?#].*$/u, '')
    .replace(/\/+$/u, '');
  const [host = '', ...path] = text.split('/');
  const name = siteName(host.replace(/^\*\./u, ''));
  if (!/^[\p{L}\p{N}*-]+(?:\.[\p{L}\p{N}*-]+)*$/u.test(name) || /^[*.]+$/u.test(name)) return null;
  // names beyond ASCII as addresses carry them
  const ascii = name.includes('*') ? name : (URL.parse(`https://${name}`)?.hostname ?? name);
  return [ascii, ...path].join('/');
}

export function isListed(url: URL, entries: string[]): boolean {
  return entries.some((entry) => patternOf(entry)(url));
}

type Pattern = (url: URL) => boolean;
const patterns = new Map<string, Pattern>();

function patternOf(entry: string): Pattern {
  let pattern = patterns.get(entry);
  if (!pattern) patterns.set(entry, (pattern = compile(entry)));
  return pattern;
}

function compile(entry: string): Pattern {
  const slash = entry.indexOf('/');
  const name = slash < 0 ? entry : entry.slice(0, slash);
  const steps = slash < 0 ? [] : entry.slice(slash + 1).split('/');
  const labels = name.split('.');
  const end = labels.at(-1);
  const open = end === '**' || (end === '*' && labels.length > 1);
  const fixed = (open ? labels.slice(0, -1) : labels).map((label) => escape(label).replaceAll('\\*', '[^.]*'));
  const tail = end === '**' ? '\\..+$' : open ? '\\.[a-z]{2,}(?:\\.[a-z]{2})?$' : '$';
  const host = new RegExp(`(?:^|\\.)${fixed.join('\\.')}${tail}`, 'u');
  const path = steps.map((step) => new RegExp(`^${escape(step).replaceAll('\\*', '.*')}$`, 'iu'));
  return (url) => {
    if (!host.test(url.hostname.replace(/\.$/u, ''))) return false;
    if (path.length === 0) return true;
    const taken = url.pathname.split('/').slice(1);
    return path.every((step, index) => step.test(taken[index] ?? ''));
  };
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&');
}

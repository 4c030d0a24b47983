/** What another visit changes of a kept page: it counts, brings newer text, and never takes away. Pure. */
import type { CapturedPage } from '../capture/types';

/** Keys of a page's metadata that differ from visit to visit; they do not make a page another. */
const VISIT_FACTS = ['visits', 'read_seconds', 'visited_at'] as const;

/** What a capture whose text is known lays over the stored metadata. */
export function visitFacts(page: CapturedPage): Record<string, unknown> {
  const facts = VISIT_FACTS.flatMap((key) => (key in page.metadata ? [[key, page.metadata[key]] as const] : []));
  return { origin: page.origin, ...Object.fromEntries(facts) };
}

/** What of a page's metadata says whether a capture brings something new. */
export function lastingFacts(metadata: Record<string, unknown>): Record<string, unknown> {
  const rest = { ...metadata };
  for (const key of [...VISIT_FACTS, 'level']) delete rest[key];
  return rest;
}

/**
 * The page as it is to be stored over what is there (`known`: the stored metadata, null for a new page).
 * - A visit to a page that the user kept by hand leaves it one that was kept by hand.
 * - What brings an address and no text leaves the text and title that are there.
 * - Visits and seconds are added up; the same visit twice counts once.
 */
export function foldVisit(page: CapturedPage, known: Record<string, unknown> | null): CapturedPage {
  const visit = page.origin === 'visit';
  if (known === null) return visit ? { ...page, metadata: { ...page.metadata, visited_at: page.captured_at } } : page;
  const bare = page.metadata.level === 'address' || page.origin === 'link';
  const storedBare = known.level === 'address' || known.origin === 'link';
  const keepsText = bare && !storedBare;
  const folded: CapturedPage = {
    ...page,
    ...(keepsText ? { markdown: '', title: null } : {}),
    metadata: { ...page.metadata },
  };
  if (visit || known.level !== undefined) folded.metadata.level = bare && storedBare ? 'address' : 'text';
  if (keepsText || visit) folded.origin = originOf(known, visit && !bare ? 'visit' : page.origin);
  if (!visit) return folded;
  const counted = Date.parse(page.captured_at) <= Date.parse(text(known.visited_at));
  folded.metadata = {
    ...folded.metadata,
    visits: number(known.visits) + (counted ? 0 : 1),
    read_seconds: number(known.read_seconds) + (counted ? 0 : number(page.metadata.read_seconds)),
    visited_at: counted ? known.visited_at : page.captured_at,
  };
  return folded;
}

function originOf(known: Record<string, unknown>, given: CapturedPage['origin']): CapturedPage['origin'] {
  switch (known.origin) {
    case 'page':
    case 'selection':
      return known.origin;
    case 'link': // kept by hand as an address; with its text it is a page
      return given === 'visit' ? 'page' : 'link';
    default:
      return 'visit';
  }
}

const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
const text = (value: unknown) => (typeof value === 'string' ? value : '');

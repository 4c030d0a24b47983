import { findAddresses, findEmails } from './addresses';
import { findKeys } from './keys';
import { findNames } from './names';
import { findCards, findIbans, findIds, findPhones } from './numbers';
import type { PersonalKind, PersonalSpan } from './spans';

/** Of two that overlap the one that says more surely what it is stays. */
const ORDER: PersonalKind[] = ['key', 'email', 'iban', 'card', 'id', 'address', 'phone', 'name'];

/**
 * What is personal in a text, in its order, no two overlapping.
 *
 * @param known names of people that the text may name, e.g. of who wrote it.
 * @remarks Found by rules and lists, not by understanding: docs/decisions/0019 says how much of it is.
 */
export function findPersonal(text: string, known: Iterable<string> = []): PersonalSpan[] {
  const found = [
    ...findKeys(text),
    ...findEmails(text),
    ...findIbans(text),
    ...findCards(text),
    ...findIds(text),
    ...findAddresses(text),
    ...findPhones(text),
    ...findNames(text, known),
  ].toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || b.end - b.start - (a.end - a.start));
  const kept: PersonalSpan[] = [];
  for (const span of found) {
    if (span.end > span.start && !kept.some((other) => span.start < other.end && other.start < span.end))
      kept.push(span);
  }
  return kept.toSorted((a, b) => a.start - b.start);
}

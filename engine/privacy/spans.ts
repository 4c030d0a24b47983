/** What is personal in a text, as places in it. */

/** What is replaced, by what it is. */
export type PersonalKind = 'name' | 'email' | 'phone' | 'address' | 'card' | 'iban' | 'key' | 'id';

/** [start, end) in UTF-16 units. */
export interface PersonalSpan {
  kind: PersonalKind;
  start: number;
  end: number;
}

/** The places of `group` (all of the match unless told) of every match that `holds`. */
export function spansOf(
  text: string,
  kind: PersonalKind,
  pattern: RegExp,
  holds: (found: string, match: RegExpExecArray) => boolean = () => true,
  group = 0,
): PersonalSpan[] {
  const spans: PersonalSpan[] = [];
  for (const match of text.matchAll(pattern)) {
    const place = match.indices?.[group] ?? (group === 0 ? [match.index, match.index + match[0].length] : undefined);
    if (!place) continue;
    const [start, end] = place;
    if (end > start && holds(text.slice(start, end), match)) spans.push({ kind, start, end });
  }
  return spans;
}

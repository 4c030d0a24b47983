import type { Role } from '../capture/types';

/** The names by which people call a site's assistant; other sources go by their own name. */
const ASSISTANTS: Record<string, string> = { chatgpt: 'ChatGPT' };

/** What is known of a passage from outside its text. */
export interface HeaderFacts {
  title: string | null;
  source: string;
  kind: string;
  role: Role | null;
  author: string | null;
  /** Any form that `Date` reads. */
  created_at: string | Date | null;
  heading?: string | null;
}

/**
 * The line that is indexed before a passage and never shown: title, heading, speaker and day (UTC), so that a question
 * that names them finds passages that do not. Measured to add 1 to 5 points of R@1 on LoCoMo and REALTALK with BM25.
 */
export function contextHeader(facts: HeaderFacts): string {
  return [facts.title, facts.heading, speaker(facts), day(facts.created_at)]
    .filter((part): part is string => typeof part === 'string' && part.trim() !== '')
    .join(' | ')
    .replace(/\s+/gu, ' ');
}

function speaker({ source, kind, role, author }: HeaderFacts): string | null {
  if (kind !== 'conversation') return author;
  if (author) return author;
  if (role === 'user') return 'You';
  return role === 'assistant' ? (ASSISTANTS[source] ?? source) : role;
}

// Not Intl's: its form changes with the browser's version, and with it every header.
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function day(value: string | Date | null): string | null {
  if (value === null) return null;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return null;
  return `${DAYS[time.getUTCDay()]} ${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
}

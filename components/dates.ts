/** Times in words, as a person would say them, with the exact time kept for the one who asks. */
import { words, wordsLocale } from './words';

const DAY_MS = 86_400_000;

/** Midnight of the local day. */
function startOfDay(time: Date): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate());
}

/** Whole local days from `time` to `now`; 0 today, 1 yesterday. Rounded, as a day of a clock change has 23 or 25 hours. */
function daysAgo(time: Date, now: Date): number {
  return Math.round((startOfDay(now).getTime() - startOfDay(time).getTime()) / DAY_MS);
}

/** "4 minutes ago", "yesterday", "3 days ago", "12 May", "12 May 2025". */
export function inWords(iso: string, now: Date = new Date()): string {
  const time = new Date(iso);
  const relative = new Intl.RelativeTimeFormat(wordsLocale(), { numeric: 'auto' });
  const minutes = Math.round((now.getTime() - time.getTime()) / 60_000);
  const days = daysAgo(time, now);
  if (days === 0 && Math.abs(minutes) < 1) return words('date_now');
  if (days === 0 && Math.abs(minutes) < 60) return relative.format(-minutes, 'minute');
  if (days === 0) return relative.format(-Math.round(minutes / 60), 'hour');
  if (days > 0 && days < 7) return relative.format(-days, 'day');
  return new Intl.DateTimeFormat(wordsLocale(), {
    day: 'numeric',
    month: 'short',
    ...(time.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(time);
}

/** "Tuesday, 12 May 2026 at 14:05". */
export function exactly(iso: string): string {
  return new Intl.DateTimeFormat(wordsLocale(), { dateStyle: 'full', timeStyle: 'short' }).format(new Date(iso));
}

/** "14:05" of the local day. */
export function clock(iso: string): string {
  return new Intl.DateTimeFormat(wordsLocale(), { timeStyle: 'short' }).format(new Date(iso));
}

/** "12 May 2026". */
export function day(iso: string): string {
  return new Intl.DateTimeFormat(wordsLocale(), { day: 'numeric', month: 'short', year: 'numeric' }).format(
    new Date(iso),
  );
}

/** The heading a moment stands under in the timeline: today, yesterday, the last seven days, then month by month. */
export function heading(iso: string, now: Date = new Date()): string {
  const time = new Date(iso);
  const days = daysAgo(time, now);
  if (days <= 0) return words('date_today');
  if (days === 1) return words('date_yesterday');
  if (days < 7) return words('date_week');
  return new Intl.DateTimeFormat(wordsLocale(), {
    month: 'long',
    ...(time.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' }),
  }).format(time);
}

/** The local midnight `days` before today's, as ISO 8601 UTC. */
export function daysBack(days: number, now: Date = new Date()): string {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() - days).toISOString();
}

/** The local midnight that begins the day written `yyyy-mm-dd`, or null when it is no day. `plusDays` moves it. */
export function dayStart(text: string, plusDays = 0): string | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/u.exec(text);
  if (!parts) return null;
  const [year, month, date] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const time = new Date(year, month - 1, date);
  if (time.getMonth() !== month - 1 || time.getDate() !== date) return null;
  return new Date(year, month - 1, date + plusDays).toISOString();
}

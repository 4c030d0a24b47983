/** What was kept lately, so that the same text of the same page is written once a day. Hashes only. */
import { stableHash } from '../hash';
import type { CapturedPage } from '../types';

export interface Noted {
  page: string;
  text: string;
  /** Epoch milliseconds. */
  at: number;
}

const ONCE_IN_MS = 24 * 3_600_000;
/** Pages that are remembered; an older one is written again, which changes nothing. */
const MOST = 500;

function printOf(capture: CapturedPage): { page: string; text: string } {
  return { page: stableHash(capture.id), text: stableHash(`${String(capture.metadata.level)}\n${capture.markdown}`) };
}

export function isNews(capture: CapturedPage, lately: Noted[], now: number): boolean {
  const print = printOf(capture);
  const known = lately.find(({ page }) => page === print.page);
  // a clock that was set back must not silence a page for long
  return known?.text !== print.text || now - known.at >= ONCE_IN_MS || known.at > now;
}

/** The list with this capture as its newest. */
export function noteKept(capture: CapturedPage, lately: Noted[], now: number): Noted[] {
  const print = printOf(capture);
  return [...lately.filter(({ page }) => page !== print.page), { ...print, at: now }].slice(-MOST);
}

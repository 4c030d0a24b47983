import { clock } from './dates';
import { words } from './words';

/** Until when it is paused: a time, `restart`, or null for until the user says. */
export function sayPause(until: string | null): string {
  if (until === null) return words('tab_paused');
  return until === 'restart' ? words('tab_paused_restart') : words('tab_paused_until', clock(until));
}

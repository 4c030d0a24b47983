/**
 * Dates as exports write them in the language of the account: `20 nov. 2026, 15:04:05 CET`, `2026年11月20日 15:04`,
 * `Friday, January 1, 2021 12:00:00 PM`. Names of months are the runtime's own (Intl, CLDR), in the languages below.
 */
const LANGUAGES =
  'en de fr es it pt nl pl sv da nb fi cs sk hu ro tr ru uk bg el hr sl sr lt lv et ca eu gl id ms vi hi bn ar fa he ja ko zh'.split(
    ' ',
  );

/** Hours from UTC; zones whose letters mean several are left out. */
const ZONES: Record<string, number> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 1,
  WEZ: 0,
  WESZ: 1,
  CET: 1,
  CEST: 2,
  MEZ: 1,
  MESZ: 2,
  EET: 2,
  EEST: 3,
  OEZ: 2,
  OESZ: 3,
  MSK: 3,
  TRT: 3,
  JST: 9,
  KST: 9,
  HKT: 8,
  SGT: 8,
  AEST: 10,
  AEDT: 11,
  NZST: 12,
  NZDT: 13,
  BRT: -3,
  EST: -5,
  EDT: -4,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
};

let months: Map<string, number> | null = null;

function monthNames(): Map<string, number> {
  if (months !== null) return months;
  months = new Map();
  for (const language of LANGUAGES)
    for (const month of ['long', 'short'] as const)
      for (const day of [true, false]) {
        const format = new Intl.DateTimeFormat(`${language}-u-nu-latn-ca-gregory`, {
          month,
          timeZone: 'UTC',
          ...(day ? { day: 'numeric' } : {}),
        });
        for (let index = 0; index < 12; index++) {
          const name = format.formatToParts(Date.UTC(2026, index, 15)).find(({ type }) => type === 'month')?.value;
          const key = letters(name ?? '');
          if (/\p{L}/u.test(key) && !months.has(key)) months.set(key, index);
        }
      }
  return months;
}

const letters = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/[.\s]/gu, '');

/**
 * The moment as ISO 8601 UTC, or null where the text is no date. Of `5/6/2026` the day is taken to be first, unless a
 * clock with AM and PM or a number above 12 says otherwise. Without a zone the time is `zone`'s, else that of this computer.
 */
export function readDate(text: string): string | null {
  const said = text
    .normalize('NFKC')
    .replace(/[\u200e\u200f]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
  if (said === '' || said.length > 160) return null;
  if (/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/.test(said)) {
    const plain = said
      .replace(' ', 'T')
      .replace(/ ?([+-]\d{2}):?(\d{2})$/, '$1:$2')
      .replace(/ UTC$/, 'Z');
    const time = Date.parse(plain);
    if (!Number.isNaN(time)) return new Date(time).toISOString();
  }
  const clock =
    /(\d{1,2})\s?[:時시]\s?(\d{2})(?:\s?[:分분]\s?(\d{2}))?/u.exec(said) ??
    /(?<=[\s,])(\d{1,2})[.h](\d{2})(?:[.m](\d{2}))?(?=\D*$)/u.exec(said);
  const date = clock === null ? said : `${said.slice(0, clock.index)} ${said.slice(clock.index + clock[0].length)}`;
  const day = dayOf(date, /\b(?:am|pm|a\. ?m|p\. ?m)\b/i.test(said));
  if (day === null) return null;
  let hour = Number(clock?.[1] ?? 0);
  const [minute, second] = [Number(clock?.[2] ?? 0), Number(clock?.[3] ?? 0)];
  if (/\bp\.? ?m\b|下午|晚上|午後|오후|μμ|م(?:\s|$)/iu.test(said) && hour < 12) hour += 12;
  else if (/\ba\.? ?m\b|上午|凌晨|午前|오전|πμ|ص(?:\s|$)/iu.test(said) && hour === 12) hour = 0;
  if (hour > 24 || minute > 59 || second > 60) return null;
  const [year, month, dayOfMonth] = day;
  const offset = offsetOf(said);
  const time =
    offset === null
      ? new Date(year, month, dayOfMonth, hour, minute, second).getTime()
      : Date.UTC(year, month, dayOfMonth, hour, minute, second) - offset * 60_000;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** Year, month from 0, day. */
function dayOf(text: string, american: boolean): [number, number, number] | null {
  const east = /(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})/u.exec(text);
  if (east) return valid(Number(east[1]), Number(east[2]) - 1, Number(east[3]));
  const numbers = /(?<!\d)(\d{1,4})\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{1,4})(?!\d)/.exec(text);
  if (numbers) {
    const [a, b, c] = [Number(numbers[1]), Number(numbers[2]), Number(numbers[3])];
    if (a > 31) return valid(a, b - 1, c);
    const year = c < 100 ? 2000 + c : c;
    return (american && a <= 12) || b > 12 ? valid(year, a - 1, b) : valid(year, b - 1, a);
  }
  const year = /(?<!\d)((?:19|20)\d{2})(?!\d)/.exec(text);
  if (year === null) return null;
  const rest = `${text.slice(0, year.index)} ${text.slice(year.index + 4)}`;
  const dayNumber = /(?<!\d)(\d{1,2})(?!\d)/.exec(rest);
  for (const [word] of rest.matchAll(/[\p{L}\p{M}]+\.?(?:[\p{L}\p{M}]+)?|\d{1,2}\s?月/gu)) {
    const month = monthNames().get(letters(word));
    if (month !== undefined) return valid(Number(year[1]), month, Number(dayNumber?.[1] ?? 1));
  }
  return null;
}

function valid(year: number, month: number, day: number): [number, number, number] | null {
  const fits = year >= 1970 && year < 2200 && month >= 0 && month < 12 && day >= 1 && day <= 31;
  return fits ? [year, month, day] : null;
}

/** Minutes from UTC, null where the text does not say or says it in letters that are not known. */
function offsetOf(text: string): number | null {
  const named = /\b(?:UTC|GMT)?\s?([+\u2212-])(\d{1,2})(?::?(\d{2}))?$/.exec(text);
  if (named) return (named[1] === '+' ? 1 : -1) * (Number(named[2]) * 60 + Number(named[3] ?? 0));
  const letters_ = /\b([A-Z]{1,5})$/.exec(text)?.[1];
  const hours = letters_ === undefined ? undefined : ZONES[letters_];
  return hours === undefined ? null : hours * 60;
}

/**
 * Times named in a question. They are wishes: a boost that falls off at both ends, so that "last week" said on a Sunday
 * loses nothing by what a week is. chrono-node reads English; other languages have their words from Intl, which knows
 * "letzte Woche", "hace 3 días" and "3 日前" in all of them, and chrono-node's own parser where it has one.
 */
import { ar, de, en, es, fi, fr, id, it, ja, nl, pt, ru, sv, uk, vi, zh } from 'chrono-node';
import { languageOf } from '../words';

/** A time named in the question. Times in ms since the epoch. */
export interface NamedTime {
  text: string;
  from: number;
  /** Exclusive. */
  to: number;
  /** How far outside it still counts: the standard deviation of a Gaussian falloff, in ms. */
  edge: number;
  /** How much of the boost it is worth, 0 to 1: the surer and the narrower, the more. */
  weight: number;
  /**
   * UTF-16 offsets into the question of the words that only say when, seen from now, with those that lead to them ("in the last
   * week"). Null for others: a month, a year or a weekday stands in what was said and in the line before it.
   */
  words: [number, number] | null;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A time in the text before it is known what leads to it. */
interface Atom {
  start: number;
  end: number;
  from: number;
  to: number;
  edge: number;
  sure: number;
  /** Its year was said, or follows from the day of asking. */
  yearSaid: boolean;
  /** Said from the day of asking: its words stand in nothing that was said then. */
  relative?: boolean;
}

type Parser = typeof en.casual;
const PARSERS: Partial<Record<string, Parser>> = {
  ar: ar.casual,
  de: de.casual,
  es: es.casual,
  fi: fi.casual,
  fr: fr.casual,
  id: id.casual,
  it: it.casual,
  ja: ja.casual,
  nl: nl.casual,
  pt: pt.casual,
  ru: ru.casual,
  sv: sv.casual,
  uk: uk.casual,
  vi: vi.casual,
  zh: zh.casual,
};

/** Languages whose words for times are looked for in a question of no plain language. */
const GUESSED = ['de', 'fr', 'es', 'pt', 'it', 'nl', 'sv', 'da', 'no', 'fi', 'pl', 'tr', 'ro', 'hu', 'id', 'vi'];

/** Longest part of a text in which times are looked for: what is longer is pasted. */
const READ_CHARACTERS = 400;

/** Times named in a text; none of them in the future, where nothing was said. In the order of the text. */
export function namedTimes(whole: string, now: Date, language: string | null = languageOf(whole)): NamedTime[] {
  const text = whole.slice(0, READ_CHARACTERS);
  if (text === '') return [];
  const atoms: Atom[] = [];
  const add = (found: Atom[]) => {
    for (const atom of found) {
      if (atom.from > now.getTime() || atoms.some((other) => atom.start < other.end && other.start < atom.end))
        continue;
      atoms.push(atom);
    }
  };
  if (language === null || language === 'en') {
    const more = MAY_TELL_TIME.test(text) ? chronoAtoms(english(), text, now, 'en') : [];
    add(longestFirst([...read(text, now, ENGLISH), ...more]));
  } else {
    const parser = PARSERS[language];
    const own = parser ? chronoAtoms(parser, text, now, language) : [];
    add(longestFirst([...read(text, now, NUMERIC), ...intlAtoms(text, now, language, 1), ...own]));
  }
  // A headline has no grammar to tell its language by; words for times that are long enough do.
  if (language === null && atoms.length === 0)
    for (const guess of GUESSED) add(longestFirst(intlAtoms(text, now, guess, 6)));
  atoms.sort((a, b) => a.start - b.start);
  return joined(text, atoms, now);
}

function longestFirst(atoms: Atom[]): Atom[] {
  return atoms.sort((a, b) => b.end - b.start - (a.end - a.start));
}

// ---- what stands between and before

const AND =
  /^[\s,]*(?:and|to|until|till|through|und|bis|et|à|au|y|e|a|al|och|en|tot|и|по|до|–|—|-|から|到|至)[\s,]*(?:the\s+)?$/iu;
const BETWEEN =
  /(?:between|from|zwischen|von|vom|entre|de|du|desde|tra|fra|da|dal|tussen|van|между|с|mellan|från)\s+(?:the\s+)?$/iu;
const SINCE =
  /(?:since|ever since|seit|depuis|desde|sinds|sedan|siden|начиная с)\s+(?:the\s+|de[mr]\s+|le\s+|el\s+)?$/iu;
const AFTER = /(?<!\p{L})(?:after|nach|après|después de|depois de|dopo|после|efter|etter)\s+(?:the\s+|de[mr]\s+)?$/iu;
const BEFORE =
  /(?<!\p{L})(?:before|until|till|up to|prior to|avant|antes de|prima di|до|перед|innan|före|før|voor)\s+(?:the\s+|de[mr]\s+)?$/iu;
const EARLY =
  /(?<!\p{L})(?:early|beginning of|start of|first half of|anfang|début|principios de|inizio)[\s-]+(?:in\s+)?(?:the\s+)?$/iu;
const MIDDLE = /(?<!\p{L})(?:mid|middle of|mitte|mi|mediados de|metà)[\s-]+(?:the\s+)?$/iu;
const LATE = /(?<!\p{L})(?:late|end of|second half of|ende|fin|finales de|fine)[\s-]+(?:in\s+)?(?:the\s+)?$/iu;
/** Small words that go with the time when it is taken out of the question. */
const LEAD =
  /(?:(?<!\p{L})(?:in|on|at|of|from|during|over|around|about|within|back|by|the|this|past|im|am|an|in der|en|le|la|el|los|em|no|na|nel|nella|op|в|на|у|i|på)\s+)+$/iu;

/** What "before June" reaches back to, for want of a first day. */
const LONG_AGO = 3 * 365 * DAY;

function joined(text: string, atoms: Atom[], now: Date): NamedTime[] {
  const times: NamedTime[] = [];
  for (let i = 0; i < atoms.length; i++) {
    const atom = { ...(atoms[i] as Atom) };
    const before = text.slice(0, atom.start);
    const next = atoms[i + 1];
    const between = next && AND.exec(text.slice(atom.end, next.start));
    if (next && between && (BETWEEN.test(before) || /[–—-]|to|until|till|through|bis|до|から/iu.test(between[0]))) {
      lead(atom, BETWEEN, before);
      if (atom.from > next.from && !atom.yearSaid) atom.from = yearEarlier(atom.from);
      if (next.to > atom.from) {
        Object.assign(atom, { end: next.end, to: next.to, sure: Math.min(atom.sure, next.sure) });
        atom.edge = Math.max(atom.edge, next.edge);
        i++;
      }
    } else if (lead(atom, SINCE, before)) {
      atom.to = now.getTime() + HOUR;
    } else if (lead(atom, AFTER, before)) {
      Object.assign(atom, { from: atom.to, to: Math.max(atom.to, now.getTime()) + HOUR });
    } else if (lead(atom, BEFORE, before)) {
      Object.assign(atom, { from: atom.from - LONG_AGO, to: atom.from });
    } else {
      const third = (atom.to - atom.from) / 3;
      if (third > 8 * DAY) {
        if (lead(atom, EARLY, before)) atom.to = atom.from + third;
        else if (lead(atom, MIDDLE, before)) Object.assign(atom, { from: atom.from + third, to: atom.to - third });
        else if (lead(atom, LATE, before)) atom.from = atom.to - third;
      }
    }
    const start = atom.start - (LEAD.exec(text.slice(0, atom.start))?.[0].length ?? 0);
    times.push({
      text: text.slice((atoms[i] as Atom).start < atom.start ? (atoms[i] as Atom).start : atom.start, atom.end),
      from: atom.from,
      to: atom.to,
      edge: atom.edge,
      weight: atom.sure * narrowness(atom.to - atom.from),
      words: atom.relative ? [start, atom.end] : null,
    });
  }
  return times;
}

/** Whether `pattern` stands right before the atom, which then begins with it. */
function lead(atom: Atom, pattern: RegExp, before: string): boolean {
  const found = pattern.exec(before);
  if (!found) return false;
  atom.start -= found[0].length;
  return true;
}

/** A day tells more than a year: 1 for a day, 0.83 a week, 0.73 a month, 0.61 a year. */
function narrowness(width: number): number {
  return 1 / (1 + Math.log10(Math.max(width / DAY, 1)) / 4);
}

function yearEarlier(time: number): number {
  const date = new Date(time);
  return date.setFullYear(date.getFullYear() - 1);
}

// ---- what a time is

type Unit = 'day' | 'week' | 'month' | 'quarter' | 'year';
const UNIT_DAYS: Record<Unit, number> = { day: 1, week: 7, month: 30.4, quarter: 91, year: 365 };

/** A span of the calendar. Its edges are known: a tenth of it, for the days around, and a quarter of a day for time zones. */
function calendar(from: Date, to: Date, sure = 1): Omit<Atom, 'start' | 'end' | 'yearSaid'> {
  const [a, b] = [from.getTime(), to.getTime()];
  return { from: a, to: b, edge: Math.max((b - a) / 10, DAY / 4), sure };
}

/** So many units ago: as wide as the unit, and the less exact the longer ago. */
function ago(count: number, unit: Unit, now: Date, vague: boolean): Omit<Atom, 'start' | 'end' | 'yearSaid'> {
  const distance = count * UNIT_DAYS[unit] * DAY;
  const edge = Math.max((UNIT_DAYS[unit] * DAY) / 2, distance * (vague ? 0.4 : 0.15));
  const sure = vague ? 0.7 : 1;
  if (unit === 'day') {
    const from = startOfDay(now, -Math.round(count));
    return { from, to: from + DAY, edge, sure };
  }
  const middle = startOfDay(now, -Math.round(count * UNIT_DAYS[unit])) + DAY / 2;
  const half = (UNIT_DAYS[unit] * DAY) / 2;
  return { from: middle - half, to: middle + half, edge, sure };
}

/** The whole unit of the calendar that is `back` of them ago; weeks begin on Monday. */
function whole(unit: Unit, back: number, now: Date): Omit<Atom, 'start' | 'end' | 'yearSaid'> {
  const [y, m, d] = [now.getFullYear(), now.getMonth(), now.getDate()];
  switch (unit) {
    case 'day':
      return calendar(new Date(y, m, d - back), new Date(y, m, d - back + 1));
    case 'week': {
      const monday = d - ((now.getDay() + 6) % 7) - 7 * back;
      // "last week" said on a Sunday may be the seven days before
      return { ...calendar(new Date(y, m, monday), new Date(y, m, monday + 7)), edge: 2 * DAY };
    }
    case 'month':
      return { ...calendar(new Date(y, m - back, 1), new Date(y, m - back + 1, 1)), edge: 5 * DAY };
    case 'quarter': {
      const first = m - (m % 3) - 3 * back;
      return calendar(new Date(y, first, 1), new Date(y, first + 3, 1));
    }
    case 'year':
      return calendar(new Date(y - back, 0, 1), new Date(y - back + 1, 0, 1));
  }
}

function startOfDay(time: Date, plusDays = 0): number {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() + plusDays).getTime();
}

// ---- English beyond chrono-node

const Y = '(?<year>(?:19|20)\\d\\d)';
const LAST = '(?<which>last|past|previous|this)';
const QUARTERS = ['first', 'second', 'third', 'fourth'];
/** First month of each, on the northern half. */
const SEASONS: Record<string, number> = { spring: 2, summer: 5, autumn: 8, fall: 8, winter: 11 };
const COUNTS: Record<string, number> = {
  a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10, eleven: 11,
  twelve: 12, thirteen: 13, fourteen: 14, fifteen: 15, sixteen: 16, seventeen: 17, eighteen: 18, nineteen: 19, twenty: 20,
  thirty: 30, forty: 40, fifty: 50, sixty: 60, ninety: 90, couple: 2, few: 3, several: 4,
}; // prettier-ignore

const COUNT = `\\d{1,3}|${Object.keys(COUNTS).join('|')}`;
const numberOf = (count: string) => COUNTS[count.toLowerCase()] ?? Number(count);

type Reader = (groups: Record<string, string | undefined>, now: Date) => Omit<Atom, 'start' | 'end'> | null;

const NUMERIC: Array<[RegExp, Reader]> = [
  [
    new RegExp(`(?<![\\d-])${Y}-(?<month>0[1-9]|1[0-2])-(?<day>0[1-9]|[12]\\d|3[01])(?![\\d-])`, 'gu'),
    ({ year, month, day }) => {
      const [y, m, d] = [Number(year), Number(month) - 1, Number(day)];
      return { ...calendar(new Date(y, m, d), new Date(y, m, d + 1)), yearSaid: true };
    },
  ],
  [
    new RegExp(`(?<![\\d-])${Y}-(?<month>0[1-9]|1[0-2])(?![\\d-])`, 'gu'),
    ({ year, month }) => {
      const [y, m] = [Number(year), Number(month) - 1];
      return { ...calendar(new Date(y, m, 1), new Date(y, m + 1, 1)), yearSaid: true };
    },
  ],
];

const ENGLISH: Array<[RegExp, Reader]> = [
  ...NUMERIC,
  [
    new RegExp(
      `\\b(?:q(?<n>[1-4])|(?<nth>${QUARTERS.join('|')}) quarter)(?:\\s*(?:of\\s+|,\\s*|/\\s*)?${Y})?\\b`,
      'giu',
    ),
    ({ n, nth, year }, now) => {
      const quarter = n === undefined ? QUARTERS.indexOf((nth ?? '').toLowerCase()) : Number(n) - 1;
      const y = Number(year ?? now.getFullYear());
      const shift = year === undefined && new Date(y, 3 * quarter, 1) > now ? 1 : 0;
      return {
        ...calendar(new Date(y - shift, 3 * quarter, 1), new Date(y - shift, 3 * quarter + 3, 1)),
        yearSaid: year !== undefined,
      };
    },
  ],
  [
    new RegExp(
      `\\b(?:(?:${LAST}|(?<lead>in|during|over)(?: the)?) )?(?<season>${Object.keys(SEASONS).join('|')})(?: (?:of )?${Y})?\\b`,
      'giu',
    ),
    ({ which, lead: led, season, year }, now) => {
      if (which === undefined && led === undefined && year === undefined) return null;
      const first = SEASONS[(season ?? '').toLowerCase()] ?? 0;
      let y = Number(year ?? now.getFullYear());
      if (year === undefined) {
        // the last one that has begun; "last summer" said in summer is the one before
        const begun = new Date(y, first, 1) <= now;
        if (!begun || (which?.toLowerCase() !== 'this' && which !== undefined && new Date(y, first + 3, 1) > now))
          y -= 1;
      }
      const span = calendar(new Date(y, first, 1), new Date(y, first + 3, 1), 0.8);
      return { ...span, edge: 20 * DAY, yearSaid: true };
    },
  ],
  [
    // the last three days, past two weeks: up to now
    new RegExp(
      `\\b(?:last|past|previous) (?:(?<count>${COUNT})(?: of)? )?(?<unit>days|weeks|months|years)\\b|\\bpast (?<one>week|month|year)\\b`,
      'giu',
    ),
    ({ count, unit, one }, now) => {
      const name = (one ?? (unit ?? '').slice(0, -1)).toLowerCase() as Unit;
      const n = one === undefined ? numberOf(count ?? 'few') : 1;
      const length = n * UNIT_DAYS[name] * DAY;
      const to = now.getTime() + HOUR;
      return {
        from: startOfDay(new Date(to - length)),
        to,
        edge: Math.max(length / 8, DAY / 2),
        sure: 1,
        yearSaid: true,
        relative: true,
      };
    },
  ],
  [
    new RegExp(`\\b${LAST} (?<unit>week|month|quarter|year)\\b`, 'giu'),
    ({ which, unit }, now) => ({
      ...whole((unit ?? '').toLowerCase() as Unit, which?.toLowerCase() === 'this' ? 0 : 1, now),
      yearSaid: true,
      relative: true,
    }),
  ],
  [
    new RegExp(
      `\\b(?<vague>about |around |roughly |some )?(?:(?<years>${COUNT}) years? and )?(?:(?<half>half an? )|(?<count>${COUNT})(?<and> and a half)?(?<of> (?:couple |few )?(?:of )?| ))?(?<unit>day|week|month|year)s?(?<andhalf> and a half)? ago\\b`,
      'giu',
    ),
    ({ vague, years, half, count, and, of, unit, andhalf }, now) => {
      const said = /couple/i.test(of ?? '') ? 'couple' : /few/i.test(of ?? '') ? 'few' : (count ?? 'few').toLowerCase();
      const name = (unit ?? '').toLowerCase() as Unit;
      const halves = (and ?? andhalf) === undefined ? 0 : 0.5;
      const n =
        (half === undefined ? numberOf(said) + halves : 0.5) +
        (years === undefined ? 0 : numberOf(years) * (UNIT_DAYS.year / UNIT_DAYS[name]));
      const uncertain = vague !== undefined || ['couple', 'few', 'several'].includes(said);
      const whole = name === 'year' && n % 1 > 0 ? ago(12 * n, 'month', now, uncertain) : ago(n, name, now, uncertain);
      return { ...whole, yearSaid: true, relative: true };
    },
  ],
  [/\b(?:the )?day before yesterday\b/giu, (_, now) => ({ ...whole('day', 2, now), yearSaid: true, relative: true })],
  [
    /\b(?:(?<which>last|this|past|previous) |(?:over|on|at|during) the |the )?weekend\b/giu,
    ({ which }, now) => {
      const sinceSaturday = (now.getDay() + 1) % 7;
      const within = sinceSaturday < 2;
      const back = sinceSaturday + (within && which?.toLowerCase() === 'last' ? 7 : 0);
      const from = startOfDay(now, -back);
      return { from, to: from + 2 * DAY, edge: DAY / 2, sure: 0.9, yearSaid: true, relative: true };
    },
  ],
  [
    // which chrono-node leaves out, as most often it is no month; what stands before says that here it is
    new RegExp(
      `(?<=\\b(?:early|mid|late|half of|end of|beginning of|middle of|since|before|after|until|last|(?:between|from)\\b.{1,30}\\b(?:and|to))[ -])may(?: ${Y})?\\b`,
      'giu',
    ),
    ({ year }, now) => {
      let y = Number(year ?? now.getFullYear());
      if (year === undefined && new Date(y, 4, 1) > now) y -= 1;
      return { ...calendar(new Date(y, 4, 1), new Date(y, 5, 1)), yearSaid: year !== undefined };
    },
  ],
  [
    // bare, it may be a number of anything
    new RegExp(
      `\\b(?<=\\b(?:in|of|from|during|since|before|after|until|by|early|late|mid|between|and|to|year)[ -])${Y}\\b`,
      'giu',
    ),
    ({ year }) => ({ ...calendar(new Date(Number(year), 0, 1), new Date(Number(year) + 1, 0, 1)), yearSaid: true }),
  ],
  [
    new RegExp(
      `\\b(?:${LAST} )?(?<name>christmas|xmas|new year(?:['’]?s)?(?: eve| day)?|halloween|valentine['’]?s(?: day)?|thanksgiving|easter)(?: (?:of |in )?${Y})?\\b`,
      'giu',
    ),
    ({ name, year }, now) => {
      const day = HOLIDAYS.find(([pattern]) => pattern.test(name ?? ''))?.[1];
      if (!day) return null;
      let y = Number(year ?? now.getFullYear());
      if (year === undefined && day(y) > now) y -= 1;
      const middle = day(y).getTime();
      // What is said about it is said around it or not at all then: half as sure.
      return { from: middle - DAY, to: middle + 2 * DAY, edge: 4 * DAY, sure: 0.5, yearSaid: true };
    },
  ],
];

const HOLIDAYS: Array<[RegExp, (year: number) => Date]> = [
  [/mas$/i, (year) => new Date(year, 11, 25)],
  [/eve$/i, (year) => new Date(year, 11, 31)],
  [/^new/i, (year) => new Date(year, 0, 1)],
  [/^hallo/i, (year) => new Date(year, 9, 31)],
  [/^valen/i, (year) => new Date(year, 1, 14)],
  // the fourth Thursday of November, in the United States
  [/^thanks/i, (year) => new Date(year, 10, 22 + ((4 - new Date(year, 10, 22).getDay() + 7) % 7))],
  [/^easter/i, easter],
];

/** The Gregorian Easter Sunday, by the anonymous algorithm in Meeus, Astronomical Algorithms (1991), chapter 8. */
function easter(year: number): Date {
  const a = year % 19;
  const [b, c] = [Math.floor(year / 100), year % 100];
  const g = Math.floor((8 * b + 13) / 25);
  const h = (19 * a + b - Math.floor(b / 4) - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 19 * l) / 433);
  const month = Math.floor((h + l - 7 * m + 90) / 25);
  return new Date(year, month - 1, (h + l - 7 * m + 33 * month + 19) % 32);
}

function read(text: string, now: Date, readers: Array<[RegExp, Reader]>): Atom[] {
  const atoms: Atom[] = [];
  for (const [pattern, reader] of readers) {
    for (const match of text.matchAll(pattern)) {
      const atom = reader(match.groups ?? {}, now);
      if (atom) atoms.push({ ...atom, start: match.index, end: match.index + match[0].length });
    }
  }
  return atoms;
}

// ---- chrono-node

/** Words chrono takes for a date that people mostly mean otherwise ("may", "sun", "now"), unless led in as one ("in may"). */
const NOT_TIMES = /^(may|mar|march|sun|sat|mon|wed|dec|jan|now|just now|this|sec|second|min|a minute|a second)$/;
const LEADS_IN = /\b(in|on|of|since|during|until|last|this|by|before|after|between|from|early|late|mid|and|to)[\s-]+$/i;
/**
 * Chrono's English without two patterns, which take a quarter of a second the first two times they are used: of what is so long
 * ago, which {@link ENGLISH} reads, and of what comes later, when nothing was said.
 */
const english = lazily(() => {
  const { parsers, refiners } = en.configuration.createCasualConfiguration();
  const context = { option: {} } as Parameters<(typeof parsers)[number]['pattern']>[0];
  const left = parsers.filter((parser) => !/ago\|before|later\|after/.test(parser.pattern(context).source));
  return new en.Chrono({ parsers: left, refiners });
});

/** One of these is in all that they find. To use them first takes some ten milliseconds, and most questions name no time. */
const MAY_TELL_TIME =
  /\d|now|tmr|morrow|day|night|morning|noon|evening|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat|sec|min|hr|hour|week|mos?\b|qtr|quarter|yr|year)/i;
/** Parts of a day in hours from its midnight, by chrono-node's tags. */
const PARTS: Record<string, [number, number]> = {
  morning: [4, 12],
  noon: [11, 14],
  afternoon: [12, 18],
  evening: [17, 24],
  night: [18, 30],
  midnight: [22, 26],
};

function chronoAtoms(parser: Parser, text: string, now: Date, language: string): Atom[] {
  const atoms: Atom[] = [];
  // People look back: "in march" asked in January is last year's.
  for (const result of parser.parse(text, now, { forwardDate: false })) {
    const said = result.text.trim().replace(/\s+of$/u, '');
    if (language === 'en' && NOT_TIMES.test(said) && !LEADS_IN.test(text.slice(0, result.index))) continue;
    // in other languages abbreviations are words, too: "mar" is the Spanish sea
    if (language !== 'en' && /^\p{L}{1,3}$/u.test(said) && !/[\p{sc=Han}\p{sc=Arabic}]/u.test(said)) continue;
    const span = chronoSpan(result, now);
    if (!span) continue;
    const last = /\blast\s+$/i.exec(text.slice(0, result.index))?.[0].length ?? 0;
    const { start } = result;
    const relative =
      (result.tags().has('result/relativeDate') && !/\p{Nd}{4}/u.test(said)) ||
      !(/\p{Nd}/u.test(said) || start.isCertain('weekday') || (start.isCertain('month') && !start.isCertain('day')));
    atoms.push({
      ...span,
      relative,
      start: result.index - last,
      end: result.index + result.text.trimEnd().replace(/\s+of$/u, '').length,
    });
  }
  return atoms;
}

function chronoSpan(result: ReturnType<Parser['parse']>[number], now: Date): Omit<Atom, 'start' | 'end'> | null {
  const { start, end } = result;
  const date = start.date();
  const yearSaid = start.isCertain('year');
  const tags = [...result.tags()].join(' ');
  if (end) {
    let [from, to] = [startOfDay(date), startOfDay(end.date()) + DAY];
    if (end.isCertain('month') && !end.isCertain('day')) {
      to = new Date(end.date().getFullYear(), end.date().getMonth() + 1, 1).getTime();
    }
    if (to <= from) return null;
    if (from > now.getTime() && !yearSaid) [from, to] = [yearEarlier(from), yearEarlier(to)];
    return { ...calendar(new Date(from), new Date(to)), yearSaid };
  }
  if (tags.includes('relativeDate') && !start.isCertain('day')) {
    return start.isCertain('month')
      ? {
          ...calendar(
            new Date(date.getFullYear(), date.getMonth(), 1),
            new Date(date.getFullYear(), date.getMonth() + 1, 1),
          ),
          edge: 10 * DAY,
          yearSaid: true,
        }
      : start.isCertain('year')
        ? { ...whole('year', now.getFullYear() - date.getFullYear(), now), yearSaid: true }
        : null;
  }
  if (tags.includes('relativeDate') && !start.isCertain('weekday')) {
    // so many weeks: chrono-node is not certain of the weekday then
    const back = (startOfDay(now) - startOfDay(date)) / DAY;
    if (back <= 0) return null;
    return { ...(back < 8 ? whole('week', 1, now) : ago(back / 7, 'week', now, false)), yearSaid: true };
  }
  const part =
    Object.entries(PARTS).find(([name]) => tags.includes(`/${name}`))?.[1] ??
    (/\bnight\b/i.test(result.text) ? PARTS.night : undefined);
  if (start.isCertain('day') || start.isCertain('weekday') || part) {
    let day = startOfDay(date);
    if (!yearSaid && day > now.getTime()) {
      day = start.isCertain('month') ? yearEarlier(day) : startOfDay(new Date(day), -7);
    }
    // chrono-node takes "last night" for the midnight before today, which is the night that began yesterday
    if (part) return { from: day + part[0] * HOUR, to: day + part[1] * HOUR, edge: 3 * HOUR, sure: 0.9, yearSaid };
    if (start.isCertain('hour')) {
      const hour = day + (start.get('hour') ?? 0) * HOUR;
      return { from: hour - HOUR, to: hour + 2 * HOUR, edge: 3 * HOUR, sure: 0.9, yearSaid };
    }
    const back = (now.getTime() - day) / DAY;
    const counted = tags.includes('relativeDate') ? back * 0.15 * DAY : 0;
    return { ...calendar(new Date(day), new Date(day + DAY)), edge: Math.max(DAY / 4, counted), yearSaid };
  }
  if (start.isCertain('month')) {
    let year = date.getFullYear();
    if (!yearSaid && new Date(year, date.getMonth(), 1) > now) year -= 1;
    return { ...calendar(new Date(year, date.getMonth(), 1), new Date(year, date.getMonth() + 1, 1)), yearSaid };
  }
  return null;
}

// ---- every other language, by Intl

/** A phrase of a language for a time. */
interface Phrase {
  /** Where a text in small letters has it. */
  find: (small: string) => Iterable<RegExpExecArray>;
  unit: (typeof UNITS)[number];
}

const UNITS = ['day', 'week', 'month', 'year'] as const;

/** Named with their unit and how many of it ago: "gestern", "letzte Woche". */
const namedIn = remembered((language: string): Array<Phrase & { back: number }> => {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return UNITS.flatMap((unit) =>
    [0, 1, 2].flatMap((back) => {
      const said = format.format(-back, unit);
      return /\d/u.test(said) ? [] : [{ find: finderOf(said), unit, back }];
    }),
  );
});

/** "vor 3 Tagen", with the number captured. */
const countedIn = remembered((language: string): Phrase[] => {
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'always' });
  return UNITS.flatMap((unit) => {
    // the forms of the plural, of which no language has more than six
    const forms = new Set([1, 2, 3, 5, 11].map((n) => format.format(-n, unit).replace(/\p{Nd}+/u, '#')));
    return [...forms].filter((form) => form.includes('#')).map((form) => ({ find: finderOf(form), unit }));
  });
});

/** Names of months by number, and a pattern that captures one and the year that may follow. */
const monthsIn = remembered((language: string): { numbers: Map<string, number>; pattern: RegExp } => {
  const formats = [{ month: 'long' }, { month: 'long', day: 'numeric' }].map(
    (options) =>
      new Intl.DateTimeFormat(language, {
        ...(options as Intl.DateTimeFormatOptions),
        timeZone: 'UTC',
        calendar: 'gregory',
      }),
  );
  const numbers = new Map<string, number>();
  for (let month = 0; month < 12; month++) {
    const date = new Date(Date.UTC(2024, month, 1));
    for (const format of formats) {
      const name = format
        .formatToParts(date)
        .find((part) => part.type === 'month')
        ?.value.toLowerCase();
      if (name !== undefined && /\p{L}{3}/u.test(name)) numbers.set(name, month);
    }
  }
  const list = [...numbers.keys()].sort((a, b) => b.length - a.length);
  const pattern =
    list.length === 0
      ? /(?!)/gu
      : // Finnish and Hungarian put endings behind
        new RegExp(
          `(?<!\\p{L})(${list.join('|')})(?:ssa|n|ban|ben|ta)?(?:\\s+(?:de\\s+|do\\s+|del\\s+)?((?:19|20)\\d\\d))?(?![\\p{L}\\d])`,
          'gu',
        );
  return { numbers, pattern };
});

function lazily<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => (value ??= make());
}

function remembered<Key, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** Finds a phrase. Sixteen languages have a thousand: almost none is ever compiled. */
function finderOf(said: string): Phrase['find'] {
  const small = said.toLowerCase();
  // without its longest word a text does not have it
  const key = small.split(/[\s#’']+/u).reduce((longest, word) => (word.length > longest.length ? word : longest), '');
  const pattern = lazily(() => {
    const source = small.replace(/[’']/gu, "['’]").replace(/\s+/gu, '\\s*').replace('#', '(\\d{1,3})');
    // Letters of a script without spaces have words right beside them.
    const spaceless = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/u.test(said);
    return new RegExp(spaceless ? source : `(?<!\\p{L})${source}(?!\\p{L})`, 'gu');
  });
  return (text) => (text.includes(key) ? text.matchAll(pattern()) : []);
}

function intlAtoms(text: string, now: Date, language: string, leastLetters: number): Atom[] {
  const small = text.toLowerCase();
  // some capital letters become two small ones, and places would not be places any more
  if (small.length !== text.length) return [];
  const atoms: Atom[] = [];
  const put = (match: RegExpExecArray, span: Omit<Atom, 'start' | 'end'>) => {
    if (match[0].replace(/\s/gu, '').length < leastLetters) return;
    atoms.push({ ...span, start: match.index, end: match.index + match[0].length });
  };
  for (const { find, unit, back } of namedIn(language)) {
    for (const match of find(small)) put(match, { ...whole(unit, back, now), yearSaid: true, relative: true });
  }
  for (const { find, unit } of /\d/u.test(small) ? countedIn(language) : []) {
    for (const match of find(small))
      put(match, { ...ago(Number(match[1]), unit, now, false), yearSaid: true, relative: true });
  }
  if (leastLetters > 1) return atoms;
  const months = monthsIn(language);
  for (const match of small.matchAll(months.pattern)) {
    const month = months.numbers.get(match[1] ?? '') ?? 0;
    // "5. Mai" is chrono-node's, where it can
    if (PARSERS[language] && /\d[.\s]*(?:de\s+)?$/u.test(small.slice(0, match.index))) continue;
    let year = Number(match[2] ?? now.getFullYear());
    if (match[2] === undefined && new Date(year, month, 1) > now) year -= 1;
    put(match, {
      ...calendar(new Date(year, month, 1), new Date(year, month + 1, 1)),
      yearSaid: match[2] !== undefined,
    });
  }
  for (const match of small.matchAll(
    /((?:19|20)\d\d)\s*[年년](?:\s*(\d{1,2})\s*[月월])?(?!\s*\d)|(?<!\d)(\d{1,2})\s*[月월](?!\s*\d)/gu,
  )) {
    if (!['ja', 'zh', 'ko'].includes(language)) break;
    const month = match[2] ?? match[3];
    let year = Number(match[1] ?? now.getFullYear());
    const first = month === undefined ? 0 : Number(month) - 1;
    if (first > 11) continue;
    if (match[1] === undefined && new Date(year, first, 1) > now) year -= 1;
    const to = month === undefined ? new Date(year + 1, 0, 1) : new Date(year, first + 1, 1);
    put(match, { ...calendar(new Date(year, first, 1), to), yearSaid: match[1] !== undefined });
  }
  return atoms;
}

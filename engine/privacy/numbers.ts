/** Cards, accounts, telephone numbers and the numbers that states give people: by their check digits, and by what stands before them where those are too weak. */
import creditCardType from 'credit-card-type';
import { isValidIBAN } from 'ibantools';
import parsePhoneNumber, { type CountryCode } from 'libphonenumber-js/min';
import { stdnum } from 'stdnum';
import { type PersonalKind, type PersonalSpan, spansOf } from './spans';

/** Characters before a number in which what it is can be said. */
const BEFORE = 48;

function saidBefore(text: string, start: number, pattern: RegExp): boolean {
  return pattern.test(text.slice(Math.max(0, start - BEFORE), start));
}

const IBAN = /(?<![\p{L}\d])[A-Z]{2}\d{2}(?: ?[A-Z\d]){11,30}(?![\p{L}\d])/gu;

/** Accounts: the country's length and form, and the check digits (ISO 13616, mod 97). */
export function findIbans(text: string): PersonalSpan[] {
  return spansOf(text, 'iban', IBAN).flatMap((span) => {
    // A word in capitals after it is taken for its end by the pattern.
    for (let end = span.end; end > span.start + 14; end--) {
      if (text[end - 1] === ' ' || /[A-Z\d]/u.test(text[end] ?? '')) continue;
      if (isValidIBAN(text.slice(span.start, end).replaceAll(' ', ''))) return [{ ...span, end }];
    }
    return [];
  });
}

const CARD =
  /(?<![\p{L}\d.,:/-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5}|\d{14,19})(?![\p{L}\d]|[.,:/-]\d)/gu;
const SAYS_CARD =
  /\b(?:card|karte|carte|tarjeta|carta|cartão|kaart|karta|kort|visa|maestro|credit|debit)\P{L}*(?:\p{L}+\P{L}+){0,3}$/iu;

/** Cards: a brand's beginning and length, and the check digit (ISO/IEC 7812, Luhn). */
export function findCards(text: string): PersonalSpan[] {
  return spansOf(text, 'card', CARD, (found, { index }) => {
    const digits = found.replace(/\D/gu, '');
    const brands = creditCardType(digits).filter(({ lengths }) => lengths.includes(digits.length));
    if (!luhn(digits)) return false;
    // Maestro's beginnings and lengths take in the numbers on goods
    return brands.some(({ type }) => type !== 'maestro') || (brands.length > 0 && saidBefore(text, index, SAYS_CARD));
  });
}

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]) * (at % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 === 0;
}

const PHONE =
  /(?<![\p{L}\d.,:/_#=-])(?:(?:\+|00)\d{1,3}[ ./-]?)?(?:\(\d{1,5}\)[ ./-]?)?\d{1,6}(?:[ ./-]{1,2}\d{1,8}){0,6}(?![\p{L}\d_]|[.,:/-]\d)/gu;
const SAYS_PHONE =
  /(?:\b(?:phone|tel|telephone|mobile|cell|call|ring|text|dial|fax|sms|number is|reach (?:me|us|him|her|them)(?: \p{L}+){0,3}|telefon|handy|mobil|ruf(?:e|t)?|anruf|nummer|téléphone|portable|numéro|teléfono|telefono|móvil|movil|celular|celulare|cellulare|telefone|telemóvel|bel|telefoon|zadzwoń|tel\.? kom|puhelin|telefonnummer|зв[оа]ни\p{L}*|тел|телефон|whatsapp|signal|viber|line id)\b|電話|电话|手机|전화|☎|📞|📱)[^\d\n]{0,24}$/iu;
const SAYS_OTHER =
  /\b(?:isbn|issn|ean|upc|order|bestell\w*|invoice|rechnung\w*|ticket|serial|part|article|tracking|model|version|build|id|no|nr|ref\w*|doi|art|lot|section|page|pages|line|port|room|pr|issue|commit|code|score|scores|ssn|sin|konto|account)\b[\s.:#°=-]*$/iu;
/** Tried in turn for a number without its country's code. */
const COUNTRIES: CountryCode[] = [
  'US',
  'GB',
  'DE',
  'FR',
  'ES',
  'IT',
  'NL',
  'PL',
  'BR',
  'IN',
  'SE',
  'CH',
  'AT',
  'AU',
  'BE',
  'PT',
  'DK',
  'NO',
  'FI',
  'IE',
  'CZ',
  'RU',
  'TR',
  'JP',
  'KR',
  'CN',
  'MX',
  'ZA',
];
/** Forms that are written for telephone numbers and hardly for anything else. */
const LIKE_PHONE = [
  /^\(\d{3}\) ?\d{3}[ .-]\d{4}$/u, // North America
  /^(?:1-)?[2-9]\d{2}-[2-9]\d{2}-\d{4}$/u,
  /^[2-9]\d{2}\.[2-9]\d{2}\.\d{4}$/u,
  /^0[1-9](?:[ .]\d{2}){4}$/u, // France
  /^\(?0\d{2,5}\)?[ /-]{1,3}\d{3,8}(?:[ -]\d{1,8}){0,3}$/u, // Germany, Austria, Switzerland, Britain, Italy, the Netherlands
  /^\(\d{2}\) ?9?\d{4}-\d{4}$/u, // Brazil
];

/** Telephone numbers that a country gives out. */
export function findPhones(text: string): PersonalSpan[] {
  return spansOf(text, 'phone', PHONE, (found, { index }) => {
    const digits = found.replace(/\D/gu, '');
    if (digits.length < 7 || digits.length > 15) return false;
    if (/^(?:19|20)\d{2}-\d{2}-\d{2}/u.test(found) || /^\d{1,2}[./]\d{1,2}[./]\d{2,4}$/u.test(found)) return false;
    if (saidBefore(text, index, SAYS_OTHER)) return false;
    if (/^\+|^00[1-9]/u.test(found)) return isPossible(found.replace(/^00/u, '+'));
    const said = saidBefore(text, index, SAYS_PHONE);
    if (!said && !LIKE_PHONE.some((form) => form.test(found))) return false;
    return COUNTRIES.some((country) => isPhone(found, country));
  });
}

/** With its country's code it need not be one that is given out: lists of those are behind. */
function isPossible(found: string): boolean {
  return parsePhoneNumber(found.replace(/\(0\)/u, ''))?.isPossible() ?? false;
}

function isPhone(found: string, country?: CountryCode): boolean {
  return parsePhoneNumber(found.replace(/\(0\)/u, ''), country)?.isValid() ?? false;
}

/** By the check of a country's number of this name. */
function checks(country: string, name: string): (found: string) => boolean {
  const check = stdnum[country]?.[name];
  if (!check) throw new Error(`stdnum has no ${country}.${name}`);
  return (found) => check.validate(found.toUpperCase()).isValid;
}

interface StateNumber {
  pattern: RegExp;
  holds: (found: string) => boolean;
  /** Without it other numbers pass as well: what has to be said before it. */
  said?: RegExp;
}

const TAX = /(?:tax|steuer|fiscal|fiscale|impuesto|tfn|tin|idnr|nif|nipc|contribuinte|vergi)/iu;
const SOCIAL =
  /(?:social (?:security|insurance)|sozialvers|sv-?n(?:umme)?r|\bSSN\b|\bSIN\b|sécurité sociale|\bNIR\b|\bINSEE\b|\bBSN\b|burgerservice|\bPESEL\b|personnummer|fødselsnummer|\bCPR\b|henkilötunnus|\bhetu\b|rodné číslo|\bRČ\b|\bCNP\b|kimlik|\bT\.?C\.?\b|\bID (?:no|number|card)|national id|identity|身份证|マイナンバー|주민)/iu;
const DIGITS = (count: number) => new RegExp(`(?<![\\p{L}\\d.,-])\\d{${count}}(?![\\p{L}\\d]|[.,-]\\d)`, 'gu');

/** By country: what its own check says of it (stdnum, after python-stdnum). */
const STATE_NUMBERS: StateNumber[] = [
  { pattern: /(?<![\p{L}\d-])\d{3}-\d{2}-\d{4}(?![\d-])/gu, holds: checks('US', 'ssn') },
  {
    pattern: /(?<![\p{L}\d])[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![\p{L}\d])/gu,
    holds: checks('GB', 'nino'),
  },
  { pattern: DIGITS(11), holds: checks('DE', 'idnr'), said: TAX },
  { pattern: /(?<![\p{L}\d])\d{2} \d{3} \d{3} \d{3}(?!\d)/gu, holds: checks('DE', 'idnr'), said: TAX },
  {
    pattern: /(?<![\p{L}\d])\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}(?![\p{L}\d])/gu,
    holds: checks('DE', 'svnr'),
  },
  {
    pattern: /(?<![\p{L}\d.,-])[12] ?\d{2} ?[01]\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}(?!\d)/gu,
    holds: checks('FR', 'nir'),
  },
  { pattern: /(?<![\p{L}\d.-])\d{8}-?[A-HJ-NP-TV-Z](?![\p{L}\d])/gu, holds: checks('ES', 'dni') },
  { pattern: /(?<![\p{L}\d])[XYZ]-?\d{7}-?[A-Z](?![\p{L}\d])/gu, holds: checks('ES', 'nie') },
  {
    pattern: /(?<![\p{L}\d])[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z](?![\p{L}\d])/giu,
    holds: checks('IT', 'codicefiscale'),
  },
  { pattern: /(?<![\p{L}\d.,-])\d{4}\.?\d{2}\.?\d{3}(?!\d)/gu, holds: checks('NL', 'bsn'), said: SOCIAL },
  { pattern: DIGITS(11), holds: checks('PL', 'pesel') },
  { pattern: /(?<!\d)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\d)/gu, holds: checks('BR', 'cpf') },
  { pattern: DIGITS(11), holds: checks('BR', 'cpf'), said: /\bCPF\b/iu },
  { pattern: /(?<![\p{L}\d.,-])[2-9]\d{3}([ -]?)\d{4}\1\d{4}(?![ -]?\d)/gu, holds: checks('IN', 'aadhaar') },
  { pattern: /(?<![\p{L}\d])[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![\p{L}\d])/gu, holds: checks('IN', 'pan') },
  { pattern: /(?<![\p{L}\d-])(?:19|20)?\d{2}[01]\d[0-3]\d[-+]\d{4}(?![\d-])/gu, holds: checks('SE', 'personnummer') },
  { pattern: /(?<!\d)756\.?\d{4}\.?\d{4}\.?\d{2}(?!\d)/gu, holds: checks('CH', 'ssn') },
  { pattern: /(?<![\p{L}\d])[0-3]\d[01]\d{3}[-+A]\d{3}[\dA-Y](?![\p{L}\d])/gu, holds: checks('FI', 'hetu') },
  { pattern: /(?<!\d)\d{2}[01]\d[0-3]\d-[1-8]\d{6}(?!\d)/gu, holds: checks('KR', 'rrn') },
  { pattern: /(?<![\p{L}\d])\d{6}(?:19|20)\d{9}[\dX](?![\p{L}\d])/gu, holds: checks('CN', 'ric') },
  { pattern: /(?<![\p{L}\d])[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d(?![\p{L}\d])/gu, holds: checks('MX', 'curp') },
  { pattern: /(?<![\p{L}\d])\d{7}[A-W][A-IW]?(?![\p{L}\d])/gu, holds: checks('IE', 'pps') },
  { pattern: /(?<![\d-])\d{3}-\d{3}-\d{3}(?![\d-])/gu, holds: checks('CA', 'sin') },
  { pattern: /(?<![\d-])\d{3} ?\d{3} ?\d{3}(?![\d-])/gu, holds: checks('CA', 'sin'), said: SOCIAL },
  { pattern: /(?<!\d)\d{2}[0-8]\d[0-3]\d\/\d{3,4}(?!\d)/gu, holds: checks('CZ', 'rc') },
  { pattern: /(?<!\d)\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}(?!\d)/gu, holds: checks('BE', 'nn') },
  { pattern: /(?<!\d)\d{4} ?[0-3]\d[01]\d{3}(?!\d)/gu, holds: checks('AT', 'vnr'), said: SOCIAL },
  { pattern: /(?<![\d-])[0-3]\d[01]\d{3}-\d{4}(?![\d-])/gu, holds: checks('DK', 'cpr'), said: SOCIAL },
  { pattern: /(?<!\d)[0-7]\d[0-5]\d{3} ?\d{5}(?!\d)/gu, holds: checks('NO', 'fodselsnummer') },
  { pattern: DIGITS(11), holds: checks('TR', 'tckimlik'), said: SOCIAL },
  { pattern: DIGITS(13), holds: checks('ZA', 'idnr') },
  { pattern: DIGITS(13), holds: checks('RO', 'cnp') },
  { pattern: /(?<!\d)\d{3} ?\d{3} ?\d{3}(?!\d)/gu, holds: checks('AU', 'tfn'), said: TAX },
  { pattern: DIGITS(9), holds: checks('PT', 'nif'), said: TAX },
];

/** Of papers and memberships: no check digit tells them, what stands before them does. */
const PAPERS =
  /(?<![\p{L}])(?:passport|reisepass|personalausweis|ausweis|passeport|pasaporte|passaporto|paspoort|paszport|driv(?:er|ing)[’']?s? licen[cs]e|führerschein|permis de conduire|patente|identity card|id card|carte d[’']identité|documento|employee|staff|patient|member(?:ship)?|insurance|policy|versicherten|versicherungs|kunden|customer|client|student|matrikel|taxpayer|national)[\p{L}]*[ -]?(?:id|no|nr|num|number|numero|número|numéro|nummer|№|n°|#)?\.?\s*(?:is|ist|:|=|#|lautet|est|es)?\s*((?=[A-Z\d-]*\d)[A-Z\d][A-Z\d-]{4,18}[A-Z\d])(?![\p{L}\d])/dgiu;

export function findIds(text: string): PersonalSpan[] {
  const kind: PersonalKind = 'id';
  return [
    ...STATE_NUMBERS.flatMap(({ pattern, holds, said }) =>
      spansOf(text, kind, pattern, (found, { index }) => holds(found) && (!said || saidBefore(text, index, said))),
    ),
    // four digits in it at least, and no date: "member since 2019-05-01"
    ...spansOf(
      text,
      kind,
      PAPERS,
      (found) => (found.match(/\d/gu)?.length ?? 0) >= 4 && !/^\d{4}-\d{2}-\d{2}$/u.test(found),
      1,
    ),
  ];
}

/**
 * Names of people: by lists of given and family names, and by what stands around them (titles, greetings, "my name is").
 * A name that is also a word or a place ("Mark", "Rose", "Florence") counts only with a family name or with words around it.
 */
import lists from './names.json';
import { type PersonalSpan, spansOf } from './spans';

const setOf = (names: string) => new Set(names.split(' '));
const SURE = setOf(lists.sure);
const WEAK = setOf(lists.weak);
const LAST = setOf(lists.last);
const LAST_WORDS = setOf(lists.lastWords);
const WORDS = setOf(lists.words);
/** Written with a capital, and no part of a name. */
for (const word of (
  'i the a an this that these those it he she we they you my your his her our their and but or so then also if when while after before as at by for from in into of on to with what who where why how which is are was were be been do does did will would ' +
  'can could should may might must not no yes please thanks thank hello hi hey dear best regards sincerely kind happy new year years good morning evening night everyone all team sir madam customer friend friends there world someone anybody ' +
  'monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december street road avenue lane university college school hospital company bank club group inc ltd gmbh corp llc ' +
  'der die das und oder ich du er wir ihr sie ein eine mit von zu im am bis auf für nicht danke bitte montag dienstag mittwoch donnerstag freitag samstag sonntag urlaub termin vertrag firma stadt herr frau ' +
  'le la les un une des et ou je tu il elle nous vous ils merci lundi mardi mercredi jeudi vendredi samedi dimanche bonjour monsieur madame ' +
  'el los las una y o yo tú usted gracias lunes martes miércoles jueves viernes sábado domingo señor señora hola ' +
  'lo gli uno e o io lei lui noi grazie lunedì martedì mercoledì giovedì venerdì sabato domenica signor signora ' +
  'chatgpt claude gemini deepseek siri alexa copilot google microsoft apple amazon windows linux android python java javascript rust ruby docker github american british german french english spanish italian dutch polish chinese japanese christian buddhist'
).split(' '))
  WORDS.add(word);
/** Family names that come before the given one. */
const FIRST_LAST = setOf(
  'nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý nguyen tran pham huynh wang li zhang liu chen yang huang zhao wu zhou xu sun zhu hu guo lin gao luo zheng liang xie tang deng feng cao peng zeng xiao kim park choi jeong tanaka suzuki sato takahashi watanabe yamamoto nakamura kobayashi',
);

/** Said before a name, with a capital where a sentence begins. */
const CALLS = setOf(
  'wow yeah yep aww oh hmm sure well haha lol ok okay hey ask tell have using use compare greet mevrouw meneer pan pani paní senhor senhora frau herr doutor doutora onkel tante',
);

const PARTICLE =
  '(?:(?:von|van|zu|zum|zur|vom|der|den|de|da|do|dos|das|del|della|di|du|des|la|le|ter|ten|af|av|bin|bint|ibn|ben|abu|el|al|st\\.?) )';
const CAP =
  "(?:(?:[A-Z]['’])?(?:d['’]|al-|el-|Mc|Mac)?\\p{Lu}[\\p{L}\\p{M}]*(?:['’]\\p{Lu}\\p{L}+)?(?:-\\p{Lu}[\\p{L}\\p{M}]*)*)";
const INITIAL = '(?:\\p{Lu}\\. ?)';
/** Up to four parts: given names, initials, particles and family names. */
const RUN = new RegExp(
  `(?<![\\p{L}\\p{M}\\d_@#/.-])${CAP}(?: ${INITIAL}{0,2}(?:${PARTICLE}{1,3})?${CAP}){0,3}(?![\\p{L}\\d_])`,
  'gu',
);
const FULL = `(?:${CAP}|${INITIAL}+)(?: ${INITIAL}{0,2}${PARTICLE}{0,3}${CAP}){0,3}`;

const TITLE =
  '(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Lady|Lord|Father|Sister|Uncle|Aunt|Auntie|Captain|Judge|Coach|Rabbi|Imam|Herr|Herrn|Frau|Fr|Hr|Fräulein|Onkel|Tante|Oma|Opa|Monsieur|Madame|Mademoiselle|Mme|Mlle|Maître|M\\.|Señor|Señora|Señorita|señora?|Sr|Sra|Srta|Don|Doña|Tío|Tía|Signor|Signora|signora?|Sig|Sigra|Dott|Dottor|Dottoressa|Avv|Mevrouw|mevrouw|Meneer|meneer|Dhr|Mevr|Pan|Pani|Pana|Paní|Pán|Senhor|Senhora|Doutor|Doutora|doutora?|dokter|Bay|Bayan|Sayın|Господин|Госпожа|г-н|г-жа)';
const TITLED = new RegExp(
  `(?<![\\p{L}\\d])${TITLE}(?:\\.? (?:Dr|Prof|Ing|Mag|dr|prof)\\.?)*\\.? (${PARTICLE}{0,3}${CAP}(?: ${INITIAL}{0,2}${PARTICLE}{0,3}${CAP}){0,2})`,
  'dgu',
);
/** Nothing else than a name comes after these. */
const INTRODUCED = new RegExp(
  "(?<![\\p{L}])(?:[Mm]y name is|[Mm]y name’s|[Mm]y name's|(?:is|was|am|are) called|[Cc]all me|(?:named|name is) (?:the baby|the child|him|her)|[Tt]he name is|[Ii]ch hei(?:ß|ss)e|[Mm]ein Name ist|[Jj]e m['’]appelle|[Ss]’appelle|[Mm]e llamo|[Mm]i nombre es|[Ss]e llama|[Mm]i chiamo|[Ss]i chiama|[Ii]k heet|[Mm]ijn naam is|[Nn]azywam się|[Mm]am na imię|[Mm]eu nome é|[Mm]e chamo|[Jj]ag heter|[Jj]eg hedder|[Jj]eg heter|[Mm]inun nimeni on|[Bb]enim adım|[Aa]dım|[Jj]menuji se|[Mm]ă numesc|[Мм]еня зовут|[Мм]ене звати)" +
    ` (${FULL})`,
  'dgu',
);
const LABELLED = new RegExp(
  `(?:^|[^\\p{L}])(?:[Nn]ame|full[_ ]?name|first[_ ]?name|last[_ ]?name|[Pp]atient(?:in)?|[Cc]lient|[Tt]enant|[Ff]rom|[Tt]o|[Cc]c|[Aa]ttn|[Cc]ontact|[Gg]uest|[Cc]ustomer|[Ee]mployee|[Aa]uthor|[Ss]igned|[Kk]unde|[Mm]ieter|[Kk]ontakt|[Nn]om|[Nn]ombre|[Nn]ome|[Nn]aam|[Ii]mię|[Nn]amn|Von|An)["']?\\s*[:=]\\s*["']?(${FULL})`,
  'dgu',
);
const GREETED = new RegExp(
  `(?<![\\p{L}])(?:Dear|Hi|Hello|Hey|Liebe[rs]?|Hallo|Cher|Chère|Querid[oa]|Hola|Ciao|Car[oa]|Beste|Drog[ia]|Cześć|Ahoj|Hej|Kära|Käre|Kjære|Olá|Salut|Merhaba|Привет|Дорог(?:ой|ая)) (${CAP}(?: ${CAP})?)(?=\\s*(?:[,!.:;—–-]|$))`,
  'dgmu',
);
const SIGNED = new RegExp(
  `(?:[Rr]egards|[Ss]incerely(?: yours)?|[Yy]ours(?: truly)?|[Cc]heers|[Bb]est wishes|[Bb]est|[Ll]ove|Gr(?:ü|u)(?:ß|ss)en?|Gruß|[Cc]ordialement|[Bb]ien à vous|[Ss]aludos|[Aa]tentamente|[Cc]ordiali saluti|[Ss]aluti|[Gg]roet(?:en)?|[Pp]ozdrawiam|[Aa]braços?|[Hh]älsningar|[Hh]ilsen|[Уу]важением)\\s*[,!\\n]\\s*(${FULL})(?=\\s*(?:[.,|]|$))`,
  'dgmu',
);

/** Scripts without capitals, or without lists here: a family or given name before what people are called by. */
const EAST = [
  /([\p{Script=Han}]{1,4}|[\p{Script=Katakana}ー]{2,8})(?=さん|様|さま|氏|ちゃん|くん)/dgu,
  /([\p{Script=Han}]{1,3})(?=先生|女士|小姐|老师|同学|经理|医生)/dgu,
  /(?:我叫|我的名字是|名叫)([\p{Script=Han}]{2,3})/dgu,
  /(?<!\p{L})([\p{Script=Hangul}]{2,4})(?=\s?(?:씨|님|선생님))/dgu,
  /(?:私は|名前は)([\p{Script=Han}]{2,4})(?=です|と)/dgu,
];

/** @param known names said elsewhere, e.g. of who spoke: they and their parts are names here, too. */
export function findNames(text: string, known: Iterable<string> = []): PersonalSpan[] {
  const found: PersonalSpan[] = [
    ...spansOf(text, 'name', TITLED, titled, 1),
    ...spansOf(text, 'name', INTRODUCED, unlikeWords, 1),
    ...spansOf(text, 'name', LABELLED, labelled, 1),
    ...spansOf(text, 'name', GREETED, unlikeWords, 1),
    ...spansOf(text, 'name', SIGNED, unlikeWords, 1),
    ...EAST.flatMap((pattern) => spansOf(text, 'name', pattern, undefined, 1)),
    ...[...text.matchAll(RUN)].flatMap((match) => inRun(text, match)),
  ];
  return [...found, ...again(text, found, known)];
}

function key(word: string): string {
  return word.normalize('NFC').toLowerCase().replace(/[’]/gu, "'").replace(/'s$/u, '');
}

function isWord(word: string): boolean {
  const id = key(word);
  if (WORDS.has(id)) return true;
  const stem = /^(.{3,}?)(?:ies|es|s|ed|ing|er|ly)$/u.exec(id);
  const base = stem?.[1] ?? '';
  return (
    base !== '' && !SURE.has(id) && !LAST.has(id) && (WORDS.has(base) || WORDS.has(`${base}e`) || WORDS.has(`${base}y`))
  );
}

/** "IBAN", "CSS": letters that stand for words. */
function isShort(word: string): boolean {
  return /^\p{Lu}[\p{Lu}\d]{1,4}s?$/u.test(word);
}

/** Title and name: "Mrs. Baker" is one, "Mr. Clean" is not. */
function titled(found: string): boolean {
  const last = found.split(' ').at(-1) ?? '';
  if (/^\p{Lu}+$/u.test(last) && last.length > 3) return false;
  return !isWord(last) || LAST.has(key(last)) || LAST_WORDS.has(key(last)) || SURE.has(key(last));
}

function unlikeWords(found: string): boolean {
  const parts = found.split(' ').filter((part) => /^\p{Lu}/u.test(part));
  return parts.length > 0 && !parts.every((part) => isWord(part) && !WEAK.has(key(part))) && !isWord(parts[0] ?? '');
}

/** What stands after "From:" may be a town or a company. */
function labelled(found: string): boolean {
  const parts = found.split(' ');
  return unlikeWords(found) && (parts.length > 1 || SURE.has(key(found)) || WEAK.has(key(found)));
}

interface Part {
  text: string;
  start: number;
  end: number;
}

/** The names in words with capitals that follow one another. */
function inRun(text: string, match: RegExpExecArray): PersonalSpan[] {
  const parts: Part[] = [...match[0].matchAll(/\S+/gu)].map((part) => ({
    text: part[0],
    start: match.index + part.index,
    end: match.index + part.index + part[0].length,
  }));
  const spans: PersonalSpan[] = [];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (!part || !/^\p{Lu}|['’-]\p{Lu}/u.test(part.text)) continue;
    const id = key(part.text);
    const shout = /^\p{Lu}{2,}$/u.test(part.text);
    if (isShort(part.text) && !/^\p{Lu}{2,}$/u.test(parts[at + 1]?.text ?? '')) continue;
    // in capitals all through, a name needs another beside it
    const sure = isGiven(id) && (!shout || (parts[at + 1] !== undefined && isFamily(parts[at + 1]?.text ?? '')));
    const weak = WEAK.has(id) && !shout;
    let end = at;
    while (end + 1 < parts.length && goesOn(parts, end + 1)) end++;
    while (end > at && /^(?:\p{Ll}|\p{Lu}\.$)/u.test(parts[end]?.text ?? '')) end--;
    const family = parts.slice(at + 1, end + 1).some(({ text: word }) => isFamily(word));
    const alone = end === at;
    const next = parts[at + 1]?.text ?? '';
    const reversed = FIRST_LAST.has(id) && !alone && !isWord(next);
    // two words with capitals, the second a family name and the first none that has another meaning
    const pair =
      !alone &&
      !shout &&
      !isShort(next) &&
      !isWord(part.text) &&
      !CALLS.has(id) &&
      LAST.has(key(next)) &&
      !isWord(next) &&
      !isGiven(key(next));
    if (
      sure ||
      (weak && family && !alone) ||
      (weak && !alone && !inTitle(text, match) && unknown(parts, at, end)) ||
      reversed ||
      pair
    ) {
      const last = parts[end];
      if (last) spans.push({ kind: 'name', start: part.start, end: withoutGenitive(text, last.end, last.text) });
      at = end;
    }
  }
  return spans;
}

function isGiven(id: string): boolean {
  if (SURE.has(id)) return true;
  // Jean-Luc, Hans-Peter
  const halves = id.split('-');
  return (
    halves.length === 2 &&
    halves.every((half) => SURE.has(half) || WEAK.has(half)) &&
    halves.some((half) => SURE.has(half) || half.length > 3)
  );
}

function isFamily(word: string): boolean {
  const id = key(word);
  return (
    LAST.has(id) ||
    LAST_WORDS.has(id) ||
    /^(?:o'|mc|mac)\p{L}{3,}/u.test(id) ||
    /(?:sson|ssen|escu|enko|wicz|owski|ewski|ovsky|ová|ević|ović|opoulos|opoulou|oğlu|idis|akis|yan|adze|shvili|stein|berger|mann|elli|etti|ucci|inho)$/u.test(
      id,
    ) ||
    id.split('-').some((half) => half !== id && LAST.has(half))
  );
}

/** Whether the part at `at` belongs to a name that began before it. */
function goesOn(parts: Part[], at: number): boolean {
  const { text: word = '' } = parts[at] ?? {};
  if (/^\p{Ll}/u.test(word)) return /^(?:al|el|d)['’-]\p{Lu}/u.test(word) || at + 1 < parts.length;
  if (/^\p{Lu}\.$/u.test(word)) return at + 1 < parts.length;
  const id = key(word);
  if (SURE.has(id) || LAST.has(id)) return true;
  return !isWord(word) || LAST_WORDS.has(id);
}

/** A family name that is in no list: neither a word, nor a place, nor an abbreviation. */
function unknown(parts: Part[], at: number, end: number): boolean {
  const rest = parts.slice(at + 1, end + 1).map(({ text }) => text);
  return rest.every((word) => word.length > 3 && !isWord(word) && !/^\p{Lu}{2,}/u.test(word));
}

/** A line where most words have a capital says nothing by its capitals. */
function inTitle(text: string, { index }: RegExpExecArray): boolean {
  const start = text.lastIndexOf('\n', index) + 1;
  const newline = text.indexOf('\n', index);
  const line = text.slice(start, newline < 0 ? text.length : newline);
  const words = line.match(/\p{L}{4,}/gu) ?? [];
  return words.length > 3 && words.filter((word) => /^\p{Lu}/u.test(word)).length > words.length * 0.6;
}

function withoutGenitive(_text: string, end: number, word: string): number {
  return /['’]s$/u.test(word) ? end - 2 : end;
}

/** The names found once, wherever else they stand, by their parts as well. */
function again(text: string, found: PersonalSpan[], known: Iterable<string>): PersonalSpan[] {
  const whole = [...found.map(({ start, end }) => text.slice(start, end)), ...known];
  const parts = new Map<string, boolean>();
  for (const name of whole) {
    for (const part of name.split(/[\s.]+/u)) {
      if (!/^(?:\p{Lu}|\p{Lo})/u.test(part) || part.length < 2) continue;
      const id = key(part);
      // a word is a name again only where it is one that is given
      if (isWord(part) && !WEAK.has(id)) continue;
      if (/^\p{Lo}/u.test(part) || part.length > 2) parts.set(id, isWord(part) || WEAK.has(id) || LAST_WORDS.has(id));
    }
  }
  if (parts.size === 0) return [];
  return spansOf(text, 'name', /\p{L}[\p{L}\p{M}]*(?:['’-]\p{L}[\p{L}\p{M}]*)*/gu, (word, { index }) => {
    const id = key(word);
    const ambiguous = parts.get(id);
    if (ambiguous === undefined) return false;
    if (ambiguous) return /^\p{Lu}/u.test(word) && /[\p{L}\d,]\s$/u.test(text.slice(0, index));
    return /^\p{Lu}|^\p{Lo}/u.test(word) || (word.length > 3 && SURE.has(id));
  }).map((span) => ({ ...span, end: withoutGenitive(text, span.end, text.slice(span.start, span.end)) }));
}

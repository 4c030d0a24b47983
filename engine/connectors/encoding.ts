/**
 * Which encoding of a language other than Western European a text is in that is no UTF-8 and does not say: older editors
 * and Excel write the one of the system. Told by how much of it are the letters that the language uses most.
 */

interface Guess {
  label: string;
  /** What is frequent in the language … */
  frequent: RegExp;
  /** … and the share of it among all that is not ASCII, at least. */
  share: number;
}

const SIMPLIFIED =
  '的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日，。、：；（）';
const TRADITIONAL =
  '的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日，。、：；（）';

/** Two bytes a letter; what cannot be in one of these is none. In the order in which they are told apart best. */
const DOUBLE: Guess[] = [
  { label: 'shift_jis', frequent: /[\u3041-\u3096\u30a1-\u30fe、。]/gu, share: 0.3 },
  { label: 'euc-jp', frequent: /[\u3041-\u3096\u30a1-\u30fe、。]/gu, share: 0.3 },
  { label: 'euc-kr', frequent: /[\uac00-\ud7a3]/gu, share: 0.85 },
  { label: 'gb18030', frequent: new RegExp(`[${SIMPLIFIED}]`, 'gu'), share: 0.15 },
  { label: 'big5', frequent: new RegExp(`[${TRADITIONAL}]`, 'gu'), share: 0.15 },
];
/** One byte a letter, and every byte is one. */
const SINGLE: Guess[] = [
  { label: 'windows-1251', frequent: /[оеаинтсрвлкмдпу]/gu, share: 0.6 },
  { label: 'koi8-r', frequent: /[оеаинтсрвлкмдпу]/gu, share: 0.6 },
  { label: 'windows-1253', frequent: /[αοειντσρκπυςμλ]/gu, share: 0.6 },
  { label: 'windows-1255', frequent: /[יוהלאמרתבשנחד]/gu, share: 0.6 },
  { label: 'windows-1256', frequent: /[اليمونرتبةعدسفه]/gu, share: 0.6 },
];

const MOST_BYTES = 64 * 1024;

/** @returns the label for a `TextDecoder`; null where the text may as well be Western European. */
export function guessed(bytes: Uint8Array): string | null {
  const first = bytes.findIndex((byte) => byte >= 0x80);
  if (first < 0) return null;
  const sample = bytes.subarray(first, first + MOST_BYTES);
  for (const { label, frequent, share } of DOUBLE) if (shareOf(sample, label, frequent) >= share) return label;
  // In Western European text accents stand alone; in other alphabets every letter of a word is above ASCII.
  let [high, inRuns, run] = [0, 0, 0];
  for (let at = 0; at <= sample.length; at++) {
    if ((sample[at] ?? 0) >= 0x80) run++;
    else {
      high += run;
      if (run >= 3) inRuns += run;
      run = 0;
    }
  }
  if (inRuns < high * 0.6) return null;
  const found = SINGLE.map((guess) => ({ ...guess, is: shareOf(sample, guess.label, guess.frequent) }));
  const best = found.reduce((most, each) => (each.is > most.is ? each : most));
  return best.is >= best.share ? best.label : null;
}

/** Of what is not ASCII; 0 where the bytes cannot be in this encoding. */
function shareOf(sample: Uint8Array, label: string, frequent: RegExp): number {
  let text: string;
  try {
    text = new TextDecoder(label, { fatal: true }).decode(sample, { stream: true });
  } catch (error) {
    if (error instanceof TypeError) return 0;
    throw error;
  }
  // eslint-disable-next-line no-control-regex -- ASCII is what is left out
  const rest = text.replace(/[\u0000-\u007f]/g, '').toLowerCase();
  return rest === '' ? 0 : (rest.match(frequent)?.length ?? 0) / [...rest].length;
}

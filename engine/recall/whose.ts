/**
 * Whose words a question asks for: what the assistant suggested, or what the person said; and what a text tells of the one
 * who says it.
 */
import { wordsOf } from '../words';

const ASSISTANT = '(?:you|chatgpt|claude|gemini|deepseek|the (?:assistant|ai|bot|model))';
/** A request to the assistant of now ("can you suggest") is no question about what it said. */
const ENGLISH_ASSISTANT = new RegExp(
  [
    `\\b(?:did|had|have|has)\\s+${ASSISTANT}\\b`,
    `(?<!\\b(?:can|could|would|will|should|do|if)\\s)\\b${ASSISTANT}\\s+(?:just |previously |also |once |first )?` +
      '(?:suggest|recommend|said|told|gave|propos|advis|explain|wrote|mention|answer|showed|provid|list|describ|came up)',
    '\\byour (?:earlier |previous |last |first )?(?:suggest|recommend|advice|answer|reply|response|explanation|proposal|list|idea)',
  ].join('|'),
  'iu',
);

interface Patterns {
  /** What was said to the person, in the past tense, and "your answer". */
  assistant: RegExp;
  /** "I" and "my". */
  user: RegExp;
}

const word = (source: string) => new RegExp(`(?<!\\p{L})(?:${source})(?!\\p{L})`, 'iu');

/** By language, each asked only about a question that is plainly in it: "mi" is a note, too. */
const PATTERNS: Readonly<Record<string, Patterns>> = {
  en: { assistant: ENGLISH_ASSISTANT, user: word('i|my|me|mine|we|our') },
  de: {
    assistant: word(
      'hast du|du (?:mir|uns|hast)|haben sie (?:mir|uns)|(?:dein|ihr)e?[rnms]? (?:vorschl\\p{L}+|rat|antwort\\p{L}*|empfehlung\\p{L}*|tipps?|liste|idee\\p{L}*)',
    ),
    user: word('ich|mir|mich|mein\\p{L}{0,2}|wir|unser\\p{L}{0,2}'),
  },
  fr: {
    assistant: word(
      "(?:m[’'])?as[- ]tu|tu (?:m[’'])?as|tu nous as|avez[- ]vous|vous m[’']avez|(?:ta|tes|votre|vos|ton) (?:réponses?|suggestions?|conseils?|recommandations?|idées?|liste)",
    ),
    user: word("je|j[’']\\p{L}+|moi|mon|ma|mes|nous|notre|nos"),
  },
  es: {
    assistant: word(
      '(?:me |nos )?(?:sugeriste|recomendaste|dijiste|diste|aconsejaste|explicaste|escribiste|propusiste|has (?:sugerido|recomendado|dicho|dado))|tus? (?:respuestas?|sugerencias?|consejos?|recomendaci\\p{L}+|ideas?|lista)',
    ),
    user: word('yo|mi|mis|me|conmigo|nosotros|nuestr[oa]s?|(?:dije|hice|escribí|pregunté)'),
  },
  pt: {
    assistant: word(
      '(?:você|tu) (?:me |nos )?(?:sugeriu|recomendou|disse|deu|aconselhou|explicou|escreveu|sugeriste|disseste)|(?:sua|suas|tua|seus?) (?:respostas?|sugest\\p{L}+|conselhos?|recomendaç\\p{L}+|ideias?)',
    ),
    user: word('eu|meus?|minhas?|me|comigo|nós|noss[oa]s?'),
  },
  it: {
    assistant: word(
      '(?:mi |ci )?hai (?:suggerito|consigliato|detto|dato|spiegato|scritto|proposto)|(?:il tuo|la tua|le tue|i tuoi) (?:rispost[ae]|suggeriment[oi]|consigli[o]?|idee|idea|lista)',
    ),
    user: word('io|mio|mia|miei|mie|mi|ho|nostr[oaie]'),
  },
  nl: {
    assistant: word(
      'heb je|heeft u|je (?:me|mij) (?:\\p{L}+ )?hebt|je hebt|(?:je|jouw|uw) (?:antwoord|suggesties?|advies|aanbeveling\\p{L}*|tips?)',
    ),
    user: word('ik|mijn|mij|me|wij|we|ons|onze'),
  },
  ru: {
    assistant: word(
      '(?:ты|вы)(?: мне| нам)? (?:посовет|предлож|рекоменд|сказал|говорил|дал|написал|объясн|ответил)\\p{L}*|(?:тво|ваш)\\p{L}* (?:ответ|совет|предложен|рекомендац)\\p{L}*',
    ),
    user: word('я|мне|меня|мой|моя|моё|мои|моей|моих|мы|нам|наш\\p{L}*'),
  },
  uk: {
    assistant: word('(?:ти|ви)(?: мені| нам)? (?:порад|запропон|рекоменд|сказа|говори|да|написа|поясни)\\p{L}*'),
    user: word('я|мені|мене|мій|моя|моє|мої|ми|нам|наш\\p{L}*'),
  },
  ja: {
    assistant: /(?:提案|おすすめ|推薦|説明|教え|言っ|回答|アドバイス)(?:して|て)?(?:くれ|もらっ)|あなたの|君の/u,
    user: /私|僕|俺|自分|わたし/u,
  },
  zh: {
    assistant: /[你您](?:\p{sc=Han}{0,3})?(?:建议|建議|推荐|推薦|说|說|给|給|告诉|告訴|解释|解釋|回答|提到)|[你您]的/u,
    user: /我/u,
  },
  ko: {
    assistant: /(?:추천|제안|설명|말)해\s?(?:줬|주|준)|알려\s?(?:줬|준)|네가|당신이/u,
    user: /(?:^|\s)(?:내가|나는|난|내|나의|제가|저는|우리)(?:\s|$)/u,
  },
};

/** The assistant's words, the person's own, or null: either's. `language` as `languageOf` has it; null counts as English. */
export function whoseWords(text: string, language: string | null): 'assistant' | 'user' | null {
  const patterns = PATTERNS[language ?? 'en'];
  if (!patterns) return null;
  if (patterns.assistant.test(text)) return 'assistant';
  return patterns.user.test(text) ? 'user' : null;
}

/** Whether the one who says this says it of themselves ("I", "my", "we"). `language` as with {@link whoseWords}. */
export function speaksOfSelf(text: string, language: string | null): boolean {
  return PATTERNS[language ?? 'en']?.user.test(text) ?? false;
}

/** The words of a question that may be a name: of three letters or more, in small letters. */
export function wordsThatMayName(text: string): ReadonlySet<string> {
  return new Set([...wordsOf(text)].map((word) => word.text.toLowerCase()).filter(({ length }) => length >= 3));
}

/** Whether one of these words is a name of this person. */
export function namesPerson(words: ReadonlySet<string>, author: string): boolean {
  return author
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .some((name) => words.has(name));
}

const REQUEST =
  /\b(?:can|could|would|will|should|do) (?:you|I|we)\b|^(?:what|which|how) (?:would|should|can|could|are|is|do)\b|\bI(?:['’]m| am| want| need|['’]d)\b/iu;
const OF_THE_PAST = /\b(?:did|have|has|had|was|were|mention|said|told|previous|earlier|across|summar)/iu;

/**
 * Whether help is asked for now, and not what was said once: "How would you suggest breaking up my work?". English only,
 * as {@link saysWhatIsLiked} is.
 */
export function asksForHelp(text: string, language: string | null): boolean {
  return (language ?? 'en') === 'en' && REQUEST.test(text) && !OF_THE_PAST.test(text);
}

const LIKED =
  /\bI(?:['’]d)? (?:\p{L}+ )?(?:prefer|like|love|hate|dislike|enjoy|avoid|always|never|usually)\b|\b(?:always|never|from now on|make sure to)\b/iu;

/** Whether a text says what its speaker likes, avoids, or always wants done in a certain way. */
export function saysWhatIsLiked(text: string): boolean {
  return LIKED.test(text);
}

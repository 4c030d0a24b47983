/**
 * What a question is about, without the words that only ask: "Can you give me a summary of how X went across our
 * conversations?" is a search for X. Those words are rare in what was said, so that BM25 takes them for the most telling
 * ones, and they pull the question's vector towards other requests.
 *
 * English, by phrases and not by single words: "order", "list" and "summary" are content elsewhere.
 */
import { searchStems } from './stem';

const KIND = '(?:comprehensive|complete|full|brief|short|detailed|quick|concise|whole|clear)';
const TALKS = '(?:conversations?|chats?|discussions?|sessions?|messages|exchanges?|requests|threads?)';
const SAY =
  '(?:say|said|saying|mention(?:ed)?|tell|told|talk(?:ed)?(?: to you)? about|discuss(?:ed)?|bring up|brought up|raised?|ask(?:ed)? about|cover(?:ed)?|note[d]?)';
const ASK =
  '(?:tell|show|give|remind|help|walk|list|explain|describe|provide|summari[sz]e|recap|outline|recall|remember|find|look up|go over)';

/** Sentences after the first that say what form the answer shall have. */
const ANSWER_FORM =
  /(?<=[.?!]\s+)(?:please )?(?:mention|list|name|give|include|use|answer|reply|respond|limit|keep|write)\b[^.?!]*\b(?:only|at most|exactly|no more than|in order|items?|words|sentences?|bullets?|format|short|brief)\b[^.?!]*[.?!]?/giu;

const ASKING = [
  `^(?:(?:hey|hi|hello|ok|okay|so|well|please)\\b[,!]?\\s+)+`,
  `\\b(?:can|could|would|will) you (?:please |also )?(?:${ASK}(?: to)?(?: me| us)?(?: through| with| about| of)?)?`,
  `\\b(?:please )?(?:remind|tell|show|give) (?:me|us)(?: again)?(?: of| about)?`,
  `\\b(?:do|can|could) you (?:still )?(?:remember|recall)\\b`,
  `\\b(?:I(?:'d| would) like|I want|I need) to (?:know|see|find|remember)\\b`,
  `\\b(?:a |an |the )?(?:${KIND},? (?:and )?)*(?:summary|overview|recap|rundown) of(?: how| what)?\\b`,
  `\\b(?:the )?order (?:in which|that) (?:I|we) ${SAY}\\b`,
  `\\b(?:the )?(?:different|various|several|all(?: the)?) (?:aspects|parts|points|topics|things|features or concerns) (?:of|about)\\b`,
  `,?\\s*\\b(?:throughout|across|through|in|during|over|from) (?:all )?(?:of )?(?:our|my|the|these|those) (?:(?:previous|past|earlier|last|recent|entire|whole|different) )*${TALKS}\\b(?: so far)?`,
  `\\b(?:that )?(?:we|I)(?:'ve| have)? ${SAY}(?: about)?(?: so far)?(?=[\\s,.?!]*$)`,
  `\\b(?:did|have|had) (?:I|we) (?:ever |previously |already )?${SAY}(?: to you| you)?(?: that| about)?\\b`,
  `,?\\s*\\bin order\\b(?=[\\s,.?!]*$)`,
].map((pattern) => new RegExp(pattern, 'giu'));

/** The question without what only asks; the question itself when nothing else would be left. */
export function aboutOf(text: string): string {
  let about = text.replace(ANSWER_FORM, ' ');
  for (const asking of ASKING) about = about.replace(asking, ' ');
  about = about
    .replace(/\s+/gu, ' ')
    .replace(/^[\s,.;:]+/u, '')
    .trim();
  return searchStems(about).size >= 1 && /[\p{L}\p{N}]{3}/u.test(about) ? about : text;
}

/** A question that leans on the chat, put so that it stands by itself, by the model that is to answer it. */
import { beginningOf } from '../cut';
import { searchStems, wordsOf } from '../recall';
import { isFunctionWord } from '../words';
import { standalone } from './follow-up';
import type { Generator } from './port';
import type { ChatTurn, PromptMessage } from './types';

/** What the model may take for it. After it the rule decides, and the answer begins. */
const TOKENS = 48;
const MS = 10_000;
/** A question is shorter than this; what is longer is an answer or a speech. */
const LONGEST = 240;
/** Of the chat: exchanges, and characters of a question and of an answer. */
const EXCHANGES = 2;
const QUESTION_CHARACTERS = 300;
const ANSWER_CHARACTERS = 200;
/** Words that are neither in the question nor in the chat, of all: "price" for "how much" is one, a guess is many. */
const NEW_SHARE = 1 / 3;

const RULES =
  'Rewrite the last question so that it can be understood by itself: put in the names and things that it leaves out. ' +
  'Do not answer it. Reply with that one question and nothing else.';
const EXAMPLE = {
  asked:
    'Question: When does Ottilie fly to Bergen?\nAnswer: On Sunday, with the early plane.\nLast question: And who meets her there?',
  put: 'Who meets Ottilie in Bergen?',
};

/**
 * @param history of the chat, oldest first.
 * @returns null when the question stands by itself, this generator is not to be asked, or what it says cannot be trusted
 *   with a search: the rule of {@link standalone} holds then.
 */
export async function inFull(
  question: string,
  history: ChatTurn[],
  generator: Generator,
  signal: AbortSignal,
): Promise<string | null> {
  if (!generator.rewrites || !standalone(question, history).rewritten) return null;
  const prompt = promptOf(question, history);
  let text = '';
  try {
    const ending = AbortSignal.any([signal, AbortSignal.timeout(MS)]);
    const asked = { question, passages: [], evidence: 'nothing' as const, prompt, max_tokens: TOKENS };
    for await (const piece of generator.generate(asked, ending)) {
      text += piece;
      if (text.length > LONGEST) return null;
    }
  } catch (error) {
    // What ails the model is said when it is asked for the answer.
    console.debug('commonplace: a question was put in full by rule', error);
    return null;
  }
  return accept(text, question, history);
}

function promptOf(question: string, history: ChatTurn[]): PromptMessage[] {
  const lines = history.slice(-2 * EXCHANGES).map(({ role, markdown }) => {
    const plain = markdown
      .replace(/\s*\[\d{1,3}\]/gu, '')
      .replace(/\s+/gu, ' ')
      .trim();
    return role === 'user'
      ? `Question: ${beginningOf(plain, QUESTION_CHARACTERS)}`
      : `Answer: ${beginningOf(plain, ANSWER_CHARACTERS)}`;
  });
  return [
    { role: 'system', content: RULES },
    { role: 'user', content: EXAMPLE.asked },
    { role: 'assistant', content: EXAMPLE.put },
    { role: 'user', content: [...lines, `Last question: ${question}`].join('\n') },
  ];
}

/** A question that keeps half of what was asked at least, adds something of the chat, and hardly anything else. Null for all else. */
export function accept(said: string, question: string, history: ChatTurn[]): string | null {
  const text = said
    .trim()
    .replace(/^(?:last |rewritten )?question:\s*/iu, '')
    .replace(/^(["“'])(.*)["”']$/su, '$2')
    .trim();
  if (text === '' || text.length > LONGEST || text.includes('\n')) return null;
  if (question.trim().endsWith('?') && !text.endsWith('?')) return null;
  const own = searchStems(question);
  const before = new Set(history.flatMap(({ markdown }) => [...searchStems(markdown)]));
  const example = searchStems(`${EXAMPLE.asked} ${EXAMPLE.put}`);
  const stems = [...searchStems(text)];
  const fresh = stems.filter((stem) => !own.has(stem) && !before.has(stem));
  const known = stems.filter((stem) => !own.has(stem) && before.has(stem));
  if (known.length === 0 || fresh.length > stems.length * NEW_SHARE) return null;
  if (fresh.some((stem) => example.has(stem))) return null;
  const meant = [...wordsOf(question)].filter((word) => !isFunctionWord(word.text, null)).map(({ stem }) => stem);
  if (meant.filter((stem) => stems.includes(stem)).length < meant.length / 2) return null;
  return text;
}

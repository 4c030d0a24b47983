/** What of a question goes to a model elsewhere: less than the context where the person wants it so. */
import { loadReplacing, type PrivacyShelf, type Replaced } from '../privacy';
import { promptTokens, questionAlone } from './pack';
import type { AskContext, ChatTurn, PromptMessage } from './types';

const SECRET = 'placeholders';
/** Who speaks without being a person. */
const NOBODY = new Set([
  'You',
  'Commonplace',
  'ChatGPT',
  'Claude',
  'Gemini',
  'DeepSeek',
  'user',
  'assistant',
  'system',
  'tool',
]);

/** The context as it would be sent, by what `leaves_to` says of it; as it is when nothing leaves. */
export async function asSent(
  context: AskContext,
  asked: { question: string; history: ChatTurn[] },
  shelf: PrivacyShelf,
): Promise<AskContext> {
  const sends = context.leaves_to?.sends;
  if (sends === 'question') {
    const prompt = questionAlone(context.rewritten ? context.searched : asked.question);
    return { ...context, prompt, tokens: promptTokens(prompt) };
  }
  if (sends !== 'replaced') return context;
  const { replacePersonal } = await loadReplacing();
  const { texts, replaced } = await replacePersonal(
    // the rules are ours and name nobody
    context.prompt.map(({ role, content }) => (role === 'system' ? '' : content)),
    {
      key: await secret(shelf),
      // A chat is what followed its first question, also before it is kept.
      chat: asked.history[0]?.markdown ?? asked.question,
      known: speakers(context),
    },
  );
  const prompt: PromptMessage[] = context.prompt.map((message, n) =>
    message.role === 'system' ? withNote(message, replaced) : { ...message, content: texts[n] ?? '' },
  );
  return { ...context, prompt, tokens: promptTokens(prompt), replaced };
}

function withNote(message: PromptMessage, replaced: Replaced[]): PromptMessage {
  const [example] = replaced;
  if (!example) return message;
  const note = `Words like ${example.placeholder} stand for names and the like. Copy them exactly as they are where you mean them.`;
  return { ...message, content: `${message.content}\n${note}` };
}

function speakers({ passages }: AskContext): string[] {
  return [...new Set(passages.flatMap(({ speaker }) => (speaker === null || NOBODY.has(speaker) ? [] : [speaker])))];
}

/** Made once, and never to be read. */
async function secret(shelf: PrivacyShelf): Promise<CryptoKey> {
  const kept = (await shelf.get(SECRET)) as CryptoKey | undefined;
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  await shelf.put(SECRET, made);
  return made;
}

/** Where the demo's conversations are: each on one of the sites, every third on the next. */
import { createChatGptSite, type SiteConversation } from '../../tests/harness/chatgpt-site';
import { createClaudeSite } from '../../tests/harness/claude-site';
import { createGeminiSite, type GeminiTurn } from '../../tests/harness/gemini-site';
import type { Site } from '../../tests/harness/internet';

export interface Placed {
  conversation: SiteConversation;
  source: 'chatgpt' | 'claude' | 'gemini';
  /** The site's own id of it. */
  id: string;
  url: string;
}

const SOURCES = ['chatgpt', 'claude', 'gemini'] as const;

export function place(conversations: SiteConversation[]): Placed[] {
  return conversations.map((conversation, index) => {
    const source = SOURCES[index % SOURCES.length] ?? 'chatgpt';
    // Gemini's ids are sixteen characters without dashes
    const id = source === 'gemini' ? conversation.id.replaceAll('-', '').slice(-16) : conversation.id;
    const path = { chatgpt: `chatgpt.com/c/`, claude: `claude.ai/chat/`, gemini: `gemini.google.com/app/` }[source];
    return { conversation, source, id, url: `https://${path}${id}` };
  });
}

/** The local copies of the sites, by host; what a question asked live on ChatGPT is answered with. */
export function sitesOf(placed: Placed[], answer: string[]): Record<string, Site> {
  const on = (source: Placed['source']) => placed.filter((each) => each.source === source);
  const chatgpt = createChatGptSite(on('chatgpt').map(({ conversation }) => structuredClone(conversation)));
  chatgpt.nextAnswer = { parts: answer, pauseMs: 60 };
  const claude = createClaudeSite(
    on('claude').map(({ id, conversation: { title, messages } }) => ({
      id,
      title,
      messages: messages.map((message, at) => ({ ...message, parent: messages[at - 1]?.id ?? null })),
    })),
  );
  const gemini = createGeminiSite(
    on('gemini').map(({ id, conversation: { title, messages } }) => ({
      id,
      title,
      turns: messages.flatMap((message, at): GeminiTurn[] =>
        message.role === 'assistant'
          ? []
          : [
              {
                id: message.id.replaceAll('-', '').slice(-16),
                question: message.text,
                answer: messages[at + 1]?.text ?? '',
                time: message.time,
              },
            ],
      ),
    })),
  );
  return { 'chatgpt.com': chatgpt.site, 'claude.ai': claude.site, 'gemini.google.com': gemini.site };
}

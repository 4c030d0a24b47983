/** A chat with one's own memory, as the panel holds it: what is kept of it, and the answer that is being made. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type {
  Answer,
  AskContext,
  AskRequest,
  ChatMessage,
  ChatView,
  Consent,
  RecallFilters,
  Sends,
} from '../engine/api';
import type { PanelEngine } from './connection';
import { inPlainWords, isAborted } from './trouble';

export type DrawnAnswer = Pick<
  Answer,
  'markdown' | 'sentences' | 'citations' | 'abstained' | 'generator' | 'ended' | 'failure'
>;

/** A question and its answer. */
export interface Turn {
  key: string;
  question: string;
  /** Ids of the chat's messages; null while it is not kept. */
  questionId: string | null;
  answerId: string | null;
  /** What it follows; null for the first. */
  after: string | null;
  /** Other ways the chat went on here. */
  questions: string[];
  answers: string[];
  answer: DrawnAnswer | null;
  /** Of an answer that was made while this is open. */
  context: AskContext | null;
  /** What was asked of the context beside the question. */
  choice: Choice;
  /** What went wrong before there was an answer, in words. */
  failure: string | null;
}

/** What a person chose about the context. */
export interface Choice {
  filters: RecallFilters;
  pinned: string[];
  dropped: string[];
  /** `none`, or the id of a model's server. */
  generator: string;
  /** What of it may go to a server elsewhere; what that was allowed last unless chosen. */
  sends?: Sends;
}

export const NO_CHOICE: Choice = { filters: {}, pinned: [], dropped: [], generator: 'none' };

export interface Asking {
  chat: ChatView | null;
  turns: Turn[];
  /** The turn that is being answered, by its place; null when none is. */
  running: number | null;
  /** Words of it so far. */
  words: string;
  failure: string | null;
  temporary: boolean;
  setTemporary(temporary: boolean): void;
  /** Asks after the last turn, or in the place of turn `place`. */
  ask(question: string, choice: Choice, place?: number, consent?: Consent): void;
  stop(): void;
  /** What turn `place` would send if this much of it went; nothing goes. */
  look(place: number, sends: Sends): void;
  /** Another branch, by a message on it. */
  show(messageId: string): void;
  reload(): void;
}

/**
 * @param chatId null begins a chat.
 * @param changes grows when documents changed.
 */
export function useAsk(engine: PanelEngine, chatId: string | null): Asking {
  const [chat, setChat] = useState<ChatView | null>(null);
  const [turns, setTurns] = useState<Turn[]>([]);
  const [running, setRunning] = useState<number | null>(null);
  const [said, setSaid] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [temporary, setTemporary] = useState(false);
  const stopping = useRef<AbortController | null>(null);
  const made = useRef(new Map<string, { context: AskContext | null; choice: Choice }>());
  const over = useRef(false);
  /** Questions asked and readings begun: what an earlier one brings does not take the place of a later one's. */
  const begun = useRef(0);
  /** The message whose branch is wanted, also while it is still being read. */
  const wanted = useRef<string | undefined>(undefined);

  useEffect(() => {
    over.current = false;
    return () => {
      over.current = true;
      stopping.current?.abort();
    };
  }, []);

  const load = useCallback(
    async (id: string, messageId?: string) => {
      wanted.current = messageId;
      const own = ++begun.current;
      const view = await engine.chat(id, messageId);
      if (over.current || begun.current !== own) return;
      setChat(view);
      setTurns(turnsOf(view, made.current));
    },
    [engine],
  );

  useEffect(() => {
    if (chatId === null) return;
    load(chatId).catch((error: unknown) => {
      if (!over.current) setFailure(inPlainWords(error));
    });
  }, [chatId, load]);

  const requestOf = ({ question, after, choice }: Turn, before: Turn[]): AskRequest => ({
    question,
    ...(temporary
      ? { temporary: true, history: before.flatMap(historyOf) }
      : chat
        ? { chat_id: chat.id, after_id: after }
        : {}),
    ...choice,
  });

  const ask = (question: string, choice: Choice, place = turns.length, consent?: Consent) => {
    if (stopping.current !== null || question.trim() === '') return;
    const before = turns.slice(0, place);
    const after = before.at(-1)?.answerId ?? null;
    const turn: Turn = {
      key: `asking ${Date.now()}`,
      question: question.trim(),
      questionId: null,
      answerId: null,
      after,
      questions: [],
      answers: [],
      answer: null,
      context: null,
      choice,
      failure: null,
    };
    const abort = new AbortController();
    stopping.current = abort;
    begun.current++;
    setFailure(null);
    setSaid('');
    setTurns([...before, turn]);
    setRunning(place);
    const change = (more: Partial<Turn>) => {
      if (!over.current) setTurns((old) => old.map((one) => (one.key === turn.key ? { ...one, ...more } : one)));
    };
    const request = { ...requestOf(turn, before), ...(consent ? { consent } : {}) };
    let context: AskContext | null = null;
    let text = '';
    let frame = 0;
    engine
      .ask(
        request,
        (event) => {
          if (event.type === 'context') change({ context: (context = event.context) });
          else {
            text += event.text;
            // Drawn once a frame, however the words come.
            frame ||= requestAnimationFrame(() => {
              frame = 0;
              if (!over.current && stopping.current === abort) setSaid(text);
            });
          }
        },
        abort.signal,
      )
      .then(async (answer) => {
        change({ answer });
        if (answer.chat_id !== null && answer.message_id !== null) {
          made.current.set(answer.message_id, { context, choice });
          await load(answer.chat_id, answer.message_id);
        }
      })
      .catch((error: unknown) => {
        if (!isAborted(error)) change({ failure: inPlainWords(error) });
      })
      .finally(() => {
        cancelAnimationFrame(frame);
        if (over.current) return;
        stopping.current = null;
        setRunning(null);
        setSaid('');
      });
  };

  return {
    chat,
    turns,
    running,
    words: said,
    failure,
    temporary,
    setTemporary,
    ask,
    stop: () => stopping.current?.abort(),
    look(place, sends) {
      const turn = turns[place];
      if (!turn || stopping.current !== null) return;
      const choice = { ...turn.choice, sends };
      const change = (more: Partial<Turn>) => {
        if (!over.current) setTurns((old) => old.map((one) => (one.key === turn.key ? { ...one, ...more } : one)));
      };
      engine.askContext(requestOf({ ...turn, choice }, turns.slice(0, place))).then(
        (context) => {
          change({ context, choice });
        },
        (error: unknown) => {
          change({ failure: inPlainWords(error) });
        },
      );
    },
    show(messageId) {
      if (!chat) return;
      load(chat.id, messageId).catch((error: unknown) => {
        setFailure(inPlainWords(error));
      });
    },
    reload() {
      if (!chat || stopping.current !== null) return;
      load(chat.id, wanted.current ?? chat.messages.at(-1)?.id).catch((error: unknown) => {
        setFailure(inPlainWords(error));
      });
    },
  };
}

function historyOf({ question, answer }: Turn): Array<{ role: 'user' | 'assistant'; markdown: string }> {
  return [
    { role: 'user', markdown: question },
    { role: 'assistant', markdown: answer?.markdown ?? '' },
  ];
}

function turnsOf(
  { messages }: ChatView,
  made: ReadonlyMap<string, { context: AskContext | null; choice: Choice }>,
): Turn[] {
  const turns: Turn[] = [];
  messages.forEach((message, place) => {
    if (message.role !== 'user') return;
    const next = messages[place + 1];
    const answer: ChatMessage | undefined = next?.role === 'assistant' ? next : undefined;
    const known = answer && made.get(answer.id);
    turns.push({
      key: message.id,
      question: message.markdown,
      questionId: message.id,
      answerId: answer?.id ?? null,
      after: message.parent_id,
      questions: message.siblings,
      answers: answer?.siblings ?? [],
      answer: answer?.answer ? { ...answer.answer, markdown: answer.markdown } : null,
      context: known?.context ?? null,
      choice: known?.choice ?? NO_CHOICE,
      failure: null,
    });
  });
  return turns;
}

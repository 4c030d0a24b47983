/** Asking: a question, its answer with citations to press, what it is made of, and the chat they belong to. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type {
  AskContext,
  BuiltInModel,
  ChatSummary,
  Citation,
  ContextPassage,
  EngineStats,
  Hit,
  LocalModel,
  Provider,
} from '../engine/api';
import { ContextView } from './ask-context';
import { TurnView } from './ask-turn';
import { Chats, Rename } from './chats';
import type { PanelEngine } from './connection';
import { BackIcon, CopyIcon, CrossIcon, DeleteIcon } from './icons';
import { hostOf } from './sites';
import { inPlainWords, sentenceFor } from './trouble';
import { type Choice, NO_CHOICE, type Turn, useAsk } from './use-ask';
import { count, words } from './words';

export interface AskStart {
  /** A chat to go on with; null begins one. */
  chatId: string | null;
  /** Asked at once; null waits for the person. */
  question: string | null;
  choice: Choice;
}

interface AskProps {
  engine: PanelEngine;
  start: AskStart;
  kept: EngineStats['by_source'];
  /** Grows when documents changed. */
  changes: number;
  /** Something lies over it. */
  away: boolean;
  back: () => void;
  /** Another chat, or a new one. */
  begin: (start: AskStart) => void;
  read: (documentId: string, hit: Hit) => void;
  openLink: (url: string) => void;
  copy: (text: string, done?: string) => void;
  forget: (chat: ChatSummary) => void;
  say: (what: string) => void;
  /** The page of models. */
  models: () => void;
}

export function Ask({ engine, start, kept, changes, away, ...actions }: AskProps) {
  const asking = useAsk(engine, start.chatId);
  const { chat, turns, running } = asking;
  const [typed, setTyped] = useState('');
  const [choice, setChoice] = useState<Choice>(start.choice);
  const [list, setList] = useState(false);
  const [leaving, setLeaving] = useState<string | null>(null);
  const [preview, setPreview] = useState<AskContext | null>(null);
  const [renaming, setRenaming] = useState(false);
  const [providers, setProviders] = useState<Provider[]>([]);
  const [builtIn, setBuiltIn] = useState<BuiltInModel | null>(null);
  const [local, setLocal] = useState<LocalModel[]>([]);
  const input = useRef<HTMLTextAreaElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const begin = (generator: string) => {
      setChoice((old) => (old.generator === 'none' ? { ...old, generator } : old));
      if (start.question !== null) asking.ask(start.question, { ...start.choice, generator });
    };
    engine.defaultGenerator().then(begin, (error: unknown) => {
      inPlainWords(error);
      begin('none');
    });
  }, [start]);
  // What lay over it took the focus: it goes back to the citation that was pressed.
  const focused = useRef<HTMLElement | null>(null);
  useEffect(() => {
    if (away) return;
    const before = focused.current?.isConnected ? focused.current : input.current;
    before?.focus({ preventScroll: true });
  }, [away]);
  useEffect(() => {
    if (away) return;
    engine.providers().then(setProviders, inPlainWords);
    engine.builtInModel().then(setBuiltIn, inPlainWords);
    engine.localModels().then((models) => {
      setLocal(models ?? []);
    }, inPlainWords);
  }, [engine, away]);
  // What was cited may have been deleted, or the chat renamed elsewhere.
  useEffect(() => {
    if (changes > 0) asking.reload();
  }, [changes]);

  // Keeps to the end for as long as the reader is there; who scrolled up stays where they are.
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const root = scroller.current;
    if (root && atEnd.current && running !== null) root.scrollTop = root.scrollHeight;
  }, [asking.words, turns.length, running]);

  const send = () => {
    if (running !== null || typed.trim() === '') return;
    atEnd.current = true;
    setPreview(null);
    asking.ask(typed, choice);
    setTyped('');
    setChoice({ ...choice, pinned: [], dropped: [] });
  };
  const look = () => {
    const last = turns.at(-1);
    engine
      .askContext({
        question: typed,
        ...(chat && !asking.temporary ? { chat_id: chat.id, after_id: last?.answerId ?? null } : {}),
        ...choice,
      })
      .then(setPreview, (error: unknown) => {
        actions.say(inPlainWords(error));
      });
  };
  const openPassage = (passage: ContextPassage) => {
    actions.read(passage.document_id, hitOf({ ...passage, span: [0, passage.text.length] }));
  };
  const openCitation = (citation: Citation) => {
    actions.read(citation.document_id, hitOf(citation));
  };

  return (
    <section
      class="sheet asking"
      aria-label={words('ask_title')}
      inert={away}
      onFocusCapture={(event) => {
        focused.current = event.target as HTMLElement;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          if (running !== null) asking.stop();
          else if (leaving !== null) setLeaving(null);
          else if (list) setList(false);
          else return;
          event.preventDefault();
          event.stopPropagation();
        } else if (event.key !== 'Tab') event.stopPropagation();
      }}
    >
      <div class="bar">
        <button type="button" class="quiet" onClick={actions.back} title={words('back_key')}>
          <BackIcon />
          {words('back')}
        </button>
        <span class="grow" />
        <button
          type="button"
          class="quiet"
          onClick={() => {
            actions.begin({ chatId: null, question: null, choice: NO_CHOICE });
          }}
        >
          {words('ask_new')}
        </button>
        <button
          type="button"
          class="quiet"
          aria-expanded={list}
          onClick={() => {
            setList(!list);
          }}
        >
          {words('ask_chats')}
        </button>
        {chat && (
          <>
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('ask_export')}
              title={words('ask_export')}
              onClick={() => {
                engine.exportChat(chat.id).then(
                  (markdown) => {
                    actions.copy(markdown, words('ask_exported'));
                  },
                  (error: unknown) => {
                    actions.say(inPlainWords(error));
                  },
                );
              }}
            >
              <CopyIcon />
            </button>
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('ask_delete')}
              title={words('ask_delete')}
              onClick={() => {
                actions.forget(chat);
              }}
            >
              <DeleteIcon />
            </button>
          </>
        )}
      </div>
      {list && (
        <Chats
          engine={engine}
          changes={changes}
          open={(id) => {
            actions.begin({ chatId: id, question: null, choice: NO_CHOICE });
          }}
        />
      )}
      <div
        class="pages"
        ref={scroller}
        tabIndex={-1}
        onScroll={({ currentTarget }) => {
          const { scrollTop, scrollHeight, clientHeight } = currentTarget;
          atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
        }}
      >
        {chat && (
          <header>
            {renaming ? (
              <Rename
                title={chat.title}
                done={(title) => {
                  setRenaming(false);
                  if (title === null || title === chat.title) return;
                  engine.renameChat(chat.id, title).then(asking.reload, (error: unknown) => {
                    actions.say(inPlainWords(error));
                  });
                }}
              />
            ) : (
              <h2>
                {chat.title}{' '}
                <button
                  type="button"
                  class="quiet"
                  onClick={() => {
                    setRenaming(true);
                  }}
                >
                  {words('ask_rename')}
                </button>
              </h2>
            )}
          </header>
        )}
        {!chat && turns.length > 0 && <h2 class="unseen">{words('ask_title')}</h2>}
        {turns.length === 0 && asking.failure === null && start.chatId === null && (
          <div class="empty">
            <h2>{words('ask_empty')}</h2>
            {choice.generator === 'none' && <p>{words('ask_empty_more')}</p>}
          </div>
        )}
        {asking.failure !== null && <p class="notice trouble">{asking.failure}</p>}
        {turns.map((turn, place) => (
          <TurnView
            key={turn.key}
            engine={engine}
            turn={turn}
            kept={kept}
            live={running === place ? asking.words : null}
            busy={running !== null}
            openCitation={openCitation}
            openPassage={openPassage}
            openLink={setLeaving}
            copy={actions.copy}
            show={asking.show}
            askAgain={(next, question) => {
              asking.ask(question ?? turn.question, next, place);
            }}
            allow={(consent, sends) => {
              asking.ask(turn.question, { ...turn.choice, sends }, place, consent);
              setChoice({ ...choice, sends });
            }}
            temporary={asking.temporary}
            look={(sends) => {
              asking.look(place, sends);
            }}
            branch={
              chat && turn.answerId !== null
                ? () => {
                    engine.branchChat(chat.id, turn.answerId ?? '').then(
                      (id) => {
                        actions.begin({ chatId: id, question: null, choice: NO_CHOICE });
                        actions.say(words('ask_branched'));
                      },
                      (error: unknown) => {
                        actions.say(inPlainWords(error));
                      },
                    );
                  }
                : null
            }
          />
        ))}
        {preview && (
          <section class="preview" aria-label={words('ask_look')}>
            <h3>{words('ask_preview', typed)}</h3>
            <ContextView
              key={preview.prompt.at(-1)?.content}
              context={preview}
              choice={choice}
              kept={kept}
              busy={running !== null}
              openPassage={openPassage}
              askAgain={(next) => {
                setPreview(null);
                asking.ask(typed, next);
                setTyped('');
                setChoice({ ...next, pinned: [], dropped: [] });
              }}
            />
          </section>
        )}
      </div>
      {leaving !== null && (
        <div class="notice leaving" role="alertdialog" aria-label={words('ask_leaving', hostOf(leaving))}>
          <p>{words('ask_leaving', hostOf(leaving))}</p>
          <div class="choices">
            <button
              type="button"
              class="main"
              onClick={() => {
                actions.openLink(leaving);
                setLeaving(null);
              }}
            >
              {words('ask_leave')}
            </button>
            <button
              type="button"
              onClick={() => {
                setLeaving(null);
              }}
            >
              {words('ask_stay')}
            </button>
          </div>
        </div>
      )}
      <form
        class="asker"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {Object.keys(choice.filters).length > 0 && (
          <button
            type="button"
            class="chip"
            onClick={() => {
              setChoice({ ...choice, filters: {} });
            }}
          >
            {words('ask_filtered')}
            <CrossIcon />
          </button>
        )}
        <textarea
          ref={input}
          rows={2}
          dir="auto"
          value={typed}
          placeholder={words(turns.length === 0 ? 'ask_placeholder' : 'ask_placeholder_next')}
          aria-label={words('ask_label')}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setPreview(null);
          }}
          onKeyDown={(event) => {
            if (event.isComposing || event.key !== 'Enter' || event.shiftKey) return;
            event.preventDefault();
            send();
          }}
        />
        <div class="choices">
          {running === null ? (
            <button type="submit" class="main" disabled={typed.trim() === ''}>
              {words('ask_send')}
            </button>
          ) : (
            <button type="button" class="main" onClick={asking.stop}>
              {words('ask_stop')}
            </button>
          )}
          <button type="button" class="quiet" disabled={typed.trim() === '' || running !== null} onClick={look}>
            {words('ask_look')}
          </button>
          <label class="temporary">
            {words('ask_who')}
            <select
              value={choice.generator}
              onChange={(event) => {
                const { value } = event.currentTarget;
                if (value === MODELS) {
                  event.currentTarget.value = choice.generator;
                  actions.models();
                } else {
                  const { sends: _another, ...rest } = choice;
                  setChoice({ ...rest, generator: value });
                }
              }}
            >
              <option value="none">{words('ask_who_none')}</option>
              {builtIn?.state === 'available' && <option value={builtIn.id}>{words('built_in')}</option>}
              {local.map((model) => (
                <option value={model.id}>{model.name}</option>
              ))}
              {providers.map((provider) => (
                <option value={provider.id}>{`${provider.name}: ${provider.model}`}</option>
              ))}
              <option value={MODELS}>{words('ask_models')}</option>
            </select>
          </label>
          {turns.length === 0 && (
            <label class="temporary">
              <input
                type="checkbox"
                checked={asking.temporary}
                onChange={(event) => {
                  asking.setTemporary(event.currentTarget.checked);
                }}
              />
              {words('ask_temporary')}
            </label>
          )}
          {turns.length > 0 && asking.temporary && <span class="soft">{words('ask_is_temporary')}</span>}
        </div>
      </form>
      <p class="unseen" role="status">
        {running !== null ? words('ask_running') : statusOf(turns.at(-1))}
      </p>
    </section>
  );
}

/** Chosen among the models, it leads to their page. */
const MODELS = 'models';

function statusOf(turn: Turn | undefined): string {
  if (!turn?.answer) return turn?.failure ?? '';
  if (turn.answer.failure) return sentenceFor(turn.answer.failure.code);
  if (turn.answer.abstained) return words('ask_nothing');
  return count('ask_answered', turn.answer.citations.length);
}

/** A cited sentence as the reading view takes what it marks. */
function hitOf(cited: Omit<Citation, 'n'> | (Omit<ContextPassage, 'n'> & { span: [number, number] })): Hit {
  const text = cited.text ?? '';
  return {
    chunk_id: `${cited.chunk_id} ${cited.span.join('-')}`,
    document_id: cited.document_id,
    message_id: cited.message_id,
    message_external_id: cited.message_external_id,
    kind: cited.kind,
    source: cited.source,
    title: cited.title,
    url: cited.url,
    original_url: cited.original_url,
    role: cited.role,
    author: cited.speaker,
    model: null,
    created_at: cited.said_at,
    passage: text.slice(...cited.span),
    highlights: [],
    score: 0,
    reasons: [],
  };
}

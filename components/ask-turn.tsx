/** One question and its answer: words with citations to press, versions, consent, what it is made of. */
import { useId, useState } from 'preact/hooks';
import type { AskContext, Citation, Consent, ContextPassage, EngineStats, Sends } from '../engine/api';
import { AnswerText } from './answer';
import { ContextView, SENDS } from './ask-context';
import type { PanelEngine } from './connection';
import { inWords } from './dates';
import { CopyIcon } from './icons';
import { documentTitle } from './rows';
import { sentenceFor } from './trouble';
import { Unlock } from './vault';
import type { Choice, Turn } from './use-ask';
import { count, words } from './words';

interface TurnProps {
  engine: PanelEngine;
  turn: Turn;
  kept: EngineStats['by_source'];
  /** Words so far, while it is being answered. */
  live: string | null;
  busy: boolean;
  openCitation: (citation: Citation) => void;
  openPassage: (passage: ContextPassage) => void;
  openLink: (url: string) => void;
  copy: (text: string) => void;
  show: (messageId: string) => void;
  askAgain: (choice: Choice, question?: string) => void;
  allow: (consent: Consent, sends: Sends) => void;
  /** The same, if this much of it went. */
  look: (sends: Sends) => void;
  temporary: boolean;
  branch: (() => void) | null;
}

export function TurnView({ engine, turn, kept, live, busy, temporary, ...actions }: TurnProps) {
  const { answer, context } = turn;
  const undecided = answer?.failure?.code === 'consent_needed';
  const [open, setOpen] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  return (
    <article class="turn">
      {editing === null ? (
        <h3 dir="auto">{turn.question}</h3>
      ) : (
        <form
          class="entry"
          onSubmit={(event) => {
            event.preventDefault();
            if (editing.trim() !== '') actions.askAgain(turn.choice, editing);
            setEditing(null);
          }}
        >
          <input
            aria-label={words('ask_edit')}
            value={editing}
            dir="auto"
            ref={(element) => element?.focus()}
            onInput={(event) => {
              setEditing(event.currentTarget.value);
            }}
          />
          <button type="submit">{words('ask_send')}</button>
        </form>
      )}
      <Versions all={turn.questions} shown={turn.questionId} show={actions.show} />
      <div class="body" dir="auto">
        {live !== null && answer === null && (live === '' ? <p class="soft">{words('ask_running')}</p> : <p>{live}</p>)}
        {answer && answer.markdown !== '' && (
          <AnswerText answer={answer} openCitation={actions.openCitation} openLink={actions.openLink} />
        )}
        {answer?.abstained && <Nothing context={context} openPassage={actions.openPassage} />}
      </div>
      {answer?.ended === 'stopped' && <p class="meta">{words('ask_stopped')}</p>}
      {undecided && context?.leaves_to && (
        <ConsentNeeded
          context={context}
          to={context.leaves_to}
          temporary={temporary}
          look={actions.look}
          allow={actions.allow}
        />
      )}
      {answer?.failure && !undecided && (
        <p class="notice trouble">
          {sentenceFor(answer.failure.code)}
          {answer.failure.remedy !== undefined && answer.failure.code !== 'vault_locked' && (
            <span>{answer.failure.remedy}</span>
          )}
        </p>
      )}
      {answer?.failure?.code === 'vault_locked' && (
        <Unlock
          engine={engine}
          opened={() => {
            actions.askAgain(turn.choice);
          }}
        />
      )}
      {turn.failure !== null && <p class="notice trouble">{turn.failure}</p>}
      {live === null && (
        <div class="choices tools">
          <Versions all={turn.answers} shown={turn.answerId} show={actions.show} />
          {context && !undecided && (
            <button
              type="button"
              class="quiet"
              aria-expanded={open}
              onClick={() => {
                setOpen(!open);
              }}
            >
              {words('ask_made_of')}
            </button>
          )}
          <button
            type="button"
            class="quiet"
            disabled={busy}
            onClick={() => {
              actions.askAgain(turn.choice);
            }}
          >
            {words('ask_again')}
          </button>
          <button
            type="button"
            class="quiet"
            disabled={busy}
            onClick={() => {
              setEditing(editing === null ? turn.question : null);
            }}
          >
            {words('ask_edit')}
          </button>
          {actions.branch && (
            <button type="button" class="quiet" onClick={actions.branch}>
              {words('ask_branch')}
            </button>
          )}
          {answer && answer.markdown !== '' && (
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('ask_copy')}
              title={words('ask_copy')}
              onClick={() => {
                actions.copy(answer.markdown);
              }}
            >
              <CopyIcon />
            </button>
          )}
        </div>
      )}
      {(open || undecided) && context && (
        <ContextView
          // what was chosen anew is what it begins with
          key={`${context.leaves_to?.sends} ${undecided}`}
          context={context}
          first={undecided}
          choice={turn.choice}
          kept={kept}
          busy={busy}
          openPassage={actions.openPassage}
          askAgain={actions.askAgain}
        />
      )}
    </article>
  );
}

/** Before anything goes to a server elsewhere: to whom, how much of it, for how long; the words themselves are below it. */
function ConsentNeeded({
  context,
  to,
  temporary,
  look,
  allow,
}: {
  context: AskContext;
  to: NonNullable<AskContext['leaves_to']>;
  /** A temporary chat is over when the panel is closed, and is not known by an id. */
  temporary: boolean;
  look: (sends: Sends) => void;
  allow: (consent: Consent, sends: Sends) => void;
}) {
  const choices = [
    ['once', 'ask_consent_once'],
    ...(temporary ? [] : [['chat', 'ask_consent_chat'] as const]),
    ['always', 'ask_consent_always'],
  ] as const;
  const name = useId();
  return (
    <div class="notice consent">
      <p>{words('ask_consent', to.name, to.host)}</p>
      <fieldset>
        <legend>{words('ask_sends', to.name)}</legend>
        {SENDS.map(({ sends, name: what }) => (
          <label>
            <input
              type="radio"
              name={name}
              checked={to.sends === sends}
              onChange={() => {
                look(sends);
              }}
            />
            {words(what)}
          </label>
        ))}
      </fieldset>
      {to.sends === 'replaced' && (
        <p>
          {context.replaced.length > 0 ? count('ask_replaced', context.replaced.length) : words('ask_replaced_none')}.{' '}
          {words('ask_replaced_care')}
        </p>
      )}
      <div class="choices">
        {choices.map(([consent, what]) => (
          <button
            type="button"
            onClick={() => {
              allow(consent, to.sends);
            }}
          >
            {words(what)}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Nothing answers it; what is nearest is shown, and why it is no answer. */
function Nothing({
  context,
  openPassage,
}: {
  context: AskContext | null;
  openPassage: (passage: ContextPassage) => void;
}) {
  const nearest = context?.passages.filter(({ fit }) => fit > 0).slice(0, 3) ?? [];
  return (
    <>
      <p>
        {words(context?.evidence === 'other_person' ? 'ask_somebody_else' : 'ask_nothing')}
        {nearest.length > 0 && ` ${words('ask_nearest')}`}
      </p>
      {nearest.length > 0 && (
        <ul class="nearest">
          {nearest.map((passage) => (
            <li>
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  openPassage(passage);
                }}
              >
                {passage.text.slice(0, 160).replace(/\s+/gu, ' ')}
              </button>
              <p class="meta">
                <span>{documentTitle(passage)}</span>
                <span>{inWords(passage.said_at)}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** "‹ 2 of 3 ›": other ways that the chat went on from here. */
function Versions({ all, shown, show }: { all: string[]; shown: string | null; show: (messageId: string) => void }) {
  const at = shown === null ? -1 : all.indexOf(shown);
  if (at < 0 || all.length < 2) return null;
  const step = (by: number) => {
    const next = all[at + by];
    if (next !== undefined) show(next);
  };
  return (
    <span class="versions">
      <button
        type="button"
        class="quiet icon-only"
        aria-label={words('ask_version_before')}
        disabled={at === 0}
        onClick={() => {
          step(-1);
        }}
      >
        ‹
      </button>
      {words('ask_version', at + 1, all.length)}
      <button
        type="button"
        class="quiet icon-only"
        aria-label={words('ask_version_after')}
        disabled={at === all.length - 1}
        onClick={() => {
          step(1);
        }}
      >
        ›
      </button>
    </span>
  );
}

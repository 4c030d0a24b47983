/** What an answer is made of: the passages, why each is there, and what a model is given, word for word. */
import { useState } from 'preact/hooks';
import type { AskContext, ContextPassage, EngineStats, RecallFilters, Reason, Sends } from '../engine/api';
import { daysBack, inWords } from './dates';
import { shownPassage } from './passage';
import { documentTitle } from './rows';
import { sourceName } from './sites';
import type { Choice } from './use-ask';
import { count, words, type WordKey } from './words';

interface ContextViewProps {
  context: AskContext;
  choice: Choice;
  /** What there is to limit to. */
  kept: EngineStats['by_source'];
  askAgain: (choice: Choice) => void;
  openPassage: (passage: ContextPassage) => void;
  /** While an answer is being made. */
  busy: boolean;
  /** It has to be looked at before anything goes: the words themselves come first and are open. */
  first?: boolean;
}

/** What may go to a server elsewhere, with what a person calls it. */
export const SENDS: Array<{ sends: Sends; name: WordKey }> = [
  { sends: 'replaced', name: 'ask_sends_replaced' },
  { sends: 'passages', name: 'ask_sends_passages' },
  { sends: 'question', name: 'ask_sends_question' },
];

const SPANS: Array<{ key: WordKey; days: number }> = [
  { key: 'time_week', days: 6 },
  { key: 'time_month', days: 29 },
  { key: 'time_year', days: 364 },
];

export function ContextView({ context, choice, kept, askAgain, openPassage, busy, first = false }: ContextViewProps) {
  const [next, setNext] = useState<Choice>(choice);
  const changed = JSON.stringify(next) !== JSON.stringify(choice);
  const sources = [...new Set(kept.map(({ source }) => source))].filter((source) => source !== 'commonplace');
  const limited = next.filters.document_ids?.length ?? 0;
  const limitTo = <Name extends 'sources' | 'after' | 'document_ids'>(
    name: Name,
    value: RecallFilters[Name] | null,
  ) => {
    const { [name]: _old, ...rest } = next.filters;
    setNext({ ...next, filters: value === null ? rest : { ...rest, [name]: value } });
  };
  const { leaves_to: to } = context;
  const wording = <Wording context={context} first={first} />;
  return (
    <div class="context">
      {first && wording}
      <p class="meta">
        <span>{count('ask_passages', context.passages.length)}</span>
        <span>{words('ask_size', aboutWords(context.tokens))}</span>
        {context.rewritten && <span>{words('ask_searched', context.searched)}</span>}
      </p>
      <ol>
        {context.passages.map((passage) => (
          <Row
            passage={passage}
            choice={next}
            set={setNext}
            open={openPassage}
            limit={() => {
              limitTo('document_ids', [passage.document_id]);
            }}
          />
        ))}
      </ol>
      {context.left_out.length > 0 && (
        <details>
          <summary>{count('ask_left_out', context.left_out.length)}</summary>
          <ol>
            {context.left_out.slice(0, 20).map((passage) => (
              <Row passage={passage} choice={next} set={setNext} open={openPassage} />
            ))}
          </ol>
        </details>
      )}
      <div class="limits">
        <label>
          {words('filter_source')}
          <select
            value={next.filters.sources?.[0] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              limitTo('sources', value === '' ? null : [value]);
            }}
          >
            <option value="">{words('ask_any_source')}</option>
            {sources.map((source) => (
              <option value={source}>{sourceName(source)}</option>
            ))}
          </select>
        </label>
        <label>
          {words('filter_time')}
          <select
            value={next.filters.after ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget;
              limitTo('after', value === '' ? null : value);
            }}
          >
            <option value="">{words('ask_any_time')}</option>
            {SPANS.map(({ key, days }) => (
              <option value={daysBack(days)}>{words(key)}</option>
            ))}
          </select>
        </label>
        {to && !first && (
          <label>
            {words('ask_sends', to.name)}
            <select
              value={next.sends ?? to.sends}
              onChange={(event) => {
                const chosen = SENDS.find(({ sends }) => sends === event.currentTarget.value);
                if (chosen) setNext({ ...next, sends: chosen.sends });
              }}
            >
              {SENDS.map(({ sends, name }) => (
                <option value={sends}>{words(name)}</option>
              ))}
            </select>
          </label>
        )}
        {limited > 0 && (
          <button
            type="button"
            class="chip"
            onClick={() => {
              limitTo('document_ids', null);
            }}
          >
            {words('ask_limited')} ×
          </button>
        )}
      </div>
      <div class="choices">
        <button
          type="button"
          class={changed ? 'main' : undefined}
          disabled={busy}
          onClick={() => {
            askAgain(next);
          }}
        >
          {words(changed ? 'ask_again_with' : 'ask_again')}
        </button>
      </div>
      {!first && wording}
    </div>
  );
}

/** The prompt, and what in it stands for what. */
function Wording({ context, first }: { context: AskContext; first: boolean }) {
  const { leaves_to: to, replaced } = context;
  return (
    <>
      <details open={first}>
        <summary>{to ? words('ask_exactly', to.host) : words('ask_prompt')}</summary>
        {!to && <p class="meta">{words('ask_prompt_more')}</p>}
        {context.prompt.map(({ role, content }) => (
          <pre class="prompt" tabIndex={0} aria-label={role}>
            {content}
          </pre>
        ))}
      </details>
      {replaced.length > 0 && (
        <details>
          <summary>{count('ask_replaced', replaced.length)}</summary>
          <p class="meta">{words('ask_replaced_more')}</p>
          <ul class="replaced">
            {replaced.map(({ placeholder, text }) => (
              <li key={placeholder}>
                <code>{placeholder}</code> {text}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** Four letters to a unit of size, and about six to a word with its space. */
function aboutWords(tokens: number): number {
  return Math.round((tokens * 4) / 6 / 10) * 10;
}

interface RowProps {
  passage: ContextPassage;
  choice: Choice;
  set: (choice: Choice) => void;
  open: (passage: ContextPassage) => void;
  limit?: () => void;
}

function Row({ passage, choice, set, open, limit }: RowProps) {
  const id = passage.chunk_id;
  const pinned = choice.pinned.includes(id);
  const dropped = choice.dropped.includes(id);
  const toggle = (list: 'pinned' | 'dropped') => {
    const other = list === 'pinned' ? 'dropped' : 'pinned';
    const on = choice[list].includes(id);
    set({
      ...choice,
      [list]: on ? choice[list].filter((one) => one !== id) : [...choice[list], id],
      [other]: choice[other].filter((one) => one !== id),
    });
  };
  const name = documentTitle(passage);
  const text = shownPassage(passage.text.slice(0, 400), [])
    .map((run) => run.text)
    .join('');
  return (
    <li class={dropped ? 'dropped' : undefined} value={passage.n > 0 ? passage.n : undefined}>
      <button
        type="button"
        class="quiet passage"
        onClick={() => {
          open(passage);
        }}
      >
        {text}
      </button>
      <p class="meta">
        <span>{name}</span>
        {passage.speaker !== null && <span>{passage.speaker}</span>}
        <span>{inWords(passage.said_at)}</span>
        <span>{whyInWords(passage)}</span>
        <span>{words('ask_size', aboutWords(passage.tokens))}</span>
      </p>
      <div class="choices">
        <button
          type="button"
          class="choice"
          aria-pressed={pinned}
          aria-label={words('ask_pin_named', text.slice(0, 60))}
          onClick={() => {
            toggle('pinned');
          }}
        >
          {words('ask_pin')}
        </button>
        <button
          type="button"
          class="choice"
          aria-pressed={dropped}
          aria-label={words('ask_drop_named', text.slice(0, 60))}
          onClick={() => {
            toggle('dropped');
          }}
        >
          {words('ask_drop')}
        </button>
        {limit && (
          <button type="button" class="choice" aria-label={words('ask_limit_named', name)} onClick={limit}>
            {words('ask_limit')}
          </button>
        )}
      </div>
    </li>
  );
}

function whyInWords(passage: ContextPassage): string {
  if (passage.pinned) return words('ask_why_pinned');
  if (passage.beside !== null && passage.why.length === 0) return words('ask_why_beside');
  return passage.why.map(reason).join(', ');
}

function reason(why: Reason): string {
  switch (why.kind) {
    case 'words':
      return `${words('reason_words')}: ${why.terms.join(', ')}`;
    case 'meaning':
      return words('reason_meaning');
    case 'date':
      return why.text;
    case 'person':
      return why.name;
  }
}

/** The one field, the chips under it and the small filter button. Nothing here is a dialog. */
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { DocumentKind, RecallFilters } from '../engine/api';
import { daysBack, dayStart } from './dates';
import { chipsOf, isFiltered, kindName, takeFilters, toggle, withTime } from './filters';
import { CrossIcon, FilterIcon, SearchIcon } from './icons';
import { sourceName } from './sites';
import { words, type WordKey } from './words';

interface FieldProps {
  input: RefObject<HTMLInputElement>;
  text: string;
  filters: RecallFilters;
  /** What there is to filter by. */
  sources: string[];
  kinds: DocumentKind[];
  change: (text: string, filters: RecallFilters) => void;
  openFirst: () => void;
  /** Asks what is typed. */
  ask: () => void;
}

const SPANS: Array<{ key: WordKey; days: number }> = [
  { key: 'date_today', days: 0 },
  { key: 'time_week', days: 6 },
  { key: 'time_month', days: 29 },
  { key: 'time_year', days: 364 },
];

export function Field({ input, text, filters, sources, kinds, change, openFirst, ask }: FieldProps) {
  const [open, setOpen] = useState(false);
  const chips = chipsOf(filters);
  return (
    <search class="find">
      <div class="field">
        <SearchIcon />
        <input
          ref={input}
          type="text"
          inputMode="search"
          enterkeyhint="search"
          spellcheck={false}
          autocomplete="off"
          dir="auto"
          value={text}
          placeholder={words('field_placeholder')}
          aria-label={words('field_label')}
          aria-describedby="field-help"
          onInput={(event) => {
            const taken = takeFilters(event.currentTarget.value, filters);
            change(taken.text, taken.filters);
          }}
          onKeyDown={(event) => {
            if (event.isComposing) return;
            if (event.key === 'Enter') {
              event.preventDefault();
              // What ends as a question is one; anything is asked with Ctrl or Cmd.
              if (event.ctrlKey || event.metaKey || /[?？؟]\s*$/u.test(text)) ask();
              else openFirst();
            }
            const last = chips.at(-1);
            if (event.key === 'Backspace' && event.currentTarget.value === '' && last) change('', last.without);
          }}
        />
        <span id="field-help" class="unseen">
          {words('field_help')}
        </span>
        {text !== '' && (
          <button
            type="button"
            class="quiet icon-only"
            aria-label={words('field_clear')}
            onClick={() => {
              change('', filters);
              input.current?.focus();
            }}
          >
            <CrossIcon />
          </button>
        )}
        <button
          type="button"
          class={`quiet icon-only${isFiltered(filters) ? ' on' : ''}`}
          aria-label={words('filters')}
          title={words('filters')}
          aria-expanded={open}
          aria-controls="filters"
          onClick={() => {
            setOpen(!open);
          }}
        >
          <FilterIcon />
        </button>
      </div>
      {open && (
        <div
          class="filters"
          id="filters"
          role="group"
          aria-label={words('filters')}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            setOpen(false);
            input.current?.focus();
          }}
        >
          {sources.length > 1 && (
            <fieldset>
              <legend>{words('filter_source')}</legend>
              <div class="choices">
                {sources.map((source) => (
                  <Choice
                    label={sourceName(source)}
                    on={filters.sources?.includes(source) ?? false}
                    press={() => {
                      change(text, toggle(filters, 'sources', source));
                    }}
                  />
                ))}
              </div>
            </fieldset>
          )}
          {kinds.length > 1 && (
            <fieldset>
              <legend>{words('filter_kind')}</legend>
              <div class="choices">
                {kinds.map((kind) => (
                  <Choice
                    label={kindName(kind)}
                    on={filters.kinds?.includes(kind) ?? false}
                    press={() => {
                      change(text, toggle(filters, 'kinds', kind));
                    }}
                  />
                ))}
              </div>
            </fieldset>
          )}
          <fieldset>
            <legend>{words('filter_time')}</legend>
            <div class="choices">
              {SPANS.map(({ key, days }) => {
                const after = daysBack(days);
                const on = filters.after === after && filters.before === undefined;
                return (
                  <Choice
                    label={words(key)}
                    on={on}
                    press={() => {
                      change(text, withTime(filters, on ? null : after, null));
                    }}
                  />
                );
              })}
            </div>
            <div class="dates">
              <label>
                {words('time_from')}
                <input
                  type="date"
                  value={localDay(filters.after)}
                  onChange={(event) => {
                    change(text, withTime(filters, dayStart(event.currentTarget.value), filters.before ?? null));
                  }}
                />
              </label>
              <label>
                {words('time_to')}
                <input
                  type="date"
                  value={localDay(filters.before, -1)}
                  onChange={(event) => {
                    change(text, withTime(filters, filters.after ?? null, dayStart(event.currentTarget.value, 1)));
                  }}
                />
              </label>
            </div>
          </fieldset>
        </div>
      )}
      {text.trim() !== '' && (
        <button type="button" class="quiet ask-this" onClick={ask} title="Ctrl/⌘ Enter">
          {words('ask_this', text.trim().length > 60 ? `${text.trim().slice(0, 60)}…` : text.trim())}
        </button>
      )}
      {chips.length > 0 && (
        <ul class="chips" aria-label={words('filters_on')}>
          {chips.map((chip) => (
            <li key={chip.id}>
              <button
                type="button"
                class="chip"
                aria-label={words('filter_remove', chip.label)}
                onClick={() => {
                  change(text, chip.without);
                  input.current?.focus();
                }}
              >
                {chip.label}
                <CrossIcon />
              </button>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}

function Choice({ label, on, press }: { label: string; on: boolean; press: () => void }) {
  return (
    <button type="button" class="choice" aria-pressed={on} onClick={press}>
      {label}
    </button>
  );
}

/** `yyyy-mm-dd` of the local day, moved by `plusDays`; empty when there is none. */
function localDay(iso: string | undefined, plusDays = 0): string {
  if (iso === undefined) return '';
  const time = new Date(iso);
  const moved = new Date(time.getFullYear(), time.getMonth(), time.getDate() + plusDays);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${moved.getFullYear()}-${two(moved.getMonth() + 1)}-${two(moved.getDate())}`;
}

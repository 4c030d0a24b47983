/** Rows of the timeline and of a search: one list, chosen with the arrow keys or the pointer, each row one target. */
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { DocumentSummary, Hit, Reason } from '../engine/api';
import { exactly, heading, inWords } from './dates';
import { KindIcon } from './icons';
import { shownPassage } from './passage';
import { speaker } from './speaker';
import { sourceName } from './sites';
import { count, words } from './words';

export interface RowActions {
  open(row: HTMLElement): void;
  original: (() => void) | null;
  copy: () => void;
  forget: () => void;
}

/** Which rows somebody is on, by index, in one list. */
export interface Presence {
  pointer: number | null;
  focus: number | null;
}

interface ListProps<Row> {
  name: string;
  rows: Row[];
  keyOf: (row: Row) => string;
  headingOf?: (row: Row) => string;
  draw: (row: Row) => ComponentChildren;
  actions: (row: Row) => RowActions;
  /** The row that has the tab stop; the first when it is not in the list. */
  selected: string | null;
  select: (key: string | null) => void;
  presence: { current: Presence };
}

export function RowList<Row>(props: ListProps<Row>) {
  const { rows, keyOf, headingOf, selected, presence } = props;
  const list = useRef<HTMLDivElement>(null);
  const stop = rows.findIndex((row) => keyOf(row) === selected);
  const groups: Array<{ key: string; heading: string | null; first: number; rows: Row[] }> = [];
  rows.forEach((row, index) => {
    const title = headingOf?.(row) ?? null;
    const last = groups.at(-1);
    if (last && last.heading === title) {
      last.rows.push(row);
      return;
    }
    // Not by its place: a group that moves up because the one above it went would be drawn anew, and lose the focus.
    const before = groups.filter((group) => group.heading === title).length;
    groups.push({ key: `${title ?? ''}:${before}`, heading: title, first: index, rows: [row] });
  });
  return (
    <div
      class="rows"
      ref={list}
      onPointerLeave={() => {
        presence.current.pointer = null;
      }}
      onFocusOut={(event) => {
        if (!list.current?.contains(event.relatedTarget as Node | null)) presence.current.focus = null;
      }}
    >
      {groups.map((group) => (
        <section key={group.key}>
          {group.heading !== null && <h2 class="group">{group.heading}</h2>}
          <ul aria-label={group.heading ?? props.name}>
            {group.rows.map((row, offset) => {
              const index = group.first + offset;
              const key = keyOf(row);
              const actions = props.actions(row);
              return (
                <li key={key}>
                  <button
                    type="button"
                    class="row"
                    data-row={key}
                    tabIndex={index === Math.max(0, stop) ? 0 : -1}
                    onPointerMove={() => {
                      presence.current.pointer = index;
                    }}
                    onFocus={() => {
                      presence.current.focus = index;
                      props.select(key);
                    }}
                    onClick={(event) => {
                      actions.open(event.currentTarget);
                    }}
                    onKeyDown={(event) => {
                      if (event.ctrlKey || event.metaKey || event.altKey) return;
                      const act = {
                        o: actions.original ?? undefined,
                        O: actions.original ?? undefined,
                        c: actions.copy,
                        C: actions.copy,
                        Delete: actions.forget,
                        Backspace: undefined,
                      }[event.key];
                      if (!act) return;
                      event.preventDefault();
                      event.stopPropagation();
                      act();
                    }}
                  >
                    {props.draw(row)}
                  </button>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** The row `step` away from the one that has the focus; from outside the list, its first or tab-stop row. */
export function moveFocus(root: ParentNode, step: number | 'first' | 'last'): boolean {
  const rows = [...root.querySelectorAll<HTMLElement>('.row')];
  const at = rows.findIndex((row) => row === document.activeElement);
  let next: HTMLElement | undefined;
  if (step === 'first') next = rows[0];
  else if (step === 'last') next = rows.at(-1);
  else next = at < 0 ? rows[0] : rows[at + step];
  if (!next) return false;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function Time({ iso }: { iso: string }) {
  return (
    <time dateTime={iso} title={exactly(iso)}>
      {inWords(iso)}
    </time>
  );
}

export function documentTitle(row: { title: string | null; kind: string }): string {
  return row.title ?? words(row.kind === 'conversation' ? 'untitled_conversation' : 'untitled');
}

export function DocumentRow({ row }: { row: DocumentSummary }) {
  return (
    <>
      <span class="title">{documentTitle(row)}</span>
      {row.excerpt !== '' && (
        <span class="passage two">
          {shownPassage(row.excerpt, [])
            .map((run) => run.text)
            .join('')}
        </span>
      )}
      <span class="meta">
        <KindIcon kind={row.kind} />
        <span>{sourceName(row.source)}</span>
        {row.kind === 'conversation' && <span>{count('turns', row.message_count)}</span>}
        <Time iso={row.happened_at} />
      </span>
    </>
  );
}

export function HitRow({ hit }: { hit: Hit }) {
  return (
    <>
      <span class="title">{documentTitle(hit)}</span>
      <span class="passage">
        {shownPassage(hit.passage, hit.highlights).map((run) =>
          run.marked ? <mark>{run.text}</mark> : <span>{run.text}</span>,
        )}
      </span>
      <span class="meta">
        <KindIcon kind={hit.kind} />
        <span>{sourceName(hit.source)}</span>
        {hit.role !== null && hit.role !== 'assistant' && hit.kind === 'conversation' && <span>{speaker(hit)}</span>}
        <Time iso={hit.created_at} />
        <span class="reasons">
          {hit.reasons.map((reason) => (
            <span title={reason.kind === 'words' ? reason.terms.join(', ') : undefined}>{reasonInWords(reason)}</span>
          ))}
        </span>
      </span>
    </>
  );
}

function reasonInWords(reason: Reason): string {
  switch (reason.kind) {
    case 'words':
      return words('reason_words');
    case 'meaning':
      return words('reason_meaning');
    case 'date':
      return reason.text;
    case 'person':
      return reason.name;
  }
}

export function timelineHeading(row: DocumentSummary): string {
  return heading(row.happened_at);
}

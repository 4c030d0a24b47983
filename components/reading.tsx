/** Reading: the conversation as it was, the hit scrolled to and marked. Slides over the list, which stays where it was. */
import type { ComponentChildren } from 'preact';
import { memo } from 'preact/compat';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { DocumentView, Hit, MessageView } from '../engine/api';
import type { PanelEngine } from './connection';
import { clock, day, exactly, inWords } from './dates';
import { BackIcon, CopyIcon, DeleteIcon, KindIcon, OpenIcon } from './icons';
import { domRange, locate } from './locate';
import { Markdown } from './markdown';
import { documentTitle } from './rows';
import { Save } from './save';
import type { Shell } from './shell';
import { NOTES, sourceName } from './sites';
import { speaker } from './speaker';
import { inPlainWords, isAborted } from './trouble';
import { count, words } from './words';

export interface ReadingActions {
  back(): void;
  original(url: string): void;
  copy(text: string): void;
  forget(document: DocumentView): void;
  openLink(url: string): void;
  /** Of a note that was written here. */
  edit(documentId: string): void;
  say(text: string): void;
}

interface ReadingProps extends ReadingActions {
  engine: PanelEngine;
  shell: Shell;
  documentId: string;
  hit: Hit | null;
  /** Grows when documents changed: the conversation may have gone on. */
  changes: number;
}

export function Reading({ engine, shell, documentId, hit, changes, ...actions }: ReadingProps) {
  const [view, setView] = useState<DocumentView | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const back = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    const abort = new AbortController();
    engine
      .read(documentId, abort.signal)
      .then((document) => {
        if (!abort.signal.aborted) setView(document);
      })
      .catch((error: unknown) => {
        if (!abort.signal.aborted && !isAborted(error)) setFailure(inPlainWords(error));
      });
    return () => {
      abort.abort();
    };
  }, [engine, documentId, changes]);

  useEffect(() => {
    if (failure !== null) back.current?.focus();
  }, [failure]);

  const original = hit?.original_url ?? view?.url ?? null;
  return (
    <section
      class="sheet reading"
      aria-label={view ? documentTitle(view) : words('reading')}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey || !view) return;
        const onControl = (event.target as HTMLElement).closest('a, button') !== null;
        if ((event.key === 'o' || event.key === 'O' || (event.key === 'Enter' && !onControl)) && original !== null) {
          actions.original(original);
        } else if (event.key === 'c' || event.key === 'C') actions.copy(asMarkdown(view));
        else if (event.key === 'Delete') actions.forget(view);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <div class="bar">
        <button type="button" class="quiet" ref={back} onClick={actions.back} title={words('back_key')}>
          <BackIcon />
          {words('back')}
        </button>
        <span class="grow" />
        {view && (
          <>
            {original !== null && (
              <button
                type="button"
                class="quiet"
                title={words('original_key')}
                onClick={() => {
                  actions.original(original);
                }}
              >
                <OpenIcon />
                {words('original')}
              </button>
            )}
            {view.source === NOTES && (
              <button
                type="button"
                class="quiet"
                onClick={() => {
                  actions.edit(view.id);
                }}
              >
                {words('note_edit')}
              </button>
            )}
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('copy_all')}
              title={words('copy_all_key')}
              onClick={() => {
                actions.copy(asMarkdown(view));
              }}
            >
              <CopyIcon />
            </button>
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('delete')}
              title={words('delete_key')}
              onClick={() => {
                actions.forget(view);
              }}
            >
              <DeleteIcon />
            </button>
          </>
        )}
      </div>
      {failure !== null && <p class="notice">{failure}</p>}
      {view && (
        <Pages view={view} hit={hit} openLink={actions.openLink} copy={actions.copy}>
          <Save
            engine={engine}
            shell={shell}
            name={documentTitle(view)}
            what={words('save_this')}
            selection={{ document_ids: [view.id] }}
            say={actions.say}
          />
        </Pages>
      )}
    </section>
  );
}

interface PagesProps {
  view: DocumentView;
  hit: Hit | null;
  openLink: (url: string) => void;
  copy: (text: string) => void;
  /** Below the title. */
  children: ComponentChildren;
}

function Pages({ view, hit, openLink, copy, children }: PagesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const messages = view.messages.filter((message) => message.finished || view.messages.length === 1);
  const wanted = hit ? messages.findIndex((message) => message.id === hit.message_id) : -1;
  const target = wanted < 0 && hit && messages.length === 1 ? 0 : wanted;

  // Once for each document opened: later news of it must not take the reader away from where they are.
  useLayoutEffect(() => {
    const root = scroller.current;
    if (!root) return;
    const article = root.querySelectorAll<HTMLElement>('article')[target];
    if (!article || !hit) {
      root.focus({ preventScroll: true });
      return;
    }
    article.focus({ preventScroll: true });
    const body = article.querySelector('.body') ?? article;
    const text = body.textContent;
    const passages = locate(text, hit.passage).flatMap(([start, end]) => domRange(body, start, end) ?? []);
    const matches = hit.highlights
      .map(([start, end]) => hit.passage.slice(start, end))
      .flatMap((word) => passages.flatMap((range) => within(body, range, word)));
    paint('passage', passages);
    paint('match', matches);
    const scroll = () => {
      const first = matches[0] ?? passages[0];
      const place = first ? first.getBoundingClientRect() : article.getBoundingClientRect();
      root.scrollTop += place.top - root.getBoundingClientRect().top - root.clientHeight / 3;
    };
    scroll();
    // What is above is drawn as it comes into view and may then be of another height.
    const frame = requestAnimationFrame(scroll);
    return () => {
      cancelAnimationFrame(frame);
      paint('passage', []);
      paint('match', []);
    };
  }, [view.id, hit?.chunk_id]);

  let lastDay = '';
  return (
    <div class="pages" ref={scroller} tabIndex={-1}>
      <header>
        <h2>{documentTitle(view)}</h2>
        <p class="meta">
          <KindIcon kind={view.kind} />
          <span>{sourceName(view.source)}</span>
          {view.author !== null && <span>{view.author}</span>}
          {view.kind === 'conversation' && <span>{count('turns', messages.length)}</span>}
          <time dateTime={view.happened_at} title={exactly(view.happened_at)}>
            {inWords(view.happened_at)}
          </time>
        </p>
        {view.note !== null && <p class="note">{view.note}</p>}
        {view.kind === 'conversation' && !view.complete && <p class="meta">{words('not_whole')}</p>}
        {children}
      </header>
      {messages.map((message, index) => {
        const date = message.created_at === null ? '' : day(message.created_at);
        const newDay = date !== '' && date !== lastDay;
        if (newDay) lastDay = date;
        return (
          <>
            {newDay && view.kind === 'conversation' && <p class="day">{date}</p>}
            <Message
              key={message.id}
              message={message}
              source={view.source}
              named={view.kind === 'conversation'}
              target={index === target}
              near={Math.abs(index - Math.max(0, target)) <= 4}
              openLink={openLink}
              copy={copy}
            />
          </>
        );
      })}
    </div>
  );
}

interface MessageProps {
  message: MessageView;
  source: string;
  named: boolean;
  target: boolean;
  /** Drawn at once; the others when they come near the view. */
  near: boolean;
  openLink: (url: string) => void;
  copy: (text: string) => void;
}

const Message = memo(
  function Message({ message, source, named, target, near, openLink, copy }: MessageProps) {
    const article = useRef<HTMLElement>(null);
    const [drawn, setDrawn] = useState(near);
    useEffect(() => {
      if (drawn || !article.current) return;
      const watcher = new IntersectionObserver(
        (entries) => {
          if (entries.some((entry) => entry.isIntersecting)) setDrawn(true);
        },
        { rootMargin: '1000px' },
      );
      watcher.observe(article.current);
      return () => {
        watcher.disconnect();
      };
    }, [drawn]);
    const name = speaker({ role: message.role, author: message.author, source });
    return (
      <article
        ref={article}
        class={`message ${message.role}${target ? ' target' : ''}`}
        aria-label={target ? words('message_found', name) : name}
        tabIndex={target ? -1 : undefined}
      >
        {named && (
          <p class="who">
            <strong>{name}</strong>
            {message.model !== null && <span>{message.model}</span>}
            {message.created_at !== null && (
              <time dateTime={message.created_at} title={exactly(message.created_at)}>
                {clock(message.created_at)}
              </time>
            )}
            <button
              type="button"
              class="quiet icon-only"
              aria-label={words('copy_message', name)}
              onClick={() => {
                copy(message.markdown);
              }}
            >
              <CopyIcon />
            </button>
          </p>
        )}
        {message.thinking !== null && (
          <details class="thinking">
            <summary>{words('thinking')}</summary>
            <div dir="auto">
              <Markdown markdown={message.thinking} open={openLink} />
            </div>
          </details>
        )}
        <div class="body" dir="auto">
          {drawn ? (
            <Markdown markdown={message.markdown} open={openLink} />
          ) : (
            <div class="undrawn">{message.markdown}</div>
          )}
        </div>
        {message.attachments.length > 0 && (
          <ul class="attachments" aria-label={words('attachments')}>
            {message.attachments.map((attachment) => (
              <li class="placeholder">
                {words(attachment.kind === 'image' ? 'image_named' : 'file_named', attachment.name)}
              </li>
            ))}
          </ul>
        )}
      </article>
    );
  },
  (before, after) =>
    before.message.id === after.message.id &&
    before.message.markdown === after.message.markdown &&
    before.target === after.target &&
    before.near === after.near,
);

/** Each place of `word` inside `range`. */
function within(root: Node, range: Range, word: string): Range[] {
  const all = root.textContent ?? '';
  const before = document.createRange();
  before.selectNodeContents(root);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  const end = start + range.toString().length;
  const found: Range[] = [];
  const lower = all.toLowerCase();
  // Lower-casing a few letters changes their length; then offsets would be off and nothing is marked.
  if (lower.length !== all.length || word.trim() === '') return found;
  for (
    let at = lower.indexOf(word.toLowerCase(), start);
    at >= 0 && at < end;
    at = lower.indexOf(word.toLowerCase(), at + 1)
  ) {
    const place = domRange(root, at, at + word.length);
    if (place) found.push(place);
  }
  return found;
}

/** Marks ranges without touching the text: the CSS Custom Highlight API. */
function paint(name: 'passage' | 'match', ranges: Range[]): void {
  if (ranges.length === 0) CSS.highlights.delete(name);
  else CSS.highlights.set(name, new Highlight(...ranges));
}

/** The document as Markdown with its speakers, for the clipboard. */
export function asMarkdown(view: DocumentView): string {
  const head = [`# ${documentTitle(view)}`, view.url ?? ''].filter((line) => line !== '').join('\n\n');
  if (view.kind !== 'conversation')
    return `${head}\n\n${view.messages.map((message) => message.markdown).join('\n\n')}\n`;
  const turns = view.messages
    .filter((message) => message.finished)
    .map((message) => `**${speaker({ ...message, source: view.source })}**\n\n${message.markdown}`);
  return `${[head, ...turns].join('\n\n')}\n`;
}

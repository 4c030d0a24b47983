/** The panel: what is kept of this page, and where that thing is. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type {
  DocumentKind,
  DocumentSummary,
  EngineStats,
  ExportSelection,
  ForgetScope,
  Hit,
  RecallFilters,
} from '../engine/api';
import { Ask, type AskStart } from './ask';
import type { PanelEngine } from './connection';
import { chipsOf, isFiltered, spanInWords } from './filters';
import { Field } from './field';
import { type Deletion, Deletions } from './forget';
import { Header } from './header';
import { Models } from './models';
import { Note } from './note';
import { HistorySection, PastConversations } from './history';
import { heldCount } from './hold';
import { Progress, Troubles } from './notices';
import { Reading } from './reading';
import { DocumentRow, documentTitle, HitRow, moveFocus, RowList, timelineHeading, type Presence } from './rows';
import { PagesSection } from './pages';
import { Import, ImportLine, ImportSection, useDrop, useImports } from './import';
import { Save } from './save';
import { Settings } from './settings';
import { CHATS } from './sites';
import { About, Keys, ReadPages } from './sheets';
import type { Shell, TabState } from './shell';
import { Snackbar, type Message } from './snackbar';
import { Space } from './space';
import { errorCode, inPlainWords } from './trouble';
import { useEngineNews, useSearch, useTimeline } from './use-engine';
import { NO_CHOICE } from './use-ask';
import { count, words } from './words';
import { YourData } from './your-data';

type View =
  | { name: 'list' }
  | { name: 'read'; documentId: string; hit: Hit | null; over?: 'ask' }
  | { name: 'ask' }
  | { name: 'models'; over?: 'ask' }
  | { name: 'note'; documentId: string | null }
  | { name: 'settings'; part?: 'data' }
  | { name: 'keys' | 'about' | 'pages' | 'history' | 'import' | 'space' };

const LIST: View = { name: 'list' };

interface PanelProps {
  engine: PanelEngine;
  shell: Shell;
  /** Without the header and its controls, to stand inside another page. */
  bare?: boolean;
}

export function Panel({ engine, shell, bare = false }: PanelProps) {
  const news = useEngineNews(engine);
  const { status } = news;
  const [tab, setTab] = useState<TabState | null>(null);
  const [text, setText] = useState('');
  const [filters, setFilters] = useState<RecallFilters>({});
  /** What was asked to be searched as it is typed; typing on ends it. */
  const [literal, setLiteral] = useState<string | null>(null);
  const [view, setView] = useState<View>(() => (!bare && location.hash === '#import' ? { name: 'import' } : LIST));
  /** The chat that is open or lies under what is read; its number tells one beginning from another. */
  const [asking, setAsking] = useState<(AskStart & { number: number }) | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const [message, setMessage] = useState<Message | null>(null);
  const [spoken, setSpoken] = useState('');
  /** Rows that the person deleted a moment ago: gone at once, before the engine has answered. */
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  /** What was deleted while this panel is open, newest first: each can be undone until it is closed. */
  const [deletions, setDeletions] = useState<Array<Deletion & { ids: string[]; what: string }>>([]);
  const [known, setKnown] = useState<DocumentSummary | null>(null);
  const [kept, setKept] = useState<EngineStats['by_source']>([]);

  const input = useRef<HTMLInputElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const presence = useRef<Presence>({ pointer: null, focus: null });
  const returnTo = useRef<string | null>(null);
  const draft = useRef('');
  /** Enter came before the hits of this text did. */
  const entered = useRef<string | null>(null);

  const searching = text.trim() !== '';
  // While a conversation is read, the list under it is still on the row it was opened from.
  const held = () => heldCount(presence.current.pointer, presence.current.focus);
  const search = useSearch(engine, text, filters, news, held, literal === text);
  const timeline = useTimeline(engine, filters, news, !searching, held);
  const showHits = searching && search.query !== '';
  const hits = useMemo(() => search.hits.filter((hit) => !gone.has(hit.document_id)), [search.hits, gone]);
  const here = !isFiltered(filters) && known !== null && !gone.has(known.id) ? known : null;
  const documents = useMemo(
    () => timeline.rows.filter((row) => !gone.has(row.id) && row.id !== here?.id),
    [timeline.rows, gone, here?.id],
  );

  useEffect(() => shell.watchTab(setTab), [shell]);
  useEffect(() => {
    input.current?.focus();
  }, []);

  // "You have been here": what is kept of the page in the active tab.
  useEffect(() => {
    let over = false;
    const look = async () => {
      const url = await shell.activeUrl();
      const where =
        tab?.state === 'keeping' && tab.conversation_id !== null
          ? { source: tab.site, external_id: tab.conversation_id }
          : url !== null
            ? { url }
            : null;
      const found = where === null || tab?.state === 'private' ? null : await engine.find(where);
      if (!over) setKnown(found);
    };
    look().catch(inPlainWords);
    return () => {
      over = true;
    };
  }, [engine, shell, tab, news.changes, news.resets]);

  useEffect(() => {
    let over = false;
    engine.stats().then((stats) => {
      if (!over) setKept(stats.by_source);
    }, inPlainWords);
    return () => {
      over = true;
    };
  }, [engine, news.changes, news.resets]);

  const say = useCallback((what: string) => {
    setMessage({ text: what, until: Date.now() + 6_000, undo: null });
  }, []);

  const imports = useImports(engine, news.connected, say);
  const drop = useDrop((files) => {
    setView({ name: 'import' });
    imports.look(files);
  }, say);

  // Counts are said once, when the answer has settled and typing has paused.
  useEffect(() => {
    if (!showHits || !search.settled) return;
    const timer = setTimeout(() => {
      setSpoken(hits.length === 0 ? words('spoken_nothing') : count('spoken_hits', hits.length));
    }, 600);
    return () => {
      clearTimeout(timer);
    };
  }, [showHits, search.settled, search.query, hits.length]);

  const change = (nextText: string, nextFilters: RecallFilters) => {
    presence.current.focus = null;
    setSelected(null);
    setText(nextText);
    if (nextFilters !== filters) setFilters(nextFilters);
    scroller.current?.scrollTo(0, 0);
  };

  const begin = (start: AskStart) => {
    setAsking((old) => ({ ...start, number: (old?.number ?? 0) + 1 }));
    setView({ name: 'ask' });
  };

  const read = (document: { id: string; source: string }, hit: Hit | null, row: string) => {
    returnTo.current = row;
    // A chat is gone on with where it is read.
    if (document.source === CHATS) begin({ chatId: document.id, question: null, choice: NO_CHOICE });
    else setView({ name: 'read', documentId: document.id, hit });
  };

  /** Reads the first hit of the text that Enter was pressed for, once it is there and nobody went on to something else. */
  const readEntered = () => {
    if (entered.current === null) return;
    const stays = entered.current === text && view.name === 'list' && window.document.activeElement === input.current;
    if (stays && !search.current) return;
    const [hit] = stays && search.failure === null ? hits : [];
    entered.current = null;
    if (hit) read({ id: hit.document_id, source: hit.source }, hit, hit.chunk_id);
  };
  useEffect(readEntered);

  const focusRow = (key: string | null) => {
    const row = [...(body.current?.querySelectorAll<HTMLElement>('.row') ?? [])].find(
      (one) => one.dataset['row'] === key,
    );
    (row ?? input.current)?.focus({ preventScroll: true });
  };

  const back = () => {
    if ('over' in view && view.over === 'ask') {
      setView({ name: 'ask' });
      return;
    }
    setAsking(null);
    setView(LIST);
    // After the list has become active again.
    requestAnimationFrame(() => {
      focusRow(returnTo.current);
      returnTo.current = null;
    });
  };

  const open = (url: string) => {
    shell.openOriginal(url).catch((error: unknown) => {
      say(inPlainWords(error));
    });
  };

  const copy = (what: string, done = words('copied')) => {
    navigator.clipboard.writeText(what).then(
      () => {
        say(done);
      },
      (error: unknown) => {
        console.error('commonplace:', error);
        say(words('copy_failed'));
      },
    );
  };

  const undo = async (id: string) => {
    const deletion = deletions.find((one) => one.id === id);
    if (!deletion) return;
    setDeletions((old) => old.filter((one) => one.id !== id));
    try {
      await engine.undoForget(id);
      setGone((old) => new Set([...old].filter((one) => !deletion.ids.includes(one))));
      say(words('brought_back', deletion.what));
    } catch (error) {
      say(errorCode(error) === 'not_found' ? words('undo_too_late') : inPlainWords(error));
    }
  };

  const endUndo = (id: string) => {
    setDeletions((old) => old.filter((one) => one.id !== id));
    engine.endUndo([id]).catch((error: unknown) => {
      say(inPlainWords(error));
    });
  };

  const forget = async (scope: ForgetScope, what: string) => {
    const ids = 'document_ids' in scope ? scope.document_ids : [];
    setGone((old) => new Set([...old, ...ids]));
    try {
      const { id } = await engine.forget(scope);
      // what was listed and not read yet would come in after it
      if ('everything' in scope) await shell.history.forget();
      const text = ids.length > 0 ? words('deleted_title', what) : words('deleted_what', what);
      setMessage(null);
      setDeletions((old) => [{ id, text, ids, what }, ...old]);
    } catch (error) {
      setGone((old) => new Set([...old].filter((id) => !ids.includes(id))));
      say(inPlainWords(error));
    }
  };

  const forgetRow = (document: { id: string; title: string | null; kind: DocumentKind }) => {
    const all = [...(body.current?.querySelectorAll<HTMLElement>('.row') ?? [])];
    const at = all.findIndex((row) => row === window.document.activeElement);
    const next = all[at + 1] ?? all[at - 1];
    if (at >= 0) {
      if (next) next.focus({ preventScroll: true });
      else input.current?.focus();
    }
    void forget({ document_ids: [document.id] }, documentTitle(document));
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return;
    const target = event.target as HTMLElement;
    const typing = target.matches('input, textarea, select');
    const list = body.current;
    if ((event.ctrlKey || event.metaKey) && !event.altKey) {
      const [last] = deletions;
      if (event.key === 'z' && !typing && last) {
        event.preventDefault();
        void undo(last.id);
      }
      return;
    }
    if (event.altKey) {
      // by the place of the key: with Alt it writes another letter on some keyboards
      if (event.code !== 'KeyN' || bare || view.name === 'note') return;
      event.preventDefault();
      setView({ name: 'note', documentId: null });
      return;
    }
    if (event.key === 'Escape') {
      if (view.name !== 'list') back();
      else if (target !== input.current) input.current?.focus();
      else if (text !== '') change('', filters);
      else if (isFiltered(filters)) change('', {});
      else return;
      event.preventDefault();
      return;
    }
    if (event.key === '?' && (!typing || text === '')) {
      event.preventDefault();
      returnTo.current = selected;
      setView({ name: 'keys' });
      return;
    }
    if (view.name !== 'list' || !list) {
      if (event.key === '/') event.preventDefault();
      return;
    }
    const inRows = target.matches('.row');
    const inField = target === input.current;
    if (event.key === 'ArrowDown' && (inField || inRows || target === window.document.body)) {
      if (moveFocus(list, 1)) event.preventDefault();
    } else if (event.key === 'ArrowUp' && inRows) {
      event.preventDefault();
      if (!moveFocus(list, -1)) {
        setSelected(null);
        input.current?.focus();
      }
    } else if ((event.key === 'Home' || event.key === 'End') && inRows) {
      event.preventDefault();
      moveFocus(list, event.key === 'Home' ? 'first' : 'last');
    } else if (event.key === '/' && !typing) {
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    } else if (!typing && event.key.length === 1 && event.key !== ' ') {
      // Just typing: the letter itself goes to the field, which has the focus when it is entered.
      input.current?.focus();
    }
  };

  /** The documents of the hits. */
  const found = [...new Set(hits.map(({ document_id }) => document_id))];
  const sources = [...new Set(kept.map((row) => row.source))];
  const kinds = [...new Set(kept.map((row) => row.kind))];
  const extra = showHits ? understoodBeyond(search.understood?.filters ?? {}, filters) : null;
  const corrected = search.understood?.corrected ?? [];
  const away = view.name !== 'list';
  // One main landmark a page: inside another page the list is not it.
  const List = (bare ? 'div' : 'main') as 'div';

  return (
    <div
      class={drop.over && !bare ? 'panel taking' : 'panel'}
      onKeyDown={onKeyDown}
      {...(bare ? {} : { onDragOver: drop.onDragOver, onDragLeave: drop.onDragLeave, onDrop: drop.onDrop })}
    >
      {!bare && (
        <Header
          engine={engine}
          shell={shell}
          tab={tab}
          status={status}
          connected={news.connected}
          forget={forget}
          showSource={(source) => {
            setView(LIST);
            change('', { sources: [source] });
            input.current?.focus();
          }}
          show={(name) => {
            returnTo.current = selected;
            if (name === 'ask') begin({ chatId: null, question: null, choice: NO_CHOICE });
            else if (name === 'models') setView({ name: 'models' });
            else if (name === 'note') setView({ name: 'note', documentId: null });
            else if (name === 'data') setView({ name: 'settings', part: 'data' });
            else if (name === 'settings') setView({ name });
            else setView({ name });
          }}
          copyDiagnostics={(diagnostics) => {
            copy(diagnostics, words('diagnostics_copied'));
          }}
          say={say}
        />
      )}
      <div class="body">
        <div class="under" inert={away} ref={body}>
          <Field
            input={input}
            text={text}
            filters={filters}
            sources={sources}
            kinds={kinds}
            change={change}
            ask={() => {
              if (!searching) return;
              returnTo.current = null;
              begin({ chatId: null, question: text, choice: { ...NO_CHOICE, filters } });
            }}
            openFirst={() => {
              const [document] = documents;
              if (searching) {
                entered.current = text;
                readEntered();
              } else if (document && isFiltered(filters)) read(document, null, document.id);
            }}
          />
          <List
            class="list"
            ref={scroller}
            tabIndex={-1}
            onScroll={(event) => {
              const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
              if (!searching && scrollHeight - scrollTop - clientHeight < 600) timeline.readMore();
            }}
          >
            <Troubles
              status={status}
              showSpace={() => {
                setView({ name: 'space' });
              }}
              onRestart={() => {
                shell.restartEngine().catch((error: unknown) => {
                  say(inPlainWords(error));
                });
              }}
              onCutOffSeen={() => {
                engine.putAwayCutOff().catch((error: unknown) => {
                  say(inPlainWords(error));
                });
              }}
            />
            {extra !== null && <p class="hint">{words('understood_as', extra)}</p>}
            {showHits && corrected.length > 0 && (
              <p class="hint corrected">
                {words('showing_results_for', correctedText(search.understood?.text ?? text, corrected))}{' '}
                <button
                  type="button"
                  class="quiet"
                  onClick={() => {
                    setLiteral(text);
                    input.current?.focus();
                  }}
                >
                  {words('search_as_typed', corrected.map(({ from }) => from).join(' '))}
                </button>
              </p>
            )}
            {showHits && search.failure !== null && <p class="notice">{search.failure}</p>}
            {showHits && hits.length > 0 && (
              <Save
                engine={engine}
                shell={shell}
                name={text}
                what={count('save_hits', found.length)}
                selection={{ document_ids: found }}
                say={say}
              />
            )}
            {showHits && hits.length > 0 && (
              <RowList
                name={words('hits')}
                rows={hits}
                keyOf={(hit) => hit.chunk_id}
                draw={(hit) => <HitRow hit={hit} />}
                actions={(hit) => ({
                  open: () => {
                    read({ id: hit.document_id, source: hit.source }, hit, hit.chunk_id);
                  },
                  original: originalOf(hit.original_url ?? hit.url, open),
                  copy: () => {
                    copy(hit.passage);
                  },
                  forget: () => {
                    forgetRow({ id: hit.document_id, title: hit.title, kind: hit.kind });
                  },
                })}
                selected={selected}
                select={setSelected}
                presence={presence}
              />
            )}
            {showHits && search.settled && search.failure === null && hits.length === 0 && (
              <NoHits
                filters={filters}
                meaningReady={status?.embedder.state === 'ready'}
                empty={status?.documents === 0}
                without={(next) => {
                  change(text, next);
                  input.current?.focus();
                }}
              />
            )}
            {!searching && (
              <>
                {here && (
                  <Known
                    document={here}
                    here={tab?.state === 'keeping'}
                    open={() => {
                      read(here, null, `known:${here.id}`);
                    }}
                  />
                )}
                {timeline.failure !== null && <p class="notice">{timeline.failure}</p>}
                {isFiltered(filters) && filters.roles === undefined && documents.length > 0 && (
                  <Save
                    engine={engine}
                    shell={shell}
                    name={chipsOf(filters)
                      .map(({ label }) => label)
                      .join(', ')}
                    what={words('save_filtered')}
                    selection={selectionOf(filters)}
                    say={say}
                  />
                )}
                {documents.length > 0 && (
                  <RowList
                    name={words('timeline')}
                    rows={documents}
                    keyOf={(row) => row.id}
                    headingOf={timelineHeading}
                    draw={(row) => <DocumentRow row={row} />}
                    actions={(row) => ({
                      open: () => {
                        read(row, null, row.id);
                      },
                      original: originalOf(row.url, open),
                      copy: () => {
                        copy([documentTitle(row), row.url ?? ''].join('\n').trim());
                      },
                      forget: () => {
                        forgetRow(row);
                      },
                    })}
                    selected={selected}
                    select={setSelected}
                    presence={presence}
                  />
                )}
                {timeline.state === 'reading' && <p class="hint">{words('reading_more')}</p>}
                {documents.length === 0 && !here && timeline.state === 'whole' && timeline.failure === null && (
                  <Empty
                    filtered={isFiltered(filters)}
                    bringIn={() => {
                      setView({ name: 'import' });
                    }}
                    clear={() => {
                      change('', {});
                      input.current?.focus();
                    }}
                  />
                )}
              </>
            )}
          </List>
        </div>
        {asking !== null && (view.name === 'ask' || ('over' in view && view.over === 'ask')) && (
          <Ask
            key={asking.number}
            engine={engine}
            start={asking}
            kept={kept}
            changes={news.changes + news.resets}
            away={view.name !== 'ask'}
            back={back}
            begin={begin}
            read={(documentId, hit) => {
              setView({ name: 'read', documentId, hit, over: 'ask' });
            }}
            openLink={open}
            copy={copy}
            forget={(chat) => {
              back();
              void forget({ document_ids: [chat.id] }, chat.title);
            }}
            say={say}
            models={() => {
              setView({ name: 'models', over: 'ask' });
            }}
          />
        )}
        {view.name === 'models' && <Models engine={engine} shell={shell} back={back} copy={copy} say={say} />}
        {view.name === 'read' && (
          <Reading
            shell={shell}
            say={say}
            edit={(documentId) => {
              setView({ name: 'note', documentId });
            }}
            key={`${view.documentId} ${view.hit?.chunk_id ?? ''}`}
            engine={engine}
            documentId={view.documentId}
            hit={view.hit}
            changes={news.changes}
            back={back}
            original={open}
            openLink={open}
            copy={copy}
            forget={(document) => {
              back();
              void forget({ document_ids: [document.id] }, documentTitle(document));
            }}
          />
        )}
        {view.name === 'note' && (
          <Note
            key={view.documentId}
            engine={engine}
            documentId={view.documentId}
            draft={draft}
            kept={(id, isNew) => {
              back();
              const undoing = () => void forget({ document_ids: [id] }, words('note_new'));
              setMessage({ text: words('note_kept'), until: Date.now() + 6_000, undo: isNew ? undoing : null });
            }}
            back={back}
          />
        )}
        {view.name === 'keys' && <Keys shell={shell} back={back} />}
        {view.name === 'pages' && <ReadPages shell={shell} say={say} back={back} />}
        {view.name === 'history' && <PastConversations shell={shell} say={say} back={back} />}
        {view.name === 'import' && <Import imports={imports} engine={engine} say={say} back={back} />}
        {view.name === 'settings' && (
          <Settings
            engine={engine}
            shell={shell}
            status={status}
            changes={news.changes + news.resets}
            forget={forget}
            say={say}
            back={back}
            sections={[
              { title: words('history_title'), section: <HistorySection shell={shell} say={say} /> },
              { title: words('pages_title'), section: <PagesSection pages={shell.pages} say={say} /> },
              {
                title: words('data_title'),
                section: <YourData engine={engine} shell={shell} say={say} />,
                open: view.part === 'data',
              },
              { title: words('import_title'), section: <ImportSection imports={imports} engine={engine} say={say} /> },
            ]}
          />
        )}
        {view.name === 'space' && <Space engine={engine} changes={news.changes + news.resets} say={say} back={back} />}
        {view.name === 'about' && <About engine={engine} changes={news.changes + news.resets} back={back} />}
      </div>
      <footer class="foot">
        <Snackbar
          message={message}
          close={() => {
            setMessage(null);
          }}
        />
        <Deletions
          deletions={deletions}
          undo={(id) => {
            void undo(id);
          }}
          end={endUndo}
        />
        {!bare && view.name !== 'import' && (
          <ImportLine
            imports={imports}
            show={() => {
              setView({ name: 'import' });
            }}
          />
        )}
        <Progress status={status} connected={news.connected} />
      </footer>
      <p class="unseen" role="status">
        {spoken}
      </p>
    </div>
  );
}

/** The same documents; roles are of messages, and a document goes as a whole. */
function selectionOf({ roles: _roles, ...selection }: RecallFilters): ExportSelection {
  return selection;
}

function originalOf(url: string | null, open: (url: string) => void): (() => void) | null {
  return url === null
    ? null
    : () => {
        open(url);
      };
}

/** The question with the words that were searched for in place of those that stand nowhere. */
function correctedText(text: string, corrected: ReadonlyArray<{ from: string; to: string }>): string {
  return corrected.reduce((all, { from, to }) => all.replaceAll(from, to), text);
}

/** What the engine read out of the words, beyond the chips that are seen anyway. */
function understoodBeyond(understood: RecallFilters, own: RecallFilters): string | null {
  const { after, before, ...rest } = understood;
  const chips = new Set(chipsOf(own).map((chip) => chip.id));
  const labels = chipsOf(rest)
    .filter((chip) => !chips.has(chip.id))
    .map((chip) => chip.label);
  if ((after ?? before) && (after !== own.after || before !== own.before)) labels.push(spanInWords(after, before));
  return labels.length === 0 ? null : labels.join(', ');
}

function Known({ document, here, open }: { document: DocumentSummary; here: boolean; open: () => void }) {
  return (
    <section class="known">
      <h2 class="group">{words(here ? 'known_conversation' : 'known_page')}</h2>
      <button type="button" class="row" data-row={`known:${document.id}`} onClick={open}>
        <DocumentRow row={document} />
      </button>
    </section>
  );
}

function Empty({ filtered, clear, bringIn }: { filtered: boolean; clear: () => void; bringIn: () => void }) {
  if (filtered) {
    return (
      <div class="empty">
        <h2>{words('empty_filtered')}</h2>
        <button type="button" onClick={clear}>
          {words('filters_clear')}
        </button>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>{words('empty')}</h2>
      <p>{words('empty_more')}</p>
      <p>{words('empty_page')}</p>
      <p>
        <button type="button" onClick={bringIn}>
          {words('import_offer')}
        </button>
      </p>
      <p>
        <a href="/welcome.html" target="_blank" rel="noopener">
          {words('how_it_works')}
        </a>
      </p>
    </div>
  );
}

interface NoHitsProps {
  filters: RecallFilters;
  meaningReady: boolean;
  empty: boolean;
  without: (filters: RecallFilters) => void;
}

function NoHits({ filters, meaningReady, empty, without }: NoHitsProps) {
  const chips = chipsOf(filters);
  return (
    <div class="empty">
      <h2>{words('no_hits')}</h2>
      {empty ? <p>{words('empty_more')}</p> : <p>{words(meaningReady ? 'no_hits_more' : 'no_hits_words')}</p>}
      {chips.length > 0 && (
        <>
          <p>{words('no_hits_filters')}</p>
          <div class="choices">
            {chips.map((chip) => (
              <button
                type="button"
                onClick={() => {
                  without(chip.without);
                }}
              >
                {words(chip.id === 'time' ? 'any_time' : 'without', chip.label)}
              </button>
            ))}
            {chips.length > 1 && (
              <button
                type="button"
                onClick={() => {
                  without({});
                }}
              >
                {words('filters_clear')}
              </button>
            )}
          </div>
        </>
      )}
    </div>
  );
}

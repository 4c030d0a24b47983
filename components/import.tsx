/** Bringing in what other services export, and files: given, looked at, chosen, taken in, reported. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ImportFile, ImportPart, ImportRun } from '../engine/api';
import type { PanelEngine } from './connection';
import { day } from './dates';
import { Sheet } from './sheets';
import { sourceName } from './sites';
import { inPlainWords, isAborted, sentenceFor } from './trouble';
import { count, words, type WordKey } from './words';

/** Connectors that are kinds of files rather than services, which have proper names. */
const KINDS: Record<string, WordKey> = {
  bookmarks: 'import_bookmarks',
  chats: 'import_chats',
  csv: 'import_tables',
  docx: 'import_docx',
  epub: 'import_epub',
  json: 'import_json',
  mail: 'import_mail',
  markdown: 'import_markdown',
  pages: 'import_pages',
  pdf: 'import_pdf',
  pictures: 'import_pictures',
  text: 'import_text',
};

function partName(connector: string): string {
  const key = KINDS[connector];
  return key === undefined ? sourceName(connector) : words(key);
}

export interface Imports {
  /** Under way and just ended, newest first. */
  runs: ImportRun[];
  /** Looks into what was given; ends with a run to choose from. */
  look(files: ImportFile[]): void;
  /** Those that look; calling it ends them. */
  stopLooking(): void;
}

/** @param connected whether there is an engine: what it does is asked anew of each. */
export function useImports(engine: PanelEngine, connected: boolean, say: (text: string) => void): Imports {
  const [runs, setRuns] = useState<ImportRun[]>([]);
  const looks = useRef(new Set<AbortController>());
  useEffect(() => {
    if (!connected) return;
    let over = false;
    let stop = () => {};
    const merge = (run: ImportRun) => {
      setRuns((old) => {
        const others = old.filter(({ id }) => id !== run.id);
        if (run.state === 'cancelled') return others;
        // ids tell when they were made
        return [...others, run].sort((a, b) => (a.id < b.id ? 1 : -1));
      });
    };
    engine
      .subscribe((event) => {
        if (!over && event.type === 'import_run') merge(event.run);
      })
      .then((unsubscribe) => {
        if (over) unsubscribe();
        else stop = unsubscribe;
      }, inPlainWords);
    engine.imports().then((now) => {
      if (!over) setRuns([...now].sort((a, b) => (a.id < b.id ? 1 : -1)));
    }, inPlainWords);
    return () => {
      over = true;
      stop();
    };
  }, [engine, connected]);
  return useMemo(
    () => ({
      runs,
      look(files) {
        if (files.length === 0) return;
        const stop = new AbortController();
        looks.current.add(stop);
        engine
          .lookInside(files, stop.signal)
          .catch((error: unknown) => {
            if (!stop.signal.aborted && !isAborted(error)) say(inPlainWords(error));
          })
          .finally(() => {
            looks.current.delete(stop);
          });
      },
      stopLooking() {
        for (const stop of looks.current) stop.abort();
      },
    }),
    [engine, runs, say],
  );
}

/** For what files are dropped on: takes them, with the files in folders under their paths. */
export function useDrop(take: (files: ImportFile[]) => void, say: (text: string) => void) {
  const [over, setOver] = useState(false);
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  return {
    over,
    onDragOver(event: DragEvent) {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    },
    onDragLeave(event: DragEvent) {
      if (!(event.currentTarget as Node).contains(event.relatedTarget as Node | null)) setOver(false);
    },
    onDrop(event: DragEvent) {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      setOver(false);
      droppedFiles(event.dataTransfer).then(take, (error: unknown) => {
        say(inPlainWords(error));
      });
    },
  };
}

async function droppedFiles(dropped: DataTransfer): Promise<ImportFile[]> {
  // All is taken in the event itself: afterwards the list is empty.
  const alone: ImportFile[] = [];
  const entries = [...dropped.items].flatMap((item) => {
    if (item.kind !== 'file') return [];
    const entry = item.webkitGetAsEntry();
    const file = entry === null ? item.getAsFile() : null;
    if (file !== null) alone.push({ path: file.name, blob: file });
    return entry === null ? [] : [entry];
  });
  const files: ImportFile[] = [...alone];
  for (const entry of entries) await collect(entry, files);
  return files;
}

async function collect(entry: FileSystemEntry, files: ImportFile[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    files.push({ path: entry.fullPath.replace(/^\//, ''), blob: file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // It gives a hundred at a time, and none at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return;
    for (const each of some) await collect(each, files);
  }
}

interface SectionProps {
  imports: Imports;
  engine: PanelEngine;
  say: (text: string) => void;
}

/** As a page of its own; files dropped anywhere on the panel come here too. */
export function Import({ back, ...props }: SectionProps & { back: () => void }) {
  return (
    <Sheet title={words('import_title')} back={back}>
      <ImportSection {...props} />
    </Sheet>
  );
}

export function ImportSection({ imports, engine, say }: SectionProps) {
  return (
    <div class="imports">
      <div class="give">
        <p>{words('import_drop')}</p>
        <p class="meta">{words('import_what')}</p>
        <Pick
          take={(files) => {
            imports.look(files);
          }}
        />
      </div>
      {imports.runs.map((run) => (
        <Run key={run.id} run={run} imports={imports} engine={engine} say={say} />
      ))}
    </div>
  );
}

/** Files or a folder, chosen in the browser's own window. */
function Pick({ take }: { take: (files: ImportFile[]) => void }) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const picked = (input: HTMLInputElement) => {
    const given = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, blob: file }));
    input.value = '';
    if (given.length > 0) take(given);
  };
  const input = (ref: typeof files, more: object) => (
    <input
      ref={ref}
      type="file"
      hidden
      {...more}
      onChange={(event) => {
        picked(event.currentTarget);
      }}
    />
  );
  return (
    <div class="choices">
      <button type="button" class="main" onClick={() => files.current?.click()}>
        {words('import_pick')}
      </button>
      <button type="button" onClick={() => folder.current?.click()}>
        {words('import_pick_folder')}
      </button>
      {input(files, { multiple: true })}
      {input(folder, { webkitdirectory: true })}
    </div>
  );
}

function Run({ run, imports, engine, say }: SectionProps & { run: ImportRun }) {
  const act = (work: Promise<unknown>) => {
    work.catch((error: unknown) => {
      say(inPlainWords(error));
    });
  };
  const button = (text: string, work: () => Promise<unknown>, kind = '') => (
    <button
      type="button"
      class={kind}
      aria-label={words('history_of', text, run.name)}
      onClick={() => {
        act(work());
      }}
    >
      {text}
    </button>
  );
  const moving = run.state === 'running' || run.state === 'looking';
  return (
    <section class="import" aria-label={run.name}>
      <h3>{run.name}</h3>
      {/* a state is said once; the numbers of one that goes on are not said again and again */}
      <p role={moving ? undefined : 'status'}>{sayRun(run)}</p>
      {(run.state === 'running' || run.state === 'paused') && (
        <progress max={Math.max(1, run.total)} value={run.done} aria-label={run.name} />
      )}
      {run.error !== null && (
        <p class="notice">
          {sentenceFor(run.error)} {words('import_stopped_by')}
        </p>
      )}
      {run.state === 'looked' && <Choice run={run} engine={engine} act={act} />}
      {run.state === 'needs_files' && (
        <Pick
          take={(files) => {
            act(engine.resumeImport(run.id, files));
          }}
        />
      )}
      {run.state !== 'looked' && (
        <div class="choices">
          {run.state === 'looking' && (
            <button type="button" onClick={imports.stopLooking}>
              {words('import_stop_looking')}
            </button>
          )}
          {run.state === 'running' && button(words('import_pause'), () => engine.pauseImport(run.id))}
          {run.state === 'paused' && button(words('import_resume'), () => engine.resumeImport(run.id), 'main')}
          {run.state !== 'looking' &&
            button(words(run.state === 'done' ? 'import_put_away' : 'import_cancel'), () =>
              engine.cancelImport(run.id),
            )}
        </div>
      )}
      {run.warning_count > 0 && (
        <details>
          <summary>{count('import_warnings', run.warning_count)}</summary>
          <ul class="warnings">
            {run.warnings.map(({ message, file, where }) => (
              <li>
                {message} <span class="meta">{[file, where].filter((part) => part !== null).join(', ')}</span>
              </li>
            ))}
            {run.warning_count > run.warnings.length && (
              <li>{words('import_warnings_more', run.warning_count - run.warnings.length)}</li>
            )}
          </ul>
        </details>
      )}
    </section>
  );
}

function Choice({ run, engine, act }: { run: ImportRun; engine: PanelEngine; act: (work: Promise<unknown>) => void }) {
  const found = run.parts.filter((part) => part.conversations + part.documents > 0);
  // what brings nothing new need not be read again
  const [left, setLeft] = useState(() =>
    found.filter((part) => part.fresh + part.changed === 0).map(({ connector }) => connector),
  );
  const [bringBack, setBringBack] = useState(false);
  const [begun, setBegun] = useState(false);
  const chosen = found.filter(({ connector }) => !left.includes(connector));
  const forgotten = found.reduce((sum, part) => sum + part.forgotten, 0);
  const cancel = (
    <button
      type="button"
      aria-label={words('history_of', words('import_cancel'), run.name)}
      onClick={() => {
        act(engine.cancelImport(run.id));
      }}
    >
      {words('import_cancel')}
    </button>
  );
  if (found.length === 0) return <div class="choices">{cancel}</div>;
  return (
    <>
      <ul class="parts">
        {found.map((part) => (
          <li>
            <label>
              <input
                type="checkbox"
                checked={!left.includes(part.connector)}
                onChange={(event) => {
                  const { checked } = event.currentTarget;
                  setLeft((old) => [
                    ...old.filter((id) => id !== part.connector),
                    ...(checked ? [] : [part.connector]),
                  ]);
                }}
              />
              <span>
                <strong>{partName(part.connector)}</strong> {amounts(part)}
                <span class="meta">{news(part)}</span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {forgotten > 0 && (
        <label class="back">
          <input
            type="checkbox"
            checked={bringBack}
            onChange={(event) => {
              const { checked } = event.currentTarget;
              setBringBack(checked);
              if (checked) setLeft((old) => old.filter((id) => !found.some((p) => p.connector === id && p.forgotten)));
            }}
          />
          <span>{count('import_bring_back', forgotten)}</span>
        </label>
      )}
      <div class="choices">
        <button
          type="button"
          class="main"
          disabled={chosen.length === 0 || begun}
          onClick={() => {
            const connectors = chosen.map(({ connector }) => connector);
            setBegun(true);
            act(
              engine.startImport(run.id, { connectors, bring_back: bringBack }).catch((error: unknown) => {
                setBegun(false);
                throw error;
              }),
            );
          }}
        >
          {words('import_start')}
        </button>
        {cancel}
      </div>
    </>
  );
}

/** One line at the bottom while something comes in; a click shows it. */
export function ImportLine({ imports, show }: { imports: Imports; show: () => void }) {
  const run = imports.runs.find(({ state }) => state === 'running' || state === 'looking' || state === 'needs_files');
  if (run === undefined) return null;
  return (
    <div class="progress">
      <button type="button" class="quiet" onClick={show}>
        {words('history_of', words('import_title'), run.state === 'needs_files' ? words('import_waits') : sayRun(run))}
      </button>
    </div>
  );
}

/** "2 conversations, 7 messages, 1 document". */
function amounts(part: ImportPart): string {
  return [
    part.conversations > 0 ? `${count('conversations', part.conversations)}, ${count('turns', part.messages)}` : null,
    part.documents > 0 ? count('import_documents', part.documents) : null,
  ]
    .filter((each) => each !== null)
    .join(', ');
}

/** "12 May 2024 to yesterday · 3 new · 1 changed · 5 here already"; what is nought is not said. */
function news(part: ImportPart): string {
  return [
    part.from === null || part.to === null ? null : span(part.from, part.to),
    part.fresh > 0 ? words('import_fresh', part.fresh) : null,
    part.changed > 0 ? words('import_changed', part.changed) : null,
    part.known > 0 ? words('import_known', part.known) : null,
    part.forgotten > 0 ? words('import_forgotten', part.forgotten) : null,
  ]
    .filter((each) => each !== null)
    .join(' · ');
}

function span(from: string, to: string): string {
  const [first, last] = [day(from), day(to)];
  return first === last ? first : words('import_from_to', first, last);
}

function sayRun(run: ImportRun): string {
  switch (run.state) {
    case 'looking':
      return words(
        'import_looking',
        run.parts.reduce((sum, part) => sum + part.conversations + part.documents, 0),
      );
    case 'looked': {
      const found = run.parts.filter((part) => part.conversations + part.documents > 0);
      if (found.length === 0) return words('import_nothing');
      return words(found.some((part) => part.fresh + part.changed > 0) ? 'import_looked' : 'import_all_here');
    }
    case 'running':
      return words('import_running', run.done, run.total);
    case 'paused':
      return words('import_paused', run.done, run.total);
    case 'needs_files':
      return words('import_needs_files', run.done, run.total);
    case 'done': {
      const passed = run.passed_over > 0 ? ` ${count('import_passed_over', run.passed_over)}` : '';
      return words('import_done', run.added, run.updated) + passed;
    }
    case 'cancelled':
      return '';
  }
}

/** "Your data": everything into one file, and back. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { AsideDatabase, CopyDifference, DatabaseCopy, FileDamageCode, ImportReport } from '../engine/api';
import type { PanelEngine } from './connection';
import { exactly, inWords } from './dates';
import { kindName } from './filters';
import { PasswordChoice } from './password-choice';
import type { Shell } from './shell';
import { sizeInWords } from './size';
import { sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words, wordsLocale, type WordKey } from './words';
import { Backups, useLastBackup, whenLast } from './backups';
import { dataWork, type Work } from './your-data-work';

interface YourDataProps {
  engine: PanelEngine;
  shell: Shell;
  say: (text: string) => void;
}

export function YourData({ engine, shell, say }: YourDataProps) {
  const store = dataWork(engine, shell);
  const [work, setWork] = useState<Work>(store.now());
  useEffect(() => store.watch(setWork), [store]);
  const [turns, setTurns] = useState(0);
  const busy = work.state === 'exporting' || work.state === 'looking' || work.state === 'importing';
  return (
    <div class="your-data">
      <LastBackup shell={shell} />
      <p class="soft">{words('data_what')}</p>
      <Export start={store.exportAll} disabled={busy} />
      <Backups backups={shell.files.backups} say={say} />
      <p class="soft">{words('data_import_what')}</p>
      <Pick look={store.look} disabled={busy} />
      <Doing work={work} store={store} />
      <Aside engine={engine} say={say} again={work.state === 'imported' ? work.report : turns} />
      <Copies
        engine={engine}
        say={say}
        wentBack={() => {
          setTurns((old) => old + 1);
        }}
      />
    </div>
  );
}

/** Only the way back, for who begins with a copy from elsewhere. */
export function BringBack({ engine, shell }: Omit<YourDataProps, 'say'>) {
  const store = dataWork(engine, shell);
  const [work, setWork] = useState<Work>(store.now());
  useEffect(() => store.watch(setWork), [store]);
  return (
    <div class="your-data">
      <p>{words('welcome_restore')}</p>
      <Pick look={store.look} disabled={work.state === 'looking' || work.state === 'importing'} />
      <Doing work={work} store={store} />
    </div>
  );
}

export function LastBackup({ shell }: { shell: Shell }) {
  const last = useLastBackup(shell);
  if (last === undefined) return null;
  return (
    <p class="last-backup" title={last ? exactly(last.at) : undefined}>
      {whenLast(last)}
    </p>
  );
}

function Export({
  start,
  disabled,
}: {
  start: (options: { password: string | null; vectors: boolean }) => void;
  disabled: boolean;
}) {
  const [vectors, setVectors] = useState(false);
  const [password, setPassword] = useState<string | null>(null);
  return (
    <form
      class="export"
      onSubmit={(event) => {
        event.preventDefault();
        start({ password, vectors });
      }}
    >
      <PasswordChoice
        offer={words('data_lock')}
        warning={words('data_password_warning')}
        password={password}
        choose={setPassword}
      />
      <label class="opt">
        <input
          type="checkbox"
          checked={vectors}
          onChange={(event) => {
            setVectors(event.currentTarget.checked);
          }}
        />
        <span>{words('data_vectors')}</span>
      </label>
      <div class="choices">
        <button type="submit" class="main" disabled={disabled || password === ''}>
          {words('data_export')}
        </button>
      </div>
    </form>
  );
}

function Pick({ look, disabled }: { look: (file: File) => void; disabled: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="choices">
      <button
        type="button"
        disabled={disabled}
        onClick={() => {
          input.current?.click();
        }}
      >
        {words('data_import')}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".zip,.age,application/zip"
        onChange={(event) => {
          const [file] = event.currentTarget.files ?? [];
          event.currentTarget.value = ''; // the same file may be picked again
          if (file) look(file);
        }}
      />
    </div>
  );
}

type Store = ReturnType<typeof dataWork>;

function Doing({ work, store }: { work: Work; store: Store }) {
  switch (work.state) {
    case 'idle':
      return null;
    case 'exporting':
      return (
        <Going
          line={work.checking ? words('data_checking') : words('data_exporting', work.done, work.total)}
          done={work.done}
          total={work.total}
          stop={store.stop}
        />
      );
    case 'exported':
      return (
        <p class={work.checked ? 'notice' : 'notice trouble'} role="status">
          {work.checked ? count('data_exported', work.documents, sizeInWords(work.bytes)) : words('data_unchecked')}
        </p>
      );
    case 'looking':
      return <Going line={words('data_looking', work.name)} done={work.done} total={work.total} stop={store.stop} />;
    case 'locked':
      return <Locked key={work.name} work={work} store={store} />;
    case 'looked':
      return <Looked key={work.name} work={work} store={store} />;
    case 'importing':
      return <Going line={words('data_importing', work.name)} done={work.done} total={work.total} stop={store.stop} />;
    case 'imported':
      return (
        <div class="notice" role="status">
          <p>{work.mode === 'replace' ? words('data_replaced') : words('data_imported')}</p>
          <Amounts report={work.report} />
          <Damage report={work.report} />
        </div>
      );
    case 'failed':
      return (
        <p class="notice trouble" role="alert">
          {work.sentence}
        </p>
      );
  }
}

function Going({ line, done, total, stop }: { line: string; done: number; total: number; stop: () => void }) {
  return (
    <div class="going">
      <p>{line}</p>
      <progress max={Math.max(1, total)} value={done} aria-label={line} />
      <button type="button" onClick={stop}>
        {words('cancel')}
      </button>
    </div>
  );
}

function Locked({ work, store }: { work: Extract<Work, { state: 'locked' }>; store: Store }) {
  const [password, setPassword] = useState('');
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    input.current?.focus();
  }, [work]);
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        store.look(work.file, password);
      }}
    >
      <label>
        <span role="status">{words(work.wrong ? 'error_wrong_password' : 'data_locked')}</span>
        <input
          ref={input}
          type="password"
          autocomplete="current-password"
          aria-label={words('data_password')}
          value={password}
          onInput={(event) => {
            setPassword(event.currentTarget.value);
          }}
        />
      </label>
      <div class="choices">
        <button type="submit" class="main" disabled={password === ''}>
          {words('data_open')}
        </button>
        <button type="button" onClick={store.stop}>
          {words('cancel')}
        </button>
      </div>
    </form>
  );
}

function Looked({ work, store }: { work: Extract<Work, { state: 'looked' }>; store: Store }) {
  const { report, name } = work;
  const [bringBack, setBringBack] = useState(false);
  const [settings, setSettings] = useState(false);
  const [sure, setSure] = useState(false);
  const title = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    title.current?.focus();
  }, []);
  const nothingNew = report.documents.added + report.documents.changed === 0;
  const go = (mode: 'merge' | 'replace') => {
    store.take(mode, { bringBack, settings });
  };
  return (
    <div class="ask looked" role="group" aria-label={words('data_holds', name)}>
      <p tabIndex={-1} ref={title}>
        {words('data_holds', name)}
      </p>
      <table class="facts">
        <tbody>
          {report.by_source.map((row) => (
            <tr>
              <th scope="row">
                {sourceName(row.source)} · {kindName(row.kind as 'page')}
              </th>
              <td>
                {row.kind === 'conversation' ? count('conversations', row.documents) : count('pages', row.documents)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Amounts report={report} />
      <Damage report={report} />
      {nothingNew && report.documents.forgotten === 0 && <p role="status">{words('data_nothing_new')}</p>}
      {report.documents.forgotten > 0 && (
        <Tick checked={bringBack} set={setBringBack} label={words('data_bring_back')} />
      )}
      {report.settings !== null && Object.keys(report.settings).length > 0 && (
        <Tick checked={settings} set={setSettings} label={words('data_settings')} />
      )}
      {sure ? (
        <>
          <p role="status">{words('data_replace_sure')}</p>
          <div class="choices">
            <button
              type="button"
              class="danger"
              onClick={() => {
                go('replace');
              }}
            >
              {words('data_replace')}
            </button>
            <button
              type="button"
              onClick={() => {
                setSure(false);
              }}
            >
              {words('cancel')}
            </button>
          </div>
        </>
      ) : (
        <div class="choices">
          <button
            type="button"
            class="main"
            onClick={() => {
              go('merge');
            }}
          >
            {words('data_merge')}
          </button>
          <button
            type="button"
            onClick={() => {
              setSure(true);
            }}
          >
            {words('data_replace')}
          </button>
          <button type="button" onClick={store.stop}>
            {words('cancel')}
          </button>
        </div>
      )}
    </div>
  );
}

function Tick({ checked, set, label }: { checked: boolean; set: (checked: boolean) => void; label: string }) {
  return (
    <label class="opt">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => {
          set(event.currentTarget.checked);
        }}
      />
      <span>{label}</span>
    </label>
  );
}

const AMOUNTS: Array<[keyof ImportReport['documents'], WordKey]> = [
  ['added', 'data_added'],
  ['changed', 'data_changed'],
  ['same', 'data_same'],
  ['forgotten', 'data_forgotten'],
  ['expired', 'data_expired'],
];

/** What is nought is not said. */
function Amounts({ report }: { report: ImportReport }) {
  const number = new Intl.NumberFormat(wordsLocale());
  return (
    <table class="facts">
      <tbody>
        {AMOUNTS.filter(([key]) => report.documents[key] > 0).map(([key, word]) => (
          <tr>
            <th scope="row">{words(word)}</th>
            <td>{number.format(report.documents[key])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const DAMAGE: Record<FileDamageCode, WordKey> = {
  cut: 'damage_cut',
  no_directory: 'damage_no_directory',
  gap: 'damage_gap',
  part_damaged: 'damage_part_damaged',
  part_missing: 'damage_part_missing',
  part_changed: 'damage_part_changed',
  part_twice: 'damage_part_unknown',
  part_unknown: 'damage_part_unknown',
  record_unreadable: 'damage_record',
  record_refused: 'damage_record',
  record_orphan: 'damage_record',
  records_missing: 'damage_records_missing',
  bomb: 'damage_bomb',
};

/** What was wrong with a file: in a sentence each, and for who wants to know, where. */
function Damage({ report: { damage } }: { report: ImportReport }) {
  const codes = Object.keys(damage.counts) as FileDamageCode[];
  if (codes.length === 0) return null;
  const sentences = [...new Set(codes.map((code) => words(DAMAGE[code])))];
  return (
    <div class="notice trouble" role="status">
      <p>{words('data_damage')}</p>
      <ul>
        {sentences.map((sentence) => (
          <li>{sentence}</li>
        ))}
      </ul>
      <details>
        <summary>{words('details')}</summary>
        <ul class="meta">
          {damage.first.map(({ part, line, message }) => (
            <li>
              {part ?? ''} {line ?? ''} {message}
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/** Databases that an import put aside, until the user says. */
function Aside({
  engine,
  say,
  again,
}: {
  engine: PanelEngine;
  say: (text: string) => void;
  /** Changes when there may be another one. */
  again: unknown;
}) {
  const [aside, setAside] = useState<AsideDatabase[]>([]);
  const [turns, setTurns] = useState(0);
  useEffect(() => {
    engine.setAside().then(setAside, inPlainWords);
  }, [engine, again, turns]);
  const act = (work: Promise<void>, done: string) => {
    work.then(
      () => {
        say(done);
        setTurns((old) => old + 1);
      },
      (error: unknown) => {
        say(inPlainWords(error));
      },
    );
  };
  return (
    <>
      {aside
        .filter(({ whole }) => whole)
        .map(({ at }) => (
          <div class="notice" key={at}>
            <p>{words('data_aside', inWords(at))}</p>
            <div class="choices">
              <button
                type="button"
                onClick={() => {
                  act(engine.takeBack(at), words('data_taken_back'));
                }}
              >
                {words('data_take_back')}
              </button>
              <button
                type="button"
                class="danger"
                onClick={() => {
                  act(engine.discardSetAside(), words('data_dropped'));
                }}
              >
                {words('data_drop')}
              </button>
            </div>
          </div>
        ))}
    </>
  );
}

/** Copies that are made by themselves, in this browser: what going back would do is said before it is done. */
function Copies({ engine, say, wentBack }: { engine: PanelEngine; say: (text: string) => void; wentBack: () => void }) {
  const [copies, setCopies] = useState<DatabaseCopy[]>([]);
  const [asked, setAsked] = useState<string | null>(null);
  const [difference, setDifference] = useState<CopyDifference | null>(null);
  const [going, setGoing] = useState(false);
  const question = useRef<HTMLDivElement>(null);
  const id = useId();
  const reread = () => {
    engine.copies().then(setCopies, inPlainWords);
  };
  useEffect(reread, [engine]);
  useEffect(() => {
    question.current?.focus();
  }, [difference]);
  const failed = (error: unknown) => {
    setAsked(null);
    setGoing(false);
    say(inPlainWords(error));
    reread();
  };
  const ask = (name: string) => {
    setAsked(name);
    setDifference(null);
    engine.lookAtCopy(name).then(setDifference, failed);
  };
  const goBack = (name: string) => {
    setGoing(true);
    engine.goBack(name).then(() => {
      setAsked(null);
      setGoing(false);
      say(words('copies_back'));
      wentBack();
      reread();
    }, failed);
  };
  return (
    <section class="copies" aria-labelledby={id}>
      <h4 id={id}>{words('copies_title')}</h4>
      <p class="soft">{copies.length === 0 ? words('copies_none') : words('copies_what')}</p>
      <ul>
        {copies.map(({ name, at, documents, bytes }) => (
          <li key={name}>
            <div class="copy">
              <span title={exactly(at)}>
                {inWords(at)} · {count('data_amount', documents)} · {sizeInWords(bytes)}
              </span>
              <button
                type="button"
                aria-label={words('copies_go_back_to', exactly(at))}
                disabled={going || asked === name}
                onClick={() => {
                  ask(name);
                }}
              >
                {words('copies_go_back')}
              </button>
            </div>
            {asked === name && difference !== null && (
              <div class="ask" role="group" tabIndex={-1} ref={question} aria-label={words('copies_would')}>
                <p>{words('copies_would')}</p>
                <Difference difference={difference} />
                <p>{words('data_replace_sure')}</p>
                <div class="choices">
                  <button
                    type="button"
                    class="danger"
                    disabled={going}
                    onClick={() => {
                      goBack(name);
                    }}
                  >
                    {words('copies_go_back')}
                  </button>
                  <button
                    type="button"
                    disabled={going}
                    onClick={() => {
                      setAsked(null);
                    }}
                  >
                    {words('cancel')}
                  </button>
                </div>
              </div>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

const DIFFERENCES: Array<[keyof CopyDifference, WordKey]> = [
  ['back', 'copies_come_back'],
  ['away', 'copies_go_away'],
  ['changed', 'copies_changed'],
  ['same', 'copies_same'],
];

function Difference({ difference }: { difference: CopyDifference }) {
  const number = new Intl.NumberFormat(wordsLocale());
  return (
    <table class="facts">
      <tbody>
        {DIFFERENCES.filter(([key]) => difference[key] > 0).map(([key, word]) => (
          <tr>
            <th scope="row">{words(word)}</th>
            <td>{number.format(difference[key])}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

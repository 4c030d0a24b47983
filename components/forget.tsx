/** Deleting much: the count is said before, and Undo is there until the panel is closed. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DocumentKind, EngineStatus, ForgetCount, ForgetScope } from '../engine/api';
import type { PanelEngine } from './connection';
import { CrossIcon } from './icons';
import type { BackupsShell, BackupsView, Shell } from './shell';
import { sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words, wordsLocale, type CountKey } from './words';

const HOUR_MS = 3_600_000;

const KINDS: Record<DocumentKind, CountKey> = { conversation: 'conversations', page: 'pages', note: 'notes' };

/** "42 conversations, 3 pages". */
export function kindsInWords(by: ForgetCount['by_kind']): string {
  const parts = (Object.keys(KINDS) as DocumentKind[]).flatMap((kind) => {
    const amount = by[kind] ?? 0;
    return amount === 0 ? [] : [count(KINDS[kind], amount)];
  });
  return new Intl.ListFormat(wordsLocale(), { type: 'unit' }).format(parts);
}

/** What may be forgotten from here, besides the last hour, the last day and everything. */
export type Place = { source: string } | { host: string };

function placeName(place: Place): string {
  return 'source' in place ? sourceName(place.source) : place.host;
}

interface ForgetProps {
  engine: PanelEngine;
  shell: Shell;
  status: EngineStatus | null;
  places: Place[];
  forget: (scope: ForgetScope, what: string) => Promise<void>;
  say: (text: string) => void;
  /** Called when something was deleted. */
  done?: () => void;
}

interface Asked {
  scope: ForgetScope;
  what: string;
  counted: ForgetCount;
  /** Damaged databases that go with everything. */
  aside: number;
}

export function Forget({ engine, shell, status, places, forget, say, done }: ForgetProps) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const confirm = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asked) confirm.current?.focus();
  }, [asked]);
  const ask = (scope: ForgetScope, what: string) => {
    const everything = 'everything' in scope;
    Promise.all([engine.countForget(scope), everything ? engine.setAside() : []]).then(
      ([counted, aside]) => {
        setAsked({ scope, what, counted, aside: aside.length });
      },
      (error: unknown) => {
        say(inPlainWords(error));
      },
    );
  };
  const cancel = () => {
    setAsked(null);
  };
  const since = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const waiting = asked !== null && 'everything' in asked.scope ? (status?.outbox_waiting ?? 0) : 0;

  if (asked && asked.counted.documents + asked.aside + waiting === 0) {
    return (
      <div class="ask" role="status">
        <p>{words('forget_nothing', asked.what)}</p>
        <button type="button" ref={confirm} onClick={cancel}>
          {words('close')}
        </button>
      </div>
    );
  }
  if (asked) {
    const { counted, aside } = asked;
    const kinds = kindsInWords(counted.by_kind);
    return (
      <div class="ask" role="group" aria-label={words('forget')}>
        {counted.documents > 0 && (
          <p>
            {counted.by_kind.conversation === undefined
              ? words('forget_count_plain', asked.what, kinds)
              : words('forget_count', asked.what, kinds, count('turns', counted.messages))}
          </p>
        )}
        {counted.older > 0 && <p>{count('forget_older', counted.older)}</p>}
        {waiting > 0 && <p>{count('forget_waiting', waiting)}</p>}
        {aside > 0 && <p>{count('forget_aside', aside)}</p>}
        <p class="soft">{words('forget_undo_until')}</p>
        <BackUpFirst backups={shell.files.backups} say={say} />
        <div class="choices">
          <button
            type="button"
            class="danger"
            ref={confirm}
            onClick={() => {
              void forget(asked.scope, counted.documents > 0 ? kinds : asked.what);
              setAsked(null);
              done?.();
            }}
          >
            {counted.documents > 0 ? count('forget_do', counted.documents) : words('delete')}
          </button>
          <button type="button" onClick={cancel}>
            {words('cancel')}
          </button>
        </div>
      </div>
    );
  }
  return (
    <div class="choices">
      <button
        type="button"
        onClick={() => {
          ask({ captured_after: since(1) }, words('forget_hour'));
        }}
      >
        {words('forget_hour')}
      </button>
      <button
        type="button"
        onClick={() => {
          ask({ captured_after: since(24) }, words('forget_day'));
        }}
      >
        {words('forget_day')}
      </button>
      {places.map((place) => (
        <button
          type="button"
          onClick={() => {
            ask(place, words('forget_site', placeName(place)));
          }}
        >
          {words('forget_site', placeName(place))}
        </button>
      ))}
      <button
        type="button"
        onClick={() => {
          ask({ everything: true }, words('forget_everything'));
        }}
      >
        {words('forget_everything')}
      </button>
    </div>
  );
}

/** Where backups are made by themselves, one more before much goes; nobody is made to keep a file of what they want gone. */
function BackUpFirst({ backups, say }: { backups: BackupsShell; say: (text: string) => void }) {
  const [view, setView] = useState<BackupsView | null>(null);
  useEffect(() => backups.watch(setView), [backups]);
  if (view === null || view.plan === null) return null;
  if (view.running) return <p role="status">{words('backups_running')}</p>;
  return (
    <div class="choices">
      <button
        type="button"
        onClick={() => {
          backups.now().catch((error: unknown) => {
            say(inPlainWords(error));
          });
        }}
      >
        {words('backups_first')}
      </button>
    </div>
  );
}

/** Something that was deleted while this panel is open. */
export interface Deletion {
  /** Of the receipt. */
  id: string;
  /** What was deleted, as a sentence. */
  text: string;
}

interface DeletionsProps {
  /** Newest first. */
  deletions: Deletion[];
  undo: (id: string) => void;
  /** Deletes it for good, before the panel is closed. */
  end: (id: string) => void;
}

/** The quiet line that stays: the newest deletion and, when asked, those before it, each with its Undo. */
export function Deletions({ deletions, undo, end }: DeletionsProps) {
  const [open, setOpen] = useState(false);
  const [newest, ...others] = deletions;
  useEffect(() => {
    if (others.length === 0) setOpen(false);
  }, [others.length]);
  const line = ({ id, text }: Deletion) => (
    <div class="deleted" key={id}>
      <span class="said" title={text}>
        {text}
      </span>
      <button
        type="button"
        onClick={() => {
          undo(id);
        }}
      >
        {words('undo')}
      </button>
      <button
        type="button"
        class="quiet icon-only"
        aria-label={words('undo_end')}
        title={words('undo_end')}
        onClick={() => {
          end(id);
        }}
      >
        <CrossIcon />
      </button>
    </div>
  );
  return (
    <div class="deletions" role="status">
      {open && others.toReversed().map(line)}
      {newest && line(newest)}
      {others.length > 0 && (
        <button
          type="button"
          class="quiet more"
          aria-expanded={open}
          onClick={() => {
            setOpen(!open);
          }}
        >
          {open ? words('deletions_fewer') : count('deletions_more', others.length)}
        </button>
      )}
    </div>
  );
}

/** Backups that are made by themselves: how often, where to, and how the last one went. */
import { useEffect, useId, useState } from 'preact/hooks';
import { exactly, inWords } from './dates';
import { StateMark } from './icons';
import { PasswordChoice } from './password-choice';
import type { BackupNote, BackupPlan, BackupsShell, BackupsView, Shell } from './shell';
import { inPlainWords, sentenceFor } from './trouble';
import { words } from './words';

const OLD_MS = 30 * 24 * 3_600_000;
/** Who has kept fewer than this, and never made one, has only just begun. */
const MANY = 20;

/** Whether more would be lost than a person expects: the last one is a month old, or there is much and never was one. */
export function lacksBackup(last: BackupNote | null, documents: number, now: number): boolean {
  return last === null ? documents >= MANY : now - Date.parse(last.at) > OLD_MS;
}

/** Undefined until it is known whether there was one. */
export function useLastBackup(shell: Shell): BackupNote | null | undefined {
  const [last, setLast] = useState<BackupNote | null | undefined>(undefined);
  useEffect(() => shell.files.watchLast(setLast), [shell]);
  return last;
}

export function whenLast(last: BackupNote | null): string {
  return last === null ? words('data_never') : words('data_last', inWords(last.at));
}

/** A line of the menu, marked where one is lacking. Whoever has only just begun is not told of it. */
export function BackupLine({ shell, documents, show }: { shell: Shell; documents: number; show: () => void }) {
  const last = useLastBackup(shell);
  const [trouble, setTrouble] = useState(false);
  useEffect(
    () =>
      shell.files.backups.watch((view) => {
        setTrouble(view.plan !== null && view.trouble !== null);
      }),
    [shell],
  );
  if (last === undefined) return null;
  const lacks = trouble || lacksBackup(last, documents, Date.now());
  if (last === null && !lacks) return null;
  return (
    <button type="button" title={last === null ? undefined : exactly(last.at)} onClick={show}>
      {trouble ? words('backups_failing') : whenLast(last)}
      {lacks && <StateMark shape="broken" />}
    </button>
  );
}

interface BackupsProps {
  backups: BackupsShell;
  say: (text: string) => void;
}

export function Backups({ backups, say }: BackupsProps) {
  const [view, setView] = useState<BackupsView | null>(null);
  const title = useId();
  useEffect(() => backups.watch(setView), [backups]);
  if (view === null) return null;
  const act = (work: Promise<unknown>) => {
    work.catch((error: unknown) => {
      say(inPlainWords(error));
    });
  };
  const { plan } = view;
  return (
    <section class="backups" aria-labelledby={title}>
      <h4 id={title}>{words('backups_title')}</h4>
      {plan === null ? (
        <Begin backups={backups} canPickFolder={view.canPickFolder} say={say} />
      ) : (
        <>
          <p>
            {plan.to === 'folder'
              ? words(plan.every === 'day' ? 'backups_daily_folder' : 'backups_weekly_folder', view.folder ?? '')
              : words(plan.every === 'day' ? 'backups_daily' : 'backups_weekly')}{' '}
            {plan.encrypted && words('backups_encrypted')}
          </p>
          {view.running && <p role="status">{words('backups_running')}</p>}
          {!view.running && view.trouble !== null && (
            <p class="notice trouble" role="status">
              {sayTrouble(view.trouble)}
            </p>
          )}
          <div class="choices">
            <button
              type="button"
              disabled={view.running}
              onClick={() => {
                act(backups.now());
              }}
            >
              {words('backups_now')}
            </button>
            <button
              type="button"
              onClick={() => {
                act(backups.end());
              }}
            >
              {words('backups_end')}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function sayTrouble(code: string): string {
  if (code === 'not_permitted') return words('backups_not_permitted');
  return code === 'folder_gone' ? words('backups_folder_gone') : sentenceFor(code);
}

function Begin({ backups, canPickFolder, say }: BackupsProps & { canPickFolder: boolean }) {
  const [every, setEvery] = useState<BackupPlan['every']>('week');
  const [to, setTo] = useState<BackupPlan['to']>('downloads');
  const [password, setPassword] = useState<string | null>(null);
  return (
    <form
      class="export"
      onSubmit={(event) => {
        event.preventDefault();
        // In the click itself: a browser asks for a folder or a permission only then.
        backups.begin({ every, to, password }).then(
          (begun) => {
            say(words(begun ? 'backups_begun' : 'backups_refused'));
          },
          (error: unknown) => {
            say(inPlainWords(error));
          },
        );
      }}
    >
      <p class="soft">{words('backups_what')}</p>
      <Choice
        name={words('backups_every')}
        value={every}
        choose={setEvery}
        options={[
          ['day', words('backups_day')],
          ['week', words('backups_week')],
        ]}
      />
      {canPickFolder && (
        <Choice
          name={words('backups_to')}
          value={to}
          choose={setTo}
          options={[
            ['downloads', words('backups_downloads')],
            ['folder', words('backups_folder')],
          ]}
        />
      )}
      <PasswordChoice
        offer={words('backups_lock')}
        warning={words('backups_password_where')}
        password={password}
        choose={setPassword}
      />
      <div class="choices">
        <button type="submit" disabled={password === ''}>
          {words('backups_begin')}
        </button>
      </div>
    </form>
  );
}

function Choice<Value extends string>({
  name,
  value,
  choose,
  options,
}: {
  name: string;
  value: Value;
  choose: (value: Value) => void;
  options: Array<[Value, string]>;
}) {
  const id = useId();
  return (
    <div class="setting keep">
      <label for={id}>{name}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const [chosen] = options[event.currentTarget.selectedIndex] ?? [];
          if (chosen !== undefined) choose(chosen);
        }}
      >
        {options.map(([one, label]) => (
          <option key={one} value={one}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Backups that are made by themselves: how often, where to, and how the last one went. */
import { useEffect, useId, useState } from 'preact/hooks';
import type { BackupPlan, BackupsShell, BackupsView } from './shell';
import { inPlainWords, sentenceFor } from './trouble';
import { words } from './words';

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
              {view.trouble === 'not_permitted' ? words('backups_not_permitted') : sentenceFor(view.trouble)}
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

function Begin({ backups, canPickFolder, say }: BackupsProps & { canPickFolder: boolean }) {
  const [every, setEvery] = useState<BackupPlan['every']>('week');
  const [to, setTo] = useState<BackupPlan['to']>('downloads');
  const [locked, setLocked] = useState(false);
  const [password, setPassword] = useState('');
  const id = useId();
  return (
    <form
      class="export"
      onSubmit={(event) => {
        event.preventDefault();
        // In the click itself: a browser asks for a folder or a permission only then.
        backups.begin({ every, to, password: locked ? password : null }).then(
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
      <div class="setting keep">
        <label for={`${id}-every`}>{words('backups_every')}</label>
        <select
          id={`${id}-every`}
          value={every}
          onChange={(event) => {
            setEvery(event.currentTarget.value === 'day' ? 'day' : 'week');
          }}
        >
          <option value="day">{words('backups_day')}</option>
          <option value="week">{words('backups_week')}</option>
        </select>
      </div>
      {canPickFolder && (
        <div class="setting keep">
          <label for={`${id}-to`}>{words('backups_to')}</label>
          <select
            id={`${id}-to`}
            value={to}
            onChange={(event) => {
              setTo(event.currentTarget.value === 'folder' ? 'folder' : 'downloads');
            }}
          >
            <option value="downloads">{words('backups_downloads')}</option>
            <option value="folder">{words('backups_folder')}</option>
          </select>
        </div>
      )}
      <label class="opt">
        <input
          type="checkbox"
          checked={locked}
          onChange={(event) => {
            setLocked(event.currentTarget.checked);
          }}
        />
        <span>{words('backups_lock')}</span>
      </label>
      {locked && (
        <div class="setting keep">
          <label for={`${id}-password`}>{words('data_password')}</label>
          <input
            id={`${id}-password`}
            type="password"
            autocomplete="new-password"
            required
            aria-describedby={`${id}-warning`}
            value={password}
            onInput={(event) => {
              setPassword(event.currentTarget.value);
            }}
          />
          <p class="meta wide" id={`${id}-warning`}>
            {words('backups_password_where')}
          </p>
        </div>
      )}
      <div class="choices">
        <button type="submit" disabled={locked && password === ''}>
          {words('backups_begin')}
        </button>
      </div>
    </form>
  );
}

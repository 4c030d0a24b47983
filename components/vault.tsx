/** How the keys of providers are kept: under a passphrase or without one; and opening them. */
import { useEffect, useState } from 'preact/hooks';
import type { VaultView } from '../engine/api';
import type { PanelEngine } from './connection';
import { errorCode, inPlainWords } from './trouble';
import { count, words } from './words';

interface VaultProps {
  engine: PanelEngine;
  say: (what: string) => void;
  /** Its state was changed, keys may be gone. */
  changed: () => void;
}

/** "This is not the passphrase" of a vault, and not of a file. */
function vaultTrouble(error: unknown): string {
  if (errorCode(error) === 'wrong_password') return words('vault_wrong');
  return errorCode(error) === 'bad_input' ? words('vault_short') : inPlainWords(error);
}

export function VaultSettings({ engine, say, changed }: VaultProps) {
  const [vault, setVault] = useState<VaultView | null>(null);
  const [doing, setDoing] = useState<'set' | 'remove' | 'empty' | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    // It locks by itself: what is shown must not say otherwise for long.
    const look = () => {
      engine.vault().then(setVault, inPlainWords);
    };
    look();
    const timer = setInterval(look, 20_000);
    return () => {
      clearInterval(timer);
    };
  }, [engine]);
  if (vault === null) return null;
  const run = (work: Promise<VaultView>, done: string) => {
    setFailure(null);
    work.then(
      (view) => {
        setVault(view);
        setDoing(null);
        say(done);
        changed();
      },
      (error: unknown) => {
        setFailure(vaultTrouble(error));
      },
    );
  };
  return (
    <div class="vault">
      <p>
        {vault.state === 'locked'
          ? words('vault_locked')
          : vault.passphrase
            ? words('vault_open', count('vault_minutes', vault.idle_minutes))
            : words('vault_device')}
      </p>
      {vault.state === 'locked' && (
        <Unlock
          engine={engine}
          opened={(view) => {
            setVault(view);
            changed();
          }}
        />
      )}
      <div class="choices">
        {vault.passphrase && vault.state !== 'locked' && (
          <button
            type="button"
            onClick={() => {
              run(engine.lockVault(), words('vault_now_locked'));
            }}
          >
            {words('vault_lock')}
          </button>
        )}
        {vault.state !== 'locked' && (
          <button
            type="button"
            aria-expanded={doing === 'set'}
            onClick={() => {
              setFailure(null);
              setDoing(doing === 'set' ? null : 'set');
            }}
          >
            {words(vault.passphrase ? 'vault_change' : 'vault_set')}
          </button>
        )}
        {vault.passphrase && vault.state !== 'locked' && (
          <button
            type="button"
            aria-expanded={doing === 'remove'}
            onClick={() => {
              setFailure(null);
              setDoing(doing === 'remove' ? null : 'remove');
            }}
          >
            {words('vault_remove')}
          </button>
        )}
        {vault.state === 'locked' && (
          <button
            type="button"
            class="quiet"
            aria-expanded={doing === 'empty'}
            onClick={() => {
              setDoing(doing === 'empty' ? null : 'empty');
            }}
          >
            {words('vault_forgot')}
          </button>
        )}
      </div>
      {(doing === 'set' || doing === 'remove') && (
        <Passphrases
          current={vault.passphrase}
          next={doing === 'set'}
          failure={failure}
          done={(next, current) => {
            run(engine.setVaultPassphrase(next, current), words(next === null ? 'vault_removed' : 'vault_was_set'));
          }}
        />
      )}
      {doing === 'empty' && (
        <div class="notice">
          <p>{words('vault_empty')}</p>
          <div class="choices">
            <button
              type="button"
              onClick={() => {
                run(engine.emptyVault(), words('vault_emptied'));
              }}
            >
              {words('vault_empty_do')}
            </button>
          </div>
        </div>
      )}
    </div>
  );
}

/** Where something needs the keys and they are locked. */
export function Unlock({ engine, opened }: { engine: PanelEngine; opened: (view: VaultView) => void }) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  return (
    <form
      class="elsewhere"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === '' || busy) return;
        setBusy(true);
        setFailure(null);
        engine
          .unlockVault(typed)
          .then(opened, (error: unknown) => {
            setFailure(vaultTrouble(error));
          })
          .finally(() => {
            setTyped('');
            setBusy(false);
          });
      }}
    >
      <Field name={words('vault_passphrase')} value={typed} set={setTyped} />
      {failure !== null && (
        <p class="notice trouble" role="alert">
          {failure}
        </p>
      )}
      <div class="choices">
        <button type="submit" disabled={typed === '' || busy}>
          {words('vault_unlock')}
        </button>
      </div>
    </form>
  );
}

/** The passphrase that there is, the one that is to be, or both. */
function Passphrases({
  current: asksCurrent,
  next: asksNext,
  failure,
  done,
}: {
  current: boolean;
  next: boolean;
  failure: string | null;
  done: (next: string | null, current: string) => void;
}) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const differs = asksNext && again !== '' && next !== again;
  return (
    <form
      class="elsewhere"
      onSubmit={(event) => {
        event.preventDefault();
        if (!asksNext || next === again) done(asksNext ? next : null, current);
      }}
    >
      {asksCurrent && <Field name={words('vault_current')} value={current} set={setCurrent} />}
      {asksNext && <Field name={words('vault_next')} value={next} set={setNext} fresh />}
      {asksNext && <Field name={words('vault_again')} value={again} set={setAgain} fresh />}
      {differs && <p class="notice trouble">{words('vault_differs')}</p>}
      {failure !== null && !differs && (
        <p class="notice trouble" role="alert">
          {failure}
        </p>
      )}
      {asksNext && <p class="soft">{words('vault_warning')}</p>}
      <div class="choices">
        <button
          type="submit"
          disabled={(asksCurrent && current === '') || (asksNext && (next === '' || next !== again))}
        >
          {words(asksNext ? 'vault_set_do' : 'vault_remove')}
        </button>
      </div>
    </form>
  );
}

function Field({
  name,
  value,
  set,
  fresh = false,
}: {
  name: string;
  value: string;
  set: (value: string) => void;
  /** One that is made up now. */
  fresh?: boolean;
}) {
  return (
    <label>
      {name}
      <input
        type="password"
        value={value}
        autocomplete={fresh ? 'new-password' : 'current-password'}
        onInput={(event) => {
          set(event.currentTarget.value);
        }}
      />
    </label>
  );
}

/** Whether a file is encrypted, and the password it is encrypted with. */
import { useId } from 'preact/hooks';
import { words } from './words';

interface PasswordChoiceProps {
  /** What the tick says. */
  offer: string;
  /** What happens without the password. */
  warning: string;
  /** Null: not encrypted. Empty: encrypted, and still to be typed. */
  password: string | null;
  choose: (password: string | null) => void;
}

export function PasswordChoice({ offer, warning, password, choose }: PasswordChoiceProps) {
  const id = useId();
  return (
    <>
      <label class="opt">
        <input
          type="checkbox"
          checked={password !== null}
          onChange={(event) => {
            choose(event.currentTarget.checked ? '' : null);
          }}
        />
        <span>{offer}</span>
      </label>
      {password !== null && (
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
              choose(event.currentTarget.value);
            }}
          />
          <p class="meta wide" id={`${id}-warning`}>
            {warning}
          </p>
        </div>
      )}
    </>
  );
}

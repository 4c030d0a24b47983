import { useEffect, useState } from 'preact/hooks';
import { CrossIcon } from './icons';
import { words } from './words';

export interface Message {
  text: string;
  /** Milliseconds of the epoch; stays longer while the pointer or the focus is on it. */
  until: number;
  undo: (() => void) | null;
}

/** What was just done, and Undo where it can be undone. Said once to a screen reader. */
export function Snackbar({ message, close }: { message: Message | null; close: () => void }) {
  const [stays, setStays] = useState(false);
  useEffect(() => {
    if (!message || stays) return;
    const timer = setTimeout(close, Math.max(0, message.until - Date.now()));
    return () => {
      clearTimeout(timer);
    };
    // `close` is made anew on every drawing and is no reason to begin anew.
  }, [message, stays]);
  return (
    <div class="snack-place" role="status">
      {message && (
        <div
          class="snack"
          onPointerEnter={() => {
            setStays(true);
          }}
          onPointerLeave={() => {
            setStays(false);
          }}
          onFocusIn={() => {
            setStays(true);
          }}
          onFocusOut={() => {
            setStays(false);
          }}
        >
          <span class="said">{message.text}</span>
          {message.undo && (
            <button
              type="button"
              onClick={() => {
                close();
                message.undo?.();
              }}
            >
              {words('undo')}
            </button>
          )}
          <button type="button" class="quiet icon-only" aria-label={words('close')} onClick={close}>
            <CrossIcon />
          </button>
        </div>
      )}
    </div>
  );
}

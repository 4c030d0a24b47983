/** "Bring in my past conversations": for each site how far it has come, and what can be done about it. */
import { useEffect, useState } from 'preact/hooks';
import { clock, exactly, inWords } from './dates';
import { StateMark, type MarkShape } from './icons';
import type { HistoryState, Shell } from './shell';
import { Sheet } from './sheets';
import { sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words } from './words';

interface HistoryProps {
  shell: Shell;
  say: (text: string) => void;
}

/** The section alone, to stand in the settings. */
export function HistorySection({ shell, say }: HistoryProps) {
  const [states, setStates] = useState<HistoryState[] | null>(null);
  useEffect(() => shell.history.watch(setStates), [shell]);
  return (
    <div class="history">
      <p class="hint">{words('history_what')}</p>
      {states?.map((state) => (
        <SiteHistory key={state.site} state={state} shell={shell} say={say} />
      ))}
    </div>
  );
}

/** The same as a page of its own. */
export function PastConversations({ back, ...props }: HistoryProps & { back: () => void }) {
  return (
    <Sheet title={words('history_title')} back={back}>
      <HistorySection {...props} />
    </Sheet>
  );
}

const EVERY = [1, 6, 12, 24];

function SiteHistory({ state, shell, say }: HistoryProps & { state: HistoryState }) {
  const { site, host } = state;
  const name = sourceName(site);
  const { history } = shell;
  const said = sayHistory(state);
  const processed = state.kept + state.already + state.failed + state.gone;
  const running = state.state === 'listing' || state.state === 'reading';
  const act = (work: Promise<unknown>) => {
    work.catch((error: unknown) => {
      say(inPlainWords(error));
    });
  };
  const button = (label: string, what: (site: string) => Promise<void>, kind = '') => (
    <button
      type="button"
      class={kind}
      aria-label={words('history_of', label, name)}
      onClick={() => {
        act(what(site));
      }}
    >
      {label}
    </button>
  );
  const needsTab = (running || state.reason === 'not_signed_in') && !state.open && state.blocked === null;
  const begun = processed > 0 || state.state === 'done';
  return (
    <section class="past" aria-label={name}>
      <h3>
        <StateMark shape={said.shape} />
        {name}
      </h3>
      {/* a state is said once; the numbers of one that goes on are not said again and again */}
      <p class="said" role={said.moving ? undefined : 'status'}>
        {said.line}
      </p>
      {(state.state === 'reading' || (state.state === 'paused' && processed > 0)) && (
        <progress
          max={Math.max(1, state.listed)}
          value={processed}
          aria-label={words('history_of', words('history_title'), name)}
        />
      )}
      {begun && <p class="meta">{counts(state)}</p>}
      <div class="choices">
        {needsTab && (
          <button
            type="button"
            class="main"
            onClick={() => {
              act(shell.openOriginal(`https://${host}/`));
            }}
          >
            {words('history_open', host)}
          </button>
        )}
        {state.blocked === 'not_permitted' && (
          <button
            type="button"
            class="main"
            aria-label={words('permit', host)}
            onClick={() => {
              // In the click itself: a browser asks for a permission only then.
              act(shell.requestPermission(host));
            }}
          >
            {words('site_allow')}
          </button>
        )}
        {running && button(words('history_pause'), history.pause)}
        {state.state === 'paused' && button(words('history_resume'), history.resume, needsTab ? '' : 'main')}
        {(running || state.state === 'paused') && button(words('history_stop'), history.stop)}
        {state.state === 'off' &&
          state.blocked !== 'not_permitted' &&
          button(words('history_start'), history.start, 'main')}
        {(state.state === 'done' || state.state === 'stopped') && button(words('history_again'), history.start)}
      </div>
      {state.state !== 'off' && (
        <label class="every">
          <span>{words('history_every')}</span>
          <select
            aria-label={words('history_of', words('history_every'), name)}
            value={String(state.every_hours ?? '')}
            onChange={(event) => {
              const hours = Number(event.currentTarget.value);
              act(history.setEvery(site, hours === 0 ? null : hours));
            }}
          >
            <option value="">{words('history_never')}</option>
            {EVERY.map((hours) => (
              <option value={String(hours)}>{count('history_hours', hours)}</option>
            ))}
          </select>
        </label>
      )}
    </section>
  );
}

/** "300 new · 12 already here · 2 could not be read"; what is nought is not said. */
function counts({ kept, already, failed, gone }: HistoryState): string {
  return [
    words('history_kept', kept),
    already > 0 ? words('history_already', already) : null,
    failed > 0 ? words('history_failed', failed) : null,
    gone > 0 ? words('history_gone', gone) : null,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}

/** What happens with a site's past, by shape and in one line. */
export function sayHistory(state: HistoryState): { shape: MarkShape; line: string; moving?: boolean } {
  const { host } = state;
  const name = sourceName(state.site);
  const running = state.state === 'listing' || state.state === 'reading';
  if (state.blocked === 'not_permitted') return { shape: 'off', line: words('history_not_permitted', host) };
  if (running && state.blocked === 'paused') return { shape: 'paused', line: words('history_capture_paused') };
  if (running && state.blocked === 'excluded') return { shape: 'off', line: words('history_excluded', host) };
  if (running && !state.open) return { shape: 'paused', line: words('history_needs_tab', host) };
  if (running && state.waits_until !== null) {
    return { shape: 'paused', line: words('history_waits', name, clock(state.waits_until)) };
  }
  switch (state.state) {
    case 'off':
      return { shape: 'off', line: words('history_off') };
    case 'listing':
      return { shape: 'keeping', line: count('history_listing', state.listed), moving: true };
    case 'reading': {
      const done = state.kept + state.already + state.failed + state.gone;
      return { shape: 'keeping', line: words('history_reading', done, state.listed), moving: true };
    }
    case 'paused':
      if (state.reason === 'not_signed_in') return { shape: 'broken', line: words('history_not_signed_in', name) };
      if (state.reason === 'cannot_read') return { shape: 'broken', line: words('history_cannot_read', name) };
      return { shape: 'paused', line: words('history_paused') };
    case 'stopped':
      return { shape: 'off', line: words('history_stopped') };
    case 'done':
      return { shape: 'keeping', line: words('history_done', whenOf(state.finished_at)) };
  }
}

/** In words while that is near, exactly where it is long ago. */
function whenOf(iso: string | null): string {
  if (iso === null) return '';
  return Date.now() - Date.parse(iso) < 7 * 86_400_000 ? inWords(iso) : exactly(iso);
}

/** Pages that are kept by being read: whether, how much, where, and where never. */
import { useEffect, useId, useState } from 'preact/hooks';
import type { KeepLevel, PagesShell, PagesView, TabState } from './shell';
import { inPlainWords } from './trouble';
import { count, words, type WordKey } from './words';

interface PagesProps {
  pages: PagesShell;
  say: (text: string) => void;
}

/** Null until the settings are read. */
export function usePages(pages: PagesShell): PagesView | null {
  const [view, setView] = useState<PagesView | null>(null);
  useEffect(() => pages.watch(setView), [pages]);
  return view;
}

const LEVELS: Array<{ level: KeepLevel | null; key: WordKey }> = [
  { level: null, key: 'pages_off' },
  { level: 'text', key: 'pages_text' },
  { level: 'address', key: 'pages_address' },
];

export function PagesSection({ pages, say }: PagesProps) {
  const view = usePages(pages);
  const group = useId();
  if (view === null) return null;
  const act = acting(say);
  return (
    <div class="read-pages">
      <p>{words('pages_what')}</p>
      <p>{words('pages_what_not')}</p>
      <fieldset>
        <legend>{words('pages_everywhere')}</legend>
        {LEVELS.map(({ level, key }) => (
          <label class="choice">
            <input
              type="radio"
              name={group}
              checked={view.everywhere === level}
              onClick={(event) => {
                // It shows what is set, not what was asked: the browser may be told no.
                event.preventDefault();
                act(pages.setEverywhere(level), 'pages_refused');
              }}
            />
            {words(key)}
          </label>
        ))}
      </fieldset>
      {view.everywhere !== null && !view.permitted && (
        <div class="notice" role="status">
          <p>{words('pages_not_permitted')}</p>
          <button
            type="button"
            class="main"
            onClick={() => {
              act(pages.setEverywhere(view.everywhere), 'pages_refused');
            }}
          >
            {words('pages_permit')}
          </button>
        </div>
      )}
      <h3>{words('pages_sites')}</h3>
      <p class="hint">{words('pages_sites_more')}</p>
      <Sites view={view} pages={pages} say={say} />
      <h3>{words('pages_never')}</h3>
      <p class="hint">{words('pages_never_more')}</p>
      <Never view={view} pages={pages} say={say} />
    </div>
  );
}

const SITE_LEVELS: Array<{ level: KeepLevel | 'off'; key: WordKey }> = [
  { level: 'text', key: 'pages_text' },
  { level: 'address', key: 'pages_address' },
  { level: 'off', key: 'pages_nothing' },
];

function Sites({ view, pages, say }: PagesProps & { view: PagesView }) {
  const act = acting(say);
  return (
    <>
      <ul class="settings">
        {view.sites.map(({ host, level, permitted }) => (
          <li>
            <span class="name">{host}</span>
            <select
              aria-label={words('pages_level_of', host)}
              value={level}
              onChange={(event) => {
                const box = event.currentTarget;
                const next = SITE_LEVELS.find((one) => one.level === box.value)?.level ?? level;
                box.value = level;
                act(pages.setSite(host, next), 'pages_refused');
              }}
            >
              {SITE_LEVELS.map((one) => (
                <option value={one.level}>{words(one.key)}</option>
              ))}
            </select>
            <button
              type="button"
              class="quiet"
              aria-label={words('pages_remove_site', host)}
              onClick={() => {
                act(pages.setSite(host, null));
              }}
            >
              {words('pages_remove')}
            </button>
            {!permitted && (
              <p class="missing">
                {words('pages_site_not_permitted')}{' '}
                <button
                  type="button"
                  onClick={() => {
                    act(pages.setSite(host, level), 'pages_refused');
                  }}
                >
                  {words('permit', host)}
                </button>
              </p>
            )}
          </li>
        ))}
      </ul>
      <Adding
        label={words('pages_add_site')}
        example="example.org"
        add={(typed) => {
          const host = hostIn(typed);
          if (host === null) return false;
          act(pages.setSite(host, 'text'), 'pages_refused');
          return true;
        }}
        say={say}
      />
    </>
  );
}

const CATEGORIES: Record<PagesView['never'][number]['category'], WordKey> = {
  own: 'never_own',
  mail: 'never_mail',
  chat: 'never_chat',
  bank: 'never_bank',
  health: 'never_health',
  government: 'never_government',
  adult: 'never_adult',
  dating: 'never_dating',
  work: 'never_work',
  search: 'never_search',
  account: 'never_account',
};

function Never({ view, pages, say }: PagesProps & { view: PagesView }) {
  const act = acting(say);
  return (
    <>
      {view.never
        .filter(({ entries }) => entries.length > 0)
        .map(({ category, entries }) => (
          <details open={category === 'own'}>
            <summary>
              {words(CATEGORIES[category])} <span class="meta">{count('never_entries', entries.length)}</span>
            </summary>
            <ul class="entries">
              {entries.map((entry) => (
                <li key={entry}>
                  <span>{entry}</span>
                  <button
                    type="button"
                    class="quiet"
                    aria-label={words('pages_remove_site', entry)}
                    onClick={() => {
                      act(pages.removeNever(entry));
                    }}
                  >
                    {words('pages_remove')}
                  </button>
                </li>
              ))}
            </ul>
          </details>
        ))}
      <Adding
        label={words('pages_add_never')}
        example="example.org/family"
        add={async (typed) => (await pages.addNever(typed)) !== null}
        say={say}
      />
      {view.never_changed && (
        <button
          type="button"
          onClick={() => {
            act(pages.restoreNever());
          }}
        >
          {words('pages_restore')}
        </button>
      )}
    </>
  );
}

interface AddingProps {
  label: string;
  example: string;
  /** False where what was typed names no site. */
  add: (typed: string) => boolean | Promise<boolean>;
  say: (text: string) => void;
}

function Adding({ label, example, add, say }: AddingProps) {
  const [typed, setTyped] = useState('');
  return (
    <form
      class="adding"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim() === '') return;
        // Called in the submit itself: a permission may be asked there.
        Promise.resolve(add(typed)).then(
          (taken) => {
            if (taken) setTyped('');
            else say(words('pages_no_host', typed.trim()));
          },
          (error: unknown) => {
            say(inPlainWords(error));
          },
        );
      }}
    >
      <input
        type="text"
        aria-label={label}
        placeholder={example}
        spellcheck={false}
        autocapitalize="off"
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
        }}
      />
      <button type="submit">{words('pages_add')}</button>
    </form>
  );
}

/** In the header's sheet, on an ordinary page: this site alone. */
export function ReadHere({ pages, tab, say, open }: PagesProps & { tab: TabState; open: () => void }) {
  if (tab.state !== 'unsupported' && tab.state !== 'reading' && tab.state !== 'kept') return null;
  const { host } = tab;
  const act = acting(say);
  return (
    <fieldset>
      <legend>{words('pages_title')}</legend>
      <div class="choices">
        {host !== null && (
          <button
            type="button"
            onClick={() => {
              // In the click itself: a browser asks for a permission only then.
              if (tab.state === 'unsupported') act(pages.setSite(host, 'text'), 'pages_refused');
              else act(pages.setSite(host, 'off'));
            }}
          >
            {words(tab.state === 'unsupported' ? 'pages_keep_here' : 'pages_not_here', host.replace(/^www\./u, ''))}
          </button>
        )}
        <button type="button" onClick={open}>
          {words('pages_more')}
        </button>
      </div>
    </fieldset>
  );
}

/** @param refused said where the promise resolves with false. */
function acting(say: (text: string) => void) {
  return (work: Promise<boolean | void>, refused?: WordKey) => {
    work.then(
      (done) => {
        if (done === false && refused !== undefined) say(words(refused));
      },
      (error: unknown) => {
        say(inPlainWords(error));
      },
    );
  };
}

function hostIn(typed: string): string | null {
  const text = typed.trim().replace(/^[a-z]+:\/\//iu, '');
  const host = URL.parse(`https://${text}`)?.hostname ?? null;
  return host?.includes('.') === true ? host : null;
}

/** The one line at the top: is it keeping this? And, behind it, the one place for control. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EngineStatus, ForgetScope } from '../engine/api';
import { BackupLine } from './backups';
import type { PanelEngine } from './connection';
import { Diagnostics } from './diagnostics';
import { Forget, type Place } from './forget';
import { ChevronIcon, GoOnIcon, MenuIcon, NeverIcon, PauseIcon, PencilIcon, StateMark, type MarkShape } from './icons';
import { ReadHere } from './pages';
import { sayPause } from './pause';
import type { PauseLength, Shell, TabState } from './shell';
import { siteHost, sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words, type WordKey } from './words';

interface Said {
  shape: MarkShape;
  /** The line of the header. */
  line: string;
  /** What it means, in the sheet. */
  more: string;
}

export function sayTab(tab: TabState | null): Said {
  if (tab === null) return { shape: 'off', line: words('tab_unknown'), more: words('tab_unknown_more') };
  switch (tab.state) {
    case 'keeping':
      if (tab.trouble !== undefined) {
        const partial = tab.trouble === 'partial';
        return {
          shape: 'broken',
          line: words(partial ? 'tab_partial' : 'tab_disagree'),
          more: words(partial ? 'tab_partial_more' : 'tab_disagree_more', sourceName(tab.site)),
        };
      }
      if (tab.temporary) {
        return {
          shape: 'keeping',
          line: words('tab_keeping_temporary'),
          more: words('tab_keeping_temporary_more'),
        };
      }
      return {
        shape: 'keeping',
        line: words('tab_keeping'),
        more: tab.complete ? count('tab_keeping_whole', tab.turns) : count('tab_keeping_part', tab.turns),
      };
    case 'ready':
      return { shape: 'keeping', line: words('tab_ready', sourceName(tab.site)), more: words('tab_ready_more') };
    case 'broken':
      return {
        shape: 'broken',
        line: words('tab_broken'),
        more: words('tab_broken_more', sourceName(tab.site), tab.detail),
      };
    case 'paused':
      return { shape: 'paused', line: sayPause(tab.until), more: words('tab_paused_more') };
    case 'excluded':
      return { shape: 'off', line: words('tab_excluded'), more: words('tab_excluded_more', tab.host) };
    case 'temporary':
      return { shape: 'off', line: words('tab_temporary'), more: words('tab_temporary_more', sourceName(tab.site)) };
    case 'forgotten':
      return { shape: 'off', line: words('tab_forgotten'), more: words('tab_forgotten_more') };
    case 'not_permitted':
      return { shape: 'broken', line: words('tab_not_permitted'), more: words('tab_not_permitted_more', tab.host) };
    case 'private':
      return { shape: 'off', line: words('tab_private'), more: words('tab_private_more') };
    case 'reading':
      return {
        shape: 'keeping',
        line: words('tab_reading'),
        more: words(tab.level === 'text' ? 'tab_reading_more' : 'tab_reading_address_more'),
      };
    case 'kept':
      return {
        shape: 'keeping',
        line: words('tab_kept'),
        more: words(tab.level === 'text' ? 'tab_kept_more' : 'tab_kept_address_more'),
      };
    case 'unsupported':
      return { shape: 'off', line: words('tab_unsupported'), more: words('tab_unsupported_more') };
  }
}

type MenuView = 'ask' | 'models' | 'settings' | 'history' | 'import' | 'space' | 'about' | 'pages' | 'keys';

const MENU: Array<{ view: MenuView; name: WordKey; key?: string }> = [
  { view: 'ask', name: 'menu_ask' },
  { view: 'models', name: 'models_title' },
  { view: 'settings', name: 'settings_title' },
  { view: 'history', name: 'history_title' },
  { view: 'import', name: 'import_title' },
  { view: 'space', name: 'space_title' },
  { view: 'about', name: 'about_title' },
  { view: 'pages', name: 'pages_title' },
  { view: 'keys', name: 'keys_title', key: '?' },
];

interface HeaderProps {
  engine: PanelEngine;
  shell: Shell;
  tab: TabState | null;
  status: EngineStatus | null;
  connected: boolean;
  forget: (scope: ForgetScope, what: string) => Promise<void>;
  showSource: (source: string) => void;
  show: (view: MenuView | 'note' | 'data') => void;
  copyDiagnostics: (text: string) => void;
  say: (text: string) => void;
}

export function Header(props: HeaderProps) {
  const { tab, status } = props;
  const [open, setOpen] = useState<'control' | 'menu' | null>(null);
  const controlButton = useRef<HTMLButtonElement>(null);
  const menuButton = useRef<HTMLButtonElement>(null);
  const root = useRef<HTMLElement>(null);
  const failed = status?.store.state === 'failed';
  const said = failed ? { shape: 'broken' as const, line: words('store_failed_line') } : sayTab(tab);

  useEffect(() => {
    if (!open) return;
    const away = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setOpen(null);
    };
    document.addEventListener('pointerdown', away);
    return () => {
      document.removeEventListener('pointerdown', away);
    };
  }, [open]);

  const close = () => {
    (open === 'menu' ? menuButton : controlButton).current?.focus();
    setOpen(null);
  };
  return (
    <header
      class="top"
      ref={root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        close();
      }}
    >
      <h1 class="unseen">{words('app_name')}</h1>
      <div class="line">
        <button
          type="button"
          class="status"
          ref={controlButton}
          aria-expanded={open === 'control'}
          aria-controls="control"
          title={words('control_open')}
          onClick={() => {
            setOpen(open === 'control' ? null : 'control');
          }}
        >
          <StateMark shape={said.shape} />
          <span class="said">{said.line}</span>
          <ChevronIcon />
        </button>
        <button
          type="button"
          class="quiet icon-only"
          aria-label={words('note_new')}
          title={words('note_new_key')}
          onClick={() => {
            setOpen(null);
            props.show('note');
          }}
        >
          <PencilIcon />
        </button>
        <Quick {...props} />
        <button
          type="button"
          class="quiet icon-only"
          ref={menuButton}
          aria-expanded={open === 'menu'}
          aria-controls="menu"
          aria-label={words('menu')}
          title={words('menu')}
          onClick={() => {
            setOpen(open === 'menu' ? null : 'menu');
          }}
        >
          <MenuIcon />
        </button>
      </div>
      {open === 'control' && <Control {...props} close={close} />}
      {open === 'menu' && (
        <nav class="drop menu" id="menu" aria-label={words('menu')}>
          {MENU.map(({ view, name, key }) => (
            <button
              key={view}
              type="button"
              onClick={() => {
                setOpen(null);
                props.show(view);
              }}
            >
              {words(name)}
              {key !== undefined && <kbd>{key}</kbd>}
            </button>
          ))}
          <a href="/sidepanel.html" target="_blank" rel="noopener">
            {words('full_tab')}
          </a>
          <a href="/welcome.html" target="_blank" rel="noopener">
            {words('how_it_works')}
          </a>
          <BackupLine
            shell={props.shell}
            documents={status?.documents ?? 0}
            show={() => {
              setOpen(null);
              props.show('data');
            }}
          />
        </nav>
      )}
    </header>
  );
}

/** The site or host that "never here" and "forget this site" are about, or null where there is none. */
function placeOf(tab: TabState | null): { host: string; place: Place } | null {
  if (tab === null) return null;
  if ('site' in tab) return { host: siteHost(tab.site), place: { source: tab.site } };
  return 'host' in tab && tab.host !== null ? { host: tab.host, place: { host: tab.host } } : null;
}

/** One click each: pause and go on, never here and here again. */
function Quick({ shell, tab, say }: HeaderProps) {
  const paused = tab?.state === 'paused';
  const excluded = tab?.state === 'excluded';
  const host = placeOf(tab)?.host ?? null;
  const keeps = tab !== null && ['keeping', 'ready', 'broken', 'reading', 'kept'].includes(tab.state);
  const act = (work: Promise<unknown>, done: string) => {
    work.then(
      () => {
        say(done);
      },
      (error: unknown) => {
        say(inPlainWords(error));
      },
    );
  };
  const pauseName = words(paused ? 'resume' : 'pause_an_hour');
  const neverName = host === null ? '' : words(excluded ? 'allow_site' : 'never_here', host);
  return (
    <>
      {tab?.state !== 'private' && (
        <button
          type="button"
          class="quiet icon-only"
          aria-label={pauseName}
          title={pauseName}
          onClick={() => {
            if (paused) act(shell.resume(), words('resumed'));
            else act(shell.pause('hour'), words('paused_hour'));
          }}
        >
          {paused ? <GoOnIcon /> : <PauseIcon />}
        </button>
      )}
      {host !== null && (keeps || excluded) && (
        <button
          type="button"
          class={excluded ? 'quiet icon-only on' : 'quiet icon-only'}
          aria-label={neverName}
          title={neverName}
          onClick={() => {
            if (excluded) act(shell.allowSite(host), words('allowed_again', host));
            else act(shell.excludeSite(host), words('never_done', host));
          }}
        >
          <NeverIcon />
        </button>
      )}
    </>
  );
}

const PAUSES: Array<{ length: PauseLength; key: WordKey }> = [
  { length: 'hour', key: 'pause_hour' },
  { length: 'restart', key: 'pause_restart' },
  { length: 'until_resumed', key: 'pause_until_resumed' },
];

function Control(props: HeaderProps & { close: () => void }) {
  const { shell, tab, status, say } = props;
  const said = sayTab(tab);
  const [note, setNote] = useState('');
  const act = (work: Promise<unknown>, done?: string) => {
    work.then(
      () => {
        if (done !== undefined) say(done);
      },
      (error: unknown) => {
        say(inPlainWords(error));
      },
    );
  };
  const site = tab && 'site' in tab ? tab.site : null;
  const host = site === null ? null : siteHost(site);
  const place = placeOf(tab)?.place ?? null;
  return (
    <div class="drop control" id="control" role="group" aria-label={words('control')}>
      <p>{said.more}</p>
      {tab?.state === 'not_permitted' && (
        <button
          type="button"
          class="main"
          onClick={() => {
            // In the click itself: a browser asks for a permission only then.
            act(shell.requestPermission(tab.host));
          }}
        >
          {words('permit', tab.host)}
        </button>
      )}
      {(tab?.state === 'unsupported' || tab?.state === 'reading') && tab.host !== null && (
        <form
          class="remember"
          onSubmit={(event) => {
            event.preventDefault();
            act(shell.rememberPage(note.trim() === '' ? undefined : note.trim()), words('remembered'));
            props.close();
          }}
        >
          <input
            type="text"
            aria-label={words('toast_note_label')}
            placeholder={words('remember_note')}
            value={note}
            onInput={(event) => {
              setNote(event.currentTarget.value);
            }}
          />
          <button type="submit" class="main">
            {words('remember_page')}
          </button>
        </form>
      )}
      {tab && (
        <ReadHere
          pages={shell.pages}
          tab={tab}
          say={say}
          open={() => {
            props.close();
            props.show('pages');
          }}
        />
      )}
      {tab && 'diagnostics' in tab && tab.diagnostics && (tab.state === 'broken' || tab.trouble !== undefined) && (
        <Diagnostics diagnostics={tab.diagnostics} copy={props.copyDiagnostics} />
      )}
      {(tab?.state === 'temporary' || (tab?.state === 'keeping' && tab.temporary)) && (
        <>
          <button
            type="button"
            class={tab.state === 'temporary' ? 'main' : undefined}
            onClick={() => {
              act(shell.keepTemporary(tab.state === 'temporary'));
            }}
          >
            {words(tab.state === 'temporary' ? 'temporary_keep' : 'temporary_stop')}
          </button>
          {tab.state === 'keeping' && <p class="soft">{words('temporary_again')}</p>}
        </>
      )}
      {tab?.state === 'forgotten' && (
        <button
          type="button"
          class="main"
          onClick={() => {
            act(shell.keepAgain(tab.site, tab.conversation_id));
          }}
        >
          {words('keep_again')}
        </button>
      )}
      {tab?.state === 'excluded' && (
        <button
          type="button"
          class="main"
          onClick={() => {
            act(shell.allowSite(tab.host));
          }}
        >
          {words('allow_site', tab.host)}
        </button>
      )}
      {tab?.state === 'paused' ? (
        <button
          type="button"
          class="main"
          onClick={() => {
            act(shell.resume());
          }}
        >
          {words('resume')}
        </button>
      ) : (
        tab?.state !== 'private' && (
          <fieldset>
            <legend>{words('pause')}</legend>
            <div class="choices">
              {PAUSES.map(({ length, key }) => (
                <button
                  type="button"
                  onClick={() => {
                    act(shell.pause(length));
                  }}
                >
                  {words(key)}
                </button>
              ))}
            </div>
          </fieldset>
        )
      )}
      {host !== null && tab?.state !== 'forgotten' && tab?.state !== 'temporary' && (
        <fieldset>
          <legend>{words('this_site')}</legend>
          <div class="choices">
            <button
              type="button"
              onClick={() => {
                act(shell.excludeSite(host));
              }}
            >
              {words('never_here', host)}
            </button>
            {site !== null && (
              <button
                type="button"
                onClick={() => {
                  props.showSource(site);
                  props.close();
                }}
              >
                {words('kept_here')}
              </button>
            )}
          </div>
        </fieldset>
      )}
      {status !== null && status.documents + status.outbox_waiting > 0 && (
        <fieldset>
          <legend>{words('forget')}</legend>
          <Forget {...props} places={place === null ? [] : [place]} done={props.close} />
        </fieldset>
      )}
    </div>
  );
}

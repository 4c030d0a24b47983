/** The one sheet of settings: where it keeps, what never, for how long, and forgetting. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EngineStats, EngineStatus, ForgetScope, RetainedKind, Retention } from '../engine/api';
import type { PanelEngine } from './connection';
import { inWords } from './dates';
import { Forget, kindsInWords, type Place } from './forget';
import { StateMark } from './icons';
import { sayPause } from './pause';
import { Sheet } from './sheets';
import type { ControlView, Shell, SiteHealth } from './shell';
import { sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words, type WordKey } from './words';

interface SettingsProps {
  engine: PanelEngine;
  shell: Shell;
  status: EngineStatus | null;
  /** Grows when documents changed. */
  changes: number;
  forget: (scope: ForgetScope, what: string) => Promise<void>;
  say: (text: string) => void;
  back: () => void;
  /** Further sections, each with what it is called; an `open` one is what the user came for. */
  sections?: Array<{ title: string; section: ComponentChildren; open?: boolean }>;
}

export function useControl(shell: Shell): ControlView | null {
  const [view, setView] = useState<ControlView | null>(null);
  useEffect(() => shell.watchControl(setView), [shell]);
  return view;
}

export function Settings({ engine, shell, status, changes, forget, say, back, sections = [] }: SettingsProps) {
  const view = useControl(shell);
  const kept = useKept(engine, changes);
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
  const wanted = useRef<HTMLElement>(null);
  const isThere = view !== null;
  useEffect(() => {
    wanted.current?.focus();
    wanted.current?.scrollIntoView(); // again when what stands above it is there
  }, [isThere]);
  const places: Place[] = [...new Set(kept.map((row) => row.source))].map((source) => ({ source }));
  return (
    <Sheet title={words('settings_title')} back={back}>
      <h3>{words('settings_sites')}</h3>
      {view?.sites.map((site) => (
        <SiteRow
          key={site.site}
          site={site}
          excluded={view.excluded.includes(site.host)}
          allow={() => {
            // In the click itself: a browser asks for a permission only then.
            act(
              shell.requestPermission(site.host).then((given) => {
                if (!given) say(words('site_refused', sourceName(site.site)));
              }),
            );
          }}
        />
      ))}
      <h3>{words('settings_pause')}</h3>
      {view && <Pause view={view} shell={shell} act={act} say={say} />}
      {sections.map(({ title, section, open = false }) => (
        <details class="part" open={open}>
          <summary {...(open ? { ref: wanted } : {})}>{title}</summary>
          {section}
        </details>
      ))}
      <h3>{words('settings_keep')}</h3>
      <Keep engine={engine} say={say} />
      <h3>{words('forget')}</h3>
      <Forget engine={engine} shell={shell} status={status} places={places} forget={forget} say={say} />
    </Sheet>
  );
}

function useKept(engine: PanelEngine, changes: number): EngineStats['by_source'] {
  const [kept, setKept] = useState<EngineStats['by_source']>([]);
  useEffect(() => {
    engine.stats().then((stats) => {
      setKept(stats.by_source);
    }, inPlainWords);
  }, [engine, changes]);
  return kept;
}

const WAYS: Record<NonNullable<SiteHealth['way']>, WordKey> = {
  data: 'site_way_data',
  page: 'site_way_page',
  stream: 'site_way_stream',
};

function sayHealth(health: SiteHealth | null): string {
  if (health === null) return words('site_unread');
  const { state, last_success, way } = health;
  const last = last_success === null ? words('site_never') : words('site_last', inWords(last_success));
  if (state === 'broken') return `${words('site_broken')} ${last}`;
  const by = way === null ? '' : words(WAYS[way]);
  if (state === 'partial') return `${words('site_partial')} ${last} ${by}`.trim();
  if (state === 'disagree') return `${words('site_disagree')} ${last} ${by}`.trim();
  return `${last} ${by}`.trim();
}

function SiteRow({
  site,
  excluded,
  allow,
}: {
  site: ControlView['sites'][number];
  excluded: boolean;
  allow: () => void;
}) {
  const { health } = site;
  const trouble = health?.state === 'broken' || health?.state === 'partial' || health?.state === 'disagree';
  const shape = !site.allowed || excluded ? 'off' : trouble ? 'broken' : 'keeping';
  return (
    <div class="setting">
      <StateMark shape={shape} />
      <div>
        <strong>{sourceName(site.site)}</strong>
        <p class="meta">{site.host}</p>
      </div>
      {site.allowed ? (
        <span class="soft">{words(excluded ? 'site_excluded' : 'site_allowed')}</span>
      ) : (
        <button type="button" class="main" aria-label={words('permit', site.host)} onClick={allow}>
          {words('site_allow')}
        </button>
      )}
      <p class="meta wide">{site.allowed ? sayHealth(health) : words('site_not_allowed')}</p>
    </div>
  );
}

interface PauseProps {
  view: ControlView;
  shell: Shell;
  act: (work: Promise<unknown>, done?: string) => void;
  say: (text: string) => void;
}

function Pause({ view, shell, act, say }: PauseProps) {
  const [typed, setTyped] = useState('');
  return (
    <>
      <div class="choices">
        {view.paused === null ? (
          <>
            <button
              type="button"
              onClick={() => {
                act(shell.pause('hour'), words('paused_hour'));
              }}
            >
              {words('pause_an_hour')}
            </button>
            <button
              type="button"
              onClick={() => {
                act(shell.pause('until_resumed'), words('tab_paused'));
              }}
            >
              {words('pause_until_i_say')}
            </button>
          </>
        ) : (
          <>
            <span class="soft">{sayPause(view.paused.until)}</span>
            <button
              type="button"
              class="main"
              onClick={() => {
                act(shell.resume(), words('resumed'));
              }}
            >
              {words('resume')}
            </button>
          </>
        )}
      </div>
      <p class="soft">{words(view.excluded.length === 0 ? 'never_none' : 'never_list')}</p>
      {view.excluded.length > 0 && (
        <ul class="hosts">
          {view.excluded.toSorted().map((host) => (
            <li key={host}>
              <span>{host}</span>
              <button
                type="button"
                class="quiet"
                aria-label={words('allow_again_on', host)}
                onClick={() => {
                  act(shell.allowSite(host), words('allowed_again', host));
                }}
              >
                {words('allow_again')}
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        class="entry"
        onSubmit={(event) => {
          event.preventDefault();
          const host = typedHost(typed);
          if (host === null) {
            say(words('never_no_host', typed));
            return;
          }
          setTyped('');
          act(shell.excludeSite(host), words('never_done', host));
        }}
      >
        <input
          type="text"
          inputMode="url"
          aria-label={words('never_add')}
          placeholder={words('never_example')}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        <button type="submit" disabled={typed.trim() === ''}>
          {words('never_add')}
        </button>
      </form>
    </>
  );
}

/** The host of what a person typed, an address or just a name; null where there is none. */
export function typedHost(typed: string): string | null {
  const text = typed.trim();
  const url = URL.parse(/^https?:\/\//iu.test(text) ? text : `https://${text}`);
  return url !== null && url.host.includes('.') ? url.host : null;
}

const RETAINED: Array<{ kind: RetainedKind; key: WordKey }> = [
  { kind: 'conversation', key: 'keep_conversations' },
  { kind: 'page', key: 'keep_pages' },
  { kind: 'visit', key: 'keep_visits' },
  { kind: 'note', key: 'keep_notes' },
];
const DAYS = [30, 90, 365];

interface Wanted {
  retention: Retention;
  what: string;
  days: number;
  documents: number;
}

/** How long each kind is kept. What a shorter time would delete is said first, because that cannot be undone. */
export function Keep({ engine, say }: { engine: PanelEngine; say: (text: string) => void }) {
  const [retention, setRetention] = useState<Retention | null>(null);
  /** Kinds whose number of days is being typed. */
  const [custom, setCustom] = useState<ReadonlySet<RetainedKind>>(new Set());
  const [wanted, setWanted] = useState<Wanted | null>(null);
  useEffect(() => {
    engine.retention().then(setRetention, (error: unknown) => {
      say(inPlainWords(error));
    });
  }, [engine]);
  const failed = (error: unknown) => {
    say(inPlainWords(error));
  };
  const apply = (next: Retention) => {
    engine.setRetention(next).then(() => {
      setRetention(next);
      setWanted(null);
      setCustom(new Set());
      say(words('keep_saved'));
    }, failed);
  };
  const change = (kind: RetainedKind, days: number | null) => {
    if (retention === null) return;
    const next = { ...retention, [kind]: days };
    setWanted(null);
    if (days === null) {
      apply(next);
      return;
    }
    // Only this kind: what the others say was counted when they were set.
    const only = { conversation: null, page: null, visit: null, note: null, [kind]: days };
    engine.countRetention(only).then(({ documents, by_kind }) => {
      if (documents === 0) apply(next);
      else setWanted({ retention: next, what: kindsInWords(by_kind), days, documents });
    }, failed);
  };
  if (retention === null) return null;
  return (
    <>
      <p class="soft">{words('keep_more')}</p>
      {RETAINED.map(({ kind, key }) => {
        const days = wanted?.retention[kind] ?? retention[kind];
        const typing = custom.has(kind) || (days !== null && !DAYS.includes(days));
        return (
          <div class="setting keep" key={kind}>
            <label for={`keep-${kind}`}>{words(key)}</label>
            <span class="choices">
              <select
                id={`keep-${kind}`}
                value={typing ? 'custom' : (days ?? 'forever')}
                onChange={(event) => {
                  const { value } = event.currentTarget;
                  setCustom((old) => {
                    const others = [...old].filter((one) => one !== kind);
                    return new Set(value === 'custom' ? [...others, kind] : others);
                  });
                  if (value !== 'custom') change(kind, value === 'forever' ? null : Number(value));
                }}
              >
                <option value="forever">{words('keep_forever')}</option>
                {DAYS.map((option) => (
                  <option value={option}>{count('days', option)}</option>
                ))}
                <option value="custom">{words('keep_custom')}</option>
              </select>
              {typing && (
                <input
                  type="number"
                  min={1}
                  max={36_500}
                  step={1}
                  aria-label={words('keep_days', words(key))}
                  defaultValue={days === null ? '' : String(days)}
                  onChange={(event) => {
                    const typed = event.currentTarget.valueAsNumber;
                    if (Number.isInteger(typed) && typed >= 1) change(kind, typed);
                  }}
                />
              )}
            </span>
          </div>
        );
      })}
      {wanted && (
        <div class="ask" role="group" aria-label={words('settings_keep')}>
          <p role="status">{words('keep_would', wanted.what, count('days', wanted.days))}</p>
          <div class="choices">
            <button
              type="button"
              class="danger"
              onClick={() => {
                apply(wanted.retention);
              }}
            >
              {count('keep_do', wanted.documents)}
            </button>
            <button
              type="button"
              onClick={() => {
                setWanted(null);
                setCustom(new Set());
              }}
            >
              {words('cancel')}
            </button>
          </div>
        </div>
      )}
    </>
  );
}

/** The first run: what it keeps and where, on which sites, and a real search. Each step can be skipped. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PanelEngine } from './connection';
import { StateMark } from './icons';
import { Panel } from './panel';
import type { Shell } from './shell';
import { useControl } from './settings';
import { siteHost, SITES, sourceName } from './sites';
import { inPlainWords } from './trouble';
import { useEngineNews } from './use-engine';
import { words } from './words';
import { BringBack } from './your-data';
import { dataWork } from './your-data-work';

const STEPS = 3;

export function Welcome({ engine, shell }: { engine: PanelEngine; shell: Shell }) {
  const [step, setStep] = useState(1);
  const title = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  useEffect(() => {
    if (moved.current) title.current?.focus();
    moved.current = true;
  }, [step]);
  return (
    <div class="welcome">
      <header>
        <h1>{words('welcome_title')}</h1>
        <p class="hint">{words('welcome_step', step, STEPS)}</p>
      </header>
      <main>
        {step === 1 && (
          <section>
            <Picture />
            <h2 ref={title} tabIndex={-1}>
              {words('welcome_keeps')}
            </h2>
            <p>{words('welcome_keeps_1')}</p>
            <p>{words('welcome_keeps_2')}</p>
            <p>{words('welcome_keeps_3')}</p>
          </section>
        )}
        {step === 2 && (
          <section>
            <h2 ref={title} tabIndex={-1}>
              {words('welcome_sites')}
            </h2>
            <p>{words('welcome_sites_1')}</p>
            <Sites shell={shell} />
          </section>
        )}
        {step === 3 && (
          <section>
            <h2 ref={title} tabIndex={-1}>
              {words('welcome_search')}
            </h2>
            <Trial engine={engine} shell={shell} />
          </section>
        )}
      </main>
      <footer>
        {step > 1 && (
          <button
            type="button"
            onClick={() => {
              setStep(step - 1);
            }}
          >
            {words('welcome_previous')}
          </button>
        )}
        <span class="grow" />
        {step < STEPS && (
          <>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                setStep(STEPS);
              }}
            >
              {words('welcome_skip')}
            </button>
            <button
              type="button"
              class="main"
              onClick={() => {
                setStep(step + 1);
              }}
            >
              {words('welcome_next')}
            </button>
          </>
        )}
      </footer>
    </div>
  );
}

function Sites({ shell }: { shell: Shell }) {
  const view = useControl(shell);
  return (
    <div class="sites">
      {Object.keys(SITES).map((site) => (
        <Site
          key={site}
          site={site}
          shell={shell}
          allowed={view?.sites.find((one) => one.site === site)?.allowed ?? null}
        />
      ))}
    </div>
  );
}

/** @param allowed null until the browser has said. */
function Site({ site, shell, allowed }: { site: string; shell: Shell; allowed: boolean | null }) {
  const [refused, setRefused] = useState(false);
  const host = siteHost(site);
  return (
    <div class="site">
      <div>
        <strong>{sourceName(site)}</strong>
        <p class="meta">{host}</p>
      </div>
      {allowed === true ? (
        <span class="allowed">
          <StateMark shape="keeping" />
          {words('welcome_site_on')}
        </span>
      ) : (
        <button
          type="button"
          class="main"
          aria-label={words('permit', host)}
          disabled={allowed === null}
          onClick={() => {
            // In the click itself: a browser asks for a permission only then.
            shell.requestPermission(host).then(
              (given) => {
                setRefused(!given);
              },
              (error: unknown) => {
                inPlainWords(error);
                setRefused(true);
              },
            );
          }}
        >
          {words('welcome_site_allow')}
        </button>
      )}
      <p role="status">{refused && allowed !== true ? words('welcome_site_refused') : ''}</p>
    </div>
  );
}

function Trial({ engine, shell }: { engine: PanelEngine; shell: Shell }) {
  const { status } = useEngineNews(engine);
  const [keys, setKeys] = useState<string | null>(null);
  useEffect(() => {
    shell.shortcuts().then((all) => {
      setKeys(all.find((shortcut) => shortcut.name === 'open-panel')?.keys ?? null);
    }, inPlainWords);
  }, [shell]);
  const empty = status?.documents === 0;
  // what was brought in is said where it was asked for
  const broughtIn = dataWork(engine, shell).now().state !== 'idle';
  return (
    <>
      <p>{words(empty ? 'welcome_search_none' : 'welcome_search_1')}</p>
      {empty && (
        <div class="choices">
          {Object.keys(SITES).map((site) => (
            <button
              type="button"
              class="main"
              onClick={() => {
                shell.openOriginal(`https://${siteHost(site)}/`).catch(inPlainWords);
              }}
            >
              {words('welcome_open', sourceName(site))}
            </button>
          ))}
        </div>
      )}
      {(empty || broughtIn) && <BringBack engine={engine} shell={shell} />}
      {empty && (
        <p>
          <a href="/sidepanel.html#import" target="_blank" rel="noopener">
            {words('import_offer')}
          </a>
        </p>
      )}
      {keys !== null && <p>{words('welcome_panel_key', keys)}</p>}
      {status !== null && !empty && (
        <div class="trial">
          <Panel engine={engine} shell={shell} bare={true} />
        </div>
      )}
    </>
  );
}

function Picture() {
  return (
    <svg class="picture" viewBox="0 0 360 150" role="img" aria-label={words('welcome_picture')}>
      <g fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round">
        <rect x="6" y="6" width="348" height="138" rx="10" />
        <path d="M6 30h348M18 18h.1M28 18h.1M38 18h.1" />
        <path class="soft" d="M34 52h64v30H62l-14 12V82H34zM46 62h40M46 71h26" />
        <path class="soft" d="M42 104h30l10 10v22H42zM72 104v10h10" />
        <path class="soft" d="M112 70c28 0 30 18 56 20M96 122c34 2 42-14 72-20M162 84l8 6-9 5M160 98l9 4-6 8" />
        <path
          d="M262 62c-14-10-40-12-62-6v66c22-6 48-4 62 6 14-10 40-12 62-6V56c-22-6-48-4-62 6zM262 62v66"
          stroke-width="2"
        />
        <path
          class="soft"
          d="M212 72c12-2 26-1 38 4M212 86c12-2 26-1 38 4M212 100c12-2 26-1 38 4M312 72c-12-2-26-1-38 4M312 86c-12-2-26-1-38 4"
        />
      </g>
    </svg>
  );
}

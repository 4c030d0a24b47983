/** A browser with the built extension that can be killed and started again on the same profile. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../engine/api';
import type { Capture } from '../../engine/capture/types';
import { launchChromium } from '../harness/chromium';
import { launchFirefox } from '../harness/firefox';

export type BrowserName = 'chrome' | 'firefox';

/** The page's globals: see entrypoints/console. */
export interface ConsoleGlobals {
  engine: Engine;
  ask(name: 'capture', capture: Capture): Promise<{ seq: number } | { refused: string }>;
}

export interface Live {
  /** Runs a function in the extension's console page; rejects when the browser is killed meanwhile. */
  evaluate<Input, Output>(run: (input: Input) => Output | Promise<Output>, input: Input): Promise<Output>;
  kill(): Promise<void>;
}

export interface Subject {
  newProfile(): string;
  /**
   * Starts the browser. Resolves when the extension runs; `live` when its console page is there.
   * @param options.model without it the embedder is not there, which makes a start cheaper
   */
  launch(
    profile: string,
    options: { model: boolean; wrapper?: string[] },
  ): Promise<{ kill(): Promise<void>; live: Promise<Live> }>;
  close(): void;
}

/**
 * @param extension the built extension; it is copied, so that a rebuild does not disturb the run
 * @param downloads in Chromium: where files land that the extension saves by itself; it has the permission for it then
 */
export function createSubject(browser: BrowserName, extension: string, proxyPort: number, downloads?: string): Subject {
  if (!existsSync(join(extension, 'manifest.json')))
    throw new Error(`There is no built extension in ${extension}: run npm run build first.`);
  const root = mkdtempSync(join(tmpdir(), 'commonplace-kill-'));
  const copy = join(root, 'extension');
  cpSync(extension, copy, { recursive: true });
  const models = join(copy, 'models');
  const away = join(root, 'models');
  let profiles = 0;
  if (downloads !== undefined) grantDownloads(copy);

  function placeModels(wanted: boolean): void {
    if (wanted && existsSync(away)) renameSync(away, models);
    if (!wanted && existsSync(models)) renameSync(models, away);
  }

  return {
    newProfile: () => join(root, `profile-${++profiles}`),
    async launch(profile, { model, wrapper }) {
      placeModels(model);
      if (downloads !== undefined) sendDownloads(profile, downloads);
      // Puppeteer puts the profile's preferences back some time after a kill, and stumbles when it does so late
      if (browser === 'firefox') await new Promise((resolve) => setTimeout(resolve, 500));
      const running =
        browser === 'chrome'
          ? await launchChromium({
              profile,
              extension: copy,
              proxyPort,
              // compiling Postgres better takes longer than what runs of it between two kills
              args: ['--js-flags=--liftoff-only'],
              ...(wrapper ? { wrapper } : {}),
            })
          : await launchFirefox({ profile, extension: copy, proxyPort });
      if ('context' in running && downloads !== undefined) {
        const session = await running.context.browser()?.newBrowserCDPSession();
        // the driver's own folder otherwise
        await session?.send('Browser.setDownloadBehavior', { behavior: 'default' });
      }
      let die: (why: Error) => void = () => undefined;
      // the drivers leave some calls pending for ever when the browser goes
      const dead = new Promise<never>((_, reject) => (die = reject));
      dead.catch(() => undefined);
      const kill = async () => {
        await running.kill();
        die(new Error('The browser was killed.'));
      };
      const opening = (async (): Promise<Live> => {
        // both drivers' pages evaluate in the same way; their types do not meet
        const page = (await running.open('console.html')) as Pick<Live, 'evaluate'>;
        return { evaluate: (run, input) => Promise.race([page.evaluate(run, input), dead]), kill };
      })();
      const live = Promise.race([opening, dead]);
      live.catch(() => undefined); // a kill may come first; who awaits it is told
      return { kill, live };
    },
    close() {
      rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** As if the user had clicked: no prompt of a browser can be answered here. */
export function grantDownloads(extension: string): void {
  const path = join(extension, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string[]>;
  manifest['permissions']?.push(...(manifest['optional_permissions'] ?? []));
  delete manifest['optional_permissions'];
  writeFileSync(path, JSON.stringify(manifest));
}

/** A download that an extension begins goes where the user's settings say. Before the profile's first start. */
export function sendDownloads(profile: string, downloads: string): void {
  const preferences = join(profile, 'Default', 'Preferences');
  if (existsSync(preferences)) return;
  mkdirSync(join(profile, 'Default'), { recursive: true });
  writeFileSync(
    preferences,
    JSON.stringify({
      extensions: { ui: { developer_mode: true } },
      download: { default_directory: downloads, prompt_for_download: false },
    }),
  );
}

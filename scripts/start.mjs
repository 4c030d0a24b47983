/**
 * `npm start`: from a fresh clone to a browser with the extension in it. Installs what is missing, builds, and opens
 * Chromium with a profile of its own. With no display, or with --demo, shows the main job by itself instead.
 *
 * Usage: npm start [-- --demo] [--profile DIR]     (plain Node: nothing is installed yet when this begins)
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CHROMIUMS, ensureBrowsers, ensurePackages, run } from './prepare.mjs';

const args = process.argv.slice(2);
process.chdir(resolve(import.meta.dirname, '..'));

const hasDisplay =
  process.platform === 'darwin' ||
  process.platform === 'win32' ||
  Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

try {
  ensurePackages();
  ensureBrowsers(['chromium']);
  build();
  const extension = resolve(process.env.WXT_OUTDIR ?? '.output', 'chrome-mv3');
  if (args.includes('--demo') || !hasDisplay) {
    if (!args.includes('--demo')) console.log('\nThere is no display here, so this is the demo.');
    process.exitCode = run('node', ['scripts/run.mjs', 'scripts/demo/demo.ts', extension]);
  } else {
    process.exitCode = await openWindow(extension);
  }
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

/** Quiet unless it fails. */
function build() {
  console.log('Building the extension …');
  const { status, stdout, stderr } = spawnSync('node', ['scripts/build.mjs', 'chrome', '--no-zip'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`${stdout}${stderr}\nThe build failed; see above.`);
}

/** Resolves with the browser's exit code when the user closes it. */
function openWindow(extension) {
  const executable = process.env.COMMONPLACE_CHROMIUM || CHROMIUMS.find((path) => existsSync(path));
  const named = args.indexOf('--profile');
  const profile = resolve(
    named >= 0 && args[named + 1]
      ? args[named + 1]
      : join('.cache', 'profiles', new Date().toISOString().slice(0, 19).replaceAll(':', '-')),
  );
  const preferences = join(profile, 'Default', 'Preferences');
  mkdirSync(join(profile, 'Default'), { recursive: true });
  // without developer mode an extension that was loaded unpacked is switched off when it reloads
  if (!existsSync(preferences))
    writeFileSync(
      preferences,
      JSON.stringify({ extensions: { ui: { developer_mode: true } }, browser: { has_seen_welcome_page: true } }),
    );
  const child = spawn(
    executable,
    [
      `--user-data-dir=${profile}`,
      `--load-extension=${extension}`,
      `--disable-extensions-except=${extension}`,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // a root's Chromium does not start otherwise
      '--no-first-run',
      '--no-default-browser-check',
      'https://chatgpt.com/',
    ],
    { stdio: 'ignore' },
  );
  console.log(`
Commonplace runs in ${executable}.

  Sign in to chatgpt.com in that window and open or begin a conversation: it is kept as it grows.
  Ctrl+Shift+Y (macOS: Command+Shift+Y), or the Commonplace button in the toolbar's puzzle menu, opens the panel.
  Right-click a page, a selection or a link and choose "Remember this" to keep it too.

  Everything is kept in this profile: ${profile}
  Open it again with: npm start -- --profile ${JSON.stringify(profile)}

Close the browser to end.`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'));
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code) => {
      done(code ?? 0);
    });
  });
}

/**
 * What a fresh machine lacks: the npm packages, and a browser. As root on Debian they are installed; elsewhere it is
 * said what to install. Plain Node, because nothing else is there yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

export const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
export const FIREFOXES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/snap/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
];

export function run(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32', ...options }).status ?? 1;
}

export function ensurePackages() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  console.log('Installing npm packages …');
  // onnxruntime-node carries its CPU library; its install script would fetch a GPU one from elsewhere.
  const status = run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (status !== 0) throw new Error('npm ci failed; see above.');
}

const isPresent = (candidates, variable) =>
  Boolean(process.env[variable]) || candidates.some((path) => existsSync(path));

/** @param wanted any of `chromium`, `firefox-esr`, `strace` (Debian package names) */
export function ensureBrowsers(wanted) {
  const missing = wanted.filter((name) => {
    if (name === 'chromium') return !isPresent(CHROMIUMS, 'COMMONPLACE_CHROMIUM');
    if (name === 'firefox-esr') return !isPresent(FIREFOXES, 'COMMONPLACE_FIREFOX');
    return !existsSync(`/usr/bin/${name}`);
  });
  if (missing.length === 0) return;
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    console.log(`Installing ${missing.join(', ')} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    run('apt-get', ['update', '-qq'], { env });
    if (
      run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      }) === 0
    )
      return;
  }
  throw new Error(
    `${missing.join(' and ')} not found. Install them (Debian: apt-get install ${missing.join(' ')}), or set ` +
      'COMMONPLACE_CHROMIUM / COMMONPLACE_FIREFOX to the path of a Chromium / Firefox.',
  );
}

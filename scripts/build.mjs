/**
 * Builds both extensions and their zips: checks the packaged model files against their pinned sha256, makes the
 * prebuilt database unless the one there is of the same making, then runs WXT. Usage: node scripts/build.mjs [chrome|firefox …] [--no-zip|--quick-zip]
 *
 * `--quick-zip` does not compress, for a test of whether they can be made: what is released is made without it.
 */
import { spawnSync } from 'node:child_process';

const args = process.argv.slice(2);
const browsers = args.filter((arg) => !arg.startsWith('-'));
const zip = !args.includes('--no-zip');
const env = args.includes('--quick-zip') ? { ...process.env, COMMONPLACE_ZIP_LEVEL: '0' } : process.env;

function run(command, ...rest) {
  const { status } = spawnSync(command, rest, { stdio: 'inherit', shell: process.platform === 'win32', env });
  if (status !== 0) process.exit(status ?? 1);
}

run('node', 'scripts/run.mjs', 'scripts/check-models.ts');
run('node', 'scripts/run.mjs', 'scripts/build-data-dir.ts');
for (const browser of browsers.length > 0 ? browsers : ['chrome', 'firefox']) {
  run('npx', 'wxt', zip ? 'zip' : 'build', '-b', browser, '--mv3');
}

/**
 * Every suite: lint, format, types, build, unit tests (Node), browser tests (the built extension in real Chromium and
 * Firefox). The last line adds them all up. Usage: npm test [-- unit|browser|static …]
 *
 * Two lanes side by side: a browser test waits more than it works, and leaves the processors to the others meanwhile.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ensureBrowsers, ensurePackages, run } from './prepare.mjs';

const only = process.argv.slice(2);
const wants = (suite) => only.length === 0 || only.includes(suite);
const total = { passed: 0, failed: 0, skipped: 0 };
const rows = [];

function count(suite, passed, failed, skipped, started) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  rows.push(
    `${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped (${Math.round((Date.now() - started) / 1000)} s)`,
  );
}

/** Runs a command and gives its exit status; every line it says carries the suite's name, as the other lane talks too. */
function say(name, command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on('line', (line) => console.log(`${name.padEnd(7)} │ ${line}`));
    child.on('error', (error) => {
      console.log(`${name.padEnd(7)} │ ${error.message}`);
      resolve(1);
    });
    child.on('close', (status) => resolve(status ?? 1));
  });
}

/** A check that is one test: it passes or fails as a whole. */
async function check(name, command, args) {
  const started = Date.now();
  const failed = (await say(name, command, args)) === 0 ? 0 : 1;
  count(name, 1 - failed, failed, 0, started);
  return failed === 0;
}

async function vitest(project) {
  const started = Date.now();
  mkdirSync('.cache', { recursive: true });
  const report = `.cache/vitest-${project}.json`;
  rmSync(report, { force: true });
  const status = await say(project, 'npx', [
    'vitest',
    'run',
    '--project',
    `${project}*`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  let result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.error(`${project} left no report: ${error.message}`);
  }
  // a file that fails to load has no tests of its own to count
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  let failed = result.numFailedTests + broken;
  if (status !== 0 && failed === 0) failed = 1;
  count(project, result.numPassedTests, failed, result.numPendingTests + (result.numTodoTests ?? 0), started);
}

async function source() {
  if (wants('static')) {
    await check('format', 'npx', ['oxfmt', '--check', '.']);
    await check('lint', 'npx', ['oxlint', '.']);
    await check('types', 'npx', ['tsc', '--noEmit']);
  }
  if (wants('unit')) await vitest('unit');
}

async function extension() {
  const built = await check('build', 'node', ['scripts/build.mjs', wants('static') ? '--quick-zip' : '--no-zip']);
  if (wants('browser') && built) await vitest('browser');
}

ensurePackages();
if (wants('browser')) ensureBrowsers(['chromium', 'firefox-esr', 'strace']);
run('npx', ['wxt', 'prepare']);
await Promise.all([source(), extension()]);

console.log(`\n${rows.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);

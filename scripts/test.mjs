/**
 * Every suite, one after another: lint, format, types, build, unit tests (Node), browser tests (the built extension in
 * real Chromium and Firefox). The last line adds them all up. Usage: npm test [-- unit|browser|static …]
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
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

/** A check that is one test: it passes or fails as a whole. */
function check(name, command, args) {
  const started = Date.now();
  console.log(`\n── ${name}`);
  const failed = run(command, args) === 0 ? 0 : 1;
  count(name, 1 - failed, failed, 0, started);
  return failed === 0;
}

function vitest(name, project) {
  const started = Date.now();
  console.log(`\n── ${name}`);
  mkdirSync('.cache', { recursive: true });
  const report = `.cache/vitest-${project}.json`;
  rmSync(report, { force: true });
  const status = run('npx', [
    'vitest',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  let result = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, testResults: [] };
  try {
    result = JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    console.error(`${name} left no report: ${error.message}`);
  }
  // a file that fails to load has no tests of its own to count
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  let failed = result.numFailedTests + broken;
  if (status !== 0 && failed === 0) failed = 1;
  count(name, result.numPassedTests, failed, result.numPendingTests + (result.numTodoTests ?? 0), started);
}

ensurePackages();
if (wants('browser')) ensureBrowsers(['chromium', 'firefox-esr', 'strace']);
run('npx', ['wxt', 'prepare']);

if (wants('static')) {
  check('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']);
  check('lint', 'npx', ['eslint', '.']);
  check('types', 'npx', ['tsc', '--noEmit']);
}
const built = check('build', 'node', ['scripts/build.mjs', ...(wants('static') ? [] : ['--no-zip'])]);
if (wants('unit')) vitest('unit', 'unit');
if (wants('browser') && built) vitest('browser', 'browser');

console.log(`\n${rows.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);

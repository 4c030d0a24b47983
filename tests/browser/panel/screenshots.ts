/**
 * Draws every state at three widths in both themes: `node scripts/run.mjs tests/browser/panel/screenshots.ts [STATE …]`.
 * Writes to screenshots/panel/, which git does not keep.
 */
import { mkdir } from 'node:fs/promises';
import { findChromium } from '../../harness/chromium';
import { EVERYTHING } from './harness/invented';
import { launchToDraw } from './harness/launch';
import { serveHarness } from './harness/serve';
import { reach, STATES } from './states';

const WIDTHS = [320, 400, 720];
const FOLDER = 'screenshots/panel';

export async function main(only: string[]): Promise<void> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('No Chromium was found.');
  const browser = await launchToDraw(executablePath);
  await mkdir(FOLDER, { recursive: true });
  const memories = { full: await serveHarness(EVERYTHING), empty: await serveHarness([]) };
  try {
    for (const state of STATES.filter(({ name }) => only.length === 0 || only.includes(name))) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of WIDTHS) {
          const context = await browser.newContext({
            colorScheme,
            viewport: { width, height: 760 },
            deviceScaleFactor: 2,
          });
          const page = await context.newPage();
          page.setDefaultTimeout(8_000);
          page.on('pageerror', (error) => {
            console.error(state.name, error.message);
          });
          try {
            await reach(page, memories[state.memory].url, state);
          } catch (error) {
            console.error(`${state.name} at ${width}: ${String(error)}`);
          }
          await page.screenshot({ path: `${FOLDER}/${state.name}-${width}-${colorScheme}.png` });
          await context.close();
          // What a state deleted comes back for the next.
          await memories.full.restore();
        }
      }
      console.log(state.name);
    }
  } finally {
    await browser.close();
    await Promise.all([memories.full.close(), memories.empty.close()]);
  }
}

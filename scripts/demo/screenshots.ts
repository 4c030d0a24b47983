/** Pictures of the panel at the widths people give it, light and dark. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningChromium } from '../../tests/harness/chromium';

const WIDTHS = [320, 400, 720];

/** Resolves with how many were taken: the timeline, a search, and the conversation that its first hit is from. */
export async function takeScreenshots(browser: RunningChromium, folder: string, question: string): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let taken = 0;
  const panel = await browser.open('sidepanel.html');
  for (const width of WIDTHS) {
    await panel.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await panel.emulateMedia({ colorScheme });
      const shoot = async (view: string) => {
        await panel.screenshot({ path: join(folder, `${view}-${width}-${colorScheme}.png`) });
        taken++;
      };
      await panel.reload();
      await panel.waitForSelector('.row');
      await shoot('timeline');
      await panel.fill('input', question);
      // the search by meaning follows the one by words
      await panel.waitForTimeout(700);
      await panel.waitForSelector('.row');
      await shoot('search');
      await panel.locator('.row').first().click();
      await panel.waitForTimeout(400);
      await shoot('reading');
    }
  }
  await panel.close();
  return taken;
}

/** Every drawn state, read by axe-core in both themes. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../../harness/chromium';
import { EVERYTHING } from './harness/invented';
import { launchToDraw } from './harness/launch';
import { type Harness, serveHarness } from './harness/serve';
import { reach, STATES } from './states';

const executablePath = findChromium();

describe.skipIf(executablePath === null)('axe finds nothing to say of', () => {
  let browser: Browser;
  /** One for all: each state is loaded anew, and a page of its own would start a process for it first. */
  let page: Page;
  let source: string;
  let memories: Record<'full' | 'empty', Harness>;

  beforeAll(async () => {
    source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    memories = { full: await serveHarness(EVERYTHING), empty: await serveHarness([]) };
    browser = await launchToDraw(executablePath);
    page = await browser.newPage({ viewport: { width: 320, height: 760 }, reducedMotion: 'reduce' });
    page.setDefaultTimeout(60_000);
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([memories.full.close(), memories.empty.close()]);
  });

  it.each(STATES.map((state) => [state.name, state] as const))('%s', async (_, state) => {
    try {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 320, height: 760 });
      await reach(page, memories[state.memory].url, state);
      await page.evaluate(source);
      for (const [colorScheme, width, rules] of [
        ['light', 320, ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']],
        // the same page: what differs is its colours and how wide it is
        ['dark', 400, ['color-contrast', 'link-in-text-block', 'target-size']],
      ] as const) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 760 });
        const violations = await page.evaluate(
          async (runOnly) => {
            // what passes is not asked for: describing it takes longer than finding it
            const resultTypes: axe.resultGroups[] = ['violations'];
            const found = await (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly, resultTypes });
            return found.violations.map(
              ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
            );
          },
          [...rules],
        );
        expect(violations, colorScheme).toEqual([]);
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
          'too wide',
        ).toBeLessThanOrEqual(0);
      }
    } finally {
      // What a state deleted is there again for the next.
      await memories[state.memory].restore();
    }
  });
});

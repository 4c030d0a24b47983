/**
 * Draws the extension's icon: a book's open spread in two strokes, its state told by shape. Writes the SVG sources and the
 * PNGs to public/icon, by headless Chromium. Run after a change: `node scripts/icons.mjs [path of Chromium]`.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const FOLDER = new URL('../public/icon/', import.meta.url);
const SIZES = [16, 32, 48, 128];

/** One blue that stands out from light and dark toolbars alike. */
const INK = '#3a80b3';

const LEFT = 'M8 3.6C6.4 2.3 4 2 1.4 2.6v9.8c2.6-.6 5-.3 6.6 1z';
const RIGHT = 'M8 3.6c1.6-1.3 4-1.6 6.6-1v9.8c-2.6-.6-5-.3-6.6 1z';
const stroke = (d, more = '') =>
  `<path d="${d}" fill="none" stroke="${INK}" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"${more}/>`;

const badge = (inner) => `<g>${inner}</g>`;
const hole = (x, y, r) =>
  `<mask id="m"><rect width="16" height="16" fill="#fff"/><circle cx="${x}" cy="${y}" r="${r}" fill="#000"/></mask>`;

const SHAPES = {
  // Solid pages with the fold cut out.
  keeping: `<path d="${LEFT}" fill="${INK}" stroke="${INK}" stroke-width="1.2" stroke-linejoin="round" transform="translate(-.55 0) scale(.94 1)"/><path d="${RIGHT}" fill="${INK}" stroke="${INK}" stroke-width="1.2" stroke-linejoin="round" transform="translate(1.51 0) scale(.94 1)"/>`,
  off: stroke(LEFT) + stroke(RIGHT),
  paused: `${hole(12, 11.5, 4.9)}<g mask="url(#m)">${stroke(LEFT)}${stroke(RIGHT)}</g>${badge(
    `<path d="M10.4 9v5.5M13.8 9v5.5" stroke="${INK}" stroke-width="2" stroke-linecap="round"/>`,
  )}`,
  // A stroke through it: not kept here.
  never: `<mask id="m"><rect width="16" height="16" fill="#fff"/><path d="M2 14.5 14 1.5" stroke="#000" stroke-width="4.4"/></mask><g mask="url(#m)">${stroke(LEFT)}${stroke(RIGHT)}</g>${stroke('M2 14.5 14 1.5')}`,
  // Not allowed yet.
  ask: `${hole(11.8, 11.2, 5)}<g mask="url(#m)">${stroke(LEFT)}${stroke(RIGHT)}</g>${badge(
    `<path d="M9.7 9.3c0-2.9 4.3-2.7 4.3-.1 0 1.6-2.1 1.7-2.1 3.1M11.9 14.6v.05" fill="none" stroke="${INK}" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/>`,
  )}`,
  broken: `${hole(11.8, 11.5, 5)}<g mask="url(#m)">${stroke(LEFT)}${stroke(RIGHT)}</g>${badge(
    `<circle cx="11.8" cy="11.5" r="4.1" fill="${INK}"/><path d="M11.8 9.2v2.6M11.8 13.6v.05" stroke="#fff" stroke-width="1.4" stroke-linecap="round"/>`,
  )}`,
};

const svg = (shape) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16" height="16">${SHAPES[shape]}</svg>`;

const browser = await chromium.launch({
  executablePath: process.argv[2] ?? process.env.COMMONPLACE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic'],
});
try {
  await mkdir(FOLDER, { recursive: true });
  const page = await browser.newPage();
  for (const shape of Object.keys(SHAPES)) {
    await writeFile(new URL(`${shape}.svg`, FOLDER), `${svg(shape)}\n`);
    for (const size of SIZES) {
      await page.setViewportSize({ width: size, height: size });
      await page.setContent(
        `<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg(shape)}`,
      );
      const png = await page.screenshot({ omitBackground: true });
      await writeFile(new URL(`${shape}-${size}.png`, FOLDER), png);
      // The one the browser shows in its lists of extensions.
      if (shape === 'keeping') await writeFile(new URL(`${size}.png`, FOLDER), png);
    }
  }
  await page.setViewportSize({ width: 720, height: 300 });
  const rows = ['#ffffff', '#202124'].map(
    (paper) =>
      `<div style="background:${paper};padding:12px;display:flex;gap:16px;align-items:center">${Object.keys(SHAPES)
        .flatMap((shape) =>
          [16, 32, 96].map((size) => svg(shape).replace('width="16" height="16"', `width="${size}" height="${size}"`)),
        )
        .join('')}</div>`,
  );
  if (process.argv[3]) {
    await page.setContent(rows.join(''));
    await page.screenshot({ path: process.argv[3] });
  }
} finally {
  await browser.close();
}

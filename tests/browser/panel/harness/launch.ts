import { type Browser, chromium } from 'playwright-core';

/** A headless Chromium without the extension, to draw the panel in. */
export function launchToDraw(executablePath: string | null): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? '',
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-quic', '--disable-background-networking'],
  });
}

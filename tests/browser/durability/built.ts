import { join } from 'node:path';

/** The extension as the build left it. */
export function built(browser: 'chrome' | 'firefox'): string {
  return join(import.meta.dirname, '../../../.output', `${browser}-mv3`);
}

/** A fixed seed finds the same faults again and again; another each time finds new ones. It is in the failure's text. */
export function seedOfToday(): number {
  return Number(process.env.COMMONPLACE_SEED ?? Date.now() % 1_000_000);
}

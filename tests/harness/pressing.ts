/** A tab used as a person uses it: by what is written on things, once they are there. */
import { type Tab, until } from './browser';

/** A start of the browser, a model and a whole import may lie before it, on a machine that does other work. */
const PATIENCE_MS = 150_000;

/**
 * Clicks what is named so, or else the first thing whose name begins so, once it is there and can be clicked. Drawn anew
 * between the look and the click, it is looked for again.
 *
 * @param where `within`: a selector around it; `beside`: what the entry or question says that it stands in.
 */
export async function press(tab: Tab, name: string, where: { within?: string; beside?: string } = {}): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    await until(
      () => mark(tab, name, where),
      (there) => there,
      PATIENCE_MS,
    );
    try {
      await tab.click('[data-press]');
      return;
    } catch (error) {
      const still = await tab.evaluate(() => document.querySelector('[data-press]') !== null, null);
      if (still || performance.now() > deadline) throw error;
    }
  }
}

/** Marks what is to be clicked, and nothing else, with `data-press`; whether it is there. */
function mark(tab: Tab, name: string, where: { within?: string; beside?: string }): Promise<boolean> {
  return tab.evaluate(
    ({ wanted, within, beside }) => {
      for (const old of document.querySelectorAll('[data-press]')) old.removeAttribute('data-press');
      const named = (one: Element) => one.getAttribute('aria-label') ?? one.textContent.trim();
      const found = [...document.querySelectorAll(`${within} :is(button, label, summary)`)].filter(
        (one) =>
          named(one).startsWith(wanted) &&
          one.checkVisibility() &&
          one.closest('[inert]') === null &&
          (beside === '' || (one.closest('.ask, li')?.textContent ?? '').includes(beside)) &&
          !(one instanceof HTMLButtonElement && one.disabled),
      );
      const chosen = found.find((one) => named(one) === wanted) ?? found[0];
      chosen?.setAttribute('data-press', '');
      return chosen !== undefined;
    },
    { wanted: name, within: where.within ?? 'body', beside: where.beside ?? '' },
  );
}

/** Waits until the page says this. */
export async function reads(tab: Tab, text: string): Promise<void> {
  await until(
    () => tab.evaluate(() => document.body.innerText, null),
    (shown) => shown.includes(text),
    PATIENCE_MS,
  );
}

/** What each of these elements says. */
export function textsOf(tab: Tab, selector: string): Promise<string[]> {
  return tab.evaluate((one) => [...document.querySelectorAll(one)].map(({ textContent }) => textContent), selector);
}

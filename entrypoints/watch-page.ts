/**
 * Waits in a page until it was really read, and says so. Registered only where the user turned that on; reads nothing
 * but how long and how far, and after some seconds how many words there are. The text is read by another script, once.
 */
import { browser } from 'wxt/browser';
import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
// not through the index: the list of sites would come along, into every page
import { canonicalAddress } from '../engine/capture/address';
import { keptAddress } from '../engine/capture/pages/addresses';
import { isRead, PDF_SECONDS, startReading } from '../engine/capture/pages/reading';
import { judgePage } from '../engine/capture/pages/suitable';
import { ask, PAGES_CHANGED } from './shell/messages';

declare global {
  var commonplaceWatching: AbortController | undefined;
}

const LOOK_EVERY_MS = 1_000;
/** The page is judged when it has been looked at for this long, and again: it may still be drawing itself. */
const JUDGED_AFTER_SECONDS = [5, 15];
const RETRY_AFTER_MS = [2_000, 10_000, 60_000];
const SIGNS_OF_LIFE = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'touchmove'];

export default defineUnlistedScript(() => {
  globalThis.commonplaceWatching?.abort();
  const watching = new AbortController();
  globalThis.commonplaceWatching = watching;
  const { signal } = watching;

  /** Of the page that is followed: an application may show another without loading one. */
  let address: string | null = null;
  let page = new AbortController();

  function follow(): void {
    if (!browser.runtime?.id) {
      watching.abort(); // the extension was updated or removed
      return;
    }
    const now = keptAddress(location.href);
    if (now === address) return;
    address = now;
    begin();
  }
  function begin(): void {
    page.abort();
    page = new AbortController();
    const both = AbortSignal.any([signal, page.signal]);
    waitUntilRead(both, follow).catch((error: unknown) => {
      if (!both.aborted) console.debug('commonplace: the page is not watched', error);
    });
  }

  const onMessage = (message: unknown) => {
    if (message === PAGES_CHANGED) begin();
  };
  browser.runtime.onMessage.addListener(onMessage);
  signal.addEventListener('abort', () => {
    page.abort();
    if (browser.runtime?.id) browser.runtime.onMessage.removeListener(onMessage);
  });
  addEventListener('popstate', follow, { signal });
  addEventListener('hashchange', follow, { signal });
  // Older Firefox does not tell of `history.pushState`; what follows a click there is looked at a second later.
  const { navigation } = globalThis as { navigation?: EventTarget };
  if (navigation) navigation.addEventListener('currententrychange', follow, { signal });
  else addEventListener('click', () => setTimeout(follow, 1_000), { signal, passive: true, capture: true });
  if ((document as { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', follow, { signal, once: true });
  else follow();

  async function waitUntilRead(until: AbortSignal, moved: () => void): Promise<void> {
    const { href } = location;
    const { level, off } = await ask('mayKeepPage', { url: href });
    if (until.aborted) return;
    if (off) watching.abort();
    if (level === null) return;

    const done = new AbortController();
    const alive = AbortSignal.any([until, done.signal]);
    const clock = startReading();
    const now = () => performance.now() / 1_000;
    let lastActive = now();
    let words: number | null = null;
    let judged = 0;
    let place: number | null = null;
    const pdf = document.contentType === 'application/pdf';

    const options = { signal: alive, passive: true, capture: true };
    const onLife = () => void (lastActive = now());
    for (const name of SIGNS_OF_LIFE) addEventListener(name, onLife, options);
    addEventListener(
      'scroll',
      ({ target }) => {
        onLife();
        const box = target === document ? document.scrollingElement : target;
        if (box instanceof Element && box.clientHeight > innerHeight / 2)
          place = Math.max(place ?? 0, placeIn(box) ?? 0);
      },
      options,
    );

    function judge(): void {
      if (alive.aborted) return;
      const verdict = judgePage(document);
      if (verdict.suitable) {
        words = verdict.words;
        if (document.scrollingElement) place ??= placeIn(document.scrollingElement);
      } else if (verdict.why !== 'few_words' || judged >= JUDGED_AFTER_SECONDS.length) {
        done.abort();
        report(ask('pageUnsuitable', { url: href }));
      }
    }
    function look(): void {
      moved();
      if (alive.aborted) return;
      clock.look({
        at: now(),
        visible: document.visibilityState === 'visible',
        focused: document.hasFocus(),
        lastActive,
        scrolled: place,
      });
      const seconds = clock.seconds();
      const scrolled = clock.scrolled();
      if (pdf) {
        if (seconds >= PDF_SECONDS) tell(seconds);
      } else if (words === null && seconds >= (JUDGED_AFTER_SECONDS[judged] ?? Infinity)) {
        judged += 1;
        requestIdleCallback(judge, { timeout: 1_000 });
      } else if (words !== null && isRead({ seconds, words, scrolled })) tell(seconds);
    }
    function tell(seconds: number): void {
      done.abort();
      const canonical = canonicalAddress(document, href);
      const read = { url: href, canonical, title: document.title, seconds, pdf };
      report(persevere(() => ask('pageRead', read), until));
    }

    // no clock runs in a page that nobody sees
    let timer: ReturnType<typeof setInterval> | null = null;
    const run = () => {
      const visible = document.visibilityState === 'visible' && !alive.aborted;
      if (visible && timer === null) timer = setInterval(look, LOOK_EVERY_MS);
      if (!visible && timer !== null) {
        clearInterval(timer);
        timer = null;
        if (!alive.aborted) look(); // the step that ends here does not count
      }
    };
    document.addEventListener('visibilitychange', run, { signal: alive });
    alive.addEventListener('abort', run);
    run();
  }

  function report(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!signal.aborted) console.debug('commonplace: the background was not told', error);
    });
  }
});

/** The background may be ended in the midst of it; a page that was read is not lost for that. */
async function persevere(work: () => Promise<unknown>, until: AbortSignal): Promise<void> {
  for (const wait of RETRY_AFTER_MS) {
    try {
      await work();
      return;
    } catch (error) {
      until.throwIfAborted();
      console.debug('commonplace: not kept yet', error);
      await new Promise((resolve) => setTimeout(resolve, wait));
      until.throwIfAborted();
    }
  }
  await work();
}

/** How far down, 0 to 1; null where nothing scrolls. */
function placeIn(box: Element): number | null {
  const room = box.scrollHeight - box.clientHeight;
  return room < box.clientHeight / 10 ? null : box.scrollTop / room;
}

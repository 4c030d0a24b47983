/**
 * Watches one page of an AI site: hears what the page fetches, reads the page itself where that is all there is, and
 * delivers each conversation as it grows. What follows from what was heard is {@link liveConversation}'s affair; here
 * is only when to listen and when to read.
 *
 * @remarks The page shares its main thread with us. Bodies are parsed when it is idle; the page is read only when it
 * has been quiet, and while an answer streams in only once, for the question.
 */
import { browser } from 'wxt/browser';
import {
  addressKind,
  type Adapter,
  type CapturedConversation,
  diagnose,
  liveConversation,
  type LiveEvent,
  type LiveView,
} from '../../engine/capture';
import { EngineError } from '../../engine/errors';
import { RateLimitedError } from '../../engine/history';
import { createSiteAsk, thisPage } from './ask-site';
import { deliver } from './deliver';
import { ask, type PageReport } from './messages';
import { type FromPage, type FromReader, OFFER } from './page-wire';

/** The page must have been still this long before it is read… */
const QUIET_MS = 600;
/** …but a page that never rests is read this often. */
const LONGEST_UNREAD_MS = 5_000;
/** A page whose address names a conversation has this long to show or fetch one before it counts as broken. */
const PATIENCE_MS = 12_000;
/** After an answer began: time for the page to draw the question. */
const QUESTION_DRAWN_MS = 400;

export function watchConversations(adapter: Adapter, signal: AbortSignal): void {
  const live = liveConversation(adapter);
  const streaming = new Set<string>();
  /** Turns that were said while we watched: the page names no time for them, the clock does. */
  const saidAt = new Map<string, string>();
  let watchedStream = false;
  /** The user asked to keep the temporary chat at this address. */
  let keepsTemporary = false;
  /** What its stream called it, or else its reading: one name for as long as it is shown. */
  let temporaryId: string | null = null;
  let arrived = performance.now();
  let href = '';
  let turns = 0;
  let reported = '';

  async function observe(event: LiveEvent): Promise<void> {
    const view = live.observe(event);
    await Promise.all(view.changed.map((conversation) => send(timed(conversation))));
    await report(view);
    completeSoon(view.wanted);
  }

  // --- what the page did not show
  let completion: ReturnType<typeof setTimeout> | null = null;
  let completing = false;

  /** The site is asked itself, in this tab's session, only where the page did not show everything; see privacy.md. */
  function completeSoon(wanted: LiveView['wanted']): void {
    if (completion !== null) clearTimeout(completion);
    completion = null;
    if (wanted === null || completing || signal.aborted) return;
    completion = setTimeout(
      () => {
        completion = null;
        inBackground(complete(), 'the rest of the conversation could not be read');
      },
      Math.max(0, wanted.notBefore - Date.now()),
    );
  }

  async function complete(): Promise<void> {
    const { wanted } = live.view();
    if (wanted === null || completing || wanted.notBefore > Date.now() || !(await allowed())) return;
    completing = true;
    try {
      await history.read(wanted.conversationId);
    } catch (error) {
      signal.throwIfAborted();
      console.debug('commonplace: the site did not give the rest of the conversation', error);
      const retryAfterMs = error instanceof RateLimitedError ? Math.max(0, error.retryAt - Date.now()) : null;
      await observe({ type: 'failed', conversationId: wanted.conversationId, retryAfterMs });
    } finally {
      completing = false;
    }
    completeSoon(live.view().wanted);
  }

  const askSite = createSiteAsk(adapter, signal);
  const history = adapter.openHistory(thisPage(), async (request) => {
    const askedAt = Date.now();
    const text = await askSite(request);
    // Our own reads say what the page's would have said.
    const { url, method } = request;
    const asked = adapter.wire.classifyRequest(url, method, request.body ?? null);
    if (asked !== null) {
      const body = parsed(text);
      if (body !== undefined) await observe({ type: 'body', url, method, body, before: asked.before, askedAt });
    }
    return text;
  });

  /** Undefined for an error page or an answer cut short: what there is, the page itself will show. */
  function parsed(text: string): unknown {
    try {
      return adapter.parseBody(text);
    } catch (error) {
      console.debug('commonplace: a response was not JSON', error);
      return undefined;
    }
  }

  async function follow(): Promise<void> {
    if (location.href === href) return;
    href = location.href;
    arrived = performance.now();
    turns = 0;
    temporaryId = null;
    setTimeout(readPageSoon, PATIENCE_MS + 100);
    await observe({ type: 'navigated', url: href });
  }

  /** Asked before anything is read, so that a paused page is left alone and not merely not stored. */
  async function allowed(): Promise<boolean> {
    const answer = await ask('mayCapture', { url: location.href });
    keepsTemporary = answer.allowed && answer.temporary === true;
    return answer.allowed;
  }

  // --- what the page fetches
  const { port1: port, port2: offered } = new MessageChannel();
  port.onmessage = ({ data }: MessageEvent<FromPage>) => {
    inBackground(
      hear(data).then(() => {
        port.postMessage({ type: 'ack', id: data.id } satisfies FromReader);
      }),
      'what the page fetched could not be read',
    );
  };
  // The observer was installed before any script of the page and stops this message from reaching one.
  window.postMessage(OFFER, location.origin, [offered]);

  async function hear(message: FromPage): Promise<void> {
    await follow();
    switch (message.type) {
      case 'body':
        await readBody(message);
        break;
      case 'too_large':
        break;
      case 'mutation':
        await observe({ type: 'body', url: message.url, method: message.method, body: null });
        break;
      case 'stream': {
        if (message.news.ended) streaming.delete(message.stream);
        else streaming.add(message.stream);
        watchedStream = true;
        const { conversationId } = adapter.classifyRequest(message.url, 'POST') ?? { conversationId: null };
        const news = { ...message.news, conversationId: message.news.conversationId ?? conversationId };
        if (temporaryId === null && keepsTemporary) temporaryId = news.conversationId;
        if (await allowed()) await observe({ type: 'stream', streamId: message.stream, news });
        if (!message.news.ended) setTimeout(readPageNow, QUESTION_DRAWN_MS);
      }
    }
    readPageSoon();
  }

  async function readBody({ url, method, before, askedAt, bytes }: Extract<FromPage, { type: 'body' }>): Promise<void> {
    await idle();
    if (!(await allowed())) return;
    const body = parsed(new TextDecoder().decode(bytes));
    if (body !== undefined) await observe({ type: 'body', url, method, body, before, askedAt });
  }

  // --- the page itself
  let timer: ReturnType<typeof setTimeout> | null = null;
  let unreadSince: number | null = null;

  function readPageSoon(): void {
    const now = performance.now();
    unreadSince ??= now;
    if (timer !== null) clearTimeout(timer);
    timer = setTimeout(readPageNow, Math.max(0, Math.min(QUIET_MS, unreadSince + LONGEST_UNREAD_MS - now)));
  }

  function readPageNow(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    unreadSince = null;
    inBackground(readPage(), 'the page could not be read');
  }

  async function readPage(): Promise<void> {
    if (signal.aborted) return;
    await idle();
    if (location.href !== href) {
      await follow();
      readPageSoon(); // what stands here now may still be the page before
      return;
    }
    const address = adapter.classifyPage(href);
    const temporary = address?.temporary === true || live.view().blocked === 'temporary';
    // Without an id in the address there is nothing to file a turn under; it comes with the first answer.
    const readable = address?.supported === true && !address.share && (temporary || address.conversationId !== null);
    if (!readable || !(await allowed()) || (temporary && !keepsTemporary)) {
      await report(live.view());
      return;
    }
    const url = href;
    if (temporary) live.observe({ type: 'temporary-allowed' });
    const result = adapter.readDom(document, url, temporary ? { temporary, conversationId: temporaryId } : {});
    if (temporary) temporaryId ??= result.conversations[0]?.id ?? null;
    if (watchedStream) {
      for (const { id } of result.conversations[0]?.messages ?? []) {
        if (!saidAt.has(id)) saidAt.set(id, new Date().toISOString());
      }
    } else for (const { id } of result.conversations[0]?.messages ?? []) saidAt.set(id, '');
    await observe({ type: 'dom', url, result });
  }

  function timed(conversation: CapturedConversation): CapturedConversation {
    const messages = conversation.messages.map((message) => ({
      ...message,
      created_at: message.created_at ?? (saidAt.get(message.id) || null),
    }));
    return { ...conversation, messages };
  }

  async function send(conversation: CapturedConversation): Promise<void> {
    const delivered = await deliver(conversation, signal);
    if ('refused' in delivered) return;
    if (conversation.id !== (adapter.classifyPage(location.href)?.conversationId ?? temporaryId)) return;
    turns = Math.max(turns, conversation.messages.filter((message) => message.on_active_branch).length);
  }

  /** Tells the background what is seen here, when it changed. */
  async function report(view: LiveView): Promise<void> {
    const address = adapter.classifyPage(location.href);
    if (!address) return;
    const id = address.share ? null : address.conversationId;
    const overdue = performance.now() - arrived > PATIENCE_MS;
    const temporary = view.blocked === 'temporary' || address.temporary || temporaryId !== null;
    const { strategies } = view;
    const looked = { expected: id !== null && !temporary, settled: overdue && streaming.size === 0, strategies };
    const disagreement = looked.expected && looked.settled ? live.disagreement() : null;
    const { state, reasons } = diagnose({ ...looked, disagreement });
    const now: PageReport = {
      site: adapter.site,
      url: location.href,
      conversation_id: id,
      turns,
      complete: view.current?.complete ?? false,
      temporary,
      broken:
        state === 'broken' ? `${strategies.dom.turns_seen} turns in the page, no response that could be read` : null,
      health: {
        site: adapter.site,
        state,
        reasons,
        address_kind: addressKind(location.href),
        at: '',
        strategies,
        disagreement,
        last_success: null,
        version: browser.runtime.getManifest().version,
        browser: browserName(navigator.userAgent),
      },
    };
    const print = JSON.stringify(now);
    if (print === reported) return;
    reported = print;
    const at = new Date().toISOString();
    await ask('reportPage', now.health ? { ...now, health: { ...now.health, at } } : now);
  }

  const observer = new MutationObserver(() => {
    if (streaming.size === 0) readPageSoon();
  });
  const start = () => {
    observer.observe(document.documentElement, { childList: true, subtree: true, characterData: true });
    inBackground(follow(), 'the page could not be followed');
    readPageSoon();
  };
  // at document_start there may be no root element yet
  if (document.documentElement) start();
  else document.addEventListener('readystatechange', start, { once: true });

  signal.addEventListener('abort', () => {
    observer.disconnect();
    port.close();
    if (timer !== null) clearTimeout(timer);
    if (completion !== null) clearTimeout(completion);
  });

  function inBackground(work: Promise<void>, what: string): void {
    work.catch((error: unknown) => {
      const { code } = EngineError.from(error);
      if (!signal.aborted && code !== 'aborted') console.debug(`commonplace: ${what}`, error);
    });
  }
}

/** `Firefox 153`, `Chrome 156`. */
function browserName(agent: string): string {
  const [, name, version] = /(Firefox|Edg|OPR|Chrome)\/(\d+)/u.exec(agent) ?? [];
  return name === undefined ? 'unknown' : `${name} ${version ?? ''}`;
}

/** Resolves when the page has nothing urgent to do, within a second. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    requestIdleCallback(
      () => {
        resolve();
      },
      { timeout: 1_000 },
    );
  });
}

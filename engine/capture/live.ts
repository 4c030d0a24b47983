/**
 * What is known of the conversations of one tab, from what the page fetched and what it shows.
 *
 * Feed it events in the order they are seen; it says which captures changed and what, if anything, is worth reading
 * again. The site's JSON is preferred; what only the page shows yet (a question just asked, an answer being written)
 * is added to it until the JSON has caught up. A virtualised list, a late response, a response for another
 * conversation or the same event twice never makes a capture shorter, older or mixed.
 */
import type { Adapter, DomReadResult, PageHealth } from './adapters/_adapter';
import type { Holding } from './adapters/_holding';
import type { ObservedRequest, StreamNews } from './adapters/_stream';
import { stableHash } from './hash';
import { compareReadings, type Disagreement, type Strategies } from './health';
import { asArray } from './json';
import type { CapturedConversation, CapturedMessage } from './types';
import { inParentsOrder, turnOf } from './order';
import { lettersOf, saysTheSame } from './words';

export type LiveEvent =
  /** The tab shows this address now (also the first one). */
  | { type: 'navigated'; url: string }
  /**
   * A response of the page, or of our own read of it, parsed. `before`: the cursor it was asked with, where the address
   * does not say it and what was sent was seen. `askedAt`: when it was asked for (ms since the epoch, this machine's
   * clock), null where that was not seen: what the page came to show after that, it need not know.
   */
  | { type: 'body'; url: string; method: string; body: unknown; before?: string | null; askedAt?: number | null }
  /**
   * The user asked that the temporary chat which the page shows be kept. Its address names no conversation, or one that
   * would be passed over; it goes by the id that its reading has.
   */
  | { type: 'temporary-allowed' }
  /** The page as it was read just now. */
  | { type: 'dom'; url: string; result: DomReadResult }
  /** An answer is being written. `streamId` is the caller's own name for the stream. */
  | { type: 'stream'; streamId: string; news: StreamNews }
  /** The stream's connection closed, however it ended. */
  | { type: 'stream-closed'; streamId: string }
  /** A read that was wanted failed. `retryAfterMs` is what the site asked for (429), null where it did not. */
  | { type: 'failed'; conversationId: string; retryAfterMs: number | null };

type BodyEvent = Extract<LiveEvent, { type: 'body' }>;

/** A conversation that is worth reading from the site once more: the page did not show all of it. */
export interface Wanted {
  conversationId: string;
  reason: 'stream-ended' | 'changed' | 'never-seen' | 'older-pages';
  /** Not before this time (ms since the epoch): the page itself may fetch it, or the site asked to wait. */
  notBefore: number;
}

export interface LiveView {
  /** Captures that differ from what was given before: the open conversation, or one that was open. */
  changed: CapturedConversation[];
  /** The open conversation as far as it is known. */
  current: CapturedConversation | null;
  /** Why nothing is captured here, although the page shows a conversation. */
  blocked: 'temporary' | null;
  wanted: Wanted | null;
  /** Of the last look at the page. */
  health: PageHealth | null;
  /** What each way of reading has given for the open conversation, in counts. */
  strategies: Strategies;
}

export interface LiveConversation {
  observe(event: LiveEvent): LiveView;
  /** The view without an event, e.g. to ask for `wanted` again. */
  view(): LiveView;
  /** Where the site's JSON and the page differ for the open conversation; null where they agree or one is missing. */
  disagreement(): Disagreement | null;
}

export interface LiveOptions {
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** Conversations that are remembered for a tab. */
const MAX_CONVERSATIONS = 12;
/** The page is given this long to fetch a conversation itself. */
const GRACE_MS = 4_000;
/**
 * After an answer or a change the conversation is read again when nothing more has happened for this long: sites count
 * such reads (ChatGPT refills about one a minute), and the page has shown the words already.
 */
const SETTLE_MS = 15_000;
const MAX_FAILURES = 4;
const RETRY_MS = 30_000;

interface Stream {
  conversationId: string | null;
  /** The conversation that was open when it began: its own until it names another. */
  begunIn: string | null;
  ended: boolean;
  temporary: boolean;
}

interface Known {
  id: string;
  /** It was open in this tab: only then is it captured. */
  visited: boolean;
  temporary: boolean;
  holding: Holding;
  json: CapturedConversation | null;
  dom: CapturedConversation | null;
  domStreaming: boolean;
  /** A stream broke, and the site has not said since what became of its answer. */
  cut: boolean;
  /** Answers whose stream broke, as the page showed them then. */
  halves: Map<string, string>;
  /** When the page was first seen to show each of its messages. */
  seenAt: Map<string, number>;
  /** Something was said since the JSON was read. */
  dirty: boolean;
  /** The page shows what the JSON does not know yet. */
  behind: boolean;
  wantReason: 'stream-ended' | 'changed' | 'never-seen' | null;
  notBefore: number;
  failures: number;
  given: string;
  counts: { bodies: number; unreadable: number; begun: number; ended: number };
}

/** @param adapter The site's; bodies and addresses are read with it. */
export function liveConversation(adapter: Adapter, options: LiveOptions = {}): LiveConversation {
  const now = options.now ?? Date.now;
  const known = new Map<string, Known>();
  const streams = new Map<string, Stream>();
  let currentId: string | null = null;
  let pageTemporary = false;
  /** The user wants the temporary chat at this address kept. */
  let keepTemporary = false;
  let health: PageHealth | null = null;

  const get = (id: string): Known => {
    let each = known.get(id);
    if (each === undefined) {
      each = {
        id,
        visited: false,
        temporary: false,
        holding: adapter.hold(id),
        json: null,
        dom: null,
        domStreaming: false,
        cut: false,
        halves: new Map(),
        seenAt: new Map(),
        dirty: false,
        behind: false,
        wantReason: null,
        notBefore: 0,
        failures: 0,
        given: '',
        counts: { bodies: 0, unreadable: 0, begun: 0, ended: 0 },
      };
      known.set(id, each);
      for (const [other] of known) {
        if (known.size <= MAX_CONVERSATIONS) break;
        if (other !== currentId && other !== id) known.delete(other);
      }
    }
    return each;
  };

  const capturedAt = (): string => new Date(now()).toISOString();

  const navigated = (url: string): void => {
    const address = adapter.classifyPage(url);
    const id = address?.conversationId ?? null;
    pageTemporary = address?.temporary ?? false;
    if (id === currentId && id !== null && !pageTemporary) return;
    keepTemporary = false;
    health = null;
    currentId = id;
    if (id === null) return;
    const each = get(id);
    if (pageTemporary) each.temporary = true;
    each.visited = true;
    if (each.json === null && address?.share !== true) {
      each.wantReason ??= 'never-seen';
      each.notBefore = Math.max(each.notBefore, now() + GRACE_MS);
    }
  };

  const body = ({ url, method, body: value, before = null, askedAt = null }: BodyEvent): void => {
    const seen = adapter.classifyRequest(url, method);
    if (seen === null) return;
    const request: ObservedRequest = before === null ? seen : { ...seen, kind: 'page', before };
    const id = request.conversationId ?? idIn(value);
    if (id === null) return;
    if (request.kind === 'mutation') want(get(id), 'changed');
    else if (request.kind !== 'stream') hold(get(id), request, value, askedAt);
  };

  /** The conversation of a body whose address names none. */
  const idIn = (value: unknown): string | null => adapter.readJson(value).conversations[0]?.id ?? null;

  const hold = (each: Known, request: ObservedRequest, value: unknown, askedAt: number | null): void => {
    const taken = each.holding.add(request, value);
    each.counts.bodies++;
    if (each.holding.temporary) each.temporary = true;
    if (taken === 'ignored') {
      // one of an older state is well read; one that leaves us with nothing is not
      if (each.json === null) each.counts.unreadable++;
      return;
    }
    if (isBlocked(each)) return;
    each.json = each.holding.read(capturedAt()) ?? each.json;
    if (taken === 'newest' && each.json !== null && each.dom !== null) each.dom = withoutLeft(each.dom, each.json);
    if (taken !== 'newest') {
      each.failures = 0;
      return;
    }
    // What the page came to show after this was asked for, and this does not know, is newer than it.
    each.behind = request.kind !== 'stream' && each.json !== null && isBehind(each.json, each, askedAt);
    if (isWriting(each.id)) {
      each.failures = 0;
      return;
    }
    if (each.behind) each.dirty = true;
    const head = each.json?.messages.findLast((message) => message.on_active_branch);
    if (!each.behind && (head?.role === 'assistant' ? head.finished : !each.dirty)) {
      each.failures = 0;
      each.dirty = false;
      each.wantReason = null;
      each.cut = false;
      each.halves.clear();
    } else {
      // Given while the site was writing: what the page shows may be more, and it is read again, later and later.
      each.wantReason = 'changed';
      each.notBefore = now() + SETTLE_MS * 2 ** ++each.failures;
    }
  };

  const isBlocked = (each: Known): boolean => each.temporary && !(keepTemporary && each.id === currentId);

  const isWriting = (id: string): boolean =>
    [...streams.values()].some((stream) => (stream.conversationId ?? stream.begunIn) === id && !stream.ended);

  const dom = (url: string, result: DomReadResult): void => {
    const read = result.conversations[0];
    const address = adapter.classifyPage(url);
    const id = address?.conversationId ?? (keepTemporary ? (read?.id ?? null) : null);
    if (keepTemporary && (address?.conversationId ?? null) === null && id !== null) {
      currentId = id;
      const kept = get(id);
      kept.visited = true;
      kept.temporary = true;
    }
    if (id === currentId) health = result.health;
    if (id === null || read === undefined || read.id !== id) return;
    const each = get(id);
    if (read.metadata['temporary'] === true) each.temporary = true;
    if (isBlocked(each)) return;
    // Just after a change of address the page still shows the conversation before.
    for (const other of known.values()) {
      if (other.id !== id && [other.json, other.dom].some((capture) => capture !== null && shows(read, capture)))
        return;
    }
    // A stream that is open says that an answer is being written, whatever the page looks like; not that it is this one.
    const last = read.messages.at(-1);
    const whole = each.json?.messages.some((message) => message.id === last?.id && message.finished) ?? false;
    const streaming = result.health.streaming || (isWriting(id) && !whole);
    each.domStreaming = streaming;
    if (streaming) each.dirty = true;
    for (const message of read.messages) if (!each.seenAt.has(seenAs(message))) each.seenAt.set(seenAs(message), now());
    const seen = withHalves(each, streaming ? withOpenEnd(read) : read);
    each.dom = each.dom === null ? seen : mergeDom(each.dom, seen);
  };

  const stream = (streamId: string, news: StreamNews): void => {
    const isNew = (streams.get(streamId)?.conversationId ?? null) === null;
    const each = streams.get(streamId) ?? {
      conversationId: null,
      begunIn: currentId,
      ended: false,
      temporary: pageTemporary,
    };
    each.conversationId ??= news.conversationId ?? null;
    each.temporary ||= news.temporary;
    const ends = news.ended && !each.ended;
    each.ended ||= news.ended;
    streams.set(streamId, each);
    // One that never said what it was of: the conversation that is open may have changed.
    if (ends && !each.temporary) each.conversationId ??= currentId;
    if (each.conversationId === null) return;
    const conversation = get(each.conversationId);
    if (isNew) conversation.counts.begun++;
    if (ends) conversation.counts.ended++;
    if (each.temporary) conversation.temporary = true;
    if (isBlocked(conversation)) return;
    if (!each.ended) conversation.dirty = true;
    if (ends) {
      conversation.dirty = true;
      conversation.failures = 0;
      if (news.cut === true) conversation.cut = true;
      want(conversation, 'stream-ended');
      if (news.body !== undefined) {
        hold(
          conversation,
          { site: adapter.site, kind: 'stream', conversationId: conversation.id, before: null },
          news.body,
          null,
        );
      }
    }
    if (each.ended && streams.size > 50) streams.delete(streamId);
  };

  const want = (each: Known, reason: 'stream-ended' | 'changed'): void => {
    each.wantReason = reason;
    each.notBefore = Math.max(each.notBefore, now() + SETTLE_MS);
  };

  const failed = (id: string, retryAfterMs: number | null): void => {
    const each = get(id);
    each.failures++;
    each.notBefore = now() + (retryAfterMs ?? RETRY_MS * 2 ** (each.failures - 1));
  };

  const wanted = (): Wanted | null => {
    if (currentId === null || (pageTemporary && !keepTemporary)) return null;
    const each = known.get(currentId);
    if (each === undefined || isBlocked(each) || each.temporary || each.failures >= MAX_FAILURES || isWriting(each.id))
      return null;
    const reason =
      each.wantReason !== null && !(each.wantReason === 'never-seen' && each.json !== null)
        ? each.wantReason
        : each.holding.open
          ? 'older-pages'
          : null;
    return reason === null ? null : { conversationId: each.id, reason, notBefore: each.notBefore };
  };

  const best = (each: Known): CapturedConversation | null => {
    if (isBlocked(each)) return null;
    if (each.json === null || each.dom === null) return each.json ?? each.dom;
    // Gemini's bodies leave out the title, and which Gem it was
    const { assistant } = each.dom.metadata;
    const json = {
      ...each.json,
      title: each.json.title ?? each.dom.title,
      metadata: { ...(assistant === undefined ? {} : { assistant }), ...each.json.metadata },
    };
    const whole = json.coverage === 'all' ? json : withHead(json, each.dom);
    if (!each.dirty) return whole;
    const captured_at = json.captured_at > each.dom.captured_at ? json.captured_at : each.dom.captured_at;
    return { ...withTail(whole, each.dom, each), captured_at };
  };

  const view = (): LiveView => {
    const changed: CapturedConversation[] = [];
    for (const each of known.values()) {
      if (!each.visited) continue;
      const capture = best(each);
      if (capture === null) continue;
      const given = stableHash(JSON.stringify({ ...capture, captured_at: '' }));
      if (given === each.given) continue;
      each.given = given;
      changed.push(capture);
    }
    const open = currentId === null ? undefined : known.get(currentId);
    return {
      changed,
      current: open === undefined ? null : best(open),
      blocked: (pageTemporary || open?.temporary === true) && !keepTemporary ? 'temporary' : null,
      wanted: wanted(),
      health,
      strategies: strategiesOf(open, health),
    };
  };

  return {
    observe(event) {
      switch (event.type) {
        case 'navigated':
          navigated(event.url);
          break;
        case 'body':
          body(event);
          break;
        case 'dom':
          dom(event.url, event.result);
          break;
        case 'stream':
          stream(event.streamId, event.news);
          break;
        case 'stream-closed': {
          const open = streams.get(event.streamId);
          if (open !== undefined && !open.ended)
            stream(event.streamId, {
              conversationId: open.conversationId,
              ended: true,
              cut: true,
              temporary: open.temporary,
            });
          break;
        }
        case 'temporary-allowed':
          keepTemporary = true;
          break;
        case 'failed':
          failed(event.conversationId, event.retryAfterMs);
          break;
      }
      return view();
    },
    view,
    disagreement() {
      const open = currentId === null ? undefined : known.get(currentId);
      if (open === undefined || open.json === null || open.dom === null) return null;
      return compareReadings(open.json.messages, open.dom.messages);
    },
  };
}

function strategiesOf(open: Known | undefined, health: PageHealth | null): Strategies {
  const { bodies, unreadable, begun, ended } = open?.counts ?? { bodies: 0, unreadable: 0, begun: 0, ended: 0 };
  return {
    json: {
      bodies,
      unreadable,
      turns: open?.json?.messages.filter((message) => message.on_active_branch).length ?? 0,
      last_error_code: unreadable > 0 ? 'unreadable_body' : null,
    },
    dom: {
      turns_seen: health?.turnsSeen ?? 0,
      turns_read: health?.turnsRead ?? 0,
      turns_unmounted: health?.turnsUnmounted ?? 0,
      state: health?.state ?? 'unread',
    },
    stream: { begun, ended },
  };
}

/**
 * True when the page shows this conversation, whatever its address says. Ids that only count (1, 2, 3 …) are in every
 * conversation: with them, everything that is shown must be what is known under its id.
 */
function shows(read: CapturedConversation, known: CapturedConversation): boolean {
  const words = new Map(known.messages.map((message) => [message.id, message.markdown]));
  const named = read.messages.filter((message) => !/^(?:dom-|conversation-turn-)/.test(message.id));
  const counting = named.filter((message) => /^\d{1,6}$/.test(message.id));
  if (counting.length < named.length)
    return named.some((message) => words.has(message.id) && !counting.includes(message));
  return (
    named.length > 0 &&
    named.every((message) => words.has(message.id) && saysTheSame(words.get(message.id) ?? '', message.markdown))
  );
}

/** The answer at the end is still being written. */
function withOpenEnd(read: CapturedConversation): CapturedConversation {
  const last = read.messages.at(-1);
  if (last?.role !== 'assistant' || !last.finished) return read;
  return { ...read, complete: false, messages: [...read.messages.slice(0, -1), { ...last, finished: false }] };
}

/**
 * An answer whose stream broke is a half, although the page marks it no more: the site may have written on. It stays one
 * until the site's JSON says what it is, or the page shows more of it.
 */
function withHalves(each: Known, read: CapturedConversation): CapturedConversation {
  const { messages } = read;
  if (each.cut) {
    // Which answer it was, the page does not say: any that was not there before, or said something else.
    const held = [...(each.json?.messages ?? []), ...(each.dom?.messages ?? [])].filter((message) => message.finished);
    const before = new Map(held.map((message) => [message.id, message.markdown]));
    for (const { id, role, markdown } of messages)
      if (role === 'assistant' && before.get(id) !== markdown && !each.halves.has(id)) each.halves.set(id, markdown);
  }
  if (each.halves.size === 0) return read;
  const marked = messages.map((message) => {
    const half = each.halves.get(message.id);
    if (half === undefined || !message.finished) return message;
    if (message.markdown.length > half.length) each.halves.delete(message.id);
    return each.halves.has(message.id) ? { ...message, finished: false } : message;
  });
  const complete = read.complete && marked.every((message) => message.finished);
  return { ...read, complete, messages: marked };
}

/** What two looks at a virtualised page show together, in order. */
function mergeDom(held: CapturedConversation, seen: CapturedConversation): CapturedConversation {
  if (seen.coverage === 'all') return seen;
  const messages = [...held.messages];
  const at = (id: string): number => messages.findIndex((message) => message.id === id);
  seen.messages.forEach((message, index) => {
    const before = seen.messages[index - 1];
    const place = at(message.id);
    const previous = before === undefined ? -1 : at(before.id);
    if (place >= 0) {
      const old = messages[place];
      messages[place] = message;
      // Where places are all that names a turn, other words in a place begin another branch.
      if (
        old?.role === 'user' &&
        typeof message.metadata['position'] === 'number' &&
        !saysTheSame(old.markdown, message.markdown)
      )
        messages.splice(place + 1);
      // Two turns that follow one another now have nothing between them: what was there was replaced.
      if (before !== undefined && message.parent_id === before.id && previous >= 0 && place > previous + 1)
        messages.splice(previous + 1, place - previous - 1);
      return;
    }
    if (previous >= 0) {
      // Of two that follow the same one, the other was left, and so was what had followed it.
      const left = message.parent_id === before?.id && messages[previous + 1]?.parent_id === before.id;
      let to = previous + 1;
      if (left)
        do to++;
        while (to < messages.length && messages[to]?.parent_id === messages[to - 1]?.id);
      messages.splice(previous + 1, to - previous - 1, message);
      return;
    }
    const next = seen.messages.slice(index + 1).find((each) => at(each.id) >= 0);
    const turn = turnOf(message);
    const later = turn === null ? -1 : messages.findIndex((each) => (turnOf(each) ?? turn) > turn);
    const to = next === undefined ? later : at(next.id);
    if (to < 0) messages.push(message);
    else messages.splice(to, 0, message);
  });
  const byId = new Map(messages.map((message) => [message.id, message]));
  const order = inParentsOrder([...byId.keys()], seen.messages, (id) => byId.get(id)?.parent_id ?? null);
  return { ...seen, coverage: 'some', complete: false, messages: order.flatMap((id) => byId.get(id) ?? []) };
}

/** A message of the page; where only its place names it, other words there are another message. */
function seenAs({ id, markdown, metadata }: CapturedMessage): string {
  return typeof metadata['position'] === 'number' ? `${id} ${lettersOf(markdown)}` : id;
}

/**
 * True where the page shows what the site's JSON does not know and the page did not show yet when the JSON was asked for.
 * Where that time was not seen: where the page shows a question after the JSON's last message.
 */
function isBehind(json: CapturedConversation, { dom, seenAt }: Known, askedAt: number | null): boolean {
  if (dom === null) return false;
  const known = new Set(json.messages.flatMap((message) => [message.id, ...asArray(message.metadata['merged_ids'])]));
  const isKnown = (message: CapturedMessage): boolean =>
    known.has(message.id) ||
    asArray(message.metadata['merged_ids']).some((id) => known.has(id)) ||
    (typeof message.metadata['position'] === 'number' &&
      json.messages.some(({ role, markdown }) => role === message.role && saysTheSame(markdown, message.markdown)));
  if (askedAt !== null)
    return dom.messages.some((message) => !isKnown(message) && (seenAt.get(seenAs(message)) ?? 0) > askedAt);
  const head = json.messages.findLast((message) => message.on_active_branch);
  const from = head === undefined ? -1 : dom.messages.findIndex((message) => message.id === head.id);
  return from >= 0 && dom.messages.slice(from + 1).some((message) => message.role === 'user' && !isKnown(message));
}

/** What the page showed, without what the site says since is of a branch that was left. */
function withoutLeft(dom: CapturedConversation, json: CapturedConversation): CapturedConversation {
  const left = new Set(json.messages.filter((message) => !message.on_active_branch).map((message) => message.id));
  if (!dom.messages.some((message) => left.has(message.id))) return dom;
  return { ...dom, coverage: 'some', messages: dom.messages.filter((message) => !left.has(message.id)) };
}

/** The JSON's conversation, which begins late, with what the page shows before it. */
function withHead(json: CapturedConversation, dom: CapturedConversation): CapturedConversation {
  const known = new Set(json.messages.map((message) => message.id));
  const first = dom.messages.findIndex((message) => known.has(message.id));
  const before = dom.messages.slice(0, Math.max(0, first));
  if (before.length === 0) return json;
  const unbroken = dom.messages
    .slice(1, first + 1)
    .every((message, index) => message.parent_id === dom.messages[index]?.id);
  const messages = [...before, ...json.messages];
  const coverage = unbroken ? (dom.coverage === 'all' ? 'all' : json.coverage) : 'some';
  const head = json.messages.findLast((message) => message.on_active_branch);
  return {
    ...json,
    coverage,
    complete: coverage === 'all' && head?.role === 'assistant' && head.finished,
    messages,
  };
}

/**
 * Where the JSON's branch has a message of the page. Pages without message ids say which place in the conversation a
 * turn has (`metadata.position`, from 1); the same place is the same message when the same is said there.
 */
function placesIn(active: CapturedMessage[]): (message: CapturedMessage) => number | undefined {
  const names = new Map<string, number>();
  active.forEach((message, index) => {
    names.set(message.id, index);
    for (const id of asArray(message.metadata['merged_ids'])) if (typeof id === 'string') names.set(id, index);
  });
  return (message) => {
    const named =
      names.get(message.id) ??
      asArray(message.metadata['merged_ids'])
        .map((id) => (typeof id === 'string' ? names.get(id) : undefined))
        .find((index) => index !== undefined);
    if (named !== undefined) return named;
    const position = message.metadata['position'];
    if (typeof position !== 'number') return undefined;
    const there = active[position - 1];
    return there?.role === message.role && saysTheSame(there.markdown, message.markdown) ? position - 1 : undefined;
  };
}

/** The JSON's conversation with what the page shows beyond it. */
function withTail(
  json: CapturedConversation,
  dom: CapturedConversation,
  { domStreaming: streaming, behind }: Pick<Known, 'domStreaming' | 'behind'>,
): CapturedConversation {
  const active = json.messages.filter((message) => message.on_active_branch);
  const left = json.messages.filter((message) => !message.on_active_branch);
  const indexOf = placesIn(active);
  const lastCommon = dom.messages.findLastIndex((message) => indexOf(message) !== undefined);
  const begins = dom.coverage === 'all' || dom.messages[0]?.metadata['position'] === 1;
  if (lastCommon < 0 && !(behind && begins)) return { ...json, complete: false };
  const tail = dom.messages.slice(lastCommon + 1);
  const common = dom.messages[lastCommon];
  const joint = common === undefined ? -1 : (indexOf(common) ?? active.length - 1);
  const head = active.at(-1);
  const more = head?.finished === false && head.markdown.length < (common?.markdown.length ?? 0);
  if (common !== undefined && tail.length === 0 && joint === active.length - 1 && (streaming || more)) {
    // The answer that the JSON ends with is still being written, or was when it was given.
    const messages = active.map((message, index) =>
      index === joint && message.role === 'assistant'
        ? { ...message, markdown: longer(message.markdown, common.markdown), finished: !streaming && common.finished }
        : message,
    );
    return { ...json, complete: false, messages: [...messages, ...left] };
  }
  if (tail.length === 0) return { ...json, complete: false };
  // A turn without a message id (a picture, a frame) is known to the JSON under another name.
  const unnamed = tail.every(
    (message) =>
      /^(?:request-|conversation-turn-|dom-)/.test(message.id) && typeof message.metadata['position'] !== 'number',
  );
  if (unnamed && !streaming && joint < active.length - 1) return { ...json, complete: false };
  const kept = active.slice(0, joint + 1);
  const replaced = active.slice(joint + 1).map((message) => ({ ...message, on_active_branch: false }));
  let parent = kept.at(-1)?.id ?? null;
  const added = tail.map((message) => {
    const linked = { ...message, parent_id: parent };
    parent = message.id;
    return linked;
  });
  return { ...json, complete: false, messages: [...kept, ...added, ...replaced, ...left] };
}

function longer(a: string, b: string): string {
  return b.length > a.length ? b : a;
}

/**
 * In the page's own world, before the page's first script: copies the conversation bodies that the page fetches and
 * hands them to our content script. Makes no request, changes no answer, and leaves nothing for the page to find but
 * a `fetch` and two methods of `XMLHttpRequest` that are Proxies of its own.
 */
import type { SiteWire, StreamNews } from '../../engine/capture';
import { type FromPage, type FromReader, MAX_BODY_BYTES, MAX_KEPT_BYTES, OFFER } from './page-wire';

/** `Omit` over each member of the union, so that the kinds stay apart. */
type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'id' | 'at'> : never;

export function observePage(wire: SiteWire, page: Window & typeof globalThis = window): void {
  const give = createOutgoing(page);
  observeFetch(wire, page, give);
  observeXhr(wire, page, give);
}

type Give = (message: Unnumbered<FromPage>) => void;

/** Keeps each message until the reader acknowledges it; a reader that comes late or again gets what is kept. */
function createOutgoing(page: Window & typeof globalThis): Give {
  let reader: MessagePort | null = null;
  let nextId = 1;
  const kept = new Map<number, FromPage>();
  let keptBytes = 0;

  const sizeOf = (message: FromPage) => (message.type === 'body' ? message.bytes.byteLength : 0);

  page.addEventListener('message', (event: MessageEvent) => {
    const [port] = event.ports;
    if (event.source !== page || event.data !== OFFER || !port) return;
    event.stopImmediatePropagation();
    reader = port;
    port.onmessage = ({ data }: MessageEvent<FromReader>) => {
      const message = kept.get(data.id);
      if (message) keptBytes -= sizeOf(message);
      kept.delete(data.id);
    };
    for (const message of kept.values()) port.postMessage(message);
  });

  return (message) => {
    const numbered = { ...message, id: nextId++, at: new Date().toISOString() };
    kept.set(numbered.id, numbered);
    keptBytes += sizeOf(numbered);
    // the oldest go first: a newer body of the same conversation says more
    for (const [id, old] of kept) {
      if (keptBytes <= MAX_KEPT_BYTES) break;
      kept.delete(id);
      keptBytes -= sizeOf(old);
    }
    // not transferred but copied: what is kept must survive a reader that goes away
    reader?.postMessage(numbered);
  };
}

/** Of what is sent, only text is read. */
function asText(sent: unknown): string | null {
  return typeof sent === 'string' ? sent : null;
}

let streams = 0;

/** Follows one answer being written, for the conversation's id and to know when it is over. */
function followStream(wire: SiteWire, url: string, sent: unknown, give: Give) {
  const stream = `${++streams}`;
  const reader = wire.readStream(asText(sent));
  let last: StreamNews = { conversationId: null, ended: false, temporary: false };
  let told = '';
  const tell = (news: StreamNews) => {
    last = news;
    const print = `${news.conversationId} ${news.ended} ${news.temporary}`;
    if (print === told) return;
    told = print;
    give({ type: 'stream', stream, url, news: { ...news } });
  };
  tell(last);
  return {
    push(text: string) {
      if (!last.ended) tell(reader.push(text));
    },
    close() {
      if (!last.ended) tell({ ...reader.close(), ended: true });
    },
  };
}

/** How a request is known again: what else was sent with it stays in the page. */
interface Asked {
  url: string;
  method: string;
  before: string | null;
  askedAt: number;
}

function giveBody({ url, method, before, askedAt }: Asked, bytes: ArrayBuffer, give: Give): void {
  if (bytes.byteLength > MAX_BODY_BYTES) give({ type: 'too_large', url, size: bytes.byteLength });
  else give({ type: 'body', url, method, before, askedAt, bytes });
}

function observeFetch(wire: SiteWire, page: Window & typeof globalThis, give: Give): void {
  async function readBody(asked: Asked, copy: Response): Promise<void> {
    const { url } = asked;
    const size = Number(copy.headers.get('content-length') ?? 0);
    if (size > MAX_BODY_BYTES) {
      await copy.body?.cancel();
      give({ type: 'too_large', url, size });
      return;
    }
    giveBody(asked, await copy.arrayBuffer(), give);
  }

  async function readStream(url: string, sent: unknown, copy: Response): Promise<void> {
    const stream = followStream(wire, url, sent, give);
    try {
      const decoder = new TextDecoder();
      for await (const part of copy.body as unknown as AsyncIterable<Uint8Array>)
        stream.push(decoder.decode(part, { stream: true }));
    } finally {
      stream.close();
    }
  }

  function look(request: Parameters<typeof fetch>, askedAt: number, response: Response): void {
    const [input, init] = request;
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url, page.location.href).href;
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    const wanted = wire.classifyRequest(url, method, asText(init?.body));
    if (!wanted || !response.ok) return;
    if (wanted.kind === 'mutation') {
      give({ type: 'mutation', url, method });
      return;
    }
    if (!response.body) return;
    const reading =
      wanted.kind === 'stream'
        ? readStream(url, init?.body, response.clone())
        : readBody({ url, method, before: wanted.before, askedAt }, response.clone());
    // The page's own copy is whole whatever happens to ours (aborted, network gone): then there is nothing to keep.
    reading.catch(() => undefined);
  }

  page.fetch = new Proxy(page.fetch, {
    apply(target, self, request: Parameters<typeof fetch>) {
      const askedAt = Date.now();
      const answer: Promise<Response> = Reflect.apply(target, self, request);
      answer.then(
        (response) => {
          try {
            look(request, askedAt, response);
          } catch {
            // an argument fetch accepts and we do not understand is the page's affair; it must not notice us
          }
        },
        () => undefined, // the page has the same rejection in its hands
      );
      return answer;
    },
  });
}

function observeXhr(wire: SiteWire, page: Window & typeof globalThis, give: Give): void {
  const opened = new WeakMap<XMLHttpRequest, { url: string; method: string }>();
  const { prototype } = page.XMLHttpRequest;

  function follow(xhr: XMLHttpRequest, url: string, method: string, sent: unknown): void {
    const wanted = wire.classifyRequest(url, method, asText(sent));
    if (!wanted) return;
    const asked = { url, method, before: wanted.before, askedAt: Date.now() };
    if (wanted.kind === 'stream') {
      let stream: ReturnType<typeof followStream> | null = null;
      let read = 0;
      const take = () => {
        if (xhr.status !== 200 || (xhr.responseType !== '' && xhr.responseType !== 'text')) return;
        stream ??= followStream(wire, url, sent, give);
        const text = xhr.responseText;
        if (text.length > MAX_BODY_BYTES) return;
        stream.push(text.slice(read));
        read = text.length;
      };
      xhr.addEventListener('progress', take);
      xhr.addEventListener('loadend', () => {
        take();
        stream?.close();
      });
      return;
    }
    xhr.addEventListener('load', () => {
      if (xhr.status < 200 || xhr.status > 299) return;
      if (wanted.kind === 'mutation') give({ type: 'mutation', url, method });
      else if (xhr.responseType === 'arraybuffer') giveBody(asked, (xhr.response as ArrayBuffer).slice(0), give);
      else {
        const text = xhr.responseType === 'json' ? JSON.stringify(xhr.response) : xhr.responseText;
        giveBody(asked, new TextEncoder().encode(text).buffer, give);
      }
    });
  }

  prototype.open = new Proxy(prototype.open, {
    apply(target, self: XMLHttpRequest, request: [string, string | URL]) {
      try {
        opened.set(self, { method: request[0], url: new URL(request[1], page.location.href).href });
      } catch {
        // what `open` refuses, it refuses below
      }
      return Reflect.apply(target, self, request) as unknown;
    },
  });
  prototype.send = new Proxy(prototype.send, {
    apply(target, self: XMLHttpRequest, body: unknown[]) {
      const request = opened.get(self);
      try {
        if (request) follow(self, request.url, request.method, body[0]);
      } catch {
        // the page's request goes out whatever we make of it
      }
      return Reflect.apply(target, self, body) as unknown;
    },
  });
}

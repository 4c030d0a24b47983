/**
 * In the page's own world, before the page's first script: copies the conversation bodies that the page fetches and
 * hands them to our content script. Makes no request, changes no answer, and leaves nothing for the page to find but
 * a `fetch` that is a Proxy of its own.
 */
import { defineContentScript } from 'wxt/utils/define-content-script';
import { classifyRequest } from '../engine/capture/adapters/chatgpt/addresses';
import { readStream, type StreamNews } from '../engine/capture/adapters/chatgpt/stream';
import { type FromPage, type FromReader, MAX_BODY_BYTES, MAX_KEPT_BYTES, OFFER } from './shell/page-wire';

export default defineContentScript({
  matches: ['https://chatgpt.com/*'],
  world: 'MAIN',
  runAt: 'document_start',
  allFrames: false,
  main() {
    observe(window);
  },
});

/** `Omit` over each member of the union, so that the kinds stay apart. */
type Unnumbered<Message> = Message extends unknown ? Omit<Message, 'id' | 'at'> : never;

function observe(page: Window & typeof globalThis): void {
  let reader: MessagePort | null = null;
  let nextId = 1;
  const kept = new Map<number, FromPage>();
  let keptBytes = 0;

  const sizeOf = (message: FromPage) => (message.type === 'body' ? message.bytes.byteLength : 0);

  function give(message: Unnumbered<FromPage>): void {
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
  }

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

  async function readBody(url: string, method: string, copy: Response): Promise<void> {
    const size = Number(copy.headers.get('content-length') ?? 0);
    if (size > MAX_BODY_BYTES) {
      await copy.body?.cancel();
      give({ type: 'too_large', url, size });
      return;
    }
    const bytes = await copy.arrayBuffer();
    if (bytes.byteLength > MAX_BODY_BYTES) give({ type: 'too_large', url, size: bytes.byteLength });
    else give({ type: 'body', url, method, bytes });
  }

  /** Reads an answer's stream only for the conversation's id, and to know when it is over. */
  async function followStream(copy: Response): Promise<void> {
    const stream = `${nextId}`;
    const reader = readStream();
    let told = '';
    const tell = (news: StreamNews) => {
      if (JSON.stringify(news) === told) return;
      told = JSON.stringify(news);
      give({ type: 'stream', stream, news });
    };
    tell({ conversationId: null, ended: false, temporary: false });
    let last: StreamNews = { conversationId: null, ended: false, temporary: false };
    try {
      const decoder = new TextDecoder();
      for await (const part of copy.body as unknown as AsyncIterable<Uint8Array>) {
        last = reader.push(decoder.decode(part, { stream: true }));
        tell({ ...last });
      }
    } finally {
      tell({ ...last, ended: true });
    }
  }

  function look(request: Parameters<typeof fetch>, response: Response): void {
    const [input, init] = request;
    const url = new URL(typeof input === 'string' || input instanceof URL ? input : input.url, page.location.href).href;
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET');
    const wanted = classifyRequest(url, method);
    if (!wanted || !response.ok || !response.body || wanted.kind === 'mutation') return;
    const reading = wanted.kind === 'stream' ? followStream(response.clone()) : readBody(url, method, response.clone());
    // The page's own copy is whole whatever happens to ours (aborted, network gone): then there is nothing to keep.
    reading.catch(() => undefined);
  }

  page.fetch = new Proxy(page.fetch, {
    apply(target, self, request: Parameters<typeof fetch>) {
      const answer: Promise<Response> = Reflect.apply(target, self, request);
      answer.then(
        (response) => {
          try {
            look(request, response);
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

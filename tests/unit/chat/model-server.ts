/** A server on this machine that speaks a provider's protocol, as a test wants it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: Record<string, unknown>;
}

export interface ModelServer {
  url: string;
  received: Received[];
  /** How the next requests are answered. */
  answer: (response: ServerResponse, request: Received) => void | Promise<void>;
  close(): Promise<void>;
}

export async function modelServer(): Promise<ModelServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString('utf8') || '{}') as Record<string, unknown>;
      const one = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      self.received.push(one);
      // a connection kept open may be closed just when the next test takes it up
      response.setHeader('connection', 'close');
      void Promise.resolve(self.answer(response, one));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const self: ModelServer = {
    url: `http://127.0.0.1:${address.port}/v1`,
    received: [],
    answer: (response) => {
      response.writeHead(500).end();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
  return self;
}

export const openAiStream = (pieces: string[]): string =>
  [
    ...pieces.map((content) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`),
    `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'stop' }] })}\n\n`,
    'data: [DONE]\n\n',
  ].join('');

const event = (type: string, more: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`;

export const anthropicStream = (pieces: string[]): string =>
  [
    event('message_start', { message: { role: 'assistant', content: [] } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
    ...pieces.map((text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })),
    event('content_block_stop', { index: 0 }),
    event('message_delta', { delta: { stop_reason: 'end_turn' } }),
    event('message_stop', {}),
  ].join('');

/** Sends a stream in pieces cut at these places in bytes, each on its way before the next. */
export async function sendCut(response: ServerResponse, stream: string, places: number[]): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const bytes = Buffer.from(stream, 'utf8');
  let from = 0;
  for (const to of [...places, bytes.length]) {
    if (to <= from) continue;
    await new Promise((resolve) => response.write(bytes.subarray(from, to), resolve));
    await new Promise((resolve) => setImmediate(resolve));
    from = to;
  }
  response.end();
}

/** A stream in pieces cut at these places in bytes, without a server between. */
export function cutResponse(stream: string, places: number[]): Response {
  const bytes = new TextEncoder().encode(stream);
  const pieces = [...places, bytes.length].map((to, i) => bytes.slice(places[i - 1] ?? 0, to));
  const body = new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

/**
 * All the internet a browser under test has: an HTTPS proxy on loopback that answers every host itself and writes
 * down each request. It is the fake at the network's edge; nothing leaves the machine through it.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';

export type Site = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

export interface Seen {
  host: string;
  method: string;
  path: string;
  /** The `Origin` header: an extension's own requests carry `chrome-extension://…` where they carry one. */
  origin: string | null;
  at: number;
}

export interface Internet {
  port: number;
  /** Every request and every tunnel asked for, in order. */
  seen: Seen[];
  /** Hosts a tunnel was asked to, whether or not a request came through it. */
  tunnels: string[];
  close(): Promise<void>;
}

const TLS = join(import.meta.dirname, '../fixtures/tls');

/** @param sites by host name; any other host is answered 404 (and written down). */
export async function startInternet(sites: Record<string, Site>): Promise<Internet> {
  const seen: Seen[] = [];
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', `https://${request.headers.host ?? 'unknown'}`);
    seen.push({
      host: url.hostname,
      method: request.method ?? '',
      path: url.pathname + url.search,
      origin: request.headers.origin ?? null,
      at: Date.now(),
    });
    let body = '';
    for await (const part of request) body += String(part);
    const site = sites[url.hostname];
    if (site) await site(request, response, body);
    else response.writeHead(404).end('no such host here');
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  };

  const tls = createTlsServer(
    { key: readFileSync(join(TLS, 'key.pem')), cert: readFileSync(join(TLS, 'cert.pem')) },
    handle,
  );
  const proxy = createServer(handle);
  proxy.on('connect', (request, client: Socket) => {
    tunnels.push(request.url ?? '');
    const upstream = connect((tls.address() as AddressInfo).port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroy();
        sockets.delete(socket);
      });
    }
  });
  const listen = (server: typeof proxy | typeof tls) =>
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
  await Promise.all([listen(tls), listen(proxy)]);

  return {
    port: (proxy.address() as AddressInfo).port,
    seen,
    tunnels,
    async close() {
      for (const socket of sockets) socket.destroy();
      tls.closeAllConnections();
      proxy.closeAllConnections();
      await Promise.all([tls, proxy].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

/** Serves the harness page and, behind it, a real engine with invented conversations. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, resolve } from 'node:path';
import preact from '@preact/preset-vite';
import { build, type Rolldown } from 'vite';
import type { Engine } from '../../../../engine/api';
import type { Capture } from '../../../../engine/capture/types';
import { startNodeEmbedder } from '../../../../engine/embed/node';
import { createEngine } from '../../../../engine/engine';
import { openStore } from '../../../../engine/store';
import { CONTENT_TYPES } from '../../../harness/content-types';
import { CARD, noModel } from '../../../harness/graphics-card';

const ROOT = resolve(import.meta.dirname, '../../../..');

export interface Harness {
  engine: Engine;
  /** Address of the harness page. */
  url: string;
  /** Methods called over the wire, with how each ended. */
  calls: Array<{ method: string; args: unknown[]; ended: 'answered' | 'failed' | 'aborted' | null }>;
  /** Every answer waits this long first, in milliseconds, by method or method:mode. */
  delays: Map<string, number>;
  /** Undoes every deletion that can be undone. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function serveHarness(captures: Capture[], options: { meaning?: boolean } = {}): Promise<Harness> {
  let opened: Engine | null = null;
  const calls: Harness['calls'] = [];
  const delays: Harness['delays'] = new Map();
  const receipts = new Set<string>();

  const answer: Answer = async (request, response, method) => {
    const engine = opened;
    if (!engine) throw new Error('The engine is not open yet.');
    if (method === 'events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const stop = await engine.subscribe((event) => {
        response.write(`data: ${JSON.stringify(event)}\n\n`);
      });
      request.on('close', stop);
      return;
    }
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const args = JSON.parse(Buffer.concat(parts).toString('utf8') || '[]') as unknown[];
    const call: Harness['calls'][number] = { method, args, ended: null };
    calls.push(call);
    const abort = new AbortController();
    response.on('close', () => {
      if (!response.writableEnded) {
        call.ended = 'aborted';
        abort.abort();
      }
    });
    const mode = (args[0] as { mode?: string } | undefined)?.mode;
    const wait = delays.get(`${method}:${mode ?? ''}`) ?? delays.get(method) ?? 0;
    if (wait > 0) await new Promise((go) => setTimeout(go, wait));
    if (abort.signal.aborted) return;
    if (method === 'ask') {
      // Lines of JSON: events as they come, then the answer.
      response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
      const line = (what: unknown) => response.write(`${JSON.stringify(what)}\n`);
      try {
        const asked = args[0] as Parameters<Engine['ask']>[0];
        line({ value: await engine.ask(asked, (event) => line({ event }), abort.signal) });
        call.ended = 'answered';
      } catch (error) {
        call.ended = 'failed';
        const { code = 'internal', message = String(error) } = error as { code?: string; message?: string };
        line({ error: { code, message } });
      }
      response.end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    try {
      const value = await (engine as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>)[method]?.(
        ...args,
      );
      call.ended = 'answered';
      if (method === 'forget') receipts.add((value as { id: string }).id);
      if (method === 'undoForget') receipts.delete(args[0] as string);
      response.end(JSON.stringify({ value: value ?? null }));
    } catch (error) {
      call.ended = 'failed';
      const { code = 'internal', message = String(error) } = error as { code?: string; message?: string };
      response.end(JSON.stringify({ error: { code, message } }));
    }
  };

  const address = await pageServer();
  const engine = createEngine({
    store: () => openStore({ storage: 'memory' }),
    embedder: options.meaning ? startNodeEmbedder(resolve(ROOT, 'models')) : null,
    llama: { files: { write: noModel, open: noModel, remove: noModel }, open: noModel },
    webllm: CARD,
  });
  opened = engine;
  if (captures.length > 0) await engine.ingest(captures);
  if (options.meaning) await engine.idle();
  const id = String(++lastId);
  answers.set(id, answer);
  return {
    engine,
    url: `${address}${id}/index.html`,
    calls,
    delays,
    async restore() {
      for (const id of receipts) await engine.undoForget(id);
      receipts.clear();
    },
    async close() {
      answers.delete(id);
      await engine.close();
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse, method: string) => Promise<void>;

/** What answers for the engine of each harness, by the number that its address begins with. */
const answers = new Map<string, Answer>();
let lastId = 0;
let shared: Promise<string> | null = null;

/** Serves the page, built once for all harnesses of a process: one of many modules takes seconds to load. The address. */
function pageServer(): Promise<string> {
  shared ??= builtPage().then(async (files) => {
    const server = createServer((request, response) => {
      const [, id = '', path = ''] = /^\/(\d+)\/([^?]*)/u.exec(request.url ?? '') ?? [];
      const answer = answers.get(id);
      if (!answer) {
        response.destroy(); // its harness was closed
        return;
      }
      const [, method] = /^engine\/(.+)$/u.exec(path) ?? [];
      if (method === undefined) {
        const file = files.get(path);
        response.writeHead(file === undefined ? 404 : 200, {
          'content-type': CONTENT_TYPES[extname(path)] ?? 'text/plain',
        });
        response.end(file);
        return;
      }
      answer(request, response, method).catch((error: unknown) => {
        console.error(error);
        response.destroy();
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    server.unref();
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  return shared;
}

/** The page and what it loads, by their paths. */
async function builtPage(): Promise<Map<string, string | Uint8Array>> {
  const built = await build({
    configFile: false,
    root: import.meta.dirname,
    base: './',
    logLevel: 'error',
    publicDir: false,
    plugins: [preact()],
    build: { write: false, minify: false, modulePreload: false },
  });
  const { output } = built as Rolldown.RolldownOutput;
  return new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source]));
}

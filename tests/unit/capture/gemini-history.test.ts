/** The account's history, over HTTP, against a local site that speaks the protocol. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { GeminiAdapter } from '../../../engine/capture/adapters/gemini/index';
import type { ListedConversation, SiteHistory, SiteRequest } from '../../../engine/capture/index';
import { EngineError } from '../../../engine/errors';
import { createGeminiSite, type GeminiConversation, type GeminiSite } from '../../harness/gemini-site';

const adapter = new GeminiAdapter();
const closing: Array<() => void> = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

function conversation(id: string, turns: number, more: Partial<GeminiConversation> = {}): GeminiConversation {
  return {
    id,
    title: `About ${id}`,
    turns: Array.from({ length: turns }, (_, n) => ({
      id: `${id}${String(n).padStart(4, '0')}`,
      question: `Question ${n}`,
      answer: `Answer ${n}`,
      time: 1_780_000_000 + n * 60 + Number.parseInt(id.slice(-2), 16),
    })),
    ...more,
  };
}

async function open(site: GeminiSite, url = 'https://gemini.google.com/app') {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => void site.site(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const requests: SiteRequest[] = [];
  const ask = async (request: SiteRequest): Promise<string> => {
    requests.push(request);
    const response = await fetch(request.url.replace('https://gemini.google.com', origin), {
      method: request.method,
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    if (response.status === 403) throw new EngineError('not_signed_in', 'refused');
    if (!response.ok) throw new EngineError('bad_input', `status ${response.status}`);
    return response.text();
  };
  const html = await (await fetch(`${origin}/app`)).text();
  const scripts = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, script]) => script ?? '');
  const history = adapter.openHistory(
    { url, cookie: () => null, inlineScripts: () => scripts, stored: () => null },
    ask,
  );
  return { history, requests };
}

async function listAll(history: SiteHistory): Promise<ListedConversation[]> {
  const all: ListedConversation[] = [];
  let cursor: string | null = null;
  do {
    const part = await history.list(cursor);
    all.push(...part.conversations);
    cursor = part.next;
  } while (cursor !== null);
  return all;
}

describe('the history of a Gemini account', () => {
  it('lists both streams to their end, pinned ones marked, newest first', async () => {
    const many = Array.from({ length: 120 }, (_, n) =>
      conversation(`c0ffee00000000${n.toString(16).padStart(2, '0')}`, 1),
    );
    const site = createGeminiSite([...many, conversation('beef0000000000ff', 1, { pinned: true })]);
    const { history, requests } = await open(site);
    const listed = await listAll(history);
    expect(listed).toHaveLength(121);
    expect(new Set(listed.map((each) => each.id)).size).toBe(121);
    expect(listed[0]).toEqual({
      id: 'beef0000000000ff',
      title: 'About beef0000000000ff',
      updated_at: '2026-05-28T20:30:55.500Z',
      archived: false,
      starred: true,
      project: null,
    });
    expect(listed[1]?.id).toBe('c0ffee0000000077');
    expect(requests.every((request) => request.method === 'POST' && request.url.includes('rpcids=MaZiqc'))).toBe(true);
  });

  it('reads a conversation in pages until it is whole', async () => {
    const site = createGeminiSite([conversation('c0ffee0000000001', 33)]);
    const { history } = await open(site);
    const read = await history.read('c0ffee0000000001');
    expect(read).toMatchObject({ id: 'c0ffee0000000001', coverage: 'all', complete: true, strategy: 'json-pages' });
    expect(read.messages.map((message) => message.markdown)).toEqual(
      Array.from({ length: 33 }, (_, n) => [`Question ${n}`, `Answer ${n}`]).flat(),
    );
    expect(site.asked).toHaveLength(4);
    expect(read.messages[1]).toMatchObject({ model: '3 Pro', parent_id: read.messages[0]?.id });
  });

  it('asks under the account that the page shows', async () => {
    const site = createGeminiSite([conversation('c0ffee0000000001', 1)]);
    const { history, requests } = await open(site, 'https://gemini.google.com/u/2/app/c0ffee0000000001');
    await history.read('c0ffee0000000001');
    expect(new URL(requests[0]?.url ?? '').pathname).toBe('/u/2/_/BardChatUi/data/batchexecute');
    expect(new URL(requests[0]?.url ?? '').searchParams.get('source-path')).toBe('/u/2/app/c0ffee0000000001');
    expect(new URL(requests[0]?.url ?? '').searchParams.get('bl')).toMatch(/^boq_assistant-bard/);
  });

  it('says what is wrong: nobody signed in, a conversation that is gone, an answer that cannot be read', async () => {
    const site = createGeminiSite([conversation('c0ffee0000000001', 1, { shape: 'none' })]);
    const { history } = await open(site);
    await expect(history.read('c0ffee00000000aa')).rejects.toMatchObject({ code: 'not_found' });
    await expect(history.read('c0ffee0000000001')).rejects.toMatchObject({ code: 'bad_input' });
    const signedOut = createGeminiSite([]);
    signedOut.token = null;
    await expect((await open(signedOut)).history.list(null)).rejects.toMatchObject({ code: 'not_signed_in' });
  });
});

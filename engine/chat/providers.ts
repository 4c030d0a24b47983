/** Models' servers: which the person added, whether they may be asked, and the list of what was sent to them. */
import { v7 as uuidv7 } from 'uuid';
import { EngineError } from '../errors';
import type { PrivacyShelf, Vault } from '../privacy';
import { anthropicGenerator } from './anthropic';
import { openAiGenerator } from './openai';
import type { Generator } from './port';
import { ELSEWHERE, HERE } from './servers';
import type { Patience } from './sse';
import type { Consent, FoundServer, NewProvider, Provider, Sends, SentEntry } from './types';

/** Servers for models that people run themselves, by the port they listen on unless told. */
const LOCAL_SERVERS = [
  { name: 'Ollama', port: 11434 },
  { name: 'LM Studio', port: 1234 },
  { name: 'llama.cpp', port: 8080 },
];
const FIND_MS = 1_500;
/** What most of them read at once unless told otherwise. */
const CONTEXT_TOKENS = { local: 4_096, elsewhere: 32_000 };

const PROVIDERS = 'providers';
const secretName = (id: string) => `provider:${id}`;

export interface Providers {
  list(): Promise<Provider[]>;
  /** @throws EngineError `bad_input` for an address that cannot be reached from here. */
  add(provider: NewProvider): Promise<Provider>;
  remove(id: string): Promise<void>;
  /** Asks this machine's usual ports; nobody else. */
  findLocal(signal?: AbortSignal): Promise<FoundServer[]>;
  /** The generator of a provider; every request it makes is written down first. @throws EngineError `not_found`. */
  generator(id: string, passages: () => string[]): Promise<Generator>;
  /** @throws EngineError `vault_locked` when its key cannot be read now. */
  ready(id: string): Promise<void>;
  /** @throws EngineError `consent_needed` when a provider elsewhere may not be asked. */
  allow(id: string, chatId: string | null, given: Consent | undefined, sends: Sends): Promise<void>;
  /** What was allowed for a chat that had no id yet. */
  allowChat(id: string, chatId: string, sends: Sends): void;
  /** From now on the provider is asked for again; chats that it was allowed for, too. @throws EngineError `not_found`. */
  withdraw(id: string): Promise<void>;
  /** Newest first. */
  sent(limit: number): Promise<SentEntry[]>;
}

/** Those of earlier versions do not say what they are sent: they were allowed the passages. */
type KeptProvider = Omit<Provider, 'has_key' | 'local' | 'sends'> & { sends?: Sends };

export function openProviders(
  shelf: PrivacyShelf,
  vault: Vault,
  options: { clock?: () => Date; patience?: Patience; ports?: Array<{ name: string; port: number }> } = {},
): Providers {
  const { clock = () => new Date(), ports = LOCAL_SERVERS } = options;
  /** By `provider chat`, until the engine ends. */
  const chats = new Map<string, Sends>();

  const kept = async () => ((await shelf.get(PROVIDERS)) as KeptProvider[] | undefined) ?? [];
  const whole = async (provider: KeptProvider): Promise<Provider> => ({
    ...provider,
    sends: sendsOf(provider),
    local: isHere(provider.base_url),
    has_key: await vault.has(secretName(provider.id)),
  });
  async function byId(id: string): Promise<KeptProvider> {
    const provider = (await kept()).find((one) => one.id === id);
    if (!provider) throw new EngineError('not_found', `There is no model ${id}.`);
    return provider;
  }
  async function change(id: string, what: Partial<KeptProvider>): Promise<void> {
    await shelf.put(
      PROVIDERS,
      (await kept()).map((one) => (one.id === id ? { ...one, ...what } : one)),
    );
  }
  async function write(provider: string, url: string, bytes: number, passages: string[]): Promise<void> {
    const entry: SentEntry = {
      at: clock().toISOString(),
      provider,
      host: new URL(url).host,
      local: isHere(url),
      bytes,
      passages,
    };
    await shelf.append(entry);
  }

  return {
    list: async () => Promise.all((await kept()).map(whole)),
    async add({ kind, name, base_url, model, key, context_tokens }) {
      const url = checkAddress(base_url);
      if (model.trim() === '') throw new EngineError('bad_input', 'The model has no name.');
      const here = isHere(url);
      const provider: KeptProvider = {
        id: uuidv7(),
        kind,
        name: name.trim() === '' ? new URL(url).host : name.trim(),
        base_url: url,
        model: model.trim(),
        context_tokens: context_tokens ?? (here ? CONTEXT_TOKENS.local : CONTEXT_TOKENS.elsewhere),
        always: false,
        sends: 'replaced',
      };
      if (key !== undefined && key.trim() !== '') await vault.put(secretName(provider.id), key.trim());
      await shelf.put(PROVIDERS, [...(await kept()), provider]);
      return whole(provider);
    },
    async remove(id) {
      await vault.delete(secretName(id));
      await shelf.put(
        PROVIDERS,
        (await kept()).filter((one) => one.id !== id),
      );
    },
    async findLocal(signal) {
      const found = await Promise.all(ports.map((server) => look(server, write, signal)));
      return found.filter((server) => server !== null);
    },
    async generator(id, passages) {
      const { kind, name, base_url, model, context_tokens } = await byId(id);
      const make = kind === 'anthropic' ? anthropicGenerator : openAiGenerator;
      const server = make({
        id,
        name,
        baseUrl: base_url,
        model,
        contextTokens: context_tokens,
        key: () => vault.get(secretName(id)),
        onSend: (url, bytes) => write(name, url, bytes, passages()),
        ...(options.patience ? { patience: options.patience } : {}),
      });
      // What goes elsewhere is shown first, and an answer's context is what is shown.
      return { ...server, rewrites: isHere(base_url) };
    },
    async ready(id) {
      if (await vault.has(secretName(id))) await vault.get(secretName(id));
    },
    async allow(id, chatId, given, sends) {
      const provider = await byId(id);
      if (isHere(provider.base_url) || given === 'once') return;
      if (given === 'always') {
        await change(id, { always: true, sends });
        return;
      }
      if (given === 'chat') {
        if (chatId !== null) chats.set(`${id} ${chatId}`, sends);
        return;
      }
      if (provider.always && covers(sendsOf(provider), sends)) return;
      if (chatId !== null && covers(chats.get(`${id} ${chatId}`), sends)) return;
      throw new EngineError('consent_needed', `${provider.name} is not on this computer; nothing was sent.`, {
        remedy: 'Look at what would go, then allow it.',
      });
    },
    allowChat(id, chatId, sends) {
      chats.set(`${id} ${chatId}`, sends);
    },
    async withdraw(id) {
      await byId(id);
      for (const key of chats.keys()) if (key.startsWith(`${id} `)) chats.delete(key);
      await change(id, { always: false });
    },
    sent: async (limit) => (await shelf.entries(limit)) as SentEntry[],
  };
}

function sendsOf({ always, sends }: KeptProvider): Sends {
  return sends ?? (always ? 'passages' : 'replaced');
}

/** Who may be sent the passages may be sent less. A question by itself is not less than one with placeholders. */
function covers(allowed: Sends | undefined, sends: Sends): boolean {
  return allowed === 'passages' || allowed === sends;
}

function isHere(url: string): boolean {
  return HERE.includes(new URL(url).hostname);
}

/** The address without what does not belong to it. */
function checkAddress(typed: string): string {
  const url = URL.parse(typed.trim());
  if (!url || url.username !== '' || url.password !== '') {
    throw new EngineError('bad_input', `${typed} is no address.`, { remedy: 'It begins with http:// or https://.' });
  }
  const allowed = HERE.includes(url.hostname)
    ? url.protocol === 'http:'
    : url.protocol === 'https:' && ELSEWHERE.includes(url.hostname) && url.port === '';
  if (!allowed) {
    throw new EngineError('bad_input', `${url.host} is not among the servers that can be reached from here.`, {
      remedy: `This computer (localhost), or ${ELSEWHERE.join(', ')}.`,
    });
  }
  url.search = '';
  url.hash = '';
  return url.href.replace(/\/+$/u, '');
}

async function look(
  { name, port }: { name: string; port: number },
  write: (provider: string, url: string, bytes: number, passages: string[]) => Promise<void>,
  signal?: AbortSignal,
): Promise<FoundServer | null> {
  const base_url = `http://localhost:${port}/v1`;
  const limit = AbortSignal.timeout(FIND_MS);
  try {
    await write(name, base_url, 0, []);
    const response = await fetch(`${base_url}/models`, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      redirect: 'error',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
    });
    if (!response.ok) return null;
    const { data } = (await response.json()) as { data?: Array<{ id?: unknown }> };
    const models = (data ?? []).flatMap(({ id }) => (typeof id === 'string' ? [id] : []));
    return models.length > 0 ? { name, base_url, models } : null;
  } catch (error) {
    if (signal?.aborted) throw EngineError.from(error, 'aborted');
    // Nobody listens there, or somebody else does.
    return null;
  }
}

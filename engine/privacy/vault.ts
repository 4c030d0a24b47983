/**
 * Keys of providers, encrypted where they lie (AES-GCM, 256 bits, a fresh 96-bit nonce each). The key to them is one that
 * WebCrypto does not give out, or is made of a passphrase by Argon2id; then it is in memory only between `unlock` and `lock`.
 */
import { argon2id } from 'hash-wasm';
import { EngineError } from '../errors';
import type { PrivacyShelf } from './shelf';

/** RFC 9106's second recommendation, which is for memory-constrained places: 64 MiB, three passes. */
const ARGON = { memorySize: 64 * 1024, iterations: 3, parallelism: 1, hashLength: 32 } as const;
/** Milliseconds without use after which a vault with a passphrase locks itself. */
export const IDLE_LOCK_MS = 15 * 60_000;

interface Kept {
  format: 1;
  /** How the key is come by. */
  key: { kind: 'device'; key: CryptoKey } | { kind: 'passphrase'; salt: Uint8Array; check: Sealed };
}

interface Sealed {
  nonce: Uint8Array;
  bytes: ArrayBuffer;
}

export type VaultState = 'empty' | 'open' | 'locked';

export interface Vault {
  /** `empty` holds nothing and has no key yet; `locked` waits for its passphrase. */
  state(): Promise<VaultState>;
  /** @throws EngineError `vault_locked`. */
  put(name: string, secret: string): Promise<void>;
  /** Null when there is none of this name. @throws EngineError `vault_locked`. */
  get(name: string): Promise<string | null>;
  has(name: string): Promise<boolean>;
  delete(name: string): Promise<void>;
  /** @throws EngineError `wrong_password`. */
  unlock(passphrase: string): Promise<void>;
  /** Forgets the key until it is unlocked again; without a passphrase there is nothing to forget. */
  lock(): void;
  /** Whether it is opened by a passphrase. */
  hasPassphrase(): Promise<boolean>;
  /**
   * Encrypts all anew under another passphrase; null: under a key of this browser's own. It is open after it.
   * @param current the passphrase that it has, where it has one: who finds it open cannot take it over.
   * @throws `wrong_password` when that is not the one; `bad_input` for a passphrase that is too short.
   */
  setPassphrase(passphrase: string | null, current?: string): Promise<void>;
  /** Deletes every secret and the passphrase: for who forgot it. */
  empty(): Promise<void>;
}

/** Characters; Argon2id makes each guess dear, and does not make few guesses many. */
const SHORTEST = 8;

const KEY = 'vault';
const NAMES = 'vault:names';
const secretKey = (name: string) => `vault:secret:${name}`;

export function openVault(shelf: PrivacyShelf, idleMs = IDLE_LOCK_MS): Vault {
  let open: CryptoKey | null = null;
  let idle: ReturnType<typeof setTimeout> | undefined;

  const kept = async () => (await shelf.get(KEY)) as Kept | undefined;
  const names = async () => ((await shelf.get(NAMES)) as string[] | undefined) ?? [];
  const lock = () => {
    clearTimeout(idle);
    open = null;
  };
  const used = () => {
    clearTimeout(idle);
    idle = setTimeout(lock, idleMs);
    // a timer must not keep a script alive
    if (typeof idle === 'object') (idle as { unref?: () => void }).unref?.();
  };

  async function keyOf(): Promise<CryptoKey> {
    const state = await kept();
    if (!state) {
      const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
      await shelf.put(KEY, { format: 1, key: { kind: 'device', key } } satisfies Kept);
      return key;
    }
    if (state.key.kind === 'device') return state.key.key;
    if (!open) throw locked();
    used();
    return open;
  }

  async function reveal(key: CryptoKey, name: string): Promise<string | null> {
    const sealed = (await shelf.get(secretKey(name))) as Sealed | undefined;
    return sealed ? unseal(key, name, sealed) : null;
  }

  async function unlock(passphrase: string): Promise<void> {
    const state = await kept();
    if (state?.key.kind !== 'passphrase') return;
    const wrong = (cause?: unknown) =>
      new EngineError('wrong_password', 'This is not the passphrase of the vault.', {
        cause,
        remedy: 'Try again. Without it the keys have to be entered anew.',
      });
    if (passphrase === '') throw wrong(); // Argon2id takes none that is empty
    const key = await derive(passphrase, state.key.salt);
    try {
      await unseal(key, 'check', state.key.check);
    } catch (cause) {
      throw wrong(cause);
    }
    open = key;
    used();
  }

  return {
    async state() {
      const state = await kept();
      if (!state) return 'empty';
      return state.key.kind === 'device' || open ? 'open' : 'locked';
    },
    async put(name, secret) {
      await shelf.put(secretKey(name), await seal(await keyOf(), name, secret));
      await shelf.put(NAMES, [...new Set([...(await names()), name])]);
    },
    async get(name) {
      return (await names()).includes(name) ? reveal(await keyOf(), name) : null;
    },
    has: async (name) => (await names()).includes(name),
    async delete(name) {
      await shelf.delete(secretKey(name));
      await shelf.put(
        NAMES,
        (await names()).filter((one) => one !== name),
      );
    },
    unlock,
    lock,
    hasPassphrase: async () => (await kept())?.key.kind === 'passphrase',
    async setPassphrase(passphrase, current = '') {
      if (passphrase !== null && passphrase.length < SHORTEST) {
        throw new EngineError('bad_input', `A passphrase has ${SHORTEST} characters or more.`);
      }
      await unlock(current);
      const old = await keyOf();
      const secrets = await Promise.all((await names()).map(async (name) => [name, await reveal(old, name)] as const));
      let next: Kept['key'];
      let key: CryptoKey;
      if (passphrase === null) {
        key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
        next = { kind: 'device', key };
      } else {
        const salt = crypto.getRandomValues(new Uint8Array(16));
        key = await derive(passphrase, salt);
        next = { kind: 'passphrase', salt, check: await seal(key, 'check', 'commonplace') };
      }
      const changed = new Map<string, unknown>([[KEY, { format: 1, key: next } satisfies Kept]]);
      for (const [name, secret] of secrets) {
        if (secret !== null) changed.set(secretKey(name), await seal(key, name, secret));
      }
      await shelf.putAll(changed);
      lock();
      if (passphrase !== null) {
        open = key;
        used();
      }
    },
    async empty() {
      const gone = [KEY, NAMES, ...(await names()).map(secretKey)];
      lock();
      await shelf.putAll(new Map(gone.map((key) => [key, undefined])));
    },
  };
}

async function derive(passphrase: string, salt: Uint8Array): Promise<CryptoKey> {
  const bytes = await argon2id({ ...ARGON, password: passphrase.normalize('NFKC'), salt, outputType: 'binary' });
  try {
    return await crypto.subtle.importKey('raw', bytes as BufferSource, 'AES-GCM', false, ['encrypt', 'decrypt']);
  } finally {
    bytes.fill(0);
  }
}

/** The name is authenticated with it, so that no secret can be put in another's place. */
async function seal(key: CryptoKey, name: string, secret: string): Promise<Sealed> {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(name);
  const text = new TextEncoder().encode(secret);
  const bytes = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData }, key, text);
  text.fill(0);
  return { nonce, bytes };
}

async function unseal(key: CryptoKey, name: string, { nonce, bytes }: Sealed): Promise<string> {
  const additionalData = new TextEncoder().encode(name);
  const algorithm = { name: 'AES-GCM', iv: nonce as BufferSource, additionalData };
  return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, bytes));
}

function locked(): EngineError {
  return new EngineError('vault_locked', 'The vault is locked.', { remedy: 'Open it with your passphrase.' });
}

import 'fake-indexeddb/auto';
import { describe, expect, test } from 'vitest';
import { memoryShelf, openPrivacyShelf, openVault, type PrivacyShelf } from '../../../engine/privacy';

const SECRET = 'sk-live-0123456789';

/** Everything that lies on a shelf, as text and bytes one could search. */
async function everything(shelf: PrivacyShelf): Promise<string> {
  const parts: string[] = [];
  for (const key of ['vault', 'vault:names', 'vault:secret:openai']) {
    const value = await shelf.get(key);
    parts.push(
      JSON.stringify(value, (_key, part: unknown) =>
        part instanceof ArrayBuffer
          ? Buffer.from(part).toString('latin1')
          : part instanceof Uint8Array
            ? Buffer.from(part).toString('latin1')
            : part,
      ) ?? '',
    );
  }
  return parts.join('\n');
}

describe('the vault', () => {
  test('gives back what was put in, and keeps it unreadable where it lies', async () => {
    const shelf = memoryShelf();
    const vault = openVault(shelf);
    expect(await vault.state()).toBe('empty');
    await vault.put('openai', SECRET);
    expect(await vault.get('openai')).toBe(SECRET);
    expect(await vault.get('anthropic')).toBeNull();
    expect(await everything(shelf)).not.toContain(SECRET);
    // another life of the engine
    expect(await openVault(shelf).get('openai')).toBe(SECRET);
    await vault.delete('openai');
    expect(await vault.get('openai')).toBeNull();
    expect(await shelf.get('vault:secret:openai')).toBeUndefined();
  });

  test('has a key of its own that cannot be taken out', async () => {
    const shelf = memoryShelf();
    await openVault(shelf).put('openai', SECRET);
    const { key } = ((await shelf.get('vault')) as { key: { key: CryptoKey } }).key;
    expect(key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
  });

  test('opens with its passphrase only, and locks', async () => {
    const shelf = memoryShelf();
    const vault = openVault(shelf);
    await vault.put('openai', SECRET);
    await vault.setPassphrase('correct horse');
    expect(await vault.get('openai')).toBe(SECRET);
    vault.lock();
    expect(await vault.state()).toBe('locked');
    await expect(vault.get('openai')).rejects.toMatchObject({ code: 'vault_locked' });
    await expect(vault.put('other', 'x')).rejects.toMatchObject({ code: 'vault_locked' });
    await expect(vault.unlock('wrong horse')).rejects.toMatchObject({ code: 'wrong_password' });
    expect(await everything(shelf)).not.toContain(SECRET);
    const later = openVault(shelf);
    expect(await later.state()).toBe('locked');
    await later.unlock('correct horse');
    expect(await later.get('openai')).toBe(SECRET);
    await expect(later.setPassphrase(null)).rejects.toMatchObject({ code: 'wrong_password' });
    await later.setPassphrase(null, 'correct horse');
    later.lock();
    expect(await later.get('openai')).toBe(SECRET);
  });

  test('changes its passphrase for who knows it, all secrets at once or none', async () => {
    const shelf = memoryShelf();
    const vault = openVault(shelf);
    await vault.put('openai', SECRET);
    await vault.put('anthropic', 'other');
    await expect(vault.setPassphrase('short')).rejects.toMatchObject({ code: 'bad_input' });
    await vault.setPassphrase('correct horse');
    await expect(vault.setPassphrase('battery staple', 'wrong')).rejects.toMatchObject({ code: 'wrong_password' });
    const full = openVault({
      ...shelf,
      putAll: async () => {
        throw new Error('no room');
      },
    });
    await full.unlock('correct horse');
    await expect(full.setPassphrase('battery staple', 'correct horse')).rejects.toThrow('no room');
    expect(await vault.get('openai')).toBe(SECRET);
    await vault.setPassphrase('battery staple', 'correct horse');
    const later = openVault(shelf);
    await expect(later.unlock('correct horse')).rejects.toMatchObject({ code: 'wrong_password' });
    await later.unlock('battery staple');
    expect([await later.get('openai'), await later.get('anthropic')]).toEqual([SECRET, 'other']);
  });

  test('that nobody can open is emptied and used again', async () => {
    const shelf = memoryShelf();
    const vault = openVault(shelf);
    await vault.put('openai', SECRET);
    await vault.setPassphrase('correct horse');
    vault.lock();
    await vault.empty();
    expect([await vault.state(), await vault.has('openai'), await vault.hasPassphrase()]).toEqual([
      'empty',
      false,
      false,
    ]);
    expect(await shelf.get('vault:secret:openai')).toBeUndefined();
    await vault.put('openai', 'new');
    expect(await vault.get('openai')).toBe('new');
  });

  test('locks by itself when it is not used', async () => {
    const vault = openVault(memoryShelf(), 30);
    await vault.put('openai', SECRET);
    await vault.setPassphrase('correct horse');
    await expect.poll(() => vault.state(), { timeout: 20_000 }).toBe('locked');
  });

  test('does not read a secret that was put in the place of another', async () => {
    const shelf = memoryShelf();
    const vault = openVault(shelf);
    await vault.put('openai', SECRET);
    await vault.put('anthropic', 'other');
    await shelf.put('vault:secret:anthropic', await shelf.get('vault:secret:openai'));
    await expect(vault.get('anthropic')).rejects.toThrow();
  });
});

describe.each([
  ['memory', async () => memoryShelf()],
  ['IndexedDB', openPrivacyShelf],
] as const)('a shelf in %s', (_name, open) => {
  test('keeps, drops, and lists what was sent newest first', async () => {
    const shelf = await open();
    await shelf.put('a', { b: 1 });
    expect(await shelf.get('a')).toEqual({ b: 1 });
    await shelf.putAll(
      new Map<string, unknown>([
        ['a', 2],
        ['c', 3],
      ]),
    );
    expect([await shelf.get('a'), await shelf.get('c')]).toEqual([2, 3]);
    await shelf.putAll(new Map([['c', undefined]]));
    expect(await shelf.get('c')).toBeUndefined();
    await shelf.delete('a');
    expect(await shelf.get('a')).toBeUndefined();
    for (const bytes of [1, 2, 3]) await shelf.append({ bytes });
    expect(await shelf.entries(2)).toEqual([{ bytes: 3 }, { bytes: 2 }]);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PoolFilesystem } from '../../../engine/store/opfs/pool';
import { PowerLossDirectory, seeded } from './power-loss';

const OPTIONS = { spare: 16, limit: 60 };
const PATHS = ['/a', '/b', '/global/pg_control', '/pg_wal/1', '/pg_wal/2', '/base/1', '/base/2'];

type Step =
  | { do: 'write'; path: string; at: number; length: number; fill: number }
  | { do: 'rename'; path: string; to: string }
  | { do: 'unlink'; path: string }
  | { do: 'sync'; path: string }
  | { do: 'truncate'; path: string; length: number };

const path = fc.constantFrom(...PATHS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('write' as const),
      path,
      at: fc.nat(1500),
      length: fc.integer({ min: 1, max: 1500 }),
      fill: fc.integer({ min: 1, max: 255 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rename' as const), path, to: path }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unlink' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sync' as const), path }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), path, length: fc.nat(1000) }) },
);

/** What the files should hold, in plain memory. */
type Model = Map<string, Uint8Array>;

function applyToModel(model: Model, change: Step): void {
  const old = model.get(change.path);
  switch (change.do) {
    case 'write': {
      const size = Math.max(old?.length ?? 0, change.at + change.length);
      const bytes = new Uint8Array(size);
      if (old) bytes.set(old);
      bytes.fill(change.fill, change.at, change.at + change.length);
      model.set(change.path, bytes);
      return;
    }
    case 'truncate':
      if (old) {
        const bytes = new Uint8Array(change.length);
        bytes.set(old.subarray(0, change.length));
        model.set(change.path, bytes);
      }
      return;
    case 'unlink':
      model.delete(change.path);
      return;
    case 'rename':
      if (old && change.path !== change.to) {
        model.delete(change.path);
        model.set(change.to, old);
      }
      return;
    case 'sync':
      return;
  }
}

function exists(pool: PoolFilesystem, name: string): boolean {
  try {
    pool.lstat(name);
    return true;
  } catch (error) {
    expect((error as { code: number }).code).toBe(44);
    return false;
  }
}

async function applyToPool(pool: PoolFilesystem, change: Step): Promise<void> {
  if (change.do === 'sync') return pool.syncToFs();
  if (change.do === 'write') {
    if (!exists(pool, change.path)) pool.writeFile(change.path, '');
    const descriptor = pool.open(change.path);
    pool.write(descriptor, new Uint8Array(change.length).fill(change.fill), 0, change.length, change.at);
    pool.close(descriptor);
    return;
  }
  if (!exists(pool, change.path)) return;
  if (change.do === 'unlink') pool.unlink(change.path);
  else if (change.do === 'truncate') pool.truncate(change.path, change.length);
  else pool.rename(change.path, change.to);
}

function contents(pool: PoolFilesystem, name: string): Uint8Array | undefined {
  if (!exists(pool, name)) return undefined;
  const descriptor = pool.open(name);
  const bytes = new Uint8Array(pool.lstat(name).size);
  pool.read(descriptor, bytes, 0, bytes.length, 0);
  pool.close(descriptor);
  return bytes;
}

/** What the archive holds that a pool may begin with; its byte is written by no step. */
const PACKED: Array<[string, number]> = [
  ['/a', 700],
  ['/base/1', 1200],
  ['/base/2', 0],
  ['/pg_wal/1', 600],
  ['/global/pg_control', 90],
];
const PACKED_BYTE = 250;

function archive(): Uint8Array {
  const block = (length: number) => Buffer.alloc(Math.ceil(length / 512) * 512);
  const entry = (path: string, content: Uint8Array | null) => {
    const header = block(1);
    header.write(path.slice(1), 0);
    header.write(content ? '0000600' : '0000700', 100);
    header.write((content?.length ?? 0).toString(8).padStart(11, '0'), 124);
    header.write(content ? '0' : '5', 156);
    const body = block(content?.length ?? 0);
    if (content) body.set(content);
    return Buffer.concat([header, body]);
  };
  return Buffer.concat([
    ...['/global', '/pg_wal', '/base'].map((path) => entry(path, null)),
    ...PACKED.map(([path, size]) => entry(path, new Uint8Array(size).fill(PACKED_BYTE))),
    block(1024),
  ]);
}

async function seededPool(): Promise<{ disk: PowerLossDirectory; pool: PoolFilesystem; model: Model }> {
  const disk = new PowerLossDirectory();
  const pool = await PoolFilesystem.open(disk, OPTIONS);
  await pool.seed(archive());
  return { disk, pool, model: new Map(PACKED.map(([path, size]) => [path, new Uint8Array(size).fill(PACKED_BYTE)])) };
}

async function begun(isSeeded: boolean): Promise<{ disk: PowerLossDirectory; pool: PoolFilesystem; model: Model }> {
  return isSeeded ? seededPool() : { ...(await prepared()), model: new Map() };
}

async function prepared(): Promise<{ disk: PowerLossDirectory; pool: PoolFilesystem }> {
  const disk = new PowerLossDirectory();
  const pool = await PoolFilesystem.open(disk, OPTIONS);
  for (const directory of ['/global', '/pg_wal', '/base']) pool.mkdir(directory);
  await pool.syncToFs();
  return { disk, pool };
}

describe('the pool file system', () => {
  it('holds what was written, under the names it was given, over closing and opening', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 60 }), async (isSeeded, steps) => {
        const { disk, pool, model } = await begun(isSeeded);
        for (const change of steps) {
          applyToModel(model, change);
          await applyToPool(pool, change);
        }
        for (const name of PATHS) expect(contents(pool, name)).toEqual(model.get(name));
        pool.flushAll();
        pool.abandon();
        disk.lose(() => 0.99);
        const again = await PoolFilesystem.open(disk, OPTIONS);
        for (const name of PATHS) expect(contents(again, name)).toEqual(model.get(name));
        again.abandon();
      }),
      { numRuns: 200 },
    );
  });

  it('after a power loss at any operation, has the names of a moment after the last sync and every byte of WAL synced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { minLength: 5, maxLength: 60 }),
        fc.nat(200),
        fc.nat(),
        async (isSeeded, steps, cut, seed) => {
          const { disk, pool, model } = await begun(isSeeded);
          // Every state since the last sync that resolved is a legal set of names; WAL synced must stay unless changed after.
          let legal: string[] = [names(model)];
          let synced: Model = new Map(model);
          const touched = new Set<string>();
          // Every fill is used once, so that a byte tells which file it was written for.
          const written = new Map<string, Set<number>>(
            PATHS.map((name) => [name, new Set([0, ...(model.get(name) ?? [])])]),
          );
          const fillsOf = (name: string) => written.get(name) ?? new Set<number>();
          const numbered = steps.map((change, index) =>
            change.do === 'write' ? { ...change, fill: index + 1 } : change,
          );
          disk.offAfter(cut + 1);
          try {
            for (const change of numbered) {
              applyToModel(model, change);
              if (change.do === 'rename') {
                // Until the rename is durable the file may be found under either name, with what is written to it now.
                const both = new Set([...fillsOf(change.path), ...fillsOf(change.to)]);
                const merged = [written.get(change.path), written.get(change.to)];
                for (const [name, fills] of written) if (merged.includes(fills)) written.set(name, both);
              }
              for (const [name, bytes] of model) for (const byte of bytes) fillsOf(name).add(byte);
              legal.push(names(model));
              touched.add(change.path);
              if (change.do === 'rename') touched.add(change.to);
              await applyToPool(pool, change);
              if (change.do === 'sync') {
                legal = [names(model)];
                synced = new Map(model);
                touched.clear();
              }
            }
          } catch (error) {
            if (!disk.isOff) throw error;
          }
          pool.abandon();
          disk.lose(seeded(seed));
          const again = await PoolFilesystem.open(disk, OPTIONS);
          expect(legal).toContain(
            names(new Map(PATHS.filter((name) => exists(again, name)).map((name) => [name, new Uint8Array()]))),
          );
          for (const [name, bytes] of synced) {
            if (name.startsWith('/pg_wal/') && !touched.has(name)) expect(contents(again, name)).toEqual(bytes);
          }
          for (const name of PATHS) {
            for (const byte of contents(again, name) ?? [])
              if (!fillsOf(name).has(byte)) expect(`${name} shows ${byte}`).toBe('');
          }
          // A file that is new shows nothing of what its backing held before.
          again.writeFile('/fresh', '');
          expect(again.lstat('/fresh').size).toBe(0);
          again.abandon();
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps what is only read in one file, over closing and opening, and copies it out on the first write', async () => {
    const { disk, pool, model } = await seededPool();
    await pool.closeFs();
    const files = () => PACKED.filter(([path]) => model.has(path)).map(([path]) => path);
    const held = (await PoolFilesystem.open(disk, OPTIONS)).counts;
    // the log, pg_control, the pack and the two slots of the journal
    expect(held.handles - held.free).toBe(5);
    disk.kill();
    const again = await PoolFilesystem.open(disk, OPTIONS);
    for (const path of files()) expect(contents(again, path)).toEqual(model.get(path));
    const descriptor = again.open('/base/1');
    again.write(descriptor, new Uint8Array([7]), 0, 1, 3);
    model.get('/base/1')?.fill(7, 3, 4);
    await again.syncToFs();
    again.flushAll();
    expect(again.counts.handles - again.counts.free).toBe(6);
    disk.lose(() => 0.99);
    const last = await PoolFilesystem.open(disk, OPTIONS);
    for (const path of files()) expect(contents(last, path)).toEqual(model.get(path));
  });

  it('writes on to a file of the pack that was unlinked while it was open, and gives its own file back after', async () => {
    const { disk, pool } = await seededPool();
    const descriptor = pool.open('/base/1');
    pool.unlink('/base/1');
    pool.write(descriptor, new Uint8Array([7]), 0, 1, 0);
    const into = new Uint8Array(2);
    pool.read(descriptor, into, 0, 2, 0);
    expect([...into]).toEqual([7, PACKED_BYTE]);
    await pool.syncToFs();
    const { free } = pool.counts;
    pool.close(descriptor);
    await pool.syncToFs();
    expect(pool.counts.free).toBe(free + 1);
    disk.kill();
    expect(exists(await PoolFilesystem.open(disk, OPTIONS), '/base/1')).toBe(false);
  });

  it('shows at least what was in the pack as soon as a file of its own stands for it', async () => {
    const { disk, pool } = await seededPool();
    // the file that is taken next was in use before, so that it is flushed for no other reason
    pool.writeFile('/b', 'before');
    pool.flushAll();
    pool.unlink('/b');
    await pool.syncToFs();
    const descriptor = pool.open('/base/1');
    pool.write(descriptor, new Uint8Array([7]), 0, 1, 1199);
    await pool.syncToFs();
    disk.lose(() => 0.99);
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(contents(again, '/base/1')?.subarray(0, 1199)).toEqual(new Uint8Array(1199).fill(PACKED_BYTE));
  });

  it('is still empty when the power goes before it was seeded', async () => {
    const whole = new PowerLossDirectory();
    await (await PoolFilesystem.open(whole, OPTIONS)).closeFs();
    for (let at = 1; ; at++) {
      const disk = whole.copy();
      const pool = await PoolFilesystem.open(disk, OPTIONS);
      disk.offAfter(at);
      const isSeeded = await pool.seed(archive()).then(
        () => true,
        () => false,
      );
      const isWhole = !disk.isOff;
      disk.lose(seeded(at));
      const again = await PoolFilesystem.open(disk, OPTIONS);
      if (isSeeded) for (const [path, size] of PACKED) expect(contents(again, path)?.length).toBe(size);
      else expect([0, 4]).toContain(again.readdir('/').length);
      if (isWhole) break;
    }
  });

  it('makes everything durable before pg_control', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/base/1', 'page');
    pool.writeFile('/pg_wal/1', 'record');
    pool.writeFile('/global/pg_control', 'checkpoint');
    disk.lose(() => 0.99);
    const again = await PoolFilesystem.open(disk, OPTIONS);
    for (const [name, text] of [
      ['/base/1', 'page'],
      ['/pg_wal/1', 'record'],
      ['/global/pg_control', 'checkpoint'],
    ] as const) {
      expect(new TextDecoder().decode(contents(again, name))).toBe(text);
    }
  });

  it('writes no data page before the WAL that describes it', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/pg_wal/1', 'record');
    pool.writeFile('/base/1', 'page');
    disk.lose(() => 0.99);
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(new TextDecoder().decode(contents(again, '/pg_wal/1'))).toBe('record');
  });

  it('does not give an unlinked file away before the unlink is durable', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/base/1', 'old');
    pool.flushAll();
    await pool.syncToFs();
    pool.unlink('/base/1');
    while (pool.counts.free > 0) pool.writeFile(`/base/${pool.counts.handles}-${pool.counts.free}`, 'new');
    disk.lose(() => 0); // every write reached the disk, the journal's lines were still in memory
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(new TextDecoder().decode(contents(again, '/base/1'))).toBe('old');
  });

  it('shows nothing less under a new name than the old one had', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/a', 'map');
    pool.rename('/a', '/b');
    await pool.syncToFs();
    disk.lose(() => 0.99);
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(new TextDecoder().decode(contents(again, '/b'))).toBe('map');
  });

  it('reads on from a descriptor whose file was unlinked', async () => {
    const { pool } = await prepared();
    pool.writeFile('/a', 'still here');
    const descriptor = pool.open('/a');
    pool.unlink('/a');
    await pool.syncToFs();
    const into = new Uint8Array(10);
    expect(pool.read(descriptor, into, 0, 10, 0)).toBe(10);
    expect(new TextDecoder().decode(into)).toBe('still here');
  });

  it('refuses with ENOSPC when the pool is used up, and goes on when a file was removed', async () => {
    const { pool } = await prepared();
    let made = 0;
    const create = (): void => {
      for (; made < 100; made++) pool.writeFile(`/base/n${made}`, 'x');
    };
    expect(create).toThrowError(expect.objectContaining({ code: 51 }) as Error);
    pool.unlink('/base/n0');
    pool.writeFile('/base/other', 'x');
    await pool.syncToFs();
    expect(pool.counts.free).toBeGreaterThan(0);
    expect(pool.counts.handles).toBeLessThanOrEqual(OPTIONS.limit);
  });

  it('answers a full disk with ENOSPC and any other fault with EIO, and is not trusted after a failed flush', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/pg_wal/1', 'x');
    disk.fillAfter(0);
    expect(() => pool.writeFile('/a', 'y')).toThrowError(expect.objectContaining({ code: 51 }) as Error);
    disk.fillAfter(Infinity);
    await pool.syncToFs();
    pool.writeFile('/pg_wal/1', 'z');
    disk.offAfter(1);
    await expect(pool.syncToFs()).rejects.toMatchObject({ code: 29 });
    disk.offAfter(Infinity);
    await expect(pool.syncToFs()).rejects.toMatchObject({ code: 29 });
  });

  it('drops a torn last line of the journal and what stands after it', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/a', 'x');
    await pool.syncToFs();
    pool.writeFile('/b', 'x');
    pool.flushAll();
    pool.abandon();
    const slot = currentSlot(disk);
    const whole = disk.contents(slot).length;
    disk.corrupt(slot, (bytes) => bytes.subarray(0, whole - 3));
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(exists(again, '/a')).toBe(true);
    expect(exists(again, '/b')).toBe(false);
    again.abandon();
    const once = await PoolFilesystem.open(disk, OPTIONS);
    expect(exists(once, '/a')).toBe(true);
    once.abandon();
  });

  it('refuses to start anew over files that hold something, and touches nothing', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/a', 'precious');
    pool.flushAll();
    pool.abandon();
    for (const slot of ['journal-0', 'journal-1']) disk.corrupt(slot, () => new Uint8Array(0));
    const before = (await disk.names()).map((name) => [name, disk.contents(name).slice()]);
    await expect(PoolFilesystem.open(disk, OPTIONS)).rejects.toMatchObject({ code: 'store_corrupt' });
    expect((await disk.names()).map((name) => [name, disk.contents(name).slice()])).toEqual(before);
  });

  it('says that a backing file is missing', async () => {
    const { disk, pool } = await prepared();
    pool.writeFile('/a', 'x');
    pool.flushAll();
    pool.abandon();
    const name = (await disk.names()).find((candidate) => disk.contents(candidate).length === 1) ?? '';
    await disk.remove(name);
    await expect(PoolFilesystem.open(disk, OPTIONS)).rejects.toMatchObject({ code: 'store_corrupt' });
  });

  it('refuses a second holder', async () => {
    const { disk } = await prepared();
    await expect(PoolFilesystem.open(disk, OPTIONS)).rejects.toMatchObject({ code: 'store_locked' });
  });

  it('keeps the journal small by starting new generations', async () => {
    const { disk, pool } = await prepared();
    for (let round = 0; round < 8000; round++) {
      pool.writeFile('/a', '');
      pool.unlink('/a');
      if (round % 50 === 0) await pool.syncToFs();
    }
    await pool.syncToFs();
    expect(disk.contents('journal-0').length + disk.contents('journal-1').length).toBeLessThan(600_000);
    pool.abandon();
    const again = await PoolFilesystem.open(disk, OPTIONS);
    expect(exists(again, '/a')).toBe(false);
  });
});

function names(model: Model): string {
  return [...model.keys()].sort().join(' ');
}

function currentSlot(disk: PowerLossDirectory): string {
  return disk.contents('journal-0').length > 0 ? 'journal-0' : 'journal-1';
}

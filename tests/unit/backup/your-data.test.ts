import { describe, expect, test } from 'vitest';
import type { ImportReport } from '../../../engine/api';
import type { PanelEngine } from '../../../components/connection';
import type { BackupNote, Shell } from '../../../components/shell';
import { dataWork, type Work } from '../../../components/your-data-work';
import { EngineError } from '../../../engine/errors';

const REPORT: ImportReport = {
  documents: { added: 1, changed: 0, same: 0, forgotten: 0, expired: 0 },
  messages: { added: 2, changed: 0, same: 0 },
  vectors: 0,
  marks: 0,
  by_source: [],
  newest: null,
  settings: { excluded_hosts: ['example.org'] },
  damage: { first: [], counts: {} },
};

/** An engine that writes three bytes, and a shell that keeps them. */
function made(over: Partial<PanelEngine> = {}, kept: (bytes: number[]) => number[] = (bytes) => bytes) {
  const notes: BackupNote[] = [];
  const applied: unknown[] = [];
  const bytes: number[] = [];
  let abandoned = 0;
  let left = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const engine = {
    subscribe: async () => () => {},
    beginExport: async () => ({ id: 'x', name: 'commonplace.zip', type: 'application/zip' }),
    readExport: async () => {
      const [next = null, ...rest] = left;
      left = rest;
      return { bytes: next, done: 7, total: 7 };
    },
    endExport: async () => {},
    lookAtImport: async () => REPORT,
    importFile: async () => REPORT,
    ...over,
  } as unknown as PanelEngine;
  const shell = {
    files: {
      save: async () => ({
        write: async (piece: Uint8Array) => void bytes.push(...piece),
        finish: async () => new Blob([Uint8Array.from(kept(bytes))]),
        abandon: async () => void (abandoned += 1),
      }),
      settings: async () => ({}),
      noteBackup: async (note: BackupNote) => void notes.push(note),
      applySettings: async (settings: unknown) => void applied.push(settings),
    },
  } as unknown as Shell;
  const work = dataWork(engine, shell);
  const reached = (state: Work['state']) =>
    new Promise<Work>((resolve) => {
      work.watch((now) => {
        if (now.state === state) resolve(now);
      });
    });
  return { work, reached, notes, applied, bytes, abandoned: () => abandoned };
}

const file = new File(['x'], 'commonplace.zip');

describe('the section "Your data"', () => {
  test('counts a file as a backup when it was read back whole', async () => {
    const { work, reached, notes, bytes } = made();
    work.exportAll({ password: null, vectors: false });
    expect(await reached('exported')).toMatchObject({ documents: 7, bytes: 3, checked: true });
    expect(bytes).toEqual([1, 2, 3]);
    expect(notes).toMatchObject([{ documents: 7, bytes: 3, encrypted: false }]);
  });

  test('counts no file as a backup that reads back shorter or broken', async () => {
    const shorter = made({}, (bytes) => bytes.slice(1));
    shorter.work.exportAll({ password: null, vectors: false });
    expect(await shorter.reached('exported')).toMatchObject({ checked: false });
    const broken = made({ lookAtImport: async () => ({ ...REPORT, damage: { first: [], counts: { cut: 1 } } }) });
    broken.work.exportAll({ password: null, vectors: false });
    expect(await broken.reached('exported')).toMatchObject({ checked: false });
    expect([...shorter.notes, ...broken.notes]).toEqual([]);
  });

  test('leaves nothing behind when writing fails', async () => {
    const { work, reached, abandoned } = made({
      readExport: async () => Promise.reject(new EngineError('store_full', 'full')),
    });
    work.exportAll({ password: null, vectors: false });
    await reached('failed');
    expect(abandoned()).toBe(1);
  });

  test('looks first, and takes settings only when it is told to', async () => {
    const { work, reached, applied } = made();
    work.look(file);
    await reached('looked');
    work.take('merge', { bringBack: false, settings: false });
    expect(await reached('imported')).toMatchObject({ mode: 'merge' });
    expect(applied).toEqual([]);
    work.look(file);
    await reached('looked');
    work.take('merge', { bringBack: false, settings: true });
    await new Promise((resolve) => setTimeout(resolve));
    expect(applied).toEqual([REPORT.settings]);
  });

  test('asks for the password of a file that has one, and again when it was wrong', async () => {
    const passwords: unknown[] = [];
    const { work, reached } = made({
      lookAtImport: async (_file, { password }) => {
        passwords.push(password);
        if (password === 'right') return REPORT;
        throw new EngineError(password === null ? 'password_needed' : 'wrong_password', 'no');
      },
    });
    work.look(file);
    expect(await reached('locked')).toMatchObject({ wrong: false });
    work.look(file, 'wrong');
    await new Promise((resolve) => setTimeout(resolve));
    expect(work.now()).toMatchObject({ state: 'locked', wrong: true });
    work.look(file, 'right');
    expect(await reached('looked')).toMatchObject({ password: 'right' });
    expect(passwords).toEqual([null, 'wrong', 'right']);
  });

  test('is quiet when it is stopped', async () => {
    const { work, reached } = made({ importFile: () => new Promise(() => {}) });
    work.look(file);
    await reached('looked');
    work.take('replace', { bringBack: false, settings: false });
    expect(work.now().state).toBe('importing');
    work.stop();
    expect(work.now()).toEqual({ state: 'idle' });
  });
});

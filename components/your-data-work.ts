/** What the section "Your data" is doing. It goes on while the section is not shown: one for each engine. */
import type { ImportReport } from '../engine/api';
import { readBack, takeExport } from '../engine/exporting';
import type { PanelEngine } from './connection';
import type { Shell } from './shell';
import { errorCode, inPlainWords, isAborted } from './trouble';

export type Work =
  | { state: 'idle' }
  /** `checking`: it is being read back. */
  | { state: 'exporting'; done: number; total: number; checking: boolean }
  | { state: 'exported'; documents: number; bytes: number; checked: boolean }
  | { state: 'looking'; name: string; done: number; total: number }
  | { state: 'locked'; name: string; file: File; wrong: boolean }
  | { state: 'looked'; name: string; file: File; password: string | null; report: ImportReport }
  | { state: 'importing'; name: string; done: number; total: number }
  | { state: 'imported'; mode: 'merge' | 'replace'; report: ImportReport }
  | { state: 'failed'; sentence: string };

export interface DataWork {
  now(): Work;
  /** Calls the listener at once and on every change. */
  watch(listener: (work: Work) => void): () => void;
  /** Call it in the click: a browser asks where to save only then. */
  exportAll(options: { password: string | null; vectors: boolean }): void;
  look(file: File, password?: string): void;
  /** Imports what was looked at. */
  take(mode: 'merge' | 'replace', options: { bringBack: boolean; settings: boolean }): void;
  /** Ends what is going on, and forgets what was looked at. */
  stop(): void;
}

const works = new WeakMap<PanelEngine, DataWork>();

export function dataWork(engine: PanelEngine, shell: Shell): DataWork {
  const known = works.get(engine);
  if (known) return known;
  const made = newWork(engine, shell);
  works.set(engine, made);
  return made;
}

function newWork(engine: PanelEngine, shell: Shell): DataWork {
  let work: Work = { state: 'idle' };
  let stopping = new AbortController();
  let listening = false;
  const listeners = new Set<(work: Work) => void>();
  const set = (next: Work) => {
    work = next;
    for (const listener of listeners) listener(next);
  };

  function listen(): void {
    if (listening) return;
    listening = true;
    engine
      .subscribe((event) => {
        if (event.type !== 'import') return;
        const { done, total } = event;
        if (work.state === 'looking' || work.state === 'importing') set({ ...work, done, total });
        else if (work.state === 'exporting' && work.checking) set({ ...work, done, total });
      })
      .catch(inPlainWords);
  }

  /** Runs one thing; being stopped is no failure. */
  function run(job: (signal: AbortSignal) => Promise<void>): void {
    stopping.abort();
    stopping = new AbortController();
    const { signal } = stopping;
    listen();
    job(signal).catch((error: unknown) => {
      if (signal.aborted) return;
      set(isAborted(error) ? { state: 'idle' } : { state: 'failed', sentence: inPlainWords(error) });
    });
  }

  return {
    now: () => work,
    watch(listener) {
      listeners.add(listener);
      listener(work);
      return () => listeners.delete(listener);
    },
    exportAll({ password, vectors }) {
      const name = `commonplace-${localDay(new Date())}.zip${password === null ? '' : '.age'}`;
      const saving = shell.files.save(name);
      run(async (signal) => {
        const saver = await saving;
        if (saver === null) return;
        set({ state: 'exporting', done: 0, total: 0, checking: false });
        const progress = (done: number, total: number) => {
          set({ state: 'exporting', done, total, checking: false });
        };
        let taken: Awaited<ReturnType<typeof takeExport>> | null = null;
        let file: Blob | null;
        try {
          const settings = await shell.files.settings();
          const what = { everything: true as const, vectors };
          const request = { what, password, settings, say_when_cut_off: true };
          taken = await takeExport(engine, request, (piece) => saver.write(piece), { signal, progress });
          file = await saver.finish();
        } catch (error) {
          await Promise.allSettled([saver.abandon(), ...(taken ? [engine.endExport(taken.id)] : [])]);
          throw error;
        }
        const { id, documents, bytes } = taken;
        set({ state: 'exporting', done: 0, total: bytes, checking: true });
        let checked = false;
        try {
          checked = file !== null && (await readBack(engine, file, { bytes, password }, signal)) === null;
        } finally {
          await engine.endExport(id);
        }
        if (checked) {
          await shell.files.noteBackup({
            at: new Date().toISOString(),
            documents,
            bytes,
            encrypted: password !== null,
          });
        }
        set({ state: 'exported', documents, bytes, checked });
      });
    },
    look(file, password) {
      const { name } = file;
      set({ state: 'looking', name, done: 0, total: file.size });
      run(async (signal) => {
        try {
          const report = await engine.lookAtImport(file, { password: password ?? null }, signal);
          set({ state: 'looked', name, file, password: password ?? null, report });
        } catch (error) {
          const code = errorCode(error);
          if (code !== 'password_needed' && code !== 'wrong_password') throw error;
          set({ state: 'locked', name, file, wrong: code === 'wrong_password' });
        }
      });
    },
    take(mode, { bringBack, settings }) {
      if (work.state !== 'looked') return;
      const { file, name, password, report: looked } = work;
      set({ state: 'importing', name, done: 0, total: file.size });
      run(async (signal) => {
        const report = await engine.importFile(file, { mode, password, bring_back: bringBack }, signal);
        if (settings && looked.settings !== null) await shell.files.applySettings(looked.settings);
        set({ state: 'imported', mode, report });
      });
    },
    stop() {
      stopping.abort();
      set({ state: 'idle' });
    },
  };
}

/** The day where the user is, as file names have it. */
function localDay(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

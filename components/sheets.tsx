/** The two quiet pages behind the menu: the keys, and what is kept. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EngineStats } from '../engine/api';
import type { PanelEngine } from './connection';
import { kindName } from './filters';
import { BackIcon } from './icons';
import { PagesSection } from './pages';
import type { Shell } from './shell';
import { sizeInWords } from './size';
import { sourceName } from './sites';
import { inPlainWords } from './trouble';
import { count, words, type WordKey } from './words';

export function Sheet({ title, back, children }: { title: string; back: () => void; children: ComponentChildren }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    button.current?.focus();
  }, []);
  return (
    <section class="sheet" aria-label={title}>
      <div class="bar">
        <button type="button" class="quiet" ref={button} onClick={back} title={words('back_key')}>
          <BackIcon />
          {words('back')}
        </button>
      </div>
      <div class="pages">
        <h2>{title}</h2>
        {children}
      </div>
    </section>
  );
}

const KEYS: Array<[string[], WordKey]> = [
  [['/'], 'key_field'],
  [['↑', '↓'], 'key_choose'],
  [['Enter'], 'key_read'],
  [['Ctrl/⌘ Enter'], 'key_ask'],
  [['Alt N'], 'key_note'],
  [['O'], 'key_original'],
  [['C'], 'key_copy'],
  [['Del'], 'key_delete'],
  [['Ctrl/⌘ Z'], 'key_undo'],
  [['Esc'], 'key_back'],
  [['?'], 'key_list'],
];

export function Keys({ shell, back }: { shell: Shell; back: () => void }) {
  const [shortcuts, setShortcuts] = useState<Awaited<ReturnType<Shell['shortcuts']>>>([]);
  useEffect(() => {
    shell.shortcuts().then(setShortcuts, inPlainWords);
  }, [shell]);
  return (
    <Sheet title={words('keys_title')} back={back}>
      <table class="keys">
        <tbody>
          {KEYS.map(([keys, meaning]) => (
            <tr>
              <th scope="row">
                {keys.map((key) => (
                  <kbd>{key}</kbd>
                ))}
              </th>
              <td>{words(meaning)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shortcuts.length > 0 && (
        <>
          <h3>{words('keys_anywhere')}</h3>
          <table class="keys">
            <tbody>
              {shortcuts.map((shortcut) => (
                <tr>
                  <th scope="row">{shortcut.keys === null ? words('key_unset') : <kbd>{shortcut.keys}</kbd>}</th>
                  <td>{shortcut.description}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Sheet>
  );
}

export function ReadPages({ shell, say, back }: { shell: Shell; say: (text: string) => void; back: () => void }) {
  return (
    <Sheet title={words('pages_title')} back={back}>
      <PagesSection pages={shell.pages} say={say} />
    </Sheet>
  );
}

export function About({ engine, changes, back }: { engine: PanelEngine; changes: number; back: () => void }) {
  const [stats, setStats] = useState<EngineStats | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    engine.stats().then(setStats, (error: unknown) => {
      setFailure(inPlainWords(error));
    });
  }, [engine, changes]);
  return (
    <Sheet title={words('about_title')} back={back}>
      <p>{words('about_where')}</p>
      {failure !== null && <p class="notice">{failure}</p>}
      {stats && (
        <>
          <table class="facts">
            <tbody>
              {stats.by_source.map((row) => (
                <tr>
                  <th scope="row">
                    {sourceName(row.source)} · {kindName(row.kind)}
                  </th>
                  <td>
                    {row.kind === 'conversation'
                      ? `${count('conversations', row.documents)}, ${count('turns', row.messages)}`
                      : count('pages', row.documents)}
                  </td>
                </tr>
              ))}
              <tr>
                <th scope="row">{words('about_size')}</th>
                <td>{sizeInWords(stats.database_bytes)}</td>
              </tr>
            </tbody>
          </table>
          <details>
            <summary>{words('details')}</summary>
            <table class="facts">
              <tbody>
                <tr>
                  <th scope="row">{words('about_model')}</th>
                  <td>
                    {stats.embedder.model_id}
                    {stats.embedder.state === 'ready' ? ` · ${stats.embedder.device} · ${stats.embedder.dtype}` : ''}
                    {stats.embedder.state === 'unavailable' ? ` · ${stats.embedder.error}` : ''}
                  </td>
                </tr>
                <tr>
                  <th scope="row">{words('about_passages')}</th>
                  <td>{words('about_passages_of', stats.chunks - stats.chunks_waiting, stats.chunks)}</td>
                </tr>
                <tr>
                  <th scope="row">{words('about_storage')}</th>
                  <td>
                    {'storage' in stats.store ? stats.store.storage : stats.store.state} · {stats.schema_version}
                  </td>
                </tr>
              </tbody>
            </table>
          </details>
        </>
      )}
    </Sheet>
  );
}

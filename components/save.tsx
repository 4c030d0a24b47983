/** Some of what is kept as one file for reading. */
import { useState } from 'preact/hooks';
import type { ExportSelection } from '../engine/api';
import { takeExport } from '../engine/exporting';
import type { PanelEngine } from './connection';
import type { Shell } from './shell';
import { inPlainWords } from './trouble';
import { count, words } from './words';

type Form = 'markdown' | 'json' | 'html';
const FORMS: Array<{ form: Form; name: string; ending: string }> = [
  { form: 'markdown', name: 'Markdown', ending: 'md' },
  { form: 'json', name: 'JSON', ending: 'json' },
  { form: 'html', name: 'HTML', ending: 'html' },
];

interface SaveProps {
  engine: PanelEngine;
  shell: Shell;
  /** What the file is called, without its ending. */
  name: string;
  /** What is saved, in words: "this conversation". */
  what: string;
  selection: ExportSelection;
  say: (text: string) => void;
}

export function Save({ engine, shell, name, what, selection, say }: SaveProps) {
  const [busy, setBusy] = useState(false);
  const save = (form: Form, ending: string) => {
    // In the click itself: a browser asks where to save only then.
    const saving = shell.files.save(`${fileName(name)}.${ending}`);
    setBusy(true);
    saveSelection(engine, saving, selection, form)
      .then(
        (documents) => {
          if (documents !== null) say(count('save_done', documents));
        },
        (error: unknown) => {
          say(inPlainWords(error));
        },
      )
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <details class="save">
      <summary>{words('save_as', what)}</summary>
      <div class="choices">
        {FORMS.map(({ form, name: formName, ending }) => (
          <button
            type="button"
            disabled={busy}
            onClick={() => {
              save(form, ending);
            }}
          >
            {formName}
          </button>
        ))}
      </div>
    </details>
  );
}

/** Resolves with how many documents are in the file; null when the user thought better of it. */
async function saveSelection(
  engine: PanelEngine,
  saving: ReturnType<Shell['files']['save']>,
  documents: ExportSelection,
  as: Form,
): Promise<number | null> {
  const saver = await saving;
  if (saver === null) return null;
  try {
    const taken = await takeExport(engine, { what: { documents, as } }, (piece) => saver.write(piece));
    await saver.finish();
    return taken.documents;
  } catch (error) {
    await Promise.allSettled([saver.abandon()]);
    throw error;
  }
}

/** As every system takes it. */
export function fileName(title: string): string {
  const plain = title
    .replace(/[\p{Cc}\\/:*?"<>|]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .replace(/^[. ]+/u, '')
    .slice(0, 80)
    .replace(/[. ]+$/u, '');
  return plain === '' ? 'commonplace' : plain;
}

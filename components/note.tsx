/** A note of one's own: written here, kept with everything else. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PanelEngine } from './connection';
import { BackIcon } from './icons';
import { inPlainWords } from './trouble';
import { words } from './words';

interface NoteProps {
  engine: PanelEngine;
  /** The document that is changed; null for a new note. */
  documentId: string | null;
  /** What was written and not kept, for the next time; of a new note only. */
  draft: { current: string };
  /** Told of a new or changed note. */
  kept: (documentId: string, isNew: boolean) => void;
  back: () => void;
}

export function Note({ engine, documentId, draft, kept, back }: NoteProps) {
  const [text, setText] = useState(documentId === null ? draft.current : '');
  const [ready, setReady] = useState(documentId === null);
  const [failure, setFailure] = useState<string | null>(null);
  const [keeping, setKeeping] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (documentId === null) return;
    engine.read(documentId).then(
      ({ messages }) => {
        setText(messages.map(({ markdown }) => markdown).join('\n\n'));
        setReady(true);
      },
      (error: unknown) => {
        setFailure(inPlainWords(error));
      },
    );
  }, [engine, documentId]);
  useEffect(() => {
    if (ready) field.current?.focus();
  }, [ready]);
  const keep = () => {
    if (text.trim() === '' || keeping) return;
    setKeeping(true);
    setFailure(null);
    engine.keepNote(text, documentId ?? undefined).then(
      (id) => {
        if (documentId === null) draft.current = '';
        kept(id, documentId === null);
      },
      (error: unknown) => {
        setKeeping(false);
        setFailure(inPlainWords(error));
      },
    );
  };
  const title = words(documentId === null ? 'note_new' : 'note_edit');
  return (
    <section class="sheet" aria-label={title}>
      <div class="bar">
        <button type="button" class="quiet" onClick={back} title={words('back_key')}>
          <BackIcon />
          {words('back')}
        </button>
      </div>
      <form
        class="pages note-sheet"
        onSubmit={(event) => {
          event.preventDefault();
          keep();
        }}
      >
        <h2>{title}</h2>
        {failure !== null && (
          <p class="notice trouble" role="alert">
            {failure}
          </p>
        )}
        <textarea
          ref={field}
          rows={10}
          dir="auto"
          aria-label={title}
          placeholder={words('note_placeholder')}
          disabled={!ready}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            if (documentId === null) draft.current = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            keep();
          }}
        />
        <div class="choices">
          <button type="submit" class="main" disabled={text.trim() === '' || keeping} title={words('note_keep_key')}>
            {words('note_keep')}
          </button>
        </div>
      </form>
    </section>
  );
}

/** Chats: the list of them, and a new title for one. */
import { useEffect, useState } from 'preact/hooks';
import type { ChatSummary } from '../engine/api';
import type { PanelEngine } from './connection';
import { inWords } from './dates';
import { inPlainWords } from './trouble';
import { count, words } from './words';

export function Rename({ title, done }: { title: string; done: (title: string | null) => void }) {
  const [value, setValue] = useState(title);
  return (
    <form
      class="entry"
      onSubmit={(event) => {
        event.preventDefault();
        done(value.trim() === '' ? null : value);
      }}
    >
      <input
        aria-label={words('ask_rename')}
        value={value}
        ref={(element) => element?.focus()}
        onInput={(event) => {
          setValue(event.currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          done(null);
        }}
      />
      <button type="submit">{words('ask_rename_done')}</button>
    </form>
  );
}

export function Chats({ engine, changes, open }: { engine: PanelEngine; changes: number; open: (id: string) => void }) {
  const [chats, setChats] = useState<ChatSummary[] | null>(null);
  useEffect(() => {
    engine.chats().then(setChats, inPlainWords);
  }, [engine, changes]);
  if (chats === null) return null;
  return (
    <div class="chats">
      {chats.length === 0 && <p class="soft">{words('ask_no_chats')}</p>}
      <ul aria-label={words('ask_chats')}>
        {chats.map((chat) => (
          <li key={chat.id}>
            <button
              type="button"
              class="quiet"
              onClick={() => {
                open(chat.id);
              }}
            >
              <span class="title">{chat.title}</span>
              <span class="meta">
                <span>{count('ask_questions', chat.questions)}</span>
                <span>{inWords(chat.updated_at)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A cited sentence as the reading view takes what it marks. */

/** What the machinery has to say, if anything: trouble above the list, progress below it, where it moves nothing. */
import { useState } from 'preact/hooks';
import type { CutOff, EngineStatus } from '../engine/api';
import { sizeInWords } from './size';
import { sentenceFor } from './trouble';
import { count, words, type WordKey } from './words';

interface TroublesProps {
  status: EngineStatus | null;
  showSpace: () => void;
  onRestart: () => void;
  onCutOffSeen: () => void;
}

const CUT_OFF: Record<CutOff['doing'], WordKey> = {
  export: 'cut_off_export',
  merge: 'cut_off_merge',
  replace: 'cut_off_replace',
  go_back: 'cut_off_go_back',
  compact: 'cut_off_compact',
};

/** Trouble that a person should know of. At most one each. */
export function Troubles({ status, showSpace, onRestart, onCutOffSeen }: TroublesProps) {
  const [seen, setSeen] = useState(false);
  if (!status) return null;
  const { store, room } = status;
  const cutOff = [...new Set(status.cut_off.map(({ doing }) => doing))];
  return (
    <>
      {store.state === 'failed' && (
        <div class="notice trouble" role="alert">
          <h2>{words('store_failed')}</h2>
          <p>{sentenceFor(store.code)}</p>
          {status.outbox_waiting > 0 && <p>{count('outbox_waits', status.outbox_waiting)}</p>}
          <button type="button" onClick={onRestart}>
            {words('try_again')}
          </button>
          <details>
            <summary>{words('details')}</summary>
            <p class="source">{store.message}</p>
          </details>
        </div>
      )}
      {store.state === 'restored' && !seen && (
        <div class="notice" role="status">
          <h2>{words('store_restored')}</h2>
          <p>{words(store.set_aside === null ? 'store_restored_more' : 'store_restored_aside')}</p>
          <details>
            <summary>{words('store_restored_done')}</summary>
            <ul>
              {store.actions.map((action) => (
                <li class="source">{action}</li>
              ))}
              {store.set_aside !== null && <li class="source">{words('store_set_aside', store.set_aside)}</li>}
            </ul>
          </details>
          <button
            type="button"
            onClick={() => {
              setSeen(true);
            }}
          >
            {words('understood')}
          </button>
        </div>
      )}
      {cutOff.length > 0 && (
        <div class="notice" role="status">
          <h2>{words('cut_off')}</h2>
          {cutOff.map((doing) => (
            <p>{words(CUT_OFF[doing])}</p>
          ))}
          <button type="button" onClick={onCutOffSeen}>
            {words('understood')}
          </button>
        </div>
      )}
      {room.state !== 'ok' && store.state !== 'failed' && (
        <div
          class={room.state === 'full' ? 'notice trouble' : 'notice'}
          role={room.state === 'full' ? 'alert' : 'status'}
        >
          <h2>{room.state === 'full' ? words('room_full') : words('room_low', sizeInWords(room.free ?? 0))}</h2>
          <p>{words(room.state === 'full' ? 'room_full_more' : 'room_low_more')}</p>
          {room.state === 'full' && status.outbox_waiting > 0 && <p>{count('room_waits', status.outbox_waiting)}</p>}
          <button type="button" onClick={showSpace}>
            {words('room_show')}
          </button>
        </div>
      )}
      {status.outbox_full && (
        <div class="notice trouble" role="alert">
          <h2>{words('outbox_full')}</h2>
          <p>{words('outbox_full_more')}</p>
        </div>
      )}
    </>
  );
}

/** One line at the bottom while something is under way; nothing when all is done. */
export function Progress({ status, connected }: { status: EngineStatus | null; connected: boolean }) {
  const line = progressLine(status, connected);
  if (line === null) return null;
  return (
    <div class="progress">
      <span>{line.text}</span>
      {line.done !== null && (
        <progress aria-label={line.text} max={1} value={line.done}>
          {Math.round(line.done * 100)} %
        </progress>
      )}
    </div>
  );
}

function progressLine(status: EngineStatus | null, connected: boolean): { text: string; done: number | null } | null {
  if (!connected) return { text: words('restarting'), done: null };
  if (!status || status.store.state === 'opening') return { text: words('opening'), done: null };
  if (status.store.state === 'failed') return null;
  if (status.embedder.state === 'loading') return { text: words('model_loading'), done: null };
  if (status.embedder.state === 'unavailable') return { text: words('model_unavailable'), done: null };
  if (status.chunks_waiting > 0) {
    const done = status.chunks - status.chunks_waiting;
    return { text: words('indexing', done, status.chunks), done: status.chunks === 0 ? 0 : done / status.chunks };
  }
  if (status.reembedding !== null && status.reembedding.error === null) {
    const { done, total, name } = status.reembedding;
    return { text: words('reembedding', done, total, name), done: total === 0 ? 0 : done / total };
  }
  const storing = status.outbox_waiting - status.outbox_refused;
  if (storing > 0 && status.room.state !== 'full') return { text: count('storing', storing), done: null };
  if (status.outbox_refused > 0) return { text: count('not_stored', status.outbox_refused), done: null };
  return null;
}

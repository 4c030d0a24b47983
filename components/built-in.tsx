/** The browser's own model: that it is there, or that the browser can download it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { BuiltInModel } from '../engine/api';
import type { Shell } from './shell';
import { inPlainWords } from './trouble';
import { type WordKey, words } from './words';

const STATE: Record<BuiltInModel['state'], WordKey> = {
  available: 'built_in_available',
  downloadable: 'built_in_downloadable',
  downloading: 'built_in_downloading',
};

export function BuiltIn({ model, shell, changed }: { model: BuiltInModel; shell: Shell; changed: () => void }) {
  /** The share that is there, while it is downloaded. */
  const [share, setShare] = useState<number | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const gone = useRef(false);
  useEffect(
    () => () => {
      gone.current = true;
    },
    [],
  );
  const download = () => {
    const ended = (what: string | null) => {
      if (gone.current) return;
      setShare(null);
      setFailure(what);
      changed();
    };
    setShare(0);
    setFailure(null);
    shell
      .downloadBuiltIn((now) => {
        if (!gone.current) setShare(now);
      })
      .then(
        () => {
          ended(null);
        },
        (error: unknown) => {
          const { remedy } = error as { remedy?: string };
          ended([inPlainWords(error), remedy].filter(Boolean).join(' '));
        },
      );
  };
  return (
    <>
      <h3>{words('built_in')}</h3>
      <p>{words(STATE[model.state])}</p>
      {model.state !== 'available' && share === null && (
        <div class="choices">
          <button type="button" onClick={download}>
            {words(model.state === 'downloadable' ? 'built_in_download' : 'built_in_watch')}
          </button>
        </div>
      )}
      {share !== null && <p role="status">{words('built_in_share', Math.floor(share * 100))}</p>}
      {failure !== null && <p class="notice trouble">{failure}</p>}
    </>
  );
}

/** Models that search by meaning: which one answers, adding another from its folder, and going over to it. */
import { useEffect, useState } from 'preact/hooks';
import type { EmbedderRefusal, EmbedderView } from '../engine/api';
import type { PanelEngine } from './connection';
import { Downloads, useOffered } from './downloads';
import { FolderField } from './folder-field';
import { megabytes } from './size';
import { inPlainWords } from './trouble';
import { useEngineNews } from './use-engine';
import { type WordKey, words } from './words';

/** What each is for. */
const PURPOSE: Partial<Record<string, WordKey>> = {
  'e5-small-v2': 'embedders_e5',
  'all-minilm-l6-v2': 'embedders_minilm',
  'multilingual-e5-small': 'embedders_multilingual',
};

function whyRefused(refusal: EmbedderRefusal): string {
  switch (refusal.refused) {
    case 'missing':
      return words('embedders_missing', refusal.name, refusal.file);
    case 'changed':
      return words('embedders_changed', refusal.name, refusal.file);
    case 'dimensions':
      return words('embedders_dimensions', refusal.dimensions);
    case 'unknown':
      return words('embedders_unknown');
  }
}

export function Embedders({ engine, say }: { engine: PanelEngine; say: (what: string) => void }) {
  const { status } = useEngineNews(engine);
  const [embedders, setEmbedders] = useState<EmbedderView[] | null>(null);
  const [turn, setTurn] = useState(0);
  const [refused, setRefused] = useState<string | null>(null);
  const going = status?.reembedding ?? null;

  useEffect(() => {
    engine.embedders().then(setEmbedders, inPlainWords);
  }, [engine, turn, going?.id, status?.embedder.model_id]);

  const again = () => {
    setTurn((old) => old + 1);
  };
  const offered = useOffered(engine, 'embed', again);
  const isHere = (id: string) => embedders?.some((one) => one.id === id && one.here) ?? false;
  const toFetch = offered?.filter(({ id, state }) => state !== 'done' && (state !== 'none' || !isHere(id))) ?? [];
  const failed = (error: unknown) => {
    say(inPlainWords(error));
    again();
  };

  if (embedders === null) return null;
  const answering = embedders.find(({ use }) => use === 'answering');
  return (
    <section class="embedders">
      <h3>{words('embedders_title')}</h3>
      <p>{words('embedders_more')}</p>
      <ul class="hosts">
        {embedders.map((model) => {
          const purpose = PURPOSE[model.id];
          return (
            <li key={model.id}>
              <span>
                {model.name}
                <span class="meta">
                  {model.use === 'answering' && <strong>{words('embedders_answering')}</strong>}
                  {model.use === 'next' && <span>{words('embedders_next')}</span>}
                  <span>{words('models_megabytes', megabytes(model.bytes))}</span>
                  <span>{model.licence}</span>
                  <span>{words(model.here ? 'embedders_here' : 'embedders_not_here')}</span>
                </span>
                {purpose && <span class="meta">{words(purpose)}</span>}
                <span class="meta folder-name">{model.source}</span>
              </span>
              {model.here && model.use === null && (
                <button
                  type="button"
                  aria-label={words('embedders_use_named', model.name)}
                  onClick={() => {
                    engine.chooseEmbedder(model.id).then(again, failed);
                  }}
                >
                  {words('embedders_use')}
                </button>
              )}
              {model.here && !model.packaged && model.use === null && (
                <button
                  type="button"
                  aria-label={words('models_remove_named', model.name)}
                  onClick={() => {
                    engine.removeEmbedder(model.id).then(again, failed);
                  }}
                >
                  {words('models_remove')}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {going !== null && answering && (
        <div class="going">
          {going.error === null ? (
            <>
              <p role="status">{words('embedders_going', going.done, going.total, going.name, answering.name)}</p>
              <progress
                aria-label={words('embedders_going_short', going.name)}
                max={Math.max(going.total, 1)}
                value={going.done}
              />
            </>
          ) : (
            <div class="notice" role="alert">
              <p>{words('embedders_cannot', going.name, answering.name)}</p>
              <details>
                <summary>{words('details')}</summary>
                <p>{going.error}</p>
              </details>
            </div>
          )}
          <div class="choices">
            <button
              type="button"
              onClick={() => {
                engine.chooseEmbedder(answering.id).then(again, failed);
              }}
            >
              {words('embedders_stay', answering.name)}
            </button>
          </div>
        </div>
      )}
      {refused !== null && (
        <p class="notice" role="alert">
          {refused}
        </p>
      )}
      {toFetch.length > 0 && <Downloads engine={engine} models={toFetch} say={say} />}
      <p class="soft">{words('embedders_add_more')}</p>
      <FolderField
        label={words('embedders_add')}
        take={async (...folder) => {
          setRefused(null);
          const added = await engine.addEmbedder(...folder);
          if ('refused' in added) setRefused(whyRefused(added));
          else say(words('embedders_added', added.name));
        }}
        say={say}
        ended={again}
      />
    </section>
  );
}

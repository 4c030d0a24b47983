/** Models to be fetched from a hub: what each is, from where and how much; asked before, and seen while it goes on. */
import { useEffect, useState } from 'preact/hooks';
import type { OfferedModel } from '../engine/api';
import type { PanelEngine } from './connection';
import { clock } from './dates';
import { sizeInWords } from './size';
import { inPlainWords } from './trouble';
import { words } from './words';

/**
 * Those that can be fetched and run here, and how far each is; null until that is known.
 * @param onDone told when one is whole, and when one is deleted.
 */
export function useOffered(engine: PanelEngine, purpose: OfferedModel['purpose'], onDone: () => void) {
  const [models, setModels] = useState<OfferedModel[] | null>(null);
  useEffect(() => {
    let over = false;
    let stop = () => {};
    engine
      .subscribe((event) => {
        if (over || event.type !== 'model' || event.model.purpose !== purpose) return;
        const { model } = event;
        setModels((old) => old?.map((one) => (one.id === model.id ? model : one)) ?? null);
        if (model.state === 'done' || model.state === 'none') onDone();
      })
      .then((unsubscribe) => {
        if (over) unsubscribe();
        else stop = unsubscribe;
      }, inPlainWords);
    engine.models(purpose).then((now) => {
      if (!over) setModels(now);
    }, inPlainWords);
    return () => {
      over = true;
      stop();
    };
  }, [engine, purpose]);
  return models;
}

/** A row for each of `models`. */
export function Downloads({
  engine,
  models,
  say,
  note,
}: {
  engine: PanelEngine;
  models: OfferedModel[];
  say: (what: string) => void;
  /** Said of each of them beside what it is. */
  note?: string;
}) {
  return (
    <>
      {models.map((model) => (
        <Download key={model.id} engine={engine} model={model} say={say} {...(note === undefined ? {} : { note })} />
      ))}
    </>
  );
}

function Download({
  engine,
  model,
  say,
  note,
}: {
  engine: PanelEngine;
  model: OfferedModel;
  say: (what: string) => void;
  note?: string;
}) {
  const [asking, setAsking] = useState(false);
  const { id, name, state, host, repository } = model;
  const size = sizeInWords(model.bytes);
  const button = (text: string, work: (id: string) => Promise<unknown>, kind = '') => (
    <button
      type="button"
      class={kind}
      aria-label={words('history_of', text, name)}
      onClick={() => {
        work(id).catch((error: unknown) => {
          say(inPlainWords(error));
        });
      }}
    >
      {text}
    </button>
  );
  return (
    <section class="import" aria-label={name}>
      <h4>{name}</h4>
      <p class="meta">
        <span>{model.commit === null ? words('fetch_about', size) : size}</span>
        {model.memory_bytes !== null && (
          <span>
            {words(model.runs_on === 'gpu' ? 'fetch_memory_gpu' : 'fetch_memory', sizeInWords(model.memory_bytes))}
          </span>
        )}
        <span>{model.licence}</span>
        {note !== undefined && <span>{note}</span>}
      </p>
      <p class="meta folder-name">
        {host}/{repository}
        {model.commit !== null && `@${model.commit.slice(0, 12)}`}
      </p>
      {state !== 'none' && state !== 'done' && (
        <>
          {/* a state is said once; the numbers of one that goes on are not said again and again */}
          <p role={state === 'running' ? undefined : 'status'}>{sayState(model)}</p>
          <progress max={Math.max(1, model.bytes)} value={model.done} aria-label={name} />
        </>
      )}
      {state === 'done' && <p>{words(model.sums === 'package' ? 'fetch_whole_known' : 'fetch_whole')}</p>}
      {model.failure !== null && (
        <p class="notice trouble" role="alert">
          {[model.failure.message, model.failure.remedy].filter(Boolean).join(' ')}
        </p>
      )}
      {asking && state === 'none' && <p class="notice">{words('fetch_ask', size, host, repository)}</p>}
      <div class="choices">
        {state === 'none' && !asking && (
          <button
            type="button"
            aria-label={words('history_of', words('fetch_start'), name)}
            onClick={() => {
              setAsking(true);
            }}
          >
            {words('fetch_start')}
          </button>
        )}
        {state === 'none' && asking && (
          <>
            {button(words('fetch_yes'), engine.fetchModel, 'main')}
            <button
              type="button"
              onClick={() => {
                setAsking(false);
              }}
            >
              {words('cancel')}
            </button>
          </>
        )}
        {(state === 'running' || state === 'waiting') && button(words('history_pause'), engine.pauseModel)}
        {state === 'paused' && button(words('history_resume'), engine.fetchModel, 'main')}
        {state !== 'none' &&
          button(words(state === 'done' ? 'models_remove' : 'fetch_cancel'), async () => {
            await engine.deleteModel(id);
            setAsking(false);
          })}
      </div>
    </section>
  );
}

function sayState({ state, done, bytes, speed, waits_until, failure }: OfferedModel): string {
  const far = words('fetch_far', sizeInWords(done), sizeInWords(bytes));
  if (state === 'waiting') return words('fetch_waiting');
  if (state === 'paused') return failure === null ? words('fetch_paused', far) : far;
  if (waits_until !== null) return words('fetch_patience', far, clock(waits_until));
  if (done >= bytes) return words('fetch_checking');
  return speed === null ? far : words('fetch_speed', far, sizeInWords(speed));
}

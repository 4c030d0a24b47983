/** Models on the graphics card: what this machine's is good for, what can run on it, and a folder of weights to add. */
import { useState } from 'preact/hooks';
import type { GpuFacts, OfferedModel } from '../engine/api';
import type { PanelEngine } from './connection';
import { Downloads } from './downloads';
import { FolderField } from './folder-field';
import { inPlainWords } from './trouble';
import { type WordKey, words } from './words';

const VERDICT: Record<GpuFacts['state'], WordKey> = {
  none: 'gpu_none',
  too_small: 'gpu_too_small',
  software: 'gpu_software',
  fits: 'gpu_fits',
};

/** What can be handed on about a model: shown before it is copied. */
export function Report({ engine, id, copy }: { engine: PanelEngine; id: string; copy: (text: string) => void }) {
  const [text, setText] = useState<string | null>(null);
  return (
    <details
      onToggle={(event) => {
        if (!event.currentTarget.open) return;
        engine.gpuReport(id).then(
          (report) => {
            setText(JSON.stringify({ ...report, browser: navigator.userAgent }, null, 2));
          },
          (error: unknown) => {
            setText(inPlainWords(error));
          },
        );
      }}
    >
      <summary>{words('gpu_report')}</summary>
      {text !== null && (
        <div class="diagnostics">
          <p>{words('gpu_report_more')}</p>
          <button
            type="button"
            onClick={() => {
              copy(text);
            }}
          >
            {words('gpu_report_copy')}
          </button>
          <pre class="source" tabIndex={0} aria-label={words('gpu_report')}>
            {text}
          </pre>
        </div>
      )}
    </details>
  );
}

/** Whether models can run on it at all. */
export function runsModels({ state }: GpuFacts): boolean {
  return state === 'fits' || state === 'software';
}

export function GpuModels({
  engine,
  gpu,
  offered,
  say,
  changed,
}: {
  engine: PanelEngine;
  gpu: GpuFacts;
  /** Those that can be fetched. */
  offered: OfferedModel[];
  say: (what: string) => void;
  changed: () => void;
}) {
  return (
    <>
      <h3>{words('gpu_title')}</h3>
      <p>{words(VERDICT[gpu.state], gpu.name, gpu.short_of.join('; '))}</p>
      {runsModels(gpu) && (
        <>
          <p>{words('gpu_more')}</p>
          <Downloads engine={engine} models={offered} say={say} note={words('gpu_not_seen')} />
          <FolderField
            label={words('gpu_add_folder')}
            take={async (...folder) => {
              const model = await engine.addModelFolder(...folder);
              say(words('models_added', model.name));
            }}
            say={say}
            ended={changed}
          />
        </>
      )}
    </>
  );
}

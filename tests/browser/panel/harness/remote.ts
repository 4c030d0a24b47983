import type {
  Answer,
  AskEvent,
  AskRequest,
  BuiltInModel,
  EmbedderView,
  Engine,
  EngineEvent,
  EngineStatus,
  GpuFacts,
  GpuReport,
  ImportRun,
  LocalModel,
  OfferedModel,
} from '../../../../engine/api';
import type { PanelEngine } from '../../../../components/connection';
import { EngineError, type SerialisedError } from '../../../../engine/errors';

const GPU: GpuFacts = { state: 'fits', name: 'intel gen-12lp', short_of: [] };
const REPORT: GpuReport = {
  commonplace_model_report: 1,
  library: { id: 'SmolLM2-360M-Instruct-q4f32_1-MLC', sha256: '7d'.repeat(32) },
  weights: { sha256: '23'.repeat(32), known: true },
  gpu: GPU,
  limits: { maxBufferSize: 2 ** 31 },
  happened: { answers: 2, stopped: 0, last: { first_ms: 840, all_ms: 5_120, pieces: 96 }, failures: [] },
};

/** The engine behind {@link serveEngineOverHttp}, as an Engine. */
export function remoteEngine(
  over: Partial<EngineStatus>,
  imports: ImportRun[] = [],
  offered: OfferedModel[] | null = null,
  embedders: EmbedderView[] | null = null,
  builtIn: BuiltInModel | null = null,
  local: LocalModel[] = [],
): {
  engine: PanelEngine;
  setStatus(status: Partial<EngineStatus>): void;
  setConnected(connected: boolean): void;
} {
  const listeners = new Set<(event: EngineEvent) => void>();
  const watchers = new Set<(state: 'connecting' | 'connected') => void>();
  let status: EngineStatus | null = null;
  const tell = (event: EngineEvent) => {
    if (event.type === 'status') status = event.status;
    const told: EngineEvent = event.type === 'status' ? { ...event, status: { ...event.status, ...over } } : event;
    for (const listener of listeners) listener(told);
  };
  // the address begins with the number of its harness
  const base = `/${location.pathname.split('/')[1] ?? ''}/engine`;
  const events = new EventSource(`${base}/events`);
  events.onmessage = ({ data }: MessageEvent<string>) => {
    tell(JSON.parse(data) as EngineEvent);
  };
  const call = async (method: string, args: unknown[]): Promise<unknown> => {
    const signal = args.find((arg) => arg instanceof AbortSignal) ?? null;
    const response = await fetch(`${base}/${method}`, {
      method: 'POST',
      body: JSON.stringify(args.filter((arg) => !(arg instanceof AbortSignal))),
      signal,
    });
    const answer = (await response.json()) as { value?: unknown; error?: SerialisedError };
    if (answer.error) throw EngineError.revive(answer.error);
    return answer.value;
  };
  const ask = async (request: AskRequest, onEvent: (event: AskEvent) => void, signal?: AbortSignal) => {
    const response = await fetch(`${base}/ask`, {
      method: 'POST',
      body: JSON.stringify([request]),
      signal: signal ?? null,
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) throw new EngineError('internal', 'The answer has no end.');
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const said = JSON.parse(line) as { event?: AskEvent; value?: Answer; error?: SerialisedError };
        if (said.error) throw EngineError.revive(said.error);
        if (said.event) onEvent(said.event);
        if (said.value) return said.value;
      }
    }
  };
  const engine = new Proxy<Record<string, unknown>>(
    {},
    {
      get(target, method: string) {
        if (method === 'subscribe') {
          return (listener: (event: EngineEvent) => void) => {
            listeners.add(listener);
            if (status) listener({ type: 'status', status: { ...status, ...over } });
            return Promise.resolve(() => listeners.delete(listener));
          };
        }
        if (method === 'watchConnection') {
          return (watcher: (state: 'connecting' | 'connected') => void) => {
            watchers.add(watcher);
            watcher('connected');
            return () => watchers.delete(watcher);
          };
        }
        if (method === 'ask') return ask;
        if (builtIn !== null && method === 'builtInModel') return () => Promise.resolve(builtIn);
        if (method === 'imports') return () => Promise.resolve(imports);
        if (offered !== null && method === 'models')
          return (purpose?: string) =>
            Promise.resolve(offered.filter((one) => one.purpose === (purpose ?? one.purpose)));
        if (embedders !== null && method === 'embedders') return () => Promise.resolve(embedders);
        if (offered !== null && method === 'localModels') return () => Promise.resolve(local);
        if (local.length > 0 && method === 'gpuReport') return () => Promise.resolve(REPORT);
        if (offered !== null && method === 'gpuModels') return () => Promise.resolve({ gpu: GPU, models: [] });
        return (target[method] ??= (...args: unknown[]) => call(method, args));
      },
    },
  ) as unknown as Engine & PanelEngine;
  return {
    engine,
    setStatus(next) {
      over = next;
      if (status) tell({ type: 'status', status });
    },
    setConnected(connected) {
      for (const watcher of watchers) watcher(connected ? 'connected' : 'connecting');
    },
  };
}

/** Who writes answers: nobody (quotes), a model's server on this computer, or one elsewhere; and what was sent to them. */
import { useEffect, useState } from 'preact/hooks';
import type { BuiltInModel, FoundServer, GpuFacts, LocalModel, NewProvider, Provider, SentEntry } from '../engine/api';
import { SENDS } from './ask-context';
import { BuiltIn } from './built-in';
import type { PanelEngine } from './connection';
import { inWords } from './dates';
import { Downloads, useOffered } from './downloads';
import { Embedders } from './embedders';
import { GpuModels, Report, runsModels } from './gpu-models';
import { Sheet } from './sheets';
import type { Shell } from './shell';
import { megabytes, sizeInWords } from './size';
import { inPlainWords } from './trouble';
import { VaultSettings } from './vault';
import { count, words } from './words';

interface ModelsProps {
  engine: PanelEngine;
  shell: Shell;
  back: () => void;
  copy: (text: string) => void;
  say: (what: string) => void;
}

/** Where a server elsewhere is, by its name; the address is theirs. */
const ELSEWHERE: Array<Pick<NewProvider, 'kind' | 'name' | 'base_url'>> = [
  { kind: 'openai', name: 'OpenAI', base_url: 'https://api.openai.com/v1' },
  { kind: 'anthropic', name: 'Anthropic', base_url: 'https://api.anthropic.com/v1' },
  { kind: 'openai', name: 'OpenRouter', base_url: 'https://openrouter.ai/api/v1' },
  { kind: 'openai', name: 'Groq', base_url: 'https://api.groq.com/openai/v1' },
];

/** What is not seen to work on a real graphics card says so, and hands on how it went. */
const onGpu = ({ runs_on, tries_gpu }: LocalModel) => runs_on === 'gpu' || tries_gpu === true;

export function Models({ engine, shell, back, copy, say }: ModelsProps) {
  const [providers, setProviders] = useState<Provider[] | null>(null);
  const [found, setFound] = useState<FoundServer[] | null>(null);
  const [finding, setFinding] = useState(false);
  const [sent, setSent] = useState<SentEntry[]>([]);
  const [local, setLocal] = useState<LocalModel[] | null>(null);
  const [gpu, setGpu] = useState<GpuFacts | null>(null);
  /** Bytes so far and in all of the file that is copied. */
  const [copying, setCopying] = useState<[number, number] | null>(null);
  const [builtIn, setBuiltIn] = useState<BuiltInModel | null>(null);
  const [usual, setUsual] = useState('none');
  const [turn, setTurn] = useState(0);
  const offered = useOffered(engine, 'answer', () => {
    setTurn((old) => old + 1);
  });
  /** One that is whole stands among those in this browser. */
  const toFetch = (runsOn: LocalModel['runs_on']) =>
    offered?.filter(({ runs_on, state }) => runs_on === runsOn && state !== 'done') ?? [];

  const failed = (error: unknown) => {
    say(inPlainWords(error));
  };
  useEffect(() => {
    engine.providers().then(setProviders, failed);
    engine.localModels().then(setLocal, failed);
    engine.builtInModel().then(setBuiltIn, failed);
    engine.sent(50).then(setSent, failed);
    engine.defaultGenerator().then(setUsual, failed);
  }, [engine, say, turn]);

  // asked for once: no list that changes here changes the machine
  useEffect(() => {
    engine.gpuModels().then((can) => {
      setGpu(can?.gpu ?? null);
    }, failed);
  }, [engine, say]);

  const readAgain = () => {
    setTurn((old) => old + 1);
  };
  /** The lists are read again when it is done. */
  const change = (work: Promise<unknown>) => {
    work.then(readAgain, (error: unknown) => {
      say(inPlainWords(error));
    });
  };
  const add = async (provider: NewProvider) => {
    try {
      await engine.addProvider(provider);
      say(words('models_added', provider.model));
      readAgain();
    } catch (error) {
      say(inPlainWords(error));
    }
  };
  const addFile = async (file: File) => {
    setCopying([0, file.size]);
    try {
      const model = await engine.addLocalModel(file, file.name, (bytes) => {
        setCopying([bytes, file.size]);
      });
      say(words('models_added', model.name));
    } catch (error) {
      say(inPlainWords(error));
    } finally {
      setCopying(null);
      readAgain();
    }
  };
  const find = async () => {
    setFinding(true);
    try {
      await shell.requestPermission('localhost');
      setFound(await engine.findLocalServers());
    } catch (error) {
      say(inPlainWords(error));
    } finally {
      setFinding(false);
      readAgain();
    }
  };
  return (
    <Sheet title={words('models_title')} back={back}>
      <p>{words('models_none_more')}</p>
      <label class="temporary">
        {words('models_usual')}
        <select
          value={usual}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setUsual(value);
            engine.setDefaultGenerator(value).catch((error: unknown) => {
              say(inPlainWords(error));
            });
          }}
        >
          <option value="none">{words('ask_who_none')}</option>
          {builtIn?.state === 'available' && <option value={builtIn.id}>{words('built_in')}</option>}
          {local?.map((model) => (
            <option key={model.id} value={model.id}>
              {model.name}
            </option>
          ))}
          {providers?.map((provider) => (
            <option key={provider.id} value={provider.id}>{`${provider.name}: ${provider.model}`}</option>
          ))}
        </select>
      </label>
      <h3>{words('models_yours')}</h3>
      {providers?.length === 0 && <p class="soft">{words('models_no_yours')}</p>}
      <ul class="hosts">
        {providers?.map((provider) => (
          <li key={provider.id}>
            <span>
              {provider.name}: {provider.model}
              <span class="meta">
                <span>{words(provider.local ? 'models_here' : 'models_elsewhere')}</span>
                {!provider.local && !provider.has_key && <span>{words('models_no_key')}</span>}
                {provider.always && (
                  <span>
                    {words('models_always')}:{' '}
                    {words(SENDS.find(({ sends }) => sends === provider.sends)?.name ?? 'ask_sends_passages')}
                  </span>
                )}
              </span>
            </span>
            {provider.always && (
              <button
                type="button"
                aria-label={words('models_ask_first_named', provider.model)}
                onClick={() => {
                  change(engine.withdrawConsent(provider.id));
                }}
              >
                {words('models_ask_first')}
              </button>
            )}
            <button
              type="button"
              aria-label={words('models_remove_named', provider.model)}
              onClick={() => {
                change(engine.removeProvider(provider.id));
              }}
            >
              {words('models_remove')}
            </button>
          </li>
        ))}
      </ul>
      {builtIn && <BuiltIn model={builtIn} shell={shell} changed={readAgain} />}
      {local !== null && (
        <>
          <h3>{words('models_here_title')}</h3>
          <p>{words('models_here_more')}</p>
          <ul class="hosts">
            {local.map((model) => (
              <li key={model.id}>
                <span>
                  {model.name}
                  <span class="meta">
                    <span>{words('models_megabytes', megabytes(model.bytes))}</span>
                    <span>
                      {model.known
                        ? words('models_known', model.licence ?? '')
                        : words(
                            model.entry === undefined ? 'models_unknown' : 'models_fetched',
                            model.sha256.slice(0, 12),
                          )}
                    </span>
                    {onGpu(model) && <span>{words('gpu_not_seen')}</span>}
                  </span>
                  {model.runs_on === 'processor' && (model.tries_gpu ?? (gpu && runsModels(gpu))) && (
                    <label class="temporary">
                      <input
                        type="checkbox"
                        aria-label={words('gpu_try_named', model.name)}
                        checked={model.tries_gpu === true}
                        onChange={(event) => {
                          change(engine.tryOnGpu(model.id, event.currentTarget.checked));
                        }}
                      />
                      {words('gpu_try')}
                    </label>
                  )}
                  {onGpu(model) && <Report engine={engine} id={model.id} copy={copy} />}
                </span>
                <button
                  type="button"
                  aria-label={words('models_remove_named', model.name)}
                  onClick={() => {
                    change(engine.removeLocalModel(model.id));
                  }}
                >
                  {words('models_remove')}
                </button>
              </li>
            ))}
          </ul>
          <div class="choices">
            {copying === null ? (
              <label class="file">
                {words('models_add_file')}
                <input
                  type="file"
                  accept=".gguf"
                  onChange={(event) => {
                    const [file] = event.currentTarget.files ?? [];
                    if (file) void addFile(file);
                  }}
                />
              </label>
            ) : (
              <p role="status">{words('models_adding', megabytes(copying[0]), megabytes(copying[1]))}</p>
            )}
          </div>
          {toFetch('processor').length > 0 && (
            <>
              <p>{words('fetch_more')}</p>
              <Downloads engine={engine} models={toFetch('processor')} say={say} />
            </>
          )}
          {gpu && <GpuModels engine={engine} gpu={gpu} offered={toFetch('gpu')} say={say} changed={readAgain} />}
        </>
      )}
      <h3>{words('models_local')}</h3>
      <p>{words('models_local_more')}</p>
      <div class="choices">
        <button
          type="button"
          disabled={finding}
          onClick={() => {
            void find();
          }}
        >
          {words('models_find')}
        </button>
      </div>
      {found?.length === 0 && <p class="notice">{words('models_not_found')}</p>}
      {found?.map((server) => (
        <fieldset key={server.base_url}>
          <legend>{server.name}</legend>
          <div class="choices">
            {server.models.map((model) => (
              <button
                type="button"
                class="choice"
                onClick={() => {
                  void add({ kind: 'openai', name: server.name, base_url: server.base_url, model });
                }}
              >
                {model}
              </button>
            ))}
          </div>
        </fieldset>
      ))}
      <h3>{words('models_far')}</h3>
      <p>{words('models_far_more')}</p>
      <AddElsewhere shell={shell} add={add} />
      <Embedders engine={engine} say={say} />
      <h3>{words('vault_title')}</h3>
      <VaultSettings engine={engine} say={say} changed={readAgain} />
      <h3>{words('models_sent')}</h3>
      {sent.length === 0 && <p class="soft">{words('models_sent_nothing')}</p>}
      <ul class="sent">
        {sent.map((entry) => (
          <li>
            <span>{entry.host}</span>
            <span class="meta">
              <span>{inWords(entry.at)}</span>
              {entry.fetches === undefined ? (
                <>
                  <span>{count('models_bytes', entry.bytes)}</span>
                  <span>{count('ask_passages', entry.passages.length)}</span>
                </>
              ) : (
                <span>{words('fetch_sent', entry.provider, sizeInWords(entry.fetches))}</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function AddElsewhere({ shell, add }: { shell: Shell; add: (provider: NewProvider) => Promise<void> }) {
  const [at, setAt] = useState(0);
  const [model, setModel] = useState('');
  const [key, setKey] = useState('');
  const chosen = ELSEWHERE[at] ?? ELSEWHERE[0];
  return (
    <form
      class="elsewhere"
      onSubmit={(event) => {
        event.preventDefault();
        if (!chosen || model.trim() === '') return;
        // asked in the gesture; the answer does not need it where the server allows pages to ask
        shell.requestPermission(new URL(chosen.base_url).hostname).catch(inPlainWords);
        void add({ ...chosen, model, key }).then(() => {
          setModel('');
          setKey('');
        });
      }}
    >
      <label>
        {words('models_provider')}
        <select
          value={at}
          onChange={(event) => {
            setAt(Number(event.currentTarget.value));
          }}
        >
          {ELSEWHERE.map(({ name }, place) => (
            <option value={place}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        {words('models_model')}
        <input
          value={model}
          autocomplete="off"
          spellcheck={false}
          onInput={(event) => {
            setModel(event.currentTarget.value);
          }}
        />
      </label>
      <label>
        {words('models_key')}
        <input
          type="password"
          value={key}
          autocomplete="off"
          onInput={(event) => {
            setKey(event.currentTarget.value);
          }}
        />
      </label>
      <div class="choices">
        <button type="submit" disabled={model.trim() === ''}>
          {words('models_add')}
        </button>
      </div>
    </form>
  );
}

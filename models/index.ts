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
}

export interface EmbedderModel {
  id: string;
  task: 'embedding';
  /** Raised when tokenising, pooling or a file changes, so that old vectors are not mixed with new ones. */
  version: number;
  dimensions: number;
  /** Longest input in tokens, with `[CLS]` and `[SEP]`; what is beyond is cut off. */
  max_tokens: number;
  pooling: 'mean';
  /** What is put before the text, by the side of the search it is on. */
  prefix: { query: string; passage: string };
  licence: string;
  source: string;
  /** Read by every backend. */
  files: ModelFile[];
  /** The network itself, by format. */
  weights: Record<EmbedderDtype, ModelFile>;
  /** Texts with their 32-bit vectors, and the cosine to them under which a backend counts as broken. */
  golden: ModelFile;
  golden_cosine: Record<EmbedderDtype, number>;
}

export const E5_SMALL_V2: EmbedderModel = {
  id: 'e5-small-v2',
  task: 'embedding',
  version: 1,
  dimensions: 384,
  max_tokens: 512,
  pooling: 'mean',
  prefix: { query: 'query: ', passage: 'passage: ' },
  licence: 'MIT',
  source: 'intfloat/e5-small-v2; see models/README.md for how each file was made',
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
    path: 'golden.json',
    bytes: 25947,
    sha256: '96afe8175706db86a0ba2894949b100fb60ad739c286ceda57234b59ae114007',
  },
  golden_cosine: { q8: 0.99, q4: 0.95 },
};

export const EMBEDDERS: readonly EmbedderModel[] = [E5_SMALL_V2];

/** What the vectors of this model in this format are stored under; vectors of two ids are never compared. */
export function embedderModelId(model: EmbedderModel, dtype: EmbedderDtype): string {
  return `${model.id}/${dtype}/${model.version}`;
}

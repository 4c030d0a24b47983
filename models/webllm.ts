/**
 * Libraries for WebLLM that the package carries: for each a model's program and its WebGPU kernels, compiled to WASM. Built
 * by this project (models/README.md); weights are data and come from elsewhere.
 */
import type { ModelFile } from './index';

export interface WebLlmLibrary {
  /** The model and how its weights are packed, as MLC writes it. */
  id: string;
  name: string;
  library: ModelFile;
  /** What a model's `mlc-chat-config.json` says when it is of this shape. */
  shape: { model_type: string; quantization: string; hidden_size: number; layers: number; vocabulary: number };
  /** Tokens that a prompt and its answer may have together. */
  context_tokens: number;
  weights_bytes: number;
  /** Of the GPU, with weights, temporary buffers and a full context: the compiler's estimate. */
  memory_bytes: number;
  /** Of the weights. */
  licence: string;
  /** Whose folder of weights it is made for; null where nobody publishes one. */
  published: string | null;
  /** What it did on a software GPU: wrote text with real weights, or gave numpy's numbers with random ones. None met a real GPU. */
  checked: 'text' | 'numbers';
  /** Sums of the weights that text was written with; empty where no weights were at hand. */
  files: ModelFile[];
}

export const WEBLLM_LIBRARIES: readonly WebLlmLibrary[] = [
  {
    id: 'SmolLM2-135M-Instruct-q4f32_1',
    name: 'SmolLM2 135M',
    library: {
      path: 'webllm/SmolLM2-135M-Instruct-q4f32_1.wasm',
      bytes: 9250470,
      sha256: '30be9fe51004303d42ba9d599f8aa15763e51f8469bc61a031de7d6d296553f1',
    },
    shape: { model_type: 'llama', quantization: 'q4f32_1', hidden_size: 576, layers: 30, vocabulary: 49152 },
    context_tokens: 2048,
    weights_bytes: 84190464,
    memory_bytes: 192_324_864,
    licence: 'Apache-2.0',
    published: null,
    checked: 'text',
    files: [
      {
        path: 'params_shard_0.bin',
        bytes: 33364224,
        sha256: 'c7d7128a382bae1a0570ab8ff83513c5ce3c24fc84364f18bd1a44f63d8a2ce2',
      },
      {
        path: 'params_shard_1.bin',
        bytes: 32883840,
        sha256: '23053c4182e6bb088a8bba06b48cb323343d9d72f84b01b1486dd96910efe6d0',
      },
      {
        path: 'params_shard_2.bin',
        bytes: 9467136,
        sha256: 'be28a741223ff507783ff7ee46d8892b58c513095e77ed37ab3eeda351b3e1bd',
      },
      {
        path: 'tokenizer.json',
        bytes: 3522656,
        sha256: '7d27c493c729a66ecefc837280b05d948b1ed50d130eebdbf911b1b36cf38ed7',
      },
    ],
  },
  {
    id: 'SmolLM2-360M-Instruct-q4f32_1',
    name: 'SmolLM2 360M',
    library: {
      path: 'webllm/SmolLM2-360M-Instruct-q4f32_1.wasm',
      bytes: 9286267,
      sha256: '2842ac4e431b382adf387ac9915669d1a7250f68b27a59928f327c83fc8aa716',
    },
    shape: { model_type: 'llama', quantization: 'q4f32_1', hidden_size: 960, layers: 32, vocabulary: 49152 },
    context_tokens: 2048,
    weights_bytes: 226348800,
    memory_bytes: 579_610_000,
    licence: 'Apache-2.0',
    published: 'mlc-ai/SmolLM2-360M-Instruct-q4f32_1-MLC',
    checked: 'numbers',
    files: [],
  },
  {
    id: 'Llama-3.2-1B-Instruct-q4f32_1',
    name: 'Llama 3.2 1B',
    library: {
      path: 'webllm/Llama-3.2-1B-Instruct-q4f32_1.wasm',
      bytes: 8756280,
      sha256: '2053a2e9a79b6a8652dbc7f32ca5bd423265f945f4610ccebe35742791072304',
    },
    shape: { model_type: 'llama', quantization: 'q4f32_1', hidden_size: 2048, layers: 16, vocabulary: 128256 },
    context_tokens: 4096,
    weights_bytes: 772612096,
    memory_bytes: 1_128_820_000,
    licence: 'Llama 3.2 Community License',
    published: 'mlc-ai/Llama-3.2-1B-Instruct-q4f32_1-MLC',
    checked: 'numbers',
    files: [],
  },
  {
    id: 'Qwen3-0.6B-q4f32_1',
    name: 'Qwen3 0.6B',
    library: {
      path: 'webllm/Qwen3-0.6B-q4f32_1.wasm',
      bytes: 9005533,
      sha256: '718c3da3907f185fde99205a814b68685667574d7c985e065379e0dbcdb8061c',
    },
    shape: { model_type: 'qwen3', quantization: 'q4f32_1', hidden_size: 1024, layers: 28, vocabulary: 151936 },
    context_tokens: 4096,
    weights_bytes: 372752384,
    memory_bytes: 1_924_980_000,
    licence: 'Apache-2.0',
    published: 'mlc-ai/Qwen3-0.6B-q4f32_1-MLC',
    checked: 'numbers',
    files: [],
  },
];

/** What all of them, and WebLLM itself, ask of an adapter. */
export const WEBLLM_LIMITS = {
  maxStorageBuffersPerShaderStage: 10,
  maxComputeWorkgroupStorageSize: 32_768,
  maxComputeInvocationsPerWorkgroup: 256,
  maxBufferSize: 268_435_456,
  maxStorageBufferBindingSize: 134_217_728,
} as const;

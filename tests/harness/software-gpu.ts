/** WebGPU without a graphics card, and the small model that is at hand for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Chromium's arguments for SwiftShader, a program: right, and a hundred times slower than the slowest card. */
export const SOFTWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-angle=swiftshader',
];

/**
 * SmolLM2-135M-Instruct in MLC's format, and its library with kernels that suit a processor: the normal ones give the same
 * words and take four times as long here. Null where COMMONPLACE_MODELS has them not.
 */
export function findWebLlmModel(): { folder: string; library: string } | null {
  const root = join(process.env.COMMONPLACE_MODELS ?? '/nowhere', 'webllm');
  const name = 'SmolLM2-135M-Instruct-q4f32_1';
  const found = { folder: join(root, `${name}-MLC`), library: join(root, `${name}-webgpu-swiftshader.wasm`) };
  return existsSync(found.folder) && existsSync(found.library) ? found : null;
}

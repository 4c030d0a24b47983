import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

/** Whether the bundled runtime can use WebGPU. */
const VIRTUAL = '\0ort/webgpu';

/**
 * Bundles exactly one build of onnxruntime-web, and takes the address of its CDN out of the code.
 *
 * - Chromium (`webgpu` true): the JSPI build, 16.8 MB, which runs WebGPU and WASM. The usual "asyncify" build does the
 *   same with 26.9 MB for browsers without JSPI; Chromium has it since 137, under our minimum.
 * - Firefox (`webgpu` false): the plain build, 14.3 MB, WASM only.
 *
 * The package's default entry carries a copy of the glue code and an asset URL of the asyncify binary, which Vite
 * would ship too; the entries named here carry neither. The CDN is never used (the worker names local files), but its
 * address in a package is what store reviewers search for.
 *
 * Use it in `plugins` and in `worker.plugins`.
 */
export function onnxruntime({ webgpu }: { webgpu: boolean }): Plugin {
  const require = createRequire(import.meta.url);
  const dist = dirname(require.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm'));
  const [entry, build] = webgpu ? ['ort.jspi.min.mjs', '.jspi'] : ['ort.wasm.min.mjs', ''];
  const files: Record<string, string> = {
    'onnxruntime-web/webgpu': entry,
    'onnxruntime-web': entry,
    '#ort/glue?url': `ort-wasm-simd-threaded${build}.mjs?url&no-inline`,
    '#ort/binary?url': `ort-wasm-simd-threaded${build}.wasm?url&no-inline`,
  };
  return {
    name: 'onnxruntime',
    enforce: 'pre',
    resolveId(id) {
      if (id === '#ort/webgpu') return VIRTUAL;
      const file = files[id];
      return file === undefined ? undefined : join(dist, file);
    },
    load: (id) => (id === VIRTUAL ? `export default ${String(webgpu)};` : undefined),
    renderChunk(code) {
      if (!code.includes('cdn.jsdelivr.net')) return null;
      return { code: code.replaceAll('https://cdn.jsdelivr.net/npm/', '/unused/'), map: null };
    },
  };
}

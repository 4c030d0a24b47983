import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const CODE = join(ROOT, 'node_modules/@mlc-ai/web-llm/lib/index.js');
const MADE = join(ROOT, '.cache/web-llm');
const NONE = '\0web-llm:none';

/**
 * Bundles @mlc-ai/web-llm so that an extension may run it: the list of prebuilt models goes, with the addresses of
 * libraries that it would fetch and run; the tokenizers, which the package holds as Base64 in its code, become a file;
 * the grammar compiler, which nobody calls, goes.
 *
 * Where `on` is false there is no model library to run, and nothing of it is bundled. Use it in `worker.plugins`.
 *
 * @throws Error when the package's code is another than the one that this was written for.
 */
export function webLlm({ on }: { on: boolean }): Plugin {
  return {
    name: 'web-llm',
    enforce: 'pre',
    resolveId(id) {
      if (id === '@mlc-ai/web-llm') return on ? CODE : NONE;
      return id === '#web-llm/tokenizers?url' ? `${join(MADE, 'tokenizers.wasm')}?url&no-inline` : undefined;
    },
    load: (id) =>
      id === NONE ? `export class MLCEngine { constructor() { throw new Error('not in this package'); } }` : undefined,
    transform: (code, id) => (id === CODE ? { code: adapted(code), map: null } : undefined),
  };
}

const MODELS = /const modelLibURLPrefix = "[^"]*";\n|const prebuiltAppConfig = \{[^]*?\n\};\n/gu;
const INLINED = /wasmBinaryFile="data:application\/octet-stream;base64,([\w+/=]+)"/gu;
const READ_INLINED = 'return Promise.resolve().then(()=>getBinarySync(binaryFile))';

function adapted(code: string): string {
  let lists = 0;
  const inlined: string[] = [];
  const out = code
    .replace(MODELS, (found) => {
      lists++;
      return found.startsWith('const prebuilt')
        ? `const prebuiltAppConfig = { cacheBackend: 'cache', model_list: [] };\n`
        : `const modelLibURLPrefix = '';\n`;
    })
    .replace(INLINED, (_, base64: string) => {
      inlined.push(base64);
      return 'wasmBinaryFile="unused"';
    })
    .replaceAll('https://huggingface.co/', '/unused/');
  const parts = out.split(READ_INLINED);
  const [grammar = '', tokenizers = ''] = inlined;
  // TVM's runtime, which is given its module, the grammar compiler, and the tokenizers, much the larger of the two
  if (lists !== 2 || inlined.length !== 2 || parts.length !== 4 || tokenizers.length < 2 * grammar.length) {
    throw new Error('@mlc-ai/web-llm is not the version that scripts/vite-web-llm.ts was written for');
  }
  mkdirSync(MADE, { recursive: true });
  writeFileSync(join(MADE, 'tokenizers.wasm'), Buffer.from(tokenizers, 'base64'));
  return [
    `import tokenizersUrl from '#web-llm/tokenizers?url';\n${parts[0] ?? ''}`,
    READ_INLINED,
    parts[1],
    `return Promise.reject(new Error('grammars are not in this package'))`,
    parts[2],
    'return fetch(new URL(tokenizersUrl, self.location.href)).then((file)=>file.arrayBuffer())',
    parts[3],
  ].join('');
}

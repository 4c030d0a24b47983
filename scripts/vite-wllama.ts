import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import type { Plugin } from 'vite';

const ROOT = join(import.meta.dirname, '..');
const PACKAGE = join(ROOT, 'node_modules/@wllama/wllama/esm');
const MADE = join(ROOT, '.cache/wllama');

/** llama.cpp asks for a GPU as soon as it starts; where none is wanted it is told that there is none. */
const WITHOUT_GPU =
  'if(RUN_OPTIONS.noWebGPU)Object.defineProperty(WorkerNavigator.prototype,"gpu",{get:()=>({requestAdapter:async()=>null})});';

/**
 * Bundles @wllama/wllama (llama.cpp in WASM) so that an extension may run it: the package makes its workers of strings
 * (`blob:` addresses), which an extension's content security policy forbids, and names a CDN for browsers that are not
 * ours. Those strings become files of the package here, made of the pinned version's own code, and the addresses go.
 *
 * Gives `#wllama/binary?url` besides. Use it in `plugins` and in `worker.plugins`.
 *
 * @throws Error when the package's code is another than the one that this was written for.
 */
export function wllama(): Plugin {
  const files: Record<string, string> = {
    '@wllama/wllama/esm/index.js': join(PACKAGE, 'index.js'),
    '#wllama/worker?url': `${join(MADE, 'llama-worker.js')}?url&no-inline`,
    '#wllama/thread?url': `${join(MADE, 'llama-thread.js')}?url&no-inline`,
    '#wllama/binary?url': `${join(PACKAGE, 'wasm/wllama.wasm')}?url&no-inline`,
  };
  return {
    name: 'wllama',
    enforce: 'pre',
    buildStart: writeWorkers,
    resolveId: (id) => files[id],
    transform(code, id) {
      return id === files['@wllama/wllama/esm/index.js'] ? { code: withoutStrings(code), map: null } : undefined;
    },
  };
}

const CONSTANT = (name: string) => new RegExp(`^var ${name} = ([^]*?);\\n(?=\\n|//|var |function |class )`, 'mu');

function writeWorkers(): void {
  const code = readFileSync(join(PACKAGE, 'index.js'), 'utf8');
  const constant = (name: string): string => {
    const literal = CONSTANT(name).exec(code)?.[1];
    if (literal === undefined) throw changed(name);
    return String(runInNewContext(literal));
  };
  const module = constant('JSPI_STUB') + constant('WLLAMA_EMSCRIPTEN_CODE');
  mkdirSync(MADE, { recursive: true });
  writeFileSync(join(MADE, 'llama-thread.js'), module);
  writeFileSync(
    join(MADE, 'llama-worker.js'),
    [
      'const RUN_OPTIONS = JSON.parse(decodeURIComponent(location.hash.slice(1)));',
      WITHOUT_GPU,
      `function wModuleInit() { ${module.replace('var Module', 'var ___Module')}; return Module; }`,
      constant('LLAMA_CPP_WORKER_CODE'),
    ].join('\n'),
  );
}

function withoutStrings(code: string): string {
  const replace = (text: string, from: string | RegExp, to: string): string => {
    if (text.search(from) < 0 && !(typeof from === 'string' && text.includes(from))) throw changed(String(from));
    return text.replace(from, () => to);
  };
  let out = code;
  for (const name of ['WLLAMA_EMSCRIPTEN_CODE', 'LLAMA_CPP_WORKER_CODE', 'OPFS_UTILS_WORKER_CODE']) {
    out = replace(out, CONSTANT(name), `var ${name} = '';\n`);
  }
  out = replace(
    out,
    'this.worker = createWorker(completeCode);',
    `this.worker = new Worker(workerUrl + '#' + encodeURIComponent(JSON.stringify({ ...runOptions, noWebGPU: this.resources.noWebGPU === true })), { type: 'module', name: 'llama' });`,
  );
  out = replace(out, 'new Blob([moduleCode], { type: "text/javascript" }),', 'threadUrl,');
  for (const address of ['https://cdn.jsdelivr.net/npm/', 'https://huggingface.co']) {
    out = out.replaceAll(address, '/unused/');
  }
  return `import workerUrl from '#wllama/worker?url';\nimport threadUrl from '#wllama/thread?url';\n${out}`;
}

function changed(what: string): Error {
  return new Error(`@wllama/wllama is not the version that scripts/vite-wllama.ts was written for: ${what}`);
}

import type { EngineFiles } from './database';

/**
 * Postgres' code, compiled, and its read-only files, from beside this script. PGlite would ask for them only once the database's
 * own files are open; asked for before those, they come on other threads meanwhile. Nothing where that fails: PGlite then
 * asks for them itself, and says what is wrong.
 */
export async function fetchEngineFiles(): Promise<EngineFiles> {
  const code = new URL('../../node_modules/@electric-sql/pglite/dist/pglite.wasm', import.meta.url);
  const files = new URL('../../node_modules/@electric-sql/pglite/dist/pglite.data', import.meta.url);
  try {
    const [pgliteWasmModule, fsBundle] = await Promise.all([
      WebAssembly.compileStreaming(fetch(code)),
      fetch(files).then((response) => response.blob()),
    ]);
    return { pgliteWasmModule, fsBundle };
  } catch (error) {
    console.debug('commonplace: Postgres could not be fetched beforehand', error);
    return {};
  }
}

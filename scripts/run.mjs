/**
 * Runs a TypeScript entry with Vite's own resolution (`?raw` SQL, TypeScript, JSON), so that scripts, the CLI and the
 * benchmarks load the engine exactly as the tests and the extension do. Usage: node scripts/run.mjs ENTRY [ARG …]
 */
import { resolve } from 'node:path';
import { createServer } from 'vite';

const [entry, ...args] = process.argv.slice(2);
if (!entry) throw new Error('usage: node scripts/run.mjs ENTRY [ARG …]');
const server = await createServer({
  configFile: false,
  root: resolve(import.meta.dirname, '..'),
  appType: 'custom',
  logLevel: 'warn',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
});
try {
  const module = await server.ssrLoadModule(resolve(entry));
  if (typeof module.main !== 'function') throw new Error(`${entry} exports no main(args)`);
  process.exitCode = (await module.main(args)) ?? 0;
} finally {
  await server.close();
}

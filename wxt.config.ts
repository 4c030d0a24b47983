import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import preact from '@preact/preset-vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'wxt';
import { ALL_SITES, matchesOf } from './engine/capture/sites';
import { ELSEWHERE, HERE } from './engine/chat/servers';
import { HUB_HOSTS } from './engine/models/hosts';
import { onnxruntime } from './scripts/vite-onnxruntime';
import { webLlm } from './scripts/vite-web-llm';
import { wllama } from './scripts/vite-wllama';

/**
 * WXT defines `import.meta.url` away (wxt#392), after which PGlite's and ORT's assets and our workers are
 * silently not bundled. Taking the define out again lets Vite see `new URL(x, import.meta.url)`.
 */
function keepImportMetaUrl(): Plugin {
  const drop = (config: { define?: Record<string, unknown> }) => {
    delete config.define?.['import.meta.url'];
  };
  return { name: 'keep-import-meta-url', enforce: 'post', config: drop, configResolved: drop };
}

/** What the package carries beside code: models, and the prebuilt database (made by scripts/build.mjs). */
function packagedFiles(browser: string): Array<{ absoluteSrc: string; relativeDest: string }> {
  const root = import.meta.dirname;
  const below = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? below(path) : [path];
    });
  const carried = browser === 'firefox' ? ['e5-small-v2'] : ['e5-small-v2', 'webllm'];
  const models = carried.flatMap((name) => below(join(root, 'models', name)));
  const dataDir = join(root, '.cache', 'data-dir.tar.gz');
  if (!existsSync(dataDir))
    throw new Error(`There is no ${dataDir}, without which nothing can be stored: node scripts/build.mjs makes it.`);
  return [
    ...models.map((absoluteSrc) => ({ absoluteSrc, relativeDest: relative(root, absoluteSrc) })),
    { absoluteSrc: dataDir, relativeDest: 'data-dir.tar.gz' },
  ];
}

const MODEL_SERVERS = [
  ...HERE.map((host) => `http://${host}:*`),
  ...[...ELSEWHERE, ...HUB_HOSTS].map((host) => `https://${host}`),
];

export default defineConfig({
  imports: false,
  ...(process.env.WXT_OUTDIR ? { outDir: process.env.WXT_OUTDIR } : {}),
  hooks: {
    'build:publicAssets': ({ config }, files) => {
      files.push(...packagedFiles(config.browser));
    },
  },
  ...(process.env.COMMONPLACE_ZIP_LEVEL
    ? { zip: { compressionLevel: Number(process.env.COMMONPLACE_ZIP_LEVEL) as 0 | 1 | 9 } }
    : {}),
  manifestVersion: 3,
  modules: [],
  vite: ({ browser }) => ({
    plugins: [
      preact(),
      onnxruntime({ webgpu: browser !== 'firefox' }),
      wllama(),
      webLlm({ on: browser !== 'firefox' }),
      keepImportMetaUrl(),
    ],
    worker: {
      format: 'es',
      plugins: () => [
        onnxruntime({ webgpu: browser !== 'firefox' }),
        wllama(),
        webLlm({ on: browser !== 'firefox' }),
        keepImportMetaUrl(),
      ],
    },
    build: { target: 'esnext', assetsInlineLimit: 0 },
  }),
  manifest: ({ browser }) => ({
    name: '__MSG_app_name__',
    description: '__MSG_app_description__',
    default_locale: 'en',
    permissions: [
      'storage',
      'unlimitedStorage',
      'contextMenus',
      'activeTab',
      'scripting',
      'alarms',
      ...(browser === 'firefox' ? [] : ['offscreen', 'sidePanel']),
    ],
    // asked when the user turns on backups into the downloads
    optional_permissions: ['downloads'],
    host_permissions: ALL_SITES.map(matchesOf),
    // asked when the user turns on that pages they read are kept
    optional_host_permissions: ['https://*/*', 'http://*/*'],
    incognito: 'not_allowed',
    action: { default_title: '__MSG_app_name__' },
    commands: {
      // Firefox opens its sidebar by a command of its own; Chromium has none and wants a named one.
      [browser === 'firefox' ? '_execute_sidebar_action' : 'open-panel']: {
        suggested_key: { default: 'Ctrl+Shift+Y', mac: 'Command+Shift+Y' },
        description: '__MSG_command_open_panel__',
      },
      remember: {
        suggested_key: { default: 'Ctrl+Shift+U', mac: 'Command+Shift+U' },
        description: '__MSG_command_remember__',
      },
    },
    content_security_policy: {
      extension_pages: `script-src 'self' 'wasm-unsafe-eval'; object-src 'self'; connect-src 'self' ${MODEL_SERVERS.join(' ')}`,
    },
    ...(browser === 'firefox'
      ? {
          browser_specific_settings: {
            gecko: {
              id: 'commonplace@commonplace.invalid',
              strict_min_version: '140.0',
              data_collection_permissions: { required: ['none'] },
            },
          },
        }
      : {
          minimum_chrome_version: '148',
          cross_origin_opener_policy: { value: 'same-origin' },
          cross_origin_embedder_policy: { value: 'credentialless' },
        }),
  }),
});

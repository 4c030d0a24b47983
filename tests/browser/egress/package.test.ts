/** What the built packages could reach, read from their bytes. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALL_SITES, matchesOf } from '../../../engine/capture/sites';

const OUTPUT = join(import.meta.dirname, '../../../.output');

/** Where code or data could be fetched from, and ways to make code of text. */
const FORBIDDEN =
  /cdn\.jsdelivr\.net|unpkg\.com|raw\.githubusercontent\.com|esm\.sh|cdnjs\.cloudflare\.com|storage\.googleapis\.com|new Function\(|(?<![\w.$])eval\(|importScripts\("?https?:/g;

/** In the order: file (without its hash), what was found, how often at most, why it stays. */
const ALLOWED: Array<{ file: RegExp; text: string; most: number; reason: string }> = [
  {
    file: /^assets\/worker-.+\.js$/,
    text: 'eval(',
    most: 4,
    reason: 'PGlite: EM_ASM and EM_JS of side modules; ours have none, and the CSP forbids eval',
  },
  {
    file: /^assets\/ort-wasm-.+\.mjs$/,
    text: 'new Function(',
    most: 1,
    reason: 'embind of onnxruntime, for calls into JavaScript that it does not make; the CSP forbids it',
  },
  {
    file: /^assets\/index-.+\.js$/,
    text: 'new Function(',
    most: 2,
    reason: 'setimmediate in mammoth’s JSZip, for callbacks given as text, which nobody gives; the CSP forbids it',
  },
  {
    file: /^(?:read-pdf|assets\/pdf-.+)\.js$/,
    text: 'new Function(',
    most: 3,
    reason:
      'pdf.js: functions of drawings, made only where `isEvalSupported` is true, and a try whether it could be; we set it to false',
  },
];

function below(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? below(path) : [path];
  });
}

describe.each(['chrome-mv3', 'firefox-mv3'])('the package %s', (name) => {
  const root = join(OUTPUT, name);
  const isBuilt = existsSync(join(root, 'manifest.json'));

  it.skipIf(!isBuilt)('puts no script into pages that Chromium does not take: UTF-8 without noncharacters', () => {
    const refused = below(root).filter(
      (file) =>
        /^(?:content-scripts\/.+|[^/]+)\.js$/.test(relative(root, file)) &&
        /\p{Noncharacter_Code_Point}/u.test(readFileSync(file, 'utf8')),
    );
    expect(refused.map((file) => relative(root, file))).toEqual([]);
  });

  it.skipIf(!isBuilt)('names no place to fetch code from and makes no code of text, but for what is listed', () => {
    const found = new Map<string, number>();
    for (const path of below(root).filter((file) => /\.(?:js|mjs|html|css|json)$/.test(file))) {
      const file = relative(root, path);
      for (const [text] of readFileSync(path, 'utf8').matchAll(FORBIDDEN)) {
        const key = `${file}: ${text}`;
        found.set(key, (found.get(key) ?? 0) + 1);
      }
    }
    const unexplained = [...found].filter(
      ([key, count]) =>
        !ALLOWED.some(({ file, text, most }) => {
          const [path = '', what] = key.split(': ');
          return file.test(path) && what === text && count <= most;
        }),
    );
    expect(unexplained).toEqual([]);
  });

  it.skipIf(!isBuilt)('carries WebLLM without its list of models, or the addresses it would run libraries from', () => {
    const code = below(root)
      .filter((file) => /\.m?js$/.test(file))
      .map((file) => readFileSync(file, 'utf8'));
    expect(code.filter((text) => /huggingface\.co\/mlc-ai|binary-mlc-llm-libs/.test(text))).toEqual([]);
    const webLlm = code.filter((text) => text.includes('appendReplyHeader'));
    expect(webLlm).toHaveLength(name === 'chrome-mv3' ? 1 : 0);
    for (const text of webLlm) {
      // named in what it says when there is no GPU
      expect([...new Set(text.match(/https?:\/\/[\w.-]+/g))]).toEqual(['https://webgpureport.org']);
      expect(text).not.toContain('AGFzbQ'); // WASM as Base64
    }
  });

  it.skipIf(!isBuilt)(
    'may connect to itself, to models’ servers and to the hub of models only, and asks for the sites it reads, and for others only later',
    () => {
      const manifest = JSON.parse(readFileSync(join(root, 'manifest.json'), 'utf8')) as {
        content_security_policy: { extension_pages: string };
        host_permissions: string[];
        optional_host_permissions: string[];
        permissions: string[];
        optional_permissions: string[];
        incognito: string;
        externally_connectable?: unknown;
        web_accessible_resources?: unknown;
      };
      const policy = Object.fromEntries(
        manifest.content_security_policy.extension_pages.split(';').map((directive) => {
          const [key = '', ...sources] = directive.trim().split(/\s+/);
          return [key, sources];
        }),
      );
      expect(policy).toEqual({
        'script-src': ["'self'", "'wasm-unsafe-eval'"],
        'object-src': ["'self'"],
        // models' servers: none is asked before the person adds it, and allows it where it is not this machine
        'connect-src': [
          "'self'",
          'http://localhost:*',
          'http://127.0.0.1:*',
          'https://api.openai.com',
          'https://api.anthropic.com',
          'https://api.groq.com',
          'https://openrouter.ai',
          // the hub of models and where it lets their bytes lie: asked for a model that the person chose to fetch
          'https://huggingface.co',
          'https://*.huggingface.co',
          'https://*.hf.co',
        ],
      });
      expect(manifest.host_permissions).toEqual(ALL_SITES.map(matchesOf));
      expect(manifest.optional_host_permissions).toEqual(['https://*/*', 'http://*/*']);
      expect(manifest.optional_permissions).toEqual(['downloads']);
      expect(manifest.permissions).not.toContain('downloads');
      expect(manifest.incognito).toBe('not_allowed');
      expect(manifest.externally_connectable).toBeUndefined();
      expect(manifest.web_accessible_resources).toBeUndefined();
    },
  );
});

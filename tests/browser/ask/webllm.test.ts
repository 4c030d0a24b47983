/**
 * A real model on WebGPU in the built extension: its folder added in the panel, then two turns of a conversation by the
 * package's own worker. The GPU is SwiftShader.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FromWebLlm, ToWebLlm } from '../../../engine/chat/webllm/messages';
import type { PromptMessage } from '../../../engine/chat/types';
import { WEBLLM_LIBRARIES, WEBLLM_LIMITS } from '../../../models/webllm';
import { engineIn, freshProfile, until } from '../../harness/browser';
import { findChromium, launchChromium, type RunningChromium } from '../../harness/chromium';
import { type Internet, startInternet } from '../../harness/internet';
import { findWebLlmModel, SOFTWARE_GPU } from '../../harness/software-gpu';

const BUILT = `${process.env.WXT_OUTDIR ?? `${import.meta.dirname}/../../../.output`}/chrome-mv3`;
const model = findWebLlmModel();

describe.skipIf(!findChromium())('models on the GPU', () => {
  const profile = freshProfile();
  const package_ = mkdtempSync(join(tmpdir(), 'commonplace-webllm-'));
  let internet: Internet;
  let browser: RunningChromium;
  let engine: ReturnType<typeof engineIn>;

  beforeAll(async () => {
    cpSync(BUILT, package_, { recursive: true });
    if (model) cpSync(model.library, join(package_, 'models', WEBLLM_LIBRARIES[0]?.library.path ?? ''));
    internet = await startInternet({});
    browser = await launchChromium({
      profile: profile.path,
      proxyPort: internet.port,
      extension: package_,
      args: SOFTWARE_GPU,
    });
    engine = engineIn(await browser.open('console.html'));
    await until(
      () => engine('status'),
      ({ store }) => store.state !== 'opening',
    );
  });
  afterAll(async () => {
    await browser.close();
    await internet.close();
    profile.remove();
    rmSync(package_, { recursive: true });
  });

  it('have kernels that the browser compiles without a word', async () => {
    const page = await browser.open('console.html');
    const kernels = WEBLLM_LIBRARIES.map(({ library }) => {
      const [, ...sources] = readFileSync(join(BUILT, 'models', library.path), 'latin1').split(
        /(?=\/\/-+\n\/\/ Function: )/u,
      );
      return sources.map((source) => {
        const [text = ''] = /^[\t\n\r\x20-\x7e]*/u.exec(source) ?? [];
        return `${text.slice(0, text.lastIndexOf('}') + 1)}\n`;
      });
    });
    const complaints = await page.evaluate(
      async ({ libraries, requiredLimits }) => {
        const adapter = await navigator.gpu.requestAdapter();
        const device = await adapter?.requestDevice({ requiredLimits });
        if (!device) return ['no device'];
        const said: string[] = [];
        for (const code of libraries.flat()) {
          const { messages } = await device.createShaderModule({ code }).getCompilationInfo();
          said.push(...messages.map(({ type, message }) => `${type}: ${message}`));
        }
        device.destroy();
        return said;
      },
      { libraries: kernels, requiredLimits: { ...WEBLLM_LIMITS } },
    );
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.skipIf(!model)(
    'are added from a folder, known by their sums, and write two turns; nobody is asked',
    async () => {
      expect((await engine('gpuModels'))?.gpu).toEqual({ state: 'software', name: 'google swiftshader', short_of: [] });
      const panel = await browser.open('sidepanel.html');
      await panel.getByRole('button', { name: 'Menu' }).click();
      await panel.getByRole('button', { name: 'Models', exact: true }).click();
      await panel.getByText('a program that stands in for one').waitFor();
      await browser.pick(panel, 'input[webkitdirectory]', model?.folder ?? '');
      const [added] = await until(
        async () => (await engine('localModels')) ?? [],
        (models) => models.length === 1,
      );
      expect(added).toMatchObject({ name: 'SmolLM2 135M', runs_on: 'gpu', known: true, licence: 'Apache-2.0' });
      await panel.getByText('checked: the file is the one').waitFor();

      const worker = readdirSync(join(package_, 'assets')).find(
        (name) =>
          name.endsWith('.js') && readFileSync(join(package_, 'assets', name), 'utf8').includes('appendReplyHeader'),
      );
      const turns = await panel.evaluate(
        async ({ worker, folder, library }) => {
          const gpu = new Worker(`/assets/${worker}`, { type: 'module' });
          const post = (message: ToWebLlm) => {
            gpu.postMessage(message);
          };
          const said: string[] = [];
          const until = (last: FromWebLlm['type']) =>
            new Promise<string>((resolve, reject) => {
              let text = '';
              gpu.onerror = ({ message }) => {
                reject(new Error(message));
              };
              gpu.onmessage = ({ data }: MessageEvent<FromWebLlm>) => {
                if (data.type === 'words') text += data.words;
                else if (data.type === last) resolve(text);
                else reject(new Error(JSON.stringify(data)));
              };
            });
          let ended = until('loaded');
          const weightsUrl = `https://weights.invalid/${folder}/resolve/1/`;
          post({
            type: 'load',
            libraryUrl: `${location.origin}/models/${library}`,
            weightsUrl,
            contextTokens: 2048,
            thinks: false,
          });
          await ended;
          const asked: PromptMessage[] = [
            // in place of the model's own, which is longer: each token read takes a second
            { role: 'system', content: 'Be brief.' },
            { role: 'user', content: 'Repeat: banana' },
          ];
          const ask = async () => {
            ended = until('ended');
            post({ type: 'complete', prompt: asked, max_tokens: 2 });
            said.push(await ended);
          };
          await ask();
          // read onto what it keeps of the first turn
          asked.push({ role: 'assistant', content: said[0] ?? '' }, { role: 'user', content: 'Again.' });
          await ask();
          ended = until('context_full');
          post({ type: 'complete', prompt: [{ role: 'user', content: 'word '.repeat(3_000) }], max_tokens: 3 });
          await ended;
          gpu.terminate();
          return said;
        },
        { worker, folder: added?.id.replace('webllm:', '') ?? '', library: WEBLLM_LIBRARIES[0]?.library.path ?? '' },
      );
      expect(turns).toEqual(['Banana', 'Banana']);
      expect(await engine('sent')).toEqual([]);
      expect(internet.seen.filter(({ origin }) => origin?.includes('-extension://'))).toEqual([]);
    },
    1_800_000, // two minutes of two processors, beside two other browsers and the unit tests
  );
});

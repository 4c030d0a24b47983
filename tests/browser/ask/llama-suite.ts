/** A real small model in the built extension: its file added in the panel, its words checked like any other's. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BrowserKind, engineIn, freshProfile, type RunningBrowser, until } from '../../harness/browser';
import { findGguf } from '../../harness/gguf';
import { type Internet, startInternet } from '../../harness/internet';
import { press as pressIn } from '../../harness/pressing';
import { conversation } from './suite';

const NAME = 'SmolLM2-135M-Instruct Q4_1';
const gguf = findGguf();

export function describeLlama(kind: BrowserKind): void {
  describe.skipIf(gguf === null)(`a model on the processor in ${kind.name}`, () => {
    const profile = freshProfile();
    let internet: Internet;
    let browser: RunningBrowser;
    let engine: ReturnType<typeof engineIn>;

    beforeAll(async () => {
      internet = await startInternet({});
      browser = await kind.launch({ profile: profile.path, proxyPort: internet.port });
      engine = engineIn(await browser.open('console.html'));
      await until(
        () => engine('status'),
        ({ store }) => store.state !== 'opening',
      );
      await engine('ingest', [
        conversation('trip', 'Trip', '2026-05-04', ['Hotel Lumen is booked for two nights.', 'Noted.']),
      ]);
    });
    afterAll(async () => {
      await browser.close();
      await internet.close();
      profile.remove();
    });

    it('is added from its file, known by its sum, writes an answer that is checked, and asks nobody', async () => {
      const panel = await browser.open('sidepanel.html');
      const press = (name: string, within = 'body') => pressIn(panel, name, { within });
      const there = (selector: string) =>
        until(
          () => panel.evaluate((wanted) => document.querySelector(wanted) !== null, selector),
          (found) => found,
          500_000,
        );
      await press('Menu');
      await press('Models');
      await there('input[accept=".gguf"]');
      await browser.pick(panel, 'input[accept=".gguf"]', gguf ?? '');
      const [model] = await until(
        async () => (await engine('localModels')) ?? [],
        (models) => models.length === 1,
      );
      expect(model).toMatchObject({ name: NAME, known: true, licence: 'Apache-2.0' });

      await press('Back');
      await press('Menu');
      await press('Ask and chats');
      await there(`.asker select option[value="${model?.id}"]`);
      await panel.evaluate((id) => {
        const select = document.querySelector<HTMLSelectElement>('.asker select');
        if (!select) throw new Error('no list of models');
        select.value = id;
        select.dispatchEvent(new Event('change', { bubbles: true }));
      }, model?.id ?? '');
      await panel.type('.asker textarea', 'Which hotel is booked?');
      await press('Ask', '.asker');
      await there('.turn .tools');
      const [chat] = await engine('chats');
      const { messages } = await engine('chat', chat?.id ?? '');
      const { markdown = '', answer } = messages[1] ?? {};
      expect(answer).toMatchObject({ failure: null, ended: 'done', generator: model?.id });
      expect(markdown).toMatch(/\p{L}{3}.*\p{L}{3}/u);
      // a model as small as this is often wrong ("The hotel is not booked."); what it makes up must not look supported
      for (const { start, end, state } of answer?.sentences ?? []) {
        if (state === 'supported') expect(markdown.slice(start, end)).toContain('Lumen');
      }
      expect(await engine('sent')).toEqual([]);
      expect(internet.seen.filter(({ origin }) => origin?.includes('-extension://'))).toEqual([]);
    }, 600_000);
  });
}

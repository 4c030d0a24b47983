/** What every connector promises, on a small export of each, as a folder and as an archive. */
import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../../engine/connectors';
import { folder, readAll, zip } from './given';

/** Which fixture is whose. What `chats` reads the adapters' own tests hold. */
const FIXTURES: Record<string, string[]> = {
  chatgpt: ['chatgpt'],
  claude: ['claude'],
  gemini: ['gemini', 'gemini-html'],
  messenger: ['messenger'],
  deepseek: ['deepseek'],
  grok: ['grok'],
  mistral: ['mistral'],
  perplexity: ['perplexity'],
  readwise: ['readwise'],
  notion: ['notion'],
  todoist: ['todoist'],
  obsidian: ['obsidian'],
  keep: ['keep'],
  bookmarks: ['bookmarks'],
  pocket: ['pocket'],
  kindle: ['kindle'],
  docx: ['docx'],
  epub: ['epub'],
  mail: ['mail'],
  markdown: ['markdown'],
  pages: ['pages'],
  csv: ['csv'],
  json: ['json'],
  text: ['text'],
  pictures: ['pictures'],
};

/** Files that no connector knows, and why they lie there. */
const UNKNOWN: Record<string, string[]> = {};

describe.each(Object.entries(FIXTURES).flatMap(([id, names]) => names.map((name) => [id, name] as const)))(
  '%s, of %s',
  (id, name) => {
    it('is recognised, and reads something, each with its time', async () => {
      const { by, items } = await readAll(await folder(name));
      expect(by).toContain(id);
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) {
        expect(item.id).not.toBe('');
        expect(Date.parse(item.captured_at)).not.toBeNaN();
        const parts = item.kind === 'conversation' ? item.messages : item.sections;
        expect(parts.length).toBeGreaterThan(0);
        expect(new Set(parts.map((part) => part.id)).size).toBe(parts.length);
      }
      // parts of a long thread are one document; whole ones are one each
      const whole = items.filter((item) => item.kind === 'document' || item.coverage === 'all');
      expect(new Set(whole.map((item) => `${item.kind} ${item.id}`)).size).toBe(whole.length);
    });

    it('reads the same each time, and the same from an archive', async () => {
      const files = await folder(name);
      const first = await readAll(files);
      const again = await readAll(files);
      expect(again).toEqual(first);
      const packed = await readAll([await zip(files, 'x.zip')]);
      const facts = ({ items }: typeof first) =>
        items.map((item) => (item.kind === 'conversation' ? item : { ...item, metadata: {} }));
      expect(facts(packed)).toEqual(facts(first));
    });

    it('is taken by one connector alone', async () => {
      const { by, warnings } = await readAll(await folder(name));
      expect(by.filter((each) => each === id)).toHaveLength(1);
      expect(warnings.filter(({ code }) => code === 'unknown_file').map(({ file }) => file)).toEqual(
        UNKNOWN[name] ?? [],
      );
    });
  },
);

it('every connector has a fixture; those of PDFs are written by their test', () => {
  const known = CONNECTORS.map(({ id }) => id).filter((id) => id !== 'chats' && id !== 'pdf');
  expect(known.toSorted()).toEqual(Object.keys(FIXTURES).toSorted());
});

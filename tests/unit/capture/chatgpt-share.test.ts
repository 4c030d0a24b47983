import { describe, expect, it } from 'vitest';
import { allAdapters } from '../../../engine/capture/adapters/all';
import { readText } from '../../../engine/capture/index';
import { parseHtml } from '../../../scripts/cli-read';

/** A value in turbo-stream's flat form, as a page's script writes it. */
function flat(value: unknown): string {
  const values: unknown[] = [];
  const put = (each: unknown): number => {
    if (each === null) return -5;
    const index = values.length;
    values.push(null);
    if (Array.isArray(each)) values[index] = each.map(put);
    else if (typeof each === 'object')
      values[index] = Object.fromEntries(Object.entries(each).map(([key, at]) => [`_${put(key)}`, put(at)]));
    else values[index] = each;
    return index;
  };
  put(value);
  return JSON.stringify(values);
}

describe("a shared copy's data", () => {
  const message = (id: string, role: string, text: string) => ({
    id,
    message: {
      id,
      author: { role },
      content: { content_type: 'text', parts: [text] },
      status: 'finished_successfully',
      end_turn: true,
    },
  });
  const data = flat({
    loaderData: {
      share: {
        serverResponse: {
          data: {
            title: 'Peas',
            linear_conversation: [
              message('q', 'user', 'What\'s "up"?'),
              message('a', 'assistant', "It's March.\nSow."),
            ],
          },
        },
      },
    },
  });
  const page = (literals: string[]) =>
    `<!DOCTYPE html><!-- saved from url=(0060)https://chatgpt.com/share/68aa0000-0000-4000-8000-000000000001 --><html><body>${literals
      .map((literal) => `<script>window.__reactRouterContext.streamController.enqueue(${literal});</script>`)
      .join('')}</body></html>`;
  const single = (text: string) =>
    `\n        '${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}',\n      `;

  it.each([
    ['as the site writes it', [JSON.stringify(`${data}\n`), JSON.stringify('P29:[{}]\n')]],
    ['as a tool that formats pages writes it', [single(`${data}\n`), JSON.stringify('P29:[{}]\n')]],
  ])('is read %s', (_how, literals) => {
    const { conversations, warnings } = readText(page(literals), { adapters: allAdapters(), parseHtml });
    expect(warnings).toEqual([]);
    expect(conversations[0]).toMatchObject({ site: 'chatgpt', title: 'Peas', strategy: 'share' });
    expect(conversations[0]?.messages.map(({ role, markdown }) => [role, markdown])).toEqual([
      ['user', 'What\'s "up"?'],
      ['assistant', "It's March.\nSow."],
    ]);
  });
});

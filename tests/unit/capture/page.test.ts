import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalAddress, captureLink, capturePage, captureSelection } from '../../../engine/capture/page';
import { parseHtml } from '../../../scripts/cli-read';

const html = readFileSync(new URL('../../fixtures/capture/article.html', import.meta.url), 'utf8');
const options = {
  url: 'https://gazette.example/why-lighthouses-blink?utm_source=mail#top',
  parseHtml,
  capturedAt: '2026-11-01T00:00:00.000Z',
};

describe('keeping a page', () => {
  it('takes the article, who wrote it and when, and leaves the rest of the page', () => {
    const page = capturePage(parseHtml(html), options);
    expect(page).toMatchObject({
      kind: 'page',
      origin: 'page',
      id: 'https://gazette.example/why-lighthouses-blink',
      title: 'Why lighthouses blink',
      author: 'Nora Quill',
      site_name: 'The Harbour Gazette',
      language: 'en-GB',
      published_at: '2026-03-04T08:30:00.000Z',
      note: null,
    });
    expect(page.markdown).toContain('## The pattern is the name');
    expect(page.markdown).toContain('[list of lights](https://gazette.example/list)');
    expect(page.markdown).toContain(
      '```python\ndef flashes(period, count):\n    return [n * period / count for n in range(count)]\n```',
    );
    expect(page.markdown).toContain('| Tower | Pattern |\n| --- | --- |\n| Gull Rock | 2 in 10 s |');
    expect(page.markdown).not.toMatch(/newsletter|Copyright|Home/);
  });

  it('keeps formulas as the TeX that the page has of them, each once', () => {
    const words =
      'A drop falls from the roof of the boathouse, and after each second it is faster by the same amount. ';
    const formula = (tex: string, block: boolean) =>
      `<span class="${block ? 'katex-display' : ''}"><span class="katex"><span class="katex-mathml"><math${block ? ' display="block"' : ''}><semantics><mrow><mi>v</mi></mrow><annotation encoding="application/x-tex">${tex}</annotation></semantics></math></span><span class="katex-html" aria-hidden="true"><span>v</span></span></span></span>`;
    const wiki = `<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;"><math alttext="h_{0}"><semantics><mi>h</mi><annotation encoding="application/x-tex">h_{0}</annotation></semantics></math></span><img src="/h.svg" class="mwe-math-fallback-image-inline" alt="h_{0}"></span>`;
    const { markdown } = capturePage(
      parseHtml(
        `<html><body><main><h1>Drops</h1><p>${words.repeat(3)}</p><p>It has ${formula('v = g t', false)} of speed from ${wiki} on.</p>${formula(String.raw`h = \frac{1}{2} g t^2`, true)}<p>${words.repeat(3)}</p></main></body></html>`,
      ),
      options,
    );
    expect(markdown).toContain('It has $v = g t$ of speed from $h_{0}$ on.');
    expect(markdown).toContain(String.raw`$$
h = \frac{1}{2} g t^2
$$`);
    expect(markdown.match(/g t/g)).toHaveLength(2);
  });

  it('keeps all of an article of which a part has a name that menus have', () => {
    const words = (what: string) =>
      `<p>${`The keeper of the ${what} lights the lamp when the sun is down, and puts it out when the day begins. `.repeat(16)}</p>`;
    const html_ = (part: string) =>
      `<html><body><article><h1>Towers</h1><div>${words('first tower')}</div><div class="article-${part}-body">${words('second tower')}${words('third tower')}</div></article></body></html>`;
    for (const part of ['text', 'more-text']) {
      const { markdown } = capturePage(parseHtml(html_(part)), options);
      expect(markdown, part).toContain('first tower');
      expect(markdown, part).toContain('third tower');
    }
  });

  it('keeps footnotes as marks and notes, with the links in them', () => {
    const words = 'The light of the tower is seen from far away, and each tower has a pattern that is its own. ';
    const { markdown } = capturePage(
      parseHtml(
        `<html><body><article><h1>Towers</h1><p>${words.repeat(4)}<sup><a href="#fn1" id="ref1">1</a></sup></p><p>${words.repeat(4)}</p><section class="footnotes"><ol><li id="fn1"><p>See <a href="https://harbour.example/list">the list</a>. <a href="#ref1">↩</a></p></li></ol></section></article></body></html>`,
      ),
      options,
    );
    expect(markdown).toMatch(/its own\. ?\[\^1\]\n/);
    expect(markdown).toContain('\n\n[^1]: See [the list](https://harbour.example/list).');
    expect(markdown).not.toContain('↩');
  });

  it('does not change the page it reads', () => {
    const document = parseHtml(html);
    const before = document.documentElement.outerHTML;
    capturePage(document, options);
    captureSelection(document, document.querySelector('article p') as Element, options);
    expect(document.documentElement.outerHTML).toBe(before);
  });

  it('keeps the text of a page that has no article', () => {
    const page = capturePage(parseHtml('<html><body><div>Closed on Mondays.</div></body></html>'), options);
    expect(page.markdown).toContain('Closed on Mondays.');
  });

  it('says so when a page has no text', () => {
    expect(() => capturePage(parseHtml('<html><body><canvas></canvas></body></html>'), options)).toThrow(
      /shows no text/,
    );
  });

  it('gives a selection the same id whenever the same words are chosen', () => {
    const document = parseHtml(html);
    const paragraph = document.querySelectorAll('article p')[1] as Element;
    const one = captureSelection(document, paragraph, options);
    const two = captureSelection(parseHtml(html), parseHtml(html).querySelectorAll('article p')[1] as Element, {
      ...options,
      url: 'https://gazette.example/why-lighthouses-blink',
    });
    expect(one.id).toBe(two.id);
    expect(one).toMatchObject({
      origin: 'selection',
      url: 'https://gazette.example/why-lighthouses-blink',
      author: 'Nora Quill',
    });
    expect(one.markdown).toMatch(/^Each tower has a \*characteristic\*: so many flashes/);
    expect(captureSelection(document, 'other words', options).id).not.toBe(one.id);
  });

  it('keeps a link by its words and address alone', () => {
    const link = captureLink(
      { href: '/list?utm_medium=x&page=2', text: ' The list\n of lights ' },
      { ...options, pageTitle: 'Why lighthouses blink', note: 'for the trip' },
    );
    expect(link).toMatchObject({
      origin: 'link',
      id: 'https://gazette.example/list?page=2',
      title: 'The list of lights',
      note: 'for the trip',
    });
    expect(link.markdown).toBe('[The list of lights](https://gazette.example/list?page=2)');
    expect(() => captureLink({ href: 'mailto:x@example.com', text: null }, options)).toThrow(
      /does not lead to a web page/,
    );
  });

  it('does not believe a canonical link to the front page or to another site', () => {
    const withCanonical = (href: string): Document =>
      parseHtml(`<html><head><link rel="canonical" href="${href}"></head><body>x</body></html>`);
    expect(canonicalAddress(withCanonical('https://a.example/'), 'https://a.example/story')).toBe(
      'https://a.example/story',
    );
    expect(canonicalAddress(withCanonical('https://evil.test/story'), 'https://a.example/story')).toBe(
      'https://a.example/story',
    );
    expect(canonicalAddress(withCanonical('/story'), 'https://m.a.example/story?fbclid=1#/route')).toBe(
      'https://m.a.example/story',
    );
  });
});

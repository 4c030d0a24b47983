import { expect, it } from 'vitest';
import { elementToMarkdown } from '../../../engine/capture/markdown';
import { parseHtml } from '../../../scripts/cli-read';

const read = (html: string): string => {
  const element = parseHtml(`<html><body><div>${html}</div></body></html>`).querySelector('div');
  return element === null ? '' : elementToMarkdown(element).markdown;
};

it.each([
  ['<p>- no list</p>', '\\- no list'],
  ['<p><span>+ no list</span></p>', '\\+ no list'],
  ['<p>one<br>- two</p>', 'one  \n\\- two'],
  ['<p><b>one</b><br>2. two</p>', '**one**  \n2\\. two'],
  ['<ul><li># no heading</li></ul>', '- \\# no heading'],
  ['<blockquote><p>&gt; said</p></blockquote>', '> \\> said'],
])('keeps what begins a line from becoming something else: %s', (html, markdown) => {
  expect(read(html)).toBe(markdown);
});

it.each([
  ['<p><strong>Name</strong> - what it is</p>', '**Name** - what it is'],
  ['<p><em>One</em> + two</p>', '*One* + two'],
  ['<p><b>Version</b> 2. of three</p>', '**Version** 2. of three'],
  ['<p><code>#</code> # <a href="https://a.example/">a</a> &gt; b</p>', '`#` # [a](https://a.example/) > b'],
  ['<ul><li><strong>Name</strong> - what it is</li></ul>', '- **Name** - what it is'],
  ['<p><strong>- within</strong></p>', '**- within**'],
  ['<h2>1. First</h2>', '## 1. First'],
])('writes the same signs as they are within a line: %s', (html, markdown) => {
  expect(read(html)).toBe(markdown);
});

it.each(['<button>Copy</button>', ''])(
  'takes the name of a language from above the code, not from its buttons: "%s"',
  (button) => {
    const bar = `<div class="flex">bash</div><div class="sticky top-9"><div>${button}</div></div>`;
    expect(read(`<pre><div>${bar}<div dir="ltr"><code class="whitespace-pre!">ls peas</code></div></div></pre>`)).toBe(
      '```bash\nls peas\n```',
    );
  },
);

it.each([
  [
    '<table><tr><td><table><tr><td><h2>News</h2><p>Two <b>boats</b>.</p></td></tr><tr><td><ul><li>Gull</li></ul></td></tr></table></td></tr></table>',
    '## News\n\nTwo **boats**.\n\n- Gull',
  ],
  [
    '<table role="presentation"><tr><td>Left</td><td><table><tr><th>Boat</th><th>Sails</th></tr><tr><td>Gull</td><td>2</td></tr></table></td></tr></table>',
    'Left\n\n| Boat | Sails |\n| --- | --- |\n| Gull | 2 |',
  ],
  ['<table><tr><th>Boats</th></tr><tr><td>Gull</td></tr></table>', '| Boats |\n| --- |\n| Gull |'],
])('takes tables that only lay a page out apart, and no others: %s', (html, markdown) => {
  expect(read(html)).toBe(markdown);
});

it('leaves out a link around a picture that is left out', () => {
  expect(read('<p>One <a href="https://a.example/"><img src="data:image/gif;base64,R0"></a>two</p>')).toBe('One two');
});

it.each([
  [
    '<mi>x</mi><mo>=</mo><mfrac><mrow><mo>−</mo><mi>b</mi><mo>±</mo><msqrt><msup><mi>b</mi><mn>2</mn></msup><mo>−</mo><mn>4</mn><mi>a</mi><mi>c</mi></msqrt></mrow><mrow><mn>2</mn><mi>a</mi></mrow></mfrac>',
    String.raw`x = \frac{-b ± \sqrt{b^2 - 4ac}}{2a}`,
  ],
  [
    '<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msub><mi>x</mi><mi>i</mi></msub><mo>⁢</mo><mi>sin</mi><mo>⁡</mo><mi>θ</mi>',
    String.raw`∑_{i = 1}^nx_i\sin θ`,
  ],
  [
    '<mover><mi>v</mi><mo>→</mo></mover><mo>∈</mo><mfenced open="[" close="]"><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable></mfenced>',
    String.raw`\vec{v} ∈ [\begin{matrix} 1 & 0 \\ 0 & 1 \end{matrix}]`,
  ],
  [
    '<mroot><mn>8</mn><mn>3</mn></mroot><mtext> for all </mtext><msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>′</mo></msup>',
    String.raw`\sqrt[3]{8}\text{for all}{a + b}^{′}`,
  ],
])('writes MathML as TeX: %s', (mathml, tex) => {
  expect(read(`<p>So <math>${mathml}</math>.</p>`)).toBe(`So $${tex}$.`);
});

it('keeps numbers that are raised apart from those below them', () => {
  expect(read('<p>10<sup>6</sup> m<sup>−2</sup>, the 1<sup>st</sup> of H<sub>2</sub>O</p>')).toBe(
    '10⁶ m⁻², the 1st of H2O',
  );
});

it('leaves out how ideographs are read, which would break the words', () => {
  expect(read('<p><ruby>灯<rp>(</rp><rt>とう</rt><rp>)</rp>台<rt>だい</rt></ruby>が光る。</p>')).toBe('灯台が光る。');
});

it('takes a formula of MathJax once', () => {
  expect(
    read(
      '<p>So</p><mjx-container display="true"><mjx-math aria-hidden="true"><mjx-mi>x</mjx-mi></mjx-math><mjx-assistive-mml><math display="block"><mi>x</mi></math></mjx-assistive-mml></mjx-container>',
    ),
  ).toBe('So\n\n$$\nx\n$$');
});

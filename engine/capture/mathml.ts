/** Formulas that a page has as MathML alone, as TeX: what is drawn one above the other would else stand in one row. */

/** Names that are set upright by a command of their own. */
const FUNCTIONS = new Set(
  'arccos arcsin arctan cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim ln log max min sec sin sinh sup tan tanh'.split(
    ' ',
  ),
);
const ACCENTS: Record<string, string> = {
  '^': 'hat',
  ˆ: 'hat',
  '~': 'tilde',
  '˜': 'tilde',
  '¯': 'overline',
  '‾': 'overline',
  '―': 'overline',
  _: 'underline',
  '˙': 'dot',
  '.': 'dot',
  '¨': 'ddot',
  '→': 'vec',
  '⃗': 'vec',
  '⏞': 'overbrace',
  '⏟': 'underbrace',
};
/** What stands between two things, with room around it. */
const BETWEEN = /^[-+−±∓×÷⋅·∗=≠<>≤≥≈∼≃≅≡≔→←↔⇒⇐⇔↦∈∉∋⊂⊆⊃⊇∪∩∧∨∣∘⊕⊗]$/u;
/** Signs that are carried and not shown. */
const UNSEEN = /[\u200b-\u200f\u2060-\u2064]/gu;

const nameOf = (element: Element): string => element.nodeName.toLowerCase().replace(/^.*:/, '');
const said = (element: Element): string => (element.textContent ?? '').replace(UNSEEN, '').replace(/\s+/gu, ' ').trim();
const escaped = (text: string): string =>
  text.replace(/[\\{}$&#%_]/gu, (sign) => (sign === '\\' ? '\\setminus ' : `\\${sign}`));

/** The TeX of a `math` element; signs and Greek letters stay what they are. */
export function texOf(math: Element): string {
  return inRow(math).replace(/ {2,}/gu, ' ').trim();
}

function inRow(element: Element): string {
  let row = '';
  for (const each of element.children) {
    const tex = write(each);
    // `\sin x`, not `\sinx`
    row += /\\[a-z]+$/i.test(row) && /^[\p{L}\d]/u.test(tex) ? ` ${tex}` : tex;
  }
  return row;
}

function write(element: Element): string {
  const parts = [...element.children];
  /** One of the parts, as the command wants it. */
  const part = (index: number): string => {
    const given = parts[index];
    return given === undefined ? '' : write(given).trim();
  };
  const base = (): string => (parts[0] !== undefined && parts[0].children.length > 1 ? `{${part(0)}}` : part(0));
  switch (nameOf(element)) {
    case 'mi': {
      const text = said(element);
      if (text.length > 1 && FUNCTIONS.has(text)) return `\\${text}`;
      return /^\p{L}{2,}$/u.test(text) && [...text].length > 1 ? `\\mathrm{${text}}` : escaped(text);
    }
    case 'mn':
      return escaped(said(element));
    case 'mo': {
      const text = said(element);
      const sign = text === '−' ? '-' : FUNCTIONS.has(text) ? `\\${text}` : escaped(text);
      return BETWEEN.test(text) && element.previousElementSibling !== null ? ` ${sign} ` : sign;
    }
    case 'mtext':
    case 'ms':
      return said(element) === '' ? ' ' : `\\text{${said(element)}}`;
    case 'mspace':
      return ' ';
    case 'mfrac':
      return element.getAttribute('linethickness') === '0'
        ? `{${part(0)} \\atop ${part(1)}}`
        : `\\frac{${part(0)}}{${part(1)}}`;
    case 'msqrt':
      return `\\sqrt{${inRow(element).trim()}}`;
    case 'mroot':
      return `\\sqrt[${part(1)}]{${part(0)}}`;
    case 'msup':
      return `${base()}^${grouped(part(1))}`;
    case 'msub':
      return `${base()}_${grouped(part(1))}`;
    case 'msubsup':
    case 'munderover':
      return `${base()}_${grouped(part(1))}^${grouped(part(2))}`;
    case 'munder':
    case 'mover': {
      const over = nameOf(element) === 'mover';
      const accent = parts[1] === undefined ? undefined : ACCENTS[said(parts[1])];
      return accent === undefined ? `${base()}${over ? '^' : '_'}${grouped(part(1))}` : `\\${accent}{${part(0)}}`;
    }
    case 'mtable':
      return `\\begin{matrix} ${parts.map((row) => [...row.children].map((cell) => inRow(cell).trim()).join(' & ')).join(' \\\\ ')} \\end{matrix}`;
    case 'mfenced': {
      const [open, close] = [element.getAttribute('open') ?? '(', element.getAttribute('close') ?? ')'];
      return escaped(open) + parts.map((_, index) => part(index)).join(', ') + escaped(close);
    }
    case 'semantics':
      return parts[0] === undefined ? '' : write(parts[0]);
    case 'annotation':
    case 'annotation-xml':
    case 'mphantom':
      return '';
    default:
      return parts.length === 0 ? escaped(said(element)) : inRow(element);
  }
}

const grouped = (tex: string): string => (/^[\p{L}\d]$/u.test(tex) ? tex : `{${tex}}`);

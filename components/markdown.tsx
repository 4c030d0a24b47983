/**
 * Captured Markdown, drawn.
 *
 * What is captured was written by others and is not trusted. It is parsed to a syntax tree and every node becomes an
 * element of our own choosing: no HTML string is ever made, HTML in the text is shown as text, nothing is loaded from
 * anywhere (an image is its name), and an address is only followed when it is http, https or mailto.
 */
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { mathFromMarkdown } from 'mdast-util-math';
import { gfm } from 'micromark-extension-gfm';
import { math } from 'micromark-extension-math';
import type { AlignType, Nodes, Root } from 'mdast';
import type { ComponentChildren, JSX } from 'preact';
import { Formula } from './formula';
import { hostOf } from './sites';
import { words } from './words';

/** Deeper nesting is drawn as plain text: a person never writes it, and it could exhaust the stack. */
const DEEPEST = 40;

export function parseMarkdown(markdown: string): Root {
  return fromMarkdown(dollarMath(markdown), {
    // One dollar sign is money far more often than mathematics.
    extensions: [gfm(), math({ singleDollarTextMath: false })],
    mdastExtensions: [gfmFromMarkdown(), mathFromMarkdown()],
  });
}

/** `\(x\)` and `\[x\]`, as the assistants write formulas, in the notation the parser knows; code is left alone. */
export function dollarMath(markdown: string): string {
  if (!markdown.includes('\\(') && !markdown.includes('\\[')) return markdown;
  return markdown.replace(
    /(^ {0,3}(?:```|~~~)[\s\S]*?(?:^ {0,3}(?:```|~~~)|(?![\s\S])))|(`+[^`]*`+)|\\\(([^\n]+?)\\\)|\\\[([\s\S]+?)\\\]/gmu,
    (whole: string, _fence?: string, _code?: string, inline?: string, block?: string) => {
      if (inline !== undefined) return `$$${inline.trim()}$$`;
      if (block !== undefined) return `\n$$\n${block.trim()}\n$$\n`;
      return whole;
    },
  );
}

/** The address when a person may follow it, else null. */
export function safeAddress(address: string): string | null {
  try {
    const url = new URL(address);
    return ['https:', 'http:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

interface DrawContext {
  open: (url: string) => void;
  /** Addresses of `[text][label]` links. */
  definitions: Map<string, string>;
  /** The depths of headings that occur, shallowest first. */
  depths: number[];
  text: DrawText | undefined;
}

/**
 * Draws a run of words in place of the plain text.
 * @param span of the run's source in the Markdown, [start, end) in UTF-16 units; null where that is not known.
 */
export type DrawText = (value: string, span: [number, number] | null) => ComponentChildren;

interface MarkdownProps {
  markdown: string;
  open: (url: string) => void;
  text?: DrawText | undefined;
}

export function Markdown({ markdown, open, text }: MarkdownProps) {
  const root = parseMarkdown(markdown);
  // Formulas were put into another notation before: places are not those of the source then.
  const moved = dollarMath(markdown) !== markdown;
  const definitions = new Map<string, string>();
  const depths = [...new Set(root.children.flatMap((node) => (node.type === 'heading' ? [node.depth] : [])))].sort();
  for (const node of root.children) {
    if (node.type === 'definition') definitions.set(node.identifier.toUpperCase(), node.url);
  }
  return (
    <div class="markdown">
      {drawAll(root.children, { open, definitions, depths, text: moved ? plainRun(text) : text }, 0)}
    </div>
  );
}

function plainRun(text: DrawText | undefined): DrawText | undefined {
  return text && ((value) => text(value, null));
}

function drawAll(nodes: Nodes[], context: DrawContext, depth: number): ComponentChildren[] {
  return nodes.map((node) => draw(node, context, depth + 1));
}

function draw(node: Nodes, context: DrawContext, depth: number): ComponentChildren {
  if (depth > DEEPEST) return plainText(node);
  const inner = (): ComponentChildren[] => ('children' in node ? drawAll(node.children, context, depth) : []);
  switch (node.type) {
    case 'text': {
      if (!context.text) return node.value;
      const [start, end] = [node.position?.start.offset, node.position?.end.offset];
      return context.text(node.value, start === undefined || end === undefined ? null : [start, end]);
    }
    case 'paragraph':
      return <p>{inner()}</p>;
    case 'heading': {
      // Below the conversation's own title, without gaps: an answer that begins with ### has nothing above it.
      const Heading = `h${Math.min(6, 3 + Math.max(0, context.depths.indexOf(node.depth)))}` as 'h3';
      return <Heading class={`level-${node.depth}`}>{inner()}</Heading>;
    }
    case 'emphasis':
      return <em>{inner()}</em>;
    case 'strong':
      return <strong>{inner()}</strong>;
    case 'delete':
      return <del>{inner()}</del>;
    case 'inlineCode':
      return <code>{node.value}</code>;
    case 'break':
      return <br />;
    case 'thematicBreak':
      return <hr />;
    case 'blockquote':
      return <blockquote>{inner()}</blockquote>;
    case 'list':
      return node.ordered ? <ol start={node.start ?? 1}>{inner()}</ol> : <ul>{inner()}</ul>;
    case 'listItem':
      return (
        <li class={typeof node.checked === 'boolean' ? 'task' : undefined}>
          {typeof node.checked === 'boolean' && (
            <span class="tick" role="img" aria-label={words(node.checked ? 'task_done' : 'task_open')}>
              {node.checked ? '☑' : '☐'}
            </span>
          )}
          {/* A list without blank lines between its items has no paragraphs of its own. */}
          {node.children.map((child) =>
            child.type === 'paragraph' && !node.spread
              ? drawAll(child.children, context, depth)
              : draw(child, context, depth + 1),
          )}
        </li>
      );
    case 'code':
      return <CodeBlock language={node.lang ?? ''} text={node.value} />;
    case 'table':
      return (
        <div class="wide" tabIndex={0} role="group" aria-label={words('table')}>
          <table>
            <thead>
              {node.children.slice(0, 1).map((row) => drawRow(row.children, 'th', node.align, context, depth))}
            </thead>
            <tbody>
              {node.children.slice(1).map((row) => drawRow(row.children, 'td', node.align, context, depth))}
            </tbody>
          </table>
        </div>
      );
    case 'link':
      return (
        <Link address={node.url} text={plainText(node)} open={context.open}>
          {inner()}
        </Link>
      );
    case 'linkReference': {
      const address = context.definitions.get(node.identifier.toUpperCase());
      if (address === undefined) return inner();
      return (
        <Link address={address} text={plainText(node)} open={context.open}>
          {inner()}
        </Link>
      );
    }
    case 'image':
    case 'imageReference':
      return (
        <span class="placeholder" role="img" aria-label={words('image_named', node.alt ?? '')}>
          {words('image_named', node.alt ?? '')}
        </span>
      );
    case 'html':
      if (/^<br\s*\/?>$/iu.test(node.value)) return <br />;
      return /^<!--[\s\S]*-->$/u.test(node.value) ? null : <span class="source">{node.value}</span>;
    case 'inlineMath':
      return <Formula source={node.value} block={false} />;
    case 'math':
      return <Formula source={node.value} block={true} />;
    case 'footnoteReference':
      return <sup>{node.label ?? node.identifier}</sup>;
    case 'footnoteDefinition':
      return (
        <div class="footnote">
          <sup>{node.label ?? node.identifier}</sup> {inner()}
        </div>
      );
    case 'definition':
    case 'yaml':
      return null;
    default:
      return inner();
  }
}

function drawRow(
  cells: Nodes[],
  Cell: 'th' | 'td',
  align: AlignType[] | null | undefined,
  context: DrawContext,
  depth: number,
): JSX.Element {
  return (
    <tr>
      {cells.map((cell, column) => (
        <Cell class={align?.[column] ? `align-${align[column]}` : undefined}>
          {'children' in cell ? drawAll(cell.children, context, depth) : null}
        </Cell>
      ))}
    </tr>
  );
}

interface LinkProps {
  address: string;
  text: string;
  open: (url: string) => void;
  children: ComponentChildren;
}

/** A link says where it leads. The host is drawn by the style sheet, so that the text stays what was captured. */
function Link({ address, text, open, children }: LinkProps) {
  const url = safeAddress(address);
  if (url === null) return <span>{children}</span>;
  const host = url.startsWith('mailto:') ? url.slice('mailto:'.length) : hostOf(url);
  return (
    <a
      href={url}
      rel="noopener noreferrer nofollow"
      target="_blank"
      title={url}
      data-host={text.includes(host) ? undefined : host}
      onClick={(event) => {
        event.preventDefault();
        open(url);
      }}
    >
      {children}
    </a>
  );
}

function CodeBlock({ language, text }: { language: string; text: string }) {
  return (
    <figure class="code">
      {language !== '' && <figcaption>{language}</figcaption>}
      <pre tabIndex={0} role="group" aria-label={language === '' ? words('code') : words('code_in', language)}>
        <code>{text}</code>
      </pre>
    </figure>
  );
}

function plainText(node: Nodes): string {
  if ('value' in node) return node.value;
  // Not recursive: this is what stands in when the tree is too deep to walk by recursion.
  const texts: string[] = [];
  const open: Nodes[] = [node];
  while (open.length > 0) {
    const next = open.pop();
    if (!next) break;
    if ('value' in next) texts.push(next.value);
    else if ('children' in next) open.push(...[...next.children].reverse());
  }
  return texts.join(' ');
}

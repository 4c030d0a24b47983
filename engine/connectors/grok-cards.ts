/**
 * What stands in the words of Grok's answers for something that the page draws there: `<grok:render card_id=…>` (earlier
 * `<grok-card data-id=…>`) for a citation or a picture, told of in `card_attachments_json`, and `<xaiArtifact …>` around a
 * document.
 */
import { asArray, asObject, asText, isObject, type JsonObject, linkTo, tryParse } from '../capture/files';
import type { Attachment } from '../capture/types';

export interface Citation {
  url: string;
  title: string | null;
}

export interface Drawn {
  markdown: string;
  attachments: Attachment[];
  citations: Citation[];
}

const CARD = /[ \t]*<grok(?::render\b([^>]*[^>/])>[\s\S]*?<\/grok:render|-card\b([^>]*)>\s*<\/grok-card)>/g;
const ARTIFACT = /<xaiArtifact\b([^>]*\bartifact_id=[^>]*)>([\s\S]*?)<\/xaiArtifact>/g;
const CODE = /(^[ \t]*```[\s\S]*?^[ \t]*```[ \t]*$)/m;

/** Citations as links and pictures and documents by name, where the answer has them; cards that nothing explains are dropped. */
export function withCards(text: string, said: JsonObject): Drawn {
  const drawn: Drawn = { markdown: text, attachments: [], citations: [] };
  const cards = new Map<string, JsonObject>();
  for (const each of asArray(said['card_attachments_json'])) {
    const card = asObject(typeof each === 'string' ? { value: null, ...tryParse(each) }.value : each);
    const id = asText(card['id']);
    if (id !== null) cards.set(id, card);
  }
  const titles = new Map<string, string | null>();
  for (const each of [...asArray(said['web_search_results']), ...asArray(said['cited_web_search_results'])]) {
    const { url, title } = asObject(each);
    if (asText(url) !== null) titles.set(String(url), asText(title));
  }

  const shown = new Set<string>();
  const card = (attributes: string): string => {
    const id = attributeOf(attributes, /(?:card_id|data-id)/) ?? '';
    const about = cards.get(id) ?? {};
    shown.add(id);
    const image = asObject(about['image']);
    const chunk = asObject(about['image_chunk']);
    const picture = asText(image['original']) ?? asText(chunk['imageUrl']);
    if (picture !== null) {
      const title = asText(about['caption']) ?? asText(image['title']) ?? picture.replace(/[?#].*$|^.*\//g, '');
      const name = title.replace(/[[\]\n]/g, ' ').trim() || 'image';
      drawn.attachments.push({ kind: 'image', name, reference: picture });
      return `\n\n[Image: ${name}]\n\n`;
    }
    if (/image/.test(attributes)) return '\n\n[Image]\n\n';
    const url = asText(about['url']);
    if (url === null || !/^https?:/i.test(url)) return '';
    const citation = { url, title: titles.get(url) ?? null };
    if (!drawn.citations.some((each) => each.url === url)) drawn.citations.push(citation);
    return ` (${linkTo(citation)})`;
  };

  const artifact = (attributes: string, inside: string): string => {
    const title = attributeOf(attributes, /title/) ?? 'Document';
    const type = attributeOf(attributes, /contentType/) ?? '';
    drawn.attachments.push({ kind: 'file', name: title, reference: attributeOf(attributes, /artifact_id/) });
    const body = inside.replace(/^(?:[ \t]*\n)+|\s+$/g, '');
    if (/markdown/.test(type)) return `\n\n${/^#{1,3} /.test(body) ? body : `## ${title}\n\n${body}`}\n\n`;
    const ticks = '`'.repeat(Math.max(3, ...[...body.matchAll(/`{3,}/g)].map(([run]) => run.length + 1)));
    const language = type.replace(/^.*\/(?:x-)?|^plain$/g, '');
    const code = body.startsWith('```') ? body : `${ticks}${language}\n${body}\n${ticks}`;
    return `\n\n**${title}**\n\n${code}\n\n`;
  };

  const whole = text.replace(ARTIFACT, (_all, attributes: string, inside: string) => artifact(attributes, inside));
  drawn.markdown = whole
    .split(CODE)
    .map((piece, index) =>
      piece.replace(CARD, (_all, render: string | undefined, old: string | undefined) =>
        index % 2 === 1 ? '' : card(render ?? old ?? ''),
      ),
    )
    .join('')
    .trim();
  // Pictures that were made and that no mark puts in a place stand below.
  for (const [id, about] of cards)
    if (!shown.has(id) && isObject(about['image_chunk'])) drawn.markdown += card(`card_id="${id}"`);
  drawn.markdown = drawn.markdown.trim();
  if (drawn.markdown !== text.trim()) drawn.markdown = drawn.markdown.replace(/\n{3,}/g, '\n\n');
  return drawn;
}

function attributeOf(attributes: string, name: RegExp): string | null {
  return new RegExp(`\\b${name.source}="([^"]*)"`).exec(attributes)?.[1] ?? null;
}

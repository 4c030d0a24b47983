/**
 * A page saved as "Webpage, single file": MIME (RFC 2045, 2557), the page's source in one part, what it shows in the
 * others.
 */

export interface SingleFilePage {
  html: string;
  /** The address that the file notes, null where it notes none. */
  url: string | null;
}

interface Part {
  headers: Map<string, string>;
  body: string;
}

/** The page in such a file, or null where the text is none. */
export function readSingleFile(text: string): SingleFilePage | null {
  if (!/^(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*?Content-Type:\s*multipart\/(?:related|mixed|alternative)/i.test(text))
    return null;
  const whole = partOf(text);
  const boundary = /boundary="?([^";\n]+)"?/i.exec(whole.headers.get('content-type') ?? '')?.[1]?.trim();
  if (boundary === undefined) return null;
  const parts = whole.body
    .split(`--${boundary}`)
    .slice(1)
    .filter((piece) => !piece.startsWith('--'))
    .map((piece) => partOf(piece.replace(/^[ \t]*\r?\n/, '')));
  const start = /start="?<?([^">;\n]+)/i.exec(whole.headers.get('content-type') ?? '')?.[1];
  const root =
    parts.find((part) => start !== undefined && part.headers.get('content-id')?.includes(start) === true) ??
    parts.find((part) => /^(?:text\/html|application\/xhtml)/i.test(part.headers.get('content-type') ?? ''));
  if (root === undefined) return null;
  const said = [whole.headers.get('snapshot-content-location'), root.headers.get('content-location')];
  return { html: decoded(root), url: said.find((each) => each !== undefined && /^https?:/.test(each)) ?? null };
}

function partOf(text: string): Part {
  const end = /\r?\n\r?\n/.exec(text);
  const head = end === null ? text : text.slice(0, end.index);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) headers.set(name.toLowerCase(), value.trim());
  }
  return { headers, body: end === null ? '' : text.slice(end.index + end[0].length) };
}

function decoded(part: Part): string {
  const encoding = (part.headers.get('content-transfer-encoding') ?? '').toLowerCase();
  const charset = /charset="?([\w-]+)/i.exec(part.headers.get('content-type') ?? '')?.[1] ?? 'utf-8';
  if (encoding === 'quoted-printable') {
    // Escaped bytes of one character always stand side by side once the lines are joined.
    return part.body.replace(/=[ \t]*\r?\n/g, '').replace(/(?:=[0-9A-F]{2})+/gi, (bytes) =>
      bytesToText(
        Uint8Array.from(bytes.slice(1).split('='), (pair) => Number.parseInt(pair, 16)),
        charset,
      ),
    );
  }
  if (encoding === 'base64') {
    const clean = part.body.replace(/[^A-Za-z0-9+/]/g, '');
    // A file that was cut off may end within four characters.
    const bytes = atob(clean.slice(0, clean.length - (clean.length % 4 === 1 ? 1 : 0)));
    return bytesToText(
      Uint8Array.from(bytes, (unit) => unit.charCodeAt(0)),
      charset,
    );
  }
  return part.body;
}

function bytesToText(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) return new TextDecoder().decode(bytes);
    throw error;
  }
}

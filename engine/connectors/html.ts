/** HTML of files as a document that has a body, however little of a page the text is. */
export function documentOf(html: string, parseHtml: (html: string) => Document): Document {
  const whole = /<html[\s>]/i.test(html) ? parseHtml(html) : null;
  if (whole?.documentElement !== null && whole?.body) return whole;
  return parseHtml(`<!DOCTYPE html><html><head></head><body>${html}</body></html>`);
}

/** Server-sent events that somebody saved: an answer as the site sent it, piece by piece. */
import { tryParse } from '../json';

/** True where a text begins as a stream of events does. */
export function isEvents(text: string): boolean {
  return /^\s*(?:(?:event|data|id|retry):|: )/.test(text) && /^data:/m.test(text);
}

/** The value of each event in order; `[DONE]` as text. What is cut or no JSON is left out. */
export function valuesOf(text: string): unknown[] {
  const values: unknown[] = [];
  // A value may stand on several lines of one event; where a tool left out the empty lines, every line is an event.
  let open = '';
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('data:')) {
      open = '';
      continue;
    }
    const data = line.slice('data:'.length).trim();
    if (data === '[DONE]') values.push(data);
    const parsed = [data, `${open}\n${data}`].map(tryParse).find((each) => 'value' in each);
    if (parsed !== undefined && 'value' in parsed) values.push(parsed.value);
    open = parsed === undefined ? `${open}\n${data}`.trim() : '';
  }
  return values;
}

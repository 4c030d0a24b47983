/** A note that the user wrote in the panel, as a capture: the first line is what it is called. */
import { v7 as uuidv7 } from 'uuid';
import type { CapturedDocument } from '../capture/types';
import { EngineError } from '../errors';

/** The source of notes that were written here. */
export const NOTES = 'notes';
const TITLE_CHARACTERS = 80;

/** @param id of the note that this is a newer state of; a new one otherwise. @throws EngineError `bad_input` without a word */
export function noteCapture(text: string, now: Date, id: string = uuidv7()): CapturedDocument {
  const markdown = text.trim();
  if (markdown === '') throw new EngineError('bad_input', 'A note needs a word.');
  const at = now.toISOString();
  const [first = ''] = markdown.split('\n');
  const title = first.replace(/^[#>*\s-]+/u, '').trim() || first.trim();
  return {
    kind: 'document',
    filed_as: 'note',
    source: NOTES,
    id,
    url: null,
    title: title.length > TITLE_CHARACTERS ? `${title.slice(0, TITLE_CHARACTERS - 1).trimEnd()}…` : title,
    author: null,
    language: null,
    created_at: null,
    updated_at: at,
    captured_at: at,
    note: null,
    sections: [{ id: 'text', author: null, created_at: at, markdown, metadata: {} }],
    attachments: [],
    metadata: {},
  };
}

/** Every connector, those of whole exports before those of single files: each is offered what is left. */
import { bookmarks } from './bookmarks';
import { chatgpt } from './chatgpt';
import { chats } from './chats';
import { claude } from './claude';
import { csv } from './csv';
import { deepseek } from './deepseek';
import { docx } from './docx';
import { epub } from './epub';
import { gemini } from './gemini';
import { grok } from './grok';
import { keep } from './keep';
import { kindle } from './kindle';
import { mail } from './mail';
import { markdown } from './markdown';
import { messenger } from './messenger';
import { mistral } from './mistral';
import { notion } from './notion';
import { obsidian } from './obsidian';
import { pages } from './pages';
import { pdf } from './pdf';
import { perplexity } from './perplexity';
import { json, pictures, plain } from './plain';
import { pocket } from './pocket';
import type { Connector } from './port';
import { readwise } from './readwise';
import { todoist } from './todoist';

export const CONNECTORS: Connector[] = [
  // exports of conversations
  deepseek,
  chatgpt,
  claude,
  gemini,
  messenger,
  grok,
  mistral,
  perplexity,
  // exports of notes, highlights and links
  notion,
  obsidian,
  keep,
  readwise,
  todoist,
  bookmarks,
  pocket,
  kindle,
  // single files
  chats,
  pdf,
  docx,
  epub,
  mail,
  markdown,
  pages,
  csv,
  json,
  plain,
  pictures,
];

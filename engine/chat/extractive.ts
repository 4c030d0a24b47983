/** Answers without a model: the sentences that answer best, word for word, each with where it stands. */
import { shortened } from '../cut';
import { QUOTE_CHARACTERS, QUOTE_FIT, QUOTES } from './constants';
import { judge } from './judge';
import { sentencesOf, type Span } from './sentences';
import type { Generator } from './port';
import type { ContextPassage } from './types';

export function extractiveGenerator(): Generator {
  return {
    id: 'none',
    contextTokens: null,
    async *generate({ question, passages, evidence }, signal) {
      signal.throwIfAborted();
      if (evidence !== 'found') return;
      yield quote(question, passages);
    },
    close: async () => {},
  };
}

/** By conversation, the one with the best passage first; in it by time. Neighbours are context, not quoted. */
function quote(question: string, passages: ContextPassage[]): string {
  // The context's order is the judgement's already; only the sentences are looked for here.
  const own = passages
    .filter(({ fit, pinned }) => pinned || fit >= QUOTE_FIT)
    .slice(0, QUOTES)
    .flatMap((passage) => [passage, ...replyTo(passage, passages)]);
  const judged = judge(
    question,
    own.map((whole) => ({ whole, text: whole.text, speaker: whole.speaker, heading: '', similarity: null, score: 1 })),
  );
  const spansOf = new Map(judged.ranked.map(({ passage, span }) => [passage.whole, span]));
  const groups = new Map<string, Array<{ passage: ContextPassage; text: string }>>();
  for (const whole of new Set(own)) {
    const span = spansOf.get(whole);
    if (!span) continue;
    const text = inline(around(whole.text, span));
    const group = groups.get(whole.document_id);
    if (group) group.push({ passage: whole, text });
    else groups.set(whole.document_id, [{ passage: whole, text }]);
  }
  return [...groups.values()].map(drawGroup).join('\n\n');
}

/** What was answered: the question that was asked then fits best, and does not answer the one of now. */
function replyTo(passage: ContextPassage, all: ContextPassage[]): ContextPassage[] {
  if (passage.role !== 'user' || !passage.text.includes('?')) return [];
  const reply = all.find(
    ({ beside, role }) => beside?.chunk_id === passage.chunk_id && !beside.before && role === 'assistant',
  );
  return reply ? [reply] : [];
}

/** The best sentence with those after it and before it, while they fit. */
function around(text: string, best: Span): string {
  const sentences = sentencesOf(text);
  const at = sentences.findIndex(({ start }) => start === best.start);
  let [first, last] = [at, at];
  const length = (from: number, to: number) => (sentences[to]?.end ?? Infinity) - (sentences[from]?.start ?? -Infinity);
  for (;;) {
    if (length(first, last + 1) <= QUOTE_CHARACTERS) last++;
    else if (length(first - 1, last) <= QUOTE_CHARACTERS) first--;
    else break;
  }
  return text.slice(sentences[first]?.start, sentences[last]?.end);
}

function drawGroup(quotes: Array<{ passage: ContextPassage; text: string }>): string {
  const sorted = quotes.toSorted((a, b) => a.passage.said_at.localeCompare(b.passage.said_at));
  const [first] = sorted;
  if (!first) return '';
  const days = new Set(sorted.map(({ passage }) => dayInWords(passage.said_at)));
  const heading = [first.passage.title ? `**${escapeMarkdown(first.passage.title)}**` : null, [...days].join(', ')];
  const lines = sorted.map(
    ({ passage, text }) => `- ${passage.speaker ? `${escapeMarkdown(passage.speaker)}: ` : ''}${text} [${passage.n}]`,
  );
  return [`### ${heading.filter(Boolean).join(' · ')}`, '', ...lines].join('\n');
}

/** On one line, short enough, and nothing in it that reads as one of our citations. */
function inline(text: string): string {
  const line = text.replace(/\s+/gu, ' ').replace(/`{3,}/gu, '`').trim();
  return shortened(line, QUOTE_CHARACTERS).replace(/\[(?=\d{1,3}(?:\s*,\s*\d{1,3})*\])/gu, '\\[');
}

function escapeMarkdown(text: string): string {
  return text.replace(/\s+/gu, ' ').replace(/[\\`*_[\]<>#|~]/gu, '\\$&');
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** "4 May 2026", in UTC. */
export function dayInWords(time: string): string {
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { DocumentSummary, EngineStatus, Hit, RecallFilters, RecallResult } from '../engine/api';
import type { PanelEngine } from './connection';
import { holdRows } from './hold';
import { inPlainWords, isAborted } from './trouble';

/** News may come in bursts while a conversation is being written; lists are read again at most this often. */
const NEWS_MS = 400;
/** From the last keystroke to the search by meaning, which costs an embedding. */
const MEANING_DELAY_MS = 120;
const PAGE = 30;
/** A first call gives up after some 2 s of an engine that cannot be reached. */
const FIRST_CONNECTION_MS = 1_000;

export interface EngineNews {
  status: EngineStatus | null;
  connected: boolean;
  /** Grows when documents changed. */
  changes: number;
  /** Grows when something was forgotten or brought back: what is shown must be read anew, whoever is on it. */
  resets: number;
}

export function useEngineNews(engine: PanelEngine): EngineNews {
  const [news, setNews] = useState<EngineNews>({ status: null, connected: true, changes: 0, resets: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    let stop: (() => void) | undefined;
    engine
      .subscribe((event) => {
        if (over) return;
        if (event.type === 'status') setNews((old) => ({ ...old, status: event.status }));
        if (event.type === 'forgotten') setNews((old) => ({ ...old, resets: old.resets + 1 }));
        if (event.type === 'changed') {
          timer ??= setTimeout(() => {
            timer = undefined;
            setNews((old) => ({ ...old, changes: old.changes + 1 }));
          }, NEWS_MS);
        }
      })
      .then((unsubscribe) => {
        if (over) unsubscribe();
        else stop = unsubscribe;
      })
      .catch(inPlainWords);
    const begun = performance.now();
    let known = false;
    const unwatch = engine.watchConnection?.((state) => {
      const connected = state === 'connected';
      // another engine, or one so late that what it was asked for first may have failed: else that is under way already
      const again = connected && (known || performance.now() - begun > FIRST_CONNECTION_MS);
      known ||= connected;
      setNews((old) => ({ ...old, connected, changes: old.changes + Number(again) }));
    });
    return () => {
      over = true;
      clearTimeout(timer);
      stop?.();
      unwatch?.();
    };
  }, [engine]);
  return news;
}

export interface Search {
  /** What was asked; empty when nothing was. */
  query: string;
  hits: Hit[];
  understood: RecallResult['understood'] | null;
  usedMeaning: boolean;
  /** False while a better answer to the same query is still to come. */
  settled: boolean;
  failure: string | null;
}

const NOTHING: Search = { query: '', hits: [], understood: null, usedMeaning: false, settled: true, failure: null };

/**
 * Hits for what is typed: by words within a frame, then by words and meaning, which may not move the rows that
 * `held` says somebody is on. A query that was overtaken is aborted.
 *
 * @param literal whether words that stand nowhere are searched for as they are.
 */
export function useSearch(
  engine: PanelEngine,
  text: string,
  filters: RecallFilters,
  news: EngineNews,
  held: () => number,
  literal = false,
): Search & { /** Whether it answers what is typed now, and not what was typed before. */ current: boolean } {
  const [search, setSearch] = useState<Search>(NOTHING);
  const resets = useRef(news.resets);
  const query = JSON.stringify([text, filters, literal]);
  const meaningReady = news.status?.embedder.state === 'ready';
  useEffect(() => {
    if (text.trim() === '') {
      setSearch(NOTHING);
      return;
    }
    const abort = new AbortController();
    const anew = resets.current !== news.resets;
    resets.current = news.resets;

    const ask = async (mode: 'words' | 'full') => {
      try {
        const result = await engine.recall({ text, filters, mode, limit: 40, literal }, abort.signal);
        if (abort.signal.aborted) return;
        setSearch((old) => {
          const settled = mode === 'full' || (old.query === query && old.settled);
          // Words alone found nothing yet: what was shown stays until meaning has answered too.
          if (!settled && result.hits.length === 0) return { ...old, settled: false, failure: null };
          const same = old.query === query && !anew;
          const hits = same ? holdRows(old.hits, result.hits, held(), (hit) => hit.chunk_id) : result.hits;
          return {
            query,
            hits,
            // What it says stands above the rows and would push them away from under whoever is on one.
            understood: same && held() > 0 && old.hits.length > 0 ? old.understood : result.understood,
            usedMeaning: result.used_meaning,
            settled,
            failure: null,
          };
        });
      } catch (error) {
        if (abort.signal.aborted || isAborted(error)) return;
        const failure = inPlainWords(error);
        setSearch((old) => ({ ...old, query, settled: true, failure }));
      }
    };

    const frame = requestAnimationFrame(() => {
      void ask('words');
    });
    const meaning = setTimeout(() => {
      void ask('full');
    }, MEANING_DELAY_MS);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(meaning);
      abort.abort();
    };
    // `held` is asked when an answer arrives, it is no reason to ask again.
  }, [engine, text, filters, literal, news.changes, news.resets, meaningReady]);
  return { ...search, current: search.query === query };
}

export interface Timeline {
  rows: DocumentSummary[];
  /** Null until the first page came. */
  state: 'reading' | 'more' | 'whole' | null;
  failure: string | null;
  readMore(): void;
}

/** The newest documents, page by page; read again on news without moving the rows somebody is on. */
export function useTimeline(
  engine: PanelEngine,
  filters: RecallFilters,
  news: EngineNews,
  active: boolean,
  held: () => number,
): Timeline {
  const [timeline, setTimeline] = useState<Omit<Timeline, 'readMore'>>({ rows: [], state: null, failure: null });
  const asked = useRef({ filters, resets: news.resets });
  const size = useRef(PAGE);
  useEffect(() => {
    if (!active) return;
    const abort = new AbortController();
    const anew = asked.current.filters !== filters || asked.current.resets !== news.resets;
    if (asked.current.filters !== filters) size.current = PAGE;
    asked.current = { filters, resets: news.resets };
    const limit = size.current;
    engine
      .timeline({ limit, filters }, abort.signal)
      .then((rows) => {
        if (abort.signal.aborted) return;
        setTimeline((old) => ({
          rows: anew ? rows : holdRows(old.rows, rows, held(), (row) => row.id),
          state: rows.length < limit ? 'whole' : 'more',
          failure: null,
        }));
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted || isAborted(error)) return;
        const failure = inPlainWords(error);
        setTimeline((old) => ({ ...old, state: 'whole', failure }));
      });
    return () => {
      abort.abort();
    };
  }, [engine, filters, news.changes, news.resets, active]);

  const readMore = () => {
    const last = timeline.rows.at(-1);
    if (timeline.state !== 'more' || !last) return;
    setTimeline((old) => ({ ...old, state: 'reading' }));
    engine
      .timeline({ limit: PAGE, before: last.happened_at, filters })
      .then((rows) => {
        setTimeline((old) => {
          if (old.rows.at(-1)?.id !== last.id) return { ...old, state: 'more' };
          const known = new Set(old.rows.map((row) => row.id));
          const all = [...old.rows, ...rows.filter((row) => !known.has(row.id))];
          size.current = Math.min(500, all.length);
          return { rows: all, state: rows.length < PAGE ? 'whole' : 'more', failure: null };
        });
      })
      .catch((error: unknown) => {
        const failure = inPlainWords(error);
        setTimeline((old) => ({ ...old, state: 'whole', failure }));
      });
  };
  return { ...timeline, readMore };
}

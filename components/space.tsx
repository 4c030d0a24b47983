/** What takes how much room, for how long things are kept, and giving room back. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CompactReport, SpaceReport } from '../engine/api';
import type { PanelEngine } from './connection';
import { kindName } from './filters';
import { Keep } from './settings';
import { Sheet } from './sheets';
import { sizeInWords } from './size';
import { sourceName } from './sites';
import { inPlainWords, isAborted } from './trouble';
import { count, words, type WordKey } from './words';

interface SpaceProps {
  engine: PanelEngine;
  /** Grows when documents changed. */
  changes: number;
  say: (text: string) => void;
  back: () => void;
}

export function Space({ engine, changes, say, back }: SpaceProps) {
  const [space, setSpace] = useState<SpaceReport | null>(null);
  const [turns, setTurns] = useState(0);
  useEffect(() => {
    let over = false;
    engine.space().then(
      (report) => {
        if (!over) setSpace(report);
      },
      (error: unknown) => {
        if (!over) say(inPlainWords(error));
      },
    );
    return () => {
      over = true;
    };
  }, [engine, changes, turns]);
  return (
    <Sheet title={words('space_title')} back={back}>
      {space === null ? (
        <p class="soft">{words('space_counting')}</p>
      ) : (
        <>
          <RoomLine space={space} />
          <h3>{words('space_what')}</h3>
          <Sizes rows={partsOf(space)} />
          {space.by_source.length > 0 && (
            <>
              <h3>{words('space_sources')}</h3>
              <Sizes
                rows={space.by_source.map(({ source, kind, bytes }) => [
                  `${sourceName(source)} · ${kindName(kind)}`,
                  bytes,
                ])}
              />
            </>
          )}
          <h3>{words('space_compact_title')}</h3>
          <Compact
            engine={engine}
            spare={space.spare}
            done={() => {
              setTurns((old) => old + 1);
            }}
          />
        </>
      )}
      <h3>{words('settings_keep')}</h3>
      <Keep engine={engine} say={say} />
    </Sheet>
  );
}

function RoomLine({ space: { room, waiting } }: { space: SpaceReport }) {
  const free = room.free === null ? null : sizeInWords(room.free);
  if (room.state === 'full') {
    return (
      <div class="notice trouble" role="alert">
        <p>{words('room_full')}</p>
        <p>{words('room_full_more')}</p>
        {waiting > 0 && <p>{count('room_waits', waiting)}</p>}
      </div>
    );
  }
  if (room.state === 'low') {
    return (
      <div class="notice" role="status">
        <p>{words('room_low', free ?? '')}</p>
        <p>{words('room_low_more')}</p>
      </div>
    );
  }
  return free === null ? null : <p>{words('room_ok', free)}</p>;
}

/** What is there; the log and the like stand under "other". */
function partsOf({ database, copies, aside, models, imports, exported }: SpaceReport): Array<[string, number]> {
  const parts: Array<[WordKey, number]> = [
    ['space_text', database.text],
    ['space_words', database.words],
    ['space_vectors', database.vectors],
    ['space_rest', database.other + database.log],
    ['space_copies', copies.bytes],
    ['space_aside', aside.bytes ?? 0],
    ['space_models', models],
    ['space_imports', imports],
    ['space_exported', exported],
  ];
  const there = parts.filter(([, bytes]) => bytes > 0);
  const total = there.reduce((sum, [, bytes]) => sum + bytes, 0);
  return [...there, ['space_total', total] as const].map(([key, bytes]) => [words(key), bytes]);
}

function Sizes({ rows }: { rows: Array<[string, number]> }) {
  return (
    <table class="facts sizes">
      <tbody>
        {rows.map(([name, bytes]) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{sizeInWords(bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Less is not worth a wait. */
const WORTH_BYTES = 1_000_000;

function Compact({ engine, spare, done }: { engine: PanelEngine; spare: number; done: () => void }) {
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [report, setReport] = useState<CompactReport | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => {
    let over = false;
    let end = () => {};
    engine
      .subscribe((event) => {
        if (over || event.type !== 'compact') return;
        // One that was begun in another window is seen too.
        setProgress(event.done < event.total ? event : null);
      })
      .then((unsubscribe) => {
        if (over) unsubscribe();
        else end = unsubscribe;
      }, inPlainWords);
    return () => {
      over = true;
      end();
    };
  }, [engine]);
  const start = () => {
    const stopping = new AbortController();
    stop.current = stopping;
    setReport(null);
    setFailure(null);
    setProgress({ done: 0, total: 1 });
    engine
      .compact(stopping.signal)
      .then(setReport, (error: unknown) => {
        if (!isAborted(error)) setFailure(inPlainWords(error));
      })
      .finally(() => {
        stop.current = null;
        setProgress(null);
        done();
      });
  };
  const given = report === null ? 0 : Math.max(0, report.before - report.after);
  return (
    <>
      {progress === null ? (
        <>
          <p>{spare >= WORTH_BYTES ? words('space_spare', sizeInWords(spare)) : words('space_no_spare')}</p>
          {spare >= WORTH_BYTES && (
            <div class="choices">
              <button type="button" class="main" onClick={start}>
                {words('space_compact')}
              </button>
            </div>
          )}
        </>
      ) : (
        <div class="going">
          <p>{words('space_compacting')}</p>
          <progress max={Math.max(1, progress.total)} value={progress.done} aria-label={words('space_compacting')} />
          {stop.current !== null && (
            <button
              type="button"
              onClick={() => {
                stop.current?.abort();
              }}
            >
              {words('cancel')}
            </button>
          )}
        </div>
      )}
      {report !== null && (
        <div class={report.no_room ? 'notice trouble' : 'notice'} role="status">
          <p>{words('space_compacted', sizeInWords(given))}</p>
          {report.no_room && <p>{words('space_no_room')}</p>}
        </div>
      )}
      {failure !== null && (
        <p class="notice trouble" role="alert">
          {failure}
        </p>
      )}
    </>
  );
}

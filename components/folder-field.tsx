/** A field that takes a folder, says how far its files were copied, and lets that be stopped. */
import { useRef, useState } from 'preact/hooks';
import type { FolderFile } from '../engine/api';
import { megabytes } from './size';
import { inPlainWords } from './trouble';
import { words } from './words';

/** Preact's types do not know it. */
const FOLDER = { webkitdirectory: true };

interface FolderFieldProps {
  label: string;
  /** `onProgress` is told the bytes so far, and of all. What it rejects with is said, unless it was stopped. */
  take: (files: FolderFile[], onProgress: (done: number, all: number) => void, signal: AbortSignal) => Promise<void>;
  say: (what: string) => void;
  /** However it ended. */
  ended: () => void;
}

export function FolderField({ label, take, say, ended }: FolderFieldProps) {
  /** Bytes so far and in all of the folder that is copied. */
  const [copying, setCopying] = useState<[number, number] | null>(null);
  const stop = useRef<AbortController | null>(null);
  const begin = async (files: FolderFile[]) => {
    const ending = new AbortController();
    stop.current = ending;
    setCopying([0, files.reduce((sum, { file }) => sum + file.size, 0)]);
    try {
      await take(
        files,
        (done, all) => {
          setCopying([done, all]);
        },
        ending.signal,
      );
    } catch (error) {
      if (!ending.signal.aborted) say(inPlainWords(error));
    } finally {
      stop.current = null;
      setCopying(null);
      ended();
    }
  };
  return (
    <div class="choices">
      {copying === null ? (
        <label class="file">
          {label}
          <input
            type="file"
            {...FOLDER}
            onChange={(event) => {
              const files = [...(event.currentTarget.files ?? [])];
              event.currentTarget.value = '';
              if (files.length > 0) void begin(files.map((file) => ({ path: file.webkitRelativePath, file })));
            }}
          />
        </label>
      ) : (
        <>
          <p role="status">{words('models_adding', megabytes(copying[0]), megabytes(copying[1]))}</p>
          <button
            type="button"
            onClick={() => {
              stop.current?.abort();
            }}
          >
            {words('gpu_stop_adding')}
          </button>
        </>
      )}
    </div>
  );
}

/** Where files of models lie, by the folder of a model and their path in it. */
export interface ModelStorage {
  /** Opens a file to be written; makes it where it is not there. One at a time holds a file open. */
  open(folder: string, path: string): Promise<OpenFile>;
  /** Bytes of a file; null where there is none. */
  size(folder: string, path: string): Promise<number | null>;
  /** A whole file, to be read. @throws what the storage says when it is not there. */
  blob(folder: string, path: string): Promise<Blob>;
  /** Deletes a folder with all in it; nothing where there is none. */
  remove(folder: string): Promise<void>;
  /** Bytes that may still be written; null where that is not told. */
  free(): Promise<number | null>;
}

/** @remarks What was written and flushed is there after the process was killed. */
export interface OpenFile {
  size(): number;
  read(at: number, length: number): Uint8Array;
  /** @throws EngineError `store_full`. */
  write(at: number, bytes: Uint8Array): void;
  truncate(bytes: number): void;
  flush(): void;
  close(): void;
}

import { EngineError } from '../errors';

const PATIENCE_MS = 5_000;

/**
 * Holds a Web Lock until the returned function is called or the context dies. A worker that was just terminated may
 * still hold it for a moment, so it waits a little.
 * @throws EngineError `store_locked` when another engine keeps it
 */
export async function webLock(name: string): Promise<() => void> {
  if (typeof navigator === 'undefined' || !('locks' in navigator)) return () => undefined;
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await new Promise<void>((granted, refused) => {
    navigator.locks
      .request(name, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
        granted();
        return held;
      })
      .catch((error: unknown) => {
        refused(new EngineError('store_locked', 'Another engine holds the database.', { cause: error }));
      });
  });
  return release;
}

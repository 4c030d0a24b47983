/** A file that is read in places, or one that can only be read forward (because it is deciphered on the way). */
export interface Bytes {
  /** Null where it is not known before the end. */
  readonly size: number | null;
  /** Up to `length` bytes from `at` on: fewer at the end, none beyond it. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Why reading ended before the end, once it did. */
  readonly fault: string | null;
}

/** Blob reads cost a round trip each; what is asked for next is mostly near. */
const AHEAD = 512 * 1024;

/** A file of the user's, or bytes at hand. */
export function bytesOf(blob: Blob): Bytes {
  let windowAt = 0;
  let window: Uint8Array = new Uint8Array();
  let fault: string | null = null;
  return {
    size: blob.size,
    get fault() {
      return fault;
    },
    async read(at, length) {
      if (at >= blob.size || length <= 0) return new Uint8Array();
      if (at < windowAt || at + length > windowAt + window.length) {
        try {
          const end = Math.min(blob.size, at + Math.max(length, AHEAD));
          window = new Uint8Array(await blob.slice(at, end).arrayBuffer());
          windowAt = at;
        } catch (error) {
          // the disk was pulled out, the file changed since it was picked
          fault = error instanceof Error ? error.message : String(error);
          return new Uint8Array();
        }
      }
      return window.subarray(at - windowAt, at - windowAt + length);
    },
  };
}

/** A stream, of which only what comes can be asked for. A read before what was read last gives nothing. */
export function bytesAhead(stream: ReadableStream<Uint8Array>): Bytes & { close(): Promise<void> } {
  const reader = stream.getReader();
  let held: Uint8Array = new Uint8Array();
  let heldAt = 0;
  let ended = false;
  let fault: string | null = null;
  async function more(): Promise<void> {
    try {
      const { done, value } = await reader.read();
      if (done) ended = true;
      else if (held.length === 0) held = value;
      else {
        const both = new Uint8Array(held.length + value.length);
        both.set(held);
        both.set(value, held.length);
        held = both;
      }
    } catch (error) {
      ended = true;
      fault = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    size: null,
    get fault() {
      return fault;
    },
    async read(at, length) {
      if (at < heldAt) return new Uint8Array();
      while (!ended && heldAt + held.length < at + length) {
        // what lies before `at` is not asked for again
        const past = Math.min(held.length, at - heldAt);
        if (past > 0) {
          held = held.subarray(past);
          heldAt += past;
        }
        await more();
      }
      const from = Math.min(held.length, at - heldAt);
      return held.subarray(from, from + length);
    },
    async close() {
      await reader.cancel().catch((error: unknown) => {
        fault ??= String(error);
      });
    },
  };
}

/** Bytes of every WebAssembly memory of this worker that is still there. Import it before what instantiates one. */
const memories = new Set<WeakRef<WebAssembly.Memory>>();
/** For an instance's, which is met again. */
const known = new WeakSet<WebAssembly.Memory>();

function note(memory: WebAssembly.Memory): void {
  if (known.has(memory)) return;
  known.add(memory);
  memories.add(new WeakRef(memory));
}

const { instantiate, instantiateStreaming, Memory } = WebAssembly;

/** Postgres is given its memory, which no instance exports then. */
class NotedMemory extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    note(this);
  }
}

function noted<Result>(result: Result): Result {
  const { instance } = result as { instance?: WebAssembly.Instance };
  const { exports } = instance ?? (result as WebAssembly.Instance);
  for (const item of Object.values(exports)) if (item instanceof WebAssembly.Memory) note(item);
  return result;
}

Object.assign(WebAssembly, {
  Memory: NotedMemory,
  instantiate: (...input: Parameters<typeof instantiate>) => instantiate(...input).then(noted),
  instantiateStreaming: (...input: Parameters<typeof instantiateStreaming>) =>
    instantiateStreaming(...input).then(noted),
});

export function wasmBytes(): number {
  let bytes = 0;
  for (const memory of memories) bytes += memory.deref()?.buffer.byteLength ?? 0;
  return bytes;
}

/** Bytes of every WebAssembly memory of this worker. Import it before what instantiates one. */
const memories = new Set<WebAssembly.Memory>();

const { instantiate, instantiateStreaming, Memory } = WebAssembly;

/** Postgres is given its memory, which no instance exports then. */
class NotedMemory extends Memory {
  constructor(descriptor: WebAssembly.MemoryDescriptor) {
    super(descriptor);
    memories.add(this);
  }
}

function noted<Result>(result: Result): Result {
  const { instance } = result as { instance?: WebAssembly.Instance };
  const { exports } = instance ?? (result as WebAssembly.Instance);
  for (const item of Object.values(exports)) if (item instanceof WebAssembly.Memory) memories.add(item);
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
  for (const memory of memories) bytes += memory.buffer.byteLength;
  return bytes;
}

/** Bytes of every WebAssembly memory of this worker. Import it before what instantiates one. */
const memories = new Set<WebAssembly.Memory>();

const { instantiate, instantiateStreaming } = WebAssembly;

function noted<Result>(result: Result): Result {
  const { instance } = result as { instance?: WebAssembly.Instance };
  const { exports } = instance ?? (result as WebAssembly.Instance);
  for (const item of Object.values(exports)) if (item instanceof WebAssembly.Memory) memories.add(item);
  return result;
}

Object.assign(WebAssembly, {
  instantiate: (...input: Parameters<typeof instantiate>) => instantiate(...input).then(noted),
  instantiateStreaming: (...input: Parameters<typeof instantiateStreaming>) =>
    instantiateStreaming(...input).then(noted),
});

export function wasmBytes(): number {
  let bytes = 0;
  for (const memory of memories) bytes += memory.buffer.byteLength;
  return bytes;
}

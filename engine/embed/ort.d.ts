/** What scripts/vite-onnxruntime.ts gives: the runtime's glue and binary for the browser that is built for. */
declare module '#ort/glue?url' {
  const url: string;
  export default url;
}
declare module '#ort/binary?url' {
  const url: string;
  export default url;
}
/** False in a build whose runtime has no WebGPU. */
declare module '#ort/webgpu' {
  const webgpu: boolean;
  export default webgpu;
}

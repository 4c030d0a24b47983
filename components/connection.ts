import type { Engine } from '../engine/api';

/** The Engine as the panel gets it: where it can be lost and found again, it says so. */
export interface PanelEngine extends Engine {
  watchConnection?(listener: (state: 'connecting' | 'connected') => void): () => void;
}

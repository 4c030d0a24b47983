/** What the user said about capturing: paused, and never on which sites. The background is the authority. */
import { storage } from 'wxt/utils/storage';

export type PauseLength = 'hour' | 'restart' | 'until_resumed';

/** Epoch ms until which capture is paused; `'until_resumed'` has no end. */
const pausedUntil = storage.defineItem<number | 'until_resumed' | null>('local:consent.paused_until', {
  fallback: null,
});
/** In session storage, so that a restart of the browser ends it. */
const pausedUntilRestart = storage.defineItem<boolean>('session:consent.paused_until_restart', { fallback: false });
/** Host names, lower case, without a port. */
const excludedHosts = storage.defineItem<string[]>('local:consent.excluded_hosts', { fallback: [] });

export interface Consent {
  /** ISO time, `restart`, null (until resumed), or not paused. */
  paused: { until: string | 'restart' | null } | null;
  excludedHosts: string[];
}

export async function readConsent(now = Date.now()): Promise<Consent> {
  const [until, restart, hosts] = await Promise.all([
    pausedUntil.getValue(),
    pausedUntilRestart.getValue(),
    excludedHosts.getValue(),
  ]);
  let paused: Consent['paused'] = null;
  if (until === 'until_resumed') paused = { until: null };
  else if (restart) paused = { until: 'restart' };
  else if (until !== null && until > now) paused = { until: new Date(until).toISOString() };
  return { paused, excludedHosts: hosts };
}

export async function pause(length: PauseLength): Promise<void> {
  await resume();
  if (length === 'restart') await pausedUntilRestart.setValue(true);
  else await pausedUntil.setValue(length === 'hour' ? Date.now() + 3_600_000 : 'until_resumed');
}

export async function resume(): Promise<void> {
  await Promise.all([pausedUntil.setValue(null), pausedUntilRestart.setValue(false)]);
}

export async function excludeHost(host: string): Promise<void> {
  const hosts = new Set(await excludedHosts.getValue());
  await excludedHosts.setValue([...hosts.add(host.toLowerCase())]);
}

export async function allowHost(host: string): Promise<void> {
  const hosts = await excludedHosts.getValue();
  await excludedHosts.setValue(hosts.filter((other) => other !== host.toLowerCase()));
}

export function watchConsent(listener: () => void): () => void {
  const stops = [pausedUntil.watch(listener), pausedUntilRestart.watch(listener), excludedHosts.watch(listener)];
  return () => {
    for (const stop of stops) stop();
  };
}

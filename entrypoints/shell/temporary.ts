/**
 * A site's temporary chats are never kept, unless the user asks for one: then that chat in that tab, until the tab shows
 * something else. In session storage: a browser that starts again has forgotten it.
 */
import { storage } from 'wxt/utils/storage';

interface Allowance {
  /** The address the chat was at when the user asked. */
  url: string;
  /** Null until the chat's first capture names it; from then on no other chat at this address is meant. */
  conversation_id: string | null;
}

const allowances = storage.defineItem<Record<number, Allowance>>('session:temporary_chats', { fallback: {} });

/** Updates are read-modify-write on one item, so they take turns. */
let writing: Promise<unknown> = Promise.resolve();
function update<Result>(change: (all: Record<number, Allowance>) => Result): Promise<Result> {
  const next = writing.then(async () => {
    const all = { ...(await allowances.getValue()) };
    const before = JSON.stringify(all);
    const result = change(all);
    if (JSON.stringify(all) !== before) await allowances.setValue(all);
    return result;
  });
  writing = next.catch(() => undefined); // the caller of `next` sees the error; the queue goes on
  return next;
}

/** The user asked to keep the temporary chat that this tab shows now. */
export function allowTemporary(tabId: number, url: string, conversationId: string | null): Promise<void> {
  return update((all) => void (all[tabId] = { url: plain(url), conversation_id: conversationId }));
}

/** The tab shows something else, was closed, or the user thought better of it. */
export function endTemporary(tabId: number): Promise<void> {
  return update((all) => void delete all[tabId]);
}

/** May the temporary chat at this address of this tab be read? */
export async function isTemporaryAllowed(tabId: number | undefined, url: string): Promise<boolean> {
  const allowance = (await allowances.getValue())[tabId ?? -1];
  return allowance !== undefined && allowance.url === plain(url);
}

/** May this temporary chat be stored? The first one that comes is the one that was meant. */
export function mayKeepTemporary(
  tab: { id?: number | undefined; url?: string | undefined } | undefined,
  conversationId: string,
): Promise<boolean> {
  return update((all) => {
    const allowance = all[tab?.id ?? -1];
    // the address as the tab has it now: a message's sender may name the one that the page was loaded with
    if (!allowance || allowance.url !== plain(tab?.url ?? '')) return false;
    allowance.conversation_id ??= conversationId;
    return allowance.conversation_id === conversationId;
  });
}

export function watchTemporary(listener: () => void): () => void {
  return allowances.watch(listener);
}

/** A jump within the page is no other page. */
function plain(url: string): string {
  return url.replace(/#.*$/u, '');
}

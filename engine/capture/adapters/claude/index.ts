import type { ReadResult } from '../../types';
import { Adapter, type DomFindings, type PageAddress, type PageRoot, type ReadContext } from '../_adapter';
import type { AskSite, HistoryPage, SiteHistory } from '../_history';
import { classifyPage, conversationUrl } from './addresses';
import { readBodies, readEmbedded } from './bodies';
import { findInDom } from './dom';
import { openHistory } from './history';
import { claudeWire } from './wire';

/** claude.ai. What is known of the site is in docs/platforms.md. */
export class ClaudeAdapter extends Adapter {
  readonly site = 'claude' as const;
  readonly wire = claudeWire;
  readonly signs = /claude\.ai|anthropic|font-claude|claude|chat_messages|"sender"\s*:\s*"(?:human|assistant)"|parent_message_uuid/gi;

  classifyPage(url: string): PageAddress | null {
    return classifyPage(url);
  }

  openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
    return openHistory(page, ask, this);
  }

  readJson(body: unknown, context: ReadContext = {}): ReadResult {
    return readBodies(body, context);
  }

  readEmbedded(html: string, context: ReadContext = {}): ReadResult {
    return readEmbedded(html, context);
  }

  conversationUrl(id: string, share: boolean): string {
    return conversationUrl(id, share);
  }

  protected findInDom(root: PageRoot, url: string, context: ReadContext): DomFindings {
    return findInDom(root, url, context);
  }
}

import type { ReadResult } from '../../types';
import { Adapter, type DomFindings, type PageAddress, type PageRoot, type ReadContext } from '../_adapter';
import type { AskSite, HistoryPage, SiteHistory } from '../_history';
import { classifyPage, conversationUrl } from './addresses';
import { readBodies } from './bodies';
import { findInDom } from './dom';
import { openHistory } from './history';
import { ChatGptHolding } from './holding';
import { readEmbedded } from './share';
import { chatgptWire } from './wire';

/** chatgpt.com (and chat.openai.com before it). What is known of the site is in docs/platforms.md. */
export class ChatGptAdapter extends Adapter {
  readonly site = 'chatgpt' as const;
  readonly wire = chatgptWire;
  readonly signs =
    /chatgpt\.com|openai\.com|chatgpt|conversation-turn-|data-message-author-role|"mapping"\s*:|content_type"|model_slug/gi;

  classifyPage(url: string): PageAddress | null {
    return classifyPage(url);
  }

  override hold(conversationId: string): ChatGptHolding {
    return new ChatGptHolding(conversationId);
  }

  openHistory(page: HistoryPage, ask: AskSite): SiteHistory {
    return openHistory(page, ask);
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
